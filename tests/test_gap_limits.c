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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_many_as_fit),
	    cmocka_unit_test(tries),
	    cmocka_unit_test(no_work_left),
	};
	struct tls_providers *providers = tls_crypto_load();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	tls_crypto_unload(providers);
	return failed;
}
