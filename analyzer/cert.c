/*
 * Certificates -> facts and hashes.
 *
 * Called by cert_store.c for each certificate once, and for PEM text by authlist; with cert_name and the files of
 * tls_crypto all that knows OpenSSL. A certificate is hostile bytes: nothing here trusts a length in it, and what OpenSSL refuses keeps only the
 * hashes of its bytes. Never decides whether a certificate is allowed.
 */
#include "analyzer/cert_parts.h"

#include "analyzer/cert_name.h"
#include "analyzer/xmalloc.h"
#include "dissect/authtext.h"

#include <ctype.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#define DER_SEQUENCE 0x30
#define DER_LONG     0x80 /* set in a first length byte: the low bits count the length bytes that follow */

/* Fetched once: each session asks for digests. */
struct cert_reader {
	EVP_MD *sha1, *sha256;
};

/* ---- digests ---------------------------------------------------------------------------------------- */

/* Digests of a provider that is always there: a failure is the machine's, as in xmalloc.h. */
static EVP_MD *fetch(const char *algorithm)
{
	EVP_MD *md = EVP_MD_fetch(NULL, algorithm, NULL);
	if (md == NULL) {
		fprintf(stderr, "nmspscope: OpenSSL offers no %s\n", algorithm);
		abort();
	}
	return md;
}

static void digest(const EVP_MD *md, struct span bytes, uint8_t *out)
{
	if (EVP_Digest(bytes.n > 0 ? bytes.p : (const uint8_t *)"", bytes.n, out, NULL, md, NULL) != 1)
		abort();
}

static void digest_once(const char *algorithm, struct span bytes, uint8_t *out)
{
	EVP_MD *md = fetch(algorithm);
	digest(md, bytes, out);
	EVP_MD_free(md);
}

void cert_sha1(struct span bytes, uint8_t out[20])
{
	digest_once("SHA1", bytes, out);
}

void cert_sha256(struct span bytes, uint8_t out[32])
{
	digest_once("SHA256", bytes, out);
}

struct cert_reader *cert_reader_new(void)
{
	struct cert_reader *reader = xcalloc(1, sizeof *reader);
	reader->sha1 = fetch("SHA1");
	reader->sha256 = fetch("SHA256");
	return reader;
}

void cert_reader_free(struct cert_reader *reader)
{
	EVP_MD_free(reader->sha1);
	EVP_MD_free(reader->sha256);
	free(reader);
}

void cert_reader_sha256(const struct cert_reader *reader, struct span bytes, uint8_t out[32])
{
	digest(reader->sha256, bytes, out);
}

static void set_hash(struct cert *cert, enum cert_hash hash, const EVP_MD *md, struct span bytes)
{
	digest(md, bytes, cert->hash[hash]);
	cert->has_hash[hash] = true;
}

/* ---- facts ------------------------------------------------------------------------------------------ */

/* The whole first DER SEQUENCE in `bytes`; empty when there is none. ITU-T X.690 section 8.1. */
static struct span first_sequence(struct span bytes)
{
	struct rd r = rd_of(bytes);
	if (rd_u8(&r) != DER_SEQUENCE)
		return span_of(NULL, 0);
	size_t n = rd_u8(&r);
	if (n >= DER_LONG) {
		size_t width = n - DER_LONG;
		if (width == 0 || width > 4)
			return span_of(NULL, 0);
		n = (size_t)rd_big(&r, width);
	}
	rd_skip(&r, n);
	return rd_ok(&r) ? span_cut(bytes, 0, rd_at(&r)) : span_of(NULL, 0);
}

static void set_text(char *text, size_t size, struct span from)
{
	struct span kept = span_cut(from, 0, size - 1);
	for (size_t i = 0; i < kept.n; i++)
		text[i] = kept.p[i] == 0 ? '?' : (char)kept.p[i];
	text[kept.n] = 0;
}

/* A certificate whose names OpenSSL has read has them as DER, too. */
static void set_name(char *text, size_t size, const X509_NAME *name)
{
	const unsigned char *der = NULL;
	size_t n = 0;
	text[0] = 0;
	if (X509_NAME_get0_der(name, &der, &n) == 1)
		(void)cert_name(span_of(der, n), text, size);
}

static void set_common_name(struct cert *cert, const X509_NAME *subject)
{
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at < 0)
		return;
	uint8_t *utf8 = NULL;
	int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (n < 0)
		return;
	set_text(cert->common_name, sizeof cert->common_name, span_of(utf8, (size_t)n));
	OPENSSL_free(utf8);
	cert->has_mac = cert_mac(cert->common_name, cert->mac);
}

static void set_serial(struct cert *cert, const ASN1_INTEGER *serial)
{
	struct span bytes = span_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
	size_t sign = ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER;
	if (sign)
		cert->serial[0] = '-';
	authtext_hex(span_cut(bytes, 0, (sizeof cert->serial - 2) / 2), &cert->serial[sign]);
}

static bool seconds_of(const ASN1_TIME *time, int64_t *out)
{
	struct tm tm;
	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

static void set_dates(struct cert *cert, const X509 *x509)
{
	cert->has_dates = seconds_of(X509_get0_notBefore(x509), &cert->not_before) &&
	                  seconds_of(X509_get0_notAfter(x509), &cert->not_after);
	if (!cert->has_dates)
		cert->not_before = cert->not_after = 0;
}

/* "P-256" where NIST has a name for the curve, else OpenSSL's; "" for explicit parameters. */
static void curve_name(const EVP_PKEY *key, char *name, size_t size)
{
	size_t n = 0;
	if (EVP_PKEY_get_group_name(key, name, size, &n) != 1)
		name[0] = 0;
	const char *nist = EC_curve_nid2nist(OBJ_txt2nid(name));
	if (nist != NULL)
		snprintf(name, size, "%s", nist);
}

static void set_key(struct cert *cert, const EVP_PKEY *key, const ASN1_OBJECT *algorithm)
{
	static const struct {
		int type;
		const char *name;
		bool sized;
	} kinds[] = {
	    {EVP_PKEY_RSA, "RSA", true},          {EVP_PKEY_RSA_PSS, "RSA-PSS", true},
	    {EVP_PKEY_DSA, "DSA", true},          {EVP_PKEY_DH, "DH", true},
	    {EVP_PKEY_ED25519, "Ed25519", false}, {EVP_PKEY_ED448, "Ed448", false},
	};
	OBJ_obj2txt(cert->key, sizeof cert->key, algorithm, 0);
	if (key == NULL)
		return;
	cert->key_bits = (unsigned)EVP_PKEY_get_bits(key);
	int type = EVP_PKEY_get_base_id(key);
	if (type == EVP_PKEY_EC) {
		char curve[sizeof cert->key - 3];
		curve_name(key, curve, sizeof curve);
		snprintf(cert->key, sizeof cert->key, "EC %s", curve[0] != 0 ? curve : "explicit curve");
	}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].type == type && kinds[i].sized)
			snprintf(cert->key, sizeof cert->key, "%s %u", kinds[i].name, cert->key_bits);
		else if (kinds[i].type == type)
			snprintf(cert->key, sizeof cert->key, "%s", kinds[i].name);
}

static void set_key_facts(const struct cert_reader *reader, struct cert *cert, const X509 *x509)
{
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(x509);
	ASN1_OBJECT *algorithm = NULL;
	const uint8_t *bits = NULL;
	int n_bits = 0;
	uint8_t *der = NULL;
	X509_PUBKEY_get0_param(&algorithm, &bits, &n_bits, NULL, spki);
	set_key(cert, X509_get0_pubkey(x509), algorithm);
	int n = i2d_X509_PUBKEY(spki, &der);
	if (n > 0) {
		set_hash(cert, CERT_SPKI_SHA1, reader->sha1, span_of(der, (size_t)n));
		set_hash(cert, CERT_SPKI_SHA256, reader->sha256, span_of(der, (size_t)n));
	}
	OPENSSL_free(der);
	int type = OBJ_obj2nid(algorithm);
	if ((type == NID_rsaEncryption || type == NID_rsassaPss) && n_bits > 0) {
		set_hash(cert, CERT_PKCS1_SHA1, reader->sha1, span_of(bits, (size_t)n_bits));
		set_hash(cert, CERT_PKCS1_SHA256, reader->sha256, span_of(bits, (size_t)n_bits));
	}
}

/*
 * A signature that cannot be checked here (an algorithm that OpenSSL does not know or has retired, or names that
 * are redacted) counts as good when the names are the same.
 */
static bool is_self_signed(X509 *x509, bool redacted)
{
	int answer = X509_self_signed(x509, 1);
	if (answer > 0)
		return true;
	bool known = OBJ_find_sigid_algs(X509_get_signature_nid(x509), NULL, NULL) == 1;
	return (answer < 0 || !known || redacted) &&
	       X509_NAME_cmp(X509_get_issuer_name(x509), X509_get_subject_name(x509)) == 0;
}

/* Cisco's factory certificates carry the name of one of these authorities. */
size_t cert_factory_name(struct span text)
{
	static const char *const names[] = {"Cisco Manufacturing CA", "ACT2 SUDI", "Cisco Root CA", "airespace"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i]), same = 0;
		while (same < n && same < text.n && tolower(text.p[same]) == tolower(names[i][same]))
			same++;
		if (same == n)
			return n;
	}
	return 0;
}

static bool holds_factory_name(const char *text)
{
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++)
		if (cert_factory_name(span_of(&text[i], n - i)) > 0)
			return true;
	return false;
}

static enum cert_type type_of(const struct cert *cert)
{
	if (cert->self_signed)
		return CERT_SSC;
	return holds_factory_name(cert->issuer) || holds_factory_name(cert->subject) ? CERT_MIC : CERT_LSC;
}

static void set_facts(const struct cert_reader *reader, struct cert *cert, X509 *x509, bool redacted)
{
	const X509_ALGOR *algorithm = NULL;
	const ASN1_OBJECT *object = NULL;
	cert->valid = true;
	set_name(cert->subject, sizeof cert->subject, X509_get_subject_name(x509));
	set_name(cert->issuer, sizeof cert->issuer, X509_get_issuer_name(x509));
	set_common_name(cert, X509_get_subject_name(x509));
	set_serial(cert, X509_get0_serialNumber(x509));
	set_dates(cert, x509);
	set_key_facts(reader, cert, x509);
	X509_get0_signature(NULL, &algorithm, x509);
	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	OBJ_obj2txt(cert->signature, sizeof cert->signature, object, 0);
	cert->self_signed = is_self_signed(x509, redacted);
	cert->type = type_of(cert);
}

/* Bytes behind the certificate make it invalid: the peer would not have signed or hashed them. */
void cert_reader_read(const struct cert_reader *reader, struct span der, bool redacted, struct cert *cert)
{
	set_hash(cert, CERT_DER_SHA1, reader->sha1, der);
	if (der.n == 0 || first_sequence(der).n != der.n)
		return;
	const uint8_t *at = der.p;
	X509 *x509 = d2i_X509(NULL, &at, (long)der.n);
	if (x509 != NULL)
		set_facts(reader, cert, x509, redacted);
	X509_free(x509);
	ERR_clear_error();
}

/* ---- PEM -------------------------------------------------------------------------------------------- */

/* One block, from its BEGIN line on; what stands behind its END line is skipped. */
static bool pem_block(struct span block, uint32_t line, void (*found)(void *, struct span, uint32_t),
                      void *ctx)
{
	char *name = NULL, *header = NULL;
	uint8_t *data = NULL;
	long n = 0;
	bool is_certificate = false;
	BIO *in = BIO_new_mem_buf(block.p, (int)block.n);
	if (in == NULL)
		abort();
	if (PEM_read_bio(in, &name, &header, &data, &n) == 1) {
		struct span der = span_of(data, n > 0 ? (size_t)n : 0);
		bool trusted = strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
		is_certificate =
		    trusted || strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0;
		if (is_certificate)
			found(ctx, trusted ? first_sequence(der) : der, line); /* trust settings follow it */
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(in);
	ERR_clear_error();
	return is_certificate;
}

/* Each block is cut out first, so that one without its END takes none of the following ones along. */
size_t certs_from_pem(struct span text, void (*found)(void *ctx, struct span der, uint32_t line), void *ctx)
{
	static const char begin[] = "-----BEGIN ";
	struct rd r = rd_of(text);
	size_t certificates = 0, start = text.n;
	uint32_t line = 0, start_line = 0;
	while (rd_more(&r)) {
		size_t at = rd_at(&r);
		line++;
		if (!span_equal(span_cut(rd_line(&r), 0, sizeof begin - 1), span_of(begin, sizeof begin - 1)))
			continue;
		if (start < at)
			certificates += pem_block(span_cut(text, start, at - start), start_line, found, ctx);
		start = at;
		start_line = line;
	}
	if (start < text.n)
		certificates += pem_block(span_cut(text, start, text.n - start), start_line, found, ctx);
	return certificates;
}
