/* The time of a capture that is waited for goes on without packets, and silence with it; that of a file does
 * not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "analyzer/session.h"
#include "ui/feeds.h"
#include "ui/jsonl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE   "samples/no-request.pcapng"
#define PATIENCE (5 * NS_PER_S) /* for what a pipe may bring late */
#define SILENCE  (45 * NS_PER_S)

struct watched {
	struct model *model;
	struct analyze *analyze;
	struct feeds feeds;
	int64_t last; /* time of the last packet */
};

#define PCAP_HEADER   24
#define RECORD_HEADER 16

/* The packets of a pcap of this machine's byte order are captured now. */
static void date_anew(uint8_t *bytes, size_t n)
{
	uint32_t now = (uint32_t)time(NULL), length;
	for (size_t at = PCAP_HEADER; at + RECORD_HEADER <= n; at += RECORD_HEADER + length) {
		memcpy(&length, &bytes[at + 8], sizeof length);
		memcpy(&bytes[at], &now, sizeof now);
	}
}

/* The first packets of a sample, so that its session goes on. */
static void feed_head(int to, bool anew)
{
	static uint8_t bytes[64 * 1024];
	FILE *from = popen("tcpdump -r " SAMPLE " -c 14 -w - 2>/dev/null", "r");
	assert_non_null(from);
	size_t n = fread(bytes, 1, sizeof bytes, from);
	assert_int_equal(pclose(from), 0);
	assert_true(n > PCAP_HEADER && n < sizeof bytes);
	if (anew)
		date_anew(bytes, n);
	assert_int_equal(write(to, bytes, n), n);
}

static void watch(struct watched *w, const char *path)
{
	const struct input *reading;
	*w = (struct watched){.model = model_new()};
	w->analyze = analyze_new(w->model);
	w->feeds = (struct feeds){.model = w->model, .analyze = w->analyze};
	feeds_add(&w->feeds, path);
	while (!feeds_start(&w->feeds))
		;
	feeds_order(&w->feeds);
	assert_int_equal(feeds_now(&w->feeds), INT64_MIN);
	while (feeds_read(&w->feeds, UINT64_MAX, &reading) == FEEDS_MORE)
		;
	w->last = w->model->capture.last;
	assert_non_null(w->model->first);
}

static void leave(struct watched *w)
{
	feeds_close(&w->feeds);
	analyze_end(w->analyze);
	analyze_free(w->analyze);
	model_free(w->model);
}

/* So long ago the last packet was read, by our clock. */
static void pass(struct watched *w, int64_t time)
{
	w->feeds.list[0].heard -= time;
	feeds_note(&w->feeds);
}

static enum session_state state_of(const struct watched *w)
{
	return session_state(w->model->first, session_now(w->model, w->model->first));
}

static void a_quiet_pipe_becomes_silent(void **state)
{
	(void)state;
	int ends[2];
	char path[32], *text = NULL;
	size_t n = 0;
	struct watched w;
	struct jsonl_wishes wishes = {0};
	const struct input *reading;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
	feed_head(ends[1], true);
	watch(&w, path);
	FILE *out = open_memstream(&text, &n);
	struct jsonl *jsonl = jsonl_new(out, w.model, &wishes);
	jsonl_update(jsonl, feeds_now(&w.feeds));
	assert_true(feeds_go_on(&w.feeds));
	assert_int_equal(state_of(&w), SESSION_ACTIVE);
	assert_int_equal(feeds_now(&w.feeds), w.last);
	pass(&w, SILENCE);
	assert_true(feeds_now(&w.feeds) >= w.last + SILENCE - PATIENCE);
	assert_int_equal(state_of(&w), SESSION_ACTIVE);
	pass(&w, PATIENCE);
	assert_int_equal(state_of(&w), SESSION_SILENT);
	assert_true(feeds_now(&w.feeds) >= jsonl_due(jsonl));
	fflush(out);
	assert_null(strstr(text, "\"state\":\"silent\""));
	jsonl_update(jsonl, feeds_now(&w.feeds));
	fflush(out);
	assert_non_null(strstr(text, "\"state\":\"silent\""));
	jsonl_free(jsonl);
	fclose(out);
	free(text);
	close(ends[1]);
	assert_int_equal(feeds_read(&w.feeds, UINT64_MAX, &reading), FEEDS_END);
	feeds_note(&w.feeds);
	assert_int_equal(state_of(&w), SESSION_SILENT);
	leave(&w);
	close(ends[0]);
}

/* Its packets are months old: that no more come now says nothing of what was then. */
static void an_old_capture_through_a_pipe_stands_still(void **state)
{
	(void)state;
	int ends[2];
	char path[32];
	struct watched w;
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
	feed_head(ends[1], false);
	watch(&w, path);
	pass(&w, 3600 * NS_PER_S);
	assert_int_equal(state_of(&w), SESSION_ACTIVE);
	assert_int_equal(model_now(w.model), w.last);
	leave(&w);
	close(ends[0]);
	close(ends[1]);
}

static void a_file_stands_still(void **state)
{
	(void)state;
	struct watched w;
	watch(&w, SAMPLE);
	int64_t now = feeds_now(&w.feeds);
	assert_false(feeds_go_on(&w.feeds));
	pass(&w, 3600 * NS_PER_S);
	assert_int_equal(feeds_now(&w.feeds), now);
	assert_int_equal(now, w.last);
	leave(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_quiet_pipe_becomes_silent),
	    cmocka_unit_test(an_old_capture_through_a_pipe_stands_still),
	    cmocka_unit_test(a_file_stands_still),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
