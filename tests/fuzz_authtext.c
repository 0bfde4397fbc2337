/*
 * Fuzz target of dissect/authtext and analyzer/authlist: any text as an allow list, whole and half of it,
 * and its decision about the certificate of the published example. A match must rest on an undamaged hash.
 */
#include "analyzer/authlist.h"

#include "dissect/limits.h"

#include <stdlib.h>

#define ENGINES 64 /* compared in one run */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* The index leaves nothing out: no entry of the list gives a better answer when it stands alone. */
static void check_index(const struct authlist *list, const struct cert *cert, const struct auth_decision *out)
{
	bool listed = false;
	struct authlist_key key = authlist_key_of_cert(cert);
	for (size_t i = 0; i < list->n_entries; i++) {
		const struct authlist_entry *entry = &list->entries[i];
		listed = listed || (entry->side != AUTHLIST_ENGINE && entry->mac.damage == 0 &&
		                    key.mac[0] != 0 && strcmp(entry->mac.text, key.mac) == 0);
	}
	check(!listed || (out->prediction != AUTH_MAC_NOT_LISTED && out->prediction != AUTH_HASH_OTHER_MAC));
}

/* Comparing and the lines to paste. A match with an engine rests on a hash that can be read. */
static void check_engines(const struct authlist *list)
{
	struct auth_decision out;
	struct auth_fix fix;
	const struct authlist_engine *only = authlist_only_engine(list);
	check(only == NULL || list->n_engines > 0);
	for (size_t i = 0; i < list->n_engines && i < ENGINES; i++) {
		struct authlist_key key = authlist_key_of_engine(list, &list->engines[i]);
		authlist_compare(list, &list->engines[i], AUTHLIST_ALL, &out);
		check(strlen(out.detail) < sizeof out.detail);
		check((out.prediction == AUTH_NO_LIST) == (list->n_lists == 0));
		check(out.prediction != AUTH_MATCH || key.sha1[0] != 0 || key.sha256[0] != 0);
		check(authlist_own_entry(list, &list->engines[i], out.entry)->side == AUTHLIST_ENGINE);
		for (uint32_t one = 0; one < list->n_lists; one++) {
			authlist_compare(list, &list->engines[i], one, &out);
			check(out.prediction != AUTH_NO_LIST && !out.disputed);
			check(out.entry == NULL || list->files[out.entry->file].list == one);
		}
		authlist_fix(list, &key, &fix);
		check(fix.lines <= AUTHLIST_FIX_LINES);
	}
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
	check(list.n_allowing <= list.n_entries);
	check((out.prediction == AUTH_NO_LIST) == (list.n_lists == 0));
	check(out.entry == NULL || out.entry->side != AUTHLIST_ENGINE);
	check_index(&list, &cert, &out);
	check_engines(&list);
	check(out.prediction != AUTH_MATCH || out.entry->pem || out.entry->hash.damage == 0);
	for (size_t i = 0; i < list.n_files; i++)
		check(list.files[i].n_problems <= LIMIT_LIST_PROBLEMS);
	authlist_free(&list);
	certs_free(certs);
	return 0;
}
