/*
 * Allow-list text, a line at a time: the forms that its words make.
 *
 * Called by authlist. A form is one function in the table at the end; the first that knows the line wins.
 * Words are authwords', tokens are authtoken's. Never decides whether a hash is the right one, and keeps
 * nothing between lines.
 */
#include "dissect/authtoken.h"

#include "dissect/limits.h"

#define SHA1_BYTES    20
#define SHA256_BYTES  32
#define SHA1_DIGITS   (2 * SHA1_BYTES)
#define SHA256_DIGITS (2 * SHA256_BYTES)
#define MAC_DIGITS    12
#define ADDRESS_BYTES 4
#define PROMPT_WORDS  4 /* words of a prompt in front of a command, at most */
#define CUT_COMMAND                                                                                          \
	8 /* digits of a hash that was cut, at least, where a command or a type says that one stands here */
#define CUT_LINE 16 /* the same where only its MAC address stands beside it, or a label in front */

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

/* ---- certificate types of AireOS, facts.md section 6 ---- */

enum certificate_type { TYPE_NONE, TYPE_ACCESS_POINT, TYPE_LOCATION };

struct type_row {
	const char *word;
	enum certificate_type type;
	size_t wants;
};

/* Type of word i; the last row is the one of words that are none. */
static const struct type_row *type_of(const struct authwords *words, size_t i)
{
	static const struct type_row rows[] = {
	    {"lbs-ssc", TYPE_LOCATION, SHA1_BYTES},
	    {"loc-ssc", TYPE_LOCATION, SHA1_BYTES},
	    {"locssc", TYPE_LOCATION, SHA1_BYTES},
	    {"sha256-lbs-ssc", TYPE_LOCATION, SHA256_BYTES},
	    {"sha2-lbs-ssc", TYPE_LOCATION, SHA256_BYTES},
	    {"lbs-ssc-sha256", TYPE_LOCATION, SHA256_BYTES},
	    {"mic", TYPE_ACCESS_POINT, 0},
	    {"ssc", TYPE_ACCESS_POINT, 0},
	    {"lsc", TYPE_ACCESS_POINT, 0},
	    {"lbs-mic", TYPE_ACCESS_POINT, 0},
	    {NULL, TYPE_NONE, 0},
	};
	const struct type_row *row = rows;
	while (row->word != NULL && !authwords_is(words, i, row->word))
		row++;
	return row;
}

/* A location type anywhere says what is wanted; one of an access point counts only beside its MAC. */
static size_t wanted(const struct authwords *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (type_of(words, i)->type == TYPE_LOCATION)
			return type_of(words, i)->wants;
	return 0;
}

static bool is_access_point(const struct authwords *words)
{
	struct authtext_token mac;
	for (size_t i = 0; i + 1 < words->n; i++)
		if (type_of(words, i + 1)->type == TYPE_ACCESS_POINT && authtoken_mac_at(words, i, &mac) == 0)
			return true;
	return false;
}

/* ---- forms ---- */

/* `aaa attribute list NAME` from word i on; the name is cut to fit. */
static bool list_name(const struct authwords *words, size_t i, char name[AUTHTEXT_NAME + 1])
{
	if (!authwords_is(words, i, "aaa") || !authwords_is(words, i + 1, "attribute") ||
	    !authwords_is(words, i + 2, "list") || i + 3 >= words->n)
		return false;
	struct span text = span_cut(words->word[i + 3], 0, AUTHTEXT_NAME);
	for (size_t k = 0; k < text.n; k++)
		name[k] = text.p[k] == 0 ? '?' : (char)text.p[k];
	name[text.n] = 0;
	return true;
}

static bool parse_empty(const struct authwords *words, struct authtext *out)
{
	out->kind = AUTHTEXT_EMPTY;
	return words->n == 0;
}

/* no username ..., no aaa attribute list ..., config auth-list delete ... */
static bool parse_removal(const struct authwords *words, struct authtext *out)
{
	static const char *const removals[][4] = {{"no", "username"},
	                                          {"no", "aaa", "attribute", NULL},
	                                          {"no", "aaa", "authorization", NULL},
	                                          {"auth-list", "delete"}};
	out->kind = AUTHTEXT_REMOVAL;
	for (size_t i = 0; i < sizeof removals / sizeof *removals; i++)
		if (authwords_find(words, removals[i]) < words->n)
			return true;
	return false;
}

/* username MAC [mac] [aaa attribute list NAME]; other users of the same command are none of ours. */
static bool parse_username(const struct authwords *words, struct authtext *out)
{
	static const char *const command[] = {"username", NULL};
	size_t at = authwords_find(words, command);
	if (at >= words->n || at > PROMPT_WORDS)
		return false;
	for (size_t i = at + 2; i < words->n && out->name[0] == 0; i++)
		list_name(words, i, out->name);
	unsigned cost = authtoken_mac_at(words, at + 1, &out->mac);
	bool ours = cost == 0 || (cost < AUTHTOKEN_NONE && out->name[0] != 0);
	unsigned marks = out->marks;
	if (ours) {
		out->kind = AUTHTEXT_USERNAME;
		out->marks |= AUTHTEXT_OF_CONTROLLER;
	} else {
		*out = (struct authtext){.kind = AUTHTEXT_NONE, .marks = marks};
	}
	return true;
}

static bool parse_attribute_list(const struct authwords *words, struct authtext *out)
{
	static const char *const command[] = {"aaa", "attribute", "list", NULL};
	if (!list_name(words, authwords_find(words, command), out->name))
		return false;
	out->kind = AUTHTEXT_ATTRIBUTE_LIST;
	return true;
}

/* Without this line the controller does not ask its attribute lists, facts.md section 6. */
static bool parse_authorization(const struct authwords *words, struct authtext *out)
{
	static const char *const command[] = {
	    "aaa", "authorization", "credential-download", "wcm_loc_serv_cert", "local", NULL};
	out->kind = AUTHTEXT_AUTHORIZATION;
	return authwords_find(words, command) < words->n;
}

/* The hash among the words from i on, where the place says that one stands here. */
static void hash_from(const struct authwords *words, size_t i, struct authtext *out)
{
	struct authwords value = {.n = i < words->n ? words->n - i : 0};
	struct authtext found = {.kind = AUTHTEXT_NONE};
	for (size_t k = 0; k < value.n; k++)
		value.word[k] = words->word[i + k];
	authtoken_pair(&value, &found);
	out->hash = found.hash;
	if (out->hash.text[0] == 0)
		authtoken_any(&value, 0, &out->hash);
}

/* attribute type password HASH */
static bool parse_password(const struct authwords *words, struct authtext *out)
{
	static const char *const command[] = {"attribute", "type", "password", NULL};
	size_t at = authwords_find(words, command) + 3;
	if (at > words->n)
		return false;
	hash_from(words, at, out);
	out->kind = AUTHTEXT_PASSWORD;
	return true;
}

/* config auth-list add TYPE MAC [HASH] */
static bool parse_auth_list(const struct authwords *words, struct authtext *out)
{
	static const char *const command[] = {"auth-list", "add", NULL};
	size_t at = authwords_find(words, command) + 2;
	if (at >= words->n || type_of(words, at)->type == TYPE_NONE)
		return false;
	if (type_of(words, at)->type == TYPE_ACCESS_POINT) {
		out->kind = AUTHTEXT_ACCESS_POINT;
		return true;
	}
	out->wants = type_of(words, at)->wants;
	if (authtoken_mac_at(words, at + 1, &out->mac) == 0)
		hash_from(words, at + 2, out);
	else
		authtoken_pair(words, out);
	if (out->mac.text[0] == 0)
		return false;
	if (out->hash.text[0] == 0)
		authtoken_cut(words, CUT_COMMAND, &out->mac, &out->hash);
	out->kind = out->hash.text[0] != 0 ? AUTHTEXT_ENTRY : AUTHTEXT_LONE_MAC;
	out->labelled = true;
	return true;
}

/* Four numbers joined by dots. */
static bool ip4_address(struct span word, uint8_t out[ADDRESS_BYTES])
{
	unsigned number = 0, digits = 0, at = 0;
	for (size_t i = 0; i <= word.n; i++) {
		bool end = i == word.n || word.p[i] == '.';
		if (!end && (word.p[i] < '0' || word.p[i] > '9' || ++digits > 3))
			return false;
		if (!end)
			number = 10 * number + (unsigned)(word.p[i] - '0');
		if (!end)
			continue;
		if (digits == 0 || number > UINT8_MAX || at == ADDRESS_BYTES)
			return false;
		out[at++] = (uint8_t)number;
		number = digits = 0;
	}
	return at == ADDRESS_BYTES;
}

/* CMX's table of controllers: | address | type | version | yes or no under SHA2 | ACTIVE | */
static bool parse_controller(const struct authwords *words, struct authtext *out)
{
	size_t sha2 = 0, sha1 = 0, states = 0;
	if (words->n == 0 || !ip4_address(words->word[0], out->address))
		return false;
	for (size_t i = 1; i < words->n; i++) {
		sha2 += authwords_is(words, i, "yes");
		sha1 += authwords_is(words, i, "no");
		states += authwords_is(words, i, "active") || authwords_is(words, i, "inactive") ||
		          authwords_is(words, i, "invalid");
	}
	if (states == 0)
		return false;
	out->kind = AUTHTEXT_CONTROLLER;
	out->marks |= AUTHTEXT_OF_ENGINE;
	out->wants = sha1 + sha2 != 1 ? 0 : sha2 == 1 ? SHA256_BYTES : SHA1_BYTES;
	return true;
}

/* SHA1 Key Hash, SHA2 Key, SHA-256: bytes of the digest that a label names, 0 where none or both do. */
static size_t digest_of(const struct authwords *words)
{
	static const struct {
		const char *start;
		size_t bytes;
	} rows[] = {
	    {"sha1", SHA1_BYTES}, {"sha-1", SHA1_BYTES}, {"sha2", SHA256_BYTES}, {"sha-2", SHA256_BYTES}};
	size_t digest = 0;
	for (size_t i = 0; i < words->n; i++)
		for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
			if (!authwords_begins(words, i, rows[k].start))
				continue;
			if (digest != 0 && digest != rows[k].bytes)
				return 0;
			digest = rows[k].bytes;
		}
	return digest;
}

/* A hash that lost so much that only its place tells what it is: a type or a label, or a MAC address and
 * nothing else. */
static void find_cut(const struct authwords *words, bool alone, struct authtext *out)
{
	bool mac = out->mac.text[0] != 0;
	if (mac && out->wants != 0)
		authtoken_cut(words, CUT_COMMAND, &out->mac, &out->hash);
	else if ((mac && out->mac.damage == 0 && alone) || (!mac && out->digest != 0))
		authtoken_cut(words, CUT_LINE, &out->mac, &out->hash);
}

/* "SHA2 Key Hash": a list has no such label. */
static bool is_label(const struct authwords *words)
{
	static const char *const key[] = {"key", NULL};
	return digest_of(words) != 0 && authwords_find(words, key) < words->n;
}

/* "MAC Address: ... SHA1 Key Hash: ... SHA2 Key Hash: ..." */
static bool is_page(const struct authwords *words, const struct authtext *text)
{
	return text->mac_label && (is_label(words) || text->other.text[0] != 0);
}

/* A MAC address and a hash in any order, whatever stands around them; or one of them alone. */
static bool parse_entry(const struct authwords *words, struct authtext *out)
{
	if (is_access_point(words)) {
		out->kind = AUTHTEXT_ACCESS_POINT;
		return true;
	}
	unsigned marks = out->marks;
	size_t taken = authtoken_pair(words, out);
	out->mac_label = authwords_mac_label(words);
	bool whole_mac = out->mac.damage == 0 || out->mac_label;
	out->wants = wanted(words);
	out->digest = digest_of(words);
	if (out->hash.text[0] == 0)
		find_cut(words, taken + 1 == words->n, out);
	out->labelled = taken < words->n;
	out->page = is_page(words, out);
	if (out->hash.text[0] != 0 && out->mac.text[0] != 0)
		out->kind = AUTHTEXT_ENTRY;
	else if (out->hash.text[0] != 0)
		out->kind = AUTHTEXT_LONE_HASH;
	else if (out->mac.text[0] != 0 && whole_mac)
		out->kind = AUTHTEXT_LONE_MAC;
	else
		*out = (struct authtext){.kind = AUTHTEXT_NONE, .marks = marks, .page = is_label(words)};
	return true;
}

/* The end of a command, or what filters its answer ("| section aaa"); other words make it a sentence. */
static bool is_command_end(const struct authwords *words, size_t i)
{
	static const char *const filters[] = {"section", "sec", "include", "inc",
	                                      "begin",   "aaa", "all",     "commands"};
	for (size_t k = 0; k < sizeof filters / sizeof *filters; k++)
		if (authwords_is(words, i, filters[k]))
			return true;
	return i == words->n;
}

/* The command that shows a controller's whole list, with its prompt. */
static bool shows_list(const struct authwords *words)
{
	static const char *const commands[][3] = {{"show", "auth-list"},
	                                          {"show", "running-config"},
	                                          {"show", "run-config"},
	                                          {"show", "run"},
	                                          {"sh", "run"}};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		size_t at = authwords_find(words, commands[i]);
		if (at < words->n && at <= PROMPT_WORDS && is_command_end(words, at + 2))
			return true;
	}
	return false;
}

/* Other lines of such a list: configuration of IOS-XE or AireOS, the head of AireOS's table. */
static bool is_list_line(const struct authwords *words)
{
	static const char *const lines[][3] = {{"config", "auth-list"},  {"against", "auth-list"},
	                                       {"aaa", "new-model"},     {"aaa", "authentication"},
	                                       {"aaa", "authorization"}, {"aaa", "accounting"}};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (authwords_find(words, lines[i]) < words->n)
			return true;
	return false;
}

static bool is_of_list(const struct authwords *words, enum authtext_kind kind)
{
	switch (kind) {
	case AUTHTEXT_USERNAME:
	case AUTHTEXT_ATTRIBUTE_LIST:
	case AUTHTEXT_PASSWORD:
	case AUTHTEXT_AUTHORIZATION:
	case AUTHTEXT_ACCESS_POINT:
		return true;
	case AUTHTEXT_REMOVAL:
	case AUTHTEXT_EMPTY:
		return false;
	default:
		return shows_list(words) || is_list_line(words);
	}
}

static unsigned marks_of(const struct authwords *words)
{
	static const struct {
		const char *word;
		unsigned mark;
	} rows[] = {
	    {"server-auth-info", AUTHTEXT_OF_ENGINE}, {"cmxctl", AUTHTEXT_OF_ENGINE},
	    {"authinfo", AUTHTEXT_OF_ENGINE},         {"auth-list", AUTHTEXT_OF_CONTROLLER},
	    {"aaa", AUTHTEXT_OF_CONTROLLER},
	};
	unsigned marks = wanted(words) != 0 || is_access_point(words) ? AUTHTEXT_OF_CONTROLLER : 0;
	for (size_t i = 0; i < words->n; i++)
		for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
			marks |= authwords_is(words, i, rows[k].word) ? rows[k].mark : 0;
	return marks;
}

void authtext_line(struct span line, struct authtext *out)
{
	static bool (*const forms[])(const struct authwords *, struct authtext *) = {
	    parse_empty,         parse_removal,   parse_username,   parse_attribute_list, parse_password,
	    parse_authorization, parse_auth_list, parse_controller, parse_entry};
	struct authwords words;
	authwords_split(span_cut(line, 0, LIMIT_LINE), &words);
	unsigned marks = marks_of(&words);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		*out = (struct authtext){.marks = marks};
		if (!forms[i](&words, out))
			continue;
		if (is_of_list(&words, out->kind))
			out->marks |= AUTHTEXT_OF_LIST | AUTHTEXT_OF_CONTROLLER;
		return;
	}
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
