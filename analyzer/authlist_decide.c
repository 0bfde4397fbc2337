/*
 * What the allow list says of a certificate, and why. design.md section 6.
 *
 * Called by whoever judges a session. Compares digits as text, so that damage can be named by its place.
 * Never reads a list and never knows what the controller did.
 */
#include "analyzer/authlist.h"

#include <stdarg.h>
#include <stdio.h>

#define HEX(n)   (2 * (n) + 1) /* characters of n bytes in hex, with the end */
#define MAC_TEXT (3 * 6)       /* characters of a MAC address with colons, and the end */

/* A certificate as the digits that a list would hold; "" for what it has not. */
struct digits {
	char mac[HEX(6)];
	char hash[CERT_HASHES][HEX(32)];
};

enum edit_kind { EDIT_NONE, EDIT_WRONG, EDIT_MISSING, EDIT_EXTRA };

/* How a damaged token came from the right one: any number of look-alikes and at most one edit at `at`. */
struct edit {
	enum edit_kind kind;
	size_t at;
};

static void digits_of(const struct cert *cert, struct digits *out)
{
	memset(out, 0, sizeof *out);
	if (cert->has_mac)
		authtext_hex(span_of(cert->mac, sizeof cert->mac), out->mac);
	for (enum cert_hash kind = 0; kind < CERT_HASHES; kind++)
		if (cert->has_hash[kind])
			authtext_hex(span_of(cert->hash[kind], cert_hash_bytes(kind)), out->hash[kind]);
}

/* How many characters agree from `i` in the token and `k` in what is wanted. */
static size_t agreeing(const char *token, size_t i, const char *wanted, size_t k)
{
	size_t n = 0;
	while (wanted[k + n] != 0 && authtext_meant(token[i + n]) == wanted[k + n])
		n++;
	return n;
}

static bool is_near(const char *token, const char *wanted, struct edit *out)
{
	size_t n = strlen(token), m = strlen(wanted);
	size_t at = agreeing(token, 0, wanted, 0);
	*out = (struct edit){.kind = EDIT_NONE, .at = at};
	if (m == 0 || n + 1 < m || n > m + 1)
		return false;
	if (n == m && at == m)
		return true;
	out->kind = n == m ? EDIT_WRONG : n < m ? EDIT_MISSING : EDIT_EXTRA;
	size_t token_skip = n >= m, wanted_skip = n <= m;
	return at + wanted_skip + agreeing(token, at + token_skip, wanted, at + wanted_skip) == m;
}

static bool find_equal(const struct digits *digits, const struct authlist_entry *entry, enum cert_hash *out)
{
	for (enum cert_hash kind = 0; kind < CERT_HASHES; kind++)
		if (digits->hash[kind][0] != 0 && strcmp(digits->hash[kind], entry->hash.text) == 0) {
			*out = kind;
			return true;
		}
	return false;
}

static bool find_near(const struct digits *digits, const struct authlist_entry *entry, enum cert_hash *out)
{
	struct edit edit;
	for (enum cert_hash kind = 0; kind < CERT_HASHES; kind++)
		if (is_near(entry->hash.text, digits->hash[kind], &edit)) {
			*out = kind;
			return true;
		}
	return false;
}

/* What an entry that holds the certificate's hash says, its MAC address aside. */
static enum auth_prediction judge_equal(const struct authlist_entry *entry, enum cert_hash kind)
{
	if (entry->hash.damage != 0)
		return AUTH_DAMAGED_ENTRY;
	return entry->wants == 0 || entry->wants == cert_hash_bytes(kind) ? AUTH_MATCH : AUTH_HASH_KIND;
}

/* What one entry says; *kind is the certificate's hash that it holds, exactly or nearly. */
static enum auth_prediction judge(const struct digits *digits, const struct authlist_entry *entry,
                                  enum cert_hash *kind)
{
	bool equal = find_equal(digits, entry, kind);
	if (equal && (digits->mac[0] == 0 || entry->pem))
		return judge_equal(entry, *kind);
	if (digits->mac[0] == 0)
		return AUTH_MAC_NOT_LISTED;
	if (entry->mac.damage != 0)
		return equal || find_near(digits, entry, kind) ? AUTH_DAMAGED_ENTRY : AUTH_MAC_NOT_LISTED;
	if (strcmp(digits->mac, entry->mac.text) != 0)
		return equal ? AUTH_HASH_OTHER_MAC : AUTH_MAC_NOT_LISTED;
	if (equal)
		return judge_equal(entry, *kind);
	return find_near(digits, entry, kind) ? AUTH_DAMAGED_ENTRY : AUTH_HASH_MISMATCH;
}

/* Adds a clause to the detail, cut to fit. */
__attribute__((format(printf, 2, 3))) static void say(struct auth_decision *decision, const char *format, ...)
{
	char clause[sizeof decision->detail];
	size_t at = strlen(decision->detail);
	va_list args;
	va_start(args, format);
	vsnprintf(clause, sizeof clause, format, args);
	va_end(args);
	snprintf(&decision->detail[at], sizeof decision->detail - at, "%s%s", at > 0 ? "; " : "", clause);
}

static void say_digit(struct auth_decision *out, const char *what, const char *token, size_t at, char wanted)
{
	if (token[at] <= ' ' || token[at] > '~')
		say(out, "digit %zu of the %s is no hex digit, the certificate has %c", at + 1, what, wanted);
	else if (authtext_meant(token[at]) != token[at])
		say(out, "digit %zu of the %s is the letter %c, the certificate has %c", at + 1, what,
		    token[at], wanted);
	else
		say(out, "digit %zu of the %s is %c, the certificate has %c", at + 1, what, token[at],
		    wanted);
}

/* The look-alikes of a token; the first is named, the others counted. `edit` tells where digits shift. */
static void say_lookalikes(struct auth_decision *out, const char *what, const char *token,
                           const struct edit *edit)
{
	size_t count = 0;
	for (size_t i = 0; token[i] != 0; i++) {
		bool alike = authtext_meant(token[i]) != token[i];
		if (!alike || (i == edit->at && (edit->kind == EDIT_WRONG || edit->kind == EDIT_EXTRA)))
			continue;
		if (count++ == 0)
			say_digit(out, what, token, i, authtext_meant(token[i]));
	}
	if (count > 1)
		say(out, "%zu more like it", count - 1);
}

/* How a damaged token differs from what the certificate has. */
static void say_damage(struct auth_decision *out, const char *what, const struct authtext_token *token,
                       const char *wanted)
{
	struct edit edit;
	if (token->damage & AUTHTEXT_SPACE)
		say(out, "a space stands inside the %s", what);
	if (!is_near(token->text, wanted, &edit)) {
		say(out, "the %s of the entry cannot be read", what);
		return;
	}
	say_lookalikes(out, what, token->text, &edit);
	if (edit.kind == EDIT_WRONG)
		say_digit(out, what, token->text, edit.at, wanted[edit.at]);
	if (edit.kind == EDIT_MISSING)
		say(out, "digit %zu of the %s is missing, the certificate has %c there", edit.at + 1, what,
		    wanted[edit.at]);
	if (edit.kind == EDIT_EXTRA)
		say(out, "digit %zu of the %s is one too many", edit.at + 1, what);
}

/* 12 digits as people write a MAC address. Returns `text`. */
static const char *with_colons(const char *digits, char text[MAC_TEXT])
{
	for (size_t i = 0; i < 6; i++)
		snprintf(&text[3 * i], MAC_TEXT - 3 * i, "%.2s:", &digits[2 * i]);
	text[MAC_TEXT - 1] = '\0';
	return text;
}

static void say_why(const struct digits *digits, struct auth_decision *out, enum cert_hash kind)
{
	const struct authlist_entry *entry = out->entry;
	char other[MAC_TEXT], own[MAC_TEXT];
	switch (out->prediction) {
	case AUTH_MATCH:
		if (entry->pem)
			say(out, "the entry is a PEM certificate with the same key");
		break;
	case AUTH_DAMAGED_ENTRY:
		if (entry->mac.damage != 0 && digits->mac[0] != 0)
			say_damage(out, "MAC address", &entry->mac, digits->mac);
		say_damage(out, "hash", &entry->hash, digits->hash[kind]);
		break;
	case AUTH_HASH_KIND:
		say(out, "the entry holds the %s, %zu digits are wanted", cert_hash_label(kind),
		    2 * entry->wants);
		break;
	case AUTH_HASH_MISMATCH:
		if (entry->hash.damage & AUTHTEXT_LENGTH)
			say(out, "the hash of the entry has %zu digits", strlen(entry->hash.text));
		break;
	case AUTH_HASH_OTHER_MAC:
		say(out, "the hash stands under %s, the certificate says %s",
		    with_colons(entry->mac.text, other), with_colons(digits->mac, own));
		break;
	case AUTH_MAC_NOT_LISTED:
	case AUTH_NO_LIST:
	case AUTH_NO_CERTIFICATE:
	case AUTH_NOT_VISIBLE:
		break;
	}
}

/* The entry whose answer stands first in the order of enum auth_prediction, which is that of precedence. */
static enum cert_hash best_entry(const struct authlist *list, const struct digits *digits,
                                 struct auth_decision *out)
{
	enum cert_hash best = CERT_SPKI_SHA1;
	out->prediction = AUTH_MAC_NOT_LISTED;
	for (size_t i = 0; i < list->n_entries && out->prediction != AUTH_MATCH; i++) {
		enum cert_hash kind = CERT_SPKI_SHA1;
		enum auth_prediction answer = judge(digits, &list->entries[i], &kind);
		if (answer >= out->prediction)
			continue;
		out->prediction = answer;
		out->entry = &list->entries[i];
		best = kind;
	}
	return best;
}

void authlist_decide(const struct authlist *list, const struct cert *cert, struct auth_decision *out)
{
	struct digits digits;
	*out = (struct auth_decision){.prediction = AUTH_NO_LIST};
	if (list->n_entries == 0)
		return;
	digits_of(cert, &digits);
	enum cert_hash kind = best_entry(list, &digits, out);
	if (!cert->has_mac)
		say(out, "the MAC address could not be read from the certificate%s",
		    out->entry != NULL ? ": this rests on the hash alone" : "");
	if (!cert->has_mac && out->entry == NULL && list->n_entries == 1) {
		out->prediction = AUTH_HASH_MISMATCH;
		out->entry = &list->entries[0];
	}
	if (out->prediction == AUTH_MATCH || out->prediction == AUTH_HASH_KIND ||
	    out->prediction == AUTH_HASH_OTHER_MAC)
		out->matched = kind;
	say_why(&digits, out, kind);
}

const char *auth_prediction_name(enum auth_prediction prediction)
{
	static const char *const names[] = {
	    [AUTH_NO_LIST] = "no-list",
	    [AUTH_NO_CERTIFICATE] = "no-certificate",
	    [AUTH_NOT_VISIBLE] = "not-visible",
	    [AUTH_MATCH] = "match",
	    [AUTH_DAMAGED_ENTRY] = "damaged-entry",
	    [AUTH_HASH_KIND] = "hash-kind",
	    [AUTH_HASH_MISMATCH] = "hash-mismatch",
	    [AUTH_HASH_OTHER_MAC] = "hash-other-mac",
	    [AUTH_MAC_NOT_LISTED] = "mac-not-listed",
	};
	return names[prediction];
}

const char *authlist_side_name(enum authlist_side side)
{
	static const char *const names[] = {
	    [AUTHLIST_PLAIN] = "plain",
	    [AUTHLIST_CONTROLLER] = "controller",
	    [AUTHLIST_ENGINE] = "engine",
	};
	return names[side];
}
