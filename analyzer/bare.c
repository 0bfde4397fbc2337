/* Bare messages into the cutter of the session of their input; see bare.h. */
#include "analyzer/bare.h"

#include "analyzer/messages.h"
#include "analyzer/rank.h"
#include "analyzer/session.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "dissect/nmsp.h"

#include <stdlib.h>

#define CONTROLLER 1 /* direction, until the messages tell; as in a new session */

struct talk {
	struct session *session;
	struct messages *messages;
};

struct bare {
	struct model *model;
	struct talk talk[LIMIT_INPUTS]; /* by input */
};

struct bare *bare_new(struct model *model)
{
	struct bare *bare = xcalloc(1, sizeof *bare);
	bare->model = model;
	return bare;
}

void bare_free(struct bare *bare)
{
	for (size_t i = 0; bare != NULL && i < LIMIT_INPUTS; i++)
		messages_free(bare->talk[i].messages);
	free(bare);
}

const struct session *bare_session(const struct bare *bare, uint32_t input)
{
	return input < LIMIT_INPUTS ? bare->talk[input].session : NULL;
}

void bare_drop(struct bare *bare, const struct session *session)
{
	for (size_t i = 0; i < LIMIT_INPUTS; i++) {
		if (bare->talk[i].session != session)
			continue;
		messages_free(bare->talk[i].messages);
		bare->talk[i] = (struct talk){.session = NULL};
	}
}

static void begin(struct bare *bare, struct talk *talk, bool directed, const struct origin *at)
{
	struct session *session = model_add_session(bare->model, at);
	session->bare = true;
	session->directed = directed;
	session->controller = CONTROLLER;
	talk->session = session;
	talk->messages = messages_new(bare->model, session);
}

/* The framing may be found later; until then it is taken for the one that is tried first. */
static const struct profile *profile_of(const struct bare *bare, const struct talk *talk)
{
	const struct session_nmsp *nmsp = talk->session->nmsp;
	if (nmsp != NULL && nmsp->profile != NULL)
		return nmsp->profile;
	return bare->model->profile != NULL ? bare->model->profile : bare->model->builtin;
}

/* The next message of a packet, and its direction; all that is left where none begins. */
static struct span next_message(const struct profile *profile, const struct session *session, struct rd *r,
                                uint8_t *dir)
{
	struct nmsp_message message;
	struct rd peek = *r;
	size_t total = 0;
	if (nmsp_cut(profile, rd_rest(&peek), &total) != CUT_OK || total > rd_left(r))
		total = rd_left(r);
	struct span bytes = rd_span(r, total);
	nmsp_decode(profile, bytes, &message);
	bool controller = message.known != NULL && message.known->sender == PROFILE_CONTROLLER;
	*dir = controller ? session->controller : session_engine(session);
	return bytes;
}

/* Packets do not go on in each other: what has no end in one has none. */
static void end_packet(struct talk *talk, bool cut, const struct origin *at)
{
	const struct session_nmsp *nmsp = talk->session->nmsp;
	for (uint8_t dir = 0; dir < 2 && nmsp != NULL; dir++) {
		struct sink sink = messages_sink(talk->messages, dir);
		if (nmsp->open[dir] || cut)
			sink.gap(sink.ctx, 0, at);
	}
}

void bare_packet(struct bare *bare, const struct capfile_packet *packet, const struct origin *at)
{
	struct talk *talk = &bare->talk[at->input % LIMIT_INPUTS];
	bool directed = packet->direction != CAPFILE_NO_DIRECTION, cut = packet->wire > packet->data.n;
	if (talk->session == NULL)
		begin(bare, talk, directed, at);
	struct session *session = talk->session;
	const struct profile *profile = profile_of(bare, talk);
	struct rd r = rd_of(packet->data);
	session->last = *at;
	session->end = at->packet;
	session->directed = session->directed && directed;
	session->tcp.cut_packets += cut;
	while (rd_more(&r)) {
		uint8_t dir;
		struct span message = next_message(profile, session, &r, &dir);
		if (session->directed)
			dir = packet->direction == CAPFILE_INBOUND;
		struct sink sink = messages_sink(talk->messages, dir);
		sink.data(sink.ctx, message, at);
	}
	end_packet(talk, cut, at);
}

void bare_end(struct bare *bare, const struct origin *at)
{
	for (size_t i = 0; i < LIMIT_INPUTS; i++) {
		for (uint8_t dir = 0; dir < 2 && bare->talk[i].session != NULL; dir++) {
			struct sink sink = messages_sink(bare->talk[i].messages, dir);
			sink.end(sink.ctx, at);
		}
	}
}
