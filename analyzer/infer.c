/*
 * Counts closed records by size, and follows which sizes of the engine are answered by which of the
 * controller; see infer.h. Called by the TLS layer. Decides nothing: infer_echo.c does.
 */
#include "analyzer/infer.h"

#include "analyzer/tls_suite.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define FIRST_ROOM     8
#define AT_ONCE        (50 * NS_PER_MS)
#define ANSWER_RECORDS 16 /* an answer is among so many records of the controller */

/* The first byte waits for the ACK of the other side where Nagle's algorithm is on: 0.2 s and more. */
#define FIRST_BYTE_PATIENCE (NS_PER_S / 2)

/* So many records that answer nothing, and more than twice as many as answer: not a response. */
#define HOPELESS 4

/* ---- sizes ---- */

struct infer_size infer_plaintext(const struct session_tls *tls, size_t length)
{
	const struct tls_suite *suite =
	    tls->server_hello && tls->compression == 0 ? tls_suite_find(tls->cipher) : NULL;
	struct infer_size size = {.least = (uint32_t)length, .most = (uint32_t)length};
	if (suite == NULL || !tls_suite_fits(suite, tls->version) ||
	    length < tls_suite_overhead_min(suite, tls->version))
		return size;
	size.most = (uint32_t)(length - tls_suite_overhead_min(suite, tls->version));
	size.least = size.most;
	size.kind = INFER_SIZE_EXACT;
	if (tls_suite_is_13(suite)) {
		size.kind = INFER_SIZE_BOUND;
		size.least = 0;
	} else if (suite->cipher->mode == TLS_MODE_CBC) {
		uint32_t fill = (uint32_t)suite->cipher->block_bytes - 1;
		size.kind = INFER_SIZE_RANGE;
		size.least = size.most < fill ? 0 : size.most - fill;
	}
	return size;
}

const char *infer_size_kind_name(enum infer_size_kind kind)
{
	static const char *const names[] = {[INFER_SIZE_PROTECTED] = "protected",
	                                    [INFER_SIZE_EXACT] = "exact",
	                                    [INFER_SIZE_BOUND] = "bound",
	                                    [INFER_SIZE_RANGE] = "range"};
	return names[kind];
}

static bool same_size(const struct infer_size *a, const struct infer_size *b)
{
	return a->kind == b->kind && a->least == b->least && a->most == b->most;
}

/* Index of the class, made when there is none; n_classes when there is no room for it. */
static uint32_t class_of(struct infer *infer, uint8_t dir, const struct infer_size *size,
                         const struct origin *at)
{
	for (uint32_t i = 0; i < infer->n_classes; i++)
		if (infer->classes[i].dir == dir && same_size(&infer->classes[i].size, size))
			return i;
	if (infer->n_classes == LIMIT_INFER_SIZES)
		return infer->n_classes;
	if (infer->n_classes == infer->room_classes) {
		infer->room_classes = infer->room_classes == 0 ? FIRST_ROOM : 2 * infer->room_classes;
		infer->classes = xrealloc(infer->classes, infer->room_classes * sizeof *infer->classes);
	}
	infer->classes[infer->n_classes] =
	    (struct infer_class){.size = *size, .dir = dir, .order = infer->came[dir], .first = *at};
	return infer->n_classes++;
}

/* ---- pairs ---- */

static bool is_hopeless(const struct infer_pair *pair)
{
	return pair->unasked >= HOPELESS && pair->unasked > 2 * pair->answered;
}

/* Of those with the fewest answers the one that was not heard of for the longest time. */
static bool leaves_before(const struct infer_pair *a, const struct infer_pair *b)
{
	if (is_hopeless(a) != is_hopeless(b))
		return is_hopeless(a);
	return a->answered != b->answered ? a->answered < b->answered : a->touched < b->touched;
}

static struct infer_pair *free_pair(struct infer *infer)
{
	if (infer->n_pairs == LIMIT_INFER_PAIRS) {
		struct infer_pair *least = &infer->pairs[0];
		for (uint32_t i = 1; i < infer->n_pairs; i++)
			if (leaves_before(&infer->pairs[i], least))
				least = &infer->pairs[i];
		free(least->beats);
		return least;
	}
	if (infer->n_pairs == infer->room_pairs) {
		infer->room_pairs = infer->room_pairs == 0 ? FIRST_ROOM : 2 * infer->room_pairs;
		infer->pairs = xrealloc(infer->pairs, infer->room_pairs * sizeof *infer->pairs);
	}
	return &infer->pairs[infer->n_pairs++];
}

static struct infer_pair *find_pair(struct infer *infer, uint32_t request, uint32_t response)
{
	for (uint32_t i = 0; i < infer->n_pairs; i++)
		if (infer->pairs[i].request == request && infer->pairs[i].response == response)
			return &infer->pairs[i];
	return NULL;
}

static void add_beat(struct infer_pair *pair, const struct infer_beat *beat)
{
	if (pair->n_beats == LIMIT_INFER_BEATS)
		infer_fold(pair);
	if (pair->n_beats == pair->room_beats) {
		pair->room_beats = pair->room_beats == 0 ? FIRST_ROOM : 2 * pair->room_beats;
		pair->beats = xrealloc(pair->beats, pair->room_beats * sizeof *pair->beats);
	}
	pair->beats[pair->n_beats++] = *beat;
}

static void give_up(struct infer_pair *pair)
{
	free(pair->beats);
	pair->beats = NULL;
	pair->n_beats = pair->room_beats = 0;
}

/* One that something else answered at once makes room: it was another message of the same size. */
static void wait_for_answer(struct infer_pair *pair, const struct origin *at)
{
	struct infer_waiting *last = pair->n_waiting > 0 ? &pair->waiting[pair->n_waiting - 1] : NULL;
	if (last != NULL && last->heard >= 0 && last->heard <= AT_ONCE)
		pair->n_waiting--;
	if (pair->n_waiting < INFER_WAITING)
		pair->waiting[pair->n_waiting++] = (struct infer_waiting){.at = *at, .heard = -1};
}

#define PACKET_MOST ((UINT32_C(1) << 29) - 1)

/* 0 when there is no room for it. */
static uint32_t kept_number(uint64_t packet)
{
	return packet <= PACKET_MOST ? (uint32_t)packet : 0;
}

static void pair_asked(struct infer_pair *pair, const struct origin *at)
{
	pair->last_request = *at;
	pair->lonely++;
	wait_for_answer(pair, at);
	if (is_hopeless(pair))
		give_up(pair);
	else
		add_beat(pair, &(struct infer_beat){.time = at->time,
		                                    .packet = kept_number(at->packet) & PACKET_MOST,
		                                    .delay = UINT32_MAX,
		                                    .asked = true});
}

/* UINT32_MAX is kept for none. */
static uint32_t microseconds(int64_t ns)
{
	int64_t us = ns < 0 ? 0 : ns / NS_PER_US;
	return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX - 1;
}

static void answer(struct infer_pair *pair, struct infer_beat *beat, const struct origin *at)
{
	beat->delay = microseconds(origin_elapsed(beat->time, at->time));
	pair->lonely = 0;
	pair->n_waiting = 0;
	pair->last_answer = *at;
}

static void pair_answered(struct infer_pair *pair, const struct origin *at)
{
	struct infer_beat *last = pair->n_beats > 0 ? &pair->beats[pair->n_beats - 1] : NULL;
	int64_t delay = last == NULL ? -1 : origin_elapsed(last->time, at->time);
	pair->last_response = *at;
	bool waits = last != NULL && last->asked && !last->answered && !last->late && delay >= 0;
	bool in_time = waits && delay < INFER_PATIENCE;
	if (waits) {
		last->answered = in_time;
		last->late = !in_time;
		answer(pair, last, at);
	}
	if (in_time) {
		pair->answered++;
		return;
	}
	pair->unasked++; /* a late one may be chance */
	if (is_hopeless(pair))
		give_up(pair);
	else if (!waits)
		add_beat(pair, &(struct infer_beat){
		                   .time = at->time, .packet = kept_number(at->packet) & PACKET_MOST, .answered = true});
}

/* A record of the engine was answered by one of this size for the first time. */
static void new_pair(struct infer *infer, const struct infer_asked *asked, uint32_t response)
{
	struct infer_pair *pair = free_pair(infer);
	const struct infer_class *request = &infer->classes[asked->class];
	*pair = (struct infer_pair){.request = asked->class, .response = response};
	pair_asked(pair, &request->last);
}

/* ---- records ---- */

/* A record of the engine; it may ask. */
static void take_request(struct infer *infer, uint32_t class, const struct origin *at)
{
	uint32_t i = 0;
	while (i < infer->n_asked && infer->asked[i].class != class)
		i++;
	if (i == infer->n_asked && i == INFER_ASKED)
		i = 0;
	else if (i == infer->n_asked)
		infer->n_asked++;
	memmove(&infer->asked[i], &infer->asked[i + 1], (infer->n_asked - 1 - i) * sizeof infer->asked[0]);
	infer->asked[infer->n_asked - 1] = (struct infer_asked){.class = class, .at = at->time};
	for (i = 0; i < infer->n_pairs; i++)
		if (infer->pairs[i].request == class) {
			infer->pairs[i].touched = infer->records;
			pair_asked(&infer->pairs[i], at);
		}
}

/* Anything that the controller says may be an answer to what waits. */
static void note_heard(struct infer_pair *pair, const struct origin *at)
{
	for (uint32_t i = 0; i < pair->n_waiting; i++)
		if (pair->waiting[i].heard < 0)
			pair->waiting[i].heard = origin_elapsed(pair->waiting[i].at.time, at->time);
	struct infer_beat *last = pair->n_beats > 0 ? &pair->beats[pair->n_beats - 1] : NULL;
	if (last != NULL && last->asked && !last->answered && last->delay == UINT32_MAX)
		last->delay = microseconds(origin_elapsed(last->time, at->time));
}

/* A record of the controller; it may answer. */
static void take_response(struct infer *infer, uint32_t class, const struct origin *at)
{
	for (uint32_t i = 0; i < infer->n_pairs; i++)
		note_heard(&infer->pairs[i], at);
	if (class == infer->n_classes)
		return;
	for (uint32_t i = 0; i < infer->n_asked; i++) {
		struct infer_asked *asked = &infer->asked[i];
		int64_t waited = origin_elapsed(asked->at, at->time);
		if (waited >= 0 && waited <= INFER_PATIENCE && asked->heard++ < ANSWER_RECORDS &&
		    find_pair(infer, asked->class, class) == NULL)
			new_pair(infer, asked, class);
	}
	for (uint32_t i = 0; i < infer->n_pairs; i++)
		if (infer->pairs[i].response == class) {
			infer->pairs[i].touched = infer->records;
			pair_answered(&infer->pairs[i], at);
		}
}

/*
 * TLS 1.0 splits a plaintext in front of its second byte, or begins with an empty record, so that nobody can
 * choose its IV (facts.md section 4): the shortest record there is, and the rest behind it.
 */
static bool is_first_byte(const struct session_tls *tls, const struct infer_size *size)
{
	return tls->version == TLS_1_0 && size->kind == INFER_SIZE_RANGE && size->least == 0;
}

/* The record goes on with the one before: both are one. False when it stands alone. */
static bool join(struct infer *infer, uint8_t dir, struct infer_size *size, const struct origin *at)
{
	struct infer_first_byte *first = &infer->first_byte[dir];
	int64_t waited = origin_elapsed(first->at, at->time);
	bool joined = first->waits && waited >= 0 && waited <= FIRST_BYTE_PATIENCE;
	first->waits = false;
	if (!joined)
		return false;
	size->most++;
	infer->came[dir]--;
	if (first->class < infer->n_classes)
		infer->classes[first->class].records--;
	else
		infer->other[dir]--;
	return true;
}

static uint32_t count(struct infer *infer, uint8_t dir, const struct infer_size *size,
                      const struct origin *at)
{
	infer->came[dir]++;
	uint32_t class = class_of(infer, dir, size, at);
	if (class == infer->n_classes) {
		infer->other[dir]++;
		return class;
	}
	infer->classes[class].records++;
	infer->classes[class].last = *at;
	return class;
}

static struct infer *infer_of(struct session *session)
{
	if (session->infer == NULL) {
		session->infer = xcalloc(1, sizeof *session->infer);
		session->infer->engine = session->controller ^ 1;
		session->infer->roles_known = session->controller_known;
	}
	return session->infer;
}

void infer_record(struct session *session, uint8_t dir, size_t length, const struct origin *at)
{
	const struct session_tls *tls = &session->tls;
	if (tls->opened[0] + tls->opened[1] > 0)
		return;
	struct infer *infer = infer_of(session);
	struct infer_size size = infer_plaintext(tls, length);
	bool first_byte = is_first_byte(tls, &size);
	infer->records++;
	first_byte = !join(infer, dir, &size, at) && first_byte;
	uint32_t class = count(infer, dir, &size, at);
	if (first_byte) {
		infer->first_byte[dir] =
		    (struct infer_first_byte){.waits = true, .class = class, .at = at->time};
		return;
	}
	if (!infer->roles_known)
		return;
	if (dir != infer->engine)
		take_response(infer, class, at);
	else if (class < infer->n_classes)
		take_request(infer, class, at);
}

/* ---- its life ---- */

void infer_free(struct infer *infer)
{
	if (infer == NULL)
		return;
	for (uint32_t i = 0; i < infer->n_pairs; i++)
		free(infer->pairs[i].beats);
	free(infer->pairs);
	free(infer->classes);
	free(infer);
}

void infer_forget(struct session *session)
{
	infer_free(session->infer);
	session->infer = NULL;
}

struct infer *infer_copy(const struct infer *infer)
{
	if (infer == NULL)
		return NULL;
	struct infer *copy = xmemdup(infer, sizeof *infer);
	if (infer->classes != NULL)
		copy->classes = xmemdup(infer->classes, infer->room_classes * sizeof *infer->classes);
	if (infer->pairs != NULL)
		copy->pairs = xmemdup(infer->pairs, infer->room_pairs * sizeof *infer->pairs);
	for (uint32_t i = 0; i < infer->n_pairs; i++)
		if (infer->pairs[i].beats != NULL)
			copy->pairs[i].beats =
			    xmemdup(infer->pairs[i].beats,
			            infer->pairs[i].room_beats * sizeof *infer->pairs[i].beats);
	return copy;
}

size_t infer_bytes(const struct infer *infer)
{
	if (infer == NULL)
		return 0;
	size_t bytes = sizeof *infer + infer->room_classes * sizeof *infer->classes +
	               infer->room_pairs * sizeof *infer->pairs;
	for (uint32_t i = 0; i < infer->n_pairs; i++)
		bytes += infer->pairs[i].room_beats * sizeof *infer->pairs[i].beats;
	return bytes;
}
