/*
 * What is known of a session's secrets, in words: which it needs, where one came from, and why the RSA keys
 * that were given do not open it. Called by session_decryption.c, findings and screens. Pure; hands no secret
 * on.
 */
#include "analyzer/rsa_key.h"
#include "analyzer/session.h"
#include "dissect/authtext.h"
#include "dissect/tls_names.h"

#include <stdio.h>

#define BIT(label) (1u << (label))

#define NAME_SHOWN 60 /* characters of a file's name */

unsigned session_secrets_of(const struct session_tls *tls, uint8_t dir)
{
	if (tls->version != TLS_1_3)
		return BIT(KEYLOG_MASTER);
	return dir == tls->client_dir ? BIT(KEYLOG_CLIENT_HANDSHAKE) | BIT(KEYLOG_CLIENT_TRAFFIC)
	                              : BIT(KEYLOG_SERVER_HANDSHAKE) | BIT(KEYLOG_SERVER_TRAFFIC);
}

const char *session_random(const struct session *session, char text[SESSION_RANDOM])
{
	authtext_hex(span_of(session->tls.client_random, TLS_RANDOM), text);
	return text;
}

const char *session_labels(unsigned secrets, char text[SESSION_LABELS])
{
	static const char *const names[KEYLOG_LABELS] = {
	    [KEYLOG_MASTER] = "CLIENT_RANDOM",
	    [KEYLOG_CLIENT_EARLY] = "CLIENT_EARLY_TRAFFIC_SECRET",
	    [KEYLOG_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
	    [KEYLOG_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
	    [KEYLOG_CLIENT_TRAFFIC] = "CLIENT_TRAFFIC_SECRET_0",
	    [KEYLOG_SERVER_TRAFFIC] = "SERVER_TRAFFIC_SECRET_0",
	};
	size_t n = 0;
	text[0] = '\0';
	for (unsigned label = 0; label < KEYLOG_LABELS; label++)
		if (secrets & BIT(label))
			n += (size_t)snprintf(&text[n], SESSION_LABELS - n, "%s%s", n > 0 ? ", " : "",
			                      names[label]);
	return text;
}

const char *session_secret_source(const struct session_tls *tls)
{
	static const char *const sources[] = {
	    [TLS_SECRET_LOGGED] = "the key log has a secret for this session",
	    [TLS_SECRET_PREMASTER] = "the key log has a premaster secret for this session",
	    [TLS_SECRET_PREMASTER_RSA] = "the key log has the premaster secret of its client_key_exchange",
	    [TLS_SECRET_RSA_KEY] = "an RSA key decrypts its client_key_exchange",
	    [TLS_SECRET_SESSION_ID] = "the secret of the session that it resumes is known",
	    [TLS_SECRET_TICKET] = "the secret of the session that it resumes is known",
	    [TLS_SECRET_RESUMED] = "the key log has the secret of the session that it resumes",
	};
	return sources[tls->secret_source];
}

/* ---- RSA keys --------------------------------------------------------------------------------------- */

/* The hash of the key in the server's certificate, NULL when none was seen. */
static const uint8_t *certified_key(const struct session *session)
{
	for (uint32_t i = 0; i < session->n_certs; i++) {
		const struct cert_seen *seen = &session->certs[i];
		if (seen->dir != session->tls.client_dir && seen->cert->has_hash[CERT_SPKI_SHA256])
			return seen->cert->hash[CERT_SPKI_SHA256];
	}
	return NULL;
}

bool session_rsa_key_fits(const struct model *model, const struct session *session, uint32_t which)
{
	const uint8_t *key = certified_key(session);
	return key == NULL || memcmp(key, rsa_keys_hash(model->rsa_keys, which), RSA_KEY_HASH) == 0;
}

static bool any_fits(const struct model *model, const struct session *session)
{
	for (uint32_t i = 0; i < rsa_keys_count(model->rsa_keys); i++)
		if (session_rsa_key_fits(model, session, i))
			return true;
	return false;
}

static const char *hex_of(const uint8_t hash[RSA_KEY_HASH], char text[2 * RSA_KEY_HASH + 1])
{
	authtext_hex(span_of(hash, RSA_KEY_HASH), text);
	return text;
}

static void say_other_key(const struct model *model, const struct session *session,
                          char text[SESSION_RSA_TEXT])
{
	char certified[2 * RSA_KEY_HASH + 1], given[2 * RSA_KEY_HASH + 1], others[32] = "";
	uint32_t n = rsa_keys_count(model->rsa_keys);
	if (n > 1)
		snprintf(others, sizeof others, ", and %u more", (unsigned)(n - 1));
	snprintf(text, SESSION_RSA_TEXT,
	         "the certificate has another RSA key (SHA-256 %s) than the one given (%.*s: %s%s)",
	         hex_of(certified_key(session), certified), NAME_SHOWN, rsa_keys_name(model->rsa_keys, 0),
	         hex_of(rsa_keys_hash(model->rsa_keys, 0), given), others);
}

/* "ECDHE_RSA" of the suite's name. */
static void say_other_exchange(const char *suite, char text[SESSION_RSA_TEXT])
{
	const char *end = suite != NULL ? strstr(suite, "_WITH_") : NULL;
	const char *begin = end != NULL ? suite + strlen("TLS_") : "unknown";
	snprintf(text, SESSION_RSA_TEXT,
	         "an RSA key cannot help: the key exchange is %.*s, whose secret it does not give",
	         (int)(end != NULL ? end - begin : (ptrdiff_t)strlen(begin)), begin);
}

const char *session_rsa_text(const struct model *model, const struct session *session,
                             char text[SESSION_RSA_TEXT])
{
	const struct session_tls *tls = &session->tls;
	const char *suite = tls_cipher_name(tls->cipher), *why = "";
	text[0] = '\0';
	if (rsa_keys_count(model->rsa_keys) == 0 || !tls->server_hello)
		return text;
	bool exchanged = session_step(session, STEP_CLIENT_KEY_EXCHANGE, tls->client_dir) != NULL;
	if (tls->version == TLS_1_3)
		why = "an RSA key cannot help: TLS 1.3 always exchanges keys of the moment";
	else if (suite == NULL || strncmp(suite, "TLS_RSA_WITH_", 13) != 0)
		say_other_exchange(suite, text); /* a resumed session has the suite of the first */
	else if (tls->same_session_id && !exchanged)
		why =
		    "the session is resumed: an RSA key opens it only together with the one that it resumes, "
		    "captured before it";
	else if (!any_fits(model, session))
		say_other_key(model, session, text);
	else if (!exchanged)
		why = "an RSA key opens its client_key_exchange, which is not in the capture";
	else if (tls->session_hash_lost)
		why = "extended_master_secret was negotiated, and a handshake message is missing: the "
		      "premaster secret is not enough";
	else
		why = "no RSA key that was given decrypts its client_key_exchange";
	if (text[0] == '\0')
		snprintf(text, SESSION_RSA_TEXT, "%s", why);
	return text;
}
