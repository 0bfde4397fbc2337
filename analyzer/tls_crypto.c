/*
 * Openers: keys of one direction, and records opened with them. Called by tls_conn.
 *
 * The contexts of OpenSSL are made once and keyed anew; opening a record only sets an IV. What fails to
 * verify is wiped before the caller sees it. Never guesses: which keys are live, and which sequence number a
 * record has, the caller knows.
 */
#include "analyzer/tls_crypto.h"

#include "analyzer/tls_kdf.h"
#include "analyzer/tls_suite.h"
#include "analyzer/xmalloc.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdlib.h>

#define KEY_BLOCK_MAX  (2 * (TLS_HASH_MAX + TLS_KEY_MAX + TLS_BLOCK)) /* RFC 5246 section 6.3 */
#define SEQUENCE_BYTES 8
#define HEAD_12        (SEQUENCE_BYTES + TLS_RECORD_HEADER) /* RFC 5246 sections 6.2.3.1 and 6.2.3.3 */

/* NULL: not there. */
struct tls_providers {
	OSSL_PROVIDER *normal, *legacy;
};

struct tls_opener {
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;              /* NULL but for CBC */
	const struct tls_suite *suite; /* NULL: not keyed */
	size_t explicit_bytes;         /* of a body, in front of the ciphertext */
	bool encrypt_then_mac;
	bool iv_sure; /* TLS 1.0: `iv` is what the sender used */
	uint64_t sequence;
	uint8_t iv[TLS_BLOCK];        /* salt, nonce, or in TLS 1.0 the last block of the record before */
	struct keylog_secret traffic; /* TLS 1.3 */
};

/* What a direction's part of the key block holds, or what a traffic secret gives. */
struct keys {
	struct span mac, key, iv;
};

/* Once a provider was asked for, the default one does not come by itself. */
struct tls_providers *tls_crypto_load(void)
{
	struct tls_providers *providers = xcalloc(1, sizeof *providers);
	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	providers->normal = OSSL_PROVIDER_load(NULL, "default");
	providers->legacy = OSSL_PROVIDER_load(NULL, "legacy");
	return providers;
}

void tls_crypto_unload(struct tls_providers *providers)
{
	if (providers == NULL)
		return;
	OSSL_PROVIDER_unload(providers->legacy);
	OSSL_PROVIDER_unload(providers->normal);
	free(providers);
}

/* ---- keys ------------------------------------------------------------------------------------------- */

struct tls_opener *tls_opener_new(void)
{
	struct tls_opener *opener = xcalloc(1, sizeof *opener);
	opener->cipher = EVP_CIPHER_CTX_new();
	if (opener->cipher == NULL)
		abort();
	return opener;
}

void tls_opener_unkey(struct tls_opener *opener)
{
	EVP_CIPHER_CTX_reset(opener->cipher);
	EVP_MAC_CTX_free(opener->mac);
	opener->mac = NULL;
	opener->suite = NULL;
	OPENSSL_cleanse(opener->iv, sizeof opener->iv);
	keylog_wipe(&opener->traffic);
}

void tls_opener_free(struct tls_opener *opener)
{
	if (opener == NULL)
		return;
	tls_opener_unkey(opener);
	EVP_CIPHER_CTX_free(opener->cipher);
	free(opener);
}

bool tls_opener_keyed(const struct tls_opener *opener)
{
	return opener->suite != NULL;
}

uint64_t tls_opener_sequence(const struct tls_opener *opener)
{
	return opener->sequence;
}

void tls_opener_set_sequence(struct tls_opener *opener, uint64_t sequence)
{
	opener->sequence = sequence;
	opener->iv_sure = false;
}

void tls_opener_set_tail(struct tls_opener *opener, const uint8_t tail[TLS_TAIL])
{
	size_t mac = opener->encrypt_then_mac ? opener->suite->mac->bytes : 0;
	if (opener->suite->mac == NULL || opener->explicit_bytes > 0 || mac + TLS_BLOCK > TLS_TAIL)
		return; /* a suite with a longer MAC is none of TLS 1.0, whatever a hello says */
	memcpy(opener->iv, &tail[TLS_TAIL - mac - TLS_BLOCK], TLS_BLOCK);
	opener->iv_sure = true;
}

static bool init_cipher(EVP_CIPHER_CTX *ctx, const struct tls_cipher *row)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, row->name, NULL);
	bool done = cipher != NULL && EVP_DecryptInit_ex2(ctx, cipher, NULL, NULL, NULL) == 1;
	EVP_CIPHER_free(cipher);
	if (!done)
		return false;
	if (row->mode == TLS_MODE_CBC)
		return EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, TLS_NONCE, NULL) != 1)
		return false;
	/* CCM mixes the tag's length into everything, so it must be known before the key is. */
	return row->mode != TLS_MODE_CCM ||
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)row->tag_bytes, NULL) == 1;
}

static EVP_MAC_CTX *new_mac(void)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	return ctx;
}

static bool key_mac(struct tls_opener *opener, const struct tls_hash *hash, struct span key)
{
	if (opener->mac == NULL)
		opener->mac = new_mac();
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)hash->name, 0),
	    OSSL_PARAM_construct_end(),
	};
	return opener->mac != NULL && EVP_MAC_init(opener->mac, key.p, key.n, params) == 1;
}

/* Gives the contexts their keys; the cipher is only set up again when it is another one. */
static int load(struct tls_opener *opener, const struct tls_suite *suite, const struct keys *keys)
{
	bool same = opener->suite == suite;
	if (!same)
		EVP_CIPHER_CTX_reset(opener->cipher);
	if ((!same && !init_cipher(opener->cipher, suite->cipher)) ||
	    EVP_DecryptInit_ex2(opener->cipher, NULL, keys->key.p, NULL, NULL) != 1 ||
	    (suite->mac != NULL && !key_mac(opener, suite->mac, keys->mac))) {
		tls_opener_unkey(opener);
		return -1;
	}
	opener->suite = suite;
	opener->sequence = 0;
	opener->iv_sure = true;
	if (keys->iv.n > 0)
		memcpy(opener->iv, keys->iv.p, keys->iv.n);
	return 0;
}

/* Bytes of the key block for one direction's IV, RFC 5246 section 6.3: none where all of it is explicit. */
static size_t fixed_iv_bytes(const struct tls_suite *suite, uint16_t version)
{
	switch (suite->cipher->mode) {
	case TLS_MODE_CBC:
		return version == TLS_1_0 ? TLS_BLOCK : 0;
	case TLS_MODE_CHACHA:
		return TLS_NONCE;
	default:
		return TLS_SALT;
	}
}

/* The next two values of a key block are the client's and the server's. */
static struct span own_of_two(struct rd *block, size_t n, bool from_client)
{
	struct span client = rd_span(block, n), server = rd_span(block, n);
	return from_client ? client : server;
}

int tls_opener_key_12(struct tls_opener *opener, const struct tls_suite *suite, uint16_t version,
                      bool encrypt_then_mac, const struct keylog_secret *master,
                      const uint8_t client_random[TLS_RANDOM], const uint8_t server_random[TLS_RANDOM],
                      bool from_client)
{
	if (suite->tls13 || !tls_suite_fits(suite, version) || master->n != KEYLOG_MASTER_BYTES)
		return -1;
	uint8_t block[KEY_BLOCK_MAX], seed[2 * TLS_RANDOM];
	memcpy(seed, server_random, TLS_RANDOM);
	memcpy(&seed[TLS_RANDOM], client_random, TLS_RANDOM);
	size_t mac = suite->mac != NULL ? suite->mac->bytes : 0, iv = fixed_iv_bytes(suite, version);
	size_t n = 2 * (mac + suite->cipher->key_bytes + iv);
	const char *digest = version == TLS_1_2 ? suite->hash->name : TLS_KDF_MD5_SHA1;
	int result = tls_kdf_prf(digest, span_of(master->bytes, master->n), "key expansion",
	                         span_of(seed, sizeof seed), block, n);
	if (result == 0) {
		struct rd r = rd_of(span_of(block, n));
		struct keys keys;
		keys.mac = own_of_two(&r, mac, from_client);
		keys.key = own_of_two(&r, suite->cipher->key_bytes, from_client);
		keys.iv = own_of_two(&r, iv, from_client);
		opener->explicit_bytes = tls_suite_explicit_bytes(suite, version);
		opener->encrypt_then_mac = encrypt_then_mac && suite->mac != NULL;
		result = load(opener, suite, &keys);
	}
	OPENSSL_cleanse(block, sizeof block);
	return result;
}

int tls_opener_key_13(struct tls_opener *opener, const struct tls_suite *suite,
                      const struct keylog_secret *secret)
{
	if (!suite->tls13 || secret->n != suite->hash->bytes)
		return -1;
	uint8_t key[TLS_KEY_MAX], iv[TLS_NONCE];
	struct span from = span_of(secret->bytes, secret->n);
	const struct keys keys = {.key = span_of(key, suite->cipher->key_bytes),
	                          .iv = span_of(iv, sizeof iv)};
	int result = -1;
	if (tls_kdf_expand_label(suite->hash->name, from, "key", key, keys.key.n) == 0 &&
	    tls_kdf_expand_label(suite->hash->name, from, "iv", iv, sizeof iv) == 0)
		result = load(opener, suite, &keys);
	if (result == 0)
		opener->traffic = *secret;
	OPENSSL_cleanse(key, sizeof key);
	OPENSSL_cleanse(iv, sizeof iv);
	return result;
}

int tls_opener_update_13(struct tls_opener *opener)
{
	if (opener->suite == NULL || !opener->suite->tls13)
		return -1;
	struct keylog_secret next = {.n = opener->traffic.n};
	int result =
	    tls_kdf_expand_label(opener->suite->hash->name, span_of(opener->traffic.bytes, opener->traffic.n),
	                         "traffic upd", next.bytes, next.n);
	if (result == 0)
		result = tls_opener_key_13(opener, opener->suite, &next);
	keylog_wipe(&next);
	return result;
}

/* ---- records ---------------------------------------------------------------------------------------- */

/* A record that is being opened. */
struct opening {
	const struct tls_record *head;
	struct span body;
	uint8_t *out;
	size_t n; /* bytes of `out` that are plaintext */
	uint8_t type;
};

static void put(uint8_t *to, uint64_t value, size_t width)
{
	for (size_t i = width; i > 0; i--, value >>= 8)
		to[i - 1] = (uint8_t)value;
}

/* A record header as on the wire, but for its length. */
static void put_head(const struct tls_record *head, size_t length, uint8_t to[TLS_RECORD_HEADER])
{
	to[0] = head->type;
	put(&to[1], head->version, 2);
	put(&to[3], length, 2);
}

/* What a MAC or tag of TLS 1.2 and below covers in front of the `length` bytes that it is for. */
static void put_head_12(const struct tls_opener *opener, const struct tls_record *head, size_t length,
                        uint8_t to[HEAD_12])
{
	put(to, opener->sequence, SEQUENCE_BYTES);
	put_head(head, length, &to[SEQUENCE_BYTES]);
}

/* The IV with the sequence number in its end, RFC 7905 section 2 and RFC 8446 section 5.3. */
static void put_mixed_nonce(const struct tls_opener *opener, uint8_t nonce[TLS_NONCE])
{
	uint8_t sequence[TLS_NONCE] = {0};
	put(&sequence[TLS_NONCE - SEQUENCE_BYTES], opener->sequence, SEQUENCE_BYTES);
	for (size_t i = 0; i < TLS_NONCE; i++)
		nonce[i] = opener->iv[i] ^ sequence[i];
}

static bool decrypt_aead(struct tls_opener *opener, const uint8_t nonce[TLS_NONCE], struct span covered,
                         struct span text, struct span tag, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = opener->cipher;
	bool ccm = opener->suite->cipher->mode == TLS_MODE_CCM;
	uint8_t expected[TLS_TAG_MAX];
	int n;
	memcpy(expected, tag.p, tag.n);
	if (EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)tag.n, expected) != 1 ||
	    (ccm && EVP_DecryptUpdate(ctx, NULL, &n, NULL, (int)text.n) != 1) ||
	    EVP_DecryptUpdate(ctx, NULL, &n, covered.p, (int)covered.n) != 1 ||
	    EVP_DecryptUpdate(ctx, out, &n, text.p, (int)text.n) != 1)
		return false;
	/* CCM has verified its tag by now. */
	return ccm || EVP_DecryptFinal_ex(ctx, out, &n) == 1;
}

static enum tls_open open_aead_12(struct tls_opener *opener, struct opening *record)
{
	struct rd r = rd_of(record->body);
	struct span explicit = rd_span(&r, opener->explicit_bytes);
	size_t tag = opener->suite->cipher->tag_bytes;
	if (!rd_ok(&r) || rd_left(&r) < tag)
		return TLS_OPEN_SHORT;
	struct span text = rd_span(&r, rd_left(&r) - tag);
	uint8_t nonce[TLS_NONCE], covered[HEAD_12];
	if (explicit.n > 0) {
		memcpy(nonce, opener->iv, TLS_SALT);
		memcpy(&nonce[TLS_SALT], explicit.p, explicit.n);
	} else {
		put_mixed_nonce(opener, nonce);
	}
	put_head_12(opener, record->head, text.n, covered);
	record->n = text.n;
	return decrypt_aead(opener, nonce, span_of(covered, sizeof covered), text, rd_rest(&r), record->out)
	           ? TLS_OPENED
	           : TLS_OPEN_BAD;
}

/* The content type is the last byte that is not 0; false when there is none. RFC 8446 section 5.4. */
static bool strip_inner(struct opening *record)
{
	while (record->n > 0 && record->out[record->n - 1] == 0)
		record->n--;
	if (record->n == 0)
		return false;
	record->type = record->out[--record->n];
	return true;
}

static enum tls_open open_13(struct tls_opener *opener, struct opening *record)
{
	if (record->body.n < tls_suite_overhead_min(opener->suite, TLS_1_3))
		return TLS_OPEN_SHORT;
	struct rd r = rd_of(record->body);
	struct span text = rd_span(&r, rd_left(&r) - opener->suite->cipher->tag_bytes);
	uint8_t nonce[TLS_NONCE], covered[TLS_RECORD_HEADER];
	put_mixed_nonce(opener, nonce);
	put_head(record->head, record->body.n, covered);
	record->n = text.n;
	bool opened =
	    decrypt_aead(opener, nonce, span_of(covered, sizeof covered), text, rd_rest(&r), record->out) &&
	    strip_inner(record);
	return opened ? TLS_OPENED : TLS_OPEN_BAD;
}

/* ---- records of CBC --------------------------------------------------------------------------------- */

static bool mac_is(struct tls_opener *opener, const struct tls_record *head, struct span bytes,
                   struct span mac)
{
	uint8_t covered[HEAD_12], right[TLS_HASH_MAX];
	size_t n = 0;
	put_head_12(opener, head, bytes.n, covered);
	return EVP_MAC_init(opener->mac, NULL, 0, NULL) == 1 &&
	       EVP_MAC_update(opener->mac, covered, sizeof covered) == 1 &&
	       (bytes.n == 0 || EVP_MAC_update(opener->mac, bytes.p, bytes.n) == 1) &&
	       EVP_MAC_final(opener->mac, right, &n, sizeof right) == 1 && n == mac.n &&
	       CRYPTO_memcmp(right, mac.p, n) == 0;
}

/* The plaintext without its padding, RFC 5246 section 6.2.3.2; false when that is not well formed. */
static bool strip_padding(struct span *text)
{
	size_t padding = text->p[text->n - 1];
	if (padding >= text->n)
		return false;
	for (size_t i = text->n - 1 - padding; i < text->n; i++)
		if (text->p[i] != padding)
			return false;
	text->n -= padding + 1;
	return true;
}

/* Fewest bytes of a body: of whole blocks, with room for the MAC and one byte of padding. */
static size_t shortest_cbc(const struct tls_opener *opener)
{
	size_t mac = opener->suite->mac->bytes;
	if (opener->encrypt_then_mac)
		return opener->explicit_bytes + TLS_BLOCK + mac;
	return opener->explicit_bytes + (mac / TLS_BLOCK + 1) * TLS_BLOCK;
}

/*
 * The IV of this record; in TLS 1.0 the last block of this one becomes that of the next, whatever comes of
 * this one. RFC 2246 section 6.2.3.2, RFC 4346 section 6.2.3.2.
 */
static void take_iv(struct tls_opener *opener, struct span explicit, struct span text, uint8_t iv[TLS_BLOCK])
{
	if (explicit.n > 0) {
		memcpy(iv, explicit.p, TLS_BLOCK);
		return;
	}
	memcpy(iv, opener->iv, TLS_BLOCK);
	memcpy(opener->iv, span_cut(text, text.n - TLS_BLOCK, TLS_BLOCK).p, TLS_BLOCK);
}

/*
 * RFC 7366 section 3. Its MAC does not cover the IV of TLS 1.0, so there a record that verifies is not to
 * be believed when the one before it did not.
 */
static bool verify_first(struct tls_opener *opener, const struct tls_record *head, struct span covered,
                         struct span mac)
{
	bool iv_sure = opener->iv_sure || opener->explicit_bytes > 0;
	opener->iv_sure = mac_is(opener, head, covered, mac);
	return opener->iv_sure && iv_sure;
}

static bool verify_last(struct tls_opener *opener, const struct tls_record *head, struct span *text)
{
	size_t mac = opener->suite->mac->bytes;
	if (text->n < mac)
		return false;
	struct span behind = span_cut(*text, text->n - mac, mac);
	text->n -= mac;
	return mac_is(opener, head, *text, behind);
}

static enum tls_open open_cbc(struct tls_opener *opener, struct opening *record)
{
	if (record->body.n < shortest_cbc(opener)) {
		opener->iv_sure = false;
		return TLS_OPEN_SHORT;
	}
	bool first = opener->encrypt_then_mac;
	struct rd r = rd_of(record->body);
	struct span covered = rd_span(&r, record->body.n - (first ? opener->suite->mac->bytes : 0));
	struct span mac = rd_rest(&r);
	struct span explicit = span_cut(covered, 0, opener->explicit_bytes);
	struct span text = span_cut(covered, explicit.n, covered.n);
	uint8_t iv[TLS_BLOCK];
	take_iv(opener, explicit, text, iv);
	if (first && !verify_first(opener, record->head, covered, mac))
		return TLS_OPEN_BAD;
	int n;
	if (text.n % TLS_BLOCK != 0 || EVP_DecryptInit_ex2(opener->cipher, NULL, NULL, iv, NULL) != 1 ||
	    EVP_DecryptUpdate(opener->cipher, record->out, &n, text.p, (int)text.n) != 1)
		return TLS_OPEN_BAD;
	struct span plain = span_of(record->out, text.n);
	if (!strip_padding(&plain) || (!first && !verify_last(opener, record->head, &plain)))
		return TLS_OPEN_BAD;
	record->n = plain.n;
	return TLS_OPENED;
}

static enum tls_open open_any(struct tls_opener *opener, struct opening *record)
{
	if (opener->suite->tls13)
		return open_13(opener, record);
	return opener->suite->mac != NULL ? open_cbc(opener, record) : open_aead_12(opener, record);
}

enum tls_open tls_open(struct tls_opener *opener, const struct tls_record *head, struct span body,
                       uint8_t *out, size_t *n, uint8_t *type)
{
	assert(opener->suite != NULL);
	struct opening record = {.head = head, .body = body, .out = out, .type = head->type};
	enum tls_open result = open_any(opener, &record);
	opener->sequence++;
	if (result != TLS_OPENED && body.n > 0)
		OPENSSL_cleanse(out, body.n);
	*n = result == TLS_OPENED ? record.n : 0;
	*type = result == TLS_OPENED ? record.type : head->type;
	return result;
}
