/*
 * Tokens by permutations of small ranges: a Feistel network under a keyed hash, walked until it falls into the range
 * (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). What stands in front of a number chooses the
 * permutation, so that equal beginnings stay equal. See redact.h.
 */
#include "analyzer/redact.h"

#include "analyzer/cert.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define ROUNDS 8

/* ---- the keyed hash -------------------------------------------------------------------------------- */

static uint64_t turn(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static void mix(uint64_t v[4], int rounds)
{
	for (int i = 0; i < rounds; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = turn(v[1], 13) ^ v[0];
		v[3] = turn(v[3], 16) ^ v[2];
		v[0] = turn(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = turn(v[3], 21) ^ v[0];
		v[1] = turn(v[1], 17) ^ v[2];
		v[2] = turn(v[2], 32);
	}
}

uint64_t redact_hash(const struct redact *redact, const void *bytes, size_t n)
{
	uint64_t v[4] = {redact->key[0] ^ UINT64_C(0x736f6d6570736575), redact->key[1] ^ UINT64_C(0x646f72616e646f6d),
	                 redact->key[0] ^ UINT64_C(0x6c7967656e657261), redact->key[1] ^ UINT64_C(0x7465646279746573)};
	struct rd r = rd_of(span_of(bytes, n));
	bool last = false;
	while (!last) {
		size_t left = rd_left(&r);
		last = left < sizeof(uint64_t);
		uint64_t word = last ? rd_little(&r, left) | (uint64_t)n << 56 : rd_u64le(&r);
		v[3] ^= word;
		mix(v, 2);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void redact_start_with(struct redact *redact, const uint8_t key[REDACT_KEY])
{
	struct rd r = rd_of(span_of(key, REDACT_KEY));
	redact->key[0] = rd_u64le(&r);
	redact->key[1] = rd_u64le(&r);
}

void redact_start(struct redact *redact)
{
	uint8_t key[REDACT_KEY];
	if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key) {
		fputs("nmspscope: the system has no random bytes\n", stderr);
		abort();
	}
	redact_start_with(redact, key);
	explicit_bzero(key, sizeof key);
}

/* ---- permutations ---------------------------------------------------------------------------------- */

static uint32_t round_of(const struct redact *redact, uint64_t tweak, int round, uint32_t half)
{
	const uint64_t input[] = {tweak, (uint64_t)round << 32 | half};
	return (uint32_t)redact_hash(redact, input, sizeof input);
}

/* Forwards, or back, over twice `bits` bits. */
static uint32_t feistel(const struct redact *redact, uint64_t tweak, unsigned bits, uint32_t value, bool back)
{
	uint32_t mask = (1u << bits) - 1, left = value >> bits, right = value & mask;
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t *from = back ? &left : &right, *to = back ? &right : &left;
		uint32_t mixed = *to ^ (round_of(redact, tweak, back ? ROUNDS - 1 - i : i, *from) & mask);
		*to = *from;
		*from = mixed;
	}
	return left << bits | right;
}

static uint32_t walk(const struct redact *redact, uint64_t tweak, uint32_t n, uint32_t value, bool back)
{
	unsigned bits = 1;
	while (1u << (2 * bits) < n)
		bits++;
	do
		value = feistel(redact, tweak, bits, value, back);
	while (value >= n);
	return value;
}

/* Another number below n, one to one. */
static uint32_t permute(const struct redact *redact, uint64_t tweak, uint32_t n, uint32_t value)
{
	if (n < 2)
		return value;
	uint32_t next = (walk(redact, tweak, n, value, false) + 1) % n;
	return walk(redact, tweak, n, next, true);
}

struct range {
	uint32_t from, to;
};

/* Within the range that it lies in, of rows that cover all; `in_front` are the bytes before it. */
static uint32_t move(const struct redact *redact, struct span in_front, const struct range *ranges, uint32_t value)
{
	while (value > ranges->to)
		ranges++;
	uint64_t tweak = redact_hash(redact, in_front.p, in_front.n) ^ (uint64_t)ranges->from << 32 ^ in_front.n;
	return ranges->from + permute(redact, tweak, ranges->to - ranges->from + 1, value - ranges->from);
}

/* ---- addresses ------------------------------------------------------------------------------------- */

static bool all_are(const uint8_t *bytes, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* By decimal digits; class D and E of RFC 1112 apart. */
static const struct range first_octet[] = {{0, 0}, {1, 9}, {10, 99}, {100, 223}, {224, 239}, {240, 255}};
static const struct range octet[] = {{0, 9}, {10, 99}, {100, 255}};

void redact_ip4(const struct redact *redact, uint8_t bytes[4])
{
	uint8_t old[4];
	memcpy(old, bytes, sizeof old);
	if (all_are(old, sizeof old, 0) || all_are(old, sizeof old, UINT8_MAX))
		return;
	for (size_t i = 0; i < sizeof old; i++)
		bytes[i] = (uint8_t)move(redact, span_of(old, i), i == 0 ? first_octet : octet, old[i]);
}

/* By hexadecimal digits; link-local (RFC 4291 section 2.5.6) and multicast (section 2.7) apart. */
static const struct range first_group[] = {{0, 0},           {1, 0xf},         {0x10, 0xff},     {0x100, 0xfff},
                                           {0x1000, 0xfe7f}, {0xfe80, 0xfe80}, {0xfe81, 0xfeff}, {0xff00, 0xffff}};
static const struct range group[] = {{0, 0}, {1, 0xf}, {0x10, 0xff}, {0x100, 0xfff}, {0x1000, 0xffff}};

void redact_ip6(const struct redact *redact, uint8_t bytes[16])
{
	enum { GROUPS = 8, MAPPED = 12 };
	uint8_t old[16];
	memcpy(old, bytes, sizeof old);
	if (all_are(old, 10, 0) && all_are(&old[10], 2, UINT8_MAX)) { /* RFC 4291 section 2.5.5.2 */
		redact_ip4(redact, &bytes[MAPPED]);
		return;
	}
	for (size_t i = 0; i < GROUPS; i++) {
		uint32_t value = (uint32_t)old[2 * i] << 8 | old[2 * i + 1];
		value = move(redact, span_of(old, 2 * i), i == 0 ? first_group : group, value);
		bytes[2 * i] = (uint8_t)(value >> 8);
		bytes[2 * i + 1] = (uint8_t)value;
	}
}

void redact_addr(const struct redact *redact, struct addr *addr)
{
	if (addr->version == 4)
		redact_ip4(redact, addr->bytes);
	else if (addr->version == 6)
		redact_ip6(redact, addr->bytes);
}

void redact_packet(const struct redact *redact, struct packet *packet)
{
	bool tcp = packet->kind == PACKET_TCP, unfinished = tcp && packet_checksum_unfinished(packet);
	redact_addr(redact, &packet->src);
	redact_addr(redact, &packet->dst);
	if (packet->kind == PACKET_ICMP_ERROR) {
		redact_addr(redact, &packet->icmp.src);
		redact_addr(redact, &packet->icmp.dst);
	}
	if (tcp && unfinished != packet_checksum_unfinished(packet))
		packet->tcp.checksum = (uint16_t)(unfinished ? packet_checksum_plain(packet) : ~packet->tcp.checksum);
}

void redact_mac(const struct redact *redact, uint8_t mac[REDACT_MAC])
{
	enum { KEPT_BITS = 2 };
	static const struct range upper[] = {{0, UINT8_MAX >> KEPT_BITS}}, byte[] = {{0, UINT8_MAX}};
	uint8_t old[REDACT_MAC];
	memcpy(old, mac, sizeof old);
	if (all_are(old, sizeof old, 0) || all_are(old, sizeof old, UINT8_MAX))
		return;
	mac[0] = (uint8_t)(move(redact, span_of(old, 0), upper, old[0] >> KEPT_BITS) << KEPT_BITS |
	                   (old[0] & ((1 << KEPT_BITS) - 1)));
	for (size_t i = 1; i < sizeof old; i++)
		mac[i] = (uint8_t)move(redact, span_of(old, i), byte, old[i]);
}

/* ---- text ------------------------------------------------------------------------------------------ */

static unsigned digit_of(uint8_t c)
{
	return (unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
}

/* Bytes of the MAC address that begins here, 0 when none does; its digits stand at `places`. */
static size_t mac_at(struct span text, size_t places[2 * REDACT_MAC])
{
	static const struct {
		char joint;
		size_t every;
	} forms[] = {{'\0', 2 * REDACT_MAC}, {':', 2}, {'-', 2}, {'.', 4}};
	for (size_t form = 0; form < sizeof forms / sizeof forms[0]; form++) {
		size_t at = 0, n = 0;
		for (; n < 2 * REDACT_MAC && at < text.n; at++) {
			bool joint = n > 0 && n % forms[form].every == 0 && places[n - 1] == at - 1;
			if (joint && text.p[at] == (uint8_t)forms[form].joint)
				continue;
			if (joint || !isxdigit(text.p[at]))
				break;
			places[n++] = at;
		}
		if (n == 2 * REDACT_MAC && (at == text.n || !isxdigit(text.p[at])))
			return at;
	}
	return 0;
}

static void move_mac(const struct redact *redact, uint8_t *text, const size_t places[2 * REDACT_MAC])
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	uint8_t mac[REDACT_MAC];
	bool capitals = false;
	for (size_t i = 0; i < 2 * REDACT_MAC; i++)
		capitals = capitals || isupper(text[places[i]]);
	for (size_t i = 0; i < REDACT_MAC; i++)
		mac[i] = (uint8_t)(digit_of(text[places[2 * i]]) << 4 | digit_of(text[places[2 * i + 1]]));
	redact_mac(redact, mac);
	for (size_t i = 0; i < 2 * REDACT_MAC; i++)
		text[places[i]] = (uint8_t)(capitals ? upper : lower)[mac[i / 2] >> (i % 2 == 0 ? 4 : 0) & 0xf];
}

/* Bytes of the IPv4 address that begins here, written without zeros in front; 0 when none does. */
static size_t ip4_at(struct span text, uint8_t bytes[4])
{
	size_t at = 0;
	for (size_t i = 0; i < 4; i++) {
		size_t from = at;
		unsigned value = 0;
		if (i > 0 && (at >= text.n || text.p[at] != '.'))
			return 0;
		from = at += i > 0;
		for (; at < text.n && isdigit(text.p[at]) && at - from < 3; at++)
			value = value * 10 + digit_of(text.p[at]);
		if (at == from || value > UINT8_MAX || (text.p[from] == '0' && at - from > 1))
			return 0;
		bytes[i] = (uint8_t)value;
	}
	bool goes_on = at < text.n && (isalnum(text.p[at]) || (text.p[at] == '.' && at + 1 < text.n && isdigit(text.p[at + 1])));
	return goes_on ? 0 : at;
}

static void move_ip4(const struct redact *redact, uint8_t *text, size_t n, uint8_t bytes[4])
{
	char token[sizeof "255.255.255.255"];
	redact_ip4(redact, bytes);
	snprintf(token, sizeof token, "%u.%u.%u.%u", (unsigned)bytes[0], (unsigned)bytes[1], (unsigned)bytes[2],
	         (unsigned)bytes[3]);
	memcpy(text, token, n);
}

/* An address, or a name that everybody knows, begins here: its bytes, and it is done. */
static size_t take_known(const struct redact *redact, uint8_t *text, size_t n)
{
	size_t places[2 * REDACT_MAC], taken = mac_at(span_of(text, n), places);
	uint8_t bytes[4];
	if (taken > 0) {
		move_mac(redact, text, places);
		return taken;
	}
	taken = ip4_at(span_of(text, n), bytes);
	if (taken > 0)
		move_ip4(redact, text, taken, bytes);
	return taken > 0 ? taken : cert_factory_name(span_of(text, n));
}

/* Another one of the same kind. */
static uint8_t other(uint8_t c, uint32_t random)
{
	enum { LETTERS = 26, DIGITS = 10 };
	if (c > 0x7f)
		return 'x';
	if (isdigit(c))
		return (uint8_t)('0' + (digit_of(c) + 1 + random % (DIGITS - 1)) % DIGITS);
	if (!isalpha(c))
		return c;
	uint8_t first = islower(c) ? 'a' : 'A';
	return (uint8_t)(first + ((uint32_t)(c - first) + 1 + random % (LETTERS - 1)) % LETTERS);
}

void redact_text(const struct redact *redact, uint8_t *text, size_t n)
{
	uint64_t whole = redact_hash(redact, text, n);
	bool in_word = false;
	for (size_t i = 0; i < n;) {
		uint8_t c = text[i];
		size_t known = in_word ? 0 : take_known(redact, &text[i], n - i);
		in_word = known > 0 || isalnum(c);
		if (known == 0)
			text[i] = other(c, round_of(redact, whole, 0, (uint32_t)i));
		i += known > 0 ? known : 1;
	}
}

void redact_bytes(uint8_t *bytes, size_t n)
{
	if (n > 0)
		memset(bytes, 0xff, n);
}
