/*
 * Fuzz target of analyzer/messages and of what is shown of it. The first byte picks the framing and whether
 * the session was joined mid-way; then come operations: a byte with direction, kind and time, a length, and
 * as many bytes. What was counted must be what was kept or dropped, and every byte belongs to a message or is
 * lost.
 */
#include "analyzer/messages.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "ui/json.h"
#include "ui/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GIVEN = 1, MIDSTREAM = 2 };              /* bits of the first byte */
enum { DIRECTION = 1, GAP = 2, LONG_WAIT = 4 }; /* bits of an operation */

static const char given[] = "name a\norigin user\nbyte-order little\nheader 4\ntype 0 1\nlength 1 2 body\n"
                            "transaction 3 1\nelements tlv 1 1 total\nelement 1 A mask\nelement 2 B text\n"
                            "element 3 C time\nelement 4 D ip6\nelement 5 STATUS u16\n";

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_counts(const struct model *model, const struct session_nmsp *nmsp)
{
	uint64_t counted = nmsp->other[0].messages + nmsp->other[1].messages, kept = 0;
	for (uint32_t i = 0; i < nmsp->n_counts; i++)
		counted += nmsp->counts[i].messages;
	for (const struct nmsp_kept *at = nmsp->oldest; at != NULL; at = at->next)
		kept++;
	check(counted == nmsp->messages[0] + nmsp->messages[1]);
	check(counted == nmsp->n_kept + nmsp->not_kept && kept == nmsp->n_kept);
	check(nmsp->kept_bytes <= LIMIT_MESSAGES_BYTES && nmsp->kept_bytes == model->messages.bytes);
	check(nmsp->n_notes <= LIMIT_MALFORMED && nmsp->n_notes <= nmsp->malformed);
	check(nmsp->echo.requests + nmsp->echo.responses <= counted);
}

static void show(struct model *model)
{
	struct page page = {.format = {.escape = ESCAPE_ASCII, .utc = true}, .verbose = 2};
	struct view *view = view_new(model, 0, NULL);
	page.out = fopen("/dev/null", "w");
	view->list_messages = true;
	text_report(&page, view);
	json_report(page.out, view);
	fclose(page.out);
	view_free(view);
}

/* Each piece lies in a block of its own size. */
static void operate(struct messages *messages, uint8_t operation, struct span bytes, struct origin *now)
{
	struct sink sink = messages_sink(messages, operation & DIRECTION);
	now->packet++;
	now->time += (operation & LONG_WAIT) != 0 ? 15 * NS_PER_S : NS_PER_US;
	if ((operation & GAP) != 0) {
		sink.gap(sink.ctx, bytes.n, now);
		return;
	}
	void *copy = bytes.n == 0 ? NULL : xmemdup(bytes.p, bytes.n);
	sink.data(sink.ctx, span_of(copy, bytes.n), now);
	free(copy);
}

static void run(struct messages *messages, struct rd *r, struct origin *now)
{
	while (rd_more(r)) {
		uint8_t operation = rd_u8(r);
		size_t n = rd_u8(r);
		operate(messages, operation, rd_span(r, n < rd_left(r) ? n : rd_left(r)), now);
	}
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct sink sink = messages_sink(messages, dir);
		sink.end(sink.ctx, now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(span_of(data, size));
	uint8_t how = rd_u8(&r);
	struct origin now = {.time = INT64_C(1700000000) * NS_PER_S, .packet = 1};
	struct profile_error error;
	struct model *model = model_new();
	model_add_input(model, "fuzz");
	struct session *session = model_add_session(model, &now);
	session->controller = 1;
	session->midstream = (how & MIDSTREAM) != 0;
	session->addr[0].version = session->addr[1].version = 4;
	if ((how & GIVEN) != 0) {
		model->profile = xcalloc(1, sizeof *model->profile);
		check(profile_parse(span_of(given, sizeof given - 1), model->profile, &error));
	}
	struct messages *messages = messages_new(model, session);
	run(messages, &r, &now);
	messages_free(messages);
	model->capture.first = session->opened.time;
	model->capture.last = now.time;
	if (session->nmsp != NULL)
		check_counts(model, session->nmsp);
	show(model);
	model_free(model);
	return 0;
}
