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

static bool fits(const struct trace_order *order, const struct trace_line *line)
{
	uint32_t own;
	if (!line->has_sequence)
		return false;
	return line->sequence == order->next ||
	       (expected_of(order, line, &own) && line->sequence == own);
}

static void note(struct trace_order *order, const struct trace_line *line, uint32_t sequence)
{
	order->started = true;
	order->unstamped = 0;
	order->next = sequence + 1;
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

/* The line's number is `n` lines or less behind this one. */
static bool follows(uint32_t sequence, const struct trace_line *line)
{
	return line->has_sequence && ahead(sequence, line->sequence) - 1 < 2 * TRACE_ORDER_WINDOW;
}

/* Line k has the number that is expected: did the ones in front of it overtake it? */
static bool overtaken(const struct trace_line *const lines[], size_t k)
{
	for (size_t i = 0; i < k; i++)
		if (!follows(lines[k]->sequence, lines[i]))
			return false;
	return true;
}

static bool confirmed(const struct trace_line *const lines[], size_t n, size_t chosen)
{
	for (size_t i = 0; i < n; i++)
		if (i != chosen && follows(lines[chosen]->sequence, lines[i]))
			return true;
	return false;
}

/* Nothing fits: numbers are missing, the count began anew, or this number was misread. */
static void jump(struct trace_order *order, const struct trace_line *const lines[], size_t n, size_t chosen,
                 struct trace_loss *loss)
{
	const struct trace_line *line = lines[chosen];
	uint32_t next = order->next, own;
	if (expected_of(order, line, &own) && ahead(own, line->sequence) < ahead(next, line->sequence))
		next = own;
	uint32_t missing = ahead(next, line->sequence);
	if (!confirmed(lines, n, chosen) && missing > UNCONFIRMED) {
		order->next++; /* misread: it stands in its place */
		return;
	}
	uint32_t explained = order->unstamped < missing ? order->unstamped : missing;
	if (missing < ANEW && missing > explained)
		*loss = (struct trace_loss){
		    .lines = missing - explained, .from = next + explained, .to = line->sequence - 1};
	note(order, line, line->sequence);
}

static size_t start(struct trace_order *order, const struct trace_line *const lines[], size_t n)
{
	size_t chosen = 0;
	for (size_t i = 1; i < n; i++)
		if (lines[i]->has_sequence && follows(lines[i]->sequence, lines[chosen]))
			chosen = i;
	note(order, lines[chosen], lines[chosen]->sequence);
	return chosen;
}

size_t trace_order_pick(struct trace_order *order, const struct trace_line *const lines[], size_t n,
                        struct trace_loss *loss)
{
	*loss = (struct trace_loss){0};
	if (fits(order, lines[0])) {
		note(order, lines[0], lines[0]->sequence);
		return 0;
	}
	if (!lines[0]->has_sequence) {
		order->unstamped++;
		return 0;
	}
	if (!order->started)
		return start(order, lines, n);
	for (size_t k = 1; k < n; k++) {
		if (!fits(order, lines[k]))
			continue;
		if (!overtaken(lines, k))
			return 0; /* misread, and in addition to the numbered ones */
		note(order, lines[k], lines[k]->sequence);
		return k;
	}
	if (n > 1 && lines[1]->has_sequence && lines[1]->sequence == order->next + 1) {
		order->next++; /* the neighbours fit: misread */
		return 0;
	}
	size_t chosen = n > 1 && lines[1]->has_sequence && follows(lines[1]->sequence, lines[0]) ? 1 : 0;
	jump(order, lines, n, chosen, loss);
	return chosen;
}
