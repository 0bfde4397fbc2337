/*
 * Two sessions side by side: what they are, handshake, offered suites, certificates with the digits that
 * differ, the decision of the AuthList, echoes, findings. A sign in the first column marks what differs.
 * Facts are columns of the view's tables, so that this screen and the report cannot differ.
 */
#include "dissect/tls_names.h"
#include "ui/alignment.h"
#include "ui/columns.h"
#include "ui/screen_parts.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <string.h>

#define ENCRYPTED " (encrypted)"    /* as the timeline marks it */
#define FACTS     10                /* of one table at most */
#define SLOWER    10                /* times that a step took longer, to be marked, */
#define SLOW      (100 * NS_PER_MS) /* and longer by at least so much */

enum whose { OF_SESSION, OF_ENGINE, OF_CONTROLLER }; /* the last two: the first certificate of that side */

/* Columns of a table, and of the objects in it, by their labels. */
struct part {
	const char *title;
	enum whose whose;
	const struct table *table;
	const char *labels[FACTS];
};

enum { IDENTITY, TLS, ENGINE, CONTROLLER, AUTH, ECHO, PARTS };

static const struct part parts[PARTS] = {
    [IDENTITY] = {"Session",
                  OF_SESSION,
                  &view_sessions,
                  {"State", "Controller", "Engine", "Opened", "Closed by", "Closed with"}},
    [TLS] = {"TLS",
             OF_SESSION,
             &view_tls,
             {"TLS version", "Cipher", "TLS client", "Resumed", "Handshake", "Client certificate",
              "Decryption"}},
    [ENGINE] = {"Certificate of the engine",
                OF_ENGINE,
                &view_certificates,
                {"Subject", "Issuer", "Serial", "Valid from", "Valid until", "Key", "Signature", "MAC",
                 "Key SHA-1", "Key SHA-256"}},
    [CONTROLLER] = {"Certificate of the controller",
                    OF_CONTROLLER,
                    &view_certificates,
                    {"Subject", "Issuer", "Serial", "Valid from", "Valid until", "Key", "Signature", "MAC",
                     "Key SHA-1", "Key SHA-256"}},
    [AUTH] = {"AuthList",
              OF_SESSION,
              &view_auth,
              {"Observed", "Predicted", "In detail", "Engine MAC", "Matched by", "Entry", "Entry MAC",
               "Entry hash"}},
    [ECHO] = {"Echo",
              OF_SESSION,
              &view_echo,
              {"Echo requests", "Echo responses", "Echoes missed", "Echo interval", "Longest without echo",
               "Round trip, average", "Round trip, most"}},
};

struct fact {
	char *text;  /* for people, escaped */
	bool digits; /* a hash */
};

struct list {
	char **texts;
	int64_t *since; /* ns since the one before, -1 unknown */
	size_t n, room;
};

enum { STEPS, SUITES, FINDINGS, LISTS };

static const char *const titles[LISTS] = {[STEPS] = "Handshake (> from the engine, < from the controller)",
                                          [SUITES] = "Offered cipher suites",
                                          [FINDINGS] = "Findings"};

/* What is known of one of the two: collected while its session was open. */
struct side {
	char name[32];
	char verdict[VERDICT_TEXT];
	struct fact facts[PARTS][FACTS];
	struct list lists[LISTS];
};

/* ---- collecting ---- */

static const struct column *find_column(const struct table *table, const char *label)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct column *column = &table->columns[i];
		const struct column *inside =
		    column->shape == COLUMN_OBJECT ? find_column(column->table, label) : NULL;
		if (inside != NULL)
			return inside;
		if (column->label != NULL && column->shape == COLUMN_VALUE &&
		    strcmp(column->label, label) == 0)
			return column;
	}
	return NULL;
}

/* False when that side sent no certificate. */
static bool find_row(struct ui *ui, enum whose whose, struct row *row)
{
	const struct session *session = ui->view->open.session;
	uint8_t dir = whose == OF_CONTROLLER ? session->controller : session_engine(session);
	*row = ui_row(ui);
	for (uint32_t i = 0; i < session->n_certs && whose != OF_SESSION; i++)
		if (session->certs[i].dir == dir) {
			struct row parent = *row;
			*row = view_row(&view_certificates, &parent, i);
			return true;
		}
	return whose == OF_SESSION;
}

static struct fact collect_fact(const struct ui *ui, const struct row *row, const struct column *column)
{
	struct format format = ui_format(ui);
	struct value value = row == NULL ? view_null() : column->get(row);
	struct fact fact = {format_value(&value, &format), value.kind == VALUE_BYTES};
	if (!value.inferred)
		return fact;
	size_t n = strlen(fact.text);
	fact.text = xrealloc(fact.text, n + 2);
	memcpy(&fact.text[n], "*", 2);
	return fact;
}

static void add(struct list *list, const char *text, int64_t since)
{
	if (list->n == list->room) {
		list->room = 2 * list->room + 16;
		list->texts = xrealloc(list->texts, list->room * sizeof *list->texts);
		list->since = xrealloc(list->since, list->room * sizeof *list->since);
	}
	list->texts[list->n] = xstrdup(text);
	list->since[list->n++] = since;
}

static void collect_steps(const struct view_session *open, struct list *list)
{
	char text[sizeof open->events[0].text + 4];
	const struct origin *before = NULL;
	for (size_t i = 0; i < open->n_events; i++) {
		const struct view_event *event = &open->events[i];
		bool timed = before != NULL && before->time != ORIGIN_NO_TIME &&
		             event->at.time != ORIGIN_NO_TIME && before->line == event->at.line;
		/* Whether a key was there to read it is no difference between the handshakes. */
		size_t n = strlen(event->text), mark = strlen(ENCRYPTED);
		bool marked = n > mark && strcmp(&event->text[n - mark], ENCRYPTED) == 0;
		snprintf(text, sizeof text, "%c %.*s",
		         !event->has_dir                           ? '-'
		         : event->dir == open->session->controller ? '<'
		                                                   : '>',
		         (int)(marked ? n - mark : n), event->text);
		add(list, text, timed ? origin_elapsed(before->time, event->at.time) : -1);
		before = &event->at;
	}
}

static void collect_suites(const struct session_tls *offer, struct list *list)
{
	char text[16];
	for (uint32_t i = 0; i < offer->n_offered && i < LIMIT_OFFERED; i++) {
		const char *name = tls_cipher_name(offer->offered[i]);
		snprintf(text, sizeof text, "0x%04x", (unsigned)offer->offered[i]);
		add(list, name != NULL ? name : text, -1);
	}
}

static void collect_findings(const struct findings *findings, struct list *list)
{
	char text[80];
	for (uint32_t i = 0; i < findings->n; i++) {
		snprintf(text, sizeof text, "%s %s", findings_severity_name(findings->list[i].severity),
		         findings->list[i].id);
		add(list, text, -1);
	}
}

static void collect(struct ui *ui, const struct session *session, struct side *side)
{
	const struct view_session *open = &ui->view->open;
	struct row row;
	view_session_open(ui->view, session);
	snprintf(side->name, sizeof side->name, "Session %u", (unsigned)session->id);
	snprintf(side->verdict, sizeof side->verdict, "%s", open->verdict);
	for (size_t p = 0; p < PARTS; p++) {
		bool there = find_row(ui, parts[p].whose, &row);
		for (size_t i = 0; i < FACTS && parts[p].labels[i] != NULL; i++)
			side->facts[p][i] = collect_fact(ui, there ? &row : NULL,
			                                 find_column(parts[p].table, parts[p].labels[i]));
	}
	collect_steps(open, &side->lists[STEPS]);
	collect_suites(&session->tls, &side->lists[SUITES]);
	collect_findings(&open->findings, &side->lists[FINDINGS]);
}

static void release(struct side *side)
{
	for (size_t p = 0; p < PARTS; p++)
		for (size_t i = 0; i < FACTS; i++)
			free(side->facts[p][i].text);
	for (size_t l = 0; l < LISTS; l++) {
		for (size_t i = 0; i < side->lists[l].n; i++)
			free(side->lists[l].texts[i]);
		free(side->lists[l].texts);
		free(side->lists[l].since);
	}
}

/* ---- writing ---- */

static void write_row(const struct page *page, bool same, const char *label, const char *left,
                      const char *right)
{
	struct columns_row row = {same ? ' ' : '!', label, {left, right}};
	columns_write(page, same ? TONE_PLAIN : TONE_WARNING, &row);
}

static void write_heading(const struct page *page, const char *title)
{
	page_blank(page);
	page_line(page, 0, TONE_HEADING, title);
}

/* Two hashes of one kind: which digits differ, or that nothing is alike. */
static void write_digits(const struct page *page, const char *label, const char *left, const char *right)
{
	bool same = strcmp(left, right) == 0;
	struct columns_row row = {same ? ' ' : '!', label, {left, right}};
	int differing = columns_write_digits(page, same ? TONE_PLAIN : TONE_WARNING, &row);
	char text[64];
	if (differing <= 0)
		return;
	snprintf(text, sizeof text, "%d of %zu digits differ", differing, strlen(left));
	write_row(page, true, "", text, "");
}

/* What neither of the two has is left out. */
static void write_part(const struct page *page, const struct side sides[2], size_t p)
{
	bool headed = false;
	for (size_t i = 0; i < FACTS && parts[p].labels[i] != NULL; i++) {
		const struct fact *left = &sides[0].facts[p][i], *right = &sides[1].facts[p][i];
		if (strcmp(left->text, "-") == 0 && strcmp(right->text, "-") == 0)
			continue;
		if (!headed && p != IDENTITY)
			write_heading(page, parts[p].title);
		headed = true;
		if (left->digits && right->digits)
			write_digits(page, parts[p].labels[i], left->text, right->text);
		else
			write_row(page, strcmp(left->text, right->text) == 0, parts[p].labels[i], left->text,
			          right->text);
	}
}

static bool is_slower(int64_t ns, int64_t than)
{
	return ns >= 0 && than >= 0 && ns - than >= SLOW && ns / SLOWER >= than;
}

/* The text with its time at the right end of the room. */
static char *with_time(const struct page *page, const struct list *list, size_t at)
{
	char duration[FORMAT_DURATION], *text;
	if (at == ALIGNMENT_NONE)
		return xstrdup("");
	if (list->since[at] < 0)
		return xstrdup(list->texts[at]);
	size_t room = columns_room(page), n = strlen(list->texts[at]);
	format_duration(list->since[at], duration);
	size_t blanks = n + 1 + strlen(duration) <= room ? room - n - strlen(duration) : 1;
	text = xcalloc(n + blanks + strlen(duration) + 1, 1);
	memcpy(text, list->texts[at], n);
	memset(&text[n], ' ', blanks);
	memcpy(&text[n + blanks], duration, strlen(duration));
	return text;
}

static void write_aligned(const struct page *page, const struct side sides[2], size_t l,
                          const struct alignment_row *at)
{
	const struct list *left = &sides[0].lists[l], *right = &sides[1].lists[l];
	char *texts[2] = {with_time(page, left, at->at[0]), with_time(page, right, at->at[1])};
	bool slower = at->equal && (is_slower(left->since[at->at[0]], right->since[at->at[1]]) ||
	                            is_slower(right->since[at->at[1]], left->since[at->at[0]]));
	struct columns_row row = {!at->equal ? '!' : slower ? '~' : ' ', "", {texts[0], texts[1]}};
	columns_write(page, row.sign == ' ' ? TONE_PLAIN : TONE_WARNING, &row);
	free(texts[0]);
	free(texts[1]);
}

static void write_list(const struct page *page, const struct side sides[2], size_t l)
{
	const size_t n[2] = {sides[0].lists[l].n, sides[1].lists[l].n};
	char *const *const lists[2] = {sides[0].lists[l].texts, sides[1].lists[l].texts};
	if (n[0] + n[1] == 0)
		return;
	struct alignment_row *rows = xcalloc(n[0] + n[1], sizeof *rows);
	size_t n_rows = alignment_of(lists, n, rows);
	write_heading(page, titles[l]);
	for (size_t i = 0; i < n_rows; i++)
		write_aligned(page, sides, l, &rows[i]);
	free(rows);
}

static void write_sides(const struct page *page, const struct side sides[2])
{
	struct columns_row head = {' ', "", {sides[0].name, sides[1].name}};
	page_line(page, 0, TONE_PLAIN, "! differs   ~ took more than ten times as long, and 0.1 s more");
	columns_write(page, TONE_HEADING, &head);
	write_row(page, strcmp(sides[0].verdict, sides[1].verdict) == 0, "Verdict", sides[0].verdict,
	          sides[1].verdict);
	write_part(page, sides, IDENTITY);
	write_list(page, sides, FINDINGS);
	write_list(page, sides, STEPS);
	write_part(page, sides, TLS);
	write_list(page, sides, SUITES);
	write_part(page, sides, ENGINE);
	write_part(page, sides, CONTROLLER);
	write_part(page, sides, AUTH);
	write_part(page, sides, ECHO);
}

static void write(struct ui *ui, const struct page *page)
{
	if (ui->n_marks != 2) {
		page_line(page, 0, TONE_PLAIN, "One of the two sessions is gone: Esc goes back.");
		return;
	}
	struct side *sides = xcalloc(2, sizeof *sides);
	for (size_t i = 0; i < 2; i++)
		collect(ui, ui->marks[i].of, &sides[i]);
	write_sides(page, sides);
	for (size_t i = 0; i < 2; i++)
		release(&sides[i]);
	free(sides);
}

const struct screen screen_compare = {.write = write};
