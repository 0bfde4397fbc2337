/*
 * Reads -o jsonl on standard input and prints, of each session and of the capture, what was told last: state,
 * verdict, decision, and the findings that are not resolved. `report` prints the same of a report of -o json,
 * so that tests/jsonl can compare them. Exit status 2 when a line is no JSON object, when time goes back, or
 * when the lines tell of a session before it came, after it was given up, or behind the end. Usage:
 * lines_facts lines | report
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool good, const char *what, json_t *line)
{
	if (good)
		return;
	char *shown = json_dumps(line, JSON_COMPACT);
	fprintf(stderr, "lines_facts: %s: %.300s\n", what, shown != NULL ? shown : "");
	exit(2);
}

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "null";
}

/* ---- what is compared ---- */

/* Of a session, or of the capture with number 0. */
static void print_facts(json_int_t id, json_t *facts)
{
	const char *name;
	json_t *finding;
	char *auth =
	    json_dumps(json_object_get(facts, "auth"), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	printf("%lld state %s\n%lld verdict %s\n%lld decision %s\n", (long long)id, text_of(facts, "state"),
	       (long long)id, text_of(facts, "verdict"), (long long)id, auth != NULL ? auth : "null");
	json_object_foreach(json_object_get(facts, "findings"), name, finding)
	    printf("%lld finding %s %s\n", (long long)id, name, text_of(finding, "severity"));
	free(auth);
}

static json_t *by_id(json_t *list)
{
	json_t *set = json_object(), *finding;
	size_t i;
	json_array_foreach(list, i, finding) json_object_set(set, text_of(finding, "id"), finding);
	return set;
}

/* ---- a report ---- */

static int print_report(void)
{
	json_error_t error;
	json_t *report = json_loadf(stdin, 0, &error), *session;
	size_t i;
	must(report != NULL, error.text, NULL);
	json_t *capture = json_pack("{s:o}", "findings", by_id(json_object_get(report, "findings")));
	print_facts(0, capture);
	json_array_foreach(json_object_get(report, "sessions"), i, session)
	{
		json_object_set_new(session, "findings", by_id(json_object_get(session, "findings")));
		print_facts(json_integer_value(json_object_get(session, "id")), session);
	}
	json_decref(capture);
	json_decref(report);
	return 0;
}

/* ---- lines ---- */

struct heard {
	json_t *sessions; /* by number: facts; "0" is the capture */
	char time[64];    /* of the line before */
	bool ended;
};

static void hear_finding(json_t *facts, json_t *line)
{
	json_t *finding = json_object_get(line, "finding"), *findings = json_object_get(facts, "findings");
	bool came = strcmp(text_of(line, "event"), "finding") == 0;
	must(finding != NULL, "no finding", line);
	must(came || json_object_get(findings, text_of(finding, "id")) != NULL, "resolved, and never told",
	     line);
	if (came)
		json_object_set(findings, text_of(finding, "id"), finding);
	else
		json_object_del(findings, text_of(finding, "id"));
}

/* What a line says of its session; other columns are not compared. */
static void hear_facts(json_t *facts, json_t *line)
{
	static const char *const keys[] = {"state", "verdict", "auth"};
	if (json_object_get(line, "finding") != NULL)
		hear_finding(facts, line);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (json_object_get(line, keys[i]) != NULL)
			json_object_set(facts, keys[i], json_object_get(line, keys[i]));
}

static void hear(struct heard *heard, json_t *line)
{
	const char *time = text_of(line, "time"), *event = text_of(line, "event");
	char id[24];
	must(!heard->ended, "behind the end", line);
	must(strcmp(time, heard->time) >= 0, "time goes back", line);
	snprintf(heard->time, sizeof heard->time, "%s", time);
	heard->ended = strcmp(event, "end") == 0;
	snprintf(id, sizeof id, "%lld", (long long)json_integer_value(json_object_get(line, "id")));
	json_t *facts = json_object_get(heard->sessions, id);
	if (strcmp(event, "session") == 0) {
		must(facts == NULL, "the session has come already", line);
		facts = json_pack("{s:{}}", "findings");
		json_object_set_new(heard->sessions, id, facts);
	}
	must(facts != NULL, "no such session", line);
	if (strcmp(event, "evicted") == 0)
		json_object_del(heard->sessions, id);
	else
		hear_facts(facts, line);
}

static int compare(const void *a, const void *b)
{
	long long x = atoll(*(const char *const *)a), y = atoll(*(const char *const *)b);
	return (x > y) - (x < y);
}

static void print_heard(json_t *sessions)
{
	size_t n = json_object_size(sessions), i = 0;
	const char **ids = calloc(n, sizeof *ids), *id;
	json_t *facts;
	json_object_foreach(sessions, id, facts) ids[i++] = id;
	qsort(ids, n, sizeof *ids, compare);
	for (i = 0; i < n; i++)
		print_facts(atoll(ids[i]), json_object_get(sessions, ids[i]));
	free(ids);
}

static int print_lines(void)
{
	struct heard heard = {.sessions = json_pack("{s:{s:{}}}", "0", "findings")};
	char *text = NULL;
	size_t room = 0;
	ssize_t n;
	while ((n = getline(&text, &room, stdin)) > 0) {
		json_t *line = json_loadb(text, (size_t)n, 0, NULL);
		must(json_is_object(line) && text[n - 1] == '\n', "no JSON object", line);
		hear(&heard, line);
		json_decref(line);
	}
	must(heard.ended, "no end", NULL);
	print_heard(heard.sessions);
	json_decref(heard.sessions);
	free(text);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "lines") == 0)
		return print_lines();
	if (argc == 2 && strcmp(argv[1], "report") == 0)
		return print_report();
	fprintf(stderr, "usage: lines_facts lines | report\n");
	return 2;
}
