/*
 * A rejected session of a trace, the engine's own text and the controller's list: what `show
 * server-auth-info` looks like in a published page that was translated, wrapped or OCRed, and the fault of
 * the list as a finding.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/findings/findings.h"
#include "tests/expect.h"
#include "tests/tracerun.h"

#define MAC    "00:50:56:9c:34:89"
#define SHA1   "e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0"
#define SHA256 "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177"
#define OTHER  "740a0ccd0bed632c49c42451e8a3ce265e3f524a4b6f57f4763cb29891dde740"

#define WLC(mac, hash)                                                                                       \
	"username " mac " mac aaa attribute list A\naaa attribute list A\n attribute type password " hash "\n"
#define OURS  WLC("0050569c3489", SHA256)
#define TYPED WLC("0050569c3489", "6ab919e2Oafc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177")

static const char *const engines[] = {
    "cmd> show server-auth-info\nServer Auth Info\nMAC Address: " MAC "\nSHA1 Key Hash: " SHA1
    "\nSHA2 Key Hash: " SHA256 "\nCertificate Type: SSC\n",
    /* labels on lines of their own, hashes broken in two */
    "MAC-adres: " MAC "\nSHA1-toetshash:\ne0afbe2e2abeed5a2f9ffc75f059da6a\n1bf2bfa0\nSHA2-toetshash:\n"
    "6ab919e20afc103d025aaf210c2a9dda\n151af9403ef52e80a35ae1ecb6d3c177\nCertificaattype: SSC\n",
    /* the letter O for 0 */
    "MAC-adres: "
    "OO:5O:56:9c:34:89\nSHA1-toetshash:\neOafbe2e2abeed5a2f9ffc75f059da6a\n1bf2bfaO\nSHA2-toetshash:\n"
    "6ab919e2Oafc1O3d025aaf210c2a9dda\n151af9403ef52e80a35ae1ecb6d3c177\nCertificaattype: SSC\n",
    /* blank lines between the parts */
    "cmd> toon server-auth-info\n\nMAC-adres:\n" MAC "\n\nSHA1 sleutel hash:\ne0afbe2e2abeed5a2f9f\n\n"
    "fc75f059da6a1bf2bfa0\n\nSHA2 sleutel hash:\n6ab919e20afc103d025aaf210c2a9dda151af9403ef5\n\n"
    "2e80a35ae1ecb6d3c177\n\nType certificaat: SSC\n",
    /* blanks in front, CRLF */
    "    MAC-adres: " MAC "\r\n    SHA1-toetshash: e0afbe2e2abeed5a2f9ffc75f059da6a\r\n    1bf2bfa0\r\n"
    "    SHA2-toetshash: 6ab919e20afc103d025aaf210c2a9dda\r\n    151af9403ef52e80a35ae1ecb6d3c177\r\n",
    /* CR alone */
    "MAC-adres: " MAC "\rSHA1-toetshash:\r" SHA1 "\rSHA2-toetshash:\r" SHA256 "\r",
    /* capitals, dashes, l for 1 */
    "MAC Adres : 00-50-56-9C-34-89\nSHAl Sleutelhash : E0AFBE2E2ABEED5A2F9FFC75F059DA6A1BF2BFA0\n"
    "SHA2 Sleutelhash : 6AB919E20AFC103D025AAF210C2A9DDA151AF9403EF52E80A35AE1ECB6D3C177\n",
    /* labels wrapped, hashes in three parts */
    "MAC Address:  " MAC "\nSHA1 Key\nHash: e0afbe2e2abeed5a2f9ffc7\n5f059da6a1bf2bfa0\nSHA2 Key\n"
    "Hash: 6ab919e20afc103d025aaf210c2\na9dda151af9403ef52e80a35ae1ecb6\nd3c177\nCertificate\nType: SSC\n",
    /* l for 1 in the hashes */
    "MAC-adres: " MAC "\nSleutelhash SHA1: eOafbe2e2abeed5a2f9ffc75fO59da6albf2bfaO\n"
    "Sleutelhash SHA2: 6ab9l9e20afc103d025aaf210c2a9dda15laf9403ef52e80a35aelecb6d3c177\n",
    /* Cisco's own notation of the MAC address, the hash in groups */
    "MAC Address: 0050.569c.3489\nSHA2 Key Hash:\n6ab919e20afc103d025aaf210c2a9dda\n"
    "151af9403ef52e80a35ae1ecb6d3c177\nCertificate Type: SSC\n",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The findings of the sample's first session beside these two texts. */
static struct findings *judge(const char *sample, const char *engine, const char *wlc)
{
	struct findings *findings = calloc(1, sizeof *findings);
	struct traced traced = trace_sample(sample);
	authlist_parse(&traced.model->authlist, "mse.txt", span_of(engine, strlen(engine)));
	authlist_parse(&traced.model->authlist, "wlc.txt", span_of(wlc, strlen(wlc)));
	findings_of_session(traced.model, trace_nth(&traced, 1), findings);
	model_free(traced.model);
	return findings;
}

static const struct finding *find(const struct findings *findings, const char *id)
{
	for (size_t i = 0; i < findings->n; i++)
		if (strcmp(findings->list[i].id, id) == 0)
			return &findings->list[i];
	return NULL;
}

static void pages_of_engines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(engines); i++) {
		struct findings *findings = judge("samples/trace-failure.txt", engines[i], TYPED);
		const struct finding *fault = find(findings, "auth-damaged-entry");
		if (fault == NULL)
			fail_msg("not read: %s", engines[i]);
		has(fault->summary, "inferred");
		has(fault->summary, "MAC " MAC ", wlc.txt line 3");
		has(fault->cause, "digit 9 of the hash is the letter O");
		free(findings);
	}
}

static void faults_of_the_list(void **state)
{
	(void)state;
	static const struct {
		const char *wlc, *id;
	} rows[] = {
	    {TYPED, "auth-damaged-entry"},
	    {WLC("0050569c3489", OTHER), "auth-hash-mismatch"},
	    {WLC("0050569c3489", SHA1), "auth-hash-kind"},
	    {WLC("0050569c4177", SHA256), "auth-hash-other-mac"},
	    {WLC("0050569c4177", OTHER), "auth-mac-not-listed"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct findings *findings = judge("samples/trace-failure.txt", engines[1], rows[i].wlc);
		const struct finding *fault = find(findings, rows[i].id);
		if (fault == NULL || findings->n != 2 || find(findings, "auth-rejected") == NULL)
			fail_msg("no %s", rows[i].id);
		assert_int_equal(fault->severity, SEVERITY_ERROR);
		assert_true(fault->cure && fault->n_evidence > 0 && fault->evidence[0].line);
		has(fault->summary, "as inferred from the engine's own text (MAC " MAC);
		has(fault->advice[1], "aaa attribute list nmsp-0050569c3489");
		free(findings);
	}
}

/* The text may be another engine's, so where nobody was rejected for it, it is no fault. */
static void no_fault(void **state)
{
	(void)state;
	struct findings *findings =
	    judge("samples/trace-success.txt", engines[0], WLC("0050569c4177", OTHER));
	assert_int_equal(findings->n, 0);
	free(findings);
	findings = judge("samples/trace-failure.txt", engines[0], OURS);
	assert_int_equal(findings->n, 1);
	has(findings->list[0].cause, "By the engine's own text mse.txt");
	has(findings->list[0].cause, "The given list is not the one that this controller uses");
	free(findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pages_of_engines),
	    cmocka_unit_test(faults_of_the_list),
	    cmocka_unit_test(no_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
