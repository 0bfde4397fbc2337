/* Certificates as text; see pem.h. Captured names are escaped, so each comment is one line. */
#include "ui/pem.h"

#include "ui/escape.h"

#include <stdlib.h>

#define LINE 48 /* bytes that make a line of 64 characters, RFC 7468 section 2 */

/* Three bytes, or the last one or two of them. */
static void put_group(FILE *out, struct rd *r)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned n = 0;
	for (; n < 3 && rd_more(r); n++)
		bits |= (uint32_t)rd_u8(r) << (16 - 8 * n);
	for (unsigned i = 0; i < 4; i++)
		putc(i <= n ? digits[bits >> (18 - 6 * i) & 0x3f] : '=', out);
}

void pem_write(FILE *out, struct span der)
{
	fputs("-----BEGIN CERTIFICATE-----\n", out);
	for (size_t at = 0; at < der.n; at += LINE) {
		struct rd r = rd_of(span_cut(der, at, LINE));
		while (rd_more(&r))
			put_group(out, &r);
		putc('\n', out);
	}
	fputs("-----END CERTIFICATE-----\n", out);
}

static void comment(FILE *out, const char *label, const char *text)
{
	char *shown = escape_text(text, ESCAPE_ASCII);
	fprintf(out, "# %s: %s\n", label, shown);
	free(shown);
}

/* It is written for the first time. */
static bool is_new(struct pem *pem, const struct cert *cert)
{
	const uint8_t *hash = cert->hash[CERT_DER_SHA256];
	for (uint32_t i = 0; i < pem->n; i++)
		if (memcmp(pem->list[i].hash, hash, sizeof pem->list[i].hash) == 0)
			return false;
	pem->list = model_grow(pem->list, pem->n, &pem->room, sizeof pem->list[0]);
	memcpy(pem->list[pem->n++].hash, hash, sizeof pem->list[0].hash);
	return true;
}

static void put_one(struct pem *pem, FILE *out, const struct certs *certs, const struct session *session,
                    const struct cert_seen *seen)
{
	const struct cert *cert = seen->cert;
	bool controller = seen->dir == session->controller;
	char address[ADDR_TEXT];
	struct span der = certs_der(certs, cert);
	fprintf(out, "# session %u, sent by the %s %s\n", (unsigned)session->id,
	        controller ? "controller" : "engine", addr_text(&session->addr[seen->dir], address));
	comment(out, "subject", cert->valid ? cert->subject : "(it cannot be read)");
	comment(out, "issuer", cert->valid ? cert->issuer : "(it cannot be read)");
	fputs("# SHA-256 of the certificate: ", out);
	for (size_t i = 0; i < cert_hash_bytes(CERT_DER_SHA256) && cert->has_hash[CERT_DER_SHA256]; i++)
		fprintf(out, "%02x", (unsigned)cert->hash[CERT_DER_SHA256][i]);
	putc('\n', out);
	if (der.n == 0) {
		pem->missing++;
		fputs("# (its bytes are not kept: it is too long, or there were too many)\n", out);
	} else if (is_new(pem, cert)) {
		pem_write(out, der);
	} else {
		fputs("# (as above)\n", out);
	}
	putc('\n', out);
}

void pem_session(struct pem *pem, FILE *out, const struct certs *certs, const struct session *session)
{
	for (uint32_t i = 0; i < session->n_certs; i++)
		put_one(pem, out, certs, session, &session->certs[i]);
}

void pem_free(struct pem *pem)
{
	free(pem->list);
	pem->list = NULL;
}
