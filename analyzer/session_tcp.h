/*
 * TCP facts of a session, a part of the model.
 *
 * Written by tcp.c and tcp_facts.c, read by the rules and the screens. Times as in model.h.
 */
#ifndef ANALYZER_SESSION_TCP_H
#define ANALYZER_SESSION_TCP_H

#include "analyzer/origin.h"
#include "dissect/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* The segment that a side sent again last and that nobody has acknowledged. */
struct tcp_repeat {
	struct origin first, last; /* of the repeats */
	uint64_t off;              /* its place in the stream, as tcp.c counts */
	uint32_t seq, length;      /* length: of the last repeat */
	uint32_t times;            /* repeats, without the first sending; 0 = none */
};

/* From the first to the last packet of a row of packets that announce a window of 0. Packet 0 = none. */
struct tcp_zero_window {
	struct origin from, to;
};

/*
 * What a side's TCP timestamps (RFC 7323) say of the time that passed: the first one and the last one since
 * the capture's clock was last seen to go its way beside them. Packet 0 = none.
 */
struct tcp_ticks {
	struct origin first, last;
	uint32_t first_value, last_value;
};

/* The capture's clock leapt forward between two packets of a side. Packet 0 = never. */
struct tcp_leap {
	struct origin from, to;
	int64_t host; /* ns that went by at most, by the side's timestamps */
};

/*
 * TCP facts, and of a UDP session those that it has as well: retransmissions are datagrams with handshake
 * messages that came before, gaps are records and messages that are missing. Arrays of two are by direction: 0 =
 * from the sender of the SYN.
 */
struct session_tcp {
	uint64_t packets[2];
	uint64_t bytes[2];     /* TCP payload on the wire, repeats included */
	uint64_t delivered[2]; /* payload handed to TLS, in order, once */
	uint64_t gaps[2], lost_bytes[2];
	uint64_t retransmissions[2];
	uint64_t duplicates; /* of the mirror: the same packet delivered twice */
	uint64_t late_copies; /* of the retransmissions: with the first one's IP id, so hardly sent by a host */
	struct origin first_late_copy;
	uint64_t conflicts;  /* repeats whose bytes differ from the first copy */
	struct origin first_conflict;
	uint64_t cut_packets;
	struct origin first_gap, first_cut; /* packet 0 = none */
	struct origin syn[LIMIT_SYNS];
	uint32_t syns; /* all of them, also beyond the array */
	struct origin syn_ack; /* packet 0 = none seen */
	struct origin ack;     /* the ACK that completes the TCP handshake; packet 0 = not seen */
	struct origin first_data[2], last_data[2];
	struct origin last[2]; /* last packet of each direction, packet 0 = direction never seen */
	struct origin fin[2];
	struct origin rst; /* the first one */
	uint8_t rst_dir;
	bool closed_unread;  /* what closed it acknowledges no byte of the other side, RFC 9293 section 3.6 */
	uint8_t ttl[2];      /* of all packets but RSTs, unless ttl_mixed; 0 = none */
	bool ttl_mixed[2];
	uint8_t rst_ttl[2];  /* of the first RST; 0 = none */
	uint16_t mss[2];     /* announced by this side; 0 = unknown */
	uint32_t largest[2]; /* payload bytes of the largest segment */
	uint32_t largest_seq[2];      /* ... and of the first one so large its place, */
	struct origin largest_at[2];  /* and packet */
	struct tcp_repeat repeat[2];
	struct tcp_zero_window zero_window[2]; /* the longest row */
	struct origin zero_since[2]; /* start of the row that goes on; packet 0 = none does */
	uint32_t unfinished[2];      /* packets but RSTs whose checksum a network card was to finish, */
	uint32_t checked[2];         /* of so many: the first ones */
	struct origin first_unfinished[2];
	struct tcp_ticks ticks[2];
	struct tcp_leap leap[2]; /* the first one */
};

#endif
