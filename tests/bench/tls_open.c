/*
 * tls_open: microseconds a record of 370 bytes takes, opened by an opener, and by the shortest loop over one
 * EVP context; then their ratio. AES-256-GCM of TLS 1.2. The best of several turns counts.
 */
#include "analyzer/tls_crypto.h"
#include "analyzer/tls_key_block.h"
#include "analyzer/tls_kdf.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	TURNS = 15,
	RECORDS = 100000,
	TEXT = 370,
	EXPLICIT = 8,
	TAG = 16,
	SALT = 4,
	NONCE = 12,
	HEAD = 13,
	KEY = 32
};
enum { SUITE = 0xc030, BODY = EXPLICIT + TEXT + TAG };

static void must(bool done)
{
	if (!done)
		abort();
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One record, opened again and again. */
struct sealed {
	uint8_t key[KEY], salt[SALT], body[BODY];
};

static const struct keylog_secret master = {.n = KEYLOG_MASTER_BYTES};
static const uint8_t random_of[2 * TLS_RANDOM];

/* What stands in front of the text for the tag: the sequence number 0 and the record's header. */
static void put_covered(uint8_t covered[HEAD])
{
	static const uint8_t from[HEAD] = {
	    [8] = TLS_APPLICATION_DATA, TLS_1_2 >> 8, TLS_1_2 & 0xff, TEXT >> 8, TEXT & 0xff};
	memcpy(covered, from, HEAD);
}

static void put_nonce(const struct sealed *sealed, uint8_t nonce[NONCE])
{
	memcpy(nonce, sealed->salt, SALT);
	memcpy(&nonce[SALT], sealed->body, EXPLICIT);
}

static void seal(struct sealed *sealed)
{
	uint8_t block[2 * (KEY + SALT)], nonce[NONCE], covered[HEAD], text[TEXT] = {0};
	int n;
	must(tls_kdf_prf("SHA384", span_of(master.bytes, master.n), "key expansion",
	                 span_of(random_of, sizeof random_of), block, sizeof block) == 0);
	memcpy(sealed->key, block, KEY);
	memcpy(sealed->salt, &block[2 * KEY], SALT);
	memset(sealed->body, 0, EXPLICIT);
	put_nonce(sealed, nonce);
	put_covered(covered);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	must(ctx != NULL && EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), sealed->key, nonce, NULL) == 1);
	must(EVP_EncryptUpdate(ctx, NULL, &n, covered, HEAD) == 1);
	must(EVP_EncryptUpdate(ctx, &sealed->body[EXPLICIT], &n, text, TEXT) == 1);
	must(EVP_EncryptFinal_ex(ctx, text, &n) == 1);
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, &sealed->body[EXPLICIT + TEXT]) == 1);
	EVP_CIPHER_CTX_free(ctx);
}

static double floor_turn(const struct sealed *sealed)
{
	uint8_t out[BODY], nonce[NONCE], covered[HEAD], tag[TAG];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;
	must(ctx != NULL && EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), sealed->key, NULL, NULL) == 1);
	double start = now();
	for (int i = 0; i < RECORDS; i++) {
		put_nonce(sealed, nonce);
		put_covered(covered);
		memcpy(tag, &sealed->body[EXPLICIT + TEXT], TAG);
		EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL);
		EVP_DecryptUpdate(ctx, NULL, &n, covered, HEAD);
		EVP_DecryptUpdate(ctx, out, &n, &sealed->body[EXPLICIT], TEXT);
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag);
		must(EVP_DecryptFinal_ex(ctx, out, &n) == 1);
	}
	double seconds = now() - start;
	EVP_CIPHER_CTX_free(ctx);
	return seconds;
}

static double opener_turn(const struct sealed *sealed)
{
	uint8_t out[BODY], type;
	struct span plain;
	const struct tls_record head = {.type = TLS_APPLICATION_DATA, .version = TLS_1_2, .length = BODY};
	struct tls_opener *opener = tls_opener_new();
	struct tls_key_block block = {.suite = NULL};
	must(tls_key_block_make(&block, tls_suite_find(SUITE), TLS_1_2, &master, random_of, random_of) == 0);
	must(tls_opener_key_12(opener, &block, false, true) == 0);
	double start = now();
	for (int i = 0; i < RECORDS; i++) {
		tls_opener_set_sequence(opener, 0);
		must(tls_open(opener, &head, span_of(sealed->body, BODY), out, &plain, &type) == TLS_OPENED);
	}
	double seconds = now() - start;
	tls_opener_free(opener);
	return seconds;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

int main(void)
{
	struct sealed sealed;
	seal(&sealed);
	double floor = 1e9, ours = 1e9;
	for (int i = 0; i < TURNS; i++) {
		floor = least(floor, floor_turn(&sealed));
		ours = least(ours, opener_turn(&sealed));
	}
	printf("%.3f %.3f %.2f\n", ours * 1e6 / RECORDS, floor * 1e6 / RECORDS, ours / floor);
	return 0;
}
