/*
 * storm keys|seconds N [SEED]: keys that look random, on the screens of samples that are being read, until so
 * many were pressed or so much time has gone by. Sessions appear between keys, and leave; the screen has many
 * sizes. Whatever is pressed, no cell holds a control character and no row is wider than the screen. The seed
 * is printed first: with it and the number of keys the same comes again.
 */
#define _GNU_SOURCE /* wcwidth */
#include "analyzer/trace_session.h"
#include "ui/digests.h"
#include "ui/feeds.h"
#include "ui/pause.h"
#include "ui/screen.h"

#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define fail_msg(...) broken(__VA_ARGS__)

static _Noreturn void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

#include "tests/seeded.h"

enum {
	ROUND = 1500,    /* keys, then another choice of samples */
	SLICE = 40,      /* packets between two keys, at most */
	SMALL = 4 << 20, /* bytes of memory: sessions are given up */
	BEYOND = 0x2fff, /* characters that are typed */
};

static struct seeded seed;
static uint64_t pressed;

static void broken(const char *format, ...)
{
	va_list list;
	va_start(list, format);
	fprintf(stderr, "storm: after %" PRIu64 " keys: ", pressed);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
	exit(1);
}

static const struct {
	const char *capture, *keys, *list;
} samples[] = {
    {"samples/wrong-hash.pcapng", NULL, "samples/wrong-hash.list"},
    {"samples/accepted-tls12.pcapng", "samples/accepted-tls12.keys", "samples/accepted-tls12.list"},
    {"samples/accepted-tls13.pcapng", "samples/accepted-tls13.keys", NULL},
    {"samples/flapping.pcapng", "samples/flapping.keys", "samples/flapping.list"},
    {"samples/echo-missed.pcapng", "samples/echo-missed.keys", NULL},
    {"samples/expired.pcapng", NULL, NULL},
    {"samples/stalled.pcapng", NULL, NULL},
    {"samples/one-sided.pcapng", NULL, "samples/one-sided.list"},
    {"samples/ipv6.pcapng", NULL, NULL},
    {"samples/malformed.pcapng", "samples/malformed.keys", NULL},
    {"samples/unknown-framing.pcapng", "samples/unknown-framing.keys", NULL},
    {"samples/reorder-loss.pcapng", "samples/reorder-loss.keys", NULL},
    {"samples/no-nmsp.pcapng", NULL, NULL},
    {"samples/refused.pcapng", NULL, NULL},
    {"samples/zero-window.pcapng", "samples/zero-window.keys", NULL},
};

#define SAMPLES (sizeof samples / sizeof samples[0])

static const char *const traces[] = {"samples/rejected.trace", "samples/trace-reuse.txt",
                                     "samples/trace-interleaved.txt"};

#define TRACES (sizeof traces / sizeof traces[0])

/* What is looked at, and the half of it that is still to come. */
struct scene {
	struct model *model;
	struct analyze *analyze; /* NULL when all is read */
	struct feeds feeds;
	struct view *view;
	struct digests *digests;
	struct ui ui;
	struct pause pause;
};

/* ---- inputs ---- */

static void must(bool done, const char *what)
{
	if (!done)
		broken("%s cannot be read", what);
}

static void read_trace(struct model *model, const char *path)
{
	struct err err;
	struct source source;
	must(source_open(&source, path, &err) == 0, path);
	struct trace_file *file = trace_file_open(&source, &err);
	must(file != NULL, path);
	struct trace_sessions *sessions = trace_session_new(model);
	must(trace_session_read(sessions, model_add_input(model, path), file, &err) == 0, path);
	trace_session_end(sessions);
	trace_file_close(file);
}

static void add_sample(struct scene *scene, size_t i)
{
	struct err err;
	struct source source;
	feeds_add(&scene->feeds, samples[i].capture);
	if (samples[i].keys != NULL && !seeded_one_in(&seed, 3)) {
		must(source_open(&source, samples[i].keys, &err) == 0, samples[i].keys);
		must(keylog_read(scene->model->keylog, &source, &err) == 0, samples[i].keys);
	}
	if (samples[i].list != NULL) {
		must(source_open(&source, samples[i].list, &err) == 0, samples[i].list);
		must(authlist_read(&scene->model->authlist, &source, &err) == 0, samples[i].list);
	}
}

static void open_scene(struct scene *scene)
{
	scene->model = model_new();
	scene->model->keylog = keylog_new();
	if (seeded_one_in(&seed, 3))
		scene->model->memory = SMALL;
	scene->analyze = analyze_new(scene->model);
	scene->feeds = (struct feeds){.model = scene->model, .analyze = scene->analyze};
	for (size_t n = seeded_below(&seed, 6) + 1; n > 0; n--)
		add_sample(scene, seeded_below(&seed, SAMPLES));
	must(feeds_start(&scene->feeds), "a sample");
	feeds_order(&scene->feeds);
	if (seeded_one_in(&seed, 2))
		read_trace(scene->model, traces[seeded_below(&seed, TRACES)]);
	scene->view = view_bare(scene->model);
	scene->digests = digests_new(scene->view, 0);
	scene->ui = (struct ui){.view = scene->view, .utc = true};
	scene->pause = (struct pause){.model = scene->model};
	if (seeded_one_in(&seed, 2))
		scene->ui.follows = 1u << SCREEN_SESSIONS | 1u << SCREEN_MESSAGES;
}

static void end_reading(struct scene *scene)
{
	analyze_end(scene->analyze);
	analyze_free(scene->analyze);
	feeds_close(&scene->feeds);
	scene->analyze = NULL;
	pause_forget(&scene->pause, &scene->ui, scene->digests);
}

static void close_scene(struct scene *scene)
{
	if (scene->analyze != NULL)
		end_reading(scene);
	scene->ui.paused = false;
	pause_follow(&scene->pause, &scene->ui, scene->digests);
	ui_free(&scene->ui);
	digests_free(scene->digests);
	view_free(scene->view);
	model_free(scene->model);
}

/* Packets come; when all are there, sessions leave one by one, and some that are new come. */
static void go_on(struct scene *scene)
{
	const struct input *reading;
	struct model *model = scene->model;
	if (scene->analyze != NULL) {
		if (feeds_read(&scene->feeds, seeded_below(&seed, SLICE) + 1, &reading) == FEEDS_END)
			end_reading(scene);
		else
			feeds_note(&scene->feeds);
	} else if (model->n_sessions > 0 && seeded_one_in(&seed, 100)) {
		struct session *leaves = model->first;
		for (uint32_t n = seeded_below(&seed, model->n_sessions); n > 0; n--)
			leaves = leaves->next;
		model_drop_session(model, leaves);
	} else if (seeded_one_in(&seed, 150)) {
		const struct origin at = origin_of(model->capture.last, model->capture.packets, 0);
		model_add_session(model, &at);
	}
	scene->ui.reading.goes_on = scene->analyze != NULL;
	scene->ui.reading.live = seeded_one_in(&seed, 2);
	scene->ui.reading.percent = (int)seeded_below(&seed, 102) - 1;
}

/* ---- pictures ---- */

static size_t columns_of(const struct cell *cell, enum escape_mode mode)
{
	wchar_t wide[GRID_CELL] = {0};
	for (const char *c = cell->text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f ||
		    (mode == ESCAPE_ASCII && (unsigned char)*c > 0x7e))
			broken("a cell holds the byte 0x%02x", (unsigned char)*c);
	if (mbstowcs(wide, cell->text, GRID_CELL - 1) == (size_t)-1)
		broken("a cell is no UTF-8: %s", cell->text);
	int width = 0;
	for (const wchar_t *c = wide; *c != L'\0'; c++)
		width += wcwidth(*c) > 0 ? wcwidth(*c) : 0;
	return (size_t)width;
}

static void check(const struct grid *grid)
{
	for (size_t row = 0; row < grid->rows; row++) {
		size_t width = 0;
		for (size_t col = 0; col < grid->cols; col++)
			width += columns_of(&grid->cells[row * grid->cols + col], grid->mode);
		if (width != grid->cols)
			grid_dump(grid, stderr);
		if (width != grid->cols)
			broken("row %zu of %zux%zu is %zu columns wide", row, grid->cols, grid->rows, width);
	}
}

/* The clock is of the seed, too. A budget of 0 computes nothing, any other everything. */
static void follow(struct scene *scene, int64_t budget)
{
	static int64_t clock = 1;
	clock += seeded_below(&seed, NS_PER_S / 10);
	if (!scene->ui.paused)
		digests_update(scene->digests, clock, budget);
}

/* Mostly one of the usual sizes for a while; then a storm of all. */
static void draw(struct scene *scene)
{
	static const size_t usual[][2] = {{5, 20}, {24, 80}, {60, 200}};
	static size_t size, rows, cols;
	struct grid grid;
	if (seeded_one_in(&seed, 40))
		size = seeded_below(&seed, sizeof usual / sizeof usual[0] + 1);
	if (size < sizeof usual / sizeof usual[0]) {
		rows = usual[size][0];
		cols = usual[size][1];
	} else {
		rows = seeded_below(&seed, 130);
		cols = seeded_below(&seed, 410);
	}
	follow(scene, seeded_one_in(&seed, 3) ? 0 : INT64_MAX);
	grid_init(&grid, rows, cols, scene->ui.mode);
	ui_draw(&scene->ui, &grid);
	if (grid.rows != rows || grid.cols != cols)
		broken("the size has changed");
	check(&grid);
	grid_free(&grid);
}

/* ---- keys ---- */

static int any_key(void)
{
	const struct command_row *row = &keys_rows[seeded_below(&seed, keys_n_rows)];
	int keys = 0;
	switch (seeded_below(&seed, 8)) {
	case 0:
		return (int)seeded_below(&seed, 0x80);
	case 1:
		return (int)seeded_below(&seed, BEYOND);
	case 2:
		return KEYS_UP + (int)seeded_below(&seed, KEYS_RESIZE - KEYS_UP + 1);
	default:
		while (keys < KEYS_OF_COMMAND && row->keys[keys] != KEYS_NONE)
			keys++;
		return keys == 0 ? KEYS_ENTER : row->keys[seeded_below(&seed, (uint64_t)keys)];
	}
}

static void play(uint64_t most, int64_t until)
{
	struct scene scene;
	open_scene(&scene);
	for (int i = 0; i < ROUND && pressed < most && feeds_clock() < until; i++, pressed++) {
		go_on(&scene);
		scene.ui.mode = seeded_one_in(&seed, 50) ? !scene.ui.mode : scene.ui.mode;
		for (uint32_t n = seeded_below(&seed, 3); n > 0; n--) {
			follow(&scene, 0);
			ui_key(&scene.ui, any_key());
			pause_follow(&scene.pause, &scene.ui, scene.digests);
		}
		draw(&scene);
	}
	close_scene(&scene);
}

int main(int argc, char **argv)
{
	bool timed = argc > 2 && strcmp(argv[1], "seconds") == 0;
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	if (n == 0 || (!timed && strcmp(argv[1], "keys") != 0)) {
		fputs("usage: storm keys|seconds N [SEED]\n", stderr);
		return 2;
	}
	setlocale(LC_CTYPE, "C.UTF-8");
	seed = seeded_of(argc > 3 ? strtoull(argv[3], NULL, 10)
	                          : (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32);
	printf("storm: seed %" PRIu64 "\n", seed.seed);
	fflush(stdout);
	int64_t until = timed ? feeds_clock() + (int64_t)n * NS_PER_S : INT64_MAX;
	while (pressed < (timed ? UINT64_MAX : n) && feeds_clock() < until)
		play(timed ? UINT64_MAX : n, until);
	printf("storm: %" PRIu64 " keys did no harm\n", pressed);
	return 0;
}
