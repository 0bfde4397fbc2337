/* What the tests of allow lists share: the published example, a list with its certificate, a row of answers.
 */
#ifndef TESTS_AUTHLIST_ROWS_H
#define TESTS_AUTHLIST_ROWS_H

#include "analyzer/authlist.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* The published example, facts.md section 6. */
#define MAC    "0050569c3489"
#define SHA1   "e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0"
#define SHA256 "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177"
/* Further hashes of the same certificate, and ones that are none of its. */
#define PKCS1  "1111111111111111111111111111111111111111111111111111111111111111"
#define WHOLE  "2222222222222222222222222222222222222222"
#define OTHER1 "9e4ddd8dfcdd8458ba7b273fc37284b31a384eb9"
#define OTHER2 "740a0ccd0bed632c49c42451e8a3ce265e3f524a4b6f57f4763cb29891dde740"

#define COLONS "00:50:56:9c:34:89"
#define NOT_COMPARED                                                                                         \
	"the controller compares the hash of the SubjectPublicKeyInfo (inferred): likely no match"
#define IOS(mac, hash)                                                                                       \
	"username " mac                                                                                      \
	" mac aaa attribute list cmx\naaa attribute list cmx\n attribute type password " hash "\n"

struct fixture {
	struct certs *certs;
	struct authlist list;
	struct cert cert;
};

static inline void set_hash(struct cert *cert, enum cert_hash kind, const char *hex)
{
	assert_int_equal(authtext_hash(hex, cert->hash[kind]), cert_hash_bytes(kind));
	cert->has_hash[kind] = true;
}

static inline struct fixture *start(bool has_mac)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	f->certs = certs_new();
	authlist_init(&f->list, f->certs);
	f->cert.valid = true;
	f->cert.has_mac = has_mac && authtext_mac(MAC, f->cert.mac);
	set_hash(&f->cert, CERT_SPKI_SHA1, SHA1);
	set_hash(&f->cert, CERT_SPKI_SHA256, SHA256);
	set_hash(&f->cert, CERT_PKCS1_SHA256, PKCS1);
	set_hash(&f->cert, CERT_DER_SHA1, WHOLE);
	return f;
}

static inline void end(struct fixture *f)
{
	authlist_free(&f->list);
	certs_free(f->certs);
	free(f);
}

/* Parses a copy in a block of exactly its size. */
static inline void parse(struct fixture *f, const char *name, const char *text, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	assert_non_null(copy);
	memcpy(copy, text, n);
	authlist_parse(&f->list, name, span_of(copy, n));
	free(copy);
}

struct row {
	const char *list, *answer;
	enum cert_hash matched;
	uint32_t line; /* of the entry it rests on, 0: none */
	const char *detail;
};

static inline void assert_row(const struct row *row, bool has_mac)
{
	struct fixture *f = start(has_mac);
	struct auth_decision out;
	parse(f, "list", row->list, strlen(row->list));
	authlist_decide(&f->list, &f->cert, 0, &out);
	if (strcmp(auth_prediction_name(out.prediction), row->answer) != 0 ||
	    strcmp(out.detail, row->detail) != 0)
		fail_msg("%s\nis %s: %s", row->list, auth_prediction_name(out.prediction), out.detail);
	assert_int_equal(out.matched, row->matched);
	assert_int_equal(out.entry != NULL ? out.entry->line : 0, row->line);
	end(f);
}

#endif
