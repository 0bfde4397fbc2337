/*
 * Messages over a session in the sample's time; see work.h. Called by the scenarios and the benchmarks. Knows
 * no byte of them.
 */
#include "samples/work.h"

#include "analyzer/origin.h"


static void send_message(struct session *session, int dir, struct bytes *message)
{
	session_message(session, dir, bytes_span(message));
	bytes_free(message);
}

static void say_as(struct session *session, const struct messages_item *item, uint32_t transaction)
{
	struct bytes out = {.p = NULL};
	session_wait(session, item->wait_ms * NS_PER_MS);
	messages_add(&out, item, transaction, session->other_framing);
	send_message(session, item->dir, &out);
}

static void say_one(struct session *session, const struct messages_item *item)
{
	session->transaction += item->dir == 0;
	say_as(session, item, session->transaction);
}

static void say(struct session *session, struct messages_script script)
{
	for (size_t i = 0; i < script.n; i++)
		say_one(session, &script.items[i]);
}

void work_start(struct session *session)
{
	say(session, messages_start);
}

void work_start_refused(struct session *session)
{
	say(session, messages_capabilities);
	say(session, messages_refusal);
}

void work_start_unsubscribed(struct session *session)
{
	say(session, messages_capabilities);
}

void work_request_missed(struct session *session)
{
	say(session, messages_lonely);
}

/* The controller counts its own requests. */
void work_astray(struct session *session)
{
	enum { FIRST = 1000 };
	for (size_t i = 0; i < messages_astray.n; i++)
		say_as(session, &messages_astray.items[i], FIRST);
}

void work_unasked(struct session *session)
{
	enum { NOBODYS = 4711 };
	say_as(session, &messages_unasked.items[0], NOBODYS);
}

void work_echo_late(struct session *session, int64_t ns)
{
	say_one(session, &messages_echo.items[0]);
	session_wait(session, ns);
	say_one(session, &messages_echo.items[1]);
}

void work_echo(struct session *session, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		say(session, messages_echo);
}

void work_echo_missed(struct session *session)
{
	say_one(session, &messages_echo.items[0]);
}

/* Of n bytes; its element says that its value has `said`. */
static void send_bulk(struct session *session, int dir, size_t n, size_t said)
{
	struct bytes out = {.p = NULL};
	session->transaction += dir == 0;
	messages_add_bulk(&out, dir, n, said, session->transaction, session->other_framing);
	send_message(session, dir, &out);
}

void work_bulk(struct session *session, int dir, size_t n)
{
	send_bulk(session, dir, n, n - MESSAGES_BULK_HEAD);
}

void work_damaged(struct session *session)
{
	enum { VALUE = 60, SAID = 600 };
	send_bulk(session, 1, VALUE + MESSAGES_BULK_HEAD, SAID);
}
