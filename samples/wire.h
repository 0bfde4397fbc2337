/*
 * Frames as a span port would mirror them: TCP and UDP conversations over Ethernet, IPv4 or IPv6.
 *
 * A conversation keeps both sides' sequence numbers and a clock and appends frames to a wire; the wire
 * keeps them so that a scenario can lose, reorder, cut and wrap them before they are written. Checksums
 * are right unless asked otherwise, short frames are padded to 60 bytes. dir 0 = from host[0], the opener.
 */
#ifndef SAMPLES_WIRE_H
#define SAMPLES_WIRE_H

#include "analyzer/capfile.h"
#include "dissect/packet.h"
#include "samples/bytes.h"
#include "samples/wrap.h"

#define WIRE_MSS 1460

struct wire_frame {
	int64_t time; /* nanoseconds since 1970-01-01 UTC */
	int dir;
	size_t payload;  /* TCP or UDP payload bytes */
	size_t captured; /* bytes to be written, at most bytes.n */
	enum capfile_direction direction;
	struct bytes bytes;
};

struct wire { /* all zero is an empty one */
	struct wire_frame *frames;
	size_t n, room;
	uint32_t linktype; /* 0: Ethernet */
	bool as_is; /* wire_write keeps the order of the frames, whatever their times */
};

struct wire_host {
	uint8_t mac[6];
	struct addr ip;
	uint16_t port;
};

struct wire_conversation {
	struct wire *wire;
	struct wire_host host[2];
	int64_t now; /* time of the last frame; a scenario adds to it to let time pass */
	size_t mss;
	uint32_t seq[2];     /* the next byte of each side */
	unsigned unacked[2]; /* segments of each side that the other has not acknowledged */
	uint16_t ip_id[2];
	uint16_t window[2]; /* announced but in a SYN */
	uint8_t ttl[2];
	bool unfinished[2]; /* captured on this side's host, whose network card finishes the checksums */
	bool timestamps;    /* RFC 7323, in milliseconds */
	int64_t ahead;      /* of the capture's clock, which the hosts do not share; nanoseconds */
	int last_dir;
};

/* A conversation that has not begun. Both hosts have the same IP version. */
struct wire_conversation wire_conversation(struct wire *wire, const struct wire_host host[2], int64_t start);

/*
 * One segment with these TCP flags, whatever its size: the primitive under all below. Time moves on a
 * little, more when the other side spoke last.
 */
void wire_segment(struct wire_conversation *talk, int dir, uint8_t flags, struct span payload);

/* One UDP datagram; time moves on in the same way. */
void wire_datagram(struct wire_conversation *talk, int dir, struct span payload);

/* SYN, SYN-ACK, ACK. */
void wire_open(struct wire_conversation *talk);

/* Bytes in segments of the conversation's MSS; every second one is acknowledged at once, RFC 1122 4.2.3.2. */
void wire_send(struct wire_conversation *talk, int dir, struct span bytes);

/* A bare ACK of `dir`, when the other side's last bytes still lack one. */
void wire_ack(struct wire_conversation *talk, int dir);

/* The next segment of `dir` repeats its last `n` sequence numbers: a retransmission. */
void wire_rewind(struct wire_conversation *talk, int dir, uint32_t n);

/* The last segment of `dir` that carries payload once more; nobody acknowledges it. */
void wire_resend(struct wire_conversation *talk, int dir);

/* A keep-alive probe of `dir` and its answer, RFC 9293 section 3.8.4. */
void wire_keepalive(struct wire_conversation *talk, int dir);

/* An ICMP error over IPv4 of a host in between, about the last segment of `dir`; mtu 0 where it has none. */
void wire_icmp(struct wire_conversation *talk, int dir, const struct addr *from, uint8_t type, uint8_t code,
               uint16_t mtu);

/* FIN of `dir`, FIN of the other side, last ACK. */
void wire_close(struct wire_conversation *talk, int dir);

/* What a scenario does to the collected frames. Positions count from 0. */
void wire_lose(struct wire *wire, size_t at);
void wire_lose_before(struct wire *wire, size_t at);
void wire_lose_dir(struct wire *wire, int dir);
void wire_move(struct wire *wire, size_t from, size_t to); /* the times stay where they are */
void wire_snap(struct wire *wire, size_t snaplen);

/* Position of the nth (from 0) frame of `dir` that carries payload; the program ends when there is none. */
size_t wire_find(const struct wire *wire, int dir, size_t nth);

/* A frame of any bytes, which are copied. */
void wire_add(struct wire *wire, int64_t time, struct span bytes);

/* Every frame behind tags or in a tunnel. */
void wire_wrap(struct wire *wire, enum wrap_kind kind);

/* Writes the frames, in order of time unless as_is, and empties the wire. -1 when the stream failed. */
int wire_write(struct wire *wire, struct capfile_writer *writer);

void wire_free(struct wire *wire);

#endif
