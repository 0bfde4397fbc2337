/*
 * What openssl s_server -state and s_client -state print: states by name, alerts, errors; and alerts by
 * name, which the controller's ret_desc_string lines hold too.
 *
 * Called by trace.c. Knows the names of OpenSSL 1.0 ("SSLv3 read client hello A") and of 1.1 to 3.x
 * ("SSLv3/TLS read client hello"). Gives the number of 1.0's table where the same message has one.
 */
#include "dissect/trace_parts.h"

#include "dissect/tls.h"
#include "dissect/tls_names.h"

enum { CLIENT_STATES = 0x1000, SERVER_STATES = 0x2000, MACHINE = 0xf000 };

/* Names without the protocol in front that 1.0 does not have, or has for several numbers. */
struct named {
	const char *name;
	uint16_t state; /* 0: none in 1.0 */
	uint8_t message;
	bool written;
};
static const struct named server_names[] = {
	{"SSL initialization", 0x6000, TRACE_NO_MESSAGE, false},
	{"read client hello", 0x2111, TLS_CLIENT_HELLO, false},
	{"write server certificate verify", 0, TLS_CERTIFICATE_VERIFY, true},
	{"write encrypted extensions", 0, TLS_ENCRYPTED_EXTENSIONS, true},
	{"read end of early data", 0, TLS_END_OF_EARLY_DATA, false},
	{"write server key update", 0, TLS_KEY_UPDATE, true},
	{"read client key update", 0, TLS_KEY_UPDATE, false},
};
static const struct named client_names[] = {
	{"SSL initialization", 0x5000, TRACE_NO_MESSAGE, false},
	{"read encrypted extensions", 0, TLS_ENCRYPTED_EXTENSIONS, false},
	{"read server certificate verify", 0, TLS_CERTIFICATE_VERIFY, false},
	{"write end of early data", 0, TLS_END_OF_EARLY_DATA, true},
	{"write client key update", 0, TLS_KEY_UPDATE, true},
	{"read server key update", 0, TLS_KEY_UPDATE, false},
	{"read hello request", 0, TLS_HELLO_REQUEST, false},
};

/* Behind the first word: "SSLv3", "SSLv3/TLS", "TLSv1.3", "before". */
static struct span behind_blank(struct span s)
{
	size_t blank = trace_text_find(s, ' ');
	return blank == s.n ? s : trace_text_trim(span_cut(s, blank, s.n));
}

/* Without the letter that 1.0 puts behind a state: "read client hello A". */
static struct span without_letter(struct span s)
{
	bool lettered = s.n > 2 && s.p[s.n - 2] == ' ' && s.p[s.n - 1] >= 'A' && s.p[s.n - 1] <= 'D';
	return lettered ? span_cut(s, 0, s.n - 2) : s;
}

static bool is_named(struct span name, const struct named *table, size_t n, struct trace_line *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!trace_text_same(name, table[i].name))
			continue;
		out->state = table[i].state;
		out->has_state = table[i].state != 0;
		out->message = table[i].message;
		out->written = table[i].written;
		return true;
	}
	return false;
}

static void take_state(const struct trace_state *state, struct trace_line *out)
{
	out->has_state = true;
	out->state = state->number;
	out->message = state->message;
	out->written = state->written;
}

/* A row of this side whose name is that of the line; 1.1 and later print no letter. */
static bool in_table(struct span words, bool newer, struct trace_line *out)
{
	uint16_t side = out->client_side ? CLIENT_STATES : SERVER_STATES;
	const struct trace_state *state;
	for (size_t i = 0; (state = trace_state_row(i)) != NULL; i++) {
		uint16_t machine = state->number & MACHINE;
		if (machine != side && (machine == CLIENT_STATES || machine == SERVER_STATES))
			continue;
		struct span name = span_of(state->name, strlen(state->name));
		if (newer ? span_equal(without_letter(behind_blank(name)), behind_blank(words)) :
		            span_equal(name, words)) {
			take_state(state, out);
			return true;
		}
	}
	return false;
}

static bool begins(struct span s, const char *text)
{
	return span_equal(span_cut(s, 0, strlen(text)), span_of(text, strlen(text)));
}

static void state_line(struct span words, struct trace_line *out)
{
	out->kind = TRACE_OPENSSL_STATE;
	out->words = words;
	out->message = TRACE_NO_MESSAGE;
	bool newer = begins(words, "SSLv3/TLS ") || begins(words, "TLSv1.3 ");
	if (newer || begins(words, "before SSL ")) {
		const struct named *table = out->client_side ? client_names : server_names;
		size_t n = out->client_side ? sizeof client_names : sizeof server_names;
		if (is_named(behind_blank(words), table, n / sizeof *table, out))
			return;
	}
	in_table(words, newer, out);
}

/* A letter in eight may be wrong, underscores counted: the longest name has 31. */
static size_t faults_of(const char *name)
{
	return strlen(name) / 8;
}
enum { MOST_FAULTS = 3 };

/* Neither has more letters than the other but for so many. */
static inline bool near_length(size_t a, size_t b, size_t faults)
{
	return a - b + faults <= 2 * faults; /* wraps far beyond when it is shorter still */
}

/* The alert whose name this is, else the first one whose name this nearly is. */
static bool same_words(struct span words, uint8_t *alert)
{
	char folds[TRACE_TEXT_LETTERS];
	struct span letters = span_of(folds, trace_text_letters(words, folds));
	struct tls_alert_names names = tls_alert_names();
	const struct name *found = NULL;
	for (size_t i = 0; i < names.n; i++) {
		if (!near_length(letters.n, names.letters[i], MOST_FAULTS))
			continue;
		size_t faults = faults_of(names.rows[i].text);
		if (!near_length(letters.n, names.letters[i], faults))
			continue;
		size_t distance = trace_text_distance(letters, names.rows[i].text, faults);
		if (distance == 0 || (distance <= faults && found == NULL))
			found = &names.rows[i];
		if (distance == 0)
			break;
	}
	if (found != NULL)
		*alert = (uint8_t)found->value;
	return found != NULL;
}

bool trace_openssl_alert(struct span words, uint8_t *alert)
{
	static const struct {
		uint32_t cues;
		uint8_t alert;
	} meanings[] = {
		{CUE_CERTIFICATE | CUE_UNKNOWN, TLS_CERTIFICATE_UNKNOWN},
		{CUE_CERTIFICATE | CUE_EXPIRED, TLS_CERTIFICATE_EXPIRED},
		{CUE_CERTIFICATE | CUE_REVOKED, TLS_CERTIFICATE_REVOKED},
		{CUE_CERTIFICATE | CUE_BAD, TLS_BAD_CERTIFICATE},
		{CUE_AUTHORITY | CUE_UNKNOWN, TLS_UNKNOWN_CA},
		{CUE_HANDSHAKE | CUE_FAILURE, TLS_HANDSHAKE_FAILURE},
	};
	if (same_words(words, alert))
		return true;
	uint32_t cues = trace_words_all(words);
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if ((cues & meanings[i].cues) == meanings[i].cues) {
			*alert = meanings[i].alert;
			return true;
		}
	return false;
}

/* What stands before the next colon, which is taken too. */
static struct span part(struct rd *r)
{
	struct span left = span_cut(r->all, rd_at(r), rd_left(r));
	struct span s = rd_span(r, trace_text_find(left, ':'));
	rd_skip(r, s.n < left.n ? 1 : 0);
	return trace_text_trim(s);
}

/* "SSL3 alert write:fatal:certificate unknown" */
static bool alert_line(struct span head, struct rd *r, struct trace_line *out)
{
	out->written = trace_text_same(head, "SSL3 alert write");
	if (!out->written && !trace_text_same(head, "SSL3 alert read"))
		return false;
	struct span level = part(r), description = trace_text_trim(rd_rest(r));
	out->kind = TRACE_OPENSSL_ALERT;
	out->words = description;
	out->has_alert = trace_openssl_alert(description, &out->alert);
	if (out->has_alert && trace_text_same(level, "fatal"))
		out->alert_level = TLS_ALERT_FATAL;
	else if (out->has_alert && trace_text_same(level, "warning"))
		out->alert_level = TLS_ALERT_WARNING;
	return true;
}

bool trace_openssl(struct trace_line *out)
{
	if (trace_text_find(out->text, ':') == out->text.n)
		return false;
	struct rd r = rd_of(out->text);
	struct span head = part(&r);
	if (rd_left(&r) == 0)
		return false;
	if (alert_line(head, &r, out))
		return true;
	out->client_side = trace_text_same(head, "SSL_connect");
	if (!out->client_side && !trace_text_same(head, "SSL_accept"))
		return false;
	struct span words = trace_text_trim(rd_rest(&r));
	if (begins(words, "error in ") || begins(words, "failed in ")) {
		out->kind = TRACE_OPENSSL_ERROR;
		out->words = words;
		return true;
	}
	state_line(words, out);
	out->has_message = out->message != TRACE_NO_MESSAGE;
	return true;
}
