/*
 * Fuzz target of dissect/authtext and analyzer/authlist: any text as an allow list, whole and half of it,
 * and its decision about the certificate of the published example. A match must rest on an undamaged hash.
 */
#include "analyzer/authlist.h"

#include "dissect/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert cert = {.valid = true, .has_mac = size % 2 == 0};
	struct authlist list;
	struct auth_decision out;
	struct certs *certs = certs_new();
	authtext_mac("0050569c3489", cert.mac);
	authtext_hash("e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", cert.hash[CERT_SPKI_SHA1]);
	authtext_hash("6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177",
	              cert.hash[CERT_SPKI_SHA256]);
	cert.has_hash[CERT_SPKI_SHA1] = cert.has_hash[CERT_SPKI_SHA256] = true;
	authlist_init(&list, certs);
	authlist_parse(&list, "first", span_of(data, size));
	authlist_parse(&list, "second", span_of(data, size / 2));
	authlist_decide(&list, &cert, 0, &out);
	check(strlen(out.detail) < sizeof out.detail && auth_prediction_name(out.prediction) != NULL);
	check(list.n_entries == list.files[0].entries + list.files[1].entries);
	check((out.prediction == AUTH_NO_LIST) == (list.n_entries == 0));
	check(out.prediction != AUTH_MATCH || out.entry->pem || out.entry->hash.damage == 0);
	for (size_t i = 0; i < list.n_files; i++)
		check(list.files[i].n_problems <= LIMIT_LIST_PROBLEMS);
	authlist_free(&list);
	certs_free(certs);
	return 0;
}
