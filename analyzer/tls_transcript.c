/* The session hash of RFC 7627; see tls_transcript.h. Called by tls_secrets.c only. */
#include "analyzer/tls_transcript.h"

#include "analyzer/xmalloc.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct tls_transcript {
	EVP_MD_CTX *digest;
	uint8_t *hello; /* the client_hello, until the hash is known */
	size_t hello_n;
	bool running; /* everything so far is in the digest */
};

struct tls_transcript *tls_transcript_new(void)
{
	return xcalloc(1, sizeof(struct tls_transcript));
}

static void forget_hello(struct tls_transcript *transcript)
{
	free(transcript->hello);
	transcript->hello = NULL;
	transcript->hello_n = 0;
}

void tls_transcript_free(struct tls_transcript *transcript)
{
	if (transcript == NULL)
		return;
	forget_hello(transcript);
	EVP_MD_CTX_free(transcript->digest);
	free(transcript);
}

void tls_transcript_break(struct tls_transcript *transcript)
{
	forget_hello(transcript);
	EVP_MD_CTX_free(transcript->digest);
	transcript->digest = NULL;
	transcript->running = false;
}

void tls_transcript_start(struct tls_transcript *transcript, struct span message)
{
	tls_transcript_break(transcript);
	if (message.n == 0)
		return;
	transcript->hello = xmalloc(message.n);
	memcpy(transcript->hello, message.p, message.n);
	transcript->hello_n = message.n;
}

void tls_transcript_choose(struct tls_transcript *transcript, const char *digest)
{
	EVP_MD *md = EVP_MD_fetch(NULL, digest, NULL);
	struct span hello = span_of(transcript->hello, transcript->hello_n);
	EVP_MD_CTX_free(transcript->digest);
	transcript->digest = EVP_MD_CTX_new();
	transcript->running = md != NULL && transcript->digest != NULL && hello.n > 0 &&
	                      EVP_DigestInit_ex2(transcript->digest, md, NULL) == 1 &&
	                      EVP_DigestUpdate(transcript->digest, hello.p, hello.n) == 1;
	EVP_MD_free(md);
	forget_hello(transcript);
}

void tls_transcript_add(struct tls_transcript *transcript, struct span message)
{
	if (!transcript->running || EVP_DigestUpdate(transcript->digest, message.p, message.n) != 1)
		tls_transcript_break(transcript);
}

size_t tls_transcript_hash(struct tls_transcript *transcript, uint8_t hash[TLS_TRANSCRIPT_MAX])
{
	unsigned n = 0;
	uint8_t all[EVP_MAX_MD_SIZE];
	if (!transcript->running || EVP_DigestFinal_ex(transcript->digest, all, &n) != 1 ||
	    n > TLS_TRANSCRIPT_MAX)
		n = 0;
	memcpy(hash, all, n);
	tls_transcript_break(transcript);
	return n;
}
