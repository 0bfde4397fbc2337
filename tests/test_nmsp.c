/*
 * NMSP messages by framing profiles: cutting, headers, elements of every kind, lies in every length, cuts.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "tests/hex.h"
#include "tests/nmspread.h"
#include "tests/seeded.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define ROUNDS      3000

static struct profile assumed;

static struct span exact(struct span bytes)
{
	uint8_t *p = malloc(bytes.n > 0 ? bytes.n : 1);
	assert_non_null(p);
	if (bytes.n > 0)
		memcpy(p, bytes.p, bytes.n);
	return span_of(p, bytes.n);
}

/* ---- messages by the built-in profile ------------------------------------------------------------- */

struct good {
	const char *hex;
	uint32_t type, transaction;
	uint32_t n_fields;
};

/* 01 00, type, length, 00 00, transaction; then elements. */
static const struct good goods[] = {
    {"0100 0001 000c 0000 00000007", 1, 7, 3},
    {"0100 0002 000c 0000 00000007", 2, 7, 3},
    /* SERVICE_SUBSCRIBE_RESPONSE of 18 bytes: STATUS */
    {"0100 001f 0012 0000 00000003 0004 0002 0000", 31, 3, 4},
    /* CAPABILITY_NOTIFICATION: VERSION, SERVICE_MASK, NAME "cmx" */
    {"0100 0007 0020 0000 00000001 0002 0001 01 0001 0004 0068ebe7 0003 0003 636d78", 7, 1, 6},
    /* LOCATION_RESPONSE: MAC, RSSI, TIME */
    {"0100 0029 0023 0000 00000009 000a 0006 3c22fb417a10 000f 0001 c4 0009 0004 69a55634", 41, 9, 6},
    /* unknown type, unknown element, empty text */
    {"0100 00c8 0017 0000 ffffffff 0063 0003 aabbcc 0003 0000", 200, UINT32_MAX, 5},
    /* IP4, VLAN, PACKETS, TRAFFIC */
    {"0100 0015 002e 0000 0000000a 000b 0004 0a0a2864 000c 0002 0028 000d 0004 000004b4 "
     "000e 0008 00000000000d5298",
     21, 10, 7},
};

static void good_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(goods); i++) {
		struct span message = hex_bytes(goods[i].hex);
		struct nmsp_message head;
		size_t total = 0;
		assert_int_equal(nmsp_cut(&assumed, message, &total), CUT_OK);
		assert_int_equal(total, message.n);
		assert_true(nmsp_decode(&assumed, message, &head));
		assert_int_equal(head.type, goods[i].type);
		assert_int_equal(head.length, message.n);
		assert_true(head.has_transaction);
		assert_int_equal(head.transaction, goods[i].transaction);
		assert_int_equal(head.body.n, message.n - 12);
		assert_ptr_equal(head.known, profile_find_message(&assumed, head.type));
		assert_true(nmsp_fields(&assumed, message, &fields));
		assert_int_equal(fields.n, goods[i].n_fields);
		assert_int_equal(fields.dropped, 0);
		hex_free(message);
	}
}

static void fields_of_a_message(void **state)
{
	(void)state;
	struct span message = hex_bytes(goods[4].hex);
	assert_true(nmsp_fields(&assumed, message, &fields));
	assert_field(0, "type", FIELD_U16, 2, 2, 41);
	assert_field(1, "length", FIELD_U16, 4, 2, 35);
	assert_field(2, "transaction", FIELD_U32, 8, 4, 9);
	assert_field(3, "MAC", FIELD_MAC, 16, 6, 0);
	assert_field(4, "RSSI", FIELD_U8, 26, 1, 0xc4);
	assert_field(5, "TIME", FIELD_TIME, 31, 4, 0x69a55634);
	for (uint32_t i = 0; i < fields.n; i++) {
		assert_int_equal(fields.list[i].depth, i < 3 ? 0 : 1);
		assert_int_equal(fields.list[i].id == 0, i < 3);
		assert_true(fields.list[i].assumed && !fields.list[i].malformed);
		assert_ptr_equal(fields.list[i].bytes.p, &message.p[fields.list[i].off]);
	}
	hex_free(message);
	message = hex_bytes(goods[5].hex);
	assert_true(nmsp_fields(&assumed, message, &fields));
	assert_field(3, "", FIELD_BYTES, 16, 3, 0);
	assert_int_equal(fields.list[3].id, 0x63);
	assert_field(4, "NAME", FIELD_TEXT, 23, 0, 0);
	hex_free(message);
}

/* Only the first bytes are there: more is asked for, never beyond the header. */
static void cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(goods); i++) {
		struct span message = hex_bytes(goods[i].hex);
		for (size_t n = 0; n < message.n; n++) {
			struct span part = exact(span_cut(message, 0, n));
			struct nmsp_message head;
			size_t total = 0;
			assert_int_equal(nmsp_cut(&assumed, part, &total), n < 12 ? CUT_MORE : CUT_OK);
			assert_int_equal(total, n < 12 ? 0 : message.n);
			assert_false(nmsp_decode(&assumed, part, &head));
			assert_int_equal(head.type, n < 12 ? 0 : goods[i].type);
			assert_false(nmsp_fields(&assumed, part, &fields));
			for (uint32_t k = 0; k < fields.n; k++)
				assert_true(fields.list[k].off + fields.list[k].bytes.n <= n);
			if (n >= 12)
				assert_true(fields.list[1].malformed);
			hex_free(part);
		}
		hex_free(message);
	}
	assert_int_equal(nmsp_cut(&assumed, span_of(NULL, 0), &(size_t){0}), CUT_MORE);
}

static void names_and_services(void **state)
{
	(void)state;
	static const uint8_t published[] = {1, 2, 7, 13, 14, 15, 16, 17, 18, 20, 21, 22, 30, 31, 67};
	uint32_t n = 0;
	for (uint32_t type = 0; type < 70000; type++)
		n += nmsp_documented(type);
	assert_int_equal(n, ROWS(published));
	for (size_t i = 0; i < ROWS(published); i++)
		assert_true(nmsp_documented(published[i]) && nmsp_type_name(&assumed, published[i]) != NULL);
	/* the built-in profile and the published table say the same */
	for (uint32_t i = 0; i < assumed.n_messages; i++)
		assert_int_equal(assumed.messages[i].assumed, !nmsp_documented(assumed.messages[i].id));
	assert_string_equal(nmsp_type_name(&assumed, NMSP_ECHO_REQUEST), "ECHO_REQUEST");
	assert_string_equal(nmsp_type_name(&assumed, NMSP_ECHO_RESPONSE), "ECHO_RESPONSE");
	assert_string_equal(nmsp_type_name(&assumed, NMSP_CAPABILITY_NOTIFICATION),
	                    "CAPABILITY_NOTIFICATION");
	assert_string_equal(nmsp_type_name(&assumed, NMSP_SERVICE_SUBSCRIBE_REQUEST),
	                    "SERVICE_SUBSCRIBE_REQUEST");
	assert_string_equal(nmsp_type_name(&assumed, NMSP_SERVICE_SUBSCRIBE_RESPONSE),
	                    "SERVICE_SUBSCRIBE_RESPONSE");
	assert_null(nmsp_type_name(&assumed, 3));
	for (uint32_t i = 0; i < NMSP_SERVICES; i++)
		assert_int_equal(nmsp_services[i].bit, i);
	assert_string_equal(nmsp_services[14].leaf, "stats-rfid");
	assert_string_equal(nmsp_services[14].service, "STATISTICS");
	assert_string_equal(nmsp_services[14].subservice, "TAG");
	assert_string_equal(nmsp_services[22].leaf, "ap-info");
}

/* ---- other framings ------------------------------------------------------------------------------- */

#define HEAD(order, rest) "name p\norigin user\nbyte-order " order "\n" rest

struct framing {
	const char *profile, *hex;
	uint32_t type, transaction, n_fields;
	uint64_t value; /* of the last field */
};

static const struct framing framings[] = {
    /* little-endian, length of the body, elements that count their head */
    {HEAD("little", "header 8\ntype 0 2\nlength 2 2 body\ntransaction 4 4\nelements tlv 2 2 total\n"
                    "element 258 N u32\n"),
     "0102 0800 04030201 0201 0800 78563412", 0x0201, 0x01020304, 4, 0x12345678},
    /* one byte for everything */
    {HEAD("big", "header 4\ntype 3 1\nlength 0 1 total\ntransaction 1 1\nelements tlv 1 1 value\n"
                 "element 255 N u16\n"),
     "08 fe 00 fd ff 02 beef", 0xfd, 0xfe, 4, 0xbeef},
    {HEAD("little", "header 4\ntype 3 1\nlength 0 1 body\nelements tlv 1 1 total\nelement 9 N u8\n"),
     "03 00 00 01 09 03 ab", 1, 0, 3, 0xab},
    /* three bytes, at odd places */
    {HEAD("big", "header 11\ntype 1 3\nlength 4 3 total\ntransaction 8 3\nelements tlv 3 3 value\n"
                 "element 65537 N u64\n"),
     "00 010203 000019 00 0a0b0c 010001 000008 0102030405060708", 0x010203, 0x0a0b0c, 4, 0x0102030405060708},
    {HEAD("little", "header 11\ntype 1 3\nlength 4 3 total\ntransaction 8 3\nelements tlv 3 3 value\n"
                    "element 65537 N mask\n"),
     "00 030201 140000 00 0c0b0a 010001 030000 030201", 0x010203, 0x0a0b0c, 4, 0x010203},
    /* four bytes */
    {HEAD("big", "header 12\ntype 8 4\nlength 0 4 body\nelements tlv 4 4 total\nelement 4294967295 N time\n"),
     "00000010 00000000 fffffffe ffffffff 00000010 0000000069a55634", UINT32_MAX - 1, 0, 3, 0x69a55634},
    /* no elements; an empty body has no field */
    {HEAD("big", "header 4\ntype 0 2\nlength 2 2 body\nelements none\n"), "0001 0003 010203", 1, 0, 3, 0},
    {HEAD("big", "header 4\ntype 0 2\nlength 2 2 body\nelements none\n"), "0001 0000", 1, 0, 2, 0},
    /* elements that are filled up, behind one that fits */
    {HEAD("big", "header 4\ntype 0 2\nlength 2 2 body\nelements tlv 2 2 value pad4\nelement 2 N u8\n"),
     "0001 0014 0001 0004 01020304 0001 0000 0002 0001 ab ffffff", 1, 0, 5, 0xab},
    {HEAD("little", "header 4\ntype 0 1\nlength 1 1 total\nelements tlv 1 1 total pad4\nelement 2 N u16\n"),
     "01 0c 0000 01 03 07 00 02 04 3412", 1, 0, 4, 0x1234},
    /* a list inside of a list, and of that one */
    {HEAD("big", "header 4\ntype 0 2\nlength 2 2 body\nelements tlv 1 1 value\nelement 1 G group\n"
                 "element 2 N u16\n"),
     "0001 000a 01 08 01 06 01 00 02 02 beef", 1, 0, 6, 0xbeef},
};

static void other_framings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(framings); i++) {
		struct span message = hex_bytes(framings[i].hex);
		struct nmsp_message head;
		use(framings[i].profile);
		assert_true(nmsp_decode(&profile, message, &head));
		assert_int_equal(head.type, framings[i].type);
		assert_int_equal(head.transaction, framings[i].transaction);
		assert_int_equal(head.has_transaction, profile.transaction.size > 0);
		assert_int_equal(head.length, message.n);
		assert_null(head.known);
		assert_true(nmsp_fields(&profile, message, &fields));
		assert_int_equal(fields.n, framings[i].n_fields);
		assert_int_equal(fields.list[fields.n - 1].number, framings[i].value);
		assert_false(fields.list[0].assumed);
		for (size_t n = 0; n < message.n; n++) {
			struct span part = exact(span_cut(message, 0, n));
			assert_false(nmsp_decode(&profile, part, &head));
			assert_false(nmsp_fields(&profile, part, &fields));
			hex_free(part);
		}
		hex_free(message);
	}
}

static void body_is_one_field(void **state)
{
	(void)state;
	struct span message = hex_bytes(framings[6].hex);
	use(framings[6].profile);
	assert_true(nmsp_fields(&profile, message, &fields));
	assert_field(2, "body", FIELD_BYTES, 4, 3, 0);
	hex_free(message);
}

/* ---- lies ----------------------------------------------------------------------------------------- */

/* A message by the built-in profile that is not what it says. */
struct lie {
	const char *hex;
	uint32_t n_fields, malformed; /* fields in all, and the first malformed one */
	const char *name;
	size_t off, n;
};

static const struct lie lies[] = {
    /* the message's length: larger, smaller, smaller than the header, zero */
    {"0100 0001 000d 0000 00000007", 3, 1, "length", 4, 2},
    {"0100 001f 0011 0000 00000003 0004 0002 0000", 4, 1, "length", 4, 2},
    {"0100 0001 000b 0000 00000007", 3, 1, "length", 4, 2},
    {"0100 0001 0000 0000 00000007", 3, 1, "length", 4, 2},
    /* an element beyond the body by one and by all; the rest is its value */
    {"0100 001f 0012 0000 00000003 0004 0003 0000", 4, 3, "STATUS", 16, 2},
    {"0100 001f 0012 0000 00000003 0004 ffff 0000", 4, 3, "STATUS", 16, 2},
    /* too short for a head */
    {"0100 001f 0013 0000 00000003 0004 0002 0000 00", 5, 4, "rest", 18, 1},
    {"0100 001f 0015 0000 00000003 0004 0002 0000 000400", 5, 4, "rest", 18, 3},
    /* an element shorter than its head counts, followed by what looks like a head */
    {"0100 001f 0012 0000 00000003 0004 0001 0000", 5, 3, "STATUS", 16, 1},
    /* values that do not fit their kind; the elements behind them are read */
    {"0100 0001 0016 0000 00000007 0002 0002 0102 0002 0000", 5, 3, "VERSION", 16, 2},
    {"0100 0001 0013 0000 00000007 000d 0003 010203", 4, 3, "PACKETS", 16, 3},
    {"0100 0001 0014 0000 00000007 000e 0004 01020304", 4, 3, "TRAFFIC", 16, 4},
    {"0100 0001 0010 0000 00000007 0001 0000", 4, 3, "SERVICE_MASK", 16, 0},
    {"0100 0001 0019 0000 00000007 0001 0009 010203040506070809", 4, 3, "SERVICE_MASK", 16, 9},
    {"0100 0001 0015 0000 00000007 000a 0005 0102030405", 4, 3, "MAC", 16, 5},
    {"0100 0001 0015 0000 00000007 000b 0005 0102030405", 4, 3, "IP4", 16, 5},
    {"0100 0001 0016 0000 00000007 0009 0006 010203040506", 4, 3, "TIME", 16, 6},
    {"0100 0001 0031 0000 00000007 0002 0021 00000000000000000000000000000000000000000000000000000000"
     "0000000000",
     4, 3, "VERSION", 16, 33},
};

static void lies_are_marked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(lies); i++) {
		struct span message = hex_bytes(lies[i].hex);
		if (nmsp_fields(&assumed, message, &fields))
			fail_msg("%s: accepted", lies[i].hex);
		uint32_t first = 0;
		while (first < fields.n && !fields.list[first].malformed)
			first++;
		if (fields.n != lies[i].n_fields || first != lies[i].malformed)
			fail_msg("%s: %u fields, malformed is %u", lies[i].hex, fields.n, first);
		assert_string_equal(fields.list[first].name, lies[i].name);
		assert_int_equal(fields.list[first].off, lies[i].off);
		assert_int_equal(fields.list[first].bytes.n, lies[i].n);
		hex_free(message);
	}
}

static void total_elements_lie(void **state)
{
	(void)state;
	static const char *const messages[] = {
	    "0001 0005 01 02 00 02 ff", /* the second is shorter than its own head */
	    "0001 0004 01 00 02 00",    /* 0: would never end */
	    "0001 0003 01 04 00",       /* one byte beyond */
	};
	use(HEAD("big", "header 4\ntype 0 2\nlength 2 2 body\nelements tlv 1 1 total\n"));
	for (size_t i = 0; i < ROWS(messages); i++) {
		struct span message = hex_bytes(messages[i]);
		struct nmsp_message head;
		assert_true(nmsp_decode(&profile, message, &head));
		assert_false(nmsp_fields(&profile, message, &fields));
		assert_true(fields.list[fields.n - 1].malformed);
		hex_free(message);
	}
}

static void lengths_to_cut(void **state)
{
	(void)state;
	struct lengths {
		const char *hex;
		enum cut cut;
		size_t total;
	};
	static const struct lengths total[] = {{"00000000", CUT_BAD, 0}, {"00000007", CUT_BAD, 0},
	                                       {"00000008", CUT_OK, 8},  {"00040000", CUT_OK, 0x40000},
	                                       {"00040001", CUT_BAD, 0}, {"ffffffff", CUT_BAD, 0}};
	static const struct lengths body[] = {{"00000000", CUT_OK, 8},  {"0003fff8", CUT_OK, 0x40000},
	                                      {"0003fff9", CUT_BAD, 0}, {"fffffff8", CUT_BAD, 0},
	                                      {"ffffffff", CUT_BAD, 0}, {"00000001", CUT_OK, 9}};
	assert_int_equal(LIMIT_NMSP_MESSAGE, 0x40000);
	for (size_t i = 0; i < ROWS(total) + ROWS(body); i++) {
		bool of_body = i >= ROWS(total);
		const struct lengths *row = of_body ? &body[i - ROWS(total)] : &total[i];
		uint8_t bytes[8] = {0};
		struct span length = hex_bytes(row->hex);
		memcpy(bytes, length.p, length.n);
		use(of_body ? HEAD("big", "header 8\ntype 4 4\nlength 0 4 body\nelements none\n")
		            : HEAD("big", "header 8\ntype 4 4\nlength 0 4 total\nelements none\n"));
		size_t n = 0;
		assert_int_equal(nmsp_cut(&profile, span_of(bytes, sizeof bytes), &n), row->cut);
		assert_int_equal(n, row->total);
		assert_int_equal(nmsp_cut(&profile, span_of(bytes, sizeof bytes - 1), &n), CUT_MORE);
		hex_free(length);
	}
}

/* More elements than are listed: the rest is counted, and its lengths are still checked. */
static void many_elements(void **state)
{
	(void)state;
	enum { N = 1000 };
	struct span message = exact(span_of(&(uint8_t[4 + 2 * N]){0}, 4 + 2 * N));
	uint8_t *p = (uint8_t *)(uintptr_t)message.p;
	use(HEAD("big", "header 4\ntype 0 2\nlength 2 2 body\nelements tlv 1 1 value\nelement 0 E "
	                "text\nelement 1 B u8\n"));
	p[2] = (2 * N) >> 8;
	p[3] = (2 * N) & 0xff;
	assert_true(nmsp_fields(&profile, message, &fields));
	assert_int_equal(fields.n, LIMIT_FIELDS);
	assert_int_equal(fields.dropped, N + 2 - LIMIT_FIELDS);
	p[message.n - 2] = 1; /* an empty u8, which is not judged there */
	assert_true(nmsp_fields(&profile, message, &fields));
	p[message.n - 1] = 1;
	assert_false(nmsp_fields(&profile, message, &fields));
	assert_int_equal(fields.dropped, N + 2 - LIMIT_FIELDS);
	hex_free(message);
}

/* Mostly small numbers, so that lengths fit now and then; cut to the message that they make, if they do. */
static struct span random_message(struct seeded *s)
{
	uint8_t bytes[96];
	size_t n = seeded_below(s, sizeof bytes + 1), total = 0;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(seeded_one_in(s, 20) ? seeded_next(s) : seeded_below(s, 5));
	if (nmsp_cut(&profile, span_of(bytes, n), &total) == CUT_OK && total < n)
		n = total;
	return exact(span_of(bytes, n));
}

/* Any bytes by any of the framings: what is listed lies within the message, and what is good tiles it. */
static void random_bytes(void **state)
{
	(void)state;
	uint32_t n_good = 0;
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		struct seeded s = seeded_of(seed);
		struct nmsp_message head;
		use(framings[seed % ROWS(framings)].profile);
		struct span message = random_message(&s);
		size_t total = 0, end = 0, tiled = 0;
		bool whole = nmsp_cut(&profile, message, &total) == CUT_OK && total == message.n;
		bool good = nmsp_fields(&profile, message, &fields);
		seeded_check(&s, nmsp_decode(&profile, message, &head) == whole, "whole");
		seeded_check(&s, whole || !good, "good fields of a message that is not whole");
		for (uint32_t i = 0; i < fields.n; i++) {
			const struct field *field = &fields.list[i];
			seeded_check(&s, field->off + field->bytes.n <= message.n, "beyond the message");
			seeded_check(&s, !good || !field->malformed, "malformed and good");
			seeded_check(&s, field->depth == 0 || field->off >= end, "fields overlap");
			end = field->off + (field->kind == FIELD_GROUP ? 0 : field->bytes.n);
			if (field->off + field->bytes.n > tiled)
				tiled = field->off + field->bytes.n;
		}
		size_t pad = profile.element_pad ? PROFILE_PAD - 1u : 0;
		seeded_check(&s, !good || message.n == profile.header || tiled + pad >= message.n,
		             "no tiling");
		n_good += good && message.n > profile.header;
		hex_free(message);
	}
	assert_true(n_good > ROUNDS / 50);
}

static int setup(void **state)
{
	(void)state;
	profile_builtin(&assumed);
	return 0;
}

/* An element alone, in a block of each size, inside of messages with more and less to come. */
static void test_element_walk(void **state)
{
	(void)state;
	static const uint8_t mac[] = {0, 10, 0, 6, 1, 2, 3, 4, 5, 6}, odd[] = {0, 10, 0, 5, 1, 2, 3, 4, 5};
	profile_builtin(&profile);
	uint32_t id;
	for (size_t n = 0; n <= sizeof mac; n++) {
		uint8_t *exact = malloc(n + (n == 0));
		assert_non_null(exact);
		memcpy(exact, mac, n);
		struct rd r = rd_of(span_of(exact, n)), full = r, less = r;
		assert_int_equal(nmsp_element(&profile, &r, 100, &id), n == sizeof mac ? CUT_OK : CUT_MORE);
		assert_int_equal(rd_at(&r), n == sizeof mac ? n : 0);
		assert_int_equal(id, n >= 2 ? 10 : 0);
		assert_int_not_equal(nmsp_element(&profile, &full, sizeof mac, &id), CUT_BAD);
		enum cut cut = nmsp_element(&profile, &less, sizeof mac - 1, &id);
		assert_int_equal(cut, n >= 4 ? CUT_BAD : CUT_MORE);
		free(exact);
	}
	struct rd r = rd_of(span_of(odd, sizeof odd));
	assert_int_equal(nmsp_element(&profile, &r, 100, &id), CUT_BAD);
	profile.element_is_total = true;
	r = rd_of(span_of(odd, 3));
	assert_int_equal(nmsp_element(&profile, &r, 3, &id), CUT_BAD);
	r = rd_of(span_of((const uint8_t[]){0, 99, 0, 3}, 4));
	assert_int_equal(nmsp_element(&profile, &r, 100, &id), CUT_BAD);
	r = rd_of(span_of((const uint8_t[]){0, 99, 0, 4}, 4));
	assert_int_equal(nmsp_element(&profile, &r, 4, &id), CUT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_element_walk),
	    cmocka_unit_test(good_messages),
	    cmocka_unit_test(fields_of_a_message),
	    cmocka_unit_test(cuts),
	    cmocka_unit_test(names_and_services),
	    cmocka_unit_test(other_framings),
	    cmocka_unit_test(body_is_one_field),
	    cmocka_unit_test(lies_are_marked),
	    cmocka_unit_test(total_elements_lie),
	    cmocka_unit_test(lengths_to_cut),
	    cmocka_unit_test(many_elements),
	    cmocka_unit_test(random_bytes),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
