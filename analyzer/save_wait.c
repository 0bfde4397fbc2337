/* Frames of fragments that wait to be saved; see save_wait.h. Called by save.c only. */
#include "analyzer/save_wait.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

/* A copy of a frame; its bytes lie behind it. */
struct frame {
	struct frame *next;
	struct capfile_packet packet;
};

/* Frames of one IP packet in the order in which they came. */
struct list {
	struct frame *first, *last;
	uint64_t number; /* of the IP packet */
	bool lost;       /* frames were given up: the rest is of no use */
};

struct save_wait {
	struct list places[LIMIT_FRAGMENTED];
	struct list current;
	size_t bytes; /* of all */
};

struct save_wait *save_wait_new(void)
{
	return xcalloc(1, sizeof(struct save_wait));
}

static size_t cost(const struct frame *frame)
{
	return sizeof *frame + frame->packet.data.n;
}

static void drop_first(struct save_wait *wait, struct list *list)
{
	struct frame *frame = list->first;
	list->first = frame->next;
	if (list->first == NULL)
		list->last = NULL;
	wait->bytes -= cost(frame);
	free(frame);
}

static void clear(struct save_wait *wait, struct list *list)
{
	while (list->first != NULL)
		drop_first(wait, list);
	*list = (struct list){.number = 0};
}

void save_wait_free(struct save_wait *wait)
{
	if (wait == NULL)
		return;
	for (size_t i = 0; i < LIMIT_FRAGMENTED; i++)
		clear(wait, &wait->places[i]);
	clear(wait, &wait->current);
	free(wait);
}

static void add_copy(struct save_wait *wait, struct list *list, const struct capfile_packet *packet)
{
	struct frame *frame = xmalloc(sizeof *frame + packet->data.n);
	uint8_t *bytes = (uint8_t *)(frame + 1);
	if (packet->data.n > 0)
		memcpy(bytes, packet->data.p, packet->data.n);
	*frame = (struct frame){.packet = *packet};
	frame->packet.data.p = bytes;
	wait->bytes += cost(frame);
	list->first = frame;
	list->last = frame;
}

/* Moves all frames of `from` behind those of `to`. */
static void join(struct list *to, struct list *from)
{
	to->lost = to->lost || from->lost;
	if (from->first == NULL)
		return;
	if (to->first == NULL)
		to->first = from->first;
	else
		to->last->next = from->first;
	to->last = from->last;
	from->first = NULL;
	from->last = NULL;
}

static void lose(struct save_wait *wait, struct list *list)
{
	uint64_t number = list->number;
	clear(wait, list);
	list->number = number;
	list->lost = true;
}

/* The oldest that holds frames. */
static struct list *oldest(struct save_wait *wait)
{
	struct list *found = NULL;
	for (size_t i = 0; i < LIMIT_FRAGMENTED; i++) {
		struct list *list = &wait->places[i];
		if (list->first != NULL && (found == NULL || list->number < found->number))
			found = list;
	}
	return found;
}

void save_wait_fragment(struct save_wait *wait, const struct capfile_packet *frame,
                        struct fragments_place place, bool complete)
{
	if (place.number == 0) {
		clear(wait, &wait->current);
		return;
	}
	struct list *list = &wait->places[place.slot];
	if (list->number != place.number)
		clear(wait, list);
	list->number = place.number;
	if (wait->current.first == NULL && !wait->current.lost)
		add_copy(wait, &wait->current, frame);
	join(list, &wait->current);
	clear(wait, &wait->current);
	if (list->lost)
		lose(wait, list);
	if (complete) {
		join(&wait->current, list);
		clear(wait, list);
		return;
	}
	while (wait->bytes > LIMIT_SAVE_WAITING)
		lose(wait, oldest(wait));
}

bool save_wait_lost(const struct save_wait *wait)
{
	return wait->current.lost;
}

const struct capfile_packet *save_wait_first(const struct save_wait *wait)
{
	return wait->current.first == NULL ? NULL : &wait->current.first->packet;
}

void save_wait_drop_first(struct save_wait *wait)
{
	drop_first(wait, &wait->current);
}

void save_wait_forget(struct save_wait *wait)
{
	clear(wait, &wait->current);
}

size_t save_wait_bytes(const struct save_wait *wait)
{
	return wait->bytes;
}
