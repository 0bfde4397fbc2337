/*
 * Whole captures analysed with a key log that a test may change: samples, their keys as text, the judgement
 * and the ids of the findings. Included by tests of decryption after cmocka.
 */
#ifndef TESTS_KEYRUN_H
#define TESTS_KEYRUN_H

#include "analyzer/findings/findings.h"
#include "analyzer/session_nmsp.h"
#include "tests/recording.h"

#include <stdio.h>
#include <stdlib.h>

#define KEYRUN_PORT 16113
#define KEYRUN_KEYS 8192

struct keyrun {
	struct model *model;
	const struct session *session;
	struct session_decryption decryption;
	struct findings findings;
	uint64_t opened, refused, behind_gap, messages;
};

static inline void keyrun_load(const char *name, struct recording *recording, char keys[KEYRUN_KEYS])
{
	char path[128];
	snprintf(path, sizeof path, "samples/%s.pcapng", name);
	recording_read(recording, path);
	snprintf(path, sizeof path, "samples/%s.keys", name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	keys[fread(keys, 1, KEYRUN_KEYS - 1, file)] = '\0';
	fclose(file);
}

/* The one session of the recording. Free with keyrun_free. */
static inline struct keyrun *keyrun_new(const struct recording *recording, const char *keys)
{
	struct keyrun *run = calloc(1, sizeof *run);
	assert_non_null(run);
	run->model = model_new();
	run->model->keylog = keylog_new();
	keylog_parse(run->model->keylog, span_of(keys, strlen(keys)));
	recording_analyze(recording, run->model);
	run->session = run->model->first;
	assert_non_null(run->session);
	session_decryption(run->model, run->session, &run->decryption);
	findings_of_session(run->model, run->session, &run->findings);
	const struct session_tls *tls = &run->session->tls;
	run->opened = tls->opened[0] + tls->opened[1];
	run->refused = tls->refused[0] + tls->refused[1];
	run->behind_gap = tls->behind_gap[0] + tls->behind_gap[1];
	if (run->session->nmsp != NULL)
		run->messages = run->session->nmsp->messages[0] + run->session->nmsp->messages[1];
	return run;
}

static inline void keyrun_free(struct keyrun *run)
{
	model_free(run->model);
	free(run);
}

static inline const struct finding *keyrun_finding(const struct keyrun *run, const char *id)
{
	for (uint32_t i = 0; i < run->findings.n; i++)
		if (strcmp(run->findings.list[i].id, id) == 0)
			return &run->findings.list[i];
	return NULL;
}

/* The key log without the lines of a label. */
static inline void keyrun_without(char *keys, const char *label)
{
	char *line;
	while ((line = strstr(keys, label)) != NULL) {
		char *end = strchr(line, '\n');
		memmove(line, end + 1, strlen(end + 1) + 1);
	}
}

/* The last digit of every secret of this label is another one. */
static inline void keyrun_damage(char *keys, const char *label)
{
	for (char *line = strstr(keys, label); line != NULL; line = strstr(line + 1, label)) {
		char *end = strchr(line, '\n');
		end[-1] = end[-1] == '0' ? '1' : '0';
	}
}

#endif
