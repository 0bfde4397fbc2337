/*
 * Picks facts out of a JSON report on standard input, one a line, for the scripts that compare them.
 * Usage: report_facts steps | alerts | certificates | messages
 */
#include "dissect/names.h"

#include <jansson.h>
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

static void print_message(json_t *message)
{
	printf("%s %s %lld/%lld\n", json_string_value(json_object_get(message, "type")),
	    json_string_value(json_object_get(message, "direction")),
	    (long long)json_integer_value(json_object_get(message, "count")),
	    (long long)json_integer_value(json_object_get(message, "bytes")));
}

static const struct fact {
	const char *list; /* of a session's tls, or of the session itself */
	void (*print)(json_t *item);
} facts[] = {
    {"steps", print_step},
    {"alerts", print_alert},
    {"certificates", print_certificate},
    {"messages", print_message},
};

static const struct fact *find_fact(const char *list)
{
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		if (strcmp(facts[i].list, list) == 0)
			return &facts[i];
	return NULL;
}

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *report = json_loadf(stdin, 0, &error);
	const struct fact *fact = argc == 2 ? find_fact(argv[1]) : NULL;
	if (fact == NULL || report == NULL) {
		fprintf(stderr, "report_facts: %s\n", report == NULL ? error.text : "usage");
		return 2;
	}
	size_t i, j;
	json_t *session, *item;
	json_array_foreach (json_object_get(report, "sessions"), i, session) {
		json_t *list = json_object_get(session, fact->list);
		if (list == NULL)
			list = json_object_get(json_object_get(session, "tls"), fact->list);
		json_array_foreach (list, j, item)
			fact->print(item);
	}
	json_decref(report);
	return 0;
}
