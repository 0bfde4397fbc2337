/*
 * Keys and protected records of TLS 1.0 to 1.3, in tls_crypto.c and tls_open.c. OpenSSL stays behind them,
 * tls_kdf, tls_gcm and cert.
 *
 * A suite is one const table row. An opener is one direction's cipher: made once per connection and
 * direction, keyed anew as often as the protocol says, without allocation per record. Tags and MACs are
 * always verified; a record that fails gives no byte. RFC 2246, 4346, 5246, 7366, 8446.
 */
#ifndef ANALYZER_TLS_CRYPTO_H
#define ANALYZER_TLS_CRYPTO_H

#include "analyzer/keylog.h"
#include "analyzer/tls_amount.h"
#include "dissect/tls.h"

struct tls_suite; /* const row */

struct tls_key_block;

struct tls_providers;

/*
 * From here on each block of memory that OpenSSL frees is wiped: it does not do so with all that held a part of a
 * private key. To be called before anything of OpenSSL; false when it came too late.
 */
bool tls_crypto_wipe_freed(void);

/*
 * Reads what OpenSSL else reads at the first use: its configuration and its providers, the legacy one if it is
 * there. Afterwards it opens no file. To be freed when nothing is opened any more.
 */
struct tls_providers *tls_crypto_load(void);
void tls_crypto_unload(struct tls_providers *providers); /* NULL is allowed */

/* OpenSSL's legacy provider is loaded: RC4, DES, IDEA and SEED come from it. */
bool tls_crypto_has_legacy(void);

/* The row of a cipher suite, NULL when it cannot be opened here. */
const struct tls_suite *tls_suite_find(uint16_t cipher);

/* This OpenSSL offers the suite's cipher, which may need its legacy provider. */
bool tls_suite_computable(const struct tls_suite *suite);

/* OpenSSL's name of the suite's cipher, in its ECB mode where OpenSSL has no other; NULL for none. */
const char *tls_suite_cipher_name(const struct tls_suite *suite);

/* The suite belongs to TLS 1.3. */
bool tls_suite_is_13(const struct tls_suite *suite);

/* Records of this version can be protected by the suite. With a MAC: TLS 1.0 to 1.2, AEAD: TLS 1.2, or 1.3 only. */
bool tls_suite_fits(const struct tls_suite *suite, uint16_t version);

/* OpenSSL's name of the suite's hash: of the PRF in TLS 1.2, of HKDF in TLS 1.3. */
const char *tls_suite_hash_name(const struct tls_suite *suite);

/* Bytes of the suite's hash: 32 or 48. In TLS 1.3 its secrets are as long. */
size_t tls_suite_hash_bytes(const struct tls_suite *suite);

enum tls_open {
	TLS_OPENED,
	TLS_OPEN_BAD,   /* tag, MAC or padding wrong */
	TLS_OPEN_SHORT, /* shorter than any record of the suite */
};

struct tls_opener;

struct tls_opener *tls_opener_new(void);
void tls_opener_free(struct tls_opener *opener); /* NULL is allowed; keys are wiped */

/*
 * Keys for a direction up to TLS 1.2 from a block that was made. `from_client` says whose records are opened. The
 * sequence number starts at 0. -1 when this OpenSSL does not offer what they need.
 */
int tls_opener_key_12(struct tls_opener *opener, const struct tls_key_block *block, bool encrypt_then_mac,
    bool from_client);

/*
 * Keys for a direction of TLS 1.3 from a traffic secret. -1 when the secret's length does not fit the suite,
 * or this OpenSSL does not offer it. RFC 8446 section 7.3.
 */
int tls_opener_key_13(struct tls_opener *opener, const struct tls_suite *suite,
    const struct keylog_secret *secret);

/*
 * KeyUpdate: the next traffic secret, RFC 8446 section 7.2. The sequence number starts at 0 again. -1 when
 * the opener has no keys of TLS 1.3.
 */
int tls_opener_update_13(struct tls_opener *opener);

/* Keys an opener of TLS 1.3 with what tls_opener_update_13 would give another one. -1 as there. */
int tls_opener_after_update_13(struct tls_opener *next, const struct tls_opener *opener);

bool tls_opener_keyed(const struct tls_opener *opener);
void tls_opener_unkey(struct tls_opener *opener); /* wipes the keys, keeps the contexts */

/* What the keys have been used for: its records are the sequence number that the next one is tried with. */
struct tls_amount tls_opener_done(const struct tls_opener *opener);

/*
 * Records pass unopened. Afterwards, in TLS 1.0 CBC, the first record cannot be opened, because the block
 * before it is not known; the second one can. Takes time only with a stream cipher, whose bytes must be right.
 */
void tls_opener_skip(struct tls_opener *opener, struct tls_amount amount);

/*
 * Sets the sequence number (after a gap), as above. To try a number, set it and open the record again. Not
 * for a stream cipher, which cannot go back.
 */
void tls_opener_set_sequence(struct tls_opener *opener, uint64_t sequence);

/* Behind one of these: the end of the record before, with the cipher block that TLS 1.0 CBC needs. */
#define TLS_TAIL 36 /* a block, and the SHA-1 MAC behind it with encrypt-then-MAC */
void tls_opener_set_tail(struct tls_opener *opener, const uint8_t tail[TLS_TAIL]);

/* Fewest bytes that a record body carries beyond its plaintext; for bounds after a gap. */
size_t tls_suite_overhead_min(const struct tls_suite *suite, uint16_t version);

/*
 * Opens the body of a record with an opener that is keyed. `out` holds at least body.n bytes and is another
 * place than the body; *plain is the plaintext, in `out`. In TLS 1.3 *type is set to the inner content type and
 * the padding is removed; below it stays the outer type. A record may be empty. Of a record that
 * fails nothing is left in `out`, and *plain is empty. Each call takes a sequence number, whatever comes of it. In
 * TLS 1.0 CBC a record whose predecessor failed may fail too: its IV is the last block of that one. A record of
 * DTLS (RFC 6347 section 4.1.2) says its own number.
 */
enum tls_open tls_open(struct tls_opener *opener, const struct tls_record *head, struct span body,
    uint8_t *out, struct span *plain, uint8_t *type);

#endif
