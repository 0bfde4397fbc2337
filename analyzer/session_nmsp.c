/*
 * Storage and meaning of a session's NMSP messages; see session_nmsp.h. Called by messages.c for each
 * message in order. Every array has its cap; the oldest kept messages make room for newer ones.
 */
#include "analyzer/session_nmsp.h"

#include "analyzer/redact_nmsp.h"

#include "analyzer/framing.h"
#include "analyzer/session.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define STATUS_ELEMENT "STATUS" /* a profile that names an element so says whether a request was granted */

struct session_nmsp *session_nmsp_of(struct session *session)
{
	if (session->nmsp == NULL) {
		session->nmsp = xcalloc(1, sizeof *session->nmsp);
		session->nmsp->session = session;
	}
	return session->nmsp;
}

/* Makes room for one more element; arrays double from 4. */
static void *grow(void *array, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room)
		return array;
	*room = *room > 0 ? *room * 2 : 4;
	return xrealloc(array, *room * size);
}

/* ---- kept messages ---- */

static void drop_oldest(struct model *model, struct session_nmsp *nmsp)
{
	struct nmsp_kept *kept = nmsp->oldest;
	size_t size = sizeof *kept + kept->n;
	nmsp->oldest = kept->next;
	if (nmsp->oldest == NULL)
		nmsp->newest = NULL;
	*(kept->older != NULL ? &kept->older->newer : &model->messages.oldest) = kept->newer;
	*(kept->newer != NULL ? &kept->newer->older : &model->messages.newest) = kept->older;
	nmsp->kept_bytes -= size;
	model->messages.bytes -= size;
	nmsp->n_kept--;
	nmsp->not_kept++;
	free(kept);
}

static void append(struct model *model, struct session_nmsp *nmsp, struct nmsp_kept *kept)
{
	*(nmsp->newest != NULL ? &nmsp->newest->next : &nmsp->oldest) = kept;
	nmsp->newest = kept;
	kept->older = model->messages.newest;
	*(kept->older != NULL ? &kept->older->newer : &model->messages.oldest) = kept;
	model->messages.newest = kept;
	nmsp->kept_bytes += sizeof *kept + kept->n;
	model->messages.bytes += sizeof *kept + kept->n;
	nmsp->n_kept++;
}

static void keep(struct model *model, struct session_nmsp *nmsp, const struct nmsp_seen *seen, uint32_t type,
                 bool malformed)
{
	size_t size = sizeof(struct nmsp_kept) + seen->bytes.n;
	if (size > LIMIT_MESSAGES_BYTES) {
		nmsp->not_kept++;
		return;
	}
	while (nmsp->kept_bytes + size > LIMIT_MESSAGES_BYTES)
		drop_oldest(model, nmsp);
	while (model->messages.bytes + size > LIMIT_MESSAGES_ALL)
		drop_oldest(model, model->messages.oldest->owner);
	struct nmsp_kept *kept = xmalloc(size);
	*kept = (struct nmsp_kept){.owner = nmsp,
	                           .at = seen->at,
	                           .type = type,
	                           .length = (uint32_t)seen->total,
	                           .n = (uint32_t)seen->bytes.n,
	                           .dir = seen->dir,
	                           .malformed = malformed,
	                           .damaged = seen->damaged};
	if (seen->bytes.n > 0)
		memcpy(kept->bytes, seen->bytes.p, seen->bytes.n);
	if (model->redact != NULL)
		redact_nmsp_message(model->redact, nmsp->profile, kept->bytes, seen->bytes.n);
	append(model, nmsp, kept);
}

/* ---- counts and notes ---- */

static struct nmsp_count *count_of(struct session_nmsp *nmsp, uint32_t type, uint8_t dir)
{
	for (uint32_t i = 0; i < nmsp->n_counts; i++)
		if (nmsp->counts[i].type == type && nmsp->counts[i].dir == dir)
			return &nmsp->counts[i];
	if (nmsp->n_counts == LIMIT_MESSAGE_TYPES) {
		nmsp->other[dir].dir = dir;
		return &nmsp->other[dir];
	}
	nmsp->counts = grow(nmsp->counts, nmsp->n_counts, &nmsp->room_counts, sizeof nmsp->counts[0]);
	nmsp->counts[nmsp->n_counts] = (struct nmsp_count){.type = type, .dir = dir};
	return &nmsp->counts[nmsp->n_counts++];
}

static void count(struct model *model, struct session_nmsp *nmsp, const struct nmsp_seen *seen, uint32_t type)
{
	struct nmsp_count *row = count_of(nmsp, type, seen->dir);
	row->messages++;
	row->bytes += seen->total;
	if (seen->at.packet >= row->last.packet)
		row->last = seen->at;
	nmsp->messages[seen->dir]++;
	if (row == &nmsp->other[seen->dir])
		model_hit(model, HIT_MESSAGE_TYPES, &seen->at);
}

void session_nmsp_malformed(struct session_nmsp *nmsp, const struct nmsp_note *note)
{
	nmsp->malformed++;
	if (nmsp->n_notes == LIMIT_MALFORMED)
		return;
	nmsp->notes = grow(nmsp->notes, nmsp->n_notes, &nmsp->room_notes, sizeof *note);
	nmsp->notes[nmsp->n_notes++] = *note;
}

/* ---- meaning ---- */

/* The first element with a value of this kind, NULL when none; `name` may be NULL for any. */
static const struct field *find_element(const struct fields *fields, enum field_kind kind, const char *name)
{
	for (uint32_t i = 0; i < fields->n; i++) {
		const struct field *field = &fields->list[i];
		if (field->depth > 0 && !field->malformed && field->kind == kind &&
		    (name == NULL || strcmp(field->name, name) == 0))
			return field;
	}
	return NULL;
}

/* At the cap the oldest makes room: the latest is what holds. */
static uint32_t make_room(void *array, uint32_t n, size_t size)
{
	if (n < LIMIT_MASKS)
		return n;
	struct span rest = span_cut(span_of(array, n * size), size, SIZE_MAX);
	memmove(array, rest.p, rest.n);
	return n - 1;
}

static void take_capability(struct session_nmsp *nmsp, const struct nmsp_seen *seen,
                            const struct fields *fields)
{
	const struct field *mask = find_element(fields, FIELD_MASK, NULL);
	const struct nmsp_capability *last = session_nmsp_capability(nmsp, seen->dir);
	if (mask == NULL || (last != NULL && last->mask == mask->number))
		return;
	nmsp->n_capabilities =
	    make_room(nmsp->capabilities, nmsp->n_capabilities, sizeof nmsp->capabilities[0]);
	nmsp->capabilities = grow(nmsp->capabilities, nmsp->n_capabilities, &nmsp->room_capabilities,
	                          sizeof nmsp->capabilities[0]);
	nmsp->capabilities[nmsp->n_capabilities++] =
	    (struct nmsp_capability){.at = seen->at, .dir = seen->dir, .mask = mask->number};
}

static void take_subscribe_request(struct session_nmsp *nmsp, const struct nmsp_seen *seen, struct echo_id id,
                                   const struct fields *fields)
{
	const struct field *mask = find_element(fields, FIELD_MASK, NULL);
	if (mask == NULL)
		return;
	nmsp->n_subscriptions =
	    make_room(nmsp->subscriptions, nmsp->n_subscriptions, sizeof nmsp->subscriptions[0]);
	nmsp->subscriptions = grow(nmsp->subscriptions, nmsp->n_subscriptions, &nmsp->room_subscriptions,
	                           sizeof nmsp->subscriptions[0]);
	nmsp->subscriptions[nmsp->n_subscriptions++] =
	    (struct nmsp_subscription){.at = seen->at, .id = id, .mask = mask->number};
}

static void take_subscribe_response(struct session_nmsp *nmsp, const struct nmsp_seen *seen,
                                    struct echo_id id, const struct fields *fields)
{
	const struct field *status = find_element(fields, FIELD_U16, STATUS_ELEMENT);
	for (uint32_t i = 0; i < nmsp->n_subscriptions; i++) {
		struct nmsp_subscription *asked = &nmsp->subscriptions[i];
		if (asked->answer != NMSP_UNANSWERED ||
		    (id.known && asked->id.known && asked->id.id != id.id))
			continue;
		asked->answered = seen->at;
		asked->answer = status != NULL && status->number != 0 ? NMSP_REFUSED : NMSP_ACCEPTED;
		return;
	}
}

static void take_meaning(struct session_nmsp *nmsp, const struct nmsp_seen *seen,
                         const struct nmsp_message *message, const struct fields *fields)
{
	struct echo_id id = {.known = message->has_transaction, .id = message->transaction};
	switch (message->type) {
	case NMSP_ECHO_REQUEST:
		echo_request(&nmsp->echo, &seen->at, id);
		break;
	case NMSP_ECHO_RESPONSE:
		echo_response(&nmsp->echo, &seen->at, id);
		break;
	case NMSP_CAPABILITY_NOTIFICATION:
		take_capability(nmsp, seen, fields);
		break;
	case NMSP_SERVICE_SUBSCRIBE_REQUEST:
		take_subscribe_request(nmsp, seen, id, fields);
		break;
	case NMSP_SERVICE_SUBSCRIBE_RESPONSE:
		take_subscribe_response(nmsp, seen, id, fields);
		break;
	default:
		break;
	}
}

bool session_nmsp_add(struct model *model, struct session_nmsp *nmsp, const struct nmsp_seen *seen)
{
	struct nmsp_message message;
	struct fields fields; /* filled as far as it is read */
	bool whole = seen->bytes.n == seen->total;
	bool malformed = !nmsp_dissect(nmsp->profile, seen->bytes, &message, &fields) && whole;
	count(model, nmsp, seen, message.type);
	if (malformed)
		session_nmsp_malformed(nmsp,
		                       &(struct nmsp_note){.at = seen->at,
		                                           .dir = seen->dir,
		                                           .has_type = true,
		                                           .type = message.type,
		                                           .what = "its elements do not fit its length"});
	keep(model, nmsp, seen, message.type, malformed);
	take_meaning(nmsp, seen, &message, &fields);
	return malformed;
}

/* ---- what is known ---- */

bool session_nmsp_tells_side(const struct session_nmsp *nmsp, uint32_t type)
{
	const struct profile_message *known = nmsp->profile == NULL ? NULL : profile_find_message(nmsp->profile, type);
	return known != NULL && known->sender != PROFILE_BOTH;
}

bool session_nmsp_knows_sides(const struct session *session)
{
	return !session->bare || session->nmsp == NULL || (session->directed && session->nmsp->roles_told);
}

bool session_nmsp_knows_side(const struct session *session, uint32_t type)
{
	return session_nmsp_knows_sides(session) ||
	       (!session->directed && session_nmsp_tells_side(session->nmsp, type));
}

const struct nmsp_capability *session_nmsp_capability(const struct session_nmsp *nmsp, uint8_t dir)
{
	const struct nmsp_capability *latest = NULL;
	for (uint32_t i = 0; i < nmsp->n_capabilities; i++)
		if (nmsp->capabilities[i].dir == dir)
			latest = &nmsp->capabilities[i];
	return latest;
}

const struct nmsp_subscription *session_nmsp_subscription(const struct session_nmsp *nmsp)
{
	const struct nmsp_subscription *latest = NULL;
	for (uint32_t i = 0; i < nmsp->n_subscriptions; i++)
		if (nmsp->subscriptions[i].answer == NMSP_ACCEPTED)
			latest = &nmsp->subscriptions[i];
	return latest;
}

bool session_nmsp_whole(const struct session *session)
{
	const struct session_nmsp *nmsp = session->nmsp;
	if (nmsp == NULL || session->bare || session_one_sided(session))
		return false;
	const struct session_tls *tls = &session->tls;
	bool decrypted = tls->opened[0] + tls->opened[1] > 0;
	for (uint8_t dir = 0; dir < 2; dir++) {
		bool closed = decrypted && tls->protected_records[dir] > tls->opened[dir];
		bool uncut = nmsp->bytes[dir] > 0 && nmsp->messages[dir] == 0;
		if (closed || uncut || nmsp->open[dir] || nmsp->unsure[dir] || session->tcp.gaps[dir] > 0 ||
		    nmsp->gaps[dir] + nmsp->lost[dir] + nmsp->cut_off[dir] > 0)
			return false;
	}
	return true;
}

int64_t session_nmsp_until(const struct session *session, int64_t now)
{
	return session->closed.packet != 0 ? session->closed.time : now;
}

void session_nmsp_free(struct model *model, struct session_nmsp *nmsp)
{
	if (nmsp == NULL)
		return;
	while (nmsp->oldest != NULL)
		drop_oldest(model, nmsp);
	struct messages_hold waiting = framing_release(model, nmsp);
	messages_hold_free(&waiting);
	free(nmsp->unlearned);
	model->capture.evicted_messages += nmsp->messages[0] + nmsp->messages[1];
	free(nmsp->counts);
	free(nmsp->notes);
	free(nmsp->capabilities);
	free(nmsp->subscriptions);
	echo_free(&nmsp->echo);
	free(nmsp);
}
