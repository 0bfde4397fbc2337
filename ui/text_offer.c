/* What the hellos and the certificate request say, as text; see text_parts.h. */
#include "ui/text_parts.h"

#include "dissect/tls_names.h"

#include <inttypes.h>

#define INDENT 2
#define LINE   200

/* The client, or the server, as the side that it is here. */
static const char *side(const struct session *session, bool client)
{
	uint8_t dir = client ? session->tls.client_dir : session->tls.client_dir ^ 1;
	return dir == session->controller ? "controller" : "engine";
}

static void heading(const struct page *page, const struct session *session, const char *what, bool client)
{
	char text[LINE];
	snprintf(text, sizeof text, "%s the %s", what, side(session, client));
	text_parts_heading(page, text);
}

static void show_suites(const struct page *page, const struct session_tls *tls)
{
	char text[LINE];
	uint32_t shown = tls->n_offered < LIMIT_OFFERED ? tls->n_offered : LIMIT_OFFERED;
	if (tls->n_offered == 0)
		return;
	snprintf(text, sizeof text, "%" PRIu32 " cipher suite%s:", tls->n_offered,
	         view_plural(tls->n_offered));
	page_line(page, INDENT, TONE_PLAIN, text);
	for (uint32_t i = 0; i < shown; i++) {
		const char *name = tls_cipher_name(tls->offered[i]);
		snprintf(text, sizeof text, "0x%04x %s%s", (unsigned)tls->offered[i],
		         name != NULL ? name : "not registered",
		         tls->server_hello && tls->cipher == tls->offered[i] ? "  (chosen)" : "");
		page_line(page, 2 * INDENT, TONE_PLAIN, text);
	}
	if (shown == tls->n_offered)
		return;
	snprintf(text, sizeof text, "... and %" PRIu32 " more", tls->n_offered - shown);
	page_line(page, 2 * INDENT, TONE_PLAIN, text);
}

void text_parts_offered(const struct page *page, const struct row *row)
{
	const struct session *session = row->session->session;
	if (!session->tls.client_hello)
		return;
	heading(page, session, "Offered by", true);
	show_suites(page, &session->tls);
	page_pairs(page, INDENT, &view_offered, row);
}

void text_parts_chosen(const struct page *page, const struct row *row)
{
	const struct session_tls *tls = &row->session->session->tls;
	char text[LINE];
	if (!tls->server_hello)
		return;
	const char *version = session_version_name(tls, tls->version), *cipher = tls_cipher_name(tls->cipher);
	heading(page, row->session->session, "Chosen by", false);
	snprintf(text, sizeof text, "%s, 0x%04x %s", version != NULL ? version : "an unknown version",
	         (unsigned)tls->cipher, cipher != NULL ? cipher : "not registered");
	page_line(page, INDENT, TONE_PLAIN, text);
	page_pairs(page, INDENT, &view_chosen, row);
}

/* What an engine may have no certificate of. */
static void show_authorities(const struct page *page, const struct row *row, uint32_t all)
{
	char text[LINE];
	if (all == 0) {
		page_line(page, INDENT, TONE_PLAIN,
		          "It names no CA: a certificate of any issuer may be sent.");
		return;
	}
	snprintf(text, sizeof text, "It wants a certificate of %s CA%s:", all == 1 ? "this" : "one of these",
	         view_plural(all));
	page_line(page, INDENT, TONE_PLAIN, text);
	text_parts_strings(page, "- ", &view_authorities, row);
	size_t shown = view_rows(&view_authorities, row);
	if (shown == all)
		return;
	snprintf(text, sizeof text, "... and %zu more", all - shown);
	page_line(page, INDENT, TONE_PLAIN, text);
}

void text_parts_request(const struct page *page, const struct row *row)
{
	const struct tls_told *told = row->session->session->tls.told[TOLD_CERTIFICATE_REQUEST];
	if (told == NULL)
		return;
	heading(page, row->session->session, "Certificate request of", false);
	show_authorities(page, row, told->items[TOLD_AUTHORITIES]);
	page_pairs(page, INDENT, &view_request, row);
}

void text_parts_sizes(const struct page *page, const struct row *row)
{
	const struct session *session = row->session->session;
	if (session_client_flight(session) == CLIENT_FLIGHT_UNKNOWN && !session_hidden_alert(session, 0) &&
	    !session_hidden_alert(session, 1))
		return;
	text_parts_heading(page, "What the sizes of encrypted records tell (inferred)");
	page_pairs(page, INDENT, &view_sizes, row);
}
