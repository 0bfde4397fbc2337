/* NMSP messages as text; see text_messages.h. Never decides what is shown of a message: the tables do. */
#include "ui/text_messages.h"

#include "analyzer/session_nmsp.h"

#include <inttypes.h>

#define INDENT       2
#define LINE         200
#define HEX_BYTES    16 /* in a line */
#define VERBOSE      1  /* one line a message */
#define VERY_VERBOSE 2  /* its fields and bytes */

static void heading(const struct page *page, const char *title)
{
	page_blank(page);
	page_line(page, 0, TONE_HEADING, title);
}

static void show_subscriptions(const struct page *page, const struct row *row)
{
	if (view_rows(&view_subscriptions, row) == 0)
		return;
	heading(page, "Subscribed services (by the mask that the framing assumes)");
	page_grid(page, INDENT, &view_subscriptions, row);
}

void text_messages_services(const struct page *page, const struct row *row)
{
	if (view_rows(&view_service_changes, row) == 0)
		return;
	heading(page, "Services over time (by the mask that the framing assumes)");
	page_grid(page, INDENT, &view_service_changes, row);
}

/* What stays closed is not counted: the reader must know before the counts. */
static void show_share(const struct page *page, const struct session_decryption *keys)
{
	if (keys->data > keys->data_opened)
		page_wrap(page, INDENT, "From ", TONE_PLAIN, keys->detail);
}

static void show_amount(const struct page *page, const char *whose, uint64_t bytes, uint64_t pieces)
{
	char text[LINE];
	snprintf(text, sizeof text, "%s%" PRIu64 " byte%s in %" PRIu64 " piece%s.", whose, bytes, view_plural(bytes),
	         pieces, view_plural(pieces));
	page_line(page, INDENT, TONE_PLAIN, text);
}

static void show_unknown(const struct page *page, const struct session *session)
{
	const struct session_nmsp *nmsp = session->nmsp;
	uint8_t engine = session_engine(session), controller = session->controller;
	if (session_nmsp_knows_sides(session)) {
		show_amount(page, "Of the engine: ", nmsp->bytes[engine], nmsp->pieces[engine]);
		show_amount(page, "Of the controller: ", nmsp->bytes[controller], nmsp->pieces[controller]);
	} else {
		show_amount(page, "", nmsp->bytes[0] + nmsp->bytes[1], nmsp->pieces[0] + nmsp->pieces[1]);
	}
	page_wrap(page, INDENT, "", TONE_PLAIN,
	          !nmsp->decided          ? "Too little was read yet to tell the framing."
	          : nmsp->profile == NULL ? "The framing is unknown: messages cannot be told from each other."
	                                  : "No whole message of the given framing is in it.");
}

/* What the table lacks, so that nothing is left out in silence. */
static void show_rest(const struct page *page, const struct session *session)
{
	const struct session_nmsp *nmsp = session->nmsp;
	char text[LINE];
	bool told = session_nmsp_knows_sides(session);
	for (uint8_t dir = 0; dir < 2; dir++) {
		const char *whose = !told ? "In" : dir == session->controller ? "Of the controller, in" : "Of the engine, in";
		if (nmsp->lost[dir] > 0) {
			snprintf(text, sizeof text, "%s no message: %" PRIu64 " byte%s.", whose,
			         nmsp->lost[dir], view_plural(nmsp->lost[dir]));
			page_line(page, INDENT, TONE_PLAIN, text);
		}
		if (nmsp->cut_off[dir] > 0)
			page_wrap(page, INDENT, "", TONE_PLAIN,
			          dir == session->controller
			              ? "The last message of the controller has no end here and is not counted."
			              : "The last message of the engine has no end here and is not counted.");
	}
}

static void show_hex(const struct page *page, struct span bytes)
{
	char line[LINE];
	struct rd r = rd_of(bytes);
	while (rd_more(&r)) {
		size_t n = (size_t)snprintf(line, sizeof line, "%04zx ", rd_at(&r));
		for (size_t i = 0; i < HEX_BYTES && rd_more(&r); i++)
			n += (size_t)snprintf(&line[n], sizeof line - n, " %02x", (unsigned)rd_u8(&r));
		page_line(page, 2 * INDENT, TONE_PLAIN, line);
	}
}

/* "1.064660  packet 12  OUT  CAPABILITY_NOTIFICATION  45 bytes" */
static void show_head(const struct page *page, const struct row *item)
{
	const struct nmsp_kept *kept = item->item;
	const struct session *session = item->session->session;
	char line[LINE];
	bool told = session_nmsp_knows_side(session, kept->type);
	const char *way = !told ? "-" : kept->dir == session->controller ? "IN" : "OUT";
	int64_t us = origin_elapsed(session->opened.time, kept->at.time) / NS_PER_US;
	snprintf(line, sizeof line, "%.6f  packet %" PRIu64 "  %s  %s  %" PRIu32 " byte%s%s%s",
	         (double)us / 1e6, (uint64_t)kept->at.packet, way,
	         view_messages_type_marked(item, kept->type).text, kept->length, view_plural(kept->length),
	         kept->malformed ? ", malformed" : "", kept->damaged ? ", incomplete" : "");
	page_line(page, 0, TONE_HEADING, line);
}

void text_messages_fields(const struct page *page, const struct row *item)
{
	show_head(page, item);
	page_grid(page, 2 * INDENT, &view_message_fields, item);
}

void text_messages_one(const struct page *page, const struct row *item)
{
	text_messages_fields(page, item);
	show_hex(page, session_nmsp_bytes(item->item));
}

static void show_details(const struct page *page, const struct row *row)
{
	size_t n = view_rows(&view_message_list, row);
	for (size_t i = 0; i < n; i++) {
		struct row item = view_row(&view_message_list, row, i);
		page_blank(page);
		text_messages_one(page, &item);
	}
}

static void show_list(const struct page *page, const struct row *row)
{
	const struct session_nmsp *nmsp = row->session->session->nmsp;
	char text[LINE];
	if (page->verbose < VERBOSE || nmsp->n_kept == 0)
		return;
	heading(page, "Messages one by one (seconds since the first packet; elements are assumed)");
	if (nmsp->not_kept > 0) {
		snprintf(text, sizeof text, "Counted but not kept: %" PRIu64 " older one%s.", nmsp->not_kept,
		         view_plural(nmsp->not_kept));
		page_line(page, INDENT, TONE_PLAIN, text);
	}
	if (page->verbose >= VERY_VERBOSE)
		show_details(page, row);
	else
		page_grid(page, 0, &view_message_list, row);
}

void text_messages(const struct page *page, const struct row *row)
{
	const struct session *session = row->session->session;
	show_subscriptions(page, row);
	if (page->verbose >= VERBOSE)
		text_messages_services(page, row);
	heading(page, "NMSP messages (OUT: from the engine, IN: from the controller)");
	show_share(page, &row->session->decryption);
	if (session->nmsp->messages[0] + session->nmsp->messages[1] == 0) {
		show_unknown(page, session);
	} else {
		page_grid(page, INDENT, page->marked ? &view_message_rates : &view_messages, row);
		show_rest(page, session);
	}
	show_list(page, row);
}
