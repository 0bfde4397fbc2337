/* See cert_name.h. */
#include "analyzer/cert_name.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

static void print(const X509_NAME *name, char *text, size_t size)
{
	BIO *out = BIO_new(BIO_s_mem());
	if (out == NULL)
		abort();
	X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
	int n = BIO_read(out, text, (int)size - 1);
	text[n > 0 ? n : 0] = 0;
	BIO_free(out);
}

bool cert_name(struct span der, char *text, size_t size)
{
	const unsigned char *at = der.p;
	X509_NAME *name = der.n > 0 ? d2i_X509_NAME(NULL, &at, (long)der.n) : NULL;
	bool whole = name != NULL && (size_t)(at - der.p) == der.n;
	text[0] = '\0';
	if (whole)
		print(name, text, size);
	X509_NAME_free(name);
	ERR_clear_error();
	return whole;
}
