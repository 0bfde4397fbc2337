/*
 * The store of certificates: each is read once, by cert.c, and found again by its bytes. See cert.h.
 *
 * Knows no OpenSSL and no fact of a certificate but its digest.
 */
#include "analyzer/cert_parts.h"

#include "analyzer/hash.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>
#include <utlist.h>

#define SHA256_BYTES 32

struct entry {
	struct cert cert;
	uint8_t *der; /* NULL: there was no room for it */
	size_t der_n;
	uint64_t references;
	struct entry *prev, *next; /* only while idle */
	UT_hash_handle hh;         /* key: the SHA-256 of the DER, in cert */
	UT_hash_handle by_der;     /* key: the DER; not in that table when it is NULL */
};

struct certs {
	struct entry *all;
	struct entry *kept; /* those whose DER is kept: found without a digest, as each session brings the same ones */
	struct entry *idle; /* without a reference, the longest so first */
	size_t bytes;       /* of DER that is kept */
	struct cert_reader *reader;
	uint64_t refused;
	bool redacted;
};

static const struct cert not_kept = {.valid = false};

static void remove_entry(struct certs *certs, struct entry *entry)
{
	HASH_DEL(certs->all, entry);
	if (entry->der != NULL)
		HASH_DELETE(by_der, certs->kept, entry);
	certs->bytes -= entry->der_n;
	free(entry->der);
	free(entry);
}

struct certs *certs_new(void)
{
	struct certs *certs = xcalloc(1, sizeof *certs);
	certs->reader = cert_reader_new();
	return certs;
}

void certs_free(struct certs *certs)
{
	struct entry *entry, *next;
	if (certs == NULL)
		return;
	HASH_ITER(hh, certs->all, entry, next)
	{
		remove_entry(certs, entry);
	}
	cert_reader_free(certs->reader);
	free(certs);
}

void certs_are_redacted(struct certs *certs)
{
	certs->redacted = true;
}

static void drop_idle(struct certs *certs)
{
	struct entry *oldest = certs->idle;
	DL_DELETE(certs->idle, oldest);
	remove_entry(certs, oldest);
}

/* Room for one more, by dropping the longest idle one at the cap; false when all are in use. */
static bool make_room(struct certs *certs)
{
	if (HASH_COUNT(certs->all) < LIMIT_CERTIFICATES)
		return true;
	if (certs->idle == NULL)
		return false;
	drop_idle(certs);
	return true;
}

/* What has no room is left out: the facts are there without it. */
static void keep_der(struct certs *certs, struct entry *entry, struct span der)
{
	if (der.n == 0 || der.n > LIMIT_CERTIFICATE_BYTES)
		return;
	while (certs->bytes + der.n > LIMIT_CERTIFICATES_BYTES && certs->idle != NULL)
		drop_idle(certs);
	if (certs->bytes + der.n > LIMIT_CERTIFICATES_BYTES)
		return;
	entry->der = xmalloc(der.n);
	memcpy(entry->der, der.p, der.n);
	entry->der_n = der.n;
	certs->bytes += der.n;
	HASH_ADD_KEYPTR(by_der, certs->kept, entry->der, entry->der_n, entry);
}

static struct entry *add(struct certs *certs, struct span der, const uint8_t key[SHA256_BYTES])
{
	struct entry *entry = xcalloc(1, sizeof *entry);
	uint8_t *kept = entry->cert.hash[CERT_DER_SHA256];
	memcpy(kept, key, SHA256_BYTES);
	entry->cert.has_hash[CERT_DER_SHA256] = true;
	cert_reader_read(certs->reader, der, certs->redacted, &entry->cert);
	keep_der(certs, entry, der);
	HASH_ADD_KEYPTR(hh, certs->all, kept, SHA256_BYTES, entry);
	return entry;
}

/* NULL when it is not in the store, and then `key` is its digest. */
static struct entry *look_up(const struct certs *certs, struct span der, uint8_t key[SHA256_BYTES])
{
	struct entry *entry = NULL;
	if (der.n > 0 && der.n <= LIMIT_CERTIFICATE_BYTES)
		HASH_FIND(by_der, certs->kept, der.p, der.n, entry);
	if (entry != NULL)
		return entry;
	cert_reader_sha256(certs->reader, der, key);
	HASH_FIND(hh, certs->all, key, SHA256_BYTES, entry);
	return entry;
}

const struct cert *certs_take(struct certs *certs, struct span der)
{
	uint8_t key[SHA256_BYTES];
	struct entry *entry = look_up(certs, der, key);
	if (entry == NULL) {
		if (!make_room(certs)) {
			certs->refused++;
			return &not_kept;
		}
		entry = add(certs, der, key);
	} else if (entry->references == 0) {
		DL_DELETE(certs->idle, entry);
	}
	entry->references++;
	return &entry->cert;
}

/* NULL for one that is not in the store. */
static struct entry *find(const struct certs *certs, const struct cert *cert)
{
	struct entry *entry = NULL;
	if (cert != NULL && cert != &not_kept)
		HASH_FIND(hh, certs->all, cert->hash[CERT_DER_SHA256], SHA256_BYTES, entry);
	return entry;
}

struct span certs_der(const struct certs *certs, const struct cert *cert)
{
	const struct entry *entry = find(certs, cert);
	return entry == NULL ? span_of(NULL, 0) : span_of(entry->der, entry->der_n);
}

void certs_share(struct certs *certs, const struct cert *cert)
{
	struct entry *entry = find(certs, cert);
	if (entry != NULL)
		entry->references++;
}

void certs_give_back(struct certs *certs, const struct cert *cert)
{
	struct entry *entry = find(certs, cert);
	if (entry != NULL && entry->references > 0 && --entry->references == 0)
		DL_APPEND(certs->idle, entry);
}

uint64_t certs_refused(const struct certs *certs)
{
	return certs->refused;
}
