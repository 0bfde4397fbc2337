/*
 * Key logs that come late: wherever their lines come in the capture, the report is the one of a key log that
 * was there from the start. With little room to wait, what fell out is counted, and all that did not is
 * opened.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/keyrun.h"
#include "ui/json.h"
#include "ui/text.h"

#include <glob.h>
#include <inttypes.h>

/* The key log comes behind so many packets: whole, or one line a packet from there on. */
struct plan {
	size_t behind;
	bool by_line;
	size_t room; /* bytes of a connection that may wait; 0 = LIMIT_WAITING */
};

struct late {
	struct recording recording;
	char keys[KEYRUN_KEYS];
	struct model *model;
};

static void put_line(struct analyze *analyze, struct rd *lines)
{
	size_t at = rd_at(lines);
	rd_line(lines);
	analyze_secrets(analyze, span_cut(lines->all, at, rd_at(lines) - at));
}

static void run(struct late *late, const struct plan *plan)
{
	struct rd lines = rd_of(span_of(late->keys, strlen(late->keys)));
	late->model = model_new();
	late->model->keylog = keylog_new();
	late->model->keys_may_come = true;
	if (plan->room > 0)
		late->model->waiting.cap_each = plan->room;
	struct analyze *analyze = analyze_new(late->model);
	uint32_t input = model_add_input(late->model, "recording");
	for (size_t i = 0; i < late->recording.n; i++) {
		const struct recorded *r = &late->recording.packets[i];
		struct capfile_packet packet = {
		    .time = r->time, .linktype = r->linktype, .wire = r->wire, .data = span_of(r->bytes, r->n)};
		if (i >= plan->behind && rd_more(&lines) && plan->by_line)
			put_line(analyze, &lines);
		while (i >= plan->behind && rd_more(&lines) && !plan->by_line)
			put_line(analyze, &lines);
		analyze_packet(analyze, input, &packet);
	}
	while (rd_more(&lines))
		put_line(analyze, &lines);
	analyze_end(analyze);
	analyze_free(analyze);
	assert_true(late->model->first != NULL);
}

/* Both reports; the caller frees them. */
static char *report(const struct late *late)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	assert_non_null(out);
	struct view *view = view_new(late->model, 0, NULL);
	struct page page = {.out = out, .format = {.escape = ESCAPE_ASCII, .utc = true}, .verbose = 2};
	json_report(out, view);
	text_report(&page, view);
	view_free(view);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void done(struct late *late)
{
	assert_int_equal(tls_holds_bytes(&late->model->waiting), 0);
	model_free(late->model);
}

static void differ(const char *name, const struct plan *plan, const char *early, const char *late)
{
	size_t at = 0;
	while (early[at] == late[at])
		at++;
	at = at < 60 ? 0 : at - 60;
	fail_msg("%s: lines %s behind %zu packets: \"%.160s\" instead of \"%.160s\"", name,
	         plan->by_line ? "one by one" : "all", plan->behind, &late[at], &early[at]);
}

static void check_sample(const char *name, size_t step)
{
	struct late late;
	struct plan plan = {.by_line = false};
	keyrun_load(name, &late.recording, late.keys);
	run(&late, &plan);
	char *early = report(&late);
	done(&late);
	for (; plan.behind <= late.recording.n; plan.behind += step) {
		run(&late, &plan);
		char *text = report(&late);
		if (strcmp(early, text) != 0)
			differ(name, &plan, early, text);
		free(text);
		done(&late);
	}
	free(early);
	recording_free(&late.recording);
}

static const char *const versions[] = {"accepted-tls10", "accepted-tls11", "accepted-tls12", "accepted-tls13",
                                       "rejected-tls13"};

static void behind_every_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
		check_sample(versions[i], 1);
}

/* What both ways to read a session must agree on, although its messages came in another order. */
static void check_counts(const struct plan *plan, const struct session *early, const struct session *late)
{
	bool same = early->n_steps == late->n_steps && early->n_alerts == late->n_alerts &&
	            early->n_certs == late->n_certs && early->close == late->close;
	for (uint8_t dir = 0; dir < 2; dir++) {
		same = same && early->tls.opened[dir] == late->tls.opened[dir];
		same =
		    same && late->tls.refused[dir] + late->tls.passed[dir] + late->tls.behind_gap[dir] == 0;
		if (early->nmsp != NULL && late->nmsp != NULL)
			same = same && early->nmsp->messages[dir] == late->nmsp->messages[dir];
	}
	for (uint32_t i = 0; same && i < early->n_steps; i++)
		same = early->steps[i].kind == late->steps[i].kind &&
		       early->steps[i].at.packet == late->steps[i].at.packet;
	if (!same)
		fail_msg("another reading of what came behind %zu packets", plan->behind);
}

/* One secret of a direction after the other, far apart: all is read, and the steps stand in order. */
static void a_line_with_each_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		struct late late, early;
		struct plan plan = {.by_line = false};
		keyrun_load(versions[i], &late.recording, late.keys);
		early = late;
		run(&early, &plan);
		plan.by_line = true;
		for (; plan.behind <= late.recording.n; plan.behind++) {
			run(&late, &plan);
			check_counts(&plan, early.model->first, late.model->first);
			done(&late);
		}
		done(&early);
		recording_free(&late.recording);
	}
}

/* ---- little room ---- */

/* Nothing is refused or lost but what fell out; the handshake up to TLS 1.2 always waits. */
static void check_ring(const struct plan *plan, const struct session *early, const struct session *late)
{
	const struct session_tls *right = &early->tls, *tls = &late->tls;
	for (uint8_t dir = 0; dir < 2; dir++) {
		if (tls->opened[dir] + tls->passed[dir] != right->opened[dir] || tls->refused[dir] > 0 ||
		    tls->behind_gap[dir] > 0)
			fail_msg("behind %zu packets, %zu bytes of room, direction %u: %" PRIu64
			         " opened, %" PRIu64 " passed, %" PRIu64 " refused of %" PRIu64,
			         plan->behind, plan->room, dir, tls->opened[dir], tls->passed[dir],
			         tls->refused[dir], right->opened[dir]);
		if (late->nmsp == NULL)
			continue;
		assert_true(late->nmsp->messages[dir] <= early->nmsp->messages[dir]);
		assert_true(late->nmsp->messages[dir] == early->nmsp->messages[dir] ||
		            tls->opened_data[dir] < right->opened_data[dir]);
		assert_int_equal(late->nmsp->malformed, early->nmsp->malformed);
		bool gaps = late->nmsp->gaps[dir] > 0, less = tls->opened_data[dir] < right->opened_data[dir];
		if ((gaps && tls->passed[dir] == 0) || (less && !gaps))
			fail_msg("behind %zu packets, %zu bytes of room, direction %u: %" PRIu64
			         " gaps, %" PRIu64 " passed",
			         plan->behind, plan->room, dir, late->nmsp->gaps[dir], tls->passed[dir]);
	}
	if (tls->version == TLS_1_3)
		return;
	assert_int_equal(late->n_steps, early->n_steps);
	assert_int_equal(late->n_alerts, early->n_alerts);
	for (uint32_t i = 0; i < late->n_steps; i++)
		assert_true(late->steps[i].kind == early->steps[i].kind && !late->steps[i].encrypted);
}

/* TLS 1.3: a part of the handshake fell out, and data of the same side is opened all the same. */
static bool opens_beyond(const struct session *session)
{
	bool finished[2] = {false, false};
	for (uint32_t i = 0; i < session->n_steps; i++)
		if (session->steps[i].kind == STEP_FINISHED)
			finished[session->steps[i].dir] = true;
	const struct session_tls *tls = &session->tls;
	return tls->version == TLS_1_3 &&
	       ((!finished[0] && tls->opened_data[0] > 0) || (!finished[1] && tls->opened_data[1] > 0));
}

static void a_small_ring(void **state)
{
	(void)state;
	uint64_t fell = 0, opened = 0, regained = 0;
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		struct late late, early;
		struct plan plan = {.by_line = false};
		keyrun_load(versions[i], &late.recording, late.keys);
		early = late;
		run(&early, &plan);
		for (plan.room = 1024; plan.room <= 16384; plan.room += plan.room / 2)
			for (plan.behind = 0; plan.behind <= late.recording.n; plan.behind += 3) {
				run(&late, &plan);
				check_ring(&plan, early.model->first, late.model->first);
				fell += late.model->first->tls.passed[0];
				opened += late.model->first->tls.opened_data[0];
				regained += opens_beyond(late.model->first);
				done(&late);
			}
		done(&early);
		recording_free(&late.recording);
	}
	assert_true(fell > 1000 && opened > 1000 && regained > 10);
}

static void every_sample_with_keys(void **state)
{
	(void)state;
	glob_t found;
	assert_int_equal(glob("samples/*.keys", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char name[64];
		snprintf(name, sizeof name, "%.*s",
		         (int)(strlen(found.gl_pathv[i]) - strlen("samples/.keys")),
		         found.gl_pathv[i] + strlen("samples/"));
		check_sample(name, 13);
	}
	assert_true(found.gl_pathc > 10);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(behind_every_packet),
	    cmocka_unit_test(a_line_with_each_packet),
	    cmocka_unit_test(a_small_ring),
	    cmocka_unit_test(every_sample_with_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
