/*
 * Connections and their sessions: opened with the first packet, ended, given up when there are too many or the
 * memory is too little. Called by analyze.c; reads no packet but the first one's ends.
 */
#include "analyzer/analyze_parts.h"

#include "analyzer/pairs.h"
#include "analyzer/rank.h"
#include "analyzer/roles.h"

#define MEMORY_WORK    16384 /* packets after which the memory in use is looked at, */
#define MEMORY_SESSION 64    /* as how many packets a new session counts, */
#define MEMORY_BATCH   64    /* sessions that are given up at a time, at least, */
#define MEMORY_SPARE   16    /* until one of so many parts of it is free again */
#define MEMORY_SHARE   3     /* of MEMORY_PARTS parts of it: the rest is the program itself, and free pieces */
#define MEMORY_PARTS   4

/*
 * The connection ends: what it still holds is handed up, a ClientHello behind a hole maybe, and the gaps are
 * counted.
 */
void analyze_finish_flow(struct analyze *analyze, struct flow *flow)
{
	const struct session_tcp *tcp = &flow->session->tcp;
	uint64_t gaps = tcp->gaps[0] + tcp->gaps[1];
	if (flow->dtls != NULL)
		dtls_conn_end(flow->dtls, &analyze->now, &analyze->flows.held_all);
	else
		tcp_end(&flow->tcp, &analyze->now, &analyze->flows.held_all);
	if (flow->tls != NULL)
		tls_conn_flush(flow->tls);
	analyze_count_session(&analyze->model->capture, flow->session, gaps, tcp->cut_packets);
	rank_update(analyze->model, flow->session);
	keep_secrets(&analyze->keep, analyze->model, flow);
}

void analyze_drop_flow(struct analyze *analyze, struct flow *flow)
{
	analyze_finish_flow(analyze, flow);
	flow->session->conn = NULL;
	flow_remove(&analyze->flows, flow);
}

static void give_up_one(struct analyze *analyze, enum limit why)
{
	struct session *victim = rank_victim(analyze->model);
	if (victim->conn != NULL)
		analyze_drop_flow(analyze, victim->conn);
	bare_drop(analyze->bare, victim);
	model_hit(analyze->model, why, &analyze->now);
	model_drop_session(analyze->model, victim);
}

void analyze_make_room(struct analyze *analyze)
{
	while (analyze->model->n_sessions >= LIMIT_SESSIONS)
		give_up_one(analyze, HIT_SESSIONS);
}

/* As many as have the share of `excess` bytes when all have the same: the allocator need not be asked for each. */
static void give_up_many(struct analyze *analyze, size_t used, size_t excess)
{
	uint32_t sessions = analyze->model->n_sessions;
	uint32_t n = (uint32_t)((double)sessions * (double)excess / (double)used);
	n = n > MEMORY_BATCH ? n : MEMORY_BATCH;
	for (uint32_t i = 0; i < n && analyze->model->n_sessions > 1; i++)
		give_up_one(analyze, HIT_MEMORY);
}

void analyze_keep_memory(struct analyze *analyze, uint32_t work)
{
	const struct model *model = analyze->model;
	analyze->work += work;
	if (model->memory == 0 || analyze->work < MEMORY_WORK)
		return;
	analyze->work = 0;
	size_t used, most = model->memory / MEMORY_PARTS * MEMORY_SHARE;
	while (model->n_sessions > 1 && (used = analyze->used(most)) > most)
		give_up_many(analyze, used, used - (most - most / MEMORY_SPARE));
}

struct flow *analyze_open_flow(struct analyze *analyze, const struct packet *packet)
{
	analyze_make_room(analyze);
	analyze_keep_memory(analyze, MEMORY_SESSION);
	struct session *session = model_add_session(analyze->model, &analyze->now);
	bool first = roles_source_is_first(analyze->model, packet), udp = packet->kind == PACKET_UDP, low;
	uint16_t src_port = udp ? packet->udp.src_port : packet->tcp.src_port;
	uint16_t dst_port = udp ? packet->udp.dst_port : packet->tcp.dst_port;
	struct flow_key key;
	flow_key(&key, udp ? IP_UDP : IP_TCP, &packet->src, src_port, &packet->dst, dst_port, &low);
	struct flow *flow = flow_add(&analyze->flows, &key);
	session->addr[0] = first ? packet->src : packet->dst;
	session->addr[1] = first ? packet->dst : packet->src;
	session->port[0] = first ? src_port : dst_port;
	session->port[1] = first ? dst_port : src_port;
	session->tls.datagram = udp;
	session->conn = flow;
	session->midstream = true; /* until a SYN is seen, or a client_hello of DTLS */
	roles_assign(analyze->model, session);
	if (!pairs_join(analyze->model->pairs, session))
		model_hit(analyze->model, HIT_PAIRS, &analyze->now);
	if (session->pair_prev != NULL)
		rank_update(analyze->model, session->pair_prev);
	flow->session = session;
	flow->low_dir = low == first ? 0 : 1;
	flow->tls = tls_conn_new(analyze->model, session);
	if (udp) {
		flow->dtls = dtls_conn_new(flow->tls);
		return flow;
	}
	struct sink sinks[2] = {tls_conn_sink(flow->tls, 0), tls_conn_sink(flow->tls, 1)};
	tcp_init(&flow->tcp, session, sinks);
	return flow;
}

void analyze_settle_flow(struct analyze *analyze, struct flow *flow)
{
	for (; flow->tcp.forced > 0; flow->tcp.forced--)
		model_hit(analyze->model, HIT_HELD, &analyze->now);
	for (; flow->tcp.forced_for_all > 0; flow->tcp.forced_for_all--)
		model_hit(analyze->model, HIT_HELD_ALL, &analyze->now);
	if (flow->dtls != NULL && dtls_conn_take_forced(flow->dtls) > 0)
		model_hit(analyze->model, HIT_HELD, &analyze->now);
	bool ended = flow->tcp.ended || dtls_conn_ended(flow->dtls);
	if (ended && flow->tls != NULL && !tls_conn_waits(flow->tls)) {
		tls_conn_free(flow->tls);
		flow->tls = NULL;
	}
	flow_list(&analyze->flows, flow);
}
