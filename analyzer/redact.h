/*
 * Addresses and names -> stable tokens of the same length, for --redact.
 *
 * The same value gives the same token all through a run, different addresses give different tokens, and no token is
 * the value itself. The mapping hangs on a key that is random in each run and written nowhere. Hosts of one network
 * stay hosts of one network, and MAC addresses of one vendor stay so: tokens share what their values share in front.
 * Never decides where addresses and names stand; the callers do.
 */
#ifndef ANALYZER_REDACT_H
#define ANALYZER_REDACT_H

#include "dissect/packet.h"

#define REDACT_KEY 16
#define REDACT_MAC 6

struct profile;

struct redact {
	uint64_t key[2];
	const struct profile *profile; /* of NMSP messages that are not encrypted, borrowed; NULL: they are not read */
};

/* A key of the system's random bytes; the program ends when there are none. */
void redact_start(struct redact *redact);

/* With this key, for tests. */
void redact_start_with(struct redact *redact, const uint8_t key[REDACT_KEY]);

/*
 * An address in place. Its text keeps its length: each number of the token has as many digits. The unspecified,
 * broadcast, multicast and link-local parts stay what they are; version 0 stays.
 */
void redact_ip4(const struct redact *redact, uint8_t bytes[4]);
void redact_ip6(const struct redact *redact, uint8_t bytes[16]);
void redact_addr(const struct redact *redact, struct addr *addr);

/*
 * The ends of a decoded packet, and of the one that an ICMP error is about. Its checksum, where it is looked at, says
 * as before whether it is unfinished.
 */
void redact_packet(const struct redact *redact, struct packet *packet);

/* A MAC address in place. All zeros, broadcast, and the bits for group and local addresses stay. */
void redact_mac(const struct redact *redact, uint8_t mac[REDACT_MAC]);

/*
 * A text in place: MAC addresses (cert_mac's forms) and IPv4 addresses in it as above, so that they stay the same as
 * elsewhere, other letters and digits by letters and digits, bytes beyond ASCII by x. Punctuation stays, and so do
 * the names by which cert.c knows the factory's authorities.
 */
void redact_text(const struct redact *redact, uint8_t *text, size_t n);

/* Bytes that nobody understands, in place: all bits set, which begins no record, handshake message or certificate. */
void redact_bytes(uint8_t *bytes, size_t n);

/* SipHash-2-4 (Aumasson and Bernstein, 2012) of some bytes: what all of it rests on. */
uint64_t redact_hash(const struct redact *redact, const void *bytes, size_t n);

#endif
