/*
 * Sessions of 20 minutes as sizes and times of protected records, made from what is known of NMSP and not
 * from how it is looked for: facts.md sections 3 and 5. The truth is counted beside them: echoes whose record
 * is there. Included by tests after cmocka.
 */
#ifndef TESTS_INFERTALK_H
#define TESTS_INFERTALK_H

#include "analyzer/infer.h"
#include "analyzer/model.h"

#include <stdlib.h>
#include <string.h>

#define TALK_S       1e9
#define TALK_MINUTES 20
#define TALK_MOST    60000
#define TALK_START   INT64_C(1700000000000000000)

struct talk_suite {
	const char *name;
	uint16_t version, cipher;
	size_t nonce, mac; /* mac: or tag */
	bool cbc, split, inner_type;
};

static const struct talk_suite talk_suites[] = {
    {"TLS 1.2 GCM", TLS_1_2, 0xc030, 8, 16, false, false, false},
    {"TLS 1.0 CBC, 1/n-1", TLS_1_0, 0x002f, 0, 20, true, true, false},
    {"TLS 1.2 CBC", TLS_1_2, 0x003c, 16, 32, true, false, false},
    {"TLS 1.3", TLS_1_3, 0x1302, 0, 16, false, false, true},
};
#define TALK_SUITES (sizeof talk_suites / sizeof talk_suites[0])

struct talk_record {
	double at;
	uint8_t dir; /* 0 = the engine */
	size_t bytes;
	bool request, response; /* of an echo */
	uint32_t order;
	uint32_t id; /* of an echo, where a test counts them one by one */
};

struct talk {
	uint64_t seed;
	const struct talk_suite *suite;
	struct talk_record *records;
	uint32_t n;
	uint64_t requests, responses; /* echoes that are there */
};

static inline double talk_random(struct talk *talk) /* 0 to 1 */
{
	talk->seed += 0x9e3779b97f4a7c15;
	uint64_t z = talk->seed;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

static inline double talk_between(struct talk *talk, double a, double b)
{
	return a + (b - a) * talk_random(talk);
}

/* Waiting times without a clock. */
static inline double talk_wait(struct talk *talk, double mean)
{
	double sum = 0, u = talk_random(talk), term = 1 - u; /* -ln(1-x) = x + x^2/2 + ... */
	double x = u < 0.95 ? u : 0.95;
	(void)term;
	double power = x;
	for (int i = 1; i < 80; i++, power *= x)
		sum += power / i;
	return mean * sum;
}

static inline struct talk_record *talk_say(struct talk *talk, double at, uint8_t dir, double bytes)
{
	assert_true(talk->n < TALK_MOST);
	struct talk_record *record = &talk->records[talk->n];
	*record = (struct talk_record){.at = at, .dir = dir, .bytes = (size_t)bytes, .order = talk->n};
	talk->n++;
	return record;
}

static inline struct talk *talk_new(uint64_t seed, const struct talk_suite *suite)
{
	struct talk *talk = calloc(1, sizeof *talk);
	assert_non_null(talk);
	talk->seed = seed * 1000003;
	talk->suite = suite;
	talk->records = calloc(TALK_MOST, sizeof *talk->records);
	assert_non_null(talk->records);
	return talk;
}

static inline void talk_free(struct talk *talk)
{
	free(talk->records);
	free(talk);
}

/* Capabilities, subscription, the first questions: facts.md sections 1 and 3. */
static inline void talk_begin(struct talk *talk)
{
	double at = 0.1;
	talk_say(talk, at, 0, 45);
	talk_say(talk, at += 0.005, 1, 47);
	talk_say(talk, at += 0.1, 0, 77);
	talk_say(talk, at += 0.01, 1, 18);
	for (int i = 0; i < 2; i++) {
		talk_say(talk, at += talk_between(talk, 0.05, 0.4), 0, 19);
		talk_say(talk, at += 0.01, 1, talk_between(talk, 30, 60));
	}
	for (int i = 0; i < 4; i++) {
		talk_say(talk, at += talk_between(talk, 0.05, 0.4), 0, i < 2 ? 19 : 20);
		talk_say(talk, at += 0.01, 1, talk_between(talk, 34, 70));
	}
}

static inline void talk_notify(struct talk *talk, double every)
{
	double jitter = talk_random(talk) < 0.5 ? 0 : 0.1;
	for (double at = talk_between(talk, 2, 4); at < TALK_MINUTES * 60;
	     at += every * talk_between(talk, 1 - jitter, 1 + jitter))
		talk_say(talk, at, 1, 32 + 28 * (int)talk_between(talk, 1, 9));
}

/* Questions at any time, answered soon. */
static inline void talk_ask(struct talk *talk, double mean, double request, double least, double most)
{
	for (double at = 3 + talk_wait(talk, mean); at < TALK_MINUTES * 60; at += talk_wait(talk, mean)) {
		talk_say(talk, at, 0, request);
		talk_say(talk, at + talk_between(talk, 0.002, 0.03), 1, talk_between(talk, least, most));
	}
}

/* A question every so often with 20 % jitter: of each spacing, or around a clock. `echo`: the truth counts
 * it. */
static inline void talk_poll(struct talk *talk, double every, double request, double response, bool echo)
{
	bool clock = talk_random(talk) < 0.5;
	double round_trip = talk_between(talk, 0.001, 0.05), next = 2 + every * talk_random(talk);
	while (next < TALK_MINUTES * 60 - 1) {
		double at = clock ? next + every * talk_between(talk, -0.2, 0.2) : next;
		at = at < 1.5 ? 1.5 : at;
		talk_say(talk, at, 0, request)->request = echo;
		if (talk_random(talk) > 0.01) /* the controller was busy */
			talk_say(talk, at + round_trip * talk_between(talk, 1, 3), 1, response)->response =
			    echo;
		next += clock ? every : every * talk_between(talk, 0.8, 1.2);
	}
}

static inline int talk_compare(const void *a, const void *b)
{
	const struct talk_record *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* In order of time; some records are not in the capture. */
static inline void talk_order(struct talk *talk, double lost)
{
	uint32_t n = 0;
	qsort(talk->records, talk->n, sizeof *talk->records, talk_compare);
	for (uint32_t i = 0; i < talk->n; i++) {
		if (talk_random(talk) < lost)
			continue;
		talk->requests += talk->records[i].request;
		talk->responses += talk->records[i].response;
		talk->records[n++] = talk->records[i];
	}
	talk->n = n;
}

/* The length of the record that holds so much. */
static inline size_t talk_sealed(const struct talk_suite *suite, size_t bytes)
{
	if (!suite->cbc)
		return suite->nonce + bytes + suite->inner_type + suite->mac;
	return suite->nonce + (bytes + suite->mac) / 16 * 16 + 16;
}

static inline void talk_session(const struct talk *talk, struct session *session)
{
	*session = (struct session){.controller = 1, .controller_known = true};
	session->tls = (struct session_tls){.server_hello = true,
	                                    .client_hello = true,
	                                    .version = talk->suite->version,
	                                    .cipher = talk->suite->cipher};
}

/* What the capture shows, up to a time in seconds. */
static inline void talk_play(const struct talk *talk, struct session *session, double until)
{
	uint64_t packet = 20;
	for (uint32_t i = 0; i < talk->n && talk->records[i].at < until; i++) {
		const struct talk_record *record = &talk->records[i];
		struct origin at = origin_of(TALK_START + (int64_t)(record->at * TALK_S), ++packet, 0);
		size_t first = talk->suite->split ? 1 : 0;
		if (first > 0)
			infer_record(session, record->dir, talk_sealed(talk->suite, first), &at);
		infer_record(session, record->dir, talk_sealed(talk->suite, record->bytes - first), &at);
	}
}

#endif
