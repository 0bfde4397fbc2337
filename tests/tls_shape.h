/*
 * What a cipher suite is, read from its IANA name alone, for tests. Shares no code with analyzer/. Included
 * after cmocka.
 */
#ifndef TESTS_TLS_SHAPE_H
#define TESTS_TLS_SHAPE_H

#include <openssl/evp.h>

#include "dissect/tls.h"
#include "dissect/tls_names.h"

enum shape_mode { CBC, GCM, GCM_BY_HAND, CCM, CHACHA, RC4, PLAIN };

/* What the registry's name says about a suite. */
struct shape {
	uint16_t id;
	enum shape_mode mode;
	size_t key, tag, block;
	const EVP_MD *mac, *hash;
	const EVP_CIPHER *cipher; /* NULL where it takes none, or this OpenSSL has it not */
	bool tls13;
};

static inline bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(&text[n - m], end) == 0;
}

/* What stands in a registry name, and what it means. The first that fits counts. */
static const struct {
	const char *part;
	enum shape_mode mode;
	size_t key, tag, block;
	const char *cipher; /* OpenSSL's name */
} shape_parts[] = {
    {"AES_128_CBC", CBC, 16, 0, 16, "AES-128-CBC"},
    {"AES_256_CBC", CBC, 32, 0, 16, "AES-256-CBC"},
    {"AES_128_GCM", GCM, 16, 16, 0, "AES-128-GCM"},
    {"AES_256_GCM", GCM, 32, 16, 0, "AES-256-GCM"},
    {"AES_128_CCM_8", CCM, 16, 8, 0, "AES-128-CCM"},
    {"AES_256_CCM_8", CCM, 32, 8, 0, "AES-256-CCM"},
    {"AES_128_CCM", CCM, 16, 16, 0, "AES-128-CCM"},
    {"AES_256_CCM", CCM, 32, 16, 0, "AES-256-CCM"},
    {"CAMELLIA_128_CBC", CBC, 16, 0, 16, "CAMELLIA-128-CBC"},
    {"CAMELLIA_256_CBC", CBC, 32, 0, 16, "CAMELLIA-256-CBC"},
    {"CAMELLIA_128_GCM", GCM_BY_HAND, 16, 16, 0, "CAMELLIA-128-ECB"},
    {"CAMELLIA_256_GCM", GCM_BY_HAND, 32, 16, 0, "CAMELLIA-256-ECB"},
    {"SM4_GCM", GCM_BY_HAND, 16, 16, 0, "SM4-ECB"},
    {"ARIA_128_CBC", CBC, 16, 0, 16, "ARIA-128-CBC"},
    {"ARIA_256_CBC", CBC, 32, 0, 16, "ARIA-256-CBC"},
    {"ARIA_128_GCM", GCM, 16, 16, 0, "ARIA-128-GCM"},
    {"ARIA_256_GCM", GCM, 32, 16, 0, "ARIA-256-GCM"},
    {"CHACHA20_POLY1305", CHACHA, 32, 16, 0, "ChaCha20-Poly1305"},
    {"_3DES_EDE_CBC_", CBC, 24, 0, 8, "DES-EDE3-CBC"},
    {"_WITH_DES_CBC_SHA", CBC, 8, 0, 8, "DES-CBC"},
    {"_WITH_DES_CBC_MD5", CBC, 8, 0, 8, "DES-CBC"},
    {"_IDEA_CBC_", CBC, 16, 0, 8, "IDEA-CBC"},
    {"_SEED_CBC_", CBC, 16, 0, 16, "SEED-CBC"},
    {"_RC4_128_", RC4, 16, 0, 0, NULL},
    {"_WITH_NULL_MD5", PLAIN, 0, 0, 0, NULL},
    {"_WITH_NULL_SHA", PLAIN, 0, 0, 0, NULL},
};
enum { SHAPE_PARTS = sizeof shape_parts / sizeof shape_parts[0] };

static inline const EVP_CIPHER *cipher_of(size_t part)
{
	static EVP_CIPHER *found[SHAPE_PARTS]; /* fetched once, and kept */
	if (found[part] == NULL && shape_parts[part].cipher != NULL)
		found[part] = EVP_CIPHER_fetch(NULL, shape_parts[part].cipher, NULL);
	return found[part];
}

static inline const EVP_MD *hash_of(const char *name)
{
	return ends_with(name, "_SHA384") ? EVP_sha384() : ends_with(name, "_SM3") ? EVP_sm3() : EVP_sha256();
}

static inline const EVP_MD *mac_of(const char *name)
{
	return ends_with(name, "_MD5") ? EVP_md5() : ends_with(name, "_SHA") ? EVP_sha1() : hash_of(name);
}

/* False when the name is none that can be opened. */
static inline bool shape_of(uint16_t id, struct shape *shape)
{
	const char *name = tls_cipher_name(id);
	size_t i = 0;
	if (name == NULL || strncmp(name, "TLS_", 4) != 0)
		return false;
	while (i < SHAPE_PARTS && strstr(name, shape_parts[i].part) == NULL)
		i++;
	if (i == SHAPE_PARTS)
		return false;
	*shape = (struct shape){.id = id, .tls13 = strstr(name, "_WITH_") == NULL};
	shape->mode = shape_parts[i].mode;
	shape->key = shape_parts[i].key;
	shape->tag = shape_parts[i].tag;
	shape->block = shape_parts[i].block;
	shape->hash = hash_of(name);
	if (shape->tag == 0)
		shape->mac = mac_of(name);
	shape->cipher = cipher_of(i);
	return true;
}

/* This OpenSSL has what it takes. */
static inline bool can_seal(const struct shape *shape)
{
	return shape->cipher != NULL || shape->mode == RC4 || shape->mode == PLAIN;
}

#endif
