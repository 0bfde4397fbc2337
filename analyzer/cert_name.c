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

/* Free with X509_NAME_free; NULL when the bytes are no name to their last one. */
static X509_NAME *parse(struct span der)
{
	const unsigned char *at = der.p;
	X509_NAME *name = der.n > 0 ? d2i_X509_NAME(NULL, &at, (long)der.n) : NULL;
	if (name != NULL && (size_t)(at - der.p) != der.n) {
		X509_NAME_free(name);
		name = NULL;
	}
	ERR_clear_error();
	return name;
}

bool cert_name(struct span der, char *text, size_t size)
{
	X509_NAME *name = parse(der);
	text[0] = '\0';
	if (name == NULL)
		return false;
	print(name, text, size);
	X509_NAME_free(name);
	return true;
}

static void set_text(char *text, size_t size, struct span from)
{
	struct span kept = span_cut(from, 0, size - 1);
	for (size_t i = 0; i < kept.n; i++)
		text[i] = kept.p[i] == 0 ? '?' : (char)kept.p[i];
	text[kept.n] = '\0';
}

bool cert_name_common(struct span der, char *text, size_t size)
{
	X509_NAME *name = parse(der);
	uint8_t *utf8 = NULL;
	text[0] = '\0';
	int at = name == NULL ? -1 : X509_NAME_get_index_by_NID(name, NID_commonName, -1), n = -1;
	if (at >= 0)
		n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n >= 0)
		set_text(text, size, span_of(utf8, (size_t)n));
	OPENSSL_free(utf8);
	X509_NAME_free(name);
	ERR_clear_error();
	return n >= 0;
}
