/* Which file a packet goes to, and what leaves; see spool.h. */
#include "analyzer/spool.h"

#include "analyzer/save_wait.h"
#include "analyzer/session.h"
#include "analyzer/spool_part.h"
#include "analyzer/xmalloc.h"

#include <errno.h>
#include <stdlib.h>

struct spool {
	const struct model *model;
	struct spool_plan plan;
	struct save_wait *wait;
	struct spool_part heads, parts[2];
	unsigned current; /* of the parts */
	unsigned readers;
	bool mixed; /* there are or were packets of heads in the parts */
	uint64_t number;
	struct spool_losses losses;
};

static int open_in(struct spool *spool, const char *folder)
{
	if (folder == NULL || spool_part_open(&spool->heads, folder) != 0)
		return -1;
	if (spool_part_open(&spool->parts[0], folder) == 0 && spool_part_open(&spool->parts[1], folder) == 0)
		return 0;
	spool_part_close(&spool->heads);
	spool_part_close(&spool->parts[0]);
	return -1;
}

struct spool *spool_open(const struct model *model, const struct spool_plan *plan, struct err *err)
{
	struct spool *spool = xcalloc(1, sizeof *spool);
	spool->model = model;
	spool->plan = *plan;
	spool->losses = (struct spool_losses){.others = INT64_MIN, .heads = INT64_MIN, .failed = INT64_MIN};
	if (open_in(spool, getenv("TMPDIR")) != 0 && open_in(spool, "/var/tmp") != 0 &&
	    open_in(spool, "/tmp") != 0) {
		err_set(err,
		        "no packets can be saved from the screen: there is no room for them in /var/tmp "
		        "or /tmp (%s); name another folder with TMPDIR",
		        strerror(errno));
		free(spool);
		return NULL;
	}
	spool->wait = save_wait_new();
	return spool;
}

void spool_close(struct spool *spool)
{
	if (spool == NULL)
		return;
	spool_part_close(&spool->heads);
	spool_part_close(&spool->parts[0]);
	spool_part_close(&spool->parts[1]);
	save_wait_free(spool->wait);
	free(spool);
}

struct spool_losses spool_losses(const struct spool *spool)
{
	return spool->losses;
}

/* Nothing more is taken, and what is not in the files yet is gone: a hole in the middle would be worse to
 * tell than an end. */
static void fail(struct spool *spool, int64_t time)
{
	const struct spool_part *parts[] = {&spool->heads, &spool->parts[0], &spool->parts[1]};
	if (spool->losses.reason != 0)
		return;
	spool->losses.reason = errno;
	spool->losses.failed = time;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (parts[i]->used > 0 && parts[i]->pending < spool->losses.failed)
			spool->losses.failed = parts[i]->pending;
}

/* ---- heads ---- */

/* Numbers of the first packets of the sessions in the model, ascending. */
struct living {
	uint64_t *list;
	size_t n;
};

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static struct living living_of(const struct model *model)
{
	struct living living = {.list = xmalloc((model->n_sessions + 1) * sizeof(uint64_t))};
	for (const struct session *s = model->first; s != NULL; s = s->next)
		living.list[living.n++] = s->opened.packet;
	qsort(living.list, living.n, sizeof living.list[0], compare);
	return living;
}

static bool lives(const struct living *living, uint64_t first)
{
	return bsearch(&first, living->list, living->n, sizeof living->list[0], compare) != NULL;
}

/* Bytes of the living ones. */
static int weigh(const struct spool *spool, const struct living *living, uint64_t *bytes)
{
	struct spool_walk walk;
	int result;
	*bytes = 0;
	spool_walk_begin(&walk, &spool->heads);
	while ((result = spool_walk_step(&walk)) == 0 && walk.has)
		if (lives(living, walk.record.session))
			*bytes += spool_part_cost(&walk.record);
	spool_walk_end(&walk);
	return result;
}

/* Writes the living ones behind the first `skip` bytes of them from the start of the file: what is read is
 * always ahead of what is written. */
static int move_up(struct spool *spool, const struct living *living, uint64_t skip)
{
	struct spool_part *heads = &spool->heads;
	struct spool_walk walk;
	int result;
	spool_walk_begin(&walk, heads);
	heads->written = 0;
	while ((result = spool_walk_step(&walk)) == 0 && walk.has) {
		size_t cost = spool_part_cost(&walk.record);
		if (!lives(living, walk.record.session))
			continue;
		if (skip > 0) {
			skip = skip > cost ? skip - cost : 0;
			spool->losses.heads = walk.record.time;
			continue;
		}
		result = spool_part_put(heads, &walk.record, walk.bytes);
		if (result != 0)
			break;
	}
	spool_walk_end(&walk);
	return result == 0 ? spool_part_flush(heads) : -1;
}

/*
 * Heads of sessions that are gone leave. Where those of living ones fill the file all the same, the oldest
 * half of it does, too, so that not every packet leads here again.
 */
static int make_room(struct spool *spool)
{
	struct living living = living_of(spool->model);
	uint64_t bytes;
	int result = spool_part_flush(&spool->heads);
	if (result == 0)
		result = weigh(spool, &living, &bytes);
	if (result == 0)
		result = move_up(spool, &living,
		                 bytes > spool->plan.heads / 4 * 3 ? bytes - spool->plan.heads / 2 : 0);
	free(living.list);
	return result;
}

/* ---- taking ---- */

/* The part that is older makes room. */
static int put_other(struct spool *spool, const struct spool_record *record, const uint8_t *bytes)
{
	struct spool_part *part = &spool->parts[spool->current];
	if (spool_part_size(part) + spool_part_cost(record) > spool->plan.part) {
		spool->current ^= 1;
		part = &spool->parts[spool->current];
		if (part->last > spool->losses.others)
			spool->losses.others = part->last;
		if (spool->mixed && part->last > spool->losses.heads)
			spool->losses.heads = part->last;
		if (spool_part_empty(part) != 0)
			return -1;
	}
	return spool_part_put(part, record, bytes);
}

static void put(struct spool *spool, const struct capfile_packet *frame, const struct session *session,
                bool head)
{
	struct spool_record record = {.number = spool->number++,
	                              .session = session->opened.packet,
	                              .time = frame->time,
	                              .wire = frame->wire < UINT32_MAX ? (uint32_t)frame->wire : UINT32_MAX,
	                              .linktype = frame->linktype,
	                              .direction = frame->direction,
	                              .n = (uint32_t)frame->data.n};
	size_t cost = spool_part_cost(&record);
	int result = 0;
	if (spool->losses.reason != 0)
		return;
	if (head && spool_part_size(&spool->heads) + cost > spool->plan.heads && spool->readers == 0)
		result = make_room(spool);
	bool fits = spool_part_size(&spool->heads) + cost <= spool->plan.heads;
	spool->mixed = spool->mixed || (head && !fits);
	if (result == 0)
		result = head && fits ? spool_part_put(&spool->heads, &record, frame->data.p)
		                      : put_other(spool, &record, frame->data.p);
	if (result != 0)
		fail(spool, frame->time);
}

void spool_fragment(struct spool *spool, const struct capfile_packet *frame, struct fragments_place place,
                    bool complete)
{
	save_wait_fragment(spool->wait, frame, place, complete);
}

void spool_other(struct spool *spool)
{
	save_wait_forget(spool->wait);
}

/* The packet that ends the handshake is a part of it. */
static void follow(struct spool *spool, struct spool_head *head, const struct session *session, size_t bytes)
{
	if (head->ended)
		return;
	enum handshake_state handshake = session_handshake(session);
	head->bytes += bytes;
	head->ended = handshake == HANDSHAKE_COMPLETE || handshake == HANDSHAKE_NOT_CAPTURED;
	if (head->ended || head->bytes < LIMIT_SPOOL_HEAD)
		return;
	head->ended = true;
	spool->mixed = true;
}

bool spool_packet(struct spool *spool, const struct capfile_packet *frame, const struct session *session,
                  struct spool_head *head)
{
	if (save_wait_lost(spool->wait)) {
		save_wait_forget(spool->wait);
		return false;
	}
	const struct capfile_packet *waited = save_wait_first(spool->wait);
	size_t bytes = frame->data.n;
	if (waited == NULL)
		put(spool, frame, session, !head->ended);
	for (; waited != NULL; waited = save_wait_first(spool->wait)) {
		put(spool, waited, session, !head->ended);
		bytes += waited->data.n;
		save_wait_drop_first(spool->wait);
	}
	follow(spool, head, session, bytes);
	return true;
}

/* ---- reading ---- */

struct spool_reader {
	struct spool *spool;
	struct spool_walk heads, others[2]; /* others: the older part first */
	bool begun;
	uint64_t all; /* bytes */
};

struct spool_reader *spool_read(struct spool *spool)
{
	struct spool_reader *reader = xcalloc(1, sizeof *reader);
	struct spool_part *parts[] = {&spool->heads, &spool->parts[spool->current ^ 1],
	                              &spool->parts[spool->current]};
	struct spool_walk *walks[] = {&reader->heads, &reader->others[0], &reader->others[1]};
	reader->spool = spool;
	spool->readers++;
	for (size_t i = 0; i < 3; i++) {
		if (spool->losses.reason == 0 && spool_part_flush(parts[i]) != 0)
			fail(spool, INT64_MAX);
		spool_walk_begin(walks[i], parts[i]);
		reader->all += walks[i]->end;
	}
	return reader;
}

void spool_read_end(struct spool_reader *reader)
{
	if (reader == NULL)
		return;
	reader->spool->readers--;
	spool_walk_end(&reader->heads);
	spool_walk_end(&reader->others[0]);
	spool_walk_end(&reader->others[1]);
	free(reader);
}

int spool_percent(const struct spool_reader *reader)
{
	uint64_t at = reader->heads.at + reader->others[0].at + reader->others[1].at;
	return reader->all == 0 ? 100 : (int)(at * 100 / reader->all);
}

/* The walk whose record came first; NULL at the end. */
static struct spool_walk *earliest(struct spool_reader *reader)
{
	struct spool_walk *heads = &reader->heads, *others = &reader->others[0];
	if (!others->has)
		others = &reader->others[1];
	if (!heads->has || !others->has)
		return heads->has ? heads : others->has ? others : NULL;
	return heads->record.number < others->record.number ? heads : others;
}

int spool_next(struct spool_reader *reader, struct capfile_packet *out, uint64_t *first)
{
	struct spool_walk *walk = reader->begun ? earliest(reader) : NULL;
	if (!reader->begun &&
	    (spool_walk_step(&reader->heads) != 0 || spool_walk_step(&reader->others[0]) != 0 ||
	     spool_walk_step(&reader->others[1]) != 0))
		return -1;
	reader->begun = true;
	if (walk != NULL && spool_walk_step(walk) != 0)
		return -1;
	walk = earliest(reader);
	if (walk == NULL)
		return 0;
	*out = (struct capfile_packet){.time = walk->record.time,
	                               .linktype = walk->record.linktype,
	                               .direction = (enum capfile_direction)walk->record.direction,
	                               .wire = walk->record.wire,
	                               .data = span_of(walk->bytes, walk->record.n)};
	*first = walk->record.session;
	return 1;
}
