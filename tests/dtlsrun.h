/*
 * Runs of the DTLS samples for the tests of associations: read, analysed with the key log beside them or
 * without. Included after cmocka.
 */
#ifndef TESTS_DTLSRUN_H
#define TESTS_DTLSRUN_H

#include "analyzer/session_nmsp.h"
#include "tests/opened.h"
#include "tests/recording.h"

#include <stdio.h>

/* Where the payload of a datagram begins in its frame. */
enum {
	DTLSRUN_ETHERNET = 14,
	DTLSRUN_IP = 20,
	DTLSRUN_UDP = 8,
	DTLSRUN_PAYLOAD = DTLSRUN_ETHERNET + DTLSRUN_IP + DTLSRUN_UDP
};

static inline void dtlsrun_load(const char *name, struct recording *recording)
{
	char path[128];
	snprintf(path, sizeof path, "samples/%s.pcapng", name);
	recording_read(recording, path);
	assert_true(recording->n > 0);
}

static inline struct model *dtlsrun_analyzed(const struct recording *recording, const char *name, bool keys)
{
	struct model *model = model_new();
	char path[128];
	struct err err;
	snprintf(path, sizeof path, "samples/%s.keys", name);
	if (keys) {
		model->keylog = keylog_new();
		if (strcmp(name, "dtls-rejected") != 0)
			assert_int_equal(opened_keylog(model->keylog, path, &err), 0);
	}
	recording_analyze(recording, model);
	return model;
}

static inline uint64_t dtlsrun_messages(const struct session *session)
{
	return session->nmsp == NULL ? 0 : session->nmsp->messages[0] + session->nmsp->messages[1];
}

static inline bool dtlsrun_is_data(const struct recorded *packet)
{
	return packet->bytes[DTLSRUN_PAYLOAD] == TLS_APPLICATION_DATA;
}

#endif
