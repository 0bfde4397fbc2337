/*
 * Certificates -> facts and hashes. One of the files with OpenSSL.
 *
 * A certificate is parsed once: the store finds it again by its DER, or its SHA-256 where the DER is not
 * kept, and hands out the same const facts, so that 3,000 sessions with the same controller cost one parse.
 */
#ifndef ANALYZER_CERT_H
#define ANALYZER_CERT_H

#include "dissect/rd.h"

enum cert_type { CERT_SSC, CERT_MIC, CERT_LSC };

/* What the AuthList hash may cover; facts.md section 6 says SPKI, the others are shown beside it. */
enum cert_hash {
	CERT_SPKI_SHA1,
	CERT_SPKI_SHA256,
	CERT_PKCS1_SHA1, /* only for RSA keys: DER RSAPublicKey, RFC 8017 appendix A.1.1 */
	CERT_PKCS1_SHA256,
	CERT_DER_SHA1, /* the whole certificate: "fingerprint" */
	CERT_DER_SHA256,
	CERT_HASHES
};

struct cert {
	bool valid;          /* the DER parsed; when false only the two CERT_DER hashes are set */
	char subject[256];   /* RFC 2253 as OpenSSL writes it (other than ASCII as \C3\A9), cut to fit */
	char issuer[256];
	char common_name[128]; /* of the subject, raw UTF-8 to be escaped by who shows it; "" when absent */
	char serial[44];       /* lower-case hex, cut to fit */
	bool has_dates;                /* both dates could be read; else they are 0 and nothing expires */
	int64_t not_before, not_after; /* seconds since 1970-01-01 UTC */
	char key[32];        /* "RSA 2048", "EC P-256", "Ed25519" */
	unsigned key_bits;
	char signature[64];  /* OpenSSL's long name: "sha256WithRSAEncryption" */
	bool has_mac;
	uint8_t mac[6];      /* from the subject's CN, facts.md section 6 */
	bool self_signed;
	enum cert_type type; /* inferred: self-signed = SSC, Cisco manufacturing CA = MIC, else LSC */
	uint8_t hash[CERT_HASHES][32];   /* SHA-1 uses the first 20 bytes */
	bool has_hash[CERT_HASHES];
};

struct certs;

struct certs *certs_new(void);
void certs_free(struct certs *certs);

/*
 * The facts of a DER certificate, never NULL. The pointer stays valid while the
 * store lives and the caller has not given it back. Each call takes one reference. At LIMIT_CERTIFICATES
 * the certificate that has been without a reference for longest leaves; when all are in use the answer is
 * a fixed `struct cert` with valid false and no hash at all, and certs_refused counts it.
 */
const struct cert *certs_take(struct certs *certs, struct span der);

/* One more reference to a certificate that certs_take gave and that is not given back yet; NULL is allowed. */
void certs_share(struct certs *certs, const struct cert *cert);
void certs_give_back(struct certs *certs, const struct cert *cert); /* NULL is allowed */

/*
 * From now on names in certificates are redacted, so that no signature verifies: one whose subject is its issuer is
 * taken for self-signed.
 */
void certs_are_redacted(struct certs *certs);

/*
 * The bytes that the certificate was taken from, for whoever writes it to a file; borrowed while it is not given
 * back. Empty when they are not kept: more than LIMIT_CERTIFICATE_BYTES, or no room in LIMIT_CERTIFICATES_BYTES.
 */
struct span certs_der(const struct certs *certs, const struct cert *cert);

/* How often certs_take had no room left. */
uint64_t certs_refused(const struct certs *certs);

/*
 * Certificates in PEM text (RFC 7468 section 5, also X509 and TRUSTED ones) with any rubbish between them:
 * calls `found` for each with the line of its BEGIN, from 1; returns how many. `der` is borrowed for the
 * call and may be anything that was in the base64.
 */
size_t certs_from_pem(struct span text, void (*found)(void *ctx, struct span der, uint32_t line), void *ctx);

/* SHA-1 (20 bytes) and SHA-256 (32 bytes) of any bytes, for Community ID and tests. */
void cert_sha1(struct span bytes, uint8_t digest[20]);
void cert_sha256(struct span bytes, uint8_t digest[32]);

/* Bytes of a hash: 20 or 32. */
size_t cert_hash_bytes(enum cert_hash hash);

/* Bytes of the name of one of the factory's authorities with which the text begins; 0 when it begins with none. */
size_t cert_factory_name(struct span text);

/* "spki_sha256": the key of design.md section 8; and "SHA-256 of the SubjectPublicKeyInfo" for people. */
const char *cert_hash_name(enum cert_hash hash);
const char *cert_hash_label(enum cert_hash hash);

const char *cert_type_name(enum cert_type type); /* "ssc", "mic", "lsc" */

/*
 * A MAC address in a text: 12 hex digits between non-hex characters (C1130-00146a1b3744), or 6 pairs joined
 * by ':' or '-', or 3 groups of 4 joined by '.'. False when there is none.
 */
bool cert_mac(const char *text, uint8_t mac[6]);

#endif
