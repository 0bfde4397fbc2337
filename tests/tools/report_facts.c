/*
 * Picks facts out of a JSON report on standard input: one a line, for the scripts that compare them, or the
 * sessions without what another file changes, for tests/round-trip, or what a trace tells, for tests/as-trace, or
 * a line a session, for tests/lab and tests/other-stacks.
 * Usage: report_facts steps | alerts | certificates | messages | findings | sessions | trace | brief | offers |
 *     handshakes
 */
#include "dissect/names.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct name types[] = {
    {0, "hello_request"}, {1, "client_hello"}, {2, "server_hello"}, {2, "hello_retry_request"},
    {3, "hello_verify_request"},
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

static void print_finding(json_t *finding)
{
	puts(json_string_value(json_object_get(finding, "id")));
}

static const struct fact {
	const char *list; /* of a session's tls, or of the session itself */
	void (*print)(json_t *item);
} facts[] = {
    {"steps", print_step},
    {"alerts", print_alert},
    {"certificates", print_certificate},
    {"messages", print_message},
    {"findings", print_finding},
};

static const struct fact *find_fact(const char *list)
{
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		if (strcmp(facts[i].list, list) == 0)
			return &facts[i];
	return NULL;
}

/* "packet 7" and "packets 7, 9" lose their numbers. */
static void forget_numbers(json_t *text)
{
	char *copy = strdup(json_string_value(text)), *to = copy;
	bool behind = false;
	for (const char *from = copy; *from != '\0'; from++) {
		if (to - copy >= 7 && (memcmp(to - 7, "packet ", 7) == 0 || memcmp(to - 7, "ackets ", 7) == 0))
			behind = true;
		behind = behind && strchr("0123456789, ", *from) != NULL;
		if (!behind)
			*to++ = *from;
	}
	*to = '\0';
	json_string_set(text, copy);
	free(copy);
}

/* Numbers of packets and names of inputs. */
static void forget_places(json_t *value)
{
	if (json_is_string(value))
		forget_numbers(value);
	const char *key;
	size_t i;
	json_t *item;
	json_object_del(value, "packet");
	json_object_del(value, "input");
	json_object_foreach (value, key, item)
		forget_places(item);
	json_array_foreach (value, i, item)
		forget_places(item);
}

static int print_sessions(json_t *report)
{
	json_t *sessions = json_object_get(report, "sessions");
	forget_places(sessions);
	int result = json_dumpf(sessions, stdout, JSON_INDENT(1));
	json_decref(report);
	return result == 0 ? 0 : 2;
}

/* Findings stand in the report too: those of the capture. */
static int print_items(json_t *report, const struct fact *fact)
{
	size_t i, j;
	json_t *session, *item;
	json_array_foreach (json_object_get(report, fact->list), j, item)
		fact->print(item);
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

static long long count_messages(json_t *session, const char *direction)
{
	json_t *item;
	size_t i;
	long long sum = 0;
	json_array_foreach (json_object_get(session, "messages"), i, item)
		if (strcmp(text_of(item, "direction"), direction) == 0)
			sum += json_integer_value(json_object_get(item, "count"));
	return sum;
}

/* Engine, what became of it, echoes, messages out and in, what it was wrapped in. */
static void print_brief(json_t *session)
{
	json_t *tls = json_object_get(session, "tls"), *auth = json_object_get(session, "auth"), *item;
	json_t *echo = json_object_get(session, "echo");
	size_t i;
	printf("%s %s %s %s %s %s echo %lld/%lld out %lld in %lld", text_of(json_object_get(session, "engine"), "ip"),
	    text_of(tls, "version"), text_of(session, "state"), text_of(tls, "handshake"), text_of(auth, "observed"),
	    text_of(auth, "predicted"), (long long)json_integer_value(json_object_get(echo, "requests")),
	    (long long)json_integer_value(json_object_get(echo, "responses")), count_messages(session, "OUT"),
	    count_messages(session, "IN"));
	json_array_foreach (json_object_get(session, "encapsulation"), i, item)
		printf(" %s", json_string_value(item));
	putchar('\n');
}

static size_t count_of(json_t *object, const char *key)
{
	return json_array_size(json_object_get(object, key));
}

static bool holds(json_t *list, const char *text)
{
	size_t i;
	json_t *item;
	json_array_foreach (list, i, item)
		if (strcmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

/*
 * What the ClientHello and the certificate request of a session say, as counts of their lists; no signatures where
 * tshark adds those of another extension to them.
 */
static void print_offer(json_t *session)
{
	json_t *tls = json_object_get(session, "tls"), *hello = json_object_get(tls, "offered");
	json_t *request = json_object_get(tls, "certificate_request");
	json_t *extensions = json_object_get(hello, "extensions");
	bool alone = !holds(extensions, "delegated_credential") && !holds(extensions, "signature_algorithms_cert");
	if (count_of(hello, "ciphers") > 0)
		printf("hello %s %zu %zu %zu %zu\n", text_of(hello, "server_name"), count_of(hello, "extensions"),
		    count_of(hello, "groups"), alone ? count_of(hello, "signature_algorithms") : 0,
		    count_of(hello, "alpn"));
	if (!json_is_null(json_object_get(request, "authorities_total")))
		printf("request %zu %zu\n", count_of(request, "types"), count_of(request, "authorities"));
}

/* The subject of the first certificate of a side. */
static const char *subject_of(json_t *tls, const char *from)
{
	size_t i;
	json_t *certificate;
	json_array_foreach (json_object_get(tls, "certificates"), i, certificate)
		if (strcmp(text_of(certificate, "from"), from) == 0)
			return text_of(certificate, "subject");
	return "null";
}

/* What was agreed on, whether it can be read, and who is who. */
static void print_handshake(json_t *session)
{
	json_t *tls = json_object_get(session, "tls");
	printf("%s %s %s %s %s %s %s\n", text_of(tls, "version"), text_of(tls, "cipher"), text_of(tls, "handshake"),
	    text_of(tls, "client_certificate"), text_of(tls, "decryption"), subject_of(tls, "controller"),
	    subject_of(tls, "engine"));
}

static int print_each(json_t *report, void (*print)(json_t *session))
{
	json_t *session;
	size_t i;
	json_array_foreach (json_object_get(report, "sessions"), i, session)
		print(session);
	json_decref(report);
	return 0;
}

/* What is printed session by session. */
static const struct view {
	const char *name;
	void (*print)(json_t *session);
} views[] = {
    {"trace", print_traced},
    {"brief", print_brief},
    {"offers", print_offer},
    {"handshakes", print_handshake},
};

static const struct view *find_view(const char *name)
{
	for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
		if (strcmp(views[i].name, name) == 0)
			return &views[i];
	return NULL;
}

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *report = json_loadf(stdin, 0, &error);
	const char *what = argc == 2 ? argv[1] : "";
	const struct fact *fact = find_fact(what);
	const struct view *view = find_view(what);
	bool sessions = strcmp(what, "sessions") == 0;
	if (report == NULL || (fact == NULL && view == NULL && !sessions)) {
		fprintf(stderr, "report_facts: %s\n", report == NULL ? error.text : "usage");
		return 2;
	}
	if (view != NULL)
		return print_each(report, view->print);
	return sessions ? print_sessions(report) : print_items(report, fact);
}
