/* Ethernet and IP headers in front of a payload, and the Internet checksum: what wire and wrap are made of.
 */
#ifndef SAMPLES_HEADERS_H
#define SAMPLES_HEADERS_H

#include "samples/bytes.h"

enum {
	HEADERS_ETHERNET = 14,     /* bytes */
	HEADERS_ETHERNET_MIN = 60, /* of a frame without its check sequence */
	HEADERS_MACS = 12,
	HEADERS_IPV4 = 20,
	HEADERS_TTL = 64,
	HEADERS_TYPE_IPV4 = 0x0800,
	HEADERS_TYPE_IPV6 = 0x86dd,
	HEADERS_DONT_FRAGMENT = 0x4000,
	HEADERS_MORE_FRAGMENTS = 0x2000,
};

/* RFC 1071: adds 16-bit words to a sum; the checksum of a sum. */
uint32_t headers_sum(uint32_t sum, struct span bytes);
uint16_t headers_fold(uint32_t sum);

void headers_ethernet(struct bytes *out, const uint8_t src[6], const uint8_t dst[6], uint16_t type);

struct headers_ipv4 {
	struct span src, dst;
	uint8_t protocol, ttl;
	uint16_t id;
	uint16_t fragment; /* flags and offset */
};

/* `payload`: bytes that will stand behind it. The checksum is right. */
void headers_ipv4(struct bytes *out, const struct headers_ipv4 *header, size_t payload);

/* Zeros up to the shortest frame there is, counted from `start`. */
void headers_pad(struct bytes *out, size_t start);

#endif
