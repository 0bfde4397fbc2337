/* The table of connections and the list of those that wait. Called by analyze.c only. */
#include "analyzer/flow.h"

#include "analyzer/xmalloc.h"

static int compare_ends(const struct addr *a, uint16_t a_port, const struct addr *b, uint16_t b_port)
{
	int order = memcmp(a, b, sizeof *a);
	return order != 0 ? order : (int)a_port - (int)b_port;
}

void flow_key(struct flow_key *key, uint16_t proto, const struct addr *src, uint16_t src_port, const struct addr *dst,
    uint16_t dst_port, bool *low)
{
	memset(key, 0, sizeof *key);
	key->proto = proto;
	*low = compare_ends(src, src_port, dst, dst_port) <= 0;
	key->addr[0] = *low ? *src : *dst;
	key->addr[1] = *low ? *dst : *src;
	key->port[0] = *low ? src_port : dst_port;
	key->port[1] = *low ? dst_port : src_port;
}

/* The first end of the key is `a`, the second one is `b`. */
static bool is_between(const struct flow_key *key, const struct addr *a, uint16_t a_port, const struct addr *b,
    uint16_t b_port)
{
	return key->port[0] == a_port && key->port[1] == b_port && addr_equal(&key->addr[0], a) &&
	    addr_equal(&key->addr[1], b);
}

struct flow *flow_find(struct flows *flows, uint16_t proto, const struct addr *src, uint16_t src_port,
    const struct addr *dst, uint16_t dst_port, bool *low)
{
	struct flow *flow = flows->recent;
	if (flow != NULL && flow->key.proto == proto) {
		*low = is_between(&flow->key, src, src_port, dst, dst_port);
		if (*low || is_between(&flow->key, dst, dst_port, src, src_port))
			return flow;
	}
	struct flow_key key;
	flow_key(&key, proto, src, src_port, dst, dst_port, low);
	HASH_FIND(hh, flows->table, &key, sizeof key, flow);
	if (flow != NULL)
		flows->recent = flow;
	return flow;
}

struct flow *flow_add(struct flows *flows, const struct flow_key *key)
{
	struct flow *flow = xcalloc(1, sizeof *flow);
	flow->key = *key;
	HASH_ADD(hh, flows->table, key, sizeof *key, flow);
	flows->recent = flow;
	return flow;
}

static void unlist(struct flows *flows, struct flow *flow)
{
	if (!flow->listed)
		return;
	if (flows->next_due == flow)
		flows->next_due = flow->wait_next;
	if (flow->wait_prev != NULL)
		flow->wait_prev->wait_next = flow->wait_next;
	else
		flows->waiting = flow->wait_next;
	if (flow->wait_next != NULL)
		flow->wait_next->wait_prev = flow->wait_prev;
	flow->listed = false;
}

void flow_list(struct flows *flows, struct flow *flow)
{
	if (!flow->tcp.waiting && !dtls_conn_waits(flow->dtls)) {
		unlist(flows, flow);
		return;
	}
	if (flow->listed)
		return;
	flow->listed = true;
	flow->wait_prev = NULL;
	flow->wait_next = flows->waiting;
	if (flows->waiting != NULL)
		flows->waiting->wait_prev = flow;
	flows->waiting = flow;
}

void flow_remove(struct flows *flows, struct flow *flow)
{
	unlist(flows, flow);
	HASH_DELETE(hh, flows->table, flow);
	if (flows->recent == flow)
		flows->recent = NULL;
	flows->held_all -= flow->tcp.side[0].stream.held_bytes + flow->tcp.side[1].stream.held_bytes;
	flows->held_all -= dtls_conn_held(flow->dtls);
	tcp_free(&flow->tcp);
	dtls_conn_free(flow->dtls);
	tls_conn_free(flow->tls);
	free(flow);
}
