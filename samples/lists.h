/*
 * The allow-list files beside the samples: the texts a user would hand to -a, right and wrong.
 */
#ifndef SAMPLES_LISTS_H
#define SAMPLES_LISTS_H

#include "samples/tlspeer.h"

#include <stdio.h>

enum lists_kind {
	LISTS_NONE,
	LISTS_RIGHT,      /* "MAC SHA-256" */
	LISTS_RIGHT_SHA1, /* "MAC SHA-1" */
	LISTS_RIGHT_PEM,  /* the engine's certificate */
	LISTS_WRONG_HASH, /* the engine's MAC, another key's hash */
	LISTS_OTHER_MACS, /* other engines only */
	LISTS_MOVED_HASH, /* the engine's hash under another MAC */
	LISTS_DAMAGED,    /* IOS-XE configuration, a letter O where the hash has a 0 */
	LISTS_WRONG_KIND, /* IOS-XE configuration, the SHA-1 hash where SHA-256 is wanted */
	LISTS_TWICE,      /* the engine's MAC twice, with another key's hash and with its own */
};

/* Writes the list for this engine; `other` is some other engine. Nothing for LISTS_NONE. */
void lists_write(enum lists_kind kind, const struct tlspeer_identity *engine,
                 const struct tlspeer_identity *other, FILE *file);

#define LISTS_HEX (2 * EVP_MAX_MD_SIZE + 1)

/* The digest of the certificate's SubjectPublicKeyInfo in hex digits, facts.md section 6. */
void lists_key_hash(const X509 *certificate, const EVP_MD *digest, char hex[LISTS_HEX]);

#endif
