/*
 * A trace line that is made of words: its kind, and the numbers that stand in it.
 *
 * Called by trace.c for what has no fields of its own. The verbatim wording of the controller is not known
 * and pastes are translated, so a line is known by which words it has and lacks, in no order. Never decides
 * what a line means for a session.
 */
#include "dissect/trace_parts.h"

enum { /* bits beside the cues: numbers that were found */
	HAS_POINTER = 1 << 0,
	HAS_CONN = 1 << 1,
	HAS_CONN_ID = 1 << 2,
	HAS_ERROR = 1 << 3,
};

enum {
	POINTER_SHORTEST = 6, /* digits */
	CONN_DIGITS = 5,
	ERROR_DIGITS = 8,
};

/* The word before the one that is read. */
enum after { AFTER_OTHER, AFTER_SSL, AFTER_CONN, AFTER_ID, AFTER_ERROR };

struct scan {
	uint32_t cues, found;
	struct span message;
};

static bool is_hex_prefix(struct span s)
{
	return s.n > 2 && (s.p[0] == '0' || s.p[0] == 'O' || s.p[0] == 'o') && (s.p[1] == 'x' || s.p[1] == 'X');
}

static bool pointer(struct span s, struct trace_line *out)
{
	uint64_t v;
	uint32_t repairs = 0;
	if (is_hex_prefix(s))
		s = span_cut(s, 2, s.n);
	if (s.n < POINTER_SHORTEST || !trace_text_has_digit(s) || !trace_text_hex(s, &v, &repairs) || v == 0)
		return false;
	out->pointer = v;
	out->has_pointer = true;
	out->repairs += repairs;
	return true;
}

/* A single look-alike of a digit is taken for one; a longer word must have a digit. */
static bool conn(struct span s, struct trace_line *out)
{
	uint64_t v;
	uint32_t repairs = 0;
	if (s.n > CONN_DIGITS || !trace_text_decimal(s, &v, &repairs) ||
	    !(trace_text_has_digit(s) || (s.n == 1 && strchr("OoIl", s.p[0]) != NULL)))
		return false;
	out->conn = (uint32_t)v;
	out->has_conn = true;
	out->repairs += repairs;
	return true;
}

/* The two codes of a refused certificate are known through any look-alike, also 8 for B. */
static bool error_code(struct span s, struct trace_line *out)
{
	static const struct {
		const char *printed;
		uint32_t code;
	} known[] = {{"140890B2", TRACE_ERROR_NOT_VERIFIED}, {"140890C7", TRACE_ERROR_NO_PEER_CERT}};
	uint64_t v;
	if (s.n != ERROR_DIGITS || !trace_text_has_digit(s))
		return false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (trace_text_same(s, known[i].printed)) {
			out->repairs += !span_equal(s, span_of(known[i].printed, ERROR_DIGITS));
			out->error = known[i].code;
			return out->has_error = true;
		}
	if (!trace_text_hex(s, &v, &out->repairs))
		return false;
	out->error = (uint32_t)v;
	return out->has_error = true;
}

static uint32_t number(const struct trace_word *word, enum after after, struct trace_line *out)
{
	if (after == AFTER_ERROR && !out->has_error && error_code(word->printed, out))
		return HAS_ERROR;
	if ((after == AFTER_SSL || after == AFTER_CONN) && !out->has_pointer && pointer(word->printed, out))
		return HAS_POINTER;
	if ((after == AFTER_CONN || after == AFTER_ID) && conn(word->printed, out))
		return after == AFTER_ID ? HAS_CONN | HAS_CONN_ID : HAS_CONN;
	return 0;
}

static enum after place(const struct trace_word *word, uint32_t cues, enum after before)
{
	if (trace_text_is(word, "ssl"))
		return AFTER_SSL;
	if ((cues & CUE_CONNECTION) || (before == AFTER_CONN && (cues & CUE_NMSP)))
		return AFTER_CONN;
	if (trace_text_is(word, "id") && before == AFTER_CONN)
		return AFTER_ID;
	return trace_text_is(word, "error") ? AFTER_ERROR : AFTER_OTHER;
}

static bool is_message(const struct trace_word *word)
{
	static const char end[] = "_MSG";
	size_t n = sizeof end - 1;
	return trace_text_begins(word, "nmspapp") && word->printed.n > n &&
	       trace_text_same(span_cut(word->printed, word->printed.n - n, n), end);
}

static struct scan scan(struct trace_line *out)
{
	struct scan result = {.cues = 0};
	struct rd words = rd_of(out->text);
	struct trace_word word;
	enum after after = AFTER_OTHER;
	while (trace_text_word(&words, &word)) {
		uint32_t found = after == AFTER_OTHER ? 0 : number(&word, after, out);
		uint32_t cues = found != 0 ? 0 : trace_words_cues(&word);
		if ((cues & CUE_NMSP) && is_message(&word))
			result.message = word.printed;
		after = place(&word, cues, after);
		result.found |= found;
		result.cues |= cues;
	}
	return result;
}

/* The first rule that holds counts: all of `need`, one of each `any` that is not 0, none of `without`. */
struct rule {
	enum trace_kind kind;
	uint32_t need, any, any_too, without;
	uint32_t found; /* one of these numbers, unless 0 */
};
static const struct rule rules[] = {
	{TRACE_WANT_READ, CUE_WANT_READ, 0, 0, 0, 0},
	{TRACE_NOT_COMPLETED, CUE_RECEIVE_LOOP, 0, 0, CUE_FAILURE | CUE_SUCCESS, 0},
	{TRACE_HANDSHAKE_FAILED, 0, 0, 0, 0, HAS_ERROR},
	{TRACE_HANDSHAKE_FAILED, CUE_SSL_ERROR, 0, 0, 0, 0},
	{TRACE_HANDSHAKE_FAILED, CUE_HANDSHAKE | CUE_FAILURE, 0, 0, CUE_AUTHLIST, 0},
	{TRACE_SSL_NEW, CUE_SSL_NEW, 0, 0, CUE_FAILURE, 0},
	{TRACE_HANDSHAKE_DONE, CUE_DO_HANDSHAKE | CUE_SUCCESS, 0, 0, CUE_NOT, 0},
	{TRACE_DO_HANDSHAKE, CUE_DO_HANDSHAKE, 0, 0, 0, 0},
	{TRACE_INIT_DONE, CUE_CONNECTION_INIT, 0, 0, CUE_FAILURE, 0},
	{TRACE_NOT_VALIDATED, CUE_VALID, CUE_PEER | CUE_AUTHLIST, CUE_NOT | CUE_FAILURE,
	 CUE_AUTHENTICATE | CUE_CALL, 0},
	{TRACE_CERTIFICATE_CHECKED, CUE_CERTIFICATE | CUE_VALID, 0, 0, CUE_NOT | CUE_FAILURE, 0},
	{TRACE_CERTIFICATE_CHECKED, CUE_AUTHLIST | CUE_CALL, 0, 0, CUE_NOT | CUE_FAILURE, 0},
	{TRACE_AUTHLIST_ANSWER, CUE_AUTHENTICATE, CUE_AUTHLIST, 0, 0, 0},
	{TRACE_AUTHLIST_ANSWER, CUE_AUTHENTICATE, 0, 0, 0, HAS_POINTER | HAS_CONN},
	{TRACE_AUTHLIST_ANSWER, CUE_AUTHLIST, CUE_SUCCESS | CUE_FAILURE, 0, 0, HAS_POINTER | HAS_CONN},
	{TRACE_FREED, CUE_FREE, 0, 0, 0, HAS_POINTER | HAS_CONN},
	{TRACE_ALLOCATED, CUE_ALLOCATED, CUE_CONNECTION | CUE_NMSP, 0, CUE_NOT | CUE_FAILURE, 0},
	{TRACE_NOT_COMPLETED, CUE_HANDSHAKE | CUE_NOT | CUE_COMPLETED, 0, 0, 0, 0},
	{TRACE_CONNECTED, CUE_NMSP | CUE_CONNECTION | CUE_SUCCESS, 0, 0, CUE_NOT | CUE_FAILURE, 0},
	{TRACE_HANDSHAKE_DONE, CUE_HANDSHAKE | CUE_SUCCESS, 0, 0, CUE_NOT | CUE_FAILURE, 0},
	{TRACE_FREED, 0, 0, 0, CUE_SUCCESS | CUE_FAILURE, HAS_CONN_ID},
	{TRACE_ALLOCATED, CUE_NEW | CUE_NMSP | CUE_CONNECTION, 0, 0, CUE_NOT | CUE_FAILURE, HAS_CONN},
};

static bool holds(const struct rule *rule, const struct scan *scan)
{
	return (scan->cues & rule->need) == rule->need && (rule->any == 0 || (scan->cues & rule->any)) &&
	       (rule->any_too == 0 || (scan->cues & rule->any_too)) && !(scan->cues & rule->without) &&
	       (rule->found == 0 || (scan->found & rule->found));
}

static enum trace_kind kind_of(const struct scan *scan)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (holds(&rules[i], scan))
			return rules[i].kind;
	return TRACE_OTHER;
}

static enum trace_answer answer_of(uint32_t cues)
{
	if (cues & (CUE_FAILURE | CUE_NOT))
		return TRACE_ANSWER_NO;
	return cues & CUE_SUCCESS ? TRACE_ANSWER_YES : TRACE_ANSWER_UNKNOWN;
}

/* "808BE61E4F7F0000:error:0A000086:SSL routines:...": the error queue as the openssl commands print it. */
static bool is_error_queue(struct span text)
{
	struct rd words = rd_of(text);
	struct trace_word word;
	uint64_t thread;
	uint32_t none = 0;
	return trace_text_word(&words, &word) && word.printed.n >= ERROR_DIGITS &&
	       trace_text_has_digit(word.printed) && trace_text_hex(word.printed, &thread, &none) &&
	       trace_text_word(&words, &word) && trace_text_is(&word, "error");
}

void trace_sentence(struct trace_line *out)
{
	struct scan result = scan(out);
	if (result.message.n > 0) {
		out->kind = TRACE_MESSAGE;
		out->words = result.message;
		return;
	}
	out->kind = kind_of(&result);
	if (out->kind == TRACE_OTHER) {
		uint32_t damaged = trace_words_damaged(out->text);
		result.cues |= damaged;
		out->kind = damaged != 0 ? kind_of(&result) : TRACE_OTHER;
		out->repairs += out->kind != TRACE_OTHER;
	}
	if (out->kind == TRACE_HANDSHAKE_FAILED && out->has_error && is_error_queue(out->text)) {
		out->kind = TRACE_OPENSSL_ERROR;
		out->words = out->text;
	}
	if (out->kind == TRACE_AUTHLIST_ANSWER)
		out->answer = answer_of(result.cues);
}
