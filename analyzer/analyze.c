/*
 * Wires the layers together. Called by main for every packet; owns the connection table and the fragments.
 * Decides which connections are NMSP sessions and who is the controller; reads no byte above TCP and UDP
 * itself.
 */
#include "analyzer/analyze_parts.h"

#include "analyzer/bare.h"
#include "analyzer/capture.h"
#include "analyzer/fragment.h"
#include "analyzer/memory.h"
#include "analyzer/rank.h"
#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define TICK_NS    (100 * 1000 * 1000) /* how often waiting connections are looked at, */
#define TICK_FLOWS 64                  /* and at how many of them with a packet: it must not pay for all the others */

#define MEMORY_BYTES 128 /* of a packet that count as one more in the work done: there are steps in them */

struct analyze *analyze_new(struct model *model)
{
	struct analyze *analyze = xcalloc(1, sizeof *analyze);
	analyze->model = model;
	analyze->fragments = fragments_new();
	analyze->bare = bare_new(model);
	analyze->ticked = INT64_MIN;
	analyze->used = memory_used_beyond;
	return analyze;
}

void analyze_free(struct analyze *analyze)
{
	if (analyze == NULL)
		return;
	struct flow *flow, *next;
	for (flow = analyze->flows.table; flow != NULL; flow = next) {
		next = flow->hh.next;
		flow->session->conn = NULL;
		flow_remove(&analyze->flows, flow);
	}
	fragments_free(analyze->fragments);
	bare_free(analyze->bare);
	capture_filter_free(analyze->filter);
	free(analyze);
}

int analyze_set_filter(struct analyze *analyze, const char *expression, struct err *err)
{
	struct capture_filter *filter = capture_filter_new(expression, err);
	if (filter == NULL)
		return -1;
	capture_filter_free(analyze->filter);
	analyze->filter = filter;
	return 0;
}

void analyze_set_memory(struct analyze *analyze, size_t (*used)(size_t bound))
{
	analyze->used = used;
}

void analyze_set_save(struct analyze *analyze, struct save *save)
{
	analyze->keep.save = save;
}

void analyze_set_spool(struct analyze *analyze, struct spool *spool)
{
	analyze->keep.spool = spool;
}

const struct capture_filter *analyze_filter(const struct analyze *analyze)
{
	return analyze->filter;
}

/* ---- one packet ------------------------------------------------------------------------------------ */

static bool push_any(struct analyze *analyze, struct flow *flow, uint8_t dir, const struct packet *packet)
{
	if (flow->dtls != NULL)
		return dtls_conn_push(flow->dtls, dir, packet, &analyze->now, &analyze->flows.held_all);
	return tcp_push(&flow->tcp, dir, packet, &analyze->now, &analyze->flows.held_all);
}

static void push_packet(struct analyze *analyze, struct flow *flow, uint8_t dir, const struct packet *packet)
{
	struct capture *capture = &analyze->model->capture;
	struct session *session = flow->session;
	uint64_t gaps = session->tcp.gaps[0] + session->tcp.gaps[1];
	uint64_t cuts = session->tcp.cut_packets;
	capture->nmsp_packets++;
	capture->encaps |= packet->encaps;
	session->encaps |= packet->encaps;
	if (packet->no_length)
		origin_keep_first(&session->no_length, &analyze->now);
	if (packet->vlan_tags > session->vlan_tags)
		session->vlan_tags = packet->vlan_tags;
	if (packet->vlan_tags > capture->vlan_tags)
		capture->vlan_tags = packet->vlan_tags;
	if (!push_any(analyze, flow, dir, packet)) {
		if (capture->duplicates++ == 0)
			capture->first_duplicate = analyze->now;
		analyze_count_session(capture, session, gaps, cuts); /* of what the copy's time made due */
		return;
	}
	session->last = analyze->now;
	analyze_count_session(capture, session, gaps, cuts);
	rank_update(analyze->model, session);
	if (flow->dtls != NULL || flow->tcp.waiting || flow->listed || flow->tcp.ended ||
	    flow->tcp.forced + flow->tcp.forced_for_all > 0)
		analyze_settle_flow(analyze, flow);
}

static void note_other_port(struct capture *capture, const struct packet *packet)
{
	if (capture->tcp_other++ == 0)
		capture->busiest_port = packet->tcp.src_port < packet->tcp.dst_port ? packet->tcp.src_port :
		    packet->tcp.dst_port;
}

/* The connection of the packet; NULL when it is none of ours. */
static struct flow *take_tcp(struct analyze *analyze, const struct packet *packet)
{
	struct model *model = analyze->model;
	if (!model_is_port(model, packet->tcp.src_port) && !model_is_port(model, packet->tcp.dst_port)) {
		note_other_port(&model->capture, packet);
		return NULL;
	}
	bool low;
	struct flow *flow = flow_find(&analyze->flows, IP_TCP, &packet->src, packet->tcp.src_port, &packet->dst,
	    packet->tcp.dst_port, &low);
	uint8_t dir = flow == NULL || low ? 0 : 1;
	if (flow != NULL)
		dir = low ? flow->low_dir : flow->low_dir ^ 1;
	if (flow != NULL && tcp_is_new(&flow->tcp, dir, packet, analyze->now.time)) {
		analyze_drop_flow(analyze, flow);
		flow = NULL;
	}
	if (flow == NULL) {
		flow = analyze_open_flow(analyze, packet);
		dir = low ? flow->low_dir : flow->low_dir ^ 1;
	}
	push_packet(analyze, flow, dir, packet);
	return flow;
}

/* The association of the datagram; NULL when it is none of ours. Whoever uses our port for another protocol is not. */
static struct flow *take_udp(struct analyze *analyze, const struct packet *packet)
{
	struct model *model = analyze->model;
	const struct packet_udp *udp = &packet->udp;
	if (!model_is_port(model, udp->src_port) && !model_is_port(model, udp->dst_port))
		return NULL;
	bool low;
	struct flow *flow =
	    flow_find(&analyze->flows, IP_UDP, &packet->src, udp->src_port, &packet->dst, udp->dst_port, &low);
	if (flow != NULL && dtls_conn_is_new(flow->dtls, packet)) {
		analyze_drop_flow(analyze, flow);
		flow = NULL;
	}
	if (flow == NULL && !dtls_conn_begins(packet)) {
		model->capture.udp_other++;
		return NULL;
	}
	if (flow == NULL)
		flow = analyze_open_flow(analyze, packet);
	push_packet(analyze, flow, low ? flow->low_dir : flow->low_dir ^ 1, packet);
	return flow;
}

/* An ICMP error about one of our connections is evidence. */
static struct flow *take_icmp(struct analyze *analyze, const struct packet *packet)
{
	const struct packet_icmp *icmp = &packet->icmp;
	bool low;
	struct flow *flow = flow_find(&analyze->flows, icmp->proto, &icmp->src, icmp->src_port, &icmp->dst,
	    icmp->dst_port, &low);
	if (flow == NULL)
		return NULL;
	analyze->model->capture.nmsp_packets++;
	struct icmp_seen seen = {.at = analyze->now, .dir = low ? flow->low_dir : flow->low_dir ^ 1,
	    .from = packet->src, .version = packet->src.version, .type = icmp->type, .code = icmp->code, .mtu = icmp->mtu};
	model_add_icmp(flow->session, &seen);
	return flow;
}

/* Fragments become the packet that they are of; false when it is not whole yet. */
static bool put_together(struct analyze *analyze, const struct capfile_packet *frame, struct packet *packet)
{
	struct span whole;
	for (uint8_t depth = 0; packet->kind == PACKET_FRAGMENT && depth < LIMIT_TUNNELS; depth++) {
		uint64_t evicted = fragments_evicted(analyze->fragments);
		bool complete = fragments_push(analyze->fragments, packet, analyze->now.time, &whole);
		if (fragments_evicted(analyze->fragments) > evicted)
			model_hit(analyze->model, HIT_FRAGMENTS, &analyze->now);
		keep_fragment(&analyze->keep, frame, fragments_place(analyze->fragments), complete);
		if (!complete)
			return false;
		packet_decode_ip(whole, packet);
	}
	return true;
}

/* The connection that the frame counts to; NULL when it counts to none. */
static struct flow *take_frame(struct analyze *analyze, const struct capfile_packet *frame,
    struct packet *packet)
{
	struct capture *capture = &analyze->model->capture;
	if (packet->too_deep)
		model_hit(analyze->model, HIT_TUNNELS, &analyze->now);
	if (!put_together(analyze, frame, packet))
		return NULL;
	if (packet->kind == PACKET_MALFORMED)
		capture->malformed++;
	bool refused =
	    analyze->filter != NULL && (packet->ip.n == 0 || !capture_filter_match(analyze->filter, packet->ip));
	if (analyze->model->redact != NULL)
		redact_packet(analyze->model->redact, packet); /* the filter is about the real addresses */
	if (refused)
		capture->filtered++;
	else if (packet->kind == PACKET_TCP)
		return take_tcp(analyze, packet);
	else if (packet->kind == PACKET_UDP)
		return take_udp(analyze, packet);
	else if (packet->kind == PACKET_ICMP_ERROR)
		return take_icmp(analyze, packet);
	return NULL;
}

static void tick_flow(struct analyze *analyze, struct flow *flow)
{
	const struct session_tcp *tcp = &flow->session->tcp;
	uint64_t gaps = tcp->gaps[0] + tcp->gaps[1];
	if (flow->dtls != NULL)
		dtls_conn_tick(flow->dtls, &analyze->now, &analyze->flows.held_all);
	else
		tcp_tick(&flow->tcp, &analyze->now, &analyze->flows.held_all);
	analyze_count_session(&analyze->model->capture, flow->session, gaps, tcp->cut_packets);
	rank_update(analyze->model, flow->session);
	analyze_settle_flow(analyze, flow);
}

/*
 * Holes that are due in connections that got no packet of their own; looks at `most` connections, and goes on there
 * the next time. Only packets of sessions tell the time: what else is in the capture changes nothing, so a file that
 * -w wrote gives the same sessions.
 */
static void tick(struct analyze *analyze, uint32_t most)
{
	struct flows *flows = &analyze->flows;
	if (analyze->now.time < analyze->ticked)
		analyze->ticked = analyze->now.time;
	if (flows->next_due == NULL && origin_elapsed(analyze->ticked, analyze->now.time) >= TICK_NS) {
		analyze->ticked = analyze->now.time;
		flows->next_due = flows->waiting;
	}
	for (; flows->next_due != NULL && most > 0; most--) {
		struct flow *flow = flows->next_due;
		flows->next_due = flow->wait_next;
		tick_flow(analyze, flow);
	}
}

/* Within an input only: inputs overlap, and each has a clock of its own. */
static void watch_clock(struct analyze *analyze, uint32_t input, int64_t time)
{
	struct capture *capture = &analyze->model->capture;
	int64_t back = origin_elapsed(time, analyze->now.time);
	if (input != analyze->now.input || back <= CAPTURE_BACKWARDS)
		return;
	capture->backwards++;
	if (back <= capture->furthest_back)
		return;
	capture->furthest_back = back;
	capture->backwards_at = origin_of(time, capture->packets, input);
}

static void count_packet(struct analyze *analyze, uint32_t input, const struct capfile_packet *packet)
{
	struct capture *capture = &analyze->model->capture;
	capture->packets++;
	capture->bytes += packet->data.n;
	if (capture->first == INT64_MIN || packet->time < capture->first)
		capture->first = packet->time;
	if (capture->last == INT64_MIN || packet->time > capture->last)
		capture->last = packet->time;
	if (packet->time < analyze->now.time && capture->packets > 1)
		watch_clock(analyze, input, packet->time);
	analyze->now = origin_of(packet->time, capture->packets, input);
}

/* NMSP messages without anything around them. */
static void take_bare(struct analyze *analyze, const struct capfile_packet *packet)
{
	analyze_keep_memory(analyze, 1 + (uint32_t)(packet->data.n / MEMORY_BYTES));
	if (bare_session(analyze->bare, analyze->now.input) == NULL)
		analyze_make_room(analyze);
	analyze->model->capture.nmsp_packets++;
	bare_packet(analyze->bare, packet, &analyze->now);
	analyze->model->capture.cut_packets += packet->wire > packet->data.n;
	keep_bare(&analyze->keep, packet, bare_session(analyze->bare, analyze->now.input));
}

void analyze_packet(struct analyze *analyze, uint32_t input, const struct capfile_packet *packet)
{
	count_packet(analyze, input, packet);
	if (packet->linktype == PACKET_BARE) {
		take_bare(analyze, packet);
		return;
	}
	analyze_keep_memory(analyze, 1 + (uint32_t)(packet->data.n / MEMORY_BYTES));
	struct packet decoded;
	struct flow *flow = NULL;
	size_t wire = packet->wire < LIMIT_PACKET ? packet->wire : LIMIT_PACKET; /* a larger one is a lie */
	if (packet_decode(packet->linktype, packet->data, wire, &decoded))
		flow = take_frame(analyze, packet, &decoded);
	else
		model_note_unknown_link(analyze->model, packet->linktype);
	if (keep_any(&analyze->keep))
		keep_frame(&analyze->keep, analyze->model, flow, packet, &analyze->now);
	if (flow == NULL)
		return;
	flow->session->end = analyze->now.packet;
	if (packet->wire > analyze->model->capture.largest_wire)
		analyze->model->capture.largest_wire = packet->wire;
	tick(analyze, TICK_FLOWS);
}

void analyze_wait(struct analyze *analyze, int64_t now)
{
	if (analyze->model->capture.packets == 0 || now <= analyze->now.time)
		return;
	analyze->now.time = now;
	tick(analyze, UINT32_MAX);
}

/* Opens what waits of a connection. */
static void retry_one(struct analyze *analyze, struct tls_hold *hold)
{
	struct flow *flow = tls_conn_session(hold->owner)->conn;
	tls_conn_retry(flow->tls);
	rank_update(analyze->model, flow->session);
	keep_secrets(&analyze->keep, analyze->model, flow);
	analyze_settle_flow(analyze, flow);
}

/* The same, and of those with the same client random. */
static void retry_from(struct analyze *analyze, struct tls_hold *hold)
{
	for (struct tls_hold *next; hold != NULL; hold = next) {
		next = hold->alike;
		retry_one(analyze, hold);
	}
}

/*
 * A premaster secret of RSA says nothing of its connection: all that wait look for it; and a master secret may be that
 * of a session which others resume.
 */
static void retry(void *ctx, enum keylog_label label, const uint8_t id[TLS_RANDOM])
{
	struct analyze *analyze = ctx;
	analyze->retry_all = analyze->retry_all || label == KEYLOG_PREMASTER_RSA;
	analyze->retry_resumed = analyze->retry_resumed || label == KEYLOG_MASTER;
	if (label != KEYLOG_PREMASTER_RSA)
		retry_from(analyze, tls_holds_find(&analyze->model->waiting, id));
}

static void retry_all(struct analyze *analyze)
{
	struct tls_hold *hold, *next;
	for (hold = analyze->model->waiting.by_random; hold != NULL; hold = next) {
		next = hold->hh.next;
		retry_from(analyze, hold);
	}
}

static void retry_resumed(struct analyze *analyze)
{
	struct tls_hold *hold, *next;
	for (hold = analyze->model->waiting.any; hold != NULL; hold = next) {
		next = hold->any_next;
		retry_one(analyze, hold);
	}
}

bool analyze_keys(struct analyze *analyze, uint64_t most)
{
	const struct keylog *keylog = analyze->model->keylog;
	uint64_t end = keylog_generation(keylog), left = end - analyze->secrets;
	uint64_t until = left > most ? analyze->secrets + most : end;
	keylog_between(keylog, analyze->secrets, until, retry, analyze);
	analyze->secrets = until;
	if (analyze->retry_all)
		retry_all(analyze);
	else if (analyze->retry_resumed)
		retry_resumed(analyze);
	analyze->retry_all = analyze->retry_resumed = false;
	return until < end;
}

void analyze_secrets(struct analyze *analyze, struct span text)
{
	keylog_parse(analyze->model->keylog, text);
	analyze_keys(analyze, UINT64_MAX);
}

void analyze_end(struct analyze *analyze)
{
	bare_end(analyze->bare, &analyze->now);
	for (struct flow *flow = analyze->flows.table; flow != NULL; flow = flow->hh.next) {
		analyze_finish_flow(analyze, flow);
		analyze_settle_flow(analyze, flow);
	}
	keep_end(&analyze->keep, analyze->model);
}
