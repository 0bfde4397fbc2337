/* Closed records by hand: sizes by suite, joined first bytes, limits, and the pairs that are no echo. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/infertalk.h"

static struct infer_size size_of(uint16_t version, uint16_t cipher, bool etm, size_t length)
{
	struct session_tls tls = {
	    .server_hello = true, .version = version, .cipher = cipher, .encrypt_then_mac = etm};
	return infer_plaintext(&tls, length);
}

static void assert_size(struct infer_size size, enum infer_size_kind kind, uint32_t least, uint32_t most)
{
	assert_int_equal(size.kind, kind);
	assert_int_equal(size.least, least);
	assert_int_equal(size.most, most);
}

static void test_sizes(void **state)
{
	(void)state;
	assert_size(size_of(TLS_1_2, 0xc030, false, 8 + 12 + 16), INFER_SIZE_EXACT, 12, 12);
	assert_size(size_of(TLS_1_2, 0xcca8, false, 12 + 16), INFER_SIZE_EXACT, 12, 12);
	assert_size(size_of(TLS_1_2, 0xc0a0, false, 8 + 12 + 8), INFER_SIZE_EXACT, 12, 12); /* CCM_8 */
	assert_size(size_of(TLS_1_3, 0x1302, false, 12 + 1 + 16), INFER_SIZE_BOUND, 0, 12);
	assert_size(size_of(TLS_1_0, 0x002f, false, 48), INFER_SIZE_RANGE, 12, 27);
	assert_size(size_of(TLS_1_0, 0x002f, false, 32), INFER_SIZE_RANGE, 0, 11);
	assert_size(size_of(TLS_1_2, 0x003c, false, 16 + 48), INFER_SIZE_RANGE, 0, 15);
	assert_size(size_of(TLS_1_2, 0x002f, true, 16 + 16 + 20), INFER_SIZE_RANGE, 0, 15);
	assert_size(size_of(TLS_1_2, 0x002f, true, 16 + 32 + 20), INFER_SIZE_RANGE, 16, 31);
	assert_size(size_of(TLS_1_2, 0x0005, false, 12 + 20), INFER_SIZE_EXACT, 12, 12); /* RC4 */
	assert_size(size_of(TLS_1_0, 0x000a, false, 40), INFER_SIZE_RANGE, 12, 19);      /* 3DES */
	assert_size(size_of(TLS_1_2, 0xeeee, false, 40), INFER_SIZE_PROTECTED, 40, 40);  /* no suite */
	assert_size(size_of(TLS_1_2, 0xc030, false, 20), INFER_SIZE_PROTECTED, 20, 20); /* shorter than any */
	struct session_tls headless = {.version = TLS_1_2, .cipher = 0xc030};
	assert_size(infer_plaintext(&headless, 36), INFER_SIZE_PROTECTED, 36, 36);
	struct session_tls compressed = {
	    .server_hello = true, .version = TLS_1_2, .cipher = 0xc030, .compression = 1};
	assert_size(infer_plaintext(&compressed, 36), INFER_SIZE_PROTECTED, 36, 36);
}

static void hear(struct session *session, uint8_t dir, size_t length, int64_t ms)
{
	static uint64_t packet;
	struct origin at = origin_of(TALK_START + ms * NS_PER_MS, ++packet, 0);
	infer_record(session, dir, length, &at);
}

static void hear_echo(struct session *session, int64_t ms)
{
	hear(session, 0, 36, ms);
	hear(session, 1, 36, ms + 3);
}

/* Every 15 s a request and its response of these sizes. */
static void hear_pairs(struct session *session, size_t request, size_t response)
{
	for (int64_t i = 0; i < 40; i++) {
		hear(session, 0, request, i * 15000);
		hear(session, 1, response, i * 15000 + 3);
	}
}

static uint64_t all_records(const struct infer *infer, uint8_t dir)
{
	uint64_t n = infer->other[dir];
	for (uint32_t i = 0; i < infer->n_classes; i++)
		n += infer->classes[i].dir == dir ? infer->classes[i].records : 0;
	return n;
}

/* A session of one suite, of which each test hears the records; forgotten behind it. */
static int begin(void **state, const struct talk_suite *suite)
{
	static struct session session;
	talk_session(&(struct talk){.suite = suite}, &session);
	*state = &session;
	return 0;
}

static int begin_gcm(void **state)
{
	return begin(state, &talk_suites[0]);
}

static int begin_cbc(void **state)
{
	return begin(state, &talk_suites[1]);
}

static int end(void **state)
{
	infer_forget(*state);
	return 0;
}

static struct infer_found find(const struct session *session)
{
	struct infer_found found;
	infer_find(session->infer, &found);
	return found;
}

static struct infer_rhythm find_echo(const struct session *session)
{
	struct infer_rhythm echo;
	assert_true(infer_echo(session->infer, &echo));
	return echo;
}

static void test_split_records_are_one(void **state)
{
	struct session *session = *state;
	hear(session, 0, 32, 0); /* one byte, or none */
	hear(session, 0, 64, 1);
	hear(session, 1, 32, 2);
	hear(session, 0, 32, 300);
	hear(session, 0, 64, 1000); /* too late to be the rest */
	const struct infer *infer = session->infer;
	assert_int_equal(all_records(infer, 0), 3);
	assert_int_equal(all_records(infer, 1), 1);
	assert_int_equal(infer->classes[1].records, 1);
	assert_int_equal(infer->classes[1].size.least, 28);
	assert_int_equal(infer->classes[1].size.most, 44);
	infer_forget(session);
	session->tls.version = TLS_1_1; /* no split there */
	hear(session, 0, 48, 0);
	hear(session, 0, 64, 1);
	assert_int_equal(all_records(session->infer, 0), 2);
}

static int64_t heard(const struct infer_pair *pair)
{
	int64_t request = pair->last_request.time, response = pair->last_response.time;
	return request > response ? request : response;
}

/* What tells which pair is to be left first is what the pairs themselves say. */
static void order_is_right(const struct infer *infer)
{
	uint32_t listed = 0, unanswered = 0;
	for (uint32_t i = 0; i < infer->n_pairs; i++) {
		listed |= UINT32_C(1) << infer->order[i];
		unanswered |= (uint32_t)(infer->pairs[i].answered == 0) << i;
		if (i > 0)
			assert_true(heard(&infer->pairs[infer->order[i - 1]]) <=
			            heard(&infer->pairs[infer->order[i]]));
	}
	assert_int_equal(listed, infer->n_pairs > 0 ? UINT32_MAX >> (32 - infer->n_pairs) : 0);
	assert_int_equal(infer->unanswered, unanswered);
}

/* Whatever comes, all records are counted, and no more is kept than the limits say. */
static void test_limits(void **state)
{
	struct session *session = *state;
	struct talk *talk = talk_new(1, &talk_suites[0]);
	uint64_t sent[2] = {0};
	for (uint32_t i = 0; i < 200000; i++) {
		uint8_t dir = talk_random(talk) < 0.5;
		hear(session, dir, (size_t)talk_between(talk, 24, i < 100000 ? 40 : 400), (int64_t)i * 7);
		sent[dir]++;
		if (i % 1000 == 0)
			order_is_right(session->infer);
	}
	const struct infer *infer = session->infer;
	assert_int_equal(infer->n_classes, LIMIT_INFER_SIZES);
	assert_true(infer->n_pairs <= LIMIT_INFER_PAIRS && infer->room_pairs <= LIMIT_INFER_PAIRS);
	for (uint32_t i = 0; i < infer->n_pairs; i++)
		assert_true(infer->pairs[i].room_beats <= LIMIT_INFER_BEATS);
	for (uint8_t dir = 0; dir < 2; dir++)
		assert_int_equal(all_records(infer, dir), sent[dir]);
	assert_true(infer_bytes(infer) < 128 * 1024);
	struct infer *copy = infer_copy(infer);
	assert_int_equal(infer_bytes(copy), infer_bytes(infer));
	infer_free(copy);
	talk_free(talk);
}

/* Counts stay right when most of the session is no longer kept one by one. */
static void test_days_of_echoes(void **state)
{
	struct session *session = *state;
	for (int64_t i = 0; i < 20000; i++) {
		hear(session, 0, 36, i * 15000);
		if (i % 100 != 50)
			hear(session, 1, 36, i * 15000 + 3);
		hear(session, 1, 90, i * 15000 + 4000);
	}
	struct infer_rhythm echo = find_echo(session);
	assert_int_equal(echo.requests, 20000);
	assert_int_equal(echo.responses, 19800);
	assert_int_equal(echo.missed, 200);
	assert_int_equal(echo.interval, 15 * NS_PER_S);
	assert_int_equal(echo.rtt_median, 3 * NS_PER_MS);
	assert_false(echo.at_least);
	struct infer_beat line[LIMIT_ECHO_LINE];
	uint32_t n = infer_line(&echo, line);
	assert_true(n > 50);
	assert_int_equal(line[n - 1].time, TALK_START + 19999 * 15 * NS_PER_S);
}

/* Neither pair is the smaller one: none is decided, both are told. */
static void test_undecided(void **state)
{
	struct session *session = *state;
	for (int64_t i = 0; i < 40; i++) {
		hear(session, 0, 24 + 12, i * 15000);
		hear(session, 1, 24 + 20, i * 15000 + 3);
		hear(session, 0, 24 + 16, i * 15000 + 5000);
		hear(session, 1, 24 + 14, i * 15000 + 5004);
	}
	struct infer_found found = find(session);
	assert_false(found.decided);
	assert_int_equal(found.n, 2);
}

/* A pair that asks and answers by a clock, but holds too much for an echo. */
static void test_too_large_for_an_echo(void **state)
{
	struct session *session = *state;
	hear_pairs(session, 24 + 30, 24 + 300);
	struct infer_found found = find(session);
	assert_false(found.decided);
	assert_int_equal(found.n, 1);
}

/* A loose clock that also asks again after two seconds now and then is none. */
static void test_too_early_too_often(void **state)
{
	struct session *session = *state;
	static const int64_t spacings[] = {11000, 15000, 19000};
	int64_t ms = 0;
	for (size_t i = 0; i < 80; ms += spacings[i++ % 3]) {
		hear_echo(session, ms);
		if (i % 8 == 7)
			hear_echo(session, ms + 2000);
	}
	struct infer_found found = find(session);
	assert_int_equal(found.n, 0);
}

/* A response in two records, each of a size of its own, is one exchange and no rival. */
static void test_response_in_two_records(void **state)
{
	struct session *session = *state;
	for (int64_t i = 0; i < 20; i++) {
		hear_echo(session, i * 15000);
		hear(session, 1, 44, i * 15000 + 4);
	}
	struct infer_found found = find(session);
	assert_true(found.decided);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.list[0].response->size.most, 12);
}

/* Among notifications of ever other sizes the first echo is counted as the last one; they take no room. */
static void test_rare_echoes_in_a_crowd(void **state)
{
	struct session *session = *state;
	struct talk *talk = talk_new(7, &talk_suites[0]);
	for (int64_t ms = 0; ms < 1200000; ms += 250) {
		if (ms % 60000 == 0)
			hear_echo(session, ms);
		hear(session, 1, (size_t)talk_between(talk, 60, 110), ms + 100);
	}
	struct infer_rhythm echo = find_echo(session);
	assert_int_equal(echo.requests, 20);
	assert_int_equal(echo.responses, 20);
	for (uint32_t i = 0; i < session->infer->n_pairs; i++)
		assert_true(&session->infer->pairs[i] == echo.pair || session->infer->pairs[i].n_beats < 16);
	talk_free(talk);
}

/* One request without an answer proves nothing. */
static void test_one_is_no_silence(void **state)
{
	struct session *session = *state;
	for (int64_t i = 0; i < 20; i++)
		hear_echo(session, i * 15000);
	hear(session, 0, 36, 20 * 15000);
	struct infer_rhythm echo = find_echo(session);
	assert_null(infer_silence(&echo, TALK_START + 400 * NS_PER_S));
	hear(session, 0, 36, 21 * 15000);
	echo = find_echo(session);
	assert_null(infer_silence(&echo, TALK_START + 340 * NS_PER_S));
	assert_non_null(infer_silence(&echo, TALK_START + 400 * NS_PER_S));
}

/* Which side asks must be known. */
static void test_unknown_roles(void **state)
{
	struct session *session = *state;
	session->controller_known = false;
	hear_pairs(session, 36, 36);
	struct infer_found found = find(session);
	assert_int_equal(found.n, 0);
	assert_int_equal(all_records(session->infer, 0), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test_setup_teardown(test_split_records_are_one, begin_cbc, end),
	    cmocka_unit_test_setup_teardown(test_limits, begin_gcm, end),
	    cmocka_unit_test_setup_teardown(test_days_of_echoes, begin_gcm, end),
	    cmocka_unit_test_setup_teardown(test_undecided, begin_gcm, end),
	    cmocka_unit_test_setup_teardown(test_too_large_for_an_echo, begin_gcm, end),
	    cmocka_unit_test_setup_teardown(test_too_early_too_often, begin_gcm, end),
	    cmocka_unit_test_setup_teardown(test_response_in_two_records, begin_gcm, end),
	    cmocka_unit_test_setup_teardown(test_rare_echoes_in_a_crowd, begin_gcm, end),
	    cmocka_unit_test_setup_teardown(test_one_is_no_silence, begin_gcm, end),
	    cmocka_unit_test_setup_teardown(test_unknown_roles, begin_gcm, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
