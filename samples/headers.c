/* Headers; see headers.h. Called by wire.c, wrap.c and the injector. */
#include "samples/headers.h"

enum { CHECKSUM = 10 /* offset in an IPv4 header */ };

uint32_t headers_sum(uint32_t sum, struct span bytes)
{
	struct rd r = rd_of(bytes);
	while (rd_left(&r) >= 2)
		sum += rd_u16(&r);
	if (rd_left(&r) == 1)
		sum += (uint32_t)rd_u8(&r) << 8;
	return sum;
}

uint16_t headers_fold(uint32_t sum)
{
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)~sum;
}

void headers_ethernet(struct bytes *out, const uint8_t src[6], const uint8_t dst[6], uint16_t type)
{
	bytes_add(out, span_of(dst, 6));
	bytes_add(out, span_of(src, 6));
	bytes_big(out, type, 2);
}

void headers_ipv4(struct bytes *out, const struct headers_ipv4 *header, size_t payload)
{
	size_t start = out->n;
	bytes_big(out, 0x4500, 2);
	bytes_big(out, HEADERS_IPV4 + payload, 2);
	bytes_big(out, header->id, 2);
	bytes_big(out, header->fragment, 2);
	bytes_big(out, header->ttl, 1);
	bytes_big(out, header->protocol, 1);
	bytes_big(out, 0, 2);
	bytes_add(out, header->src);
	bytes_add(out, header->dst);
	struct span whole = span_cut(bytes_span(out), start, HEADERS_IPV4);
	bytes_set16(out, start + CHECKSUM, headers_fold(headers_sum(0, whole)));
}

void headers_pad(struct bytes *out, size_t start)
{
	if (out->n - start < HEADERS_ETHERNET_MIN)
		bytes_zeros(out, HEADERS_ETHERNET_MIN - (out->n - start));
}
