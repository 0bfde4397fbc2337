/*
 * Opens records with an opener that has its keys. Called by tls_keys through tls_crypto.h.
 *
 * Opening a record only sets an IV, or lets OpenSSL find it in a record of TLS 1.2. What fails to verify is
 * wiped before the caller sees it.
 */
#include "analyzer/tls_crypto.h"

#include "analyzer/tls_opener.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#define SEQUENCE_BYTES 8
#define HEAD_12        (SEQUENCE_BYTES + TLS_RECORD_HEADER) /* RFC 5246 sections 6.2.3.1 and 6.2.3.3 */

/* A record that is being opened. */
struct opening {
	const struct tls_record *head;
	struct span body;
	uint8_t *out;
	struct span plain; /* in `out` */
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
	put(to, opener->done.records, SEQUENCE_BYTES);
	put_head(head, length, &to[SEQUENCE_BYTES]);
}

/* The IV with the sequence number in its end, RFC 7905 section 2 and RFC 8446 section 5.3. */
static void put_mixed_nonce(const struct tls_opener *opener, uint8_t nonce[TLS_NONCE])
{
	uint8_t sequence[TLS_NONCE] = {0};
	put(&sequence[TLS_NONCE - SEQUENCE_BYTES], opener->done.records, SEQUENCE_BYTES);
	for (size_t i = 0; i < TLS_NONCE; i++)
		nonce[i] = opener->iv[i] ^ sequence[i];
}

static bool decrypt_aead(struct tls_opener *opener, const uint8_t nonce[TLS_NONCE], struct span covered,
                         struct span text, struct span tag, uint8_t *out)
{
	if (opener->gcm != NULL)
		return tls_gcm_open(opener->gcm, span_of(nonce, TLS_NONCE), covered, text, tag, out);
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

/* Bytes of a body in front of its text and behind it, RFC 5246 section 6.2.3.3. */
static size_t overhead_12(const struct tls_opener *opener)
{
	return opener->explicit_bytes + opener->suite->cipher->tag_bytes;
}

/* A cipher of which OpenSSL has only the blocks. Its IV is the salt and what the record says. */
static bool open_blocks_12(struct tls_opener *opener, struct opening *record)
{
	struct rd r = rd_of(record->body);
	uint8_t nonce[TLS_NONCE], covered[HEAD_12];
	memcpy(nonce, opener->iv, TLS_SALT);
	memcpy(&nonce[TLS_SALT], rd_span(&r, opener->explicit_bytes).p, opener->explicit_bytes);
	struct span text = rd_span(&r, record->body.n - overhead_12(opener));
	put_head_12(opener, record->head, text.n, covered);
	record->plain = span_of(record->out, text.n);
	return tls_gcm_open(opener->gcm, span_of(nonce, TLS_NONCE), span_of(covered, sizeof covered), text,
	                    rd_rest(&r), record->out);
}

/*
 * OpenSSL knows the records of TLS 1.2: from what the tag covers, with the length as on the wire, and the
 * body it finds nonce and tag, and opens it where it stands. EVP_EncryptInit(3), "tlsaad".
 */
static bool open_whole_12(struct tls_opener *opener, struct opening *record)
{
	uint8_t covered[HEAD_12];
	int n;
	put_head_12(opener, record->head, record->body.n, covered);
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_AAD, covered, sizeof covered),
	    OSSL_PARAM_construct_end(),
	};
	memcpy(record->out, record->body.p, record->body.n);
	record->plain = span_of(&record->out[opener->explicit_bytes], record->body.n - overhead_12(opener));
	return EVP_CIPHER_CTX_set_params(opener->cipher, params) == 1 &&
	       EVP_DecryptUpdate(opener->cipher, record->out, &n, record->out, (int)record->body.n) == 1;
}

static enum tls_open open_aead_12(struct tls_opener *opener, struct opening *record)
{
	if (record->body.n < overhead_12(opener))
		return TLS_OPEN_SHORT;
	bool opened = opener->gcm != NULL ? open_blocks_12(opener, record) : open_whole_12(opener, record);
	return opened ? TLS_OPENED : TLS_OPEN_BAD;
}

/* The content type is the last byte that is not 0; false when there is none. RFC 8446 section 5.4. */
static bool strip_inner(struct opening *record)
{
	struct span *plain = &record->plain;
	while (plain->n > 0 && plain->p[plain->n - 1] == 0)
		plain->n--;
	if (plain->n == 0)
		return false;
	record->type = plain->p[--plain->n];
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
	record->plain = span_of(record->out, text.n);
	bool opened =
	    decrypt_aead(opener, nonce, span_of(covered, sizeof covered), text, rd_rest(&r), record->out) &&
	    strip_inner(record);
	return opened ? TLS_OPENED : TLS_OPEN_BAD;
}

/* ---- records with a MAC ------------------------------------------------------------------------------- */

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
	size_t mac = opener->suite->mac->bytes, block = opener->suite->cipher->block_bytes;
	if (opener->encrypt_then_mac)
		return opener->explicit_bytes + block + mac;
	return opener->explicit_bytes + (mac / block + 1) * block;
}

/*
 * The IV of this record; in TLS 1.0 the last block of this one becomes that of the next, whatever comes of
 * this one. RFC 2246 section 6.2.3.2, RFC 4346 section 6.2.3.2.
 */
static void take_iv(struct tls_opener *opener, struct span explicit, struct span text, uint8_t iv[TLS_BLOCK])
{
	size_t block = opener->suite->cipher->block_bytes;
	if (explicit.n > 0) {
		memcpy(iv, explicit.p, block);
		return;
	}
	memcpy(iv, opener->iv, block);
	memcpy(opener->iv, span_cut(text, text.n - block, block).p, block);
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
	if (text.n % opener->suite->cipher->block_bytes != 0 ||
	    EVP_DecryptInit_ex2(opener->cipher, NULL, NULL, iv, NULL) != 1 ||
	    EVP_DecryptUpdate(opener->cipher, record->out, &n, text.p, (int)text.n) != 1)
		return TLS_OPEN_BAD;
	struct span plain = span_of(record->out, text.n);
	if (!strip_padding(&plain) || (!first && !verify_last(opener, record->head, &plain)))
		return TLS_OPEN_BAD;
	record->plain = plain;
	return TLS_OPENED;
}

/* A stream cipher, or none: text and MAC, RFC 5246 section 6.2.3.1. The stream goes on whatever comes of it.
 */
static enum tls_open open_stream(struct tls_opener *opener, struct opening *record)
{
	struct span plain = span_of(record->out, record->body.n);
	bool stream = opener->suite->cipher->mode == TLS_MODE_STREAM;
	int n;
	if (record->body.n < opener->suite->mac->bytes) {
		tls_opener_pass_stream(opener, stream ? record->body.n : 0);
		return TLS_OPEN_SHORT;
	}
	if (!stream)
		memcpy(record->out, record->body.p, record->body.n);
	else if (EVP_DecryptUpdate(opener->cipher, record->out, &n, record->body.p, (int)record->body.n) != 1)
		return TLS_OPEN_BAD;
	if (!verify_last(opener, record->head, &plain))
		return TLS_OPEN_BAD;
	record->plain = plain;
	return TLS_OPENED;
}

static enum tls_open open_any(struct tls_opener *opener, struct opening *record)
{
	if (opener->suite->tls13)
		return open_13(opener, record);
	if (opener->suite->mac == NULL)
		return open_aead_12(opener, record);
	return opener->suite->cipher->mode == TLS_MODE_CBC ? open_cbc(opener, record)
	                                                   : open_stream(opener, record);
}

enum tls_open tls_open(struct tls_opener *opener, const struct tls_record *head, struct span body,
                       uint8_t *out, struct span *plain, uint8_t *type)
{
	assert(opener->suite != NULL);
	struct opening record = {.head = head, .body = body, .out = out, .type = head->type};
	if (head->numbered)
		opener->done.records = head->number;
	enum tls_open result = open_any(opener, &record);
	opener->done.records++;
	opener->done.bytes += body.n;
	if (result != TLS_OPENED && body.n > 0)
		OPENSSL_cleanse(out, body.n);
	*plain = result == TLS_OPENED ? record.plain : span_of(out, 0);
	*type = result == TLS_OPENED ? record.type : head->type;
	return result;
}
