/*
 * Why the records of a session are decrypted, or why not: the one judgement that findings and screens share.
 *
 * Called on demand. Pure: it looks at the counts that tls_tally wrote and asks the key log what it holds for
 * the session's client random; it opens nothing and hands no secret on.
 */
#include "analyzer/rsa_key.h"
#include "analyzer/session.h"
#include "analyzer/tls_crypto.h"
#include "analyzer/tls_suite.h"
#include "dissect/tls_names.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define BIT(label) (1u << (label))

#define HANDSHAKE_SECRETS (BIT(KEYLOG_CLIENT_HANDSHAKE) | BIT(KEYLOG_SERVER_HANDSHAKE))
#define TRAFFIC_SECRETS   (BIT(KEYLOG_CLIENT_TRAFFIC) | BIT(KEYLOG_SERVER_TRAFFIC))

/* So many refused records in a row, and none opened, are no damage of the capture. */
#define REFUSED_FOR_CERTAIN 2

#define DEFLATE 1 /* RFC 3749 section 2 */

#define NAME_SHOWN 80 /* characters of a file's name */

static uint64_t both(const uint64_t counts[2])
{
	return counts[0] + counts[1];
}

__attribute__((format(printf, 2, 3))) static void say(struct session_decryption *out, const char *format, ...)
{
	size_t used = strlen(out->detail);
	va_list list;
	va_start(list, format);
	vsnprintf(&out->detail[used], sizeof out->detail - used, format, list);
	va_end(list);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- secrets ---- */

static unsigned wanted(const struct session_tls *tls)
{
	unsigned early = tls->early_opened + tls->early_closed > 0 ? BIT(KEYLOG_CLIENT_EARLY) : 0;
	return tls->version == TLS_1_3 ? HANDSHAKE_SECRETS | TRAFFIC_SECRETS | early : BIT(KEYLOG_MASTER);
}

/* How many different secrets the key log has for the label. *fits: the length of one can be right. */
static unsigned count_alike(const struct model *model, const struct session_tls *tls, unsigned label,
                            bool *fits)
{
	const struct tls_suite *suite = tls_suite_find(tls->cipher);
	struct keylog_secret secret;
	unsigned n = 0;
	*fits = false;
	while (model->keylog != NULL && keylog_find(model->keylog, label, tls->client_random, n, &secret)) {
		*fits = *fits || tls->version != TLS_1_3 || suite == NULL ||
		        secret.n == tls_suite_hash_bytes(suite);
		keylog_wipe(&secret);
		n++;
	}
	return n;
}

/* Sorts the wanted secrets into held, missing, and held with a length that cannot be. */
static void look_up(const struct model *model, const struct session_tls *tls, struct session_decryption *out)
{
	for (unsigned label = 0; label < KEYLOG_LABELS; label++) {
		bool fits;
		if ((wanted(tls) & BIT(label)) == 0)
			continue;
		unsigned n = count_alike(model, tls, label, &fits);
		bool found = n > 0 || (tls->found_secrets & BIT(label)) != 0; /* the key log may drop it */
		*(found ? &out->held : &out->missing) |= BIT(label);
		if (n > 0 && !fits)
			out->misfit |= BIT(label);
		if (n > out->alike)
			out->alike = n;
	}
}

/* ---- what cannot be opened with any key ---- */

/* Its challenge is no client random by which a key log names a session, RFC 5246 appendix E.2. */
static bool of_ssl2(const struct session_tls *tls)
{
	return tls->ssl2_hello && !tls->client_hello;
}

static bool unsupported(const struct session_tls *tls)
{
	const struct tls_suite *suite = tls_suite_find(tls->cipher);
	return tls->dtls_13 || tls->dtls_cid || of_ssl2(tls) || (tls->server_hello && (suite == NULL || !tls_suite_fits(suite, tls->version) ||
	                             tls->compression != 0 || !tls_suite_computable(suite)));
}

static void say_not_computable(const struct tls_suite *suite, const char *name,
                               struct session_decryption *out)
{
	say(out, "%s needs the cipher %s, which the OpenSSL of this machine does not offer%s", name,
	    tls_suite_cipher_name(suite),
	    tls_crypto_has_legacy() ? "" : ": its legacy provider is not loaded");
}

static void say_unsupported(const struct session_tls *tls, struct session_decryption *out)
{
	const char *suite = tls_cipher_name(tls->cipher), *version = session_version_name(tls, tls->version);
	char number[16];
	const struct tls_suite *row = tls_suite_find(tls->cipher);
	snprintf(number, sizeof number, "suite 0x%04x", tls->cipher);
	suite = suite != NULL ? suite : number;
	if (tls->dtls_cid)
		say(out, "the records carry connection ids (RFC 9146), which are not opened here, whatever the key");
	else if (of_ssl2(tls))
		say(out, "sessions that begin with an SSLv2-style hello are not opened here, whatever the key");
	else if (tls->dtls_13 || tls->version < TLS_1_0 || tls->version > TLS_1_3)
		say(out, "%s protects records in a way that is not opened here, whatever the key",
		    version != NULL ? version : "this version");
	else if (tls->compression != 0)
		say(out, "the records are compressed (method %u%s), which is not opened here",
		    tls->compression, tls->compression == DEFLATE ? ", DEFLATE" : "");
	else if (row != NULL && !tls_suite_fits(row, tls->version))
		say(out, "%s is no suite of %s", suite, version);
	else if (row != NULL)
		say_not_computable(row, suite, out);
	else
		say(out,
		    "%s is not opened here, whatever the key; AES, ARIA, Camellia, ChaCha20-Poly1305, DES, "
		    "3DES, IDEA, RC4, SEED and SM4-GCM are, and suites without encryption",
		    suite);
}

static void say_no_hello(const struct session *session, struct session_decryption *out)
{
	const struct session_tls *tls = &session->tls;
	const char *lacks = tls->client_hello   ? "server_hello is not in the capture, which has the server random, "
	                                          "version and suite that the keys are made for"
	                    : tls->server_hello ? "client_hello is not in the capture, by whose client random a secret "
	                                          "is found"
	                                        : "hellos are not in the capture; a secret is found and used by "
	                                          "the randoms in them";
	uint64_t closed = out->data - out->data_opened;
	say(out, "the %s: %" PRIu64 " encrypted record%s stay%s closed whatever the key log holds", lacks, closed,
	    plural(closed), closed == 1 ? "s" : "");
}

/* ---- what some key could open ---- */

static void say_key_log(const struct model *model, struct session_decryption *out)
{
	struct keylog_counts counts = {0};
	if (model->keylog != NULL)
		counts = keylog_counts(model->keylog);
	uint32_t keys = rsa_keys_count(model->rsa_keys);
	if (counts.secrets == 0 && counts.rubbish > 0)
		say(out, "the key log %.*s has no secret but %" PRIu64 " line%s that cannot be understood", NAME_SHOWN,
		    keylog_name(model->keylog), counts.rubbish, plural(counts.rubbish));
	else if (counts.secrets == 0 && keys > 0)
		say(out, "no TLS secret was given but %u RSA key%s", (unsigned)keys, plural(keys));
	else if (counts.secrets == 0)
		say(out, "no TLS secret was given");
	else
		say(out, "the key log %.*s has %" PRIu64 " secret%s, none of this session", NAME_SHOWN,
		    keylog_name(model->keylog), counts.secrets, plural(counts.secrets));
}

/* Records that went by before their secrets, which are there now, and of how many. */
static void count_passed(const struct session_tls *tls, struct session_decryption *out)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		if ((out->missing & session_secrets_of(tls, dir)) != 0)
			continue;
		out->passed += tls->passed[dir];
		out->passed_of +=
		    tls->passed[dir] + tls->opened[dir] + tls->refused[dir] + tls->behind_gap[dir];
	}
}

static void say_passed(const struct model *model, const struct session_tls *tls, struct session_decryption *out)
{
	if (out->passed > 0)
		say(out,
		    "; %" PRIu64 " of %" PRIu64
		    " record%s had passed before the key came: at most %zu KiB of a "
		    "connection wait for it, and %zu KiB in all%s",
		    out->passed, out->passed_of, plural(out->passed_of), model->waiting.cap_each >> 10,
		    model->waiting.cap >> 10,
		    tls->passed_handshake ? ", for that of a handshake 1 s when the application's is there" : "");
}

/* Up to TLS 1.2, where both have the master secret: those of the key log are tried. */
static void say_resumed(const struct model *model, const struct session *session,
                        struct session_decryption *out)
{
	const struct session_tls *tls = &session->tls;
	if (tls->version == TLS_1_3 || !session_resumed(session) || model->keylog == NULL ||
	    keylog_counts(model->keylog).secrets == 0)
		return;
	say(out, "; the session has the secret of the one that it resumes: ");
	if (tls->resumed_tries == 0)
		say(out, "those of the key log are tried only with the first encrypted record of a side");
	else
		say(out, "%u of the key log %s tried, and none fits", (unsigned)tls->resumed_tries,
		    tls->resumed_tries == 1 ? "was" : "were");
	if (tls->resumed_untried)
		say(out, "; others were not: at most %u are for a session, and %u for all, with one more each %u bytes",
		    LIMIT_RESUMED_TRIES, LIMIT_RESUMED_TRIES_ALL, RESUMED_TRY_EARNED);
}

static uint32_t closed_alerts(const struct session *session)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < session->n_alerts; i++)
		n += session->alerts[i].encrypted;
	return n;
}

static void say_no_key(const struct model *model, const struct session *session,
                       struct session_decryption *out)
{
	const struct session_tls *tls = &session->tls;
	char labels[SESSION_LABELS];
	uint64_t closed = out->data > 0 ? out->data - out->data_opened : closed_alerts(session);
	const char *what = out->data > 0 ? "record" : "alert";
	if (out->missing == 0) {
		say(out, "none of %" PRIu64 " encrypted %s%s opened", closed, what, plural(closed));
		say_passed(model, tls, out);
	} else if (out->held == 0) {
		char text[SESSION_RSA_TEXT];
		say_key_log(model, out);
		say(out, ": %" PRIu64 " encrypted %s%s stay%s closed", closed, what, plural(closed),
		    closed == 1 ? "s" : "");
		if (session_rsa_text(model, session, text)[0] != '\0')
			say(out, "; %s", text);
		say_resumed(model, session, out);
	} else {
		say(out, "the key log holds %s, and not %s: %" PRIu64 " record%s opened, %" PRIu64 " closed",
		    (out->held & ~HANDSHAKE_SECRETS) == 0 ? "secrets of the handshake only"
		    : (out->held & ~TRAFFIC_SECRETS) == 0 ? "secrets of the application data only"
		                                          : "some secrets of the session",
		    session_labels(out->missing, labels), both(tls->opened), plural(both(tls->opened)),
		    closed);
	}
}

static void say_refused(const struct session_tls *tls, struct session_decryption *out)
{
	uint64_t n = both(tls->refused);
	say(out, "%" PRIu64 " record%s refused: %s tag or MAC does not verify (%spacket %" PRIu64 ")", n,
	    n == 1 ? " was" : "s were", n == 1 ? "its" : "their", n == 1 ? "" : "first in ",
	    (uint64_t)tls->first_refused.packet);
}

static void say_bad_key(const struct session *session, struct session_decryption *out)
{
	if (out->alike > 1)
		say(out, "the key log has %s%u different secrets for this session, and none fits: ",
		    out->alike == LIMIT_SECRETS_ALIKE ? "at least " : "", out->alike);
	else
		say(out, "%s, but ", session_secret_source(&session->tls));
	if (out->misfit != 0)
		say(out, "its length does not fit the suite");
	else
		say_refused(&session->tls, out);
}

/* "the gap at packet 88": of a direction whose records it closes, the first one. */
static void say_gap(const struct session *session, struct session_decryption *out)
{
	const struct session_tls *tls = &session->tls;
	uint8_t dir = tls->key_gap[0].packet == 0;
	uint8_t other = dir ^ 1;
	if (tls->key_gap[other].packet > 0 && tls->key_gap[other].packet < tls->key_gap[dir].packet)
		dir = other;
	bool several = tls->key_gap[other].packet > 0 || session->tcp.gaps[dir] > 1;
	say(out, "the %s at packet %" PRIu64 "%s", session->tcp.gaps[dir] > 0 ? "gap" : "damage",
	    (uint64_t)tls->key_gap[dir].packet, several ? " and later ones" : "");
}

static uint64_t numberless(const struct session_tls *tls)
{
	return both(tls->behind_gap) - tls->keyless;
}

/* CBC of TLS 1.0 takes the IV of a record from the one before it, RFC 2246 section 6.2.3.2. */
static bool lacks_iv(const struct session *session)
{
	const struct tls_suite *suite = tls_suite_find(session->tls.cipher);
	return session->tls.version == TLS_1_0 && suite != NULL && suite->cipher->mode == TLS_MODE_CBC &&
	       numberless(&session->tls) <= session->tcp.gaps[0] + session->tcp.gaps[1];
}

/* RFC 5246 section 6.3: the randoms in both hellos make the keys. */
static void say_keyless(const struct session_tls *tls, struct session_decryption *out)
{
	const bool *lacks = tls->lacks_hello;
	say(out, "of a renegotiation whose %s missing or closed",
	    lacks[0] && lacks[1] ? "hellos are" : lacks[0] ? "client_hello is" : "server_hello is");
}

static void say_behind_gap(const struct session *session, struct session_decryption *out)
{
	uint64_t n = numberless(&session->tls), keyless = session->tls.keyless;
	if (n > 0) {
		say(out, "; %" PRIu64 " record%s closed behind ", n, n == 1 ? " stays" : "s stay");
		say_gap(session, out);
	}
	if (n > 0 && lacks_iv(session))
		say(out, "%s its IV is lost (CBC of TLS 1.0)", n == 1 ? ":" : ", one behind each:");
	if (keyless == 0)
		return;
	say(out, "; %" PRIu64 " record%s closed, with keys ", keyless, keyless == 1 ? " stays" : "s stay");
	say_keyless(&session->tls, out);
}

static void say_none_behind_gap(const struct session *session, struct session_decryption *out)
{
	if (numberless(&session->tls) == 0) {
		say(out, "because the keys are ");
		say_keyless(&session->tls, out);
		return;
	}
	say(out, "because the number of a record was not found behind ");
	say_gap(session, out);
}

/* Told by the numbers of the records behind gaps. */
static void say_lost(const struct session_tls *tls, struct session_decryption *out)
{
	uint64_t lost = both(tls->lost_to_gaps);
	if (lost > 0)
		say(out, "; %s%" PRIu64 " more record%s lost to gaps",
		    tls->lost_at_least[0] || tls->lost_at_least[1] ? "at least " : "", lost,
		    lost == 1 ? " is" : "s are");
}

/*
 * Records are closed for want of a secret that the key log lacks. Up to TLS 1.2 that may be one of a renegotiation
 * which was not completed, and so needs none.
 */
static bool secrets_lack(const struct session_tls *tls, const struct session_decryption *out)
{
	uint64_t closed = out->data - out->data_opened;
	uint64_t otherwise = tls->version == TLS_1_3 ? 0 : both(tls->behind_gap) + both(tls->refused);
	return out->missing != 0 && closed > otherwise;
}

/* Some records are open: how many, and what closes the others. */
static void say_opened(const struct model *model, const struct session *session,
                       struct session_decryption *out)
{
	const struct session_tls *tls = &session->tls;
	uint64_t refused = both(tls->refused);
	char labels[SESSION_LABELS];
	if (out->data == 0)
		say(out, "%" PRIu64 " record%s of the handshake, no application data", both(tls->opened),
		    plural(both(tls->opened)));
	else if (tls->version == TLS_1_3 && tls->server_hello && out->data > out->data_opened &&
	         (out->missing != 0 || tls->passed_handshake)) /* the closed ones may be of the handshake */
		say(out, "%" PRIu64 " application record%s opened, %" PRIu64 " encrypted record%s closed",
		    out->data_opened, plural(out->data_opened), out->data - out->data_opened,
		    plural(out->data - out->data_opened));
	else
		say(out, "%" PRIu64 " of %" PRIu64 " application record%s", out->data_opened, out->data,
		    plural(out->data));
	say_behind_gap(session, out);
	if (refused > 0) {
		say(out, "; ");
		say_refused(tls, out);
	}
	say_lost(tls, out);
	say_passed(model, tls, out);
	if (!tls->server_hello && out->data > out->data_opened) { /* early data has its own secret */
		say(out, "; ");
		say_no_hello(session, out);
	} else if (secrets_lack(tls, out))
		say(out, "; the key log lacks %s", session_labels(out->missing, labels));
}

/* ---- the judgement ---- */

/* TLS 1.3 gives all of its records the type of application data, RFC 8446 section 5.2. */
static void count_data(const struct session_tls *tls, struct session_decryption *out)
{
	out->data = both(tls->protected_records);
	out->data_opened = both(tls->opened_data);
	if (tls->version == TLS_1_3)
		out->data -= both(tls->opened) - out->data_opened;
}

/*
 * The keys that are there never opened a record of this direction. Not so where records are missing, and not
 * for the client's first records when it may have sent early data, which other keys protect (RFC 8446
 * section 4.2.10).
 */
static bool key_refused(const struct session *session, uint8_t dir)
{
	const struct session_tls *tls = &session->tls;
	return tls->unproven[dir] > 0 && tls->behind_gap[dir] == 0 && tls->passed[dir] == 0 &&
	       session->tcp.conflicts == 0 &&
	       !(tls->version == TLS_1_3 && tls->early_data && dir == tls->client_dir);
}

static bool wrong_for_certain(const struct session *session)
{
	const struct session_tls *tls = &session->tls;
	uint64_t n[2];
	for (uint8_t dir = 0; dir < 2; dir++)
		n[dir] = key_refused(session, dir) ? tls->unproven[dir] : 0;
	if (tls->secret_source == TLS_SECRET_SESSION_ID || tls->secret_source == TLS_SECRET_TICKET)
		return false; /* the server may have answered as if it resumed, and did not */
	if (both(tls->opened) == 0)
		return both(n) >= REFUSED_FOR_CERTAIN;
	return tls->version == TLS_1_3 && (n[0] >= REFUSED_FOR_CERTAIN || n[1] >= REFUSED_FOR_CERTAIN);
}

static enum decryption judge(const struct session *session, const struct session_decryption *found)
{
	const struct session_tls *tls = &session->tls;
	if (found->data_opened > 0)
		return DECRYPTION_DECRYPTED;
	bool unread = tls->dtls_13 || tls->dtls_cid, hides = found->data > 0 || closed_alerts(session) > 0;
	if (!unread && !hides && both(tls->protected_records) + both(tls->opened) + both(tls->refused) == 0)
		return DECRYPTION_NONE;
	if (unsupported(tls))
		return DECRYPTION_UNSUPPORTED_CIPHER;
	if (!tls->client_hello || !tls->server_hello)
		return DECRYPTION_NOT_CAPTURED;
	if (found->misfit != 0 || key_refused(session, 0) || key_refused(session, 1))
		return DECRYPTION_BAD_KEY;
	if (found->missing != 0 && hides)
		return DECRYPTION_NO_KEY;
	if (both(tls->behind_gap) > 0)
		return DECRYPTION_GAP;
	if (found->data > 0 && both(tls->passed) > 0)
		return DECRYPTION_NO_KEY;
	if (both(tls->opened) > 0)
		return DECRYPTION_DECRYPTED;
	return both(tls->refused) > 0 && both(tls->passed) == 0 ? DECRYPTION_BAD_KEY : DECRYPTION_NO_KEY;
}

void session_decryption(const struct model *model, const struct session *session,
                        struct session_decryption *out)
{
	*out = (struct session_decryption){0};
	count_data(&session->tls, out);
	look_up(model, &session->tls, out);
	count_passed(&session->tls, out);
	out->wrong_key = wrong_for_certain(session);
	out->state = judge(session, out);
	if (out->state != DECRYPTION_DECRYPTED && out->state != DECRYPTION_NO_KEY)
		out->passed = out->passed_of = 0; /* another reason is closer */
	switch (out->state) {
	case DECRYPTION_NONE:
		break;
	case DECRYPTION_DECRYPTED:
		say_opened(model, session, out);
		break;
	case DECRYPTION_NO_KEY:
		say_no_key(model, session, out);
		break;
	case DECRYPTION_BAD_KEY:
		say_bad_key(session, out);
		break;
	case DECRYPTION_NOT_CAPTURED:
		say_no_hello(session, out);
		break;
	case DECRYPTION_UNSUPPORTED_CIPHER:
		say_unsupported(&session->tls, out);
		break;
	case DECRYPTION_GAP:
		say(out, "%" PRIu64 " encrypted record%s: none opened, ", out->data, plural(out->data));
		say_none_behind_gap(session, out);
		break;
	}
}

const char *session_decryption_name(enum decryption state)
{
	static const char *const names[] = {
	    [DECRYPTION_NONE] = "none",
	    [DECRYPTION_DECRYPTED] = "decrypted",
	    [DECRYPTION_NO_KEY] = "no-key",
	    [DECRYPTION_BAD_KEY] = "bad-key",
	    [DECRYPTION_NOT_CAPTURED] = "handshake-not-captured",
	    [DECRYPTION_UNSUPPORTED_CIPHER] = "unsupported-cipher",
	    [DECRYPTION_GAP] = "gap",
	};
	return names[state];
}
