/* What findings say of a trace alone: where it stopped, at which state, and that it was not the list. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/findings/findings.h"
#include "tests/expect.h"
#include "tests/tracerun.h"

#define STAMP(time, number)   "[03/02/26 09:15:0" time " UTC " number " 9822] "
#define STATE(number, values) STAMP("0.100", number) "SSL state = " values "\n"

#define BEGUN                                                                                                \
	STAMP("0.100", "a0")                                                                                 \
	"sslConnectionInit: SSL_new() conn ssl b2c41e70\n" STATE("a1", "0x6000; where = 0x10; ret = 0x1")
#define FLIGHT                                                                                               \
	STATE("a2", "0x2111; where = 0x2001; ret = 0x1")                                                     \
	STATE("a3", "0x2130; where = 0x2001; ret = 0x1")                                                     \
	STATE("a4", "0x2140; where = 0x2001; ret = 0x1")                                                     \
	STATE("a5", "0x2160; where = 0x2001; ret = 0x1")                                                     \
	STATE("a6", "0x2180; where = 0x2002; ret = 0xffffffff")

#define JUDGED                                                                                               \
	STAMP("0.400", "a7") "Certificate validation done for conn ssl b2c41e70, calling authlist\n"         \
	STAMP("0.400", "a8") "authlist authentication successful for conn ssl b2c41e70\n"                    \
	STATE("a9", "0x2182; where = 0x4008; ret = 0x22e")

/* The only finding: its summary, cause and evidence. */
static void finds(const char *text, const char *id, const char *summary, const char *cause, const char *lines)
{
	struct traced traced = trace_text(text);
	struct findings *findings = calloc(1, sizeof *findings);
	findings_of_session(traced.model, trace_nth(&traced, 1), findings);
	assert_int_equal(findings->n, 1);
	const struct finding *finding = &findings->list[0];
	assert_string_equal(finding->id, id);
	has(finding->summary, summary);
	has(finding->cause, cause);
	char cited[64] = "";
	for (uint32_t i = 0; i < finding->n_evidence; i++)
		snprintf(&cited[strlen(cited)], sizeof cited - strlen(cited), " %u",
		         (unsigned)finding->evidence[i].packet);
	assert_string_equal(cited, lines);
	free(findings);
	model_free(traced.model);
}

static void the_awaited_message(void **state)
{
	(void)state;
	finds(BEGUN FLIGHT STAMP("9.100", "a7") "freeing Nmsp conn ssl b2c41e70, conn id 0\n", "tls-stalled",
	      "the controller waited 9.0 s for the engine's certificate; freed by the controller", "",
	      " 6 7 8");
}

static void the_state_of_an_alert(void **state)
{
	(void)state;
	finds(BEGUN STATE("a2", "0x2111; where = 0x4008; ret = 0x228"), "tls-alert",
	      "the fatal alert handshake_failure(40) at state 0x2111.", "no cipher", " 3");
}

/* The list is not blamed for what it did not do. */
static void the_list_let_it_pass(void **state)
{
	(void)state;
	static const char judged[] = BEGUN FLIGHT JUDGED;
	finds(judged, "auth-rejected", "answered fatal certificate_unknown(46) at state 0x2182",
	      "The trace says that the AuthList let the certificate pass, so the reason is another.",
	      " 6 8 9 10");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_awaited_message),
	    cmocka_unit_test(the_state_of_an_alert),
	    cmocka_unit_test(the_list_let_it_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
