/*
 * Picks facts out of a JSON report on standard input, one a line: for the comparison with tshark, and of a
 * capture with its trace.
 * Usage: report_facts steps | alerts | certificates | trace
 */
#include "dissect/names.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static const struct name types[] = {
    {0, "hello_request"}, {1, "client_hello"}, {2, "server_hello"}, {2, "hello_retry_request"},
    {4, "new_session_ticket"}, {8, "encrypted_extensions"}, {11, "certificate"}, {12, "server_key_exchange"},
    {13, "certificate_request"}, {14, "server_hello_done"}, {15, "certificate_verify"},
    {16, "client_key_exchange"}, {20, "finished"}, {22, "certificate_status"}};

static void print_step(json_t *step)
{
	if (json_is_true(json_object_get(step, "encrypted")))
		return;
	const char *message = json_string_value(json_object_get(step, "message"));
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i].text, message) == 0)
			printf("%lld:%u\n", (long long)json_integer_value(json_object_get(step, "packet")), types[i].value);
}

static void print_alert(json_t *alert)
{
	if (json_is_true(json_object_get(alert, "encrypted")))
		return;
	const char *level = json_string_value(json_object_get(alert, "level"));
	printf("%lld:alert:%d:%lld\n", (long long)json_integer_value(json_object_get(alert, "packet")),
	    strcmp(level, "fatal") == 0 ? 2 : 1, (long long)json_integer_value(json_object_get(alert, "code")));
}

static void print_certificate(json_t *certificate)
{
	json_t *hashes = json_object_get(certificate, "hashes");
	puts(json_string_value(json_object_get(hashes, "cert_sha256")));
}

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "null";
}

/* What a trace can tell of a session: steps with a state, alerts, the decision. Times to the millisecond. */
static void print_traced(json_t *session)
{
	enum { MS = sizeof "2026-03-02T09:15:00.000" - 1 };
	json_t *tls = json_object_get(session, "tls"), *auth = json_object_get(session, "auth"), *item;
	bool inferred = json_is_true(json_object_get(auth, "observed_inferred")), any = false;
	size_t i;
	json_array_foreach (json_object_get(tls, "steps"), i, item) {
		if (json_is_null(json_object_get(item, "state")))
			continue;
		any = true;
		printf("%.*s %s %s %s\n", MS, text_of(item, "time"), text_of(item, "from"),
		    text_of(item, "message"), text_of(item, "state"));
	}
	if (!any)
		return;
	json_array_foreach (json_object_get(tls, "alerts"), i, item)
		if (!json_is_true(json_object_get(item, "encrypted")))
			printf("%.*s %s %s %lld\n", MS, text_of(item, "time"), text_of(item, "from"), text_of(item, "level"),
			    (long long)json_integer_value(json_object_get(item, "code")));
	printf("%s\n", inferred ? "none" : text_of(auth, "observed"));
}

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *report = json_loadf(stdin, 0, &error);
	if (argc != 2 || report == NULL) {
		fprintf(stderr, "report_facts: %s\n", report == NULL ? error.text : "usage");
		return 2;
	}
	size_t i, j;
	json_t *session, *item;
	json_array_foreach (json_object_get(report, "sessions"), i, session) {
		if (strcmp(argv[1], "trace") == 0) {
			print_traced(session);
			continue;
		}
		json_array_foreach (json_object_get(json_object_get(session, "tls"), argv[1]), j, item) {
			if (strcmp(argv[1], "steps") == 0)
				print_step(item);
			else if (strcmp(argv[1], "alerts") == 0)
				print_alert(item);
			else
				print_certificate(item);
		}
	}
	json_decref(report);
	return 0;
}
