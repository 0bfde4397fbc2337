/*
 * Fuzz target of analyzer/learn. The first byte says how many sessions there are, and whether they begin in
 * the middle; then come pieces, each with a byte that says what it is, one for its length, and its bytes.
 * No more is held of a session than the program holds. What is learned must print as a profile that reads the
 * same, and cut the data of a session that it was learned from alone.
 */
#include "analyzer/learn.h"
#include "analyzer/xmalloc.h"
#include "dissect/nmsp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SESSIONS 3

enum { DIRECTION = 1, GAP = 2, SESSION = 4, REPEAT = 16 }; /* bits of a piece; SESSION is two wide */
enum { MIDSTREAM = 128 };                                  /* of the first byte */

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void take_pieces(struct rd *r, struct messages_hold holds[SESSIONS])
{
	struct origin now = {.packet = 1};
	while (rd_more(r)) {
		uint8_t what = rd_u8(r);
		size_t n = rd_u8(r);
		struct span bytes = rd_span(r, n < rd_left(r) ? n : rd_left(r));
		struct messages_hold *hold = &holds[what / SESSION % 4 % SESSIONS];
		if (messages_hold_full(hold))
			continue;
		struct messages_piece piece = {.dir = what & DIRECTION, .n = bytes.n, .origin = now};
		piece.is_gap = (what & GAP) != 0;
		for (unsigned i = 0; i <= what / REPEAT && !messages_hold_full(hold); i++) {
			now.packet++;
			messages_hold_add(hold, &piece, piece.is_gap ? span_of(NULL, 0) : bytes);
		}
	}
}

static void check_text(const struct learned *learned)
{
	struct profile *again = xmalloc(sizeof *again);
	struct profile_error error;
	char *text = learn_text(learned), *printed = xmalloc(PROFILE_TEXT);
	check(profile_parse(span_of(text, strlen(text)), again, &error));
	check(profile_print(again, printed, PROFILE_TEXT) > 0 && strstr(text, printed) != NULL);
	free(printed);
	free(text);
	free(again);
}

/* Up to the first gap. */
static size_t take_side(const struct messages_hold *hold, uint8_t dir, uint8_t *to)
{
	struct rd r = rd_of(span_of(hold->bytes, hold->n));
	size_t n = 0;
	for (size_t i = 0; i < hold->n_pieces; i++) {
		const struct messages_piece *piece = &hold->pieces[i];
		struct span bytes = rd_span(&r, piece->is_gap ? 0 : (size_t)piece->n);
		if (piece->dir == dir && piece->is_gap)
			return n;
		if (piece->dir != dir || bytes.n == 0)
			continue;
		memcpy(&to[n], bytes.p, bytes.n);
		n += bytes.n;
	}
	return n;
}

static void check_cut(const struct profile *profile, const struct messages_hold *hold)
{
	uint8_t *bytes = xmalloc(hold->n + 1);
	for (uint8_t dir = 0; dir < 2; dir++) {
		struct span left = span_of(bytes, take_side(hold, dir, bytes));
		enum cut cut = CUT_OK;
		for (size_t i = 0, n = 0; cut == CUT_OK && i < LIMIT_LEARN_MESSAGES; i++) {
			cut = nmsp_cut(profile, left, &n);
			check(cut != CUT_BAD);
			if (n > left.n)
				break;
			left = span_cut(left, n, SIZE_MAX);
		}
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(span_of(data, size));
	uint8_t how = rd_u8(&r);
	struct messages_hold holds[SESSIONS] = {{.n = 0}};
	struct learn_input inputs[SESSIONS];
	struct learned *learned = xmalloc(sizeof *learned);
	take_pieces(&r, holds);
	for (size_t i = 0; i < SESSIONS; i++)
		inputs[i] = (struct learn_input){.hold = &holds[i], .midstream = (how & MIDSTREAM) != 0};
	bool found = learn(inputs, how % (SESSIONS + 1), learned);
	check(found == learned->found && (found || learned->why[0] != '\0'));
	check(learned->evidence.n <= LEARN_LINES && learned->same.n <= LEARN_LINES);
	if (found)
		check_text(learned);
	if (found && !inputs[0].midstream && how % (SESSIONS + 1) == 1)
		check_cut(&learned->profile, &holds[0]);
	for (size_t i = 0; i < SESSIONS; i++)
		messages_hold_free(&holds[i]);
	free(learned);
	return 0;
}
