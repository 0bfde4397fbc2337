/*
 * The parts that trace_decode is made of. Included by the trace*.c files only; callers use trace.h.
 */
#ifndef DISSECT_TRACE_PARTS_H
#define DISSECT_TRACE_PARTS_H

#include "dissect/trace.h"
#include "dissect/trace_text.h"

/*
 * trace.c: the two halves of trace_decode. The first reads the stamp, finds the text and answers whether
 * there is any; the second reads the text.
 */
bool trace_decode_stamp(struct span line, struct trace_line *out);
void trace_decode_text(struct trace_line *out);

/*
 * trace_stamp.c: takes the stamp "[MM/DD/YY HH:MM:SS.mmm TZ SEQUENCE PID]" from the start of the line into
 * `out` and answers what stands behind it; the whole line when there is no stamp. A damaged stamp is
 * repaired where that is possible; what cannot be read stays absent.
 */
struct span trace_stamp(struct span line, struct trace_line *out);

/* trace_stamp.c: a date and a time of day as printed. */
struct trace_clock {
	uint64_t year, month, day, hour, minute, second, millisecond;
};

/* trace_stamp.c: sets the time; false for a date or time that does not exist. */
bool trace_stamp_time(const struct trace_clock *t, struct trace_line *out);

/* trace_syslog.c: the line of the NMSP process in out->text, with its own stamp. False: it is none. */
bool trace_syslog(struct trace_line *out);

/* trace_state.c: the rows of its table in order of their numbers, NULL behind the last. */
const struct trace_state *trace_state_row(size_t i);

/* trace_openssl.c: a line of openssl s_server -state or s_client -state in out->text. False: it is none. */
bool trace_openssl(struct trace_line *out);

/* trace_openssl.c: the alert that English words or the stems of another language name. */
bool trace_openssl_alert(struct span words, uint8_t *alert);

/*
 * trace_words.c: the meaning of words in any of a few languages, a bit each. OR of all that stand in `s`.
 */
enum {
	CUE_CONNECTION_INIT = 1 << 0,
	CUE_DO_HANDSHAKE = 1 << 1,
	CUE_SSL_NEW = 1 << 2,
	CUE_WANT_READ = 1 << 3,
	CUE_RECEIVE_LOOP = 1 << 4,
	CUE_AUTHLIST = 1 << 5,
	CUE_AUTHENTICATE = 1 << 6,
	CUE_SSL_ERROR = 1 << 7,
	CUE_ALLOCATED = 1 << 8,
	CUE_NEW = 1 << 9,
	CUE_CONNECTION = 1 << 10,
	CUE_SUCCESS = 1 << 11,
	CUE_FAILURE = 1 << 12,
	CUE_NOT = 1 << 13,
	CUE_VALID = 1 << 14,
	CUE_PEER = 1 << 15,
	CUE_CERTIFICATE = 1 << 16,
	CUE_HANDSHAKE = 1 << 17,
	CUE_FREE = 1 << 18,
	CUE_CALL = 1 << 19,
	CUE_COMPLETED = 1 << 20,
	CUE_NMSP = 1 << 21,
	CUE_UNKNOWN = 1 << 22,
	CUE_EXPIRED = 1 << 23,
	CUE_REVOKED = 1 << 24,
	CUE_BAD = 1 << 25,
	CUE_AUTHORITY = 1 << 26,
	CUE_FATAL = 1 << 27,
	CUE_WARNING = 1 << 28,
};
uint32_t trace_words_cues(const struct trace_word *word);
uint32_t trace_words_all(struct span s);

/* trace_words.c: cues of names that are never translated, one or two letters of which are wrong. */
uint32_t trace_words_damaged(struct span s);

/* trace_sentence.c: kind, pointer, connection, error and answer of a line that is made of words. */
void trace_sentence(struct trace_line *out);

#endif
