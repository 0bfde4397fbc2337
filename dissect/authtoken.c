/*
 * MAC addresses and hashes among the words of a line of allow-list text, with the damage that pasting does to
 * them.
 *
 * Called by authtext. Of several readings of a line the one with the least and mildest damage wins. Never
 * decides whether a hash is the right one.
 */
#include "dissect/authtoken.h"

#include "dissect/limits.h"

#define HASH_ROOM     136 /* a hash as written: 64 digits in pairs, the separators, and room for damage */
#define MAC_ROOM      24  /* the same of a MAC address */
#define HASH_PIECES   3   /* words that stray spaces may have made of one hash */
#define MAC_PIECES    2
#define HASH_GROUPS   4 /* words of a hash that is printed in groups, at least */
#define SHA1_DIGITS   40
#define SHA256_DIGITS 64
#define MAC_DIGITS    12
#define HASH_SLACK    4 /* digits that a damaged hash may lack or have too many */
#define MAC_SHORTEST  10
#define MAC_LONGEST   13

/* How a token as written is grouped by ':', '-' or '.'. */
struct groups {
	size_t count, widest, narrowest;
	bool mixed; /* more than one kind of separator */
	char separator;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_joint(char c)
{
	return c == ':' || c == '-' || c == '.';
}

/* Hex digits are alike in both cases; what is none is kept as it was written, to be shown so. */
static char kept(char c)
{
	return authtext_digit(c) >= 0 ? lower(c) : c;
}

/* Words as one text; a character beyond ASCII becomes one '?'. False when it is too long for the room. */
static bool join(const struct authwords *words, size_t first, size_t count, char *raw, size_t room)
{
	size_t n = 0;
	for (size_t i = first; i < first + count; i++) {
		if (words->word[i].n >= room - n)
			return false;
		for (size_t k = 0; k < words->word[i].n; k++) {
			uint8_t c = words->word[i].p[k];
			bool beyond = c >= 0x80 || c == 0;
			bool goes_on = c >= 0x80 && c < 0xc0 && k > 0 && words->word[i].p[k - 1] >= 0x80;
			if (!goes_on)
				raw[n++] = beyond ? '?' : kept((char)c);
		}
	}
	raw[n] = 0;
	return true;
}

static struct groups groups_of(const char *raw)
{
	struct groups out = {.count = 1, .narrowest = strlen(raw)};
	size_t width = 0;
	for (size_t i = 0;; i++) {
		if (raw[i] != 0 && !is_joint(raw[i])) {
			width++;
			continue;
		}
		out.widest = width > out.widest ? width : out.widest;
		out.narrowest = width < out.narrowest ? width : out.narrowest;
		if (raw[i] == 0)
			return out;
		out.mixed = out.mixed || (out.separator != 0 && out.separator != raw[i]);
		out.separator = raw[i];
		out.count++;
		width = 0;
	}
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
	bool wide = groups.widest > 8 && (groups.widest > 16 || groups.narrowest != groups.widest);
	if (groups.mixed || (groups.count > 1 && wide) || !token_of(raw, out))
		return false;
	size_t n = strlen(out->text);
	if (n != SHA1_DIGITS && n != SHA256_DIGITS)
		out->damage |= AUTHTEXT_LENGTH;
	return near_length(n, SHA1_DIGITS) || near_length(n, SHA256_DIGITS);
}

/* No date, time or number: it has a letter, or begins as the addresses of makers do. */
static bool is_no_number(const char *raw)
{
	bool letter = false;
	for (size_t i = 0; raw[i] != 0; i++)
		letter = letter || (!is_joint(raw[i]) && (raw[i] < '0' || raw[i] > '9'));
	return letter || (raw[0] == '0' && raw[1] == '0');
}

/*
 * Twelve digits bare, in pairs or in fours, give or take a digit; an IPv4 address or a time is none. Pairs
 * with dots (a date with its time) and two sixes (a serial number) must be whole and no number.
 */
static bool mac_form(const char *raw, struct authtext_token *out)
{
	struct groups groups = groups_of(raw);
	bool pairs = groups.separator != '.' && groups.count >= 5 && groups.count <= 7 && groups.widest <= 3;
	bool fours = groups.count == 3 && groups.widest <= 5;
	size_t width = groups.separator == '.' ? 2 : 6;
	bool exact = groups.count * width == MAC_DIGITS && groups.widest == width &&
	             groups.narrowest == width && is_no_number(raw);
	if (groups.mixed || !(groups.count == 1 || pairs || fours || exact) || !token_of(raw, out))
		return false;
	size_t n = strlen(out->text);
	if (n != MAC_DIGITS)
		out->damage |= AUTHTEXT_LENGTH;
	return n >= MAC_SHORTEST && n <= MAC_LONGEST;
}

/* The place says that this is the hash, so what is far from one is kept too, with its damage. */
static bool any_form(const char *raw, struct authtext_token *out)
{
	*out = (struct authtext_token){.damage = out->damage};
	token_of(raw, out);
	out->damage |= AUTHTEXT_LENGTH;
	return true;
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

/* ---- groups with blanks between them ---- */

/* The width of a word of digits (look-alikes too), 0 of any other. */
static size_t width_of(const struct authwords *words, size_t i)
{
	if (i >= words->n)
		return 0;
	for (size_t k = 0; k < words->word[i].n; k++) {
		char c = (char)words->word[i].p[k];
		if (authtext_digit(c) < 0 && authtext_meant(c) == c)
			return 0;
	}
	return words->word[i].n;
}

/* Words of digits of one width in a row, from word i on; 0 where the row began before it. */
static size_t row_at(const struct authwords *words, size_t i)
{
	size_t width = width_of(words, i), n = 0;
	if (width == 0 || (i > 0 && width_of(words, i - 1) == width))
		return 0;
	while (width_of(words, i + n) == width)
		n++;
	return n;
}

/* The words of a hash printed in four groups or more, from word i on; a MAC address may stand in front. 0:
 * none. */
static size_t hash_row(const struct authwords *words, size_t i)
{
	size_t width = width_of(words, i), row = row_at(words, i);
	size_t mac = width > 0 && width <= 4 ? MAC_DIGITS / width : 0;
	if (row == 0 && mac > 0 && i >= mac)
		row = row_at(words, i - mac) > mac ? row_at(words, i - mac) - mac : 0;
	size_t digits = row * width;
	return row >= HASH_GROUPS && (digits == SHA1_DIGITS || digits == SHA256_DIGITS) ? row : 0;
}

/* The words of a MAC address in pairs or fours, from word i on; a hash may stand behind it. 0: none. */
static size_t mac_row(const struct authwords *words, size_t i)
{
	size_t width = width_of(words, i), row = row_at(words, i);
	size_t mac = width == 2 || width == 4 ? MAC_DIGITS / width : 0;
	return mac > 0 && (row == mac || (row > mac && hash_row(words, i + mac) == row - mac)) ? mac : 0;
}

typedef bool token_form(const char *raw, struct authtext_token *out);

/* Reads `count` words from `first` on as one token of less than `room` characters as written. */
static bool read_token(const struct authwords *words, size_t first, size_t count, size_t room,
                       token_form *form, struct authtext_token *out)
{
	char raw[HASH_ROOM];
	*out = (struct authtext_token){.damage = count > 1 ? AUTHTEXT_SPACE : 0};
	return first + count <= words->n && join(words, first, count, raw, room) && form(raw, out);
}

/* The same of words that are groups of one token: the blanks between them are no damage. */
static bool read_row(const struct authwords *words, size_t first, size_t count, token_form *form,
                     struct authtext_token *out)
{
	char raw[HASH_ROOM];
	*out = (struct authtext_token){.damage = 0};
	return count > 0 && join(words, first, count, raw, sizeof raw) && is_no_number(raw) && form(raw, out);
}

/* A token and the words it takes. */
struct reading {
	struct authtext_token token;
	size_t from, count;
	unsigned cost;
};

/* All readings of a line as a MAC address: they are the same for every hash that is tried beside them. */
struct macs {
	struct reading list[(MAC_PIECES + 1) * AUTHWORDS];
	size_t n, rows; /* the last ones are rows of groups */
	bool placed;    /* a label, or nothing else, stands beside a row */
};

static void add_mac(struct macs *macs, const struct authtext_token *mac, size_t from, size_t count)
{
	macs->list[macs->n++] =
	    (struct reading){.token = *mac, .from = from, .count = count, .cost = cost_of(mac)};
}

static void find_macs(const struct authwords *words, struct macs *out)
{
	struct authtext_token mac;
	out->n = out->rows = 0;
	out->placed = authwords_mac_label(words);
	for (size_t count = 1; count <= MAC_PIECES; count++)
		for (size_t i = 0; i + count <= words->n; i++)
			if (read_token(words, i, count, MAC_ROOM, mac_form, &mac))
				add_mac(out, &mac, i, count);
	for (size_t i = 0; i < words->n; i++) {
		size_t row = mac_row(words, i);
		if (!read_row(words, i, row, mac_form, &mac))
			continue;
		add_mac(out, &mac, i, row);
		out->rows++;
		out->placed = out->placed || row == words->n;
	}
}

/* The best MAC address outside the words of the hash. Groups count where it, a label or nothing else stands.
 */
static struct reading best_mac(const struct macs *macs, const struct reading *hash)
{
	struct reading none = {.cost = AUTHTOKEN_NONE};
	const struct reading *best = &none;
	size_t n = macs->placed || hash->count > 0 ? macs->n : macs->n - macs->rows;
	for (size_t i = 0; i < n; i++) {
		const struct reading *mac = &macs->list[i];
		bool taken = mac->from < hash->from + hash->count && hash->from < mac->from + mac->count;
		if (!taken && mac->cost < best->cost)
			best = mac;
	}
	return *best;
}

/* The words of the hash in one word or in groups that begins at word i; 0: none, or a damaged one. */
static size_t read_clean(const struct authwords *words, size_t i, struct authtext_token *out)
{
	size_t row = hash_row(words, i);
	if (read_token(words, i, 1, HASH_ROOM, hash_form, out) && out->damage == 0)
		return 1;
	return read_row(words, i, row, hash_form, out) && out->damage == 0 ? row : 0;
}

/* A clean hash of the other length, as a table with both digests has it. */
static size_t find_other(const struct authwords *words, const struct reading *hash,
                         struct authtext_token *out)
{
	size_t digits = strlen(hash->token.text);
	for (size_t i = 0; i < words->n && hash->count > 0; i++) {
		struct authtext_token other;
		bool taken = i >= hash->from && i < hash->from + hash->count;
		size_t count = taken ? 0 : read_clean(words, i, &other);
		if (count == 0 || strlen(other.text) == digits)
			continue;
		*out = other;
		return count;
	}
	return 0;
}

/* A part of a hash that blanks broke: mostly digits. */
static bool is_piece(struct span word)
{
	size_t digits = 0;
	for (size_t k = 0; k < word.n; k++)
		digits += authtext_digit((char)word.p[k]) >= 0 ||
		          authtext_meant((char)word.p[k]) != (char)word.p[k];
	return digits * 4 >= word.n * 3;
}

/* A hash from word i on, in one word or in pieces. A MAC address is no piece of one that lacks digits. */
static bool read_hash(const struct authwords *words, size_t i, size_t count, struct authtext_token *out)
{
	struct authtext_token mac;
	if (!read_token(words, i, count, HASH_ROOM, hash_form, out))
		return false;
	for (size_t k = i; k < i + count && count > 1; k++) {
		bool is_mac = read_token(words, k, 1, MAC_ROOM, mac_form, &mac) && mac.damage == 0;
		if (!is_piece(words->word[k]) || (is_mac && (out->damage & AUTHTEXT_LENGTH) != 0))
			return false;
	}
	return true;
}

/* The best hash and MAC address so far. */
struct pair {
	struct reading hash, mac;
	unsigned cost;
};

static void try_hash(const struct macs *macs, const struct reading *hash, struct pair *best)
{
	struct reading mac = best_mac(macs, hash);
	if (cost_of(&hash->token) + mac.cost < best->cost)
		*best = (struct pair){.hash = *hash, .mac = mac, .cost = cost_of(&hash->token) + mac.cost};
}

size_t authtoken_pair(const struct authwords *words, struct authtext *out)
{
	const struct reading none = {.count = 0};
	struct pair best = {.cost = 2 * AUTHTOKEN_NONE};
	struct macs macs;
	find_macs(words, &macs);
	for (size_t i = 0; i < words->n; i++) {
		struct reading row = {.from = i, .count = hash_row(words, i)};
		/* a line of nothing else is bytes of something, such as a certificate in a configuration */
		if (row.count < words->n && read_row(words, i, row.count, hash_form, &row.token))
			try_hash(&macs, &row, &best);
	}
	for (size_t count = 1; count <= HASH_PIECES; count++)
		for (size_t i = 0; i + count <= words->n; i++) {
			struct reading one = {.from = i, .count = count};
			if (read_hash(words, i, count, &one.token))
				try_hash(&macs, &one, &best);
		}
	if (best.hash.count == 0)
		best.mac = best_mac(&macs, &none);
	out->hash = best.hash.token;
	out->mac = best.mac.token;
	return best.hash.count + best.mac.count + find_other(words, &best.hash, &out->other);
}

bool authtoken_cut(const struct authwords *words, size_t shortest, const struct authtext_token *mac,
                   struct authtext_token *out)
{
	for (size_t i = words->n; i-- > 0;) {
		if (width_of(words, i) < shortest || !read_token(words, i, 1, HASH_ROOM, any_form, out) ||
		    strcmp(out->text, mac->text) == 0)
			continue;
		return true;
	}
	*out = (struct authtext_token){.damage = 0};
	return false;
}

unsigned authtoken_mac_at(const struct authwords *words, size_t i, struct authtext_token *out)
{
	unsigned best = AUTHTOKEN_NONE;
	for (size_t count = 1; count <= MAC_PIECES; count++) {
		struct authtext_token mac;
		if (!read_token(words, i, count, MAC_ROOM, mac_form, &mac) || cost_of(&mac) >= best)
			continue;
		best = cost_of(&mac);
		*out = mac;
	}
	return best;
}

void authtoken_any(const struct authwords *words, size_t i, struct authtext_token *out)
{
	read_token(words, i, 1, HASH_ROOM, any_form, out);
}
