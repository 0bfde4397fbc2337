/*
 * Allow-list text, a line at a time: words, the forms they make, and the damage that pasting does to
 * hashes and MAC addresses.
 *
 * Called by authlist. A form is one function in the table at the end; the first that knows the line wins.
 * Never decides whether a hash is the right one, and keeps nothing between lines.
 */
#include "dissect/authtext.h"

#include "dissect/limits.h"

#define WORDS         32  /* words looked at in one line */
#define HASH_ROOM     136 /* a hash as written: 64 digits in pairs, the separators, and room for damage */
#define MAC_ROOM      24  /* the same of a MAC address */
#define HASH_PIECES   3   /* words that stray spaces may have made of one hash */
#define MAC_PIECES    2
#define SHA1_DIGITS   40
#define SHA256_DIGITS 64
#define MAC_DIGITS    12
#define HASH_SLACK    4 /* digits that a damaged hash may lack or have too many */
#define MAC_SHORTEST  10
#define MAC_LONGEST   13
#define NO_FIT        1000u /* cost of a token that is absent */

struct words {
	struct span word[WORDS];
	size_t n;
};

/* How a token as written is grouped by ':', '-' or '.'. */
struct groups {
	size_t count, widest;
	bool mixed; /* more than one kind of separator */
	char separator;
};

int authtext_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char authtext_meant(char c)
{
	if (c == 'o' || c == 'O')
		return '0';
	if (c == 'l' || c == 'i' || c == 'I')
		return '1';
	return c;
}

void authtext_hex(struct span bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < bytes.n; i++) {
		out[2 * i] = digits[bytes.p[i] >> 4];
		out[2 * i + 1] = digits[bytes.p[i] & 15];
	}
	out[2 * bytes.n] = 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == ',' || c == ';';
}

static bool is_joint(char c)
{
	return c == ':' || c == '-' || c == '.';
}

/* A word without the separators at its ends ("0050569c3489:", a bullet "-"). */
static struct span trimmed(struct span word)
{
	size_t from = 0, to = word.n;
	while (from < to && is_joint((char)word.p[from]))
		from++;
	while (to > from && is_joint((char)word.p[to - 1]))
		to--;
	return span_cut(word, from, to - from);
}

/* What stands behind a prompt ("WLC(config)#username"): the word behind its last '#'. */
static struct span without_prompt(struct span word)
{
	size_t from = 0;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '#')
			from = i + 1;
	return span_cut(word, from, word.n - from);
}

static void split(struct span line, struct words *out)
{
	bool first = true;
	for (size_t at = 0; at < line.n && out->n < WORDS;) {
		size_t n = 0;
		while (at + n < line.n && !is_blank(line.p[at + n]))
			n++;
		struct span word = span_cut(line, at, n);
		at += n + 1;
		if (n == 0)
			continue;
		if (word.p[0] == '#' || word.p[0] == '!')
			return;
		word = trimmed(first ? without_prompt(word) : word);
		first = false;
		if (word.n > 0)
			out->word[out->n++] = word;
	}
}

static bool word_is(const struct words *words, size_t i, const char *keyword)
{
	if (i >= words->n || words->word[i].n != strlen(keyword))
		return false;
	for (size_t k = 0; k < words->word[i].n; k++)
		if (lower((char)words->word[i].p[k]) != keyword[k])
			return false;
	return true;
}

/* `aaa attribute list NAME` from word i on; the name is cut to fit. */
static bool list_name(const struct words *words, size_t i, char name[AUTHTEXT_NAME + 1])
{
	if (!word_is(words, i, "aaa") || !word_is(words, i + 1, "attribute") ||
	    !word_is(words, i + 2, "list") || i + 3 >= words->n)
		return false;
	struct span text = span_cut(words->word[i + 3], 0, AUTHTEXT_NAME);
	for (size_t k = 0; k < text.n; k++)
		name[k] = text.p[k] == 0 ? '?' : (char)text.p[k];
	name[text.n] = 0;
	return true;
}

/* Words as one lower-case text; false when it is too long for the room. */
static bool join(const struct words *words, size_t first, size_t count, char *raw, size_t room)
{
	size_t n = 0;
	for (size_t i = first; i < first + count; i++) {
		if (words->word[i].n >= room - n)
			return false;
		for (size_t k = 0; k < words->word[i].n; k++) {
			char c = (char)words->word[i].p[k];
			raw[n++] = c == 0 ? '?' : lower(c);
		}
	}
	raw[n] = 0;
	return true;
}

static struct groups groups_of(const char *raw)
{
	struct groups out = {.count = 1};
	size_t width = 0;
	for (size_t i = 0; raw[i] != 0; i++) {
		if (!is_joint(raw[i])) {
			width++;
			if (width > out.widest)
				out.widest = width;
			continue;
		}
		out.mixed = out.mixed || (out.separator != 0 && out.separator != raw[i]);
		out.separator = raw[i];
		out.count++;
		width = 0;
	}
	return out;
}

/* The token without separators, and its damage but for the length; false: too long, or mostly no hex. */
static bool token_of(const char *raw, struct authtext_token *out)
{
	size_t n = 0, hex = 0;
	for (size_t i = 0; raw[i] != 0; i++) {
		if (is_joint(raw[i]))
			continue;
		if (n == AUTHTEXT_HASH)
			return false;
		bool alike = authtext_meant(raw[i]) != raw[i];
		bool digit = authtext_digit(raw[i]) >= 0;
		hex += alike || digit;
		if (!digit)
			out->damage |= alike ? AUTHTEXT_LOOKALIKE : AUTHTEXT_DIGIT;
		out->text[n++] = raw[i];
	}
	out->text[n] = 0;
	return hex * 5 >= n * 4;
}

static bool near_length(size_t n, size_t digits)
{
	return n + HASH_SLACK >= digits && n <= digits + HASH_SLACK;
}

static bool hash_form(const char *raw, struct authtext_token *out)
{
	struct groups groups = groups_of(raw);
	if (groups.mixed || (groups.count > 1 && groups.widest > 8) || !token_of(raw, out))
		return false;
	size_t n = strlen(out->text);
	if (n != SHA1_DIGITS && n != SHA256_DIGITS)
		out->damage |= AUTHTEXT_LENGTH;
	return near_length(n, SHA1_DIGITS) || near_length(n, SHA256_DIGITS);
}

/* Twelve digits bare, in pairs or in fours, give or take a digit; an IPv4 address or a time is none. */
static bool mac_form(const char *raw, struct authtext_token *out)
{
	struct groups groups = groups_of(raw);
	bool pairs = groups.separator != '.' && groups.count >= 5 && groups.count <= 7 && groups.widest <= 3;
	bool fours = groups.count == 3 && groups.widest <= 5;
	if (groups.mixed || !(groups.count == 1 || pairs || fours) || !token_of(raw, out))
		return false;
	size_t n = strlen(out->text);
	if (n != MAC_DIGITS)
		out->damage |= AUTHTEXT_LENGTH;
	return n >= MAC_SHORTEST && n <= MAC_LONGEST;
}

/* The likelier reading of two is the one with less and milder damage. */
static unsigned cost_of(const struct authtext_token *token)
{
	static const struct {
		unsigned damage, cost;
	} costs[] = {{AUTHTEXT_SPACE, 1}, {AUTHTEXT_LOOKALIKE, 2}, {AUTHTEXT_LENGTH, 4}, {AUTHTEXT_DIGIT, 8}};
	unsigned cost = 0;
	for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
		if (token->damage & costs[i].damage)
			cost += costs[i].cost;
	return cost;
}

/* Reads `count` words from `first` on as one token of less than `room` characters as written. */
static bool read_token(const struct words *words, size_t first, size_t count, size_t room,
                       bool (*form)(const char *raw, struct authtext_token *out), struct authtext_token *out)
{
	char raw[HASH_ROOM];
	*out = (struct authtext_token){.damage = count > 1 ? AUTHTEXT_SPACE : 0};
	return first + count <= words->n && join(words, first, count, raw, room) && form(raw, out);
}

/* The best MAC address outside the `taken` words from `from` on; answers its cost, NO_FIT for none. */
static unsigned find_mac(const struct words *words, size_t from, size_t taken, struct authtext_token *out)
{
	unsigned best = NO_FIT;
	for (size_t count = 1; count <= MAC_PIECES; count++)
		for (size_t i = 0; i + count <= words->n; i++) {
			struct authtext_token mac;
			if (i < from + taken && from < i + count)
				continue;
			if (!read_token(words, i, count, MAC_ROOM, mac_form, &mac) || cost_of(&mac) >= best)
				continue;
			best = cost_of(&mac);
			*out = mac;
		}
	return best;
}

/* The hash and the MAC address that together are the best reading of the line; absent ones stay "". */
static void find_pair(const struct words *words, struct authtext *out)
{
	unsigned best = 2 * NO_FIT;
	for (size_t count = 1; count <= HASH_PIECES; count++)
		for (size_t i = 0; i + count <= words->n; i++) {
			struct authtext_token hash, mac = {.damage = 0};
			if (!read_token(words, i, count, HASH_ROOM, hash_form, &hash))
				continue;
			unsigned cost = cost_of(&hash) + find_mac(words, i, count, &mac);
			if (cost >= best)
				continue;
			best = cost;
			out->hash = hash;
			out->mac = mac;
		}
	if (best == 2 * NO_FIT)
		find_mac(words, 0, 0, &out->mac);
}

/* username MAC [mac] [aaa attribute list NAME]; other users of the same command are none of ours. */
static bool parse_username(const struct words *words, struct authtext *out)
{
	if (!word_is(words, 0, "username"))
		return false;
	for (size_t i = 2; i < words->n && out->name[0] == 0; i++)
		list_name(words, i, out->name);
	unsigned best = NO_FIT;
	for (size_t count = 1; count <= MAC_PIECES; count++) {
		struct authtext_token mac;
		if (!read_token(words, 1, count, MAC_ROOM, mac_form, &mac) || cost_of(&mac) >= best)
			continue;
		best = cost_of(&mac);
		out->mac = mac;
	}
	bool ours = best == 0 || (best < NO_FIT && out->name[0] != 0);
	if (ours)
		out->kind = AUTHTEXT_USERNAME;
	else
		*out = (struct authtext){.kind = AUTHTEXT_NONE};
	return true;
}

static bool parse_attribute_list(const struct words *words, struct authtext *out)
{
	if (!list_name(words, 0, out->name))
		return false;
	out->kind = AUTHTEXT_ATTRIBUTE_LIST;
	return true;
}

/* The place says that this is the hash, so what is far from one is kept too, with its damage. */
static bool any_form(const char *raw, struct authtext_token *out)
{
	*out = (struct authtext_token){.damage = out->damage};
	token_of(raw, out);
	out->damage |= AUTHTEXT_LENGTH;
	return true;
}

/* attribute type password HASH */
static bool parse_password(const struct words *words, struct authtext *out)
{
	if (!word_is(words, 0, "attribute") || !word_is(words, 1, "type") || !word_is(words, 2, "password"))
		return false;
	struct words value = {.n = words->n - 3};
	for (size_t i = 0; i < value.n; i++)
		value.word[i] = words->word[i + 3];
	find_pair(&value, out);
	if (out->hash.text[0] == 0)
		read_token(&value, 0, 1, HASH_ROOM, any_form, &out->hash);
	out->mac = (struct authtext_token){.damage = 0};
	out->kind = AUTHTEXT_PASSWORD;
	return true;
}

/* A MAC address and a hash in any order, whatever stands around them; or one of them alone. */
static bool parse_entry(const struct words *words, struct authtext *out)
{
	find_pair(words, out);
	if (out->hash.text[0] != 0 && out->mac.text[0] != 0)
		out->kind = AUTHTEXT_ENTRY;
	else if (out->hash.text[0] != 0 || (out->mac.text[0] != 0 && out->mac.damage == 0))
		out->kind = AUTHTEXT_SUSPECT;
	else
		*out = (struct authtext){.kind = AUTHTEXT_NONE};
	return true;
}

void authtext_line(struct span line, struct authtext *out)
{
	static bool (*const forms[])(const struct words *, struct authtext *) = {
	    parse_username, parse_attribute_list, parse_password, parse_entry};
	struct words words = {.n = 0};
	*out = (struct authtext){.kind = AUTHTEXT_NONE};
	split(span_cut(line, 0, LIMIT_LINE), &words);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i](&words, out))
			return;
}

static bool hex_bytes(const char *token, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < 2 * n; i++) {
		int digit = authtext_digit(token[i]);
		if (digit < 0)
			return false;
		out[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
	}
	return true;
}

bool authtext_mac(const char *token, uint8_t mac[6])
{
	return strlen(token) == MAC_DIGITS && hex_bytes(token, MAC_DIGITS / 2, mac);
}

size_t authtext_hash(const char *token, uint8_t hash[32])
{
	size_t n = strlen(token);
	if ((n != SHA1_DIGITS && n != SHA256_DIGITS) || !hex_bytes(token, n / 2, hash))
		return 0;
	return n / 2;
}
