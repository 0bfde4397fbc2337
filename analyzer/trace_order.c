/* Which line comes next, and what is missing in front of it. Called by trace_file.c for every line. */
#include "analyzer/trace_order.h"

#define UNCONFIRMED 64      /* numbers that may be missing in front of a line whose neighbours do not tell */
#define ANEW        1000000 /* a larger step, or one back, is a count that started anew */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Numbers wrap: how far one lies behind the other. */
static uint32_t ahead(uint32_t from, uint32_t to)
{
	return to - from;
}

/* What the process of this line would print next, when it counts for itself. */
static bool expected_of(const struct trace_order *order, const struct trace_line *line, uint32_t *next)
{
	for (uint32_t i = 0; i < order->n_process; i++) {
		if (line->has_pid && order->process[i].pid == line->pid) {
			*next = order->process[i].next;
			return true;
		}
	}
	return false;
}

/* A line as its neighbours and what was printed before let it be read. */
struct placed {
	const struct trace_line *line;
	bool has;
	uint32_t number; /* with has */
	bool fits;       /* it is the one that is expected */
};

static struct placed place(const struct trace_order *order, const struct trace_line *line)
{
	uint32_t own;
	struct placed out = {.line = line, .has = line->has_sequence, .number = line->sequence};
	if (!out.has || !order->started)
		return out;
	bool right = out.number == order->next || (expected_of(order, line, &own) && out.number == own);
	if (!right)
		out.number = trace_sequence_near(order->next - 1, line->sequence);
	out.fits = right || out.number == order->next;
	return out;
}

static void note(struct trace_order *order, const struct placed *placed)
{
	const struct trace_line *line = placed->line;
	order->started = true;
	order->unstamped = 0;
	order->next = placed->number + 1;
	if (!line->has_pid)
		return;
	uint32_t i = 0;
	while (i < order->n_process && order->process[i].pid != line->pid)
		i++;
	if (i == COUNT(order->process))
		i = line->pid % COUNT(order->process);
	else if (i == order->n_process)
		order->n_process++;
	order->process[i].pid = line->pid;
	order->process[i].next = order->next;
}

/* The line's number is a few behind this one. */
static bool follows(uint32_t number, const struct placed *placed)
{
	return placed->has && ahead(number, placed->number) - 1 < 2 * TRACE_ORDER_WINDOW;
}

/* Line k has the number that is expected: did the ones in front of it overtake it? */
static bool overtaken(const struct placed lines[], size_t k)
{
	for (size_t i = 0; i < k; i++)
		if (!follows(lines[k].number, &lines[i]))
			return false;
	return true;
}

static bool confirmed(const struct placed lines[], size_t n, size_t chosen)
{
	for (size_t i = 0; i < n; i++)
		if (i != chosen && follows(lines[chosen].number, &lines[i]))
			return true;
	return false;
}

/* Nothing fits: numbers are missing, the count began anew, or this number was misread. */
static void jump(struct trace_order *order, const struct placed lines[], size_t n, size_t chosen,
                 struct trace_loss *loss)
{
	const struct placed *line = &lines[chosen];
	uint32_t next = order->next, own;
	if (expected_of(order, line->line, &own) && ahead(own, line->number) < ahead(next, line->number))
		next = own;
	uint32_t missing = ahead(next, line->number);
	if (!confirmed(lines, n, chosen) && missing > UNCONFIRMED) {
		order->next++; /* misread: it stands in its place */
		return;
	}
	uint32_t explained = order->unstamped < missing ? order->unstamped : missing;
	if (missing < ANEW && missing > explained)
		*loss = (struct trace_loss){
		    .lines = missing - explained, .from = next + explained, .to = line->number - 1};
	note(order, line);
}

static size_t start(struct trace_order *order, const struct placed lines[], size_t n)
{
	size_t chosen = 0;
	for (size_t i = 1; i < n; i++)
		if (lines[i].has && follows(lines[i].number, &lines[chosen]))
			chosen = i;
	note(order, &lines[chosen]);
	return chosen;
}

static size_t pick(struct trace_order *order, const struct placed lines[], size_t n, struct trace_loss *loss)
{
	if (!order->started)
		return start(order, lines, n);
	for (size_t k = 1; k < n; k++) {
		if (!lines[k].fits)
			continue;
		if (!overtaken(lines, k))
			return 0; /* misread, and in addition to the numbered ones */
		note(order, &lines[k]);
		return k;
	}
	if (n > 1 && lines[1].has && lines[1].number == order->next + 1) {
		order->next++; /* the neighbours fit: misread */
		return 0;
	}
	size_t chosen = n > 1 && lines[1].has && follows(lines[1].number, &lines[0]) ? 1 : 0;
	jump(order, lines, n, chosen, loss);
	return chosen;
}

bool trace_order_is_next(const struct trace_order *order, const struct trace_line *line)
{
	return !line->has_sequence || (order->started && line->sequence == order->next);
}

size_t trace_order_pick(struct trace_order *order, const struct trace_line *const lines[], size_t n,
                        struct trace_loss *loss)
{
	struct placed placed[TRACE_ORDER_WINDOW];
	placed[0] = place(order, lines[0]);
	*loss = (struct trace_loss){0};
	if (placed[0].fits) {
		note(order, &placed[0]);
		return 0;
	}
	if (!placed[0].has) {
		order->unstamped++;
		return 0;
	}
	for (size_t i = 1; i < n; i++)
		placed[i] = place(order, lines[i]);
	return pick(order, placed, n, loss);
}
