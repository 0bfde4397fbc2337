/*
 * Addresses -> text, for whatever shows or logs one. Declared in packet.h. Knows no names and resolves none.
 */
#include "dissect/packet.h"

enum { GROUPS = 8 }; /* of 16 bits in an IPv6 address */

/* The text so far; ADDR_TEXT holds the longest address. */
struct line {
	char *text;
	size_t n;
};

static void put(struct line *line, char c)
{
	line->text[line->n++] = c;
}

static void put_number(struct line *line, unsigned value, unsigned base)
{
	if (value >= base)
		put_number(line, value / base, base);
	put(line, "0123456789abcdef"[value % base]);
}

static void put_ip4(struct line *line, const uint8_t bytes[4])
{
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			put(line, '.');
		put_number(line, bytes[i], 10);
	}
}

static unsigned group(const uint8_t bytes[16], size_t i)
{
	return (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
}

/* Length of the longest run of at least two zero groups, and where the first such run begins. */
static size_t longest_zeros(const uint8_t bytes[16], size_t *start)
{
	size_t best = 1, run = 0;
	*start = GROUPS;
	for (size_t i = 0; i < GROUPS; i++) {
		run = group(bytes, i) == 0 ? run + 1 : 0;
		if (run > best) {
			best = run;
			*start = i + 1 - run;
		}
	}
	return best;
}

/* RFC 5952 section 4; section 5 for IPv4-mapped addresses. */
static void put_ip6(struct line *line, const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool ip4_tail = memcmp(bytes, mapped, sizeof mapped) == 0;
	size_t groups = ip4_tail ? GROUPS - 2 : GROUPS;
	size_t zeros_at, zeros = longest_zeros(bytes, &zeros_at);
	for (size_t i = 0; i < groups; i++) {
		if (i == zeros_at) {
			put(line, ':');
			i += zeros - 1;
			if (i == GROUPS - 1)
				put(line, ':');
			continue;
		}
		if (i > 0)
			put(line, ':');
		put_number(line, group(bytes, i), 16);
	}
	if (ip4_tail) {
		put(line, ':');
		put_ip4(line, &bytes[sizeof mapped]);
	}
}

const char *addr_text(const struct addr *addr, char text[ADDR_TEXT])
{
	struct line line = {.text = text};
	if (addr->version == 4)
		put_ip4(&line, addr->bytes);
	else if (addr->version == 6)
		put_ip6(&line, addr->bytes);
	else
		put(&line, '-');
	put(&line, '\0');
	return text;
}
