/* Findings about what was offered, what is weak, dates that are near and clocks: firing, and quiet just
 * below. */
#include "tests/findings_check.h"

#include "analyzer/clocks.h"
#include "analyzer/pairs.h"

#define DAY (INT64_C(24) * 3600)

/* A ClientHello of this version with these suites. */
static void hello(struct test *test, uint16_t version, uint32_t suites)
{
	struct session_tls *tls = &test->f.session->tls;
	fixture_connect(&test->f);
	fixture_step(&test->f, STEP_CLIENT_HELLO, E);
	tls->offered_version = version;
	tls->n_offered = suites;
	for (uint32_t i = 0; i < suites && i < LIMIT_OFFERED; i++)
		tls->offered[i] = i % 2 == 0 ? 0x002f : 0xc030;
	test->f.session->tcp.first_data[E] = test->f.session->tcp.last_data[E] = test->f.session->steps[0].at;
}

/* ---- version --------------------------------------------------------------------------------------- */

static void version_by_alert(void **state)
{
	struct test *test = *state;
	hello(test, TLS_1_0, 1);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_PROTOCOL_VERSION);
	assert_string_equal(ids(test), "tls-version");
	assert_string_equal(test->verdict,
	                    "No TLS version in common: the engine offers at most TLSv1.0, and the "
	                    "controller answered fatal protocol_version(70) 1.0 ms after the "
	                    "engine's client_hello.");
	contains(test->findings.list[0].cause, "The engine is the older side");
	restart(test);
	hello(test, TLS_1_2, 1);
	fixture_step(&test->f, STEP_SERVER_HELLO, C);
	fixture_alert(&test->f, E, TLS_ALERT_FATAL, TLS_PROTOCOL_VERSION);
	assert_string_equal(ids(test), "tls-version");
	contains(test->verdict, "the controller chose TLSv1.2, and the engine answered fatal");
	restart(test);
	hello(test, TLS_1_2, 1);
	fixture_step(&test->f, STEP_SERVER_HELLO, C);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_PROTOCOL_VERSION);
	assert_string_equal(ids(test), "tls-alert");
}

/* All advice about versions in one text. */
static const char *advice(const struct test *test, char *text, size_t room)
{
	const struct finding *finding = &test->findings.list[0];
	size_t n = 0;
	assert_string_equal(finding->id, "tls-version");
	for (uint32_t i = 0; i < finding->n_advice; i++)
		n += (size_t)snprintf(&text[n], room - n, "%s; ", finding->advice[i]);
	return text;
}

/* DTLS is asked for in its own words. */
static void over_datagrams(void **state)
{
	struct test *test = *state;
	char text[1000];
	hello(test, TLS_1_1, 1);
	test->f.session->tls.datagram = true;
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_PROTOCOL_VERSION);
	ids(test);
	contains(advice(test, text, sizeof text), "take DTLS 1.2: openssl s_client -dtls1_2 -connect");
	contains(text, "or allow DTLS 1.2 in");
	restart(test);
	test->f.session->tls.version = TLS_1_1;
	test->f.session->tls.datagram = true;
	fixture_healthy(&test->f);
	ids(test);
	assert_string_equal(test->findings.list[0].summary, "Weak TLS: DTLSv1.0.");
	contains(test->findings.list[0].advice[0], "the side that has no DTLS 1.2: the one that");
}

/* Who is told to be updated, by what was offered, chosen and who refused. */
static void older_side(void **state)
{
	struct test *test = *state;
	static const struct {
		uint16_t offered, chosen;
		uint8_t refuses;
		const char *older;
	} cases[] = {
	    {TLS_1_0, 0, C, "engine"},           {TLS_1_1, 0, C, "engine"},
	    {TLS_1_3, 0, C, "controller"},       {TLS_1_2, 0, C, NULL},
	    {TLS_1_2, TLS_1_0, E, "controller"}, {TLS_1_3, TLS_1_1, E, "controller"},
	    {TLS_1_2, TLS_1_2, E, NULL},         {TLS_1_2, 0, E, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[1000], update[80];
		const char *older = cases[i].older;
		restart(test);
		hello(test, cases[i].offered, 1);
		if (cases[i].chosen != 0) {
			fixture_step(&test->f, STEP_SERVER_HELLO, C);
			test->f.session->tls.version = cases[i].chosen;
		}
		fixture_alert(&test->f, cases[i].refuses, TLS_ALERT_FATAL, TLS_PROTOCOL_VERSION);
		ids(test);
		advice(test, text, sizeof text);
		snprintf(update, sizeof update, "update the %s",
		         older != NULL ? older : "side that has only the older versions");
		contains(text, update);
		assert_int_equal(strstr(text, "show version") != NULL, older == NULL || *older == 'c');
		assert_int_equal(strstr(text, "cmxctl version") != NULL, older == NULL || *older == 'e');
		assert_int_equal(strstr(test->findings.list[0].cause, "is the older side") != NULL,
		                 older != NULL);
	}
}

/* Closed without a word: only behind an old hello, at once, by the server, and with everything captured. */
static void version_by_close(void **state)
{
	struct test *test = *state;
	static const struct {
		uint16_t version;
		uint8_t closer;
		int64_t seconds;
		const char *ids;
	} cases[] = {
	    {TLS_1_0, C, 0, "tls-version"}, {TLS_1_1, C, 4, "tls-version"}, {TLS_1_0, C, 6, "tls-stalled"},
	    {TLS_1_2, C, 0, "tls-stalled"}, {TLS_1_0, E, 0, "tls-stalled"}, {0, C, 0, "tls-stalled"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		restart(test);
		hello(test, cases[i].version, 1);
		fixture_wait(&test->f, cases[i].seconds * NS_PER_S);
		fixture_close(&test->f, CLOSE_FIN, cases[i].closer);
		assert_string_equal(ids(test), cases[i].ids);
	}
	restart(test);
	hello(test, TLS_1_0, 1);
	fixture_gap(&test->f, C, 7);
	fixture_close(&test->f, CLOSE_FIN, C);
	contains_not(ids(test), "tls-version");
}

static void sslv2_style_hello(void **state)
{
	struct test *test = *state;
	hello(test, TLS_SSL3, 0);
	test->f.session->tls.client_hello = false;
	test->f.session->tls.ssl2_hello = true;
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	assert_string_equal(ids(test), "tls-version");
	contains(test->verdict, "the engine offers SSLv3 in an SSLv2-style hello");
}

/* ---- ciphers --------------------------------------------------------------------------------------- */

static void no_shared_cipher(void **state)
{
	struct test *test = *state;
	hello(test, TLS_1_2, 2);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	assert_string_equal(ids(test), "tls-no-shared-cipher");
	contains(test->findings.list[0].cause,
	         "Offered: TLS_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384.");
	contains(test->findings.list[0].advice[0], "nmsp strong-cipher");
	restart(test);
	hello(test, TLS_1_2, 100);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_INSUFFICIENT_SECURITY);
	assert_string_equal(ids(test), "tls-no-shared-cipher");
	contains(test->findings.list[0].cause, " more. With nmsp");
	contains(test->findings.list[0].summary, "100 cipher suites");
}

static void not_about_ciphers(void **state)
{
	struct test *test = *state;
	hello(test, TLS_1_2, 2);
	fixture_step(&test->f, STEP_SERVER_HELLO, C);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	assert_string_equal(ids(test), "tls-alert");
	restart(test);
	hello(test, TLS_1_2, 2);
	fixture_alert(&test->f, E, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	assert_string_equal(ids(test), "tls-alert");
	restart(test);
	hello(test, TLS_1_2, 0); /* the hello could not be read */
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	assert_string_equal(ids(test), "tls-alert");
}

/* ---- weak ------------------------------------------------------------------------------------------ */

static void each_weakness(void **state)
{
	struct test *test = *state;
	static const struct {
		uint16_t version, cipher;
		const char *says; /* NULL: nothing */
	} cases[] = {
	    {TLS_1_2, 0xc030, NULL},
	    {TLS_1_2, 0x009e, NULL}, /* DHE with GCM */
	    {TLS_1_3, 0x1301, NULL},
	    {TLS_1_2, 0x5fff, NULL}, /* not registered */
	    {TLS_1_1, 0xc014, "Weak TLS: TLSv1.1."},
	    {TLS_1_0, 0x002f, "Weak TLS: TLSv1.0, static RSA key exchange."},
	    {TLS_SSL3, 0x0005, "Weak TLS: SSLv3, the RC4 cipher, static RSA key exchange."},
	    {TLS_1_2, 0xc012, "Weak TLS: the 3DES cipher."},
	    {TLS_1_2, 0x003b, "Weak TLS: no encryption at all, static RSA key exchange."},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		restart(test);
		test->f.session->tls.version = cases[i].version;
		fixture_healthy(&test->f);
		test->f.session->tls.cipher = cases[i].cipher;
		const char *found = ids(test); /* keys-missing behind it, where keys would help */
		assert_int_equal(strncmp(found, "tls-weak!", strlen("tls-weak!")) == 0,
		                 cases[i].says != NULL);
		if (cases[i].says != NULL)
			assert_string_equal(test->findings.list[0].summary, cases[i].says);
		contains(test->verdict, "Healthy: ");
	}
}

static void weak_certificates_and_signatures(void **state)
{
	struct test *test = *state;
	struct cert *cert = &test->f.certs[E];
	fixture_healthy(&test->f);
	cert->key_bits = 2048;
	strcpy(cert->key, "RSA 2048");
	strcpy(cert->signature, "sha256WithRSAEncryption");
	assert_string_equal(ids(test), "keys-missing?");
	cert->key_bits = 2047;
	assert_string_equal(ids(test), "tls-weak! keys-missing?");
	contains(test->findings.list[0].advice[0],
	         "give the engine a certificate of RSA 2048 or more with SHA-256");
	strcpy(cert->key, "EC P-256");
	cert->key_bits = 256;
	assert_string_equal(ids(test), "keys-missing?");
	strcpy(cert->signature, "ecdsa-with-SHA1");
	assert_string_equal(ids(test), "tls-weak! keys-missing?");
	strcpy(cert->signature, "ecdsa-with-SHA256");
	test->f.session->tls.signature[C] = 0x0401;
	assert_string_equal(ids(test), "keys-missing?");
	test->f.session->tls.signature[C] = 0x0201;
	assert_string_equal(ids(test), "tls-weak! keys-missing?");
	contains(test->findings.list[0].summary, "the signature of the controller (rsa_pkcs1_sha1)");
}

/* ---- dates and clocks ------------------------------------------------------------------------------ */

static void thirty_days(void **state)
{
	struct test *test = *state;
	fixture_healthy(&test->f);
	for (uint8_t side = 0; side < 2; side++) {
		int64_t at = test->f.session->certs[side].at.time / NS_PER_S;
		struct cert *cert = &test->f.certs[test->f.session->certs[side].dir];
		cert->not_after = at + 30 * DAY;
		assert_string_equal(ids(test), "keys-missing?");
		cert->not_after = at + 30 * DAY - 1;
		assert_string_equal(ids(test), "certificate-expires-soon! keys-missing?");
		contains(test->findings.list[0].summary,
		         test->f.session->certs[side].dir == E
		             ? "The engine's certificate expires 29 days"
		             : "The controller's certificate expires 29 days");
		cert->not_after = at - 1;
		assert_string_equal(ids(test), "certificate-expired! keys-missing?");
		cert->not_after = at + 300 * DAY;
	}
}

/* certificate_expired about a certificate that holds: only a self-signed one leaves no other reason. */
static void clock_of_the_judge(void **state)
{
	struct test *test = *state;
	fixture_connect(&test->f);
	fixture_handshake(&test->f, STEP_CHANGE_CIPHER_SPEC, E);
	fixture_alert(&test->f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_EXPIRED);
	assert_string_equal(ids(test), "auth-rejected");
	test->f.certs[E].self_signed = true;
	assert_string_equal(ids(test), "auth-rejected time-skew!");
	contains(test->findings.list[1].summary, "by the capture's clock it holds for another 100 days 0 h");
	test->f.certs[E].not_after = FIXTURE_START / NS_PER_S - 5;
	contains_not(ids(test), "time-skew");
	test->f.certs[E].not_after = FIXTURE_START / NS_PER_S + DAY;
	test->f.session->alerts[0].code = TLS_BAD_CERTIFICATE;
	contains_not(ids(test), "time-skew");
}

static void tell_time(struct test *test, uint8_t dir, int64_t offset)
{
	for (int64_t i = 0; i < CLOCKS_AGREE; i++) {
		struct origin at = {.time = FIXTURE_START + i * 60 * NS_PER_S,
		                    .packet = (1 + 2 * (uint64_t)i + dir) & ORIGIN_PACKET_MOST};
		clocks_add(test->f.model->clocks, &test->f.session->addr[dir], &at,
		           (uint32_t)(at.time / NS_PER_S + offset));
	}
}

static void controller_behind_the_engine(void **state)
{
	struct test *test = *state;
	static const struct {
		int64_t controller;
		bool fires;
	} cases[] = {{-250, true}, {-3, true}, {-2, false}, {0, false}, {5000, false}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		restart(test);
		fixture_healthy(&test->f);
		pairs_join(test->f.model->pairs, test->f.session);
		tell_time(test, C, cases[i].controller);
		assert_string_equal(capture_ids(test), ""); /* one clock alone says nothing */
		tell_time(test, E, 0);
		assert_string_equal(capture_ids(test), cases[i].fires ? "time-skew" : "");
		if (i == 0)
			contains(test->findings.list[0].summary,
			         "The controller's clock is 4 min 10 s behind the engine's");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(version_by_alert),  CASE(older_side),         CASE(over_datagrams),
	    CASE(version_by_close),  CASE(sslv2_style_hello),  CASE(no_shared_cipher),
	    CASE(not_about_ciphers), CASE(each_weakness),      CASE(weak_certificates_and_signatures),
	    CASE(thirty_days),       CASE(clock_of_the_judge), CASE(controller_behind_the_engine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
