/*
 * Counts closed records by size, and follows which sizes of the engine are answered by which of the
 * controller; see infer.h. Called by the TLS layer. Decides nothing: infer_echo.c does.
 */
#include "analyzer/infer.h"

#include "analyzer/tls_suite.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define FIRST_ROOM     2 /* most sessions of many are short */
#define AT_ONCE        (50 * NS_PER_MS)
#define ANSWER_RECORDS 16 /* an answer is among so many records of the controller */

/* The first byte waits for the ACK of the other side where Nagle's algorithm is on: 0.2 s and more. */
#define FIRST_BYTE_PATIENCE (NS_PER_S / 2)

/* So many records that answer nothing, and more than twice as many as answer: not a response. */
#define HOPELESS 4

_Static_assert(LIMIT_INFER_PAIRS <= 32, "a pair is a bit of 32");
_Static_assert(LIMIT_INFER_SIZES < UINT8_MAX, "a class and 1 is a byte");

/* ---- sizes ---- */

/* `suite`: the one that was found last, or NULL. */
static const struct tls_suite *suite_of(const struct session_tls *tls, const struct tls_suite *suite)
{
	if (!tls->server_hello || tls->compression != 0)
		return NULL;
	return suite != NULL && suite->id == tls->cipher ? suite : tls_suite_find(tls->cipher);
}

static struct infer_size plaintext_of(const struct session_tls *tls, const struct tls_suite *suite,
                                      size_t length)
{
	struct infer_size size = {.least = (uint32_t)length, .most = (uint32_t)length};
	if (suite == NULL || !tls_suite_fits(suite, tls->version))
		return size;
	size_t overhead = tls_suite_overhead_min(suite, tls->version);
	if (length < overhead)
		return size;
	size.most = (uint32_t)(length - overhead);
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

struct infer_size infer_plaintext(const struct session_tls *tls, size_t length)
{
	return plaintext_of(tls, suite_of(tls, NULL), length);
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

/* Sizes of CBC differ by whole blocks, so all bits of a size count. */
static uint8_t *head_of(struct infer *infer, uint8_t dir, const struct infer_size *size)
{
	uint32_t key = (size->most << 1 | dir) * UINT32_C(0x9e3779b1); /* 2^32 by the golden ratio */
	return &infer->heads[key / (UINT32_MAX / INFER_HEADS + 1)];
}

/* Index of the class, made when there is none; n_classes when there is no room for it. */
static uint32_t class_of(struct infer *infer, uint8_t dir, const struct infer_size *size,
                         const struct origin *at)
{
	uint8_t *head = head_of(infer, dir, size);
	for (uint32_t i = *head; i > 0; i = infer->classes[i - 1].alike)
		if (infer->classes[i - 1].dir == dir && same_size(&infer->classes[i - 1].size, size))
			return i - 1;
	if (infer->n_classes == LIMIT_INFER_SIZES)
		return infer->n_classes;
	if (infer->n_classes == infer->room_classes) {
		infer->room_classes = infer->room_classes == 0 ? FIRST_ROOM : 2 * infer->room_classes;
		infer->classes = xrealloc(infer->classes, infer->room_classes * sizeof *infer->classes);
	}
	infer->classes[infer->n_classes] = (struct infer_class){
	    .size = *size, .dir = dir, .alike = *head, .order = infer->came[dir], .first = *at};
	*head = (uint8_t)(infer->n_classes + 1);
	return infer->n_classes++;
}

/* ---- pairs ---- */

static bool is_hopeless(const struct infer_pair *pair)
{
	return pair->unasked >= HOPELESS && pair->unasked > 2 * pair->answered;
}

static uint32_t bit(uint32_t pair)
{
	return UINT32_C(1) << pair;
}

/* The first of a set that is not empty, taken out of it. */
static uint32_t take_first(uint32_t *set)
{
	uint32_t first = (uint32_t)__builtin_ctz(*set);
	*set &= *set - 1;
	return first;
}

/*
 * The one to leave: of those that are hopeless, else of those that are made for this very record, else of all
 * the one with the fewest answers, of several the one that was not heard of for the longest time.
 */
static uint32_t least_pair(const struct infer *infer)
{
	uint32_t set = infer->hopeless != 0 ? infer->hopeless : infer->fresh;
	if (set == 0)
		set = UINT32_MAX >> (32 - infer->n_pairs);
	else if (set == infer->fresh)
		return take_first(&set); /* nothing is known of any of them */
	const uint64_t fewest = (set & infer->unanswered) != 0 ? 0 : 1;
	const struct infer_pair *least = NULL;
	for (uint32_t i = 0; i < infer->n_pairs && (least == NULL || least->answered > fewest); i++) {
		const struct infer_pair *pair = &infer->pairs[infer->order[i]];
		if ((set & bit(infer->order[i])) != 0 && (least == NULL || pair->answered < least->answered))
			least = pair;
	}
	return (uint32_t)(least - infer->pairs);
}

/* The pair was heard of. */
static void touch(struct infer *infer, uint32_t pair)
{
	uint8_t *at = memchr(infer->order, (int)pair, infer->n_pairs);
	const uint8_t *last = &infer->order[infer->n_pairs - 1];
	memmove(at, at + 1, (size_t)(last - at));
	infer->order[infer->n_pairs - 1] = (uint8_t)pair;
}

/* What remains of the pair is the room for its beats. */
static void empty_pair(struct infer *infer, uint32_t i)
{
	struct infer_pair *pair = &infer->pairs[i];
	infer->classes[pair->request].asks &= ~bit(i);
	infer->classes[pair->response].answers &= ~bit(i);
	infer->hopeless &= ~bit(i);
	infer->unanswered &= ~bit(i);
	if ((infer->fresh & bit(i)) == 0)
		*pair = (struct infer_pair){.beats = pair->beats, .room_beats = pair->room_beats};
}

static uint32_t free_pair(struct infer *infer)
{
	if (infer->n_pairs == LIMIT_INFER_PAIRS) {
		uint32_t least = least_pair(infer);
		empty_pair(infer, least);
		return least;
	}
	if (infer->n_pairs == infer->room_pairs) {
		infer->room_pairs = infer->room_pairs == 0 ? FIRST_ROOM : 2 * infer->room_pairs;
		infer->pairs = xrealloc(infer->pairs, infer->room_pairs * sizeof *infer->pairs);
	}
	infer->pairs[infer->n_pairs] = (struct infer_pair){0};
	infer->order[infer->n_pairs] = (uint8_t)infer->n_pairs;
	return infer->n_pairs++;
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

static void pair_asked(struct infer *infer, uint32_t i, const struct origin *at)
{
	struct infer_pair *pair = &infer->pairs[i];
	infer->unheard |= bit(i);
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

static void pair_answered(struct infer *infer, uint32_t i, const struct origin *at)
{
	struct infer_pair *pair = &infer->pairs[i];
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
	*(in_time ? &pair->answered : &pair->unasked) += 1; /* a late one may be chance */
	if (in_time)
		infer->unanswered &= ~bit(i);
	infer->hopeless &= ~bit(i);
	if (is_hopeless(pair))
		infer->hopeless |= bit(i);
	if (!in_time && is_hopeless(pair)) {
		give_up(pair);
	} else if (!waits) {
		add_beat(pair, &(struct infer_beat){
		                   .time = at->time, .packet = kept_number(at->packet) & PACKET_MOST, .answered = true});
	}
}

/*
 * A record of the engine was answered by one of this size for the first time. The next pair may take the room
 * of this one, so nothing is written into it yet.
 */
static void new_pair(struct infer *infer, uint32_t request, uint32_t response)
{
	uint32_t i = free_pair(infer);
	infer->pairs[i].request = request;
	infer->pairs[i].response = response;
	infer->fresh |= bit(i);
	infer->unanswered |= bit(i);
	infer->classes[request].asks |= bit(i);
	infer->classes[response].answers |= bit(i);
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
	for (uint32_t set = infer->classes[class].asks; set != 0;) {
		uint32_t pair = take_first(&set);
		touch(infer, pair);
		pair_asked(infer, pair, at);
	}
}

/* Anything that the controller says may be an answer to what waits. False when the clock went back, so that
 * it is none. */
static bool note_heard(struct infer_pair *pair, const struct origin *at)
{
	bool heard = true;
	for (uint32_t i = 0; i < pair->n_waiting; i++) {
		if (pair->waiting[i].heard < 0)
			pair->waiting[i].heard = origin_elapsed(pair->waiting[i].at.time, at->time);
		heard = heard && pair->waiting[i].heard >= 0;
	}
	struct infer_beat *last = pair->n_beats > 0 ? &pair->beats[pair->n_beats - 1] : NULL;
	if (last != NULL && last->asked && !last->answered && last->delay == UINT32_MAX)
		last->delay = microseconds(origin_elapsed(last->time, at->time));
	return heard;
}

static void note_all_heard(struct infer *infer, const struct origin *at)
{
	for (uint32_t set = infer->unheard; set != 0;) {
		uint32_t pair = take_first(&set);
		if (note_heard(&infer->pairs[pair], at))
			infer->unheard &= ~bit(pair);
	}
}

/* A record of the controller; it may answer. */
static void take_response(struct infer *infer, uint32_t class, const struct origin *at)
{
	note_all_heard(infer, at);
	if (class == infer->n_classes)
		return;
	for (uint32_t i = 0; i < infer->n_asked; i++) {
		struct infer_asked *asked = &infer->asked[i];
		int64_t waited = origin_elapsed(asked->at, at->time);
		if (waited >= 0 && waited <= INFER_PATIENCE && asked->heard++ < ANSWER_RECORDS &&
		    (infer->classes[asked->class].asks & infer->classes[class].answers) == 0)
			new_pair(infer, asked->class, class);
	}
	for (uint32_t set = infer->fresh; set != 0;) {
		uint32_t pair = take_first(&set);
		pair_asked(infer, pair, &infer->classes[infer->pairs[pair].request].last);
	}
	infer->fresh = 0;
	for (uint32_t set = infer->classes[class].answers; set != 0;) {
		uint32_t pair = take_first(&set);
		touch(infer, pair);
		pair_answered(infer, pair, at);
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
	infer->suite = suite_of(tls, infer->suite);
	struct infer_size size = plaintext_of(tls, infer->suite, length);
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
