/*
 * Framing profiles: the text form and its faults, round trips, the built-in profile against its sample file.
 */
#include "dissect/profile.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/seeded.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define ROUNDS      2000

static struct profile builtin, parsed; /* too large for comfort on a stack under ASan */
static struct profile_error error;

/* Parses a text from a block of exactly its size. */
static bool parse(const char *text, size_t n, struct profile *out)
{
	uint8_t *exact = malloc(n > 0 ? n : 1);
	assert_non_null(exact);
	memcpy(exact, text, n);
	bool good = profile_parse(span_of(exact, n), out, &error);
	free(exact);
	return good;
}

static bool same_place(const struct profile_place *a, const struct profile_place *b)
{
	return a->off == b->off && a->size == b->size;
}

static bool same_rows(const struct profile *a, const struct profile *b)
{
	bool same = a->n_messages == b->n_messages && a->n_elements == b->n_elements;
	for (uint32_t i = 0; same && i < a->n_messages; i++) {
		const struct profile_message *x = &a->messages[i], *y = &b->messages[i];
		same = x->id == y->id && strcmp(x->name, y->name) == 0 && x->sender == y->sender &&
		       x->assumed == y->assumed;
	}
	for (uint32_t i = 0; same && i < a->n_elements; i++) {
		const struct profile_element *x = &a->elements[i], *y = &b->elements[i];
		same = x->id == y->id && strcmp(x->name, y->name) == 0 && x->kind == y->kind;
	}
	return same;
}

static bool same(const struct profile *a, const struct profile *b)
{
	return strcmp(a->name, b->name) == 0 && a->origin == b->origin && a->header == b->header &&
	       a->little_endian == b->little_endian && a->length_is_body == b->length_is_body &&
	       same_place(&a->type, &b->type) && same_place(&a->length, &b->length) &&
	       same_place(&a->transaction, &b->transaction) && a->has_elements == b->has_elements &&
	       a->element_type == b->element_type && a->element_length == b->element_length &&
	       a->element_is_total == b->element_is_total && a->element_pad == b->element_pad &&
	       same_rows(a, b);
}

/* ---- the built-in profile ------------------------------------------------------------------------- */

static void builtin_is_the_sample(void **state)
{
	(void)state;
	char line[256], file[8192] = "", printed[8192];
	FILE *in = fopen("samples/assumed-1.profile", "r");
	assert_non_null(in);
	while (fgets(line, sizeof line, in) != NULL)
		if (line[0] != '#' && line[0] != '\n')
			strcat(file, line);
	fclose(in);
	profile_builtin(&builtin);
	assert_int_equal(profile_print(&builtin, printed, sizeof printed), strlen(file));
	assert_string_equal(printed, file);
	assert_true(parse(file, strlen(file), &parsed));
	assert_true(same(&builtin, &parsed));
}

static void builtin_says(void **state)
{
	(void)state;
	profile_builtin(&builtin);
	assert_string_equal(builtin.name, "assumed-1");
	assert_int_equal(builtin.origin, PROFILE_ASSUMED);
	assert_int_equal(builtin.header, 12);
	assert_false(builtin.little_endian || builtin.length_is_body || builtin.element_is_total);
	assert_int_equal(builtin.type.off, 2);
	assert_int_equal(builtin.transaction.off, 8);
	assert_int_equal(builtin.transaction.size, 4);
	assert_true(builtin.has_elements);
	assert_int_equal(builtin.n_messages, 17);
	assert_int_equal(builtin.n_elements, 17);
	const struct profile_message *location = profile_find_message(&builtin, 40);
	assert_string_equal(location->name, "LOCATION_REQUEST");
	assert_true(location->assumed && location->sender == PROFILE_ENGINE);
	assert_false(profile_find_message(&builtin, 1)->assumed);
	assert_int_equal(profile_find_message(&builtin, 7)->sender, PROFILE_BOTH);
	assert_null(profile_find_message(&builtin, 3));
	assert_int_equal(profile_find_element(&builtin, 10)->kind, FIELD_MAC);
	assert_null(profile_find_element(&builtin, 0));
}

static void names(void **state)
{
	(void)state;
	static const char *const kinds[FIELD_KINDS] = {"u8",    "u16", "u32", "u64", "mask", "text",
	                                               "bytes", "mac", "ip4", "ip6", "time", "group"};
	for (int kind = 0; kind < FIELD_KINDS; kind++)
		assert_string_equal(profile_kind_name((enum field_kind)kind), kinds[kind]);
	assert_string_equal(profile_origin_name(PROFILE_ASSUMED), "assumed");
	assert_string_equal(profile_origin_name(PROFILE_LEARNED), "learned");
	assert_string_equal(profile_origin_name(PROFILE_USER), "user");
}

/* ---- good texts ----------------------------------------------------------------------------------- */

#define SMALL                                                                                                \
	"name p\norigin user\nbyte-order little\nheader 8\ntype 0 1\nlength 1 3 body\n"                      \
	"elements tlv 1 2 total\nmessage 9 HELLO both assumed\nelement 255 WHO ip6\n"

static void any_order_and_dress(void **state)
{
	(void)state;
	static const char dressed[] =
	    "\r\n# a comment, then rows before what they need\r\n"
	    "\telement\t255 WHO ip6#close\r\nmessage 9  HELLO both assumed\t \r\n   \t\r\n"
	    "elements tlv 1 2 total # counts its head\nlength 1 3 body\ntype 0 1\nheader 8\r\n"
	    "byte-order little\norigin user\nname p";
	static struct profile plain;
	assert_true(parse(SMALL, strlen(SMALL), &plain));
	assert_true(parse(dressed, strlen(dressed), &parsed));
	assert_true(same(&plain, &parsed));
	static const char marked[] = "\xef\xbb\xbf" SMALL;
	assert_true(parse(marked, strlen(marked), &parsed));
	assert_true(same(&plain, &parsed));
	assert_true(plain.little_endian && plain.length_is_body && plain.element_is_total);
	assert_int_equal(plain.transaction.size, 0);
	assert_int_equal(plain.length.size, 3);
	assert_true(plain.messages[0].assumed);
	assert_int_equal(plain.elements[0].kind, FIELD_IP6);
	assert_false(plain.element_pad);
}

static void body_without_elements(void **state)
{
	(void)state;
	static const char text[] =
	    "name p\norigin learned\nbyte-order big\nheader 32\ntype 28 4\nlength 0 4 total\n"
	    "transaction 4 1\nelements none\nmessage 4294967295 LAST engine\n"
	    "element 4294967295 LAST u64\n";
	assert_true(parse(text, strlen(text), &parsed));
	assert_false(parsed.has_elements);
	assert_int_equal(parsed.messages[0].id, UINT32_MAX);
	assert_int_equal(parsed.elements[0].id, UINT32_MAX);
}

static void lists_in_lists(void **state)
{
	(void)state;
	static const char text[] =
	    "name p\norigin user\nbyte-order big\nheader 4\ntype 0 1\nlength 2 2 total\n"
	    "elements tlv 2 2 value pad4\nelement 5 LIST group\n";
	assert_true(parse(text, strlen(text), &parsed));
	assert_true(parsed.element_pad);
	assert_int_equal(parsed.elements[0].kind, FIELD_GROUP);
}

/* ---- faults --------------------------------------------------------------------------------------- */

/* A line of a good profile replaced by another text. */
struct fault {
	uint32_t line; /* from 1 */
	const char *text;
	uint32_t at;                /* the line that the error names */
	const char *word, *problem; /* a part of it */
};

static const char *const good_lines[] = {
    "name p",          "origin user",     "byte-order big",         "header 12",          "type 2 2",
    "length 4 2 body", "transaction 8 4", "elements tlv 2 2 value", "message 1 A engine", "element 1 B u8",
};

#define NAME47 "n2345678901234567890123456789012345678901234567"

static const struct fault faults[] = {
    {1, "nome p", 1, "nome", "no such keyword: wanted name, origin"},
    {1, "Name p", 1, "Name", "no such keyword"},
    {1, "name", 1, "", "wanted a name"},
    {1, "name p q", 1, "q", "nothing more"},
    {1, "name " NAME47 "8", 1, "n234567890123456789012345678901", "at most 47"},
    {1, "name p\x01q", 1, "p\x01q", "visible ASCII"},
    {1, "name p\xc3\xa9", 1, "p\xc3\xa9", "visible ASCII"},
    {1, "#name p", 0, "", "\"name NAME\" is missing"},
    {2, "", 0, "", "origin assumed|learned|user"},
    {2, "origin guessed", 2, "guessed", "wanted assumed, learned or user"},
    {3, "", 0, "", "byte-order big|little"},
    {3, "byte-order BIG", 3, "BIG", "wanted big or little"},
    {4, "", 0, "", "header BYTES"},
    {4, "header", 4, "", "4 to 32"},
    {4, "header 3", 4, "3", "4 to 32"},
    {4, "header 33", 4, "33", "4 to 32"},
    {4, "header 0x0c", 4, "0x0c", "4 to 32"},
    {4, "header -4", 4, "-4", "4 to 32"},
    {4, "header 18446744073709551620", 4, "18446744073709551620", "4 to 32"},
    {4, "header 12 12", 4, "12", "nothing more"},
    {4, "header 11", 7, "transaction", "beyond the header"},
    {5, "", 0, "", "type OFFSET SIZE"},
    {5, "type 2", 5, "", "1 to 4 bytes"},
    {5, "type 2 0", 5, "0", "1 to 4 bytes"},
    {5, "type 2 5", 5, "5", "1 to 4 bytes"},
    {5, "type 32 1", 5, "32", "0 to 31"},
    {5, "type 11 2", 5, "type", "beyond the header"},
    {5, "type 2 3", 6, "length", "shares bytes"},
    {5, "type 2 1\ntype 3 1", 6, "type", "twice"},
    {6, "", 0, "", "length OFFSET SIZE total|body"},
    {6, "length 4 2", 6, "", "total or body"},
    {6, "length 4 2 all", 6, "all", "total or body"},
    {6, "length 4 2 total x", 6, "x", "nothing more"},
    {6, "length 6 4 total", 7, "transaction", "shares bytes"},
    {7, "transaction 8 5", 7, "5", "1 to 4 bytes"},
    {7, "transaction 8 0", 7, "0", "1 to 4 bytes"},
    {7, "transaction 9 4", 7, "transaction", "beyond the header"},
    {7, "transaction 0 4", 7, "transaction", "shares bytes"},
    {8, "", 0, "", "elements none"},
    {8, "elements", 8, "", "none or tlv"},
    {8, "elements tvl 2 2 value", 8, "tvl", "none or tlv"},
    {8, "elements tlv 0 2 value", 8, "0", "1 to 4 bytes"},
    {8, "elements tlv 2 5 value", 8, "5", "1 to 4 bytes"},
    {8, "elements tlv 2 2 body", 8, "body", "value or total"},
    {8, "elements none 2", 8, "2", "nothing more"},
    {8, "elements none pad4", 8, "pad4", "nothing more"},
    {8, "elements tlv 2 2 value pad8", 8, "pad8", "wanted pad4 or nothing"},
    {8, "elements tlv 2 2 value pad4 pad4", 8, "pad4", "nothing more"},
    {9, "message", 9, "", "wanted an id"},
    {9, "message x A engine", 9, "x", "wanted an id"},
    {9, "message 4294967296 A engine", 9, "4294967296", "wanted an id"},
    {9, "message 65536 A engine", 9, "65536", "does not fit"},
    {9, "message 1", 9, "", "wanted a name"},
    {9, "message 1 A", 9, "", "engine, controller or both"},
    {9, "message 1 A mse", 9, "mse", "engine, controller or both"},
    {9, "message 1 A both perhaps", 9, "perhaps", "wanted assumed or nothing"},
    {9, "message 1 A both assumed assumed", 9, "assumed", "nothing more"},
    {9, "message 1 A both\nmessage 2 A both\nmessage 1 B both", 11, "1", "id stands twice"},
    {10, "element 65536 B u8", 10, "65536", "does not fit"},
    {10, "element 1 B", 10, "", "wanted a kind"},
    {10, "element 1 B u24", 10, "u24", "u8 u16 u32 u64 mask text bytes mac ip4 ip6 time group"},
    {10, "element 1 B u8 assumed", 10, "assumed", "nothing more"},
    {10, "element 7 B u8\nelement 7 B u8", 11, "7", "id stands twice"},
};

static size_t write_lines(char *to, size_t size, uint32_t replaced, const char *by)
{
	size_t n = 0;
	for (uint32_t i = 0; i < ROWS(good_lines); i++)
		n += (size_t)snprintf(&to[n], size - n, "%s\n", i + 1 == replaced ? by : good_lines[i]);
	return n;
}

static void faults_are_named(void **state)
{
	(void)state;
	char text[1024];
	size_t n = write_lines(text, sizeof text, 0, "");
	assert_true(parse(text, n, &parsed));
	for (size_t i = 0; i < ROWS(faults); i++) {
		const struct fault *fault = &faults[i];
		n = write_lines(text, sizeof text, fault->line, fault->text);
		if (parse(text, n, &parsed))
			fail_msg("%s: accepted", fault->text);
		if (error.line != fault->at || strcmp(error.word, fault->word) != 0 ||
		    strstr(error.problem, fault->problem) == NULL)
			fail_msg("%s: line %u, word \"%s\": %s", fault->text, error.line, error.word,
			         error.problem);
	}
}

static void longest_name_and_nul(void **state)
{
	(void)state;
	char text[1024];
	size_t n = write_lines(text, sizeof text, 1, "name " NAME47);
	assert_true(parse(text, n, &parsed));
	assert_string_equal(parsed.name, NAME47);
	text[6] = 0;
	assert_false(parse(text, n, &parsed));
	assert_memory_equal(error.word, "n?345", 5);
	assert_false(profile_parse(span_of(NULL, 0), &parsed, &error));
	assert_int_equal(error.line, 0);
}

static size_t write_row(char *text, size_t n, bool message, unsigned id)
{
	char *to = &text[n];
	int more = message ? snprintf(to, PROFILE_TEXT - n, "message %u M both\n", id)
	                   : snprintf(to, PROFILE_TEXT - n, "element %u E mac\n", id);
	return n + (size_t)more;
}

/* As many rows as a profile holds, and one more. */
static void row_caps(void **state)
{
	(void)state;
	char *text = malloc(PROFILE_TEXT);
	assert_non_null(text);
	for (int message = 0; message <= 1; message++) {
		unsigned most = message ? LIMIT_PROFILE_MESSAGES : LIMIT_PROFILE_ELEMENTS;
		size_t n = write_lines(text, PROFILE_TEXT, message ? 9 : 10, "");
		for (unsigned id = 0; id < most; id++)
			n = write_row(text, n, message, id);
		assert_true(parse(text, n, &parsed));
		assert_int_equal(message ? parsed.n_messages : parsed.n_elements, most);
		n = write_row(text, n, message, most);
		assert_false(parse(text, n, &parsed));
		assert_int_equal(error.line, ROWS(good_lines) + most + 1);
		assert_non_null(strstr(error.problem, "at most 256"));
	}
	free(text);
}

/* ---- properties ----------------------------------------------------------------------------------- */

static void random_name(struct seeded *s, char name[PROFILE_NAME])
{
	uint32_t n = 1 + seeded_below(s, PROFILE_NAME - 1);
	for (uint32_t i = 0; i < n; i++)
		do
			name[i] = (char)('!' + seeded_below(s, '~' - '!' + 1));
		while (name[i] == '#');
}

static struct profile_place random_place(struct seeded *s, const struct profile *p)
{
	struct profile_place place = {.size = (uint8_t)(1 + seeded_below(s, 4))};
	place.off = (uint8_t)seeded_below(s, p->header - place.size + 1u);
	return place;
}

static bool apart(const struct profile_place *a, const struct profile_place *b)
{
	return a->off + a->size <= b->off || b->off + b->size <= a->off;
}

static void random_places(struct seeded *s, struct profile *p)
{
	bool transaction = seeded_one_in(s, 2);
	do {
		p->header = (uint8_t)(4 + seeded_below(s, 29));
		p->type = random_place(s, p);
		p->length = random_place(s, p);
		p->transaction = random_place(s, p);
	} while (!apart(&p->type, &p->length) ||
	         (transaction && !(apart(&p->type, &p->transaction) && apart(&p->length, &p->transaction))));
	if (!transaction)
		p->transaction = (struct profile_place){0};
}

/* Ids rise, so they stand once; they fit `size` bytes. */
static uint32_t random_rows(struct seeded *s, uint8_t size)
{
	return size == 1 && seeded_one_in(s, 4) ? 256 : seeded_below(s, seeded_one_in(s, 20) ? 257 : 6);
}

static uint32_t rising_id(struct seeded *s, uint32_t i, uint8_t size)
{
	uint32_t step = size == 1 ? 1 : size == 2 ? 255 : UINT32_C(65535);
	return i * step + (size == 1 ? 0 : seeded_below(s, step));
}

static void random_profile(struct seeded *s, struct profile *p)
{
	memset(p, 0, sizeof *p);
	random_name(s, p->name);
	p->origin = (enum profile_origin)seeded_below(s, 3);
	p->little_endian = seeded_one_in(s, 2);
	random_places(s, p);
	p->length_is_body = seeded_one_in(s, 2);
	p->has_elements = !seeded_one_in(s, 4);
	if (p->has_elements) {
		p->element_type = (uint8_t)(1 + seeded_below(s, 4));
		p->element_length = (uint8_t)(1 + seeded_below(s, 4));
		p->element_is_total = seeded_one_in(s, 2);
		p->element_pad = seeded_one_in(s, 2);
	}
	uint8_t id_size = p->has_elements ? p->element_type : 4;
	p->n_messages = random_rows(s, p->type.size);
	p->n_elements = random_rows(s, id_size);
	for (uint32_t i = 0; i < p->n_messages; i++) {
		p->messages[i].id = rising_id(s, i, p->type.size);
		random_name(s, p->messages[i].name);
		p->messages[i].sender = (enum profile_sender)seeded_below(s, 3);
		p->messages[i].assumed = seeded_one_in(s, 2);
	}
	for (uint32_t i = 0; i < p->n_elements; i++) {
		p->elements[i].id = rising_id(s, i, id_size);
		random_name(s, p->elements[i].name);
		p->elements[i].kind = (enum field_kind)seeded_below(s, FIELD_KINDS);
	}
}

static void round_trips(void **state)
{
	(void)state;
	static struct profile p;
	char *text = malloc(PROFILE_TEXT);
	assert_non_null(text);
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		struct seeded s = seeded_of(seed);
		random_profile(&s, &p);
		size_t n = profile_print(&p, text, PROFILE_TEXT);
		seeded_check(&s, n > 0 && n == strlen(text), "not printed");
		seeded_check(&s, parse(text, n, &parsed), "not read");
		seeded_check(&s, same(&p, &parsed), "not equal");
	}
	free(text);
}

/* The largest profile fits PROFILE_TEXT. */
static void largest(void **state)
{
	(void)state;
	static struct profile p;
	char *text = malloc(PROFILE_TEXT);
	assert_non_null(text);
	assert_true(parse(SMALL, strlen(SMALL), &p));
	p.n_messages = p.n_elements = 256;
	for (uint32_t i = 0; i < 256; i++) {
		p.messages[i] = (struct profile_message){UINT32_MAX - i, NAME47, PROFILE_CONTROLLER, true};
		p.elements[i] = (struct profile_element){UINT32_MAX - i, NAME47, FIELD_BYTES};
	}
	p.type = (struct profile_place){4, 4};
	p.element_type = 4;
	size_t n = profile_print(&p, text, PROFILE_TEXT);
	assert_true(n > 40000);
	assert_true(parse(text, n, &parsed));
	assert_true(same(&p, &parsed));
	free(text);
}

/* Printed into every room that is too small: 0, and not a byte behind it. */
static void small_rooms(void **state)
{
	(void)state;
	char whole[1024];
	assert_true(parse(SMALL, strlen(SMALL), &parsed));
	size_t n = profile_print(&parsed, whole, sizeof whole);
	for (size_t room = 0; room <= n + 1; room++) {
		char *exact = malloc(room > 0 ? room : 1);
		assert_non_null(exact);
		assert_int_equal(profile_print(&parsed, exact, room), room <= n ? 0 : n);
		free(exact);
	}
}

/* Cut at every byte: read to the end of a whole line, or refused with a reason. */
static void cut_texts(void **state)
{
	(void)state;
	char text[8192];
	profile_builtin(&builtin);
	size_t whole = profile_print(&builtin, text, sizeof text);
	const char *head = strstr(text, "message");
	assert_non_null(head);
	for (size_t n = 0; n < whole; n++) {
		bool good = parse(text, n, &parsed);
		bool at_line_end = text[n] == '\n' || text[n - (n > 0)] == '\n';
		if (at_line_end)
			assert_int_equal(good, &text[n] >= head - 1);
		if (!good)
			assert_non_null(error.problem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(builtin_is_the_sample),
	    cmocka_unit_test(builtin_says),
	    cmocka_unit_test(names),
	    cmocka_unit_test(any_order_and_dress),
	    cmocka_unit_test(body_without_elements),
	    cmocka_unit_test(lists_in_lists),
	    cmocka_unit_test(faults_are_named),
	    cmocka_unit_test(longest_name_and_nul),
	    cmocka_unit_test(row_caps),
	    cmocka_unit_test(round_trips),
	    cmocka_unit_test(largest),
	    cmocka_unit_test(small_rooms),
	    cmocka_unit_test(cut_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
