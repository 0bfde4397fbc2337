/*
 * screens [--keys KEYS | --keys-everywhere KEYS] [arguments of nmspscope]: every screen of what these arguments read,
 * at two sizes, in UTF-8 and in ASCII, as text, by the functions that draw it and without a terminal. With --keys only
 * the screen that these keys lead to, at the smaller size in ASCII; with --keys-everywhere that one at both sizes in
 * both. Called by tests/screens.
 */
#include "analyzer/trace_match.h"
#include "analyzer/trace_session.h"
#include "tests/opened.h"
#include "ui/digests.h"
#include "ui/feeds.h"
#include "ui/options.h"
#include "ui/screen.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	size_t rows, cols;
} sizes[] = {{24, 80}, {40, 120}};

static int read_texts(const struct options *options, struct model *model, struct err *err)
{
	for (uint32_t i = 0; i < options->n_keylog; i++)
		if (opened_keylog(model->keylog, options->keylog[i], err) != 0)
			return -1;
	for (uint32_t i = 0; i < options->n_authlist; i++)
		if (opened_authlist(&model->authlist, options->authlist[i], err) != 0)
			return -1;
	return 0;
}

static int read_traces(const struct options *options, struct model *model, struct err *err)
{
	struct trace_sessions *sessions = options->n_trace > 0 ? trace_session_new(model) : NULL;
	int done = 0;
	for (uint32_t i = 0; i < options->n_trace && done == 0; i++) {
		struct trace_file *file = opened_trace(options->trace[i], err);
		done = file == NULL ? -1
		                    : trace_session_read(sessions, model_add_input(model, options->trace[i]),
		                                         file, err);
		if (file != NULL)
			trace_file_close(file);
	}
	if (sessions != NULL)
		trace_session_end(sessions);
	return done;
}

static int read_packets(const struct options *options, struct model *model)
{
	struct analyze *analyze = analyze_new(model);
	struct feeds feeds = {.model = model, .analyze = analyze};
	const struct input *reading;
	for (uint32_t i = 0; i < options->n_read; i++)
		feeds_add(&feeds, options->read[i]);
	bool started = feeds_start(&feeds);
	feeds_order(&feeds);
	while (started && feeds_read(&feeds, UINT64_MAX, &reading) == FEEDS_MORE)
		continue;
	feeds_note(&feeds);
	analyze_end(analyze);
	analyze_free(analyze);
	feeds_close(&feeds);
	return started ? 0 : -1;
}

static void print(struct ui *ui, size_t size)
{
	struct grid grid;
	grid_init(&grid, sizes[size].rows, sizes[size].cols, ui->mode);
	ui_draw(ui, &grid);
	printf("---- %zux%zu %s: %s\n", grid.cols, grid.rows, ui->mode == ESCAPE_ASCII ? "ASCII" : "UTF-8",
	       keys_screen_name(ui->screen));
	grid_dump(&grid, stdout);
	grid_free(&grid);
}

/* A picture lies between two keys, as on a terminal. */
static void press(struct view *view, enum escape_mode mode, size_t size, const char *keys)
{
	struct ui ui = {.view = view, .mode = mode, .utc = true};
	struct grid grid;
	for (; *keys != '\0'; keys++) {
		grid_init(&grid, sizes[size].rows, sizes[size].cols, mode);
		ui_draw(&ui, &grid);
		grid_free(&grid);
		ui_key(&ui, *keys);
	}
	print(&ui, size);
	ui_free(&ui);
}

static void press_everywhere(struct view *view, const char *keys)
{
	for (enum escape_mode mode = ESCAPE_UTF8; mode <= ESCAPE_ASCII; mode++)
		for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++)
			press(view, mode, size, keys);
}

static void print_all(struct view *view)
{
	for (enum escape_mode mode = ESCAPE_UTF8; mode <= ESCAPE_ASCII; mode++)
		for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
			struct ui ui = {.view = view, .mode = mode, .utc = true};
			for (int key = '1'; key < '1' + SCREENS_WITH_DIGIT; key++) {
				print(&ui, size);
				ui_key(&ui, key + 1);
			}
			ui_free(&ui);
		}
}

static void show(const struct model *model, const char *keys, bool everywhere)
{
	struct view *view = view_bare(model);
	struct digests *digests = digests_new(view, 0);
	digests_update(digests, feeds_clock(), INT64_MAX);
	if (keys == NULL)
		print_all(view);
	else if (everywhere)
		press_everywhere(view, keys);
	else
		press(view, ESCAPE_ASCII, 0, keys);
	digests_free(digests);
	view_free(view);
}

int main(int argc, char **argv)
{
	struct err err = {.text = "an input has no end"};
	struct options options;
	struct model *model = model_new();
	bool everywhere = argc > 2 && strcmp(argv[1], "--keys-everywhere") == 0;
	const char *keys = everywhere || (argc > 2 && strcmp(argv[1], "--keys") == 0) ? argv[2] : NULL;
	int skip = keys != NULL ? 2 : 0;
	setlocale(LC_CTYPE, "C.UTF-8");
	model->keylog = keylog_new();
	bool ready = options_parse(&options, argc - skip, &argv[skip], &err) == 0 &&
	             read_texts(&options, model, &err) == 0 && read_traces(&options, model, &err) == 0 &&
	             read_packets(&options, model) == 0;
	if (ready && options.n_trace > 0) {
		trace_match(model);
		model_number_by_time(model);
	}
	if (ready)
		show(model, keys, everywhere);
	else
		fprintf(stderr, "screens: %s\n", err.text);
	options_free(&options);
	model_free(model);
	return ready ? 0 : 2;
}
