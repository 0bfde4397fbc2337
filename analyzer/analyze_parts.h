/*
 * The state of the analysis and of the connections that it follows: what analyze.c, which takes the packets, and
 * analyze_flow.c, which opens and ends connections, share. Nobody else includes this file.
 */
#ifndef ANALYZER_ANALYZE_PARTS_H
#define ANALYZER_ANALYZE_PARTS_H

#include "analyzer/analyze.h"
#include "analyzer/bare.h"
#include "analyzer/flow.h"
#include "analyzer/keep.h"

struct analyze {
	struct model *model;
	struct flows flows;
	struct fragments *fragments;
	struct capture_filter *filter;
	struct bare *bare;
	struct keep keep;
	struct origin now;  /* of the last packet */
	uint64_t secrets;   /* generation of the key log at the last look */
	bool retry_all;     /* a new secret may be that of any connection which waits, */
	bool retry_resumed; /* ... or of any that resumes a session */
	int64_t ticked;     /* capture time of the last look at waiting connections */
	size_t (*used)(size_t bound); /* memory in use, or the bound where there is less */
	uint32_t work;        /* done since it was looked at */
};

/* Differences of a session's counters go into the capture's sums. */
static inline void analyze_count_session(struct capture *capture, const struct session *session, uint64_t gaps,
    uint64_t cuts)
{
	capture->gaps += session->tcp.gaps[0] + session->tcp.gaps[1] - gaps;
	capture->cut_packets += session->tcp.cut_packets - cuts;
}

/* So much work was done, in packets: sessions are given up when the memory has become too little. */
void analyze_keep_memory(struct analyze *analyze, uint32_t work);

/* Gives sessions up until there is room for one more. */
void analyze_make_room(struct analyze *analyze);

/* A new session and its connection, by its first packet. */
struct flow *analyze_open_flow(struct analyze *analyze, const struct packet *packet);

/* The connection ends; and is forgotten. */
void analyze_finish_flow(struct analyze *analyze, struct flow *flow);
void analyze_drop_flow(struct analyze *analyze, struct flow *flow);

/* After a connection's state moved: what it no longer needs is freed, what waits is listed. */
void analyze_settle_flow(struct analyze *analyze, struct flow *flow);

#endif
