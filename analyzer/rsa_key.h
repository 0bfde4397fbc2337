/*
 * Private RSA keys of controllers, from PEM files: they decrypt the premaster secrets of sessions whose key
 * exchange is static RSA (RFC 5246 section 7.4.7.1), and nothing else.
 *
 * Keys and passphrases are wiped when freed, never printed, and leave this module nowhere.
 */
#ifndef ANALYZER_RSA_KEY_H
#define ANALYZER_RSA_KEY_H

#include "analyzer/source.h"
#include "dissect/rd.h"

#define RSA_KEY_HASH 32 /* SHA-256 of the SubjectPublicKeyInfo, as of a certificate: CERT_SPKI_SHA256 */

struct rsa_keys;

struct rsa_keys *rsa_keys_new(void);
void rsa_keys_free(struct rsa_keys *keys); /* NULL is allowed */

/* Reads a file whose first line is a passphrase, for keys that are read afterwards. -1 when it cannot. */
int rsa_keys_read_passphrase(struct rsa_keys *keys, struct source *source, struct err *err);

/*
 * Reads a key: PKCS#1 or PKCS#8, encrypted ones with the passphrases that were read. At most LIMIT_INPUTS. -1
 * and a sentence with the cure when it is not readable, no RSA key, or encrypted otherwise.
 */
int rsa_keys_read(struct rsa_keys *keys, struct source *source, struct err *err);

uint32_t rsa_keys_count(const struct rsa_keys *keys); /* NULL is allowed: 0 */
const char *rsa_keys_name(const struct rsa_keys *keys, uint32_t which); /* the file's path */
const uint8_t *rsa_keys_hash(const struct rsa_keys *keys, uint32_t which);

/*
 * Decrypts `encrypted` (PKCS #1 v1.5) to exactly `n` bytes. False when that is not what comes out. A later
 * OpenSSL answers a key that does not fit with random bytes (implicit rejection): the caller checks them.
 */
bool rsa_keys_decrypt(const struct rsa_keys *keys, uint32_t which, struct span encrypted, uint8_t *out,
    size_t n);

#endif
