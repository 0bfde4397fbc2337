/*
 * How far the search for a record behind a gap goes: as many numbers as the missing bytes can hold, within
 * the caps and the account of work. What is not found stays closed, and the judgement names the packet of the
 * gap.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/tls_crypto.h"
#include "dissect/limits.h"
#include "tests/tls_spoken.h"

static struct way aes_gcm(void)
{
	struct way way = {.version = TLS_1_2};
	assert_true(shape_of(0x009c, &way.shape));
	return way;
}

/* A record of the client behind so many lost ones, which had `bytes` together: whether it is opened. */
static bool found_behind(const struct way *way, uint64_t records, uint32_t bytes, uint64_t work,
                         uint64_t *left)
{
	static const uint8_t text[30] = {1};
	struct sealer sealers[2];
	struct wire wire;
	struct session_decryption decryption;
	struct spoken *spoken = speak_handshake(way, sealers);
	size_t handshake = spoken->n_chunks;
	sealers[0].sequence += records;
	put_sealed(spoken, &sealers[0], 0, TLS_APPLICATION_DATA, span_of(text, sizeof text));
	wire_start(&wire, span_of(spoken->lines, strlen(spoken->lines)));
	wire.model->gap_work = work;
	wire_open(&wire);
	say_all(&wire, spoken, 0, handshake);
	wire.next[0] += bytes;
	say_all(&wire, spoken, handshake, spoken->n_chunks);
	wire_end(&wire);
	const struct session *session = wire_session(&wire, 1);
	session_decryption(wire.model, session, &decryption);
	bool found = session->tls.opened_data[0] == 1;
	assert_int_equal(session->tls.lost_to_gaps[0], found ? records : 0);
	assert_int_equal(decryption.state, found ? DECRYPTION_DECRYPTED : DECRYPTION_GAP);
	if (!found)
		assert_non_null(strstr(decryption.detail, "behind the gap at packet 10"));
	assert_int_equal(session->tls.refused[0], 0);
	*left = wire.model->gap_work;
	wire_free(&wire);
	free(spoken);
	return found;
}

/* As many as the bytes can hold, and one. */
static void as_many_as_fit(void **state)
{
	(void)state;
	const struct way way = aes_gcm();
	const uint32_t least = 5 + 8 + 16;
	uint64_t left;
	assert_true(found_behind(&way, 100, 100 * least, LIMIT_GAP_WORK_ALL, &left));
	assert_true(found_behind(&way, 101, 100 * least, LIMIT_GAP_WORK_ALL, &left));
	assert_false(found_behind(&way, 102, 100 * least, LIMIT_GAP_WORK_ALL, &left));
}

static void tries(void **state)
{
	(void)state;
	const struct way way = aes_gcm();
	uint64_t left;
	/* the account of a connection ends first: a record of 59 bytes and what a try costs */
	assert_true(found_behind(&way, 40000, 3000000, LIMIT_GAP_WORK_ALL, &left));
	assert_false(found_behind(&way, LIMIT_GAP_TRIES + 1, 3000000, LIMIT_GAP_WORK_ALL, &left));
	assert_true(LIMIT_GAP_WORK_ALL - left <= LIMIT_GAP_WORK + 4096 * GAP_WORK_EARNED);
	assert_true(LIMIT_GAP_WORK_ALL - left > LIMIT_GAP_WORK / 2);
}

/* Work of other connections leaves none for this one; what comes earns some. */
static void no_work_left(void **state)
{
	(void)state;
	const struct way way = aes_gcm();
	uint64_t left;
	assert_true(found_behind(&way, 3, 3 * 50, 0, &left));
	assert_false(found_behind(&way, 40000, 3000000, 0, &left));
	assert_true(left < LIMIT_GAP_WORK);
}

/* Damaged records in a row, and a healthy one: whether it is opened. The last damaged one may be a KeyUpdate. */
static bool found_behind_damage(unsigned damaged, bool update)
{
	static const uint8_t text[30] = {1}, request[TLS_HANDSHAKE_HEADER + 1] = {TLS_KEY_UPDATE, 0, 0, 1, 0};
	struct way way = {.version = TLS_1_3};
	struct sealer sealers[2];
	struct wire wire;
	uint8_t secret[SECRET_MAX], after[SECRET_MAX];
	assert_true(shape_of(0x1301, &way.shape));
	struct spoken *spoken = speak_handshake(&way, sealers);
	size_t n = (size_t)EVP_MD_get_size(way.shape.hash);
	put_sealed(spoken, &sealers[0], 0, TLS_APPLICATION_DATA, span_of(text, sizeof text));
	for (unsigned i = 0; i < damaged; i++) {
		bool is_update = update && i == damaged - 1;
		put_sealed(spoken, &sealers[0], 0, is_update ? TLS_HANDSHAKE : TLS_APPLICATION_DATA,
		           is_update ? span_of(request, sizeof request) : span_of(text, sizeof text));
		spoken->bytes[spoken->n - 1] ^= 1;
	}
	memset(secret, 0x23, sizeof secret); /* new_sealers: the client's of application data */
	expand(way.shape.hash, span_of(secret, n), "traffic upd", after, n);
	if (update)
		seal_with_13(&sealers[0], span_of(after, n));
	put_sealed(spoken, &sealers[0], 0, TLS_APPLICATION_DATA, span_of(text, sizeof text));
	wire_start(&wire, span_of(spoken->lines, strlen(spoken->lines)));
	wire_open(&wire);
	say_all(&wire, spoken, 0, spoken->n_chunks);
	wire_end(&wire);
	const struct session_tls *tls = &wire_session(&wire, 1)->tls;
	bool found = tls->opened_data[0] == 2;
	assert_int_equal(tls->opened_data[0], found ? 2 : 1);
	assert_int_equal(tls->refused[0] + tls->behind_gap[0], found ? damaged : damaged + 1);
	wire_free(&wire);
	free(spoken);
	return found;
}

static void damaged_in_a_row(void **state)
{
	(void)state;
	for (unsigned damaged = 1; damaged <= 3 * LIMIT_GAP_DOUBTS; damaged++) {
		assert_true(found_behind_damage(damaged, false));
		assert_int_equal(found_behind_damage(damaged, true), damaged <= LIMIT_GAP_DOUBTS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_many_as_fit),
	    cmocka_unit_test(tries),
	    cmocka_unit_test(no_work_left),
	    cmocka_unit_test(damaged_in_a_row),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	tls_crypto_unload(providers);
	return failed;
}
