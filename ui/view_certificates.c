/* The table of certificates, with the six hashes that an AuthList entry may be compared with. */
#include "ui/view.h"

static const struct cert_seen *seen(const struct row *row)
{
	return row->item;
}

static const struct cert *cert(const struct row *row)
{
	return seen(row)->cert;
}

/* A text of the certificate; nothing when it could not be parsed. */
static struct value fact(const struct row *row, const char *text)
{
	return cert(row)->valid ? view_text(text) : view_null();
}

static struct value from(const struct row *row)
{
	return view_side(row->session->session, seen(row)->dir);
}

static struct value packet(const struct row *row)
{
	return view_count(seen(row)->at.packet);
}

static struct value readable(const struct row *row)
{
	return cert(row)->valid ? view_null() : view_text("this certificate cannot be decoded");
}

static struct value subject(const struct row *row)
{
	return fact(row, cert(row)->subject);
}

static struct value issuer(const struct row *row)
{
	return fact(row, cert(row)->issuer);
}

static struct value serial(const struct row *row)
{
	return fact(row, cert(row)->serial);
}

static struct value date(const struct row *row, int64_t seconds)
{
	return cert(row)->has_dates ? (struct value){.kind = VALUE_DATE, .seconds = seconds} : view_null();
}

static struct value not_before(const struct row *row)
{
	return date(row, cert(row)->not_before);
}

static struct value not_after(const struct row *row)
{
	return date(row, cert(row)->not_after);
}

static struct value key(const struct row *row)
{
	return fact(row, cert(row)->key);
}

static struct value signature(const struct row *row)
{
	return fact(row, cert(row)->signature);
}

static struct value mac(const struct row *row)
{
	if (!cert(row)->has_mac)
		return view_null();
	return view_mac(cert(row)->mac);
}

static struct value type(const struct row *row)
{
	struct value value = fact(row, cert_type_name(cert(row)->type));
	value.inferred = true;
	return value;
}

/* ---- hashes ---- */

static struct value hash(const struct row *row, enum cert_hash which)
{
	if (!cert(row)->has_hash[which])
		return view_null();
	return (struct value){.kind = VALUE_BYTES,
	                      .bytes = span_of(cert(row)->hash[which], cert_hash_bytes(which))};
}

static struct value spki_sha1(const struct row *row)
{
	return hash(row, CERT_SPKI_SHA1);
}

static struct value spki_sha256(const struct row *row)
{
	return hash(row, CERT_SPKI_SHA256);
}

static struct value pkcs1_sha1(const struct row *row)
{
	return hash(row, CERT_PKCS1_SHA1);
}

static struct value pkcs1_sha256(const struct row *row)
{
	return hash(row, CERT_PKCS1_SHA256);
}

static struct value cert_digest_sha1(const struct row *row)
{
	return hash(row, CERT_DER_SHA1);
}

static struct value cert_digest_sha256(const struct row *row)
{
	return hash(row, CERT_DER_SHA256);
}

static const struct column hash_columns[] = {
    {.key = "spki_sha1", .label = "Key SHA-1", .get = spki_sha1},
    {.key = "spki_sha256", .label = "Key SHA-256", .get = spki_sha256},
    {.key = "pkcs1_sha1", .label = "PKCS#1 SHA-1", .verbose = 1, .get = pkcs1_sha1},
    {.key = "pkcs1_sha256", .label = "PKCS#1 SHA-2", .verbose = 1, .get = pkcs1_sha256},
    {.key = "cert_sha1", .label = "Cert. SHA-1", .verbose = 1, .get = cert_digest_sha1},
    {.key = "cert_sha256", .label = "Cert. SHA-2", .verbose = 1, .get = cert_digest_sha256},
};

static const struct table hashes = {TABLE_OF(hash_columns)};

static size_t certificates_count(const struct row *parent)
{
	return parent->session->session->n_certs;
}

static void certificates_open(const struct row *parent, struct row *row)
{
	row->item = &parent->session->session->certs[row->index];
}

static const struct column columns[] = {
    {.key = "from", .get = from},
    {.label = "In packet", .get = packet},
    {.label = "Problem", .get = readable},
    {.key = "subject", .label = "Subject", .get = subject},
    {.key = "issuer", .label = "Issuer", .get = issuer},
    {.key = "serial", .label = "Serial", .verbose = 1, .get = serial},
    {.key = "not_before", .label = "Valid from", .get = not_before},
    {.key = "not_after", .label = "Valid until", .get = not_after},
    {.key = "key", .label = "Key", .get = key},
    {.key = "signature", .label = "Signature", .verbose = 1, .get = signature},
    {.key = "mac", .label = "MAC", .get = mac},
    {.key = "type", .label = "Type", .get = type},
    {.key = "hashes", .label = "Hashes", .shape = COLUMN_OBJECT, .table = &hashes},
};

const struct table view_certificates = {TABLE_OF(columns), .count = certificates_count,
                                        .open = certificates_open};
