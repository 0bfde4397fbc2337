/*
 * Framing profiles, text -> struct: one row a keyword, one function a line.
 *
 * Called by the options (-P), the learner and the NMSP layer. The text is read twice: first the keywords that
 * stand once, then the message and element rows, whose ids must fit what the first pass found. Never opens a
 * file, and never judges whether a profile fits the data.
 */
#include "dissect/profile_words.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

_Static_assert(PROFILE_NAME == 48 && LIMIT_PROFILE_MESSAGES == 256 && LIMIT_PROFILE_ELEMENTS == 256,
               "texts of this file say these numbers");
#define TOO_LONG      "a name has at most 47 characters"
#define TOO_MANY_ROWS "a profile has at most 256 such lines"

struct parser {
	struct profile *out;
	struct profile_error *error;
	struct span words; /* of the line, not yet taken */
	struct span word;  /* the last one taken: the one that an error names */
	uint32_t line;
	bool bad;
};

/* Words that may stand in a place; `wanted` says so to a reader. */
struct choice {
	const char *const *words;
	size_t n;
	const char *wanted;
};

struct range {
	uint32_t low, high;
	const char *wanted;
};

static const char *const assumed_words[] = {PROFILE_ASSUMED_WORD};
static const char *const pad_words[] = {PROFILE_PAD_WORD};

static const struct choice origins = {profile_origins, ROWS(profile_origins),
                                      "wanted assumed, learned or user"};
static const struct choice orders = {profile_orders, ROWS(profile_orders), "wanted big or little"};
static const struct choice lengths = {profile_lengths, ROWS(profile_lengths),
                                      "wanted what the length counts: total or body"};
static const struct choice element_lists = {profile_element_lists, ROWS(profile_element_lists),
                                            "wanted none or tlv"};
static const struct choice element_lengths = {profile_element_lengths, ROWS(profile_element_lengths),
                                              "wanted what an element's length counts: value or total"};
static const struct choice senders = {profile_senders, ROWS(profile_senders),
                                      "wanted the sender: engine, controller or both"};
static const struct choice assumptions = {assumed_words, ROWS(assumed_words), "wanted assumed or nothing"};
static const struct choice pads = {pad_words, ROWS(pad_words), "wanted pad4 or nothing"};
static const struct choice kinds = {profile_kinds, FIELD_KINDS,
                                    "wanted a kind: u8 u16 u32 u64 mask text bytes mac ip4 ip6 time group"};

static const struct range header_bytes = {4, 32, "wanted the bytes of the header, 4 to 32"};
static const struct range offsets = {0, 31, "wanted an offset in the header, 0 to 31"};
static const struct range sizes = {1, 4, "wanted a size of 1 to 4 bytes"};
static const struct range ids = {0, UINT32_MAX, "wanted an id, a decimal number below 2^32"};

/* ---- words ---------------------------------------------------------------------------------------- */

/* Keeps the first error only: what follows it may rest on it. */
static void wrong(struct parser *p, const char *problem)
{
	if (p->bad)
		return;
	p->bad = true;
	*p->error = (struct profile_error){.line = p->line, .problem = problem};
	struct span word = span_cut(p->word, 0, sizeof p->error->word - 1);
	for (size_t i = 0; i < word.n; i++)
		p->error->word[i] = word.p[i] == 0 ? '?' : (char)word.p[i];
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Empty at the end of the line. */
static void take_word(struct parser *p)
{
	struct span line = p->words;
	size_t from = 0;
	while (from < line.n && is_blank(line.p[from]))
		from++;
	size_t to = from;
	while (to < line.n && !is_blank(line.p[to]))
		to++;
	p->word = span_cut(line, from, to - from);
	p->words = span_cut(line, to, line.n - to);
}

static struct span without_comment(struct span line)
{
	size_t n = 0;
	while (n < line.n && line.p[n] != '#')
		n++;
	return span_cut(line, 0, n);
}

static bool is_word(struct span word, const char *text)
{
	return span_equal(word, span_of(text, strlen(text)));
}

/* Which of the choices the next word is; 0 when none. */
static uint32_t choose(struct parser *p, const struct choice *choice)
{
	take_word(p);
	for (uint32_t i = 0; i < choice->n; i++)
		if (is_word(p->word, choice->words[i]))
			return i;
	wrong(p, choice->wanted);
	return 0;
}

/* A last word that may be absent: it stands there. */
static bool may_choose(struct parser *p, const struct choice *choice)
{
	struct parser peek = *p;
	take_word(&peek);
	return peek.word.n > 0 && choose(p, choice) == 0;
}

static uint32_t number(struct parser *p, const struct range *range)
{
	uint64_t value = 0;
	take_word(p);
	bool good = p->word.n > 0;
	for (size_t i = 0; good && i < p->word.n; i++) {
		uint8_t c = p->word.p[i];
		good = c >= '0' && c <= '9' && value <= range->high;
		value = value * PROFILE_RADIX + (uint8_t)(c - '0');
	}
	if (good && value >= range->low && value <= range->high)
		return (uint32_t)value;
	wrong(p, range->wanted);
	return range->low;
}

/* A name goes to screens and back into profiles: visible ASCII without blanks. */
static void take_name(struct parser *p, char name[PROFILE_NAME])
{
	take_word(p);
	if (p->word.n == 0)
		wrong(p, "wanted a name");
	if (p->word.n >= PROFILE_NAME)
		wrong(p, TOO_LONG);
	for (size_t i = 0; !p->bad && i < p->word.n; i++) {
		name[i] = (char)p->word.p[i];
		if (p->word.p[i] <= ' ' || p->word.p[i] > '~')
			wrong(p, "a name is made of visible ASCII characters");
	}
}

/* ---- lines ---------------------------------------------------------------------------------------- */

static void parse_name(struct parser *p)
{
	take_name(p, p->out->name);
}

static void parse_origin(struct parser *p)
{
	p->out->origin = (enum profile_origin)choose(p, &origins);
}

static void parse_order(struct parser *p)
{
	p->out->little_endian = choose(p, &orders) == 1;
}

static void parse_header(struct parser *p)
{
	p->out->header = (uint8_t)number(p, &header_bytes);
}

static void parse_place(struct parser *p, struct profile_place *place)
{
	place->off = (uint8_t)number(p, &offsets);
	place->size = (uint8_t)number(p, &sizes);
}

static void parse_type(struct parser *p)
{
	parse_place(p, &p->out->type);
}

static void parse_length(struct parser *p)
{
	parse_place(p, &p->out->length);
	p->out->length_is_body = choose(p, &lengths) == 1;
}

static void parse_transaction(struct parser *p)
{
	parse_place(p, &p->out->transaction);
}

static void parse_elements(struct parser *p)
{
	p->out->has_elements = choose(p, &element_lists) == 1;
	if (!p->out->has_elements)
		return;
	p->out->element_type = (uint8_t)number(p, &sizes);
	p->out->element_length = (uint8_t)number(p, &sizes);
	p->out->element_is_total = choose(p, &element_lengths) == 1;
	p->out->element_pad = may_choose(p, &pads);
}

/* An id that the wire can carry in `size` bytes. */
static uint32_t take_id(struct parser *p, uint8_t size)
{
	uint32_t id = number(p, &ids);
	if ((uint64_t)id >> (8 * size) != 0)
		wrong(p, "this id does not fit the bytes that the profile gives to ids of this kind");
	return id;
}

static void twice(struct parser *p)
{
	wrong(p, "this id stands twice");
}

static void parse_message(struct parser *p)
{
	struct profile *out = p->out;
	if (out->n_messages == LIMIT_PROFILE_MESSAGES) {
		wrong(p, TOO_MANY_ROWS);
		return;
	}
	struct profile_message *row = &out->messages[out->n_messages];
	row->id = take_id(p, out->type.size);
	if (profile_find_message(out, row->id) != NULL)
		twice(p);
	take_name(p, row->name);
	row->sender = (enum profile_sender)choose(p, &senders);
	row->assumed = may_choose(p, &assumptions);
	out->n_messages++;
}

static void parse_element(struct parser *p)
{
	struct profile *out = p->out;
	if (out->n_elements == LIMIT_PROFILE_ELEMENTS) {
		wrong(p, TOO_MANY_ROWS);
		return;
	}
	struct profile_element *row = &out->elements[out->n_elements];
	row->id = take_id(p, out->has_elements ? out->element_type : sizeof row->id);
	if (profile_find_element(out, row->id) != NULL)
		twice(p);
	take_name(p, row->name);
	row->kind = (enum field_kind)choose(p, &kinds);
	out->n_elements++;
}

/* ---- the profile as a whole ----------------------------------------------------------------------- */

static const struct keyword {
	void (*parse)(struct parser *p);
	bool repeats;
	const char *missing; /* NULL: may be absent */
} keywords[KEYWORDS] = {
    [KEYWORD_NAME] = {parse_name, false, "the line \"name NAME\" is missing"},
    [KEYWORD_ORIGIN] = {parse_origin, false, "the line \"origin assumed|learned|user\" is missing"},
    [KEYWORD_ORDER] = {parse_order, false, "the line \"byte-order big|little\" is missing"},
    [KEYWORD_HEADER] = {parse_header, false, "the line \"header BYTES\" is missing"},
    [KEYWORD_TYPE] = {parse_type, false, "the line \"type OFFSET SIZE\" is missing"},
    [KEYWORD_LENGTH] = {parse_length, false, "the line \"length OFFSET SIZE total|body\" is missing"},
    [KEYWORD_TRANSACTION] = {parse_transaction, false, NULL},
    [KEYWORD_ELEMENTS] = {parse_elements, false,
                          "the line \"elements none\" or \"elements tlv TYPE_SIZE LENGTH_SIZE value|total "
                          "[pad4]\" is missing"},
    [KEYWORD_MESSAGE] = {parse_message, true, NULL},
    [KEYWORD_ELEMENT] = {parse_element, true, NULL},
};

/* The lines on which the keywords stand, 0 = nowhere. */
struct lines {
	uint32_t of[KEYWORDS];
};

static void parse_line(struct parser *p, bool rows, struct lines *lines)
{
	size_t k = 0;
	while (k < KEYWORDS && !is_word(p->word, profile_keywords[k]))
		k++;
	if (k == KEYWORDS) {
		wrong(p,
		      "no such keyword: wanted name, origin, byte-order, header, type, length, transaction, "
		      "elements, message or element");
		return;
	}
	if (keywords[k].repeats != rows)
		return;
	if (!rows && lines->of[k] != 0)
		wrong(p, "this keyword stands twice");
	lines->of[k] = p->line;
	keywords[k].parse(p);
	take_word(p);
	if (p->word.n > 0)
		wrong(p, "nothing more is wanted in this line");
}

static void parse_lines(struct parser *p, struct span text, bool rows, struct lines *lines)
{
	struct rd r = rd_of(text);
	p->line = 0;
	while (!p->bad && rd_more(&r)) {
		p->line++;
		p->words = without_comment(rd_line(&r));
		take_word(p);
		if (p->word.n > 0)
			parse_line(p, rows, lines);
	}
}

static void check_missing(struct parser *p, const struct lines *lines)
{
	p->line = 0;
	p->word = span_of(NULL, 0);
	for (size_t k = 0; k < KEYWORDS; k++)
		if (lines->of[k] == 0 && keywords[k].missing != NULL)
			wrong(p, keywords[k].missing);
}

static bool overlap(const struct profile_place *a, const struct profile_place *b)
{
	return a->off < b->off + b->size && b->off < a->off + a->size;
}

static void check_places(struct parser *p, const struct lines *lines)
{
	const struct profile_place places[] = {p->out->type, p->out->length, p->out->transaction};
	for (size_t i = 0; i < ROWS(places); i++) {
		const char *keyword = profile_keywords[KEYWORD_TYPE + i];
		p->line = lines->of[KEYWORD_TYPE + i];
		p->word = span_of(keyword, strlen(keyword));
		if (places[i].off + places[i].size > p->out->header)
			wrong(p, "offset and size reach beyond the header");
		for (size_t k = 0; k < i; k++)
			if (overlap(&places[i], &places[k]))
				wrong(p, "shares bytes with another field of the header");
	}
}

/* Editors of Windows put a byte order mark in front of UTF-8. */
static struct span without_mark(struct span text)
{
	static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
	bool marked = span_equal(span_cut(text, 0, sizeof mark), span_of(mark, sizeof mark));
	return span_cut(text, marked ? sizeof mark : 0, text.n);
}

bool profile_parse(struct span text, struct profile *out, struct profile_error *error)
{
	struct parser p = {.out = out, .error = error};
	struct lines lines = {{0}};
	memset(out, 0, sizeof *out);
	memset(error, 0, sizeof *error);
	text = without_mark(text);
	parse_lines(&p, text, false, &lines);
	check_missing(&p, &lines);
	check_places(&p, &lines);
	if (!p.bad)
		parse_lines(&p, text, true, &lines);
	return !p.bad;
}

const struct profile_message *profile_find_message(const struct profile *profile, uint32_t id)
{
	for (uint32_t i = 0; i < profile->n_messages; i++)
		if (profile->messages[i].id == id)
			return &profile->messages[i];
	return NULL;
}

const struct profile_element *profile_find_element(const struct profile *profile, uint32_t id)
{
	for (uint32_t i = 0; i < profile->n_elements; i++)
		if (profile->elements[i].id == id)
			return &profile->elements[i];
	return NULL;
}
