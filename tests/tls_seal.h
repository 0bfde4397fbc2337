/*
 * The sender's side of TLS record protection, for tests: keys by plain HMAC, suites read from their IANA
 * names, records sealed with OpenSSL's ciphers. Shares no code with analyzer/. Included after cmocka.
 */
#ifndef TESTS_TLS_SEAL_H
#define TESTS_TLS_SEAL_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#include "dissect/tls.h"
#include "dissect/tls_names.h"

enum { ROOM = 20000, BLOCK = 16, SECRET_MAX = 48 };

enum shape_mode { CBC, GCM, CCM, CHACHA };

/* What the registry's name says about a suite. */
struct shape {
	uint16_t id;
	enum shape_mode mode;
	size_t key, tag;
	const EVP_MD *mac, *hash;
	const EVP_CIPHER *cipher;
	bool tls13;
};

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
};

static const uint8_t client_random[TLS_RANDOM] = {1, 2, 3}, server_random[TLS_RANDOM] = {4, 5, 6};

static inline bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);
	return n >= m && strcmp(&text[n - m], end) == 0;
}

static const EVP_CIPHER *cipher_of(const struct shape *shape)
{
	static const EVP_CIPHER *(*const makers[][2])(void) = {
	    [CBC] = {EVP_aes_128_cbc, EVP_aes_256_cbc},
	    [GCM] = {EVP_aes_128_gcm, EVP_aes_256_gcm},
	    [CCM] = {EVP_aes_128_ccm, EVP_aes_256_ccm},
	    [CHACHA] = {EVP_chacha20_poly1305, EVP_chacha20_poly1305},
	};
	return makers[shape->mode][shape->key == 32]();
}

/* False when the name is none that can be opened. */
static inline bool shape_of(uint16_t id, struct shape *shape)
{
	const char *name = tls_cipher_name(id);
	if (name == NULL)
		return false;
	bool chacha = strstr(name, "_CHACHA20_POLY1305_") != NULL, aes256 = strstr(name, "_AES_256_") != NULL;
	if (!chacha && !aes256 && strstr(name, "_AES_128_") == NULL)
		return false;
	*shape = (struct shape){.id = id, .tls13 = strstr(name, "_WITH_") == NULL};
	shape->mode = chacha ? CHACHA : strstr(name, "_CBC_") ? CBC : strstr(name, "_GCM_") ? GCM : CCM;
	shape->key = chacha || aes256 ? 32 : 16;
	shape->tag = shape->mode == CBC ? 0 : strstr(name, "_CCM_8") != NULL ? 8 : 16;
	bool sha384 = ends_with(name, "_SHA384");
	shape->hash = sha384 ? EVP_sha384() : EVP_sha256();
	if (shape->mode == CBC)
		shape->mac = ends_with(name, "_SHA") ? EVP_sha1() : shape->hash;
	shape->cipher = cipher_of(shape);
	return true;
}

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

static inline void seal_with_12(struct sealer *sealer, struct span master, bool from_client)
{
	const struct shape *shape = &sealer->way.shape;
	uint8_t block[2 * (SECRET_MAX + 32 + BLOCK)];
	size_t iv = shape->mode == CBC      ? (sealer->way.version == TLS_1_0 ? BLOCK : 0)
	            : shape->mode == CHACHA ? 12
	                                    : 4;
	size_t n = 2 * (sealer->mac + shape->key + iv);
	key_block(&sealer->way, master, block, n);
	struct rd r = rd_of(span_of(block, n));
	pick(&r, sealer->mac_key, sealer->mac, from_client);
	pick(&r, sealer->key, shape->key, from_client);
	pick(&r, sealer->iv, iv, from_client);
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

static inline void encrypt(const struct sealer *sealer, const uint8_t *iv, struct span covered,
                           struct span text, uint8_t *out)
{
	const struct shape *shape = &sealer->way.shape;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;
	assert_int_equal(EVP_EncryptInit_ex(ctx, shape->cipher, NULL, NULL, NULL), 1);
	if (shape->mode != CBC)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL);
	if (shape->mode == CCM)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)shape->tag, NULL);
	assert_int_equal(EVP_EncryptInit_ex(ctx, NULL, NULL, sealer->key, iv), 1);
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	if (shape->mode == CCM)
		EVP_EncryptUpdate(ctx, NULL, &n, NULL, (int)text.n);
	if (shape->mode != CBC)
		assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, covered.p, (int)covered.n), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, text.p, (int)text.n), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, &out[n], &n), 1);
	if (shape->mode != CBC)
		assert_int_equal(
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)shape->tag, &out[text.n]), 1);
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
	size_t n = plain.n, front = implicit ? 0 : BLOCK;
	memcpy(text, plain.p, n);
	if (!sealer->way.etm)
		n = add_mac(sealer, head, text, n);
	size_t padding = BLOCK - n % BLOCK + blocks * BLOCK;
	memset(&text[n], (int)padding - 1, padding);
	if (sealer->bad_padding)
		text[n] ^= 1;
	n += padding;
	if (!implicit)
		memset(body, 0x5a + (int)sealer->sequence, BLOCK);
	encrypt(sealer, implicit ? sealer->iv : body, span_of(NULL, 0), span_of(text, n), &body[front]);
	n += front;
	memcpy(sealer->iv, &body[n - BLOCK], BLOCK);
	return sealer->way.etm ? add_mac(sealer, head, body, n) : n;
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

/* One suite in every version that has it. */
static inline void for_ways_of(uint16_t id, void (*check)(const struct way *))
{
	struct way way = {.version = TLS_1_2};
	if (!shape_of(id, &way.shape))
		return;
	if (way.shape.mode != CBC) {
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
	static const uint16_t ids[] = {0x002f, 0x0035, 0x003c, 0x003d, 0xc024, 0x009c, 0x009d, 0xc09c, 0xc09d,
	                               0xc0a0, 0xc0a1, 0xcca8, 0x1301, 0x1302, 0x1303, 0x1304, 0x1305};
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
