/*
 * late_keys: seconds for 20,000 secrets that come one at a time, each for one of 20,000 connections that
 * wait, and beside them the seconds that the same secrets take without any connection.
 */
#include "tests/crowd.h"

#include <time.h>

enum { CONNECTIONS = 20000, HANDSHAKE = 12, LINE = 256 };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Negative when not every secret found its connection. */
static double secrets_one_at_a_time(struct crowd *crowd, bool waiting)
{
	struct model *model = model_new();
	model->keylog = keylog_new();
	model->keys_may_come = true;
	model_add_input(model, "crowd");
	struct analyze *analyze = analyze_new(model);
	for (uint32_t i = 0; i < CONNECTIONS && waiting; i++)
		crowd_play(crowd, analyze, i, 0, HANDSHAKE);
	static char lines[CONNECTIONS][LINE];
	size_t n[CONNECTIONS];
	for (uint32_t i = 0; i < CONNECTIONS; i++)
		n[i] = crowd_line(crowd, i, lines[i]);
	double start = now();
	for (uint32_t i = 0; i < CONNECTIONS; i++)
		analyze_secrets(analyze, span_of(lines[i], n[i]));
	double seconds = now() - start;
	bool all = model->n_sessions == (waiting ? CONNECTIONS : 0) && tls_holds_bytes(&model->waiting) == 0;
	analyze_free(analyze);
	model_free(model);
	return all ? seconds : -1;
}

int main(void)
{
	struct crowd crowd;
	if (!crowd_load(&crowd, "samples/accepted-tls12.pcapng")) {
		fputs("late_keys: the sample cannot be read\n", stderr);
		return 2;
	}
	double alone = secrets_one_at_a_time(&crowd, false), waited = secrets_one_at_a_time(&crowd, true);
	crowd_free(&crowd);
	if (alone < 0 || waited < 0) {
		fputs("late_keys: a secret did not find its connection\n", stderr);
		return 2;
	}
	printf("%.3f %.3f\n", waited, alone);
	return 0;
}
