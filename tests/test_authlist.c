/*
 * Allow lists: what is read of them, and every answer they give about a certificate.
 */
#include "tests/authlist_rows.h"

#include "dissect/limits.h"

#include <unistd.h>

#include "tests/opened.h"

/* An engine's certificate, one of the same key that names no MAC address, one of another key. */
static const char engine_pem[] = "-----BEGIN CERTIFICATE-----\n"
                                 "MIIBpjCCAUugAwIBAgIUIIxbO0F1HqRaPVVl91YaI71JkoYwCgYIKoZIzj0EAwIw\n"
                                 "KzEOMAwGA1UECgwFQ2lzY28xGTAXBgNVBAMMEGNteC0wMDUwNTY5YzM0ODkwHhcN\n"
                                 "MjYxMTIyMTY1MzAyWhcNMzYxMTE5MTY1MzAyWjArMQ4wDAYDVQQKDAVDaXNjbzEZ\n"
                                 "MBcGA1UEAwwQY214LTAwNTA1NjljMzQ4OTBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
                                 "A0IABJYVGW+ilCTF4czYjfwM1CsmTU2psDGSyr3ivIwYrrTG8oSDsjZ7T4j5758/\n"
                                 "qMP75RF+le6mfTLvFr/3QucIAdajTTBLMB0GA1UdDgQWBBSXgZDD0x1qiyc2OcZk\n"
                                 "qZqLHUvsrTAfBgNVHSMEGDAWgBSXgZDD0x1qiyc2OcZkqZqLHUvsrTAJBgNVHRME\n"
                                 "AjAAMAoGCCqGSM49BAMCA0kAMEYCIQDZuy3BbTqLzNgb7PJ8FVL+fUA4GQAqogTj\n"
                                 "ivW1DmN87gIhAOEGm0tJG2TgSwZzsFVowMaDOwD46GHSacxvf1seG238\n"
                                 "-----END CERTIFICATE-----\n";
static const char same_key_pem[] = "-----BEGIN CERTIFICATE-----\n"
                                   "MIIBEjCBuQIUE4ZvY7O+VLWTi2ZQH/J8TKdf1L8wCgYIKoZIzj0EAwIwDDEKMAgG\n"
                                   "A1UEAwwBZTAeFw0yNjExMjIxNjUzMDJaFw0zNjExMTkxNjUzMDJaMAwxCjAIBgNV\n"
                                   "BAMMAWUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASWFRlvopQkxeHM2I38DNQr\n"
                                   "Jk1NqbAxksq94ryMGK60xvKEg7I2e0+I+e+fP6jD++URfpXupn0y7xa/90LnCAHW\n"
                                   "MAoGCCqGSM49BAMCA0gAMEUCIQCE8u+3nyOfTCC4fisHFSBMLcRRaL5H+8Rxw4nO\n"
                                   "Bb/BagIgfwqbPvyKTJUFN7Eqj64a4YwwgnGLIh9hKSA3rAbwRsI=\n"
                                   "-----END CERTIFICATE-----\n";
static const char other_key_pem[] = "-----BEGIN CERTIFICATE-----\n"
                                    "MIIBJzCBzwIUMdJTHhMtWrn80/DAMOhndLjZ1KEwCgYIKoZIzj0EAwIwFzEVMBMG\n"
                                    "A1UEAwwMMDA1MDU2OWMzNDg5MB4XDTI2MTEyMjE2NTMwMloXDTM2MTExOTE2NTMw\n"
                                    "MlowFzEVMBMGA1UEAwwMMDA1MDU2OWMzNDg5MFkwEwYHKoZIzj0CAQYIKoZIzj0D\n"
                                    "AQcDQgAER8ZHlSjeA9wBtvLSCrS3829ttf2fjdTEkSq8vQStMQT/ZAPxOguUQwVk\n"
                                    "GGFPTjhY60OOPD20dUvdwvkMXVD5OTAKBggqhkjOPQQDAgNHADBEAiA9HO5m5q9v\n"
                                    "CevmdtTkPwqC8qQHnpdXDN5cLVx4xjE/2AIgRmn7KpIUjQeWSgPtisTPXlERRt0U\n"
                                    "e6qLwSui7vS/YAM=\n"
                                    "-----END CERTIFICATE-----\n";

static void answers(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {MAC " " SHA256, "match", CERT_SPKI_SHA256, 1, ""},
	    {"\n" SHA1 ";00:50:56:9C:34:89\n", "match", CERT_SPKI_SHA1, 2, ""},
	    {MAC " " PKCS1, "hash-kind", CERT_PKCS1_SHA256, 1,
	     "the entry holds the SHA-256 of the PKCS#1 public key; " NOT_COMPARED},
	    {MAC " " WHOLE, "hash-kind", CERT_DER_SHA1, 1,
	     "the entry holds the SHA-1 of the whole certificate; " NOT_COMPARED},
	    {IOS(MAC, WHOLE), "hash-kind", CERT_DER_SHA1, 3,
	     "the entry holds the SHA-1 of the whole certificate, 64 digits are wanted; " NOT_COMPARED},
	    {MAC " " PKCS1 "\n" MAC " " SHA256, "match", CERT_SPKI_SHA256, 2, ""},
	    {"00:50:56:9c:34:8a " WHOLE, "hash-other-mac", CERT_DER_SHA1, 1,
	     "the hash stands under 00:50:56:9c:34:8a, the certificate says 00:50:56:9c:34:89"},
	    {MAC " 2222222222222222222222222222222222222223", "damaged-entry", 0, 1,
	     "digit 40 of the hash is 3, the certificate has 2; it is nearly the SHA-1 of the whole "
	     "certificate"},
	    {"\xef\xbb\xbf" MAC " " SHA1, "match", CERT_SPKI_SHA1, 1, ""},
	    {IOS(MAC, SHA256), "match", CERT_SPKI_SHA256, 3, ""},
	    {IOS(MAC, SHA1), "hash-kind", CERT_SPKI_SHA1, 3,
	     "the entry holds the SHA-1 of the SubjectPublicKeyInfo, 64 digits are wanted"},
	    {IOS(MAC, OTHER2), "hash-mismatch", 0, 3, ""},
	    {IOS(MAC, "6ab919e"), "hash-mismatch", 0, 3, "the hash of the entry has 7 digits"},
	    {"the AAA server is down\n", "no-list", 0, 0, ""},
	    {"show auth-list\n", "mac-not-listed", 0, 0, "the controller's text list allows no engine"},
	    {"00:16:36:91:9a:27 MIC\n", "mac-not-listed", 0, 0,
	     "the controller's text list allows no engine"},
	    {"username " MAC " mac aaa attribute list missing\n", "mac-not-listed", 0, 0,
	     "the controller's text list allows no engine"},
	    {MAC " " OTHER1, "hash-mismatch", 0, 1, ""},
	    {"00:50:56:9c:34:8a " SHA1, "hash-other-mac", CERT_SPKI_SHA1, 1,
	     "the hash stands under 00:50:56:9c:34:8a, the certificate says 00:50:56:9c:34:89"},
	    {MAC " " SHA1 "77", "hash-mismatch", 0, 1, "the hash of the entry has 42 digits"},
	    {IOS(MAC, OTHER2) IOS(MAC, SHA256), "match", CERT_SPKI_SHA256, 6,
	     ""}, /* the last password counts */
	    {IOS(MAC, SHA256) "aaa attribute list cmx\n", "match", CERT_SPKI_SHA256, 3, ""},
	    {"00:50:56:9c:34:8a " OTHER1, "mac-not-listed", 0, 0, ""},
	    {"no list at all", "no-list", 0, 0, ""},
	    {"", "no-list", 0, 0, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_row(&rows[i], true);
}

static void first_in_order_wins(void **state)
{
	(void)state;
	static const char match[] = MAC " " SHA256 "\n";
	static const char *const lines[] = {/* each stands before the one above it in precedence */
	                                    "00:50:56:9c:34:8b " OTHER1 "\n",
	                                    "00:50:56:9c:34:8a " SHA1 "\n",
	                                    MAC " " OTHER1 "\n",
	                                    IOS(MAC, SHA1),
	                                    MAC " e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfaO\n",
	                                    match,
	                                    match};
	static const enum auth_prediction expected[] = {
	    AUTH_MAC_NOT_LISTED, AUTH_HASH_OTHER_MAC, AUTH_HASH_MISMATCH, AUTH_HASH_KIND,
	    AUTH_DAMAGED_ENTRY,  AUTH_MATCH,          AUTH_MATCH};
	struct fixture *f = start(true);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct auth_decision out;
		parse(f, "part", lines[i], strlen(lines[i]));
		authlist_decide(&f->list, &f->cert, 0, &out);
		assert_int_equal(out.prediction, expected[i]);
		if (out.entry != NULL)
			assert_int_equal(out.entry->file, i < 6 ? i : 5); /* of two alike the first */
	}
	end(f);
}

static void without_a_mac(void **state)
{
	(void)state;
	static const char unread[] = "the MAC address could not be read from the certificate";
	static const char alone[] =
	    "the MAC address could not be read from the certificate: this rests on the hash alone";
	const struct row rows[] = {
	    {"00:50:56:9c:34:8a " SHA256, "match", CERT_SPKI_SHA256, 1, alone},
	    {MAC " " OTHER1 "\n" MAC " " SHA1, "match", CERT_SPKI_SHA1, 2, alone},
	    {MAC " " OTHER1, "hash-mismatch", 0, 1, unread},
	    {MAC " " OTHER1 "\n" MAC " " OTHER2, "mac-not-listed", 0, 0, unread},
	    {"", "no-list", 0, 0, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_row(&rows[i], false);
}

static void keep_cert(void *ctx, struct span der, uint32_t line)
{
	struct fixture *f = ctx;
	const struct cert *cert = certs_take(f->certs, der);
	assert_int_equal(line, 1);
	assert_true(cert->valid);
	f->cert = *cert;
}

static void pem_entries(void **state)
{
	(void)state;
	const struct {
		const char *list, *cert, *answer;
	} rows[] = {
	    {engine_pem, engine_pem, "match"},
	    {same_key_pem, engine_pem, "match"},
	    {engine_pem, same_key_pem, "match"},
	    {other_key_pem, engine_pem, "hash-mismatch"},
	    {engine_pem, other_key_pem, "hash-mismatch"},
	    {same_key_pem, other_key_pem, "mac-not-listed"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture *f = start(true);
		struct auth_decision out;
		certs_from_pem(span_of(rows[i].cert, strlen(rows[i].cert)), keep_cert, f);
		parse(f, "cert.pem", rows[i].list, strlen(rows[i].list));
		assert_int_equal(f->list.n_entries, 1);
		assert_true(f->list.entries[0].pem);
		assert_true(f->list.files[0].speaks[AUTHLIST_PLAIN]);
		assert_int_equal(f->list.files[0].n_problems, 0);
		authlist_decide(&f->list, &f->cert, 0, &out);
		assert_string_equal(auth_prediction_name(out.prediction), rows[i].answer);
		if (out.prediction == AUTH_MATCH)
			assert_non_null(strstr(out.detail, "PEM certificate with the same key"));
		end(f);
	}
}

/* The list's name wrapped behind the user, and a user without a list in front of a list of others. */
static void ios_users_that_are_wrapped(void **state)
{
	(void)state;
	static const char list[] = "aaa attribute list one\n attribute type password " SHA256 "\n";
	static const struct {
		const char *lead;
		size_t entries;
	} cases[] = {
	    {"username " MAC " mac\n aaa attribute list one\n", 1},
	    {"username " MAC " mac aaa attribute list one\n", 1},
	    {"username " MAC " mac\n", 0},
	    {"username " MAC " mac\n!\naaa attribute list one\n", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture *f = start(true);
		char text[512];
		int n = snprintf(text, sizeof text, "%s%s", cases[i].lead, list);
		parse(f, "wlc.cfg", text, (size_t)n);
		assert_int_equal(f->list.n_entries, cases[i].entries);
		end(f);
	}
}

static void ios_blocks_in_any_order(void **state)
{
	(void)state;
	static const char text[] = "hostname wlc\r\n"
	                           "WLC(config)#aaa attribute list second\r\n"
	                           " attribute type password " OTHER2 "\r\n"
	                           "username 0011.2233.4455 aaa attribute list first\r\n"
	                           "username " MAC " mac aaa attribute list second\r\n"
	                           "username 001122334466 mac aaa attribute list second\r\n"
	                           "!\r\n"
	                           "aaa attribute list first\r\n"
	                           " attribute type password " SHA256 "\r\n";
	static const char *const macs[] = {"001122334455", MAC, "001122334466"};
	static const char *const hashes[] = {SHA256, OTHER2, OTHER2};
	static const uint32_t lines[] = {9, 3, 3};
	struct fixture *f = start(true);
	parse(f, "wlc.cfg", text, strlen(text));
	assert_int_equal(f->list.n_entries, 3);
	assert_int_equal(f->list.files[0].entries, 3);
	assert_int_equal(f->list.files[0].n_problems, 0);
	assert_true(f->list.files[0].speaks[AUTHLIST_CONTROLLER]);
	assert_int_equal(f->list.files[0].entries_of[AUTHLIST_CONTROLLER], 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(f->list.entries[i].mac.text, macs[i]);
		assert_string_equal(f->list.entries[i].hash.text, hashes[i]);
		assert_int_equal(f->list.entries[i].line, lines[i]);
		assert_int_equal(f->list.entries[i].wants, 32);
	}
	end(f);
}

static void problems_are_noted(void **state)
{
	(void)state;
	static const char text[] =
	    " attribute type password " SHA256 "\n"                              /* 1 */
	    "username 001122334455 mac\n"                                        /* 2 */
	    "username 001122334455 mac aaa attribute list missing\n"             /* 3 */
	    "username 001122334455 mac aaa attribute list empty\n"               /* 4 */
	    "aaa attribute list empty\n"                                         /* 5 */
	    "SHA1 key hash " SHA1 "\n"                                           /* 6 */
	    "\n"                                                                 /* 7 */
	    "-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n" /* 8 */
	    "0050569c348 eOafbe2e2abe ed5a2f9ffc75f059da6a1bf2bfa0\n"            /* 11 */
	    "username 001122334455 mac aaa attribute list empty\n"               /* 12 */
	    " attribute type password " SHA256 "\n"                              /* 13 */
	    "00:50:56:9c:34:89\n"                                                /* 14 */
	    "mac-address 0011.2233.4455\n"; /* 15: the controller's own */
	static const struct {
		uint32_t line;
		const char *text;
	} expected[] = {
	    {1, "a password outside of any aaa attribute list"},
	    {6, "a hash without a MAC address beside it"},
	    {11, "the MAC address has 11 digits"},
	    {11, "a space stands inside the hash"},
	    {11, "digit 2 of the hash is \"O\", no hex digit"},
	    {13, "a password outside of any aaa attribute list"},
	    {14, "MAC address " MAC " has no hash beside it"},
	    {2, "username 001122334455 names no aaa attribute list"},
	    {3, "username 001122334455: aaa attribute list missing is not defined in this text"},
	    {4, "username 001122334455: aaa attribute list empty has no attribute type password"},
	    {12, "username 001122334455: aaa attribute list empty has no attribute type password"},
	    {8, "the PEM block holds no readable certificate"},
	};
	struct fixture *f = start(true);
	parse(f, "bad.cfg", text, strlen(text));
	assert_string_equal(f->list.files[0].name, "bad.cfg");
	assert_int_equal(f->list.files[0].n_problems, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < f->list.files[0].n_problems; i++) {
		assert_string_equal(f->list.files[0].problems[i].text, expected[i].text);
		assert_int_equal(f->list.files[0].problems[i].line, expected[i].line);
	}
	assert_int_equal(f->list.n_entries, 1);
	end(f);
}

static char *repeated(const char *line, size_t times)
{
	size_t n = strlen(line);
	char *text = malloc(n * times + 1);
	assert_non_null(text);
	for (size_t i = 0; i < times; i++)
		memcpy(&text[i * n], line, n);
	text[n * times] = 0;
	return text;
}

static void caps_hold(void **state)
{
	(void)state;
	struct fixture *f = start(true);
	char *text = repeated(MAC " " SHA1 "\n", LIMIT_LIST_ENTRIES + 3);
	struct auth_decision out;
	parse(f, "long", text, strlen(text));
	free(text);
	assert_int_equal(f->list.n_entries, LIMIT_LIST_ENTRIES);
	assert_int_equal(f->list.dropped, 3);
	parse(f, "pem", engine_pem, strlen(engine_pem));
	assert_int_equal(f->list.dropped, 4);
	authlist_decide(&f->list, &f->cert, 0, &out);
	assert_int_equal(out.prediction, AUTH_MATCH);
	text = repeated("username 001122334455\n", LIMIT_LIST_ENTRIES + 3);
	parse(f, "users", text, strlen(text));
	free(text);
	assert_int_equal(f->list.dropped, 7);
	assert_int_equal(f->list.files[2].n_problems, LIMIT_LIST_PROBLEMS);
	assert_non_null(strstr(f->list.files[2].problems[LIMIT_LIST_PROBLEMS - 1].text, "more problems"));
	assert_int_equal(f->list.files[2].problems[LIMIT_LIST_PROBLEMS - 1].line, 0);
	assert_true(f->list.files[2].problems_dropped > 1);
	end(f);
}

static void noise_of_any_size(void **state)
{
	(void)state;
	static const char letters[] = "0123456789abcdefol:-. \n";
	size_t n = LIMIT_LIST_BYTES + 1;
	char *text = malloc(n);
	assert_non_null(text);
	uint64_t seed = 1;
	struct fixture *f = start(true);
	for (unsigned round = 0; round < 3; round++) {
		struct auth_decision out;
		for (size_t i = 0; i < n; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			text[i] = round == 0   ? (char)(seed >> 56)
			          : round == 1 ? letters[(seed >> 33) % 23]
			                       : 'a';
		}
		authlist_parse(&f->list, "noise", span_of(text, n));
		authlist_decide(&f->list, &f->cert, 0, &out);
		assert_int_not_equal(out.prediction, AUTH_MATCH);
		assert_non_null(strstr(f->list.files[round].problems[0].text, "only the first"));
	}
	free(text);
	end(f);
}

static void files_are_read(void **state)
{
	(void)state;
	struct fixture *f = start(true);
	struct err err;
	char path[] = "/tmp/test_authlist-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, MAC " " SHA1 "\n", 54), 54);
	close(fd);
	assert_true(opened_authlist(&f->list, path, &err) == 0 && f->list.n_entries == 1);
	assert_string_equal(f->list.files[0].name, path);
	unlink(path);
	assert_int_equal(opened_authlist(&f->list, path, &err), -1);
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, "No such file"));
	assert_int_equal(opened_authlist(&f->list, "/tmp", &err), -1);
	assert_non_null(strstr(err.text, "directory"));
	assert_int_equal(f->list.n_files, 1);
	end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(first_in_order_wins),
	    cmocka_unit_test(without_a_mac),
	    cmocka_unit_test(pem_entries),
	    cmocka_unit_test(ios_blocks_in_any_order),
	    cmocka_unit_test(ios_users_that_are_wrapped),
	    cmocka_unit_test(problems_are_noted),
	    cmocka_unit_test(caps_hold),
	    cmocka_unit_test(noise_of_any_size),
	    cmocka_unit_test(files_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
