/*
 * How far a direction's protected records have come. Their number is the sequence number of the next one;
 * their bytes are the place in the key stream of a stream cipher.
 */
#ifndef ANALYZER_TLS_AMOUNT_H
#define ANALYZER_TLS_AMOUNT_H

#include <stdint.h>

struct tls_amount {
	uint64_t records;
	uint64_t bytes; /* of their bodies */
};

static inline struct tls_amount tls_amount_since(struct tls_amount now, struct tls_amount before)
{
	return (struct tls_amount){now.records - before.records, now.bytes - before.bytes};
}

static inline struct tls_amount tls_amount_add(struct tls_amount amount, uint64_t record_bytes)
{
	return (struct tls_amount){amount.records + 1, amount.bytes + record_bytes};
}

#endif
