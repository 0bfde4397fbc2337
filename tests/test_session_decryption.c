/*
 * Why a session is decrypted or not, with its findings: whole captures with the right key log, a wrong one,
 * half of one, and with packets missing. Missing packets are never taken for wrong keys.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/keysample.h"

/* ---- key logs ---- */

static void right_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct sample sample;
		load(&sample, i);
		struct keyrun *run = judged(&sample, DECRYPTION_DECRYPTED, " application records");
		assert_null(strchr(run->decryption.detail, ';'));
		assert_int_equal(run->decryption.data, run->decryption.data_opened);
		assert_null(keyrun_finding(run, "keys-missing"));
		assert_null(keyrun_finding(run, "keys-wrong"));
		done(&sample, run);
	}
}

static void no_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct sample sample;
		char random[SESSION_RANDOM];
		load(&sample, i);
		sample.keys[0] = '\0';
		struct keyrun *run = judged(&sample, DECRYPTION_NO_KEY, "no TLS secret was given");
		const struct finding *finding = keyrun_finding(run, "keys-missing");
		assert_non_null(finding);
		assert_int_equal(finding->severity, SEVERITY_INFO);
		assert_string_equal(finding->advice[1] + finding->command[1],
		                    session_random(run->session, random));
		assert_int_equal(strlen(random), 64);
		assert_non_null(
		    strstr(finding->advice[0], i == TLS13 ? "SERVER_TRAFFIC_SECRET_0" : "CLIENT_RANDOM"));
		done(&sample, run);
	}
}

static void keys_that_are_none(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS12);
	snprintf(sample.keys, sizeof sample.keys, "no key\nCLIENT_RANDOM 00\n");
	done(&sample, judged(&sample, DECRYPTION_NO_KEY, "has no secret but 2 lines that cannot be understood: "));
}

static void keys_of_others(void **state)
{
	(void)state;
	struct sample sample, other;
	load(&sample, TLS12);
	load(&other, TLS13);
	struct keyrun *run = keyrun_new(&sample.recording, other.keys);
	says(run, DECRYPTION_NO_KEY, "has 4 secrets, none of this session: 28 encrypted records");
	const struct finding *finding = keyrun_finding(run, "keys-missing");
	assert_non_null(strstr(finding->summary, "has 4 secrets, none for this session"));
	done(&sample, run);
	recording_free(&other.recording);
}

static void wrong_keys(void **state)
{
	(void)state;
	static const char *const labels[SAMPLES] = {"CLIENT_RANDOM", "CLIENT_RANDOM", "_SECRET"};
	for (size_t i = 0; i < SAMPLES; i++) {
		struct sample sample;
		load(&sample, i);
		keyrun_damage(sample.keys, labels[i]);
		struct keyrun *run = judged(&sample, DECRYPTION_BAD_KEY, "records were refused");
		const struct finding *finding = keyrun_finding(run, "keys-wrong");
		assert_non_null(finding);
		assert_int_equal(finding->severity, SEVERITY_WARNING);
		assert_true(finding->n_evidence == 1 && finding->evidence[0].packet > 0);
		assert_null(keyrun_finding(run, "keys-missing"));
		assert_int_equal(run->messages, 0);
		done(&sample, run);
	}
}

/* The evidence is the first closed record of each side that has one. */
static void cites_closed(const struct keyrun *run, const struct finding *finding)
{
	const struct session_tls *tls = &run->session->tls;
	uint32_t n = 0;
	for (uint8_t dir = 0; dir < 2; dir++) {
		uint64_t packet = tls->first_closed[dir].packet;
		if (packet == 0)
			continue;
		bool cited = false;
		for (uint32_t i = 0; i < finding->n_evidence; i++)
			cited = cited || finding->evidence[i].packet == packet;
		assert_true(cited && packet >= tls->first_protected[dir].packet);
		n++;
	}
	assert_true(n > 0 && n == finding->n_evidence);
}

/* TLS 1.3: some of the four lines are there. */
static void some_lines(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS13);
	keyrun_without(sample.keys, "CLIENT_TRAFFIC_SECRET_0");
	keyrun_without(sample.keys, "SERVER_TRAFFIC_SECRET_0");
	struct keyrun *run =
	    judged(&sample, DECRYPTION_NO_KEY,
	           "secrets of the handshake only, and not CLIENT_TRAFFIC_SECRET_0, SERVER_TRAFFIC_SECRET_0");
	const struct finding *finding = keyrun_finding(run, "keys-missing");
	assert_non_null(strstr(finding->summary,
	    "lacks CLIENT_TRAFFIC_SECRET_0, SERVER_TRAFFIC_SECRET_0 of this session: "));
	assert_non_null(
	    strstr(finding->cause, "What the engine sends is closed from the end of its handshake on."));
	assert_null(strstr(finding->cause, "would show"));
	assert_non_null(strstr(finding->advice[0], "give the whole key log"));
	cites_closed(run, finding);
	done(&sample, run);
	load(&sample, TLS13);
	keyrun_without(sample.keys, "CLIENT_HANDSHAKE_TRAFFIC_SECRET");
	keyrun_without(sample.keys, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
	run = judged(&sample, DECRYPTION_DECRYPTED, "28 application records opened, 8 encrypted records closed; ");
	says(run, DECRYPTION_DECRYPTED,
	     "lacks CLIENT_HANDSHAKE_TRAFFIC_SECRET, SERVER_HANDSHAKE_TRAFFIC_SECRET");
	finding = keyrun_finding(run, "keys-missing");
	assert_non_null(strstr(finding->cause, "What the engine sends is closed from its first encrypted "
	                                       "handshake message to the end of its handshake."));
	cites_closed(run, finding);
	assert_int_equal(run->refused, 0);
	done(&sample, run);
	load(&sample, TLS13);
	keyrun_without(sample.keys, "SERVER_TRAFFIC_SECRET_0");
	run = judged(&sample, DECRYPTION_DECRYPTED, "the key log lacks SERVER_TRAFFIC_SECRET_0");
	says(run, DECRYPTION_DECRYPTED, "14 application records opened, ");
	finding = keyrun_finding(run, "keys-missing");
	assert_non_null(strstr(finding->cause, "The secrets of what the engine sends are there."));
	assert_non_null(
	    strstr(finding->cause, "What the controller sends is closed from the end of its handshake on."));
	assert_int_equal(finding->n_evidence, 1);
	cites_closed(run, finding);
	assert_int_equal(run->refused, 0);
	done(&sample, run);
	load(&sample, TLS13);
	keyrun_without(sample.keys, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
	keyrun_without(sample.keys, "SERVER_TRAFFIC_SECRET_0");
	run = judged(&sample, DECRYPTION_DECRYPTED, "14 application records opened, ");
	char verdict[VERDICT_TEXT];
	findings_verdict(run->model, run->session, &run->findings, verdict);
	assert_non_null(strstr(verdict, "14 NMSP messages and "));
	finding = keyrun_finding(run, "keys-missing");
	assert_non_null(strstr(finding->cause, "What the controller sends is closed from its first encrypted"));
	cites_closed(run, finding);
	done(&sample, run);
}

/* One damaged line of four: certain, because the handshake was opened. */
static void one_wrong_line(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS13);
	keyrun_damage(sample.keys, "CLIENT_TRAFFIC_SECRET_0");
	struct keyrun *run = judged(&sample, DECRYPTION_DECRYPTED, "records were refused");
	assert_non_null(keyrun_finding(run, "keys-wrong"));
	done(&sample, run);
}

/* A secret of another length than the suite's hash. */
static void short_secret(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS13);
	enum { CUT = 32 }; /* digits: a SHA-256 secret is left of a SHA-384 one */
	for (char *end = strchr(sample.keys, '\n'); end != NULL; end = strchr(end - CUT + 1, '\n'))
		memmove(end - CUT, end, strlen(end) + 1);
	struct keyrun *run = judged(&sample, DECRYPTION_BAD_KEY, "its length does not fit the suite");
	done(&sample, run);
}

/* ---- packets that are missing ---- */

static void check_not_wrong(const struct recording *recording, const char *keys, size_t packet)
{
	struct keyrun *run = keyrun_new(recording, keys);
	if (run->refused > 0 || run->decryption.state == DECRYPTION_BAD_KEY ||
	    keyrun_finding(run, "keys-wrong") != NULL)
		fail_msg("at packet %zu: %s: %s", packet, session_decryption_name(run->decryption.state),
		         run->decryption.detail);
	if (run->behind_gap > 0 && run->decryption.state == DECRYPTION_DECRYPTED)
		assert_non_null(strstr(run->decryption.detail, "the gap at packet "));
	keyrun_free(run);
}

static void any_packet_lost(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct sample sample;
		load(&sample, i);
		for (size_t at = 0; at < sample.recording.n; at++) {
			struct recording copy;
			recording_copy(&copy, &sample.recording);
			recording_remove(&copy, at);
			check_not_wrong(&copy, sample.keys, at + 1);
			if (at < copy.n) {
				recording_remove(&copy, at);
				check_not_wrong(&copy, sample.keys, at + 1);
			}
			recording_free(&copy);
		}
		recording_free(&sample.recording);
	}
}

static void any_start(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct sample sample;
		load(&sample, i);
		while (sample.recording.n > 1) {
			recording_remove(&sample.recording, 0);
			check_not_wrong(&sample.recording, sample.keys, 1);
		}
		recording_free(&sample.recording);
	}
}

/* All of the application's records behind the gap, none in front of it. */
static void only_behind_a_gap(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS12);
	recording_remove(&sample.recording, 11); /* the engine's first message ... */
	recording_remove(&sample.recording, 11); /* ... and the controller's */
	struct keyrun *run =
	    judged(&sample, DECRYPTION_DECRYPTED, "26 of 26 application records; 2 more records are lost to gaps");
	assert_null(keyrun_finding(run, "keys-missing"));
	done(&sample, run);
}

/* TLS 1.0 gives up one record behind each gap: what comes behind it is opened. */
static void gaps_of_cbc(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS10);
	recording_remove(&sample.recording, 20);
	done(&sample, judged(&sample, DECRYPTION_DECRYPTED, ": its IV is lost (CBC of TLS 1.0)"));
	load(&sample, TLS10);
	recording_remove(&sample.recording, 26);
	recording_remove(&sample.recording, 20);
	done(&sample, judged(&sample, DECRYPTION_DECRYPTED, " and later ones, one behind each: its IV is lost"));
}

static void joined_midway(void **state)
{
	(void)state;
	struct sample sample;
	keyrun_load("midway", &sample.recording, sample.keys);
	struct keyrun *run = judged(&sample, DECRYPTION_NOT_CAPTURED, "the hellos are not in the capture");
	assert_null(keyrun_finding(run, "keys-missing"));
	done(&sample, run);
}

/* ---- what no key opens ---- */

/* Changes the ServerHello at an offset from its session id's end: 0 is the suite, 2 the compression. */
static void patch_server_hello(struct sample *sample, size_t off, uint16_t value, size_t n)
{
	struct keyrun *run = keyrun_new(&sample->recording, sample->keys);
	const uint8_t *random = run->session->tls.server_random;
	for (size_t i = 0; i < sample->recording.n; i++) {
		struct recorded *p = &sample->recording.packets[i];
		size_t at = 0;
		while (at + TLS_RANDOM < p->n && memcmp(&p->bytes[at], random, TLS_RANDOM) != 0)
			at++;
		if (at + TLS_RANDOM >= p->n)
			continue;
		uint8_t *suite = &p->bytes[at + TLS_RANDOM + 1 + p->bytes[at + TLS_RANDOM]];
		for (size_t k = 0; k < n; k++)
			suite[off + k] = (uint8_t)(value >> 8 * (n - 1 - k));
	}
	keyrun_free(run);
}

static void unsupported(void **state)
{
	(void)state;
	static const struct {
		size_t off, n;
		uint16_t value;
		const char *says;
	} rows[] = {
	    {0, 2, 0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5 is not opened here"},
	    {0, 2, 0x0005, "TLS_RSA_WITH_RC4_128_SHA needs the cipher RC4, which the OpenSSL of this machine does "
	                   "not offer: its legacy provider is not loaded"},
	    {0, 2, 0x1302, "TLS_AES_256_GCM_SHA384 is no suite of TLSv1.2"},
	    {0, 2, 0xfff0, "suite 0xfff0 is not opened here"},
	    {2, 1, 1, "compressed (method 1, DEFLATE)"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sample sample;
		load(&sample, TLS12);
		patch_server_hello(&sample, rows[i].off, rows[i].value, rows[i].n);
		struct keyrun *run = judged(&sample, DECRYPTION_UNSUPPORTED_CIPHER, rows[i].says);
		assert_int_equal(run->opened + run->refused, 0);
		assert_null(keyrun_finding(run, "keys-missing"));
		assert_null(keyrun_finding(run, "keys-wrong"));
		done(&sample, run);
	}
}

static void ssl2_hello(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS12);
	struct keyrun *run = keyrun_new(&sample.recording, "");
	struct session session = *run->session;
	session.tls.ssl2_hello = true;
	session.tls.client_hello = false;
	session_decryption(run->model, &session, &run->decryption);
	says(run, DECRYPTION_UNSUPPORTED_CIPHER, "begin with an SSLv2-style hello are not opened here");
	done(&sample, run);
}

static void ssl3(void **state)
{
	(void)state;
	struct sample sample;
	load(&sample, TLS12);
	struct keyrun *run = keyrun_new(&sample.recording, "");
	struct session session = *run->session;
	session.tls.version = TLS_SSL3;
	session_decryption(run->model, &session, &run->decryption);
	says(run, DECRYPTION_UNSUPPORTED_CIPHER, "SSLv3 protects records in a way that is not opened here");
	done(&sample, run);
}

/* ---- nothing to open ---- */

static void never_encrypted(void **state)
{
	(void)state;
	static const char *const names[] = {"wrong-hash", "plaintext", "refused"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct recording recording;
		char path[64];
		snprintf(path, sizeof path, "samples/%s.pcapng", names[i]);
		recording_read(&recording, path);
		struct keyrun *run = keyrun_new(&recording, "");
		says(run, DECRYPTION_NONE, "");
		assert_string_equal(run->decryption.detail, "");
		assert_null(keyrun_finding(run, "keys-missing"));
		keyrun_free(run);
		recording_free(&recording);
	}
}

/* Which alert it is a key would tell; NMSP messages are none. */
static void an_alert_alone(void **state)
{
	(void)state;
	struct recording recording;
	recording_read(&recording, "samples/clock-behind.pcapng");
	struct keyrun *run = keyrun_new(&recording, "");
	assert_int_equal(run->session->tls.protected_records[0] + run->session->tls.protected_records[1], 0);
	says(run, DECRYPTION_NO_KEY, "no TLS secret was given: 1 encrypted alert stays closed");
	assert_null(keyrun_finding(run, "keys-missing"));
	keyrun_free(run);
	recording_free(&recording);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(right_keys),     cmocka_unit_test(no_keys),
	    cmocka_unit_test(keys_of_others), cmocka_unit_test(wrong_keys),
	    cmocka_unit_test(some_lines),     cmocka_unit_test(one_wrong_line),
	    cmocka_unit_test(short_secret),   cmocka_unit_test(any_packet_lost),
	    cmocka_unit_test(any_start),      cmocka_unit_test(only_behind_a_gap),
	    cmocka_unit_test(joined_midway),  cmocka_unit_test(unsupported),
	    cmocka_unit_test(ssl3),           cmocka_unit_test(an_alert_alone),
	    cmocka_unit_test(never_encrypted),
	    cmocka_unit_test(gaps_of_cbc),    cmocka_unit_test(keys_that_are_none),
	    cmocka_unit_test(ssl2_hello),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
