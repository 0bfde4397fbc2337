/*
 * Allow-list texts about a certificate; see lists.h. Called by generate.c. Hashes with OpenSSL alone, not
 * with the code that the samples test.
 */
#include "samples/lists.h"

#include "dissect/rd.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define ENGINE_MAC "00:50:56:9c:34:89"
#define OTHER_MAC  "00:50:56:9c:41:77"

/* The hash of TAC 200206, facts.md section 6, under a MAC that plays no part. */
#define PUBLISHED_MAC  "00:50:56:9c:0b:e2"
#define PUBLISHED_HASH "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177"

void lists_key_hash(const X509 *certificate, const EVP_MD *digest, char hex[LISTS_HEX])
{
	uint8_t *der = NULL, hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	if (size <= 0 || EVP_Digest(der, (size_t)size, hash, &n, digest, NULL) != 1) {
		fputs("samples: the key cannot be hashed\n", stderr);
		exit(2);
	}
	OPENSSL_free(der);
	for (unsigned i = 0; i < n; i++)
		snprintf(&hex[2 * i], 3, "%02x", hash[i]);
}

static void damage(char hex[LISTS_HEX])
{
	char *digit = strchr(hex, '0');
	if (digit == NULL) {
		fputs("samples: this key's hash has no 0 to damage, run the program again\n", stderr);
		exit(2);
	}
	*digit = 'O';
}

static void write_configuration(const char *hex, FILE *file)
{
	fprintf(file,
	        "username 0050569c3489 mac aaa attribute list CMX_0050569c3489\n"
	        "!\n"
	        "aaa attribute list CMX_0050569c3489\n"
	        " attribute type password %s\n"
	        "!\n"
	        "aaa authorization credential-download wcm_loc_serv_cert local\n",
	        hex);
}

void lists_write(enum lists_kind kind, const struct tlspeer_identity *engine,
                 const struct tlspeer_identity *other, FILE *file)
{
	char sha1[LISTS_HEX], sha256[LISTS_HEX], other_sha256[LISTS_HEX];
	lists_key_hash(engine->certificate, EVP_sha1(), sha1);
	lists_key_hash(engine->certificate, EVP_sha256(), sha256);
	lists_key_hash(other->certificate, EVP_sha256(), other_sha256);
	switch (kind) {
	case LISTS_NONE:
		break;
	case LISTS_RIGHT:
		fprintf(file, "%s %s\n", ENGINE_MAC, sha256);
		break;
	case LISTS_RIGHT_SHA1:
		fprintf(file, "%s %s\n", ENGINE_MAC, sha1);
		break;
	case LISTS_RIGHT_PEM:
		PEM_write_X509(file, engine->certificate);
		break;
	case LISTS_WRONG_HASH:
		fprintf(file, "%s %s\n", ENGINE_MAC, other_sha256);
		break;
	case LISTS_OTHER_MACS:
		fprintf(file, "%s %s\n", OTHER_MAC, other_sha256);
		fprintf(file, "%s %s\n", PUBLISHED_MAC, PUBLISHED_HASH);
		break;
	case LISTS_MOVED_HASH:
		fprintf(file, "%s %s\n", OTHER_MAC, sha256);
		break;
	case LISTS_DAMAGED:
		damage(sha256);
		write_configuration(sha256, file);
		break;
	case LISTS_WRONG_KIND:
		write_configuration(sha1, file);
		break;
	case LISTS_TWICE:
		fprintf(file, "%s %s\n%s %s\n", ENGINE_MAC, other_sha256, ENGINE_MAC, sha256);
		break;
	}
}
