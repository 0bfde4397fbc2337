/*
 * Fuzz target of analyzer/cert: any bytes as a certificate, and as a name. Every text must end inside its
 * array, the hashes must be there as the header says, and the second look must find the first one's facts.
 */
#include "analyzer/cert.h"
#include "analyzer/cert_name.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certs *certs = certs_new();
	const struct cert *cert = certs_take(certs, span_of(data, size));
	check(certs_take(certs, span_of(data, size)) == cert);
	check(cert->has_hash[CERT_DER_SHA1] && cert->has_hash[CERT_DER_SHA256]);
	check(cert->valid || !cert->has_hash[CERT_SPKI_SHA256]);
	check(strlen(cert->subject) < sizeof cert->subject && strlen(cert->issuer) < sizeof cert->issuer);
	check(strlen(cert->common_name) < sizeof cert->common_name);
	check(strlen(cert->serial) < sizeof cert->serial && strlen(cert->key) < sizeof cert->key);
	check(strlen(cert->signature) < sizeof cert->signature);
	char name[64];
	bool good = cert_name(span_of(data, size), name, sizeof name);
	check(strlen(name) < sizeof name && (good || name[0] == '\0'));
	certs_give_back(certs, cert);
	certs_free(certs);
	return 0;
}
