/*
 * Openers against records that the test seals itself: every row in every version, whole, cut at every byte
 * and with a bit flipped in every byte; keys against RFC 8448.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "analyzer/tls_key_block.h"
#include "tests/hex.h"
#include "tests/seeded.h"
#include "tests/tls_seal.h"

enum { ROWS = 325 };

/* ---- both sides with the same keys ------------------------------------------------------------------- */

static struct keylog_secret secret_of(const struct way *way)
{
	struct keylog_secret secret = {
	    .n = (uint8_t)(way->shape.tls13 ? EVP_MD_get_size(way->shape.hash) : 48)};
	for (size_t i = 0; i < secret.n; i++)
		secret.bytes[i] = (uint8_t)(way->shape.id + 3 * i);
	return secret;
}

static struct sealer key_both(struct tls_opener *opener, const struct way *way, bool from_client)
{
	struct sealer sealer = {.way = *way};
	struct keylog_secret secret = secret_of(way);
	struct span bytes = span_of(secret.bytes, secret.n);
	const struct tls_suite *suite = tls_suite_find(way->shape.id);
	assert_non_null(suite);
	if (way->shape.tls13) {
		seal_with_13(&sealer, bytes);
		assert_int_equal(tls_opener_key_13(opener, suite, &secret), 0);
		return sealer;
	}
	sealer.mac = way->shape.mac != NULL ? (size_t)EVP_MD_get_size(way->shape.mac) : 0;
	seal_with_12(&sealer, bytes, from_client);
	struct tls_key_block block = {.suite = NULL};
	assert_int_equal(
	    tls_key_block_make(&block, suite, way->version, &secret, client_random, server_random), 0);
	assert_int_equal(tls_opener_key_12(opener, &block, way->etm, from_client), 0);
	return sealer;
}

static enum tls_open open_to(struct tls_opener *opener, struct tls_record head, struct span body,
                             uint8_t *out, struct span *plain, uint8_t *type)
{
	memset(out, 0xee, body.n);
	enum tls_open result = tls_open(opener, &head, body, out, plain, type);
	for (size_t i = 0; result != TLS_OPENED && i < body.n; i++)
		assert_int_equal(out[i], 0);
	if (result != TLS_OPENED)
		assert_int_equal(plain->n, 0);
	return result;
}

/* Opens, and then to exactly these bytes, in an exact heap block. */
static bool opens(struct tls_opener *opener, struct tls_record head, struct span body, struct span plain,
                  uint8_t type)
{
	uint8_t *out = malloc(body.n), found = 0;
	struct span text;
	assert_non_null(out);
	bool opened = open_to(opener, head, body, out, &text, &found) == TLS_OPENED;
	if (opened && (!span_equal(text, plain) || found != type))
		fail_msg("opened to other bytes");
	free(out);
	return opened;
}

static enum tls_open answer(struct tls_opener *opener, struct tls_record head, struct span body)
{
	uint8_t *out = malloc(body.n + 1), type;
	struct span plain;
	assert_non_null(out);
	enum tls_open result = open_to(opener, head, body, out, &plain, &type);
	free(out);
	return result;
}

static const char *name_of(const struct way *way)
{
	static char text[128];
	snprintf(text, sizeof text, "%s %s%s", tls_version_name(way->version), tls_cipher_name(way->shape.id),
	         way->etm ? " encrypt-then-MAC" : "");
	return text;
}

/* ---- cases ------------------------------------------------------------------------------------------ */

static void the_table_is_the_registry(void **state)
{
	(void)state;
	unsigned rows = 0;
	for (uint32_t id = 0; id <= UINT16_MAX; id++) {
		struct shape shape;
		bool right = shape_of((uint16_t)id, &shape);
		const struct tls_suite *suite = tls_suite_find((uint16_t)id);
		if (right != (suite != NULL))
			fail_msg("0x%04x: %s", (unsigned)id, right ? "missing" : "cannot be opened");
		if (!right)
			continue;
		rows++;
		assert_int_equal(tls_suite_is_13(suite), shape.tls13);
		assert_int_equal(tls_suite_hash_bytes(suite), EVP_MD_get_size(shape.hash));
		if (shape.mode != RC4)
			assert_int_equal(tls_suite_computable(suite), can_seal(&shape));
	}
	assert_int_equal(rows, ROWS);
}

/* Sizes around the block's, and the most that a record may carry; with and without extra padding. */
static void open_whole(const struct way *way)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 64, 370, 16384};
	static uint8_t text[16384];
	fill(text, sizeof text);
	struct tls_opener *opener = tls_opener_new();
	for (int from_client = 0; from_client < 2; from_client++) {
		struct sealer sealer = key_both(opener, way, from_client == 1);
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			uint8_t type = i % 3 == 1   ? TLS_ALERT
			               : i % 3 == 2 ? TLS_HANDSHAKE
			                            : TLS_APPLICATION_DATA;
			struct tls_record head = head_of(way, type);
			struct span plain = span_of(text, sizes[i]);
			struct span body = seal(&sealer, &head, plain, sizes[i] < 1000 ? i : 0);
			assert_true(body.n >= plain.n + tls_suite_overhead_min(tls_suite_find(way->shape.id),
			                                                       way->version));
			assert_int_equal(tls_opener_done(opener).records, i);
			if (!opens(opener, head, body, plain, type))
				fail_msg("%s: %zu bytes do not open", name_of(way), plain.n);
			hex_free(body);
		}
	}
	tls_opener_free(opener);
}

static void every_way_opens(void **state)
{
	(void)state;
	for_every_way(open_whole);
}

/*
 * The flipped byte spoils the next record too: in TLS 1.0 the last block is its IV. With encrypt-then-MAC
 * nothing tells whether that block is the one that was flipped.
 */
static bool spoils_next(const struct way *way, size_t n, size_t at)
{
	return way->version == TLS_1_0 && way->shape.mode == CBC && (way->etm || at + way->shape.block >= n);
}

static void flip_each(const struct way *way)
{
	struct seeded random = seeded_of(way->shape.id);
	uint8_t text[50];
	fill(text, sizeof text);
	struct tls_opener *opener = tls_opener_new();
	size_t n = 1;
	for (size_t at = 0; at < n; at++) {
		struct sealer sealer = key_both(opener, way, true);
		struct tls_record head[2] = {head_of(way, TLS_APPLICATION_DATA), head_of(way, TLS_ALERT)};
		struct span plain = span_of(text, sizeof text);
		struct span body = seal(&sealer, &head[0], plain, 0),
		            next = seal(&sealer, &head[1], plain, 0);
		n = body.n;
		uint8_t *copy = malloc(n);
		assert_non_null(copy);
		memcpy(copy, body.p, n);
		copy[at] ^= (uint8_t)(1 << seeded_below(&random, 8));
		bool bad = answer(opener, head[0], span_of(copy, n)) == TLS_OPEN_BAD;
		bool goes_on = opens(opener, head[1], next, plain, TLS_ALERT);
		if (!bad || goes_on == spoils_next(way, n, at))
			fail_msg("%s: byte %zu of %zu: %s", name_of(way), at, n,
			         bad ? "the next one" : "taken");
		free(copy);
		hex_free(body);
		hex_free(next);
	}
	tls_opener_free(opener);
}

static void a_flipped_bit_gives_nothing(void **state)
{
	(void)state;
	for_every_kind(flip_each);
}

static void cut_each(const struct way *way)
{
	uint8_t text[33];
	fill(text, sizeof text);
	struct tls_opener *opener = tls_opener_new();
	size_t least = tls_suite_overhead_min(tls_suite_find(way->shape.id), way->version);
	struct sealer sealer = key_both(opener, way, false);
	struct tls_record head = head_of(way, TLS_APPLICATION_DATA), after = head;
	struct span body = seal(&sealer, &head, span_of(text, sizeof text), 2);
	struct span next = seal(&sealer, &after, span_of(text, sizeof text), 0);
	for (size_t n = 0; n < body.n; n++) {
		uint8_t *exact = malloc(n > 0 ? n : 1);
		assert_non_null(exact);
		memcpy(exact, body.p, n);
		key_both(opener, way, false);
		enum tls_open result = answer(opener, head, span_of(n > 0 ? exact : NULL, n));
		if (result == TLS_OPENED || (n < least && result != TLS_OPEN_SHORT))
			fail_msg("%s: %zu of %zu bytes", name_of(way), n, body.n);
		assert_int_equal(tls_opener_done(opener).records, 1);
		bool goes_on = opens(opener, after, next, span_of(text, sizeof text), TLS_APPLICATION_DATA);
		assert_int_equal(goes_on,
		                 way->shape.mode == CBC ? way->version != TLS_1_0 : way->shape.mode != RC4);
		free(exact);
	}
	hex_free(body);
	hex_free(next);
	tls_opener_free(opener);
}

static void cut_at_every_byte(void **state)
{
	(void)state;
	for_every_kind(cut_each);
}

static void head_each(const struct way *way)
{
	uint8_t text[20];
	fill(text, sizeof text);
	struct tls_opener *opener = tls_opener_new();
	for (int wrong = 0; wrong < 4; wrong++) {
		struct sealer sealer = key_both(opener, way, false);
		struct tls_record head = head_of(way, TLS_APPLICATION_DATA);
		struct span body = seal(&sealer, &head, span_of(text, sizeof text), 0);
		head.type = wrong == 0 ? TLS_HANDSHAKE : head.type;
		head.version = wrong == 1 ? head.version ^ 1 : head.version;
		if (wrong == 2)
			tls_opener_set_sequence(opener, 1);
		enum tls_open right = wrong == 3 ? TLS_OPENED : TLS_OPEN_BAD;
		if (answer(opener, head, body) != right)
			fail_msg("%s: %d", name_of(way), wrong);
		hex_free(body);
	}
	tls_opener_free(opener);
}

static void type_version_and_number_are_verified(void **state)
{
	(void)state;
	for_every_kind(head_each);
}

/* Behind records that passed: only CBC of TLS 1.0 needs the record before, or its end. */
static void jump(const struct way *way, bool by_tail)
{
	uint8_t text[40], tail[TLS_TAIL];
	fill(text, sizeof text);
	struct tls_opener *opener = tls_opener_new();
	struct sealer sealer = key_both(opener, way, true);
	struct span plain = span_of(text, sizeof text);
	struct tls_amount passed = {0};
	for (uint64_t i = 0; i < 6; i++) {
		struct tls_record head = head_of(way, TLS_APPLICATION_DATA);
		struct span body = seal(&sealer, &head, plain, 0);
		if (i < 3)
			passed = tls_amount_add(passed, body.n);
		if (i == 2)
			memcpy(tail, &body.p[body.n - TLS_TAIL], TLS_TAIL);
		if (i == 3)
			tls_opener_skip(opener, passed);
		if (i == 3 && by_tail)
			tls_opener_set_tail(opener, tail);
		if (i >= 3 && opens(opener, head, body, plain, TLS_APPLICATION_DATA) !=
		                  (i > 3 || way->version != TLS_1_0 || way->shape.mode != CBC || by_tail))
			fail_msg("%s: record %d", name_of(way), (int)i);
		hex_free(body);
	}
	assert_int_equal(tls_opener_done(opener).records, 6);
	tls_opener_free(opener);
}

static void jump_each(const struct way *way)
{
	char name[128];
	snprintf(name, sizeof name, "%s", name_of(way));
	jump(way, false);
	bool sha1 = strstr(name, "_SHA256") == NULL && strstr(name, "_SHA384") == NULL;
	if (way->version != TLS_1_0 || !way->etm || sha1) /* other suites with a MAC came with TLS 1.2 */
		jump(way, true);
}

static void a_gap_is_jumped(void **state)
{
	(void)state;
	for_every_kind(jump_each);
}

static void update_each(const struct way *way)
{
	struct tls_opener *opener = tls_opener_new();
	struct sealer sealer = key_both(opener, way, true);
	struct keylog_secret secret = secret_of(way);
	uint8_t text[] = "after the update";
	for (int i = 0; i < 3 && way->shape.tls13; i++) {
		uint8_t next[SECRET_MAX];
		expand(way->shape.hash, span_of(secret.bytes, secret.n), "traffic upd", next, secret.n);
		memcpy(secret.bytes, next, secret.n);
		seal_with_13(&sealer, span_of(secret.bytes, secret.n));
		assert_int_equal(tls_opener_update_13(opener), 0);
		for (int j = 0; j < 2; j++) {
			struct tls_record head = head_of(way, TLS_APPLICATION_DATA);
			struct span body = seal(&sealer, &head, span_of(text, sizeof text), 3);
			assert_true(
			    opens(opener, head, body, span_of(text, sizeof text), TLS_APPLICATION_DATA));
			hex_free(body);
		}
	}
	if (!way->shape.tls13)
		assert_int_equal(tls_opener_update_13(opener), -1);
	tls_opener_unkey(opener);
	assert_int_equal(tls_opener_update_13(opener), -1);
	tls_opener_free(opener);
}

static void keys_are_updated(void **state)
{
	(void)state;
	for_every_kind(update_each);
}

/* One opener for everything: a key after a key, of the same suite and of others, and after none. */
static struct tls_opener *reused;

static void key_again(const struct way *way)
{
	uint8_t text[5] = "again";
	for (int i = 0; i < 3; i++) {
		struct sealer sealer = key_both(reused, way, i == 1);
		struct tls_record head = head_of(way, TLS_HANDSHAKE);
		struct span body = seal(&sealer, &head, span_of(text, sizeof text), 0);
		assert_true(opens(reused, head, body, span_of(text, sizeof text), TLS_HANDSHAKE));
		hex_free(body);
	}
	assert_true(tls_opener_keyed(reused));
	if (way->shape.id % 2 == 0) {
		tls_opener_unkey(reused);
		assert_false(tls_opener_keyed(reused));
	}
}

static void one_opener_takes_all_keys(void **state)
{
	(void)state;
	reused = tls_opener_new();
	assert_false(tls_opener_keyed(reused));
	for_every_way(key_again);
	tls_opener_free(reused);
	tls_opener_free(NULL);
}

static void refuse(uint16_t cipher, uint16_t version, uint8_t n)
{
	struct tls_key_block block = {.suite = NULL};
	const struct keylog_secret secret = {.n = n};
	assert_int_equal(tls_key_block_make(&block, tls_suite_find(cipher), version, &secret, client_random,
	                                    server_random),
	                 -1);
	assert_null(block.suite);
}

static void what_does_not_fit(void **state)
{
	(void)state;
	refuse(0xc030, TLS_1_1, 48); /* AEAD begins with TLS 1.2 */
	refuse(0xcca8, TLS_1_0, 48);
	refuse(0x002f, TLS_SSL3, 48);
	refuse(0x002f, TLS_1_3, 48);
	refuse(0x1301, TLS_1_2, 48);
	refuse(0x002f, TLS_1_2, 47);
	struct tls_opener *opener = tls_opener_new();
	const struct keylog_secret secret = {.n = 32};
	assert_int_equal(tls_opener_key_13(opener, tls_suite_find(0x1302), &secret), -1);
	assert_int_equal(tls_opener_key_13(opener, tls_suite_find(0xc02f), &secret), -1);
	assert_int_equal(tls_opener_key_13(opener, tls_suite_find(0x1301), &secret), 0);
	tls_opener_free(opener);
}

/* A record of TLS 1.3 that holds nothing but zeros has no type, RFC 8446 section 5.4. */
static void a_record_of_zeros(void **state)
{
	(void)state;
	struct way way = {.version = TLS_1_3};
	assert_true(shape_of(0x1301, &way.shape));
	struct tls_opener *opener = tls_opener_new();
	struct sealer sealer = key_both(opener, &way, true);
	struct tls_record head = head_of(&way, 0);
	struct span body = seal(&sealer, &head, span_of("\0\0\0", 3), 5);
	assert_int_equal(answer(opener, head, body), TLS_OPEN_BAD);
	hex_free(body);
	tls_opener_free(opener);
}

static void pad_each(const struct way *way)
{
	if (way->shape.mode != CBC)
		return;
	struct tls_opener *opener = tls_opener_new();
	struct sealer sealer = key_both(opener, way, true);
	sealer.bad_padding = true;
	struct tls_record head = head_of(way, TLS_APPLICATION_DATA);
	struct span body = seal(&sealer, &head, span_of("padded", 6), 1);
	assert_int_equal(answer(opener, head, body), TLS_OPEN_BAD);
	hex_free(body);
	tls_opener_free(opener);
}

static void padding_is_verified(void **state)
{
	(void)state;
	for_every_kind(pad_each);
}

/* RFC 8448 section 3: the client's and the server's application data. */
static void rfc_8448(void **state)
{
	(void)state;
	static const struct {
		const char *secret, *key, *iv, *body;
	} sides[] = {
	    {"9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
	     "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9",
	     "a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5"
	     "a6292a2"
	     "977014bd1e3deae63aeebb21694915e4"},
	    {"a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
	     "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984", NULL},
	};
	uint8_t text[50];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)i;
	struct sealer sealer = {.way.version = TLS_1_3};
	assert_true(shape_of(0x1301, &sealer.way.shape));
	struct tls_opener *opener = tls_opener_new();
	for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
		struct span bytes = hex_bytes(sides[i].secret), key = hex_bytes(sides[i].key);
		struct span iv = hex_bytes(sides[i].iv);
		struct keylog_secret secret = {.n = (uint8_t)bytes.n};
		memcpy(secret.bytes, bytes.p, bytes.n);
		assert_int_equal(tls_opener_key_13(opener, tls_suite_find(0x1301), &secret), 0);
		memcpy(sealer.key, key.p, key.n);
		memcpy(sealer.iv, iv.p, iv.n);
		sealer.sequence = 0;
		struct tls_record head = head_of(&sealer.way, TLS_APPLICATION_DATA);
		struct span body = seal(&sealer, &head, span_of(text, sizeof text), 0);
		if (sides[i].body != NULL) {
			struct span right = hex_bytes(sides[i].body);
			assert_true(span_equal(body, right));
			hex_free(right);
		}
		assert_true(opens(opener, head, body, span_of(text, sizeof text), TLS_APPLICATION_DATA));
		hex_free(body);
		hex_free(bytes);
		hex_free(key);
		hex_free(iv);
	}
	tls_opener_free(opener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table_is_the_registry),
	    cmocka_unit_test(every_way_opens),
	    cmocka_unit_test(a_flipped_bit_gives_nothing),
	    cmocka_unit_test(cut_at_every_byte),
	    cmocka_unit_test(type_version_and_number_are_verified),
	    cmocka_unit_test(a_gap_is_jumped),
	    cmocka_unit_test(keys_are_updated),
	    cmocka_unit_test(one_opener_takes_all_keys),
	    cmocka_unit_test(what_does_not_fit),
	    cmocka_unit_test(a_record_of_zeros),
	    cmocka_unit_test(padding_is_verified),
	    cmocka_unit_test(rfc_8448),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	tls_crypto_unload(providers);
	return failed;
}
