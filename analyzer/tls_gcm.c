/* GCM over single blocks of a cipher; see tls_gcm.h. OpenSSL does the counting and the hashing. */
#include "analyzer/tls_gcm.h"

#include "analyzer/xmalloc.h"

#include <openssl/evp.h>
#include <openssl/modes.h>
#include <stdlib.h>

#define BLOCK 16

struct tls_gcm {
	EVP_CIPHER_CTX *cipher;
	GCM128_CONTEXT *mode;
};

static void encrypt_block(const unsigned char in[BLOCK], unsigned char out[BLOCK], const void *key)
{
	EVP_CIPHER_CTX *cipher =
	    (EVP_CIPHER_CTX *)(uintptr_t)key; /* OpenSSL's type takes it for a plain key */
	int n;
	if (EVP_EncryptUpdate(cipher, out, &n, in, BLOCK) != 1 || n != BLOCK)
		abort(); /* a keyed cipher of whole blocks has no way to fail */
}

struct tls_gcm *tls_gcm_new(const char *cipher, struct span key)
{
	struct tls_gcm *gcm = xcalloc(1, sizeof *gcm);
	EVP_CIPHER *found = EVP_CIPHER_fetch(NULL, cipher, NULL);
	gcm->cipher = EVP_CIPHER_CTX_new();
	if (found != NULL && gcm->cipher != NULL &&
	    EVP_EncryptInit_ex2(gcm->cipher, found, key.p, NULL, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(gcm->cipher, 0) == 1)
		gcm->mode = CRYPTO_gcm128_new(gcm->cipher, encrypt_block);
	EVP_CIPHER_free(found);
	if (gcm->mode != NULL)
		return gcm;
	tls_gcm_free(gcm);
	return NULL;
}

void tls_gcm_free(struct tls_gcm *gcm)
{
	if (gcm == NULL)
		return;
	CRYPTO_gcm128_release(gcm->mode);
	EVP_CIPHER_CTX_free(gcm->cipher);
	free(gcm);
}

bool tls_gcm_open(struct tls_gcm *gcm, struct span nonce, struct span covered, struct span text,
                  struct span tag, uint8_t *out)
{
	CRYPTO_gcm128_setiv(gcm->mode, nonce.p, nonce.n);
	return CRYPTO_gcm128_aad(gcm->mode, covered.p, covered.n) == 0 &&
	       CRYPTO_gcm128_decrypt(gcm->mode, text.p, out, text.n) == 0 &&
	       CRYPTO_gcm128_finish(gcm->mode, tag.p, tag.n) == 0;
}
