/*
 * Live capture: one network interface -> packets, through libpcap. With capture.c the only module that knows it.
 *
 * Opened before privileges are dropped, read behind that. Never waits: whoever reads polls live_fd(). A packet
 * borrows from the handle until the next call.
 */
#ifndef ANALYZER_CAPTURE_LIVE_H
#define ANALYZER_CAPTURE_LIVE_H

#include "analyzer/capfile.h"
#include "analyzer/err.h"

#include <stdbool.h>

struct live;

struct live_wishes {
	uint32_t snaplen;      /* bytes kept of a packet; 0: all that there can be */
	uint32_t buffer;       /* bytes of the kernel's buffer; 0: the default, 16 MiB */
	bool no_promiscuous;
	bool everything;       /* no filter in the kernel: every packet comes */
	const uint16_t *ports; /* NMSP ports */
	uint32_t n_ports;
};

#define LIVE_SNAPLEN  LIMIT_PACKET
#define LIVE_BUFFER   (16u << 20)
#define LIVE_DELAY_MS 100 /* a packet may come so late: the kernel hands over blocks of them */

/*
 * Opens the interface ("any" is all of them), and lets the kernel pass only what may hold NMSP: the ports, with up
 * to two VLAN tags, fragments, ICMP errors and tunnels, or everything. NULL and a sentence with the cure. Free with live_close.
 */
struct live *live_open(const char *name, const struct live_wishes *wishes, struct err *err);
void live_close(struct live *live); /* NULL is allowed */

enum live_result {
	LIVE_PACKET,
	LIVE_WAIT, /* nothing at the moment, also while the interface is down */
	LIVE_END,  /* nothing more will come: live_problem() says why */
};

enum live_result live_next(struct live *live, struct capfile_packet *out);

/* As live_next, but the packet stays the next one; only its time is told. */
enum live_result live_peek(struct live *live, int64_t *time);

int live_fd(const struct live *live);

const char *live_name(const struct live *live);
const char *live_problem(const struct live *live); /* a sentence, "" when all is well */
const char *live_outage(const struct live *live); /* at the moment: "is down" or "has no link"; NULL when neither */
const char *live_warning(const struct live *live); /* of libpcap, when it was opened; "" when it had none */
uint64_t live_packets(const struct live *live); /* handed out so far */
uint64_t live_bytes(const struct live *live);   /* captured bytes of these packets */
uint32_t live_snaplen(const struct live *live);

/* Packets that passed the filter and were lost since the start. */
struct live_losses {
	uint64_t kernel;    /* the buffer was full */
	uint64_t interface; /* before the kernel saw them, as far as the driver counts them */
};
struct live_losses live_losses(struct live *live);

/* An interface that could be captured from. Strings are valid during the call. */
struct live_interface {
	const char *name, *description; /* description: NULL when there is none */
	bool real; /* of the system: else it is one that libpcap makes up */
	bool up, running, loopback;
	const struct sockaddr *const *addresses; /* IPv4 and IPv6 */
	uint32_t n_addresses;
};

/* Tells of every interface, in libpcap's order. -1 and a sentence. */
int live_list(void (*tell)(void *ctx, const struct live_interface *interface), void *ctx, struct err *err);

#endif
