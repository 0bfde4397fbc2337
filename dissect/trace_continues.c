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

static bool last_word(struct span text, struct trace_word *last)
{
	struct rd words = rd_of(text);
	struct trace_word word;
	bool any = false;
	for (; trace_text_word(&words, &word); any = true)
		*last = word;
	return any;
}

/* No word reaches across a blank. */
static struct span behind_last_blank(struct span text)
{
	size_t from = text.n;
	while (from > 0 && text.p[from - 1] != ' ')
		from--;
	return span_cut(text, from, text.n);
}

/* The line ends where a number must follow: "... conn ssl", "... ssl_err", "where =". */
static bool wants_number(struct span text)
{
	struct trace_word last;
	if (text.n > 0 && text.p[text.n - 1] == '=')
		return true;
	if (!last_word(behind_last_blank(text), &last) && !last_word(text, &last))
		return false;
	return trace_text_is(&last, "conn") || trace_text_is(&last, "ssl") || trace_text_is(&last, "id") ||
	       trace_text_is(&last, "sslerr");
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
	case TRACE_MESSAGE:
		return line->has_pointer || line->has_conn;
	case TRACE_HANDSHAKE_DONE:
	case TRACE_CONNECTED:
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

/* The rest makes sense of its own, but is what this line lacks. */
static bool goes_on(const struct trace_line *before, const struct trace_line *rest)
{
	switch (rest->kind) {
	case TRACE_STATE:
		return before->kind == TRACE_STATE && !before->has_ret && !rest->has_state;
	case TRACE_HANDSHAKE_FAILED:
		return before->kind == TRACE_HANDSHAKE_FAILED && !before->has_error && rest->has_error;
	case TRACE_HANDSHAKE_DONE: /* "success with conn state: INIT, SSL state: HANDSHAKING" */
		return before->kind == TRACE_INIT_DONE;
	case TRACE_FREED: /* "conn id 0" */
		return before->kind == TRACE_FREED && !before->has_conn && !rest->has_pointer;
	case TRACE_MESSAGE: /* behind "sent" */
		return before->kind == TRACE_OTHER;
	default:
		return false;
	}
}

bool trace_continues(const struct trace_line *before, struct span line)
{
	struct trace_line alone;
	bool stamped = before->has_time || before->has_sequence;
	if (before->text.n > LIMIT_WRAPPED || complete(before) || (before->kind == TRACE_OTHER && !stamped) ||
	    is_prompt(line))
		return false;
	if (!trace_decode_stamp(line, &alone) || alone.has_time || alone.has_sequence)
		return false;
	bool number = begins_with_number(alone.text) && wants_number(before->text);
	if (number && trace_text_find(alone.text, '%') == alone.text.n)
		return true;
	trace_decode_text(&alone);
	if (alone.has_time) /* that of a syslog line, in front of its '%' */
		return false;
	if (number)
		return true;
	if (alone.kind != TRACE_OTHER)
		return goes_on(before, &alone);
	return !(is_strings(before->kind) && (alone.has_pointer || alone.has_conn));
}

/* Two pointers that stand behind each other are none: addresses of a process have at most 48 bits. */
static bool is_pointer(uint64_t pointer)
{
	return pointer >> 48 == 0;
}

/* Every field that `than` tells is told, too. */
static bool tells_as_much(const struct trace_line *line, const struct trace_line *than)
{
	return line->has_time >= than->has_time && line->has_state >= than->has_state &&
	       line->has_where >= than->has_where && line->has_ret >= than->has_ret &&
	       line->has_pointer >= than->has_pointer && line->has_conn >= than->has_conn &&
	       line->has_error >= than->has_error && line->has_alert >= than->has_alert &&
	       (than->answer == TRACE_ANSWER_UNKNOWN || line->answer == than->answer);
}

bool trace_was_cut(const struct trace_line *before, struct span line, const struct trace_line *tight,
                   const struct trace_line *spaced)
{
	struct trace_line alone;
	if (before->text.n > LIMIT_WRAPPED || is_prompt(line) || !trace_decode_stamp(line, &alone) ||
	    alone.has_time || alone.has_sequence)
		return false;
	trace_decode_text(&alone);
	bool other = alone.kind != TRACE_OTHER && alone.kind != before->kind && before->kind != TRACE_OTHER;
	bool understood = tight->kind != TRACE_OTHER || spaced->kind == TRACE_OTHER;
	bool better = tight->repairs <= spaced->repairs || !tells_as_much(spaced, tight);
	return !alone.has_time && !other && understood && better && is_pointer(tight->pointer) &&
	       tells_as_much(tight, before) && tells_as_much(tight, spaced);
}
