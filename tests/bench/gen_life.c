/*
 * gen_life DAYS|MINUTESm SESSIONS KEYS COUNTS > CAPTURE: the life of a span port. So many sessions, TLS 1.2
 * with AES-256-GCM, each of an engine of its own, which echo every 15 s and are told something twice in
 * between, for so many days or minutes, and close. All have begun within a tenth of that. The capture goes to
 * standard output as fast as it is read; a session's key is in KEYS before its packets are written; COUNTS
 * gets exact figures: "sessions N", "packets N", "bytes N", and "message ID NAME OUT|IN COUNT BYTES".
 */
#include "analyzer/origin.h"
#include "analyzer/xmalloc.h"
#include "dissect/nmsp.h"
#include "samples/save.h"
#include "samples/scenarios.h"
#include "samples/work.h"

#include <stdlib.h>

enum {
	BATCH = 8192, /* frames held before they are written */
	NOTIFICATION = 298,
	NOTIFICATIONS = 2, /* from an echo to the next */
	TYPES = 128,
	PORT = 41000,
	MOST_SESSIONS = 20000,
	MOST_DAYS = 3660,
};

#define STEP      (5 * NS_PER_S)     /* two notifications and an echo: 15 s */
#define APART                                                                                                \
	(5173 *                                                                                              \
	 NS_PER_MS) /* at most, from one session's beginning to the next; none is in step with another */
#define MINUTE (60 * NS_PER_S)
#define DAY    (1440 * MINUTE)

struct engine {
	struct session session;
	int64_t due;    /* of what comes next */
	unsigned place; /* in the round of notifications and echo */
};

struct count {
	uint64_t messages, bytes;
};

struct life {
	struct scenarios_cast cast;
	struct scenarios_stage stage;
	struct bytes keys;
	FILE *keylog;
	struct capfile_writer writer;
	struct engine *engines;
	size_t n, met; /* sessions in all; those that have begun */
	int64_t apart, end; /* ns from one beginning to the next; when all is over */
	uint64_t packets, bytes;
	struct count counts[TYPES][2];
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "gen_life: %s\n", what);
	exit(2);
}

static void count(struct life *life, uint16_t type, int dir, size_t n)
{
	life->counts[type][dir].messages++;
	life->counts[type][dir].bytes += n;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static void write_all(struct life *life)
{
	struct wire *wire = &life->stage.wire;
	life->packets += wire->n;
	for (size_t i = 0; i < wire->n; i++)
		life->bytes += wire->frames[i].captured;
	must(wire_write(wire, &life->writer) == 0, "standard output takes no more");
}

/* The wire sorts what it writes, so it waits until nothing earlier can come. */
static void write_batch(struct life *life, int64_t next)
{
	struct wire *wire = &life->stage.wire;
	if (wire->n < BATCH)
		return;
	for (size_t i = wire->n; i > 0 && i + BATCH / 2 > wire->n; i--)
		if (wire->frames[i - 1].time > next)
			return;
	write_all(life);
}

static void write_keys(struct life *life)
{
	struct span keys = bytes_span(&life->keys);
	must(fwrite(keys.p, 1, keys.n, life->keylog) == keys.n && fflush(life->keylog) == 0, "key log");
	bytes_clear(&life->keys);
}

static void write_counts(const struct life *life, const char *path)
{
	static const char *const directions[] = {"OUT", "IN"};
	struct profile profile;
	FILE *file = save_open(path);
	profile_builtin(&profile);
	fprintf(file, "sessions %zu\npackets %llu\nbytes %llu\n", life->n, (unsigned long long)life->packets,
	        (unsigned long long)life->bytes);
	for (uint32_t type = 0; type < TYPES; type++)
		for (int dir = 0; dir < 2; dir++)
			if (life->counts[type][dir].messages > 0)
				fprintf(file, "message %u %s %s %llu %llu\n", type,
				        nmsp_type_name(&profile, type), directions[dir],
				        (unsigned long long)life->counts[type][dir].messages,
				        (unsigned long long)life->counts[type][dir].bytes);
	save_close(file, path);
}

/* ---- what happens ----------------------------------------------------------------------------------- */

/* An engine comes: another address and port, the certificate of all. */
static void meet(struct life *life, struct engine *engine)
{
	size_t i = life->met++;
	life->stage.start = SCENARIOS_START + (int64_t)i * life->apart;
	life->stage.port = (uint16_t)(PORT + i);
	struct session_plan plan = scenarios_plan(&life->stage);
	plan.host[0].ip.bytes[2] = (uint8_t)(i / 250);
	plan.host[0].ip.bytes[3] = (uint8_t)(1 + i % 250);
	plan.host[0].mac[4] = (uint8_t)(i >> 8);
	plan.host[0].mac[5] = (uint8_t)i;
	engine->session = session_new(&life->stage.wire, &plan);
	must(session_handshake(&engine->session), "a handshake failed");
	write_keys(life);
	work_start(&engine->session);
	wire_ack(&engine->session.talk, 0);
	for (size_t k = 0; k < messages_start.n; k++) {
		struct bytes message = {.p = NULL};
		messages_add(&message, &messages_start.items[k], 0, false);
		count(life, messages_start.items[k].type, messages_start.items[k].dir, message.n);
		bytes_free(&message);
	}
	engine->due = engine->session.talk.now + STEP;
}

static void say(struct life *life, struct session *session, const struct messages_item *item)
{
	struct bytes message = {.p = NULL};
	session->transaction += item->dir == 0;
	messages_add(&message, item, session->transaction, false);
	count(life, item->type, item->dir, message.n);
	session_message(session, item->dir, bytes_span(&message));
	bytes_free(&message);
}

static void go_on(struct life *life, struct engine *engine)
{
	struct session *session = &engine->session;
	session->talk.now = engine->due;
	if (engine->place < NOTIFICATIONS) {
		work_bulk(session, 1, NOTIFICATION);
		count(life, MESSAGES_MEASUREMENT_NOTIFICATION, 1, NOTIFICATION);
	} else {
		say(life, session, &messages_echo.items[0]);
		say(life, session, &messages_echo.items[1]);
	}
	wire_ack(&session->talk, 0);
	engine->place = (engine->place + 1) % (NOTIFICATIONS + 1);
	engine->due += STEP;
}

/* Whose turn it is: of those that have begun, and the next that begins. */
static struct engine *earliest(struct life *life)
{
	struct engine *first = NULL;
	size_t known = life->met < life->n ? life->met + 1 : life->n;
	for (size_t i = 0; i < known; i++)
		if (first == NULL || life->engines[i].due < first->due)
			first = &life->engines[i];
	return first;
}

static void live(struct life *life)
{
	struct engine *engine;
	while ((engine = earliest(life))->due < life->end) {
		write_batch(life, engine->due);
		if (engine == &life->engines[life->met])
			meet(life, engine);
		else
			go_on(life, engine);
	}
	for (size_t i = 0; i < life->met; i++) {
		life->engines[i].session.talk.now = life->end + (int64_t)i * NS_PER_MS;
		session_close(&life->engines[i].session, 0);
		session_free(&life->engines[i].session);
	}
	write_all(life);
}

/* Days, or with an m behind it minutes. */
static int64_t period(const char *text)
{
	char *rest;
	unsigned long value = strtoul(text, &rest, 10);
	bool minutes = *rest == 'm';
	must(*text >= '1' && *text <= '9' && rest[minutes] == '\0' && value <= MOST_DAYS, "DAYS or MINUTESm");
	return (int64_t)value * (minutes ? MINUTE : DAY);
}

static size_t number(const char *text, unsigned long most)
{
	char *rest;
	unsigned long value = strtoul(text, &rest, 10);
	must(*text >= '1' && *text <= '9' && *rest == '\0' && value <= most, "SESSIONS is a number");
	return value;
}

int main(int argc, char **argv)
{
	enum { BUFFER = 1 << 20 };
	must(argc == 5, "usage: gen_life DAYS|MINUTESm SESSIONS KEYS COUNTS > CAPTURE");
	struct life life = {.n = number(argv[2], MOST_SESSIONS)};
	life.end = SCENARIOS_START + period(argv[1]);
	life.apart = period(argv[1]) / 10 / (int64_t)life.n;
	life.apart = life.apart < APART ? life.apart : APART;
	life.cast = scenarios_cast();
	life.stage = (struct scenarios_stage){.cast = &life.cast, .keys = &life.keys};
	life.keylog = save_open(argv[3]);
	life.engines = xcalloc(life.n + 1, sizeof life.engines[0]);
	for (size_t i = 0; i < life.n; i++)
		life.engines[i].due = SCENARIOS_START + (int64_t)i * life.apart;
	setvbuf(stdout, NULL, _IOFBF, BUFFER);
	must(capfile_write_start(&life.writer, capfile_write_stream, stdout) == 0,
	     "standard output takes nothing");
	live(&life);
	must(fflush(stdout) == 0, "standard output takes no more");
	save_close(life.keylog, argv[3]);
	write_counts(&life, argv[4]);
	free(life.engines);
	bytes_free(&life.keys);
	wire_free(&life.stage.wire);
	scenarios_cast_free(&life.cast);
	return 0;
}
