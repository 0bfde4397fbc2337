/*
 * Whether a physical line is the rest of the line before it.
 *
 * Called by the reader of traces for lines without a stamp, which joins the two and decodes the whole. Knows
 * which kinds are complete as they stand; when in doubt a line that means something stays alone.
 */
#include "dissect/limits.h"
#include "dissect/trace_parts.h"

/* "LAB-3850(config)#show trace messages nmsp": a name without blanks and the sign of a prompt. */
static bool is_prompt(struct span line)
{
	for (size_t i = 0; i < line.n && !trace_text_blank(line.p[i]); i++)
		if (line.p[i] == '#' || line.p[i] == '>')
			return i > 0;
	return false;
}

/* The line ends where a number must follow: "... conn ssl", "... ssl_err", "where =". */
static bool wants_number(struct span text)
{
	struct rd words = rd_of(text);
	struct trace_word word, last = {.n = 0};
	while (trace_text_word(&words, &word))
		last = word;
	return trace_text_is(&last, "conn") || trace_text_is(&last, "ssl") || trace_text_is(&last, "id") ||
	       trace_text_is(&last, "sslerr") || (text.n > 0 && text.p[text.n - 1] == '=');
}

/* Its first word holds a digit, so it may be that number. */
static bool begins_with_number(struct span line)
{
	struct rd words = rd_of(line);
	struct trace_word word;
	return trace_text_word(&words, &word) && trace_text_has_digit(word.printed);
}

/* Nothing that this kind of line says is missing. */
static bool complete(const struct trace_line *line)
{
	switch (line->kind) {
	case TRACE_BLANK:
	case TRACE_SSL_NEW:
	case TRACE_WANT_READ:
		return line->kind == TRACE_BLANK || line->has_pointer;
	case TRACE_STATE:
		return line->has_ret;
	case TRACE_ALLOCATED:
	case TRACE_NOT_COMPLETED:
		return line->has_conn;
	case TRACE_FREED:
		return line->has_pointer && line->has_conn;
	case TRACE_AUTHLIST_ANSWER:
		return line->has_pointer && line->answer != TRACE_ANSWER_UNKNOWN;
	case TRACE_HANDSHAKE_DONE:
	case TRACE_CONNECTED:
	case TRACE_MESSAGE:
	case TRACE_SYSLOG:
	case TRACE_OPENSSL_STATE:
	case TRACE_OPENSSL_ALERT:
	case TRACE_OPENSSL_ERROR:
		return true;
	default:
		return false;
	}
}

static bool is_strings(enum trace_kind kind)
{
	return kind == TRACE_RET_TYPE || kind == TRACE_RET_DESC || kind == TRACE_STATE_TEXT;
}

bool trace_continues(const struct trace_line *before, struct span line)
{
	struct trace_line alone;
	bool stamped = before->has_time || before->has_sequence;
	if (before->text.n > LIMIT_WRAPPED || complete(before) || (before->kind == TRACE_OTHER && !stamped) ||
	    is_prompt(line))
		return false;
	trace_decode(line, &alone);
	if (alone.has_time || alone.has_sequence || alone.kind == TRACE_BLANK)
		return false;
	if (begins_with_number(alone.text) && wants_number(before->text))
		return true;
	if (alone.kind == TRACE_STATE)
		return before->kind == TRACE_STATE && !before->has_ret && !alone.has_state;
	if (alone.kind == TRACE_HANDSHAKE_FAILED)
		return before->kind == TRACE_HANDSHAKE_FAILED && !before->has_error && alone.has_error;
	return alone.kind == TRACE_OTHER && !(is_strings(before->kind) && (alone.has_pointer || alone.has_conn));
}
