/*
 * One line of a debug trace: which kind it is, and its fields.
 *
 * Called by the reader of traces, a line at a time. The lines that make up most of a trace are read by their
 * exact shape; every other one goes through the repairs, see trace_parts.h. Keeps nothing between lines.
 */
#include "dissect/trace.h"

#include "dissect/limits.h"
#include "dissect/tls.h"
#include "dissect/trace_parts.h"

enum {
	VALUES = 3,        /* of a state line: state, where, ret */
	VALUE_DIGITS = 8,
	KEY_ROOM = 24,     /* a key and its '=' stand within so many bytes */
	KEY_FAULTS = 3,    /* letters that may be wrong in a key */
	CLIENT_STATES = 0x1000,
	SERVER_STATES = 0x2000,
	MACHINE = 0xf000,
	WHERE_CLIENT = 0x1000,
};

/* ---- state lines ------------------------------------------------------------------------------------- */

static bool known_where(uint64_t v)
{
	switch (v) {
	case TRACE_WHERE_START:
	case TRACE_WHERE_DONE:
	case CLIENT_STATES | TRACE_WHERE_LOOP:
	case CLIENT_STATES | TRACE_WHERE_EXIT:
	case SERVER_STATES | TRACE_WHERE_LOOP:
	case SERVER_STATES | TRACE_WHERE_EXIT:
	case TRACE_WHERE_ALERT_READ:
	case TRACE_WHERE_ALERT_WRITE:
		return true;
	default:
		return false;
	}
}

static bool known_state(uint64_t v)
{
	return v <= UINT16_MAX && trace_state((uint16_t)v) != NULL;
}

static void set_state(struct trace_line *out, uint64_t v)
{
	out->has_state = v <= UINT16_MAX;
	out->state = out->has_state ? (uint16_t)v : 0;
}

static void set_where(struct trace_line *out, uint64_t v)
{
	out->has_where = v <= UINT16_MAX;
	out->where = out->has_where ? (uint16_t)v : 0;
}

static void set_ret(struct trace_line *out, uint64_t v)
{
	out->has_ret = v <= UINT32_MAX;
	out->ret = !out->has_ret ? 0 : v > INT32_MAX ? (int32_t)((int64_t)v - UINT32_MAX - 1) : (int32_t)v;
}

/* What the three numbers tell together. */
static void finish_state(struct trace_line *out)
{
	out->kind = TRACE_STATE;
	out->client_side = (out->has_state && (out->state & MACHINE) == CLIENT_STATES) ||
	                   (out->has_where && (out->where & MACHINE) == WHERE_CLIENT);
	if (!out->has_where || !(out->where & TRACE_WHERE_ALERT) || !out->has_ret)
		return;
	uint32_t level = (uint32_t)out->ret >> 8;
	if (level != TLS_ALERT_WARNING && level != TLS_ALERT_FATAL)
		return;
	out->has_alert = true;
	out->alert_level = (uint8_t)level;
	out->alert = (uint8_t)out->ret;
	out->written = out->where == TRACE_WHERE_ALERT_WRITE;
}

/* The bytes of `text`, which are taken. Most lines that are something else differ in the first one. */
static inline bool literal(struct rd *r, const char *text)
{
	if (!rd_more(r) || r->all.p[rd_at(r)] != (uint8_t)text[0])
		return false;
	size_t n = strlen(text);
	return rd_left(r) >= n && memcmp(rd_span(r, n).p, text, n) == 0;
}

/* "0x" and lower-case digits up to the byte `end`, which is taken; the last value ends with the line. */
static bool clean_value(struct rd *r, char end, uint64_t *v)
{
	*v = 0;
	size_t n = 0;
	if (!literal(r, "0x"))
		return false;
	for (; rd_more(r); n++) {
		uint8_t c = rd_u8(r);
		if (c == (uint8_t)end)
			return n > 0 && n <= VALUE_DIGITS;
		bool digit = c >= '0' && c <= '9';
		if (!digit && (c < 'a' || c > 'f'))
			return false;
		*v = *v << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
	}
	return end == 0 && n > 0 && n <= VALUE_DIGITS;
}

static bool clean_state(struct trace_line *out)
{
	struct rd r = rd_of(out->text);
	uint64_t state, where, ret;
	if (!literal(&r, "SSL state = ") || !clean_value(&r, ';', &state) || !literal(&r, " where = ") ||
	    !clean_value(&r, ';', &where) || !literal(&r, " ret = ") || !clean_value(&r, 0, &ret))
		return false;
	set_state(out, state);
	set_where(out, where);
	set_ret(out, ret);
	finish_state(out);
	return true;
}

/* What stands behind "0x" or a look-alike of it; empty when the word is no such number. */
static struct span behind_prefix(struct span s)
{
	size_t zero = s.n > 0 && (s.p[0] == '0' || s.p[0] == 'O' || s.p[0] == 'o');
	if (s.n <= zero || (s.p[zero] != 'x' && s.p[zero] != 'X'))
		return (struct span){.n = 0};
	return span_cut(s, zero + 1, s.n);
}

static bool all_f(struct span s)
{
	size_t n = 0;
	while (n < s.n && (s.p[n] == 'f' || s.p[n] == 'F'))
		n++;
	return n == s.n && n + 1 >= VALUE_DIGITS;
}

/* Minus one is eight f; OCR makes seven or more of them. */
static bool damaged_value(struct span word, uint64_t *v, uint32_t *repairs)
{
	struct span digits = behind_prefix(word);
	if (digits.n == 0)
		return false;
	*repairs += word.p[0] != '0' || word.p[1] != 'x';
	if (all_f(digits)) {
		*repairs += digits.n != VALUE_DIGITS;
		*v = UINT32_MAX;
		return true;
	}
	return trace_text_hex(digits, v, repairs);
}

/* An x that begins a word, or stands behind its zero. */
static bool has_prefix(struct span text, char x)
{
	for (size_t at = trace_text_find(text, x); at < text.n;) {
		char before = at > 0 ? trace_text_fold((char)text.p[at - 1]) : 0;
		if (before == 0 || before == trace_text_fold('0'))
			return true;
		at++;
		at += trace_text_find(span_cut(text, at, text.n), x);
	}
	return false;
}

/* The hex values of a line, and a repair for each that does not stand behind its English key. */
static size_t find_values(struct trace_line *out, uint64_t value[VALUES], uint32_t *repairs)
{
	static const char *const keys[VALUES] = {"state", "where", "ret"};
	struct rd words = rd_of(out->text);
	struct span word, before = {.n = 0};
	size_t n = 0;
	if (!has_prefix(out->text, 'x') && !has_prefix(out->text, 'X'))
		return 0;
	for (; n < VALUES && trace_text_printed(&words, &word); before = word)
		if (damaged_value(word, &value[n], repairs)) {
			*repairs += !trace_text_same(before, keys[n]);
			n++;
		}
	return n;
}

/* Which of the three are there when one is lost: values of `where` are few and no states. */
static bool two_values(struct trace_line *out, const uint64_t value[VALUES])
{
	if (known_where(value[1])) {
		set_state(out, value[0]);
		set_where(out, value[1]);
	} else if (known_where(value[0])) {
		set_where(out, value[0]);
		set_ret(out, value[1]);
	} else if (known_state(value[0])) {
		set_state(out, value[0]);
		set_ret(out, value[1]);
	} else {
		return false;
	}
	return true;
}

static bool one_value(struct trace_line *out, uint64_t value)
{
	if (known_where(value))
		set_where(out, value);
	else if (known_state(value))
		set_state(out, value);
	else
		return false;
	return true;
}

static bool state_line(struct trace_line *out)
{
	uint64_t value[VALUES];
	uint32_t repairs = 0;
	size_t n = find_values(out, value, &repairs);
	bool good = n == VALUES  ? known_where(value[1]) || known_state(value[0])
	            : n == 2     ? two_values(out, value)
	            : n == 1     ? one_value(out, value[0])
	                         : false;
	if (!good)
		return false;
	if (n == VALUES) {
		set_state(out, value[0]);
		set_where(out, value[1]);
		set_ret(out, value[2]);
	}
	out->repairs += repairs;
	finish_state(out);
	return true;
}

/* ---- the strings' lines ------------------------------------------------------------------------------ */

#define RET_TYPE   "ret_type_string="
#define RET_DESC   "ret_desc_string="
#define STATE_TEXT "SSL_state_string="

static const struct {
	const char *key;
	enum trace_kind kind;
} keys[] = {
	{RET_TYPE, TRACE_RET_TYPE},
	{RET_DESC, TRACE_RET_DESC},
	{STATE_TEXT, TRACE_STATE_TEXT},
};
enum { KEYS = sizeof keys / sizeof *keys };

/* Kind and words are all there is to it. */
static bool says_all(const struct trace_line *out)
{
	return out->kind == TRACE_STATE_TEXT || span_equal(out->words, span_of("unknown", 7));
}

/* What the words mean. */
static void finish_strings(struct trace_line *out)
{
	if (says_all(out))
		return;
	if (out->kind == TRACE_RET_DESC) {
		out->has_alert = trace_openssl_alert(out->words, &out->alert);
		return;
	}
	uint32_t cues = trace_words_all(out->words);
	out->alert_level = cues & CUE_FATAL ? TLS_ALERT_FATAL : cues & CUE_WARNING ? TLS_ALERT_WARNING : 0;
}

static inline bool clean_key(struct trace_line *out, const char *key, enum trace_kind kind)
{
	struct rd r = rd_of(out->text);
	if (!literal(&r, key))
		return false;
	out->kind = kind;
	out->words = rd_rest(&r);
	return true;
}

static bool clean_strings(struct trace_line *out)
{
	return clean_key(out, RET_TYPE, TRACE_RET_TYPE) || clean_key(out, RET_DESC, TRACE_RET_DESC) ||
	       clean_key(out, STATE_TEXT, TRACE_STATE_TEXT);
}

/* Up to the first '=', or to the end of the word that ends in "string". Every key begins with r or S. */
static struct span key_of(struct span text)
{
	struct span head = span_cut(text, 0, KEY_ROOM);
	char first = trace_text_fold((char)text.p[0]);
	if (first != 'r' && first != 's')
		return (struct span){.n = 0};
	size_t equals = trace_text_find(head, '=');
	if (equals < head.n)
		return span_cut(text, 0, equals);
	struct rd words = rd_of(head);
	struct trace_word word;
	while (trace_text_word(&words, &word))
		if (trace_text_holds(&word, "string"))
			return span_cut(text, 0, rd_at(&words));
	return (struct span){.n = 0};
}

static bool damaged_strings(struct trace_line *out)
{
	struct span key = key_of(out->text);
	char folds[TRACE_TEXT_LETTERS];
	struct span letters = span_of(folds, trace_text_letters(key, folds));
	size_t best = KEYS, faults = KEY_FAULTS;
	for (size_t i = KEYS; letters.n > 0 && faults > 0 && i-- > 0;) { /* of equals the first one counts */
		size_t n = trace_text_distance(letters, keys[i].key, faults);
		if (n <= faults) {
			faults = n;
			best = i;
		}
	}
	if (best == KEYS)
		return false;
	struct span words = trace_text_trim(span_cut(out->text, key.n, out->text.n));
	while (words.n > 0 && strchr("=:- ", words.p[0]) != NULL && words.p[0] != 0)
		words = span_cut(words, 1, words.n);
	out->repairs += faults > 0 ? (uint32_t)faults : 1;
	out->kind = keys[best].kind;
	out->words = words;
	return true;
}

/* ---- lines ------------------------------------------------------------------------------------------- */

bool trace_decode_stamp(struct span line, struct trace_line *out)
{
	*out = (struct trace_line){.kind = TRACE_OTHER};
	line = span_cut(line, 0, LIMIT_LINE);
	out->text = trace_text_trim(trace_stamp(line, out));
	if (out->text.n == 0 && !out->has_time && !out->has_sequence)
		out->kind = TRACE_BLANK;
	return out->text.n > 0;
}

static bool exact_text(struct trace_line *out)
{
	return clean_state(out) || (clean_strings(out) && says_all(out));
}

bool trace_decode_exact(struct span line, struct trace_line *out)
{
	return !trace_decode_stamp(line, out) || exact_text(out);
}

void trace_decode_words(struct trace_line *out)
{
	bool strings = out->kind != TRACE_OTHER; /* their key is exact */
	if (!strings && (trace_syslog(out) || trace_openssl(out) || state_line(out)))
		return;
	if (strings || damaged_strings(out))
		finish_strings(out);
	else
		trace_sentence(out);
}

void trace_decode_text(struct trace_line *out)
{
	if (!exact_text(out))
		trace_decode_words(out);
}

void trace_decode(struct span line, struct trace_line *out)
{
	if (!trace_decode_exact(line, out))
		trace_decode_words(out);
}

/* The three numbers are what OpenSSL hands to a callback: ret is an alert's code, else 1, 0 or -1. */
static bool is_callback(const struct trace_line *line)
{
	if (!line->has_state || !known_state(line->state) || !line->has_where || !known_where(line->where) ||
	    !line->has_ret)
		return false;
	return (line->where & TRACE_WHERE_ALERT) ? line->has_alert : line->ret >= -1 && line->ret <= 1;
}

bool trace_proves(const struct trace_line *line)
{
	bool stamped = line->has_time && (line->has_sequence || line->has_pid);
	switch (line->kind) {
	case TRACE_BLANK:
	case TRACE_OTHER:
		return false;
	case TRACE_STATE:
		return stamped || is_callback(line);
	case TRACE_SSL_NEW:
	case TRACE_DO_HANDSHAKE:
		return stamped || line->has_pointer;
	case TRACE_OPENSSL_STATE:
		return stamped || line->has_state || line->has_message;
	case TRACE_OPENSSL_ALERT:
		return stamped || line->has_alert;
	case TRACE_SYSLOG:
		return true;
	default:
		return stamped;
	}
}

/* Without each digit in turn, and with an 8 for a b there or the reverse. */
uint32_t trace_sequence_near(uint32_t last, uint32_t printed)
{
	enum { DIGIT_BITS = 4, EIGHT = 8, B = 0xb };
	if (printed - last - 1 < TRACE_SEQUENCE_NEAR)
		return printed;
	for (unsigned shift = 0; shift < 32; shift += DIGIT_BITS) {
		uint32_t below = (UINT32_C(1) << shift) - 1, digit = printed >> shift & 0xf;
		uint32_t shorter = (printed >> DIGIT_BITS & ~below) | (printed & below);
		uint32_t other = printed ^ (uint32_t)(digit == EIGHT || digit == B ? EIGHT ^ B : 0) << shift;
		if (shorter - last - 1 < TRACE_SEQUENCE_NEAR)
			return shorter;
		if (other - last - 1 < TRACE_SEQUENCE_NEAR)
			return other;
	}
	return printed;
}
