/*
 * The sender's side of TLS record protection, for tests: keys by plain HMAC, records sealed with OpenSSL's
 * ciphers, RC4 and GCM of blocks by hand. Shares no code with analyzer/. Included after cmocka.
 */
#ifndef TESTS_TLS_SEAL_H
#define TESTS_TLS_SEAL_H

#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/tls_shape.h"

enum { ROOM = 20000, BLOCK = 16, SECRET_MAX = 48 };

/* One way to protect records. */
struct way {
	struct shape shape;
	uint16_t version;
	bool etm;
};

/* The sender's side of a direction. */
struct sealer {
	struct way way;
	uint64_t sequence;
	uint8_t mac_key[SECRET_MAX], key[32], iv[BLOCK];
	size_t mac;
	bool bad_padding; /* CBC: its first byte is wrong */
	uint8_t rc4[256], rc4_i, rc4_j;
};

static const uint8_t client_random[TLS_RANDOM] = {1, 2, 3}, server_random[TLS_RANDOM] = {4, 5, 6};

/* ---- keys, by HMAC alone ---------------------------------------------------------------------------- */

static inline size_t hmac(const EVP_MD *md, struct span key, struct span text, uint8_t *out)
{
	unsigned n = 0;
	assert_non_null(HMAC(md, key.p, (int)key.n, text.p, text.n, out, &n));
	return n;
}

/* P_hash of RFC 5246 section 5, mixed into `out`. */
static inline void p_hash(const EVP_MD *md, struct span secret, struct span seed, uint8_t *out, size_t n)
{
	uint8_t a[EVP_MAX_MD_SIZE], turn[EVP_MAX_MD_SIZE + 128], piece[EVP_MAX_MD_SIZE];
	size_t bytes = hmac(md, secret, seed, a);
	for (size_t at = 0; at < n; at += bytes) {
		memcpy(turn, a, bytes);
		memcpy(&turn[bytes], seed.p, seed.n);
		hmac(md, secret, span_of(turn, bytes + seed.n), piece);
		for (size_t i = 0; i < bytes && at + i < n; i++)
			out[at + i] ^= piece[i];
		memcpy(piece, a, bytes);
		hmac(md, secret, span_of(piece, bytes), a);
	}
}

static inline void key_block(const struct way *way, struct span master, uint8_t *block, size_t n)
{
	static const char label[] = "key expansion";
	uint8_t seed[sizeof label - 1 + 2 * TLS_RANDOM];
	memcpy(seed, label, sizeof label - 1);
	memcpy(&seed[sizeof label - 1], server_random, TLS_RANDOM);
	memcpy(&seed[sizeof label - 1 + TLS_RANDOM], client_random, TLS_RANDOM);
	struct span all = span_of(seed, sizeof seed);
	memset(block, 0, n);
	if (way->version == TLS_1_2) {
		p_hash(way->shape.hash, master, all, block, n);
		return;
	}
	p_hash(EVP_md5(), span_cut(master, 0, master.n / 2), all, block, n);
	p_hash(EVP_sha1(), span_cut(master, master.n / 2, master.n), all, block, n);
}

static inline void pick(struct rd *block, uint8_t *to, size_t n, bool from_client)
{
	struct span client = rd_span(block, n), server = rd_span(block, n);
	assert_true(rd_ok(block));
	if (n > 0)
		memcpy(to, from_client ? client.p : server.p, n);
}

static inline size_t iv_of(const struct way *way)
{
	switch (way->shape.mode) {
	case CBC:
		return way->version == TLS_1_0 ? way->shape.block : 0;
	case CHACHA:
		return 12;
	case RC4:
	case PLAIN:
		return 0;
	default:
		return 4;
	}
}

static inline void rc4_key(struct sealer *sealer)
{
	for (unsigned i = 0; i < 256; i++)
		sealer->rc4[i] = (uint8_t)i;
	for (unsigned i = 0, j = 0; i < 256; i++) {
		uint8_t was = sealer->rc4[i];
		j = (j + was + sealer->key[i % sealer->way.shape.key]) % 256;
		sealer->rc4[i] = sealer->rc4[j];
		sealer->rc4[j] = was;
	}
}

static inline void rc4_run(struct sealer *sealer, uint8_t *bytes, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		uint8_t was = sealer->rc4[++sealer->rc4_i];
		sealer->rc4_j = (uint8_t)(sealer->rc4_j + was);
		sealer->rc4[sealer->rc4_i] = sealer->rc4[sealer->rc4_j];
		sealer->rc4[sealer->rc4_j] = was;
		bytes[k] ^= sealer->rc4[(uint8_t)(was + sealer->rc4[sealer->rc4_i])];
	}
}

static inline void seal_with_12(struct sealer *sealer, struct span master, bool from_client)
{
	const struct shape *shape = &sealer->way.shape;
	uint8_t block[2 * (SECRET_MAX + 32 + BLOCK)];
	size_t iv = iv_of(&sealer->way);
	size_t n = 2 * (sealer->mac + shape->key + iv);
	key_block(&sealer->way, master, block, n);
	struct rd r = rd_of(span_of(block, n));
	pick(&r, sealer->mac_key, sealer->mac, from_client);
	pick(&r, sealer->key, shape->key, from_client);
	pick(&r, sealer->iv, iv, from_client);
	if (shape->mode == RC4)
		rc4_key(sealer);
}

/* HKDF-Expand-Label of RFC 8446 section 7.1; one block is enough for every key. */
static inline void expand(const EVP_MD *md, struct span secret, const char *label, uint8_t *out, size_t n)
{
	uint8_t info[64] = {0, (uint8_t)n, (uint8_t)(6 + strlen(label))}, piece[EVP_MAX_MD_SIZE];
	size_t used = 3 + (size_t)snprintf((char *)&info[3], sizeof info - 3, "tls13 %s", label) + 1;
	info[used++] = 1;
	hmac(md, secret, span_of(info, used), piece);
	memcpy(out, piece, n);
}

static inline void seal_with_13(struct sealer *sealer, struct span secret)
{
	expand(sealer->way.shape.hash, secret, "key", sealer->key, sealer->way.shape.key);
	expand(sealer->way.shape.hash, secret, "iv", sealer->iv, 12);
	sealer->sequence = 0;
}

/* ---- sealing ---------------------------------------------------------------------------------------- */

static inline void put(uint8_t *to, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> 8 * (width - 1 - i));
}

static inline void encrypt_block(EVP_CIPHER_CTX *ctx, const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
	int n;
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, BLOCK), 1);
}

/* The product in the field of NIST SP 800-38D section 6.3, bit by bit. */
static inline void times(uint8_t x[BLOCK], const uint8_t h[BLOCK])
{
	uint8_t sum[BLOCK] = {0}, v[BLOCK];
	memcpy(v, h, BLOCK);
	for (unsigned i = 0; i < 8 * BLOCK; i++) {
		bool low = v[BLOCK - 1] & 1;
		for (size_t k = 0; k < BLOCK && (x[i / 8] >> (7 - i % 8) & 1); k++)
			sum[k] ^= v[k];
		for (size_t k = BLOCK - 1; k > 0; k--)
			v[k] = (uint8_t)(v[k] >> 1 | v[k - 1] << 7);
		v[0] = (uint8_t)(v[0] >> 1 ^ (low ? 0xe1 : 0));
	}
	memcpy(x, sum, BLOCK);
}

static inline void ghash(uint8_t y[BLOCK], const uint8_t h[BLOCK], struct span bytes)
{
	for (size_t at = 0; at < bytes.n; at++) {
		y[at % BLOCK] ^= bytes.p[at];
		if (at % BLOCK == BLOCK - 1 || at + 1 == bytes.n)
			times(y, h);
	}
}

/* GCM of NIST SP 800-38D section 7.1 with a nonce of 12 bytes. */
static inline void gcm_by_hand(EVP_CIPHER_CTX *ctx, const uint8_t *nonce, struct span covered,
                               struct span text, uint8_t *out)
{
	uint8_t h[BLOCK] = {0}, count[BLOCK] = {0}, pad[BLOCK], y[BLOCK] = {0}, lengths[BLOCK];
	encrypt_block(ctx, h, h);
	memcpy(count, nonce, 12);
	for (size_t at = 0; at < text.n; at++) {
		put(&count[12], at / BLOCK + 2, 4);
		if (at % BLOCK == 0)
			encrypt_block(ctx, count, pad);
		out[at] = text.p[at] ^ pad[at % BLOCK];
	}
	put(lengths, covered.n * 8, 8);
	put(&lengths[8], text.n * 8, 8);
	ghash(y, h, covered);
	ghash(y, h, span_of(out, text.n));
	ghash(y, h, span_of(lengths, BLOCK));
	put(&count[12], 1, 4);
	encrypt_block(ctx, count, pad);
	for (size_t k = 0; k < BLOCK; k++)
		out[text.n + k] = y[k] ^ pad[k];
}

static inline void encrypt(const struct sealer *sealer, const uint8_t *iv, struct span covered,
                           struct span text, uint8_t *out)
{
	const struct shape *shape = &sealer->way.shape;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool aead = shape->mode != CBC && shape->mode != GCM_BY_HAND;
	int n;
	assert_int_equal(EVP_EncryptInit_ex(ctx, shape->cipher, NULL, NULL, NULL), 1);
	if (aead)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL);
	if (shape->mode == CCM)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)shape->tag, NULL);
	assert_int_equal(EVP_EncryptInit_ex(ctx, NULL, NULL, sealer->key, iv), 1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	if (shape->mode == GCM_BY_HAND) {
		gcm_by_hand(ctx, iv, covered, text, out);
	} else {
		if (shape->mode == CCM)
			EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)text.n);
		if (aead)
			assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, covered.p, (int)covered.n), 1);
		assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text.p, (int)text.n), 1);
		assert_int_equal(EVP_EncryptFinal_ex(ctx, &out[n], &n), 1);
		if (aead)
			assert_int_equal(
			    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)shape->tag, &out[text.n]),
			    1);
	}
	EVP_CIPHER_CTX_free(ctx);
}

static inline void put_head(const struct sealer *sealer, const struct tls_record *head, size_t n, uint8_t *to)
{
	put(to, sealer->sequence, 8);
	put(&to[8], head->type, 1);
	put(&to[9], head->version, 2);
	put(&to[11], n, 2);
}

static inline size_t add_mac(const struct sealer *sealer, const struct tls_record *head, uint8_t *bytes,
                             size_t n)
{
	static uint8_t all[ROOM];
	put_head(sealer, head, n, all);
	memcpy(&all[13], bytes, n);
	return n + hmac(sealer->way.shape.mac, span_of(sealer->mac_key, sealer->mac), span_of(all, 13 + n),
	                &bytes[n]);
}

/* `blocks` of padding beyond what is needed. */
static inline size_t seal_cbc(struct sealer *sealer, const struct tls_record *head, struct span plain,
                              size_t blocks, uint8_t *body)
{
	static uint8_t text[ROOM];
	bool implicit = sealer->way.version == TLS_1_0;
	size_t block = sealer->way.shape.block, n = plain.n, front = implicit ? 0 : block;
	memcpy(text, plain.p, n);
	if (!sealer->way.etm)
		n = add_mac(sealer, head, text, n);
	size_t padding = block - n % block + blocks * block;
	memset(&text[n], (int)padding - 1, padding);
	if (sealer->bad_padding)
		text[n] ^= 1;
	n += padding;
	if (!implicit)
		memset(body, 0x5a + (int)sealer->sequence, block);
	encrypt(sealer, implicit ? sealer->iv : body, span_of(NULL, 0), span_of(text, n), &body[front]);
	n += front;
	memcpy(sealer->iv, &body[n - block], block);
	return sealer->way.etm ? add_mac(sealer, head, body, n) : n;
}

/* RFC 5246 section 6.2.3.1. */
static inline size_t seal_stream(struct sealer *sealer, const struct tls_record *head, struct span plain,
                                 uint8_t *body)
{
	memcpy(body, plain.p, plain.n);
	size_t n = add_mac(sealer, head, body, plain.n);
	if (sealer->way.shape.mode == RC4)
		rc4_run(sealer, body, n);
	return n;
}

static inline size_t seal_aead(struct sealer *sealer, const struct tls_record *head, struct span plain,
                               uint8_t *body)
{
	const struct shape *shape = &sealer->way.shape;
	bool explicit = !shape->tls13 && shape->mode != CHACHA;
	size_t front = explicit ? 8 : 0, n = front + plain.n + shape->tag;
	uint8_t nonce[12], covered[13];
	put_head(sealer, head, plain.n, covered);
	if (shape->tls13)
		put(&covered[11], n, 2);
	memcpy(nonce, sealer->iv, sizeof nonce);
	if (explicit)
		put(&nonce[4], sealer->sequence * 77, 8);
	else
		for (size_t i = 0; i < 8; i++)
			nonce[4 + i] ^= covered[i];
	memcpy(body, &nonce[4], front);
	encrypt(sealer, nonce, shape->tls13 ? span_of(&covered[8], 5) : span_of(covered, 13), plain,
	        &body[front]);
	return n;
}

/* The next record of the sealer, its body in an exact heap block; `more` is padding: zeros or blocks. */
static inline struct span seal(struct sealer *sealer, struct tls_record *head, struct span plain, size_t more)
{
	static uint8_t body[ROOM], inner[ROOM];
	size_t n;
	if (sealer->way.shape.tls13) {
		memcpy(inner, plain.p, plain.n);
		memset(&inner[plain.n], 0, more + 1);
		inner[plain.n] = head->type;
		head->type = TLS_APPLICATION_DATA;
		n = seal_aead(sealer, head, span_of(inner, plain.n + 1 + more), body);
	} else if (sealer->way.shape.mode == CBC) {
		n = seal_cbc(sealer, head, plain, more, body);
	} else if (sealer->way.shape.mac != NULL) {
		n = seal_stream(sealer, head, plain, body);
	} else {
		n = seal_aead(sealer, head, plain, body);
	}
	sealer->sequence++;
	head->length = (uint16_t)n;
	uint8_t *exact = malloc(n);
	assert_non_null(exact);
	memcpy(exact, body, n);
	return span_of(exact, n);
}

/* ---- what to go through ------------------------------------------------------------------------------ */

/* One suite in every version that has it, when this OpenSSL has its cipher. */
static inline void for_ways_of(uint16_t id, void (*check)(const struct way *))
{
	struct way way = {.version = TLS_1_2};
	if (!shape_of(id, &way.shape) || !can_seal(&way.shape))
		return;
	if (way.shape.mac == NULL) {
		way.version = way.shape.tls13 ? TLS_1_3 : TLS_1_2;
		check(&way);
		return;
	}
	for (way.version = TLS_1_0; way.version <= TLS_1_2; way.version++)
		for (int etm = 0; etm < 2; etm++) {
			way.etm = etm == 1;
			check(&way);
		}
}

static inline void for_every_way(void (*check)(const struct way *))
{
	for (uint32_t id = 0; id <= UINT16_MAX; id++)
		for_ways_of((uint16_t)id, check);
}

/* One row of each kind: the others differ from one of these in the key exchange or the PRF alone. */
static inline void for_every_kind(void (*check)(const struct way *))
{
	static const uint16_t ids[] = {0x002f, 0x0035, 0x003c, 0x003d, 0xc024, 0x009c, 0x009d, 0xc09c,
	                               0xc09d, 0xc0a0, 0xc0a1, 0xcca8, 0x1301, 0x1302, 0x1303, 0x1304,
	                               0x1305, 0x0001, 0x0002, 0x003b, 0xc03b, 0x0004, 0x0005, 0x0007,
	                               0x0009, 0x000a, 0x0023, 0x0096, 0x0041, 0x0084, 0xc073, 0xc03c,
	                               0xc03d, 0xc050, 0xc051, 0xc07a, 0xc07b, 0x00c6};
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		for_ways_of(ids[i], check);
}

static inline struct tls_record head_of(const struct way *way, uint8_t type)
{
	return (struct tls_record){.type = type, .version = way->version == TLS_1_3 ? TLS_1_2 : way->version};
}

static inline void fill(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 31 + 1);
}

#endif
