/*
 * Texts of both sides against each other: every result with its sentence, the lines to paste, and the
 * findings.
 */
#include "analyzer/findings/findings.h"

#include "dissect/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* The published example, facts.md section 6. */
#define MAC    "0050569c3489"
#define SHA1   "e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0"
#define SHA256 "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177"
#define OTHER1 "9e4ddd8dfcdd8458ba7b273fc37284b31a384eb9"
#define OTHER2 "740a0ccd0bed632c49c42451e8a3ce265e3f524a4b6f57f4763cb29891dde740"

#define ENGINE                                                                                               \
	"show server-auth-info\nMAC Address: " MAC "\nSHA1 Key Hash: " SHA1 "\nSHA2 Key Hash: " SHA256 "\n"
#define IOS(hash)                                                                                            \
	"username " MAC " mac aaa attribute list A\naaa attribute list A\n attribute type password " hash "\n"
#define SENT(answer) ENGINE "| 10.10.30.10 | WLC | 17.3 | " answer " | INACTIVE |\n"

static struct model *model_of(const char *engine, const char *controller)
{
	struct model *model = model_new();
	authlist_parse(&model->authlist, "lab/mse.txt", span_of(engine, strlen(engine)));
	authlist_parse(&model->authlist, "lab/wlc.txt", span_of(controller, strlen(controller)));
	return model;
}

struct row {
	const char *engine, *controller, *result, *detail;
};

static const struct row rows[] = {
    {ENGINE, MAC " " SHA1, "match", ""},
    {ENGINE, IOS(SHA256), "match", ""},
    {ENGINE, "config auth-list add lbs-ssc " MAC " " SHA1, "match", ""},
    {ENGINE, IOS(SHA1), "hash-kind",
     "the entry holds the SHA-1 of the SubjectPublicKeyInfo, 64 digits are wanted"},
    {ENGINE, "config auth-list add lbs-ssc " MAC " " SHA256, "hash-kind",
     "the entry holds the SHA-256 of the SubjectPublicKeyInfo, 40 digits are wanted"},
    {SENT("Yes"), MAC " " SHA1, "hash-kind",
     "the entry holds the SHA-1 of the SubjectPublicKeyInfo, 64 digits are wanted"},
    {SENT("No"), MAC " " SHA1, "match", ""},
    {SENT("Yes") "| 10.10.30.11 | WLC | 8.0 | No | ACTIVE |\n", MAC " " SHA1, "match", ""},
    {ENGINE, IOS(OTHER2), "hash-mismatch", ""},
    {ENGINE, "0050569c4177 " SHA1, "hash-other-mac",
     "the hash stands under 00:50:56:9c:41:77, the engine says 00:50:56:9c:34:89"},
    {ENGINE, "0050569c4177 " OTHER1, "mac-not-listed", ""},
    {ENGINE, IOS("6ab919e2Oafc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177"), "damaged-entry",
     "digit 9 of the hash is the letter O, the engine has 0"},
    {ENGINE, MAC " 0eafbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", "damaged-entry",
     "digits 1 and 2 of the hash are swapped, the engine has e0"},
    {ENGINE, "0050569c348 " SHA1, "damaged-entry",
     "digit 12 of the MAC address is missing, the engine has 9 there"},
    /* the engine's text is the damaged one */
    {"MAC Address: OO5O569c3489\nSHA1 Key Hash: eOafbe2e2abeed5a2f9ffc75f059da6albf2bfaO\n", MAC " " SHA1,
     "match", ""},
    {"MAC Address: " MAC "\nSHA1 Key Hash: e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa\n", MAC " " SHA1,
     "damaged-entry", "the engine's own hash is damaged in line 2 of its text (39 digits)"},
    {"MAC Address: " MAC "\nSHA1 Key Hash: e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa\nSHA2 Key Hash: " SHA256
     "\n",
     MAC " " SHA256, "match", ""},
    {"MAC Address: 00:50:56:9c:34\nSHA1 Key Hash: " SHA1 "\n", MAC " " SHA1, "match",
     "the MAC address could not be read from the engine's text: this rests on the hash alone"},
    {ENGINE, "", "no-list", ""},
    {ENGINE, "hello", "no-list", ""},
    /* a controller's text that allows nobody */
    {ENGINE, "show auth-list\n00:16:36:91:9a:27  MIC\n", "mac-not-listed",
     "the controller's text wlc.txt allows no engine"},
    {ENGINE, "username " MAC " mac aaa attribute list A\n", "mac-not-listed",
     "the controller's text wlc.txt allows no engine"},
    {ENGINE, "(Cisco Controller) >show auth-list\n", "mac-not-listed",
     "the controller's text wlc.txt allows no engine"},
    /* cut by much, on either side */
    {ENGINE, IOS("6ab919e20afc103d025aaf210c2a9d"), "damaged-entry",
     "the hash is cut after digit 30, the engine has 64"},
    {"MAC Address: " MAC "\nSHA1 Key Hash: " SHA1 "\nSHA2 Key Hash: 6ab919e20afc103d025aaf210c2a9d\n",
     IOS(SHA256), "damaged-entry", "the engine's own hash is damaged in line 3 of its text (30 digits)"},
    {"MAC Address: " MAC "\nSHA1 Key Hash: " SHA1 "\n", IOS(SHA256), "hash-mismatch",
     "the engine gives no hash of 64 digits that could be compared"},
};

static void results(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct model *model = model_of(rows[i].engine, rows[i].controller);
		struct auth_decision out;
		assert_int_equal(model->authlist.n_engines, 1);
		authlist_compare(&model->authlist, &model->authlist.engines[0], AUTHLIST_ALL, &out);
		if (strcmp(auth_prediction_name(out.prediction), rows[i].result) != 0 ||
		    strcmp(out.detail, rows[i].detail) != 0)
			fail_msg("row %zu is %s: %s", i, auth_prediction_name(out.prediction), out.detail);
		model_free(model);
	}
}

/* Any but match is one error finding of the capture, with the lines to paste. */
static void findings(void **state)
{
	(void)state;
	struct findings *out = malloc(sizeof *out);
	assert_non_null(out);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct model *model = model_of(rows[i].engine, rows[i].controller);
		bool fault = strcmp(rows[i].result, "match") != 0 && strcmp(rows[i].result, "no-list") != 0;
		findings_of_capture(model, out);
		assert_int_equal(out->n, fault);
		if (fault) {
			const struct finding *finding = &out->list[0];
			assert_int_equal(finding->severity, SEVERITY_ERROR);
			assert_string_equal(&finding->id[strlen("auth-")], rows[i].result);
			assert_non_null(strstr(finding->summary, "mse.txt line "));
			assert_ptr_equal(finding->engine, &model->authlist.engines[0]);
			assert_true(strlen(finding->cause) < sizeof finding->cause - 1);
		}
		model_free(model);
	}
	free(out);
}

static void what_a_finding_says(void **state)
{
	(void)state;
	struct findings *out = malloc(sizeof *out);
	struct model *model =
	    model_of(ENGINE "MAC Address: 0050569c4177\nSHA1 Key Hash: " OTHER1 "\n", IOS(OTHER2));
	assert_non_null(out);
	findings_of_capture(model, out);
	assert_int_equal(out->n, 2);
	assert_string_equal(out->list[0].id, "auth-hash-mismatch");
	assert_string_equal(out->list[0].summary,
	                    "The AuthList has another key hash than the engine says of itself (MAC "
	                    "00:50:56:9c:34:89, mse.txt line 4, wlc.txt line 3).");
	assert_int_equal(out->list[0].n_advice, 7);
	assert_string_equal(out->list[0].advice[2], " attribute type password " SHA256);
	assert_string_equal(out->list[0].advice[3],
	                    "aaa authorization credential-download wcm_loc_serv_cert local");
	assert_string_equal(out->list[0].advice[4], "config auth-list add lbs-ssc 00:50:56:9c:34:89 " SHA1);
	assert_string_equal(out->list[0].advice[5],
	                    "config auth-list add sha256-lbs-ssc 00:50:56:9c:34:89 " SHA256);
	assert_non_null(strstr(out->list[0].advice[6], "synchronise again"));
	assert_string_equal(out->list[1].id, "auth-mac-not-listed");
	assert_int_equal(out->list[1].n_advice, 2); /* only its SHA-1 is known, so nothing for IOS-XE */
	assert_string_equal(out->list[1].advice[0], "config auth-list add lbs-ssc 00:50:56:9c:41:77 " OTHER1);
	model_free(model);
	free(out);
}

static const char *compared(const struct model *model, uint32_t one)
{
	struct auth_decision out;
	authlist_compare(&model->authlist, &model->authlist.engines[0], one, &out);
	return auth_prediction_name(out.prediction);
}

/* Two controllers' texts, and what stands in plain files: each says its own, and the good one hides nothing.
 */
static void several_lists(void **state)
{
	(void)state;
	static const char broken[] = IOS(OTHER2), plain[] = "0050569c4177 " OTHER1, own[] = MAC " " SHA256;
	struct findings *out = malloc(sizeof *out);
	struct model *model = model_of(ENGINE, IOS(SHA256));
	struct auth_decision all;
	assert_non_null(out);
	authlist_parse(&model->authlist, "lab/wlc-2.txt", span_of(broken, strlen(broken)));
	authlist_parse(&model->authlist, "lab/other.txt", span_of(plain, strlen(plain)));
	authlist_parse(&model->authlist, "lab/own.txt", span_of(own, strlen(own)));
	assert_int_equal(model->authlist.n_lists, 3);
	assert_int_equal(model->authlist.lists[2].files, 2);
	assert_string_equal(compared(model, 0), "match");
	assert_string_equal(compared(model, 1), "hash-mismatch");
	assert_string_equal(compared(model, 2), "match");
	authlist_compare(&model->authlist, &model->authlist.engines[0], AUTHLIST_ALL, &all);
	assert_int_equal(all.prediction, AUTH_MATCH);
	assert_true(all.disputed);
	assert_string_equal(all.detail,
	                    "the lists differ; wlc.txt has it; wlc-2.txt has another hash for its MAC; "
	                    "other.txt and the other plain texts has it");
	findings_of_capture(model, out);
	assert_int_equal(out->n, 1);
	assert_string_equal(out->list[0].id, "auth-hash-mismatch");
	assert_non_null(strstr(out->list[0].summary, "wlc-2.txt line 3"));
	model_free(model);
	free(out);
}

static void several_engines(void **state)
{
	(void)state;
	struct findings *out = malloc(sizeof *out);
	struct model *model =
	    model_of("MAC: 0050569c0001\nSHA1 Key: " SHA1 "\nMAC: 0050569c0002\nSHA1 Key: " OTHER1
	             "\nMAC: 0050569c0003\nSHA2 Key: " OTHER2 "\n",
	             MAC " " SHA256);
	assert_non_null(out);
	assert_int_equal(model->authlist.n_engines, 3);
	assert_null(authlist_only_engine(&model->authlist));
	findings_of_capture(model, out);
	assert_int_equal(out->n, 1);
	assert_non_null(strstr(out->list[0].cause, "The same of 2 further engines."));
	model_free(model);
	free(out);
}

/* A list of the cap's size answers many different questions without a walk. */
static void large_lists(void **state)
{
	(void)state;
	enum { LINE = 54, QUESTIONS = 2 * LIMIT_CERTIFICATES };
	char *text = malloc((size_t)LIMIT_LIST_ENTRIES * LINE + 1);
	struct certs *certs = certs_new();
	struct authlist list;
	struct auth_decision out;
	assert_non_null(text);
	for (unsigned i = 0; i < LIMIT_LIST_ENTRIES; i++)
		snprintf(&text[(size_t)i * LINE], LINE + 1, "0050%08x %040x\n", i, i);
	authlist_init(&list, certs);
	authlist_parse(&list, "large", span_of(text, (size_t)LIMIT_LIST_ENTRIES * LINE));
	assert_int_equal(list.n_entries, LIMIT_LIST_ENTRIES);
	for (unsigned i = 0; i < QUESTIONS; i++) {
		struct cert cert = {
		    .valid = true, .has_mac = true, .mac = {0, 0x50, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		cert.has_hash[CERT_SPKI_SHA1] = true;
		cert.hash[CERT_SPKI_SHA1][18] = (uint8_t)(i >> 8);
		cert.hash[CERT_SPKI_SHA1][19] = (uint8_t)i;
		authlist_decide(&list, &cert, 0, &out);
		assert_int_equal(out.prediction, AUTH_MATCH);
		assert_int_equal(out.entry->line, i + 1);
		cert.hash[CERT_SPKI_SHA1][0] = 0xee;
		cert.hash[CERT_SPKI_SHA1][1] = 0xee;
		authlist_decide(&list, &cert, 0, &out);
		assert_int_equal(out.prediction, AUTH_HASH_MISMATCH);
	}
	authlist_free(&list);
	certs_free(certs);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(results),
	    cmocka_unit_test(findings),
	    cmocka_unit_test(what_a_finding_says),
	    cmocka_unit_test(several_lists),
	    cmocka_unit_test(several_engines),
	    cmocka_unit_test(large_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
