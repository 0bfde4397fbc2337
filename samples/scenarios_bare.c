/* Messages as packets of LINKTYPE_USER0; see scenarios_bare.h. */
#include "samples/scenarios_bare.h"

#include "analyzer/origin.h"
#include "dissect/packet.h"
#include "samples/messages.h"

#define ECHOES 3

struct talk {
	struct scenarios_stage *stage;
	int64_t now;
	uint32_t transaction;
	struct bytes packet;
};

static void say(struct talk *talk, const struct messages_item *item)
{
	talk->now += item->wait_ms * NS_PER_MS;
	talk->transaction += item->dir == 0;
	messages_add(&talk->packet, item, talk->transaction, false);
}

static void end_packet(struct talk *talk)
{
	wire_add(&talk->stage->wire, talk->now, bytes_span(&talk->packet));
	bytes_free(&talk->packet);
}

/* As the controller sees it, a packet each. */
void scenarios_bare_directed(struct scenarios_stage *stage)
{
	struct talk talk = {.stage = stage, .now = stage->start, .packet = {.p = NULL}};
	struct wire *wire = &stage->wire;
	wire->linktype = PACKET_BARE;
	for (size_t i = 0; i < messages_start.n + ECHOES * messages_echo.n; i++) {
		const struct messages_item *item =
		    i < messages_start.n ? &messages_start.items[i]
		                         : &messages_echo.items[(i - messages_start.n) % messages_echo.n];
		say(&talk, item);
		end_packet(&talk);
		wire->frames[wire->n - 1].direction = item->dir == 0 ? CAPFILE_INBOUND : CAPFILE_OUTBOUND;
	}
}

/* The first two messages share a packet. */
void scenarios_bare(struct scenarios_stage *stage)
{
	struct talk talk = {.stage = stage, .now = stage->start, .packet = {.p = NULL}};
	stage->wire.linktype = PACKET_BARE;
	for (size_t i = 0; i < messages_start.n; i++) {
		say(&talk, &messages_start.items[i]);
		if (i > 0)
			end_packet(&talk);
	}
	for (size_t i = 0; i < ECHOES * messages_echo.n; i++) {
		say(&talk, &messages_echo.items[i % messages_echo.n]);
		end_packet(&talk);
	}
}
