/*
 * The AuthList decision of one session: observed and predicted, the entry beside the engine's hash with the
 * digits that differ, the entries of the list, the lines to paste, both certificates.
 */
#include "ui/screen.h"
#include "ui/text_parts.h"

#include <ctype.h>
#include <inttypes.h>

#define DIGITS  64 /* of the longest hash */
#define ENTRIES 20 /* of the list that are shown */

static void write_hex(const uint8_t *bytes, size_t n, char *text)
{
	static const char digit[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digit[bytes[i] >> 4];
		text[2 * i + 1] = digit[bytes[i] & 0x0f];
	}
	text[2 * n] = '\0';
}

/* "^" below each digit that differs; nothing when none or nearly all do: then it is another hash altogether.
 */
static void write_differences(const struct page *page, const char *label, const char *engine,
                              const char *entry)
{
	char text[DIGITS + 40];
	size_t n = strlen(engine), differing = 0, from = strlen(label);
	snprintf(text, sizeof text, "%*s", (int)(from + n), "");
	for (size_t i = 0; i < n && i < strlen(entry); i++) {
		bool same = tolower((unsigned char)entry[i]) == engine[i];
		text[from + i] = same ? ' ' : '^';
		differing += !same;
	}
	if (differing > 0 && differing <= n / 2)
		page_line(page, 2, TONE_ERROR, text);
	snprintf(text, sizeof text, "%zu of %zu digits differ", differing, n);
	page_line(page, 2, differing > 0 ? TONE_ERROR : TONE_GOOD,
	          differing > 0 ? text : "all digits are the same");
}

static void write_compared(const struct row *row, const struct page *page)
{
	const struct authlist_entry *entry = row->session->auth.decision.entry;
	const struct cert *cert = row->session->auth.cert;
	char digits[DIGITS + 1], text[DIGITS + 40];
	if (entry == NULL || cert == NULL)
		return;
	enum cert_hash which = authlist_is_sha256(entry) ? CERT_SPKI_SHA256 : CERT_SPKI_SHA1;
	if (!cert->has_hash[which])
		return;
	write_hex(cert->hash[which], cert_hash_bytes(which), digits);
	text_parts_heading(page, "Digit by digit");
	snprintf(text, sizeof text, "Engine %s", digits);
	page_line(page, 2, TONE_PLAIN, text);
	snprintf(text, sizeof text, "Entry  %.*s", DIGITS, entry->hash.text);
	page_line(page, 2, TONE_PLAIN, text);
	write_differences(page, "Engine ", digits, entry->hash.text);
}

/* "> wlc.txt line 4   00:11:22:33:44:55   ab12..." */
static void write_entry(const struct row *row, const struct page *page, const struct authlist_entry *entry)
{
	struct value mac = view_entry_mac(&entry->mac), place;
	char text[400];
	char *shown = format_value(&mac, &page->format);
	place = view_entry_place(row, entry);
	snprintf(text, sizeof text, "%s %-18s %.*s  (%s)",
	         entry == row->session->auth.decision.entry ? ">" : " ", shown, DIGITS, entry->hash.text,
	         place.text);
	page_line(page, 0, TONE_PLAIN, text);
	free(shown);
}

static void write_list(const struct row *row, const struct page *page)
{
	const struct authlist *list = &row->view->model->authlist;
	char text[120];
	if (list->n_entries == 0)
		return;
	text_parts_heading(page, "Entries of the list (> the one that the decision rests on)");
	size_t from = 0;
	for (size_t i = 0; i < list->n_entries; i++)
		if (&list->entries[i] == row->session->auth.decision.entry)
			from = i > ENTRIES / 2 ? i - ENTRIES / 2 : 0;
	size_t to = from + ENTRIES < list->n_entries ? from + ENTRIES : list->n_entries;
	for (size_t i = from; i < to; i++)
		write_entry(row, page, &list->entries[i]);
	if (to - from == list->n_entries)
		return;
	snprintf(text, sizeof text, "%zu of %zu entries", to - from, list->n_entries);
	page_line(page, 2, TONE_PLAIN, text);
}

static void write(struct ui *ui, const struct page *page)
{
	struct row row = ui_row(ui);
	const struct session *session = row.session->session;
	text_parts_heading(page, "AuthList");
	page_pairs(page, 2, &view_auth, &row);
	write_compared(&row, page);
	if (row.session->fix.lines > 0) {
		page_blank(page);
		if (row.session->auth.decision.prediction == AUTH_MATCH)
			page_line(
			    page, 2, TONE_GOOD,
			    "The list has this certificate: nothing need be added. For another controller:");
		text_parts_fix(page, 2, &row.session->fix);
	}
	write_list(&row, page);
	text_parts_certificates(page, &row, session_engine(session));
	text_parts_certificates(page, &row, session->controller);
}

const struct screen screen_auth = {.of_session = true, .write = write};
