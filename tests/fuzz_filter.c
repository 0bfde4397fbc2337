/*
 * Fuzz target of ui/filter: any text as a filter, asked of sessions and of messages. One that is taken prints
 * and reads back the same, byte for byte, and answers the same; one that is refused says where, and leaves
 * nothing.
 */
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "tests/fixture.h"
#include "ui/view.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* A model for all runs, with a kept message in its first session. */
static const struct model *some_model(void)
{
	static struct model *model;
	static const uint8_t bytes[12] = {1, 0, 0, 1, 0, 12};
	if (model != NULL)
		return model;
	model = fixture_rich();
	struct session_nmsp *nmsp = session_nmsp_of(model->first);
	nmsp->profile = model->builtin;
	nmsp->decided = true;
	struct nmsp_seen seen = {.bytes = span_of(bytes, sizeof bytes),
	                         .total = sizeof bytes,
	                         .at = {.time = model->first->opened.time, .packet = 1}};
	nmsp->first = seen.at;
	session_nmsp_add(model, nmsp, &seen);
	return model;
}

static void ask(const struct filter *filter, const struct filter *again)
{
	static struct view *view;
	const struct model *model = some_model();
	if (view == NULL)
		view = view_new(model, 0, NULL);
	for (size_t i = 0; i < view->n_digests; i++)
		check(filter_session(filter, view, &view->digests[i]) ==
		      filter_session(again, view, &view->digests[i]));
	const struct nmsp_kept *message = model->first->nmsp->oldest;
	check(message != NULL);
	view_session_open(view, model->first);
	check(filter_message(filter, view, message) == filter_message(again, view, message));
}

static void check_round_trip(const struct filter *filter)
{
	static struct filter again;
	static char first[FILTER_TEXT], second[FILTER_TEXT];
	struct filter_error err;
	check(filter_print(filter, first) == first && strlen(first) < sizeof first - 1);
	check(filter_parse(first, true, &again, &err) && err.column == 0);
	check(memcmp(filter, &again, sizeof again) == 0); /* both start as zeros, so padding is equal */
	check(strcmp(filter_print(&again, second), first) == 0);
	check(filter_is_empty(filter) == (first[0] == '\0'));
	ask(filter, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct filter filter, empty;
	struct filter_error err;
	char *text = xmalloc(size + 1);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (filter_parse(text, true, &filter, &err)) {
		check_round_trip(&filter);
	} else {
		check(err.column >= 1 && err.column <= err.at + 1 && err.at <= strlen(text));
		check(err.text[0] != '\0' && memcmp(&filter, &empty, sizeof filter) == 0);
	}
	free(text);
	return 0;
}
