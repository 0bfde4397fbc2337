/* Candidates for a connection's master secret; see tls_secrets.h. Called by tls_keys.c only. */
#include "analyzer/tls_secrets.h"

#include "analyzer/frame.h"
#include "analyzer/hash.h"
#include "analyzer/rsa_key.h"
#include "analyzer/session.h"
#include "analyzer/tls_crypto.h"
#include "analyzer/tls_kdf.h"
#include "analyzer/tls_transcript.h"
#include "analyzer/xmalloc.h"
#include "dissect/dtls.h"
#include "dissect/limits.h"
#include "dissect/tls_names.h"

#include <stdlib.h>

/* The hash of a ticket, or a session id; zeros behind it. Of tickets with the same hash each secret is tried. */
struct known_name {
	bool known;
	uint8_t bytes[TLS_RANDOM];
};

enum rsa { RSA_NOT_TRIED, RSA_FAILED, RSA_DECRYPTED };

struct tls_secrets {
	struct model *model;
	struct session *session;
	struct tls_transcript *transcript;
	uint8_t session_hash[TLS_TRANSCRIPT_MAX];
	size_t session_hash_n;  /* 0: there is none */
	uint16_t hello_version; /* as the client_hello has it in its head */
	uint8_t *encrypted;     /* the premaster secret of static RSA; NULL: not seen */
	size_t encrypted_n;
	enum rsa rsa;
	uint8_t premaster[KEYLOG_MASTER_BYTES]; /* decrypted with an RSA key */
	struct known_name offered_ticket, new_ticket, session_id;
	bool exchanged;               /* a message came that only a handshake has which resumes nothing */
	uint64_t tried, tried_learned; /* generations of the two key logs up to which all secrets were tried */
	struct keylog_secret guessed; /* n = 0: none */
	struct keylog_secret proven; /* n = 0: none */
};

struct tls_secrets *tls_secrets_new(struct model *model, struct session *session)
{
	struct tls_secrets *secrets = xcalloc(1, sizeof *secrets);
	secrets->model = model;
	secrets->session = session;
	secrets->transcript = tls_transcript_new();
	return secrets;
}

static void forget(struct tls_secrets *secrets)
{
	free(secrets->encrypted);
	secrets->encrypted = NULL;
	secrets->rsa = RSA_NOT_TRIED;
	secrets->session_hash_n = 0;
	secrets->offered_ticket.known = secrets->new_ticket.known = secrets->session_id.known = false;
	secrets->exchanged = false;
	secrets->tried = secrets->tried_learned = 0;
	explicit_bzero(secrets->premaster, sizeof secrets->premaster);
	keylog_wipe(&secrets->guessed);
	keylog_wipe(&secrets->proven);
}

void tls_secrets_free(struct tls_secrets *secrets)
{
	if (secrets == NULL)
		return;
	forget(secrets);
	tls_transcript_free(secrets->transcript);
	free(secrets);
}

/* ---- what the handshake tells ----------------------------------------------------------------------- */

static const struct session_tls *facts_of(const struct tls_secrets *secrets)
{
	return &secrets->session->tls;
}

static bool is_of_12(const struct session_tls *facts)
{
	return facts->version >= TLS_1_0 && facts->version <= TLS_1_2;
}

static void name_ticket(struct known_name *name, struct span ticket)
{
	uint64_t hash = hash_bytes(ticket.p, ticket.n);
	*name = (struct known_name){.known = ticket.n > 0};
	memcpy(name->bytes, &hash, sizeof hash);
}

static void take_client_hello(struct tls_secrets *secrets, struct span body)
{
	struct tls_client_hello hello;
	forget(secrets);
	tls_client_hello(body, &hello);
	secrets->hello_version = hello.legacy_version;
	name_ticket(&secrets->offered_ticket, hello.ticket);
}

/* The hash of the suite's PRF, by OpenSSL's name. */
static const char *digest_of(const struct session_tls *facts)
{
	return facts->version == TLS_1_2 ? tls_suite_hash_name(tls_suite_find(facts->cipher))
	                                 : TLS_KDF_MD5_SHA1;
}

static void take_server_hello(struct tls_secrets *secrets, struct span body)
{
	struct tls_server_hello hello;
	const struct session_tls *facts = facts_of(secrets);
	bool hashed = facts->server_hello && is_of_12(facts) && facts->extended_master_secret &&
	              tls_suite_find(facts->cipher) != NULL;
	if (hashed)
		tls_transcript_choose(secrets->transcript, digest_of(facts));
	else
		tls_transcript_break(secrets->transcript);
	tls_server_hello(body, &hello);
	secrets->session_id =
	    (struct known_name){.known = hello.session_id.n > 0 && hello.session_id.n <= TLS_SESSION_ID};
	if (secrets->session_id.known)
		memcpy(secrets->session_id.bytes, hello.session_id.p, hello.session_id.n);
}

static bool is_static_rsa(const struct session_tls *facts)
{
	const char *name = tls_cipher_name(facts->cipher);
	return facts->server_hello && name != NULL && strncmp(name, "TLS_RSA_WITH_", 13) == 0;
}

/* RFC 5246 section 7.4.7.1. */
static void take_key_exchange(struct tls_secrets *secrets, struct span body)
{
	struct rd r = rd_of(body);
	struct rd list = rd_vec(&r, 2);
	struct span encrypted = rd_rest(&list);
	secrets->session_hash_n = tls_transcript_hash(secrets->transcript, secrets->session_hash);
	if (!is_static_rsa(facts_of(secrets)) || !rd_done(&r) || encrypted.n == 0 ||
	    encrypted.n > LIMIT_ENCRYPTED_PREMASTER || secrets->encrypted != NULL)
		return;
	secrets->encrypted = xmalloc(encrypted.n);
	memcpy(secrets->encrypted, encrypted.p, encrypted.n);
	secrets->encrypted_n = encrypted.n;
}

static void remember(struct tls_secrets *secrets)
{
	struct span master = span_of(secrets->proven.bytes, secrets->proven.n);
	if (master.n == 0)
		return;
	if (secrets->session_id.known)
		keylog_add(secrets->model->learned, KEYLOG_SESSION_ID, secrets->session_id.bytes, master);
	if (secrets->new_ticket.known)
		keylog_add(secrets->model->learned, KEYLOG_TICKET, secrets->new_ticket.bytes, master);
}

/* RFC 5077 section 3.3. */
static void take_ticket(struct tls_secrets *secrets, struct span body)
{
	struct rd r = rd_of(body);
	rd_u32(&r);
	struct rd ticket = rd_vec(&r, 2);
	if (!is_of_12(facts_of(secrets)))
		return;
	name_ticket(&secrets->new_ticket, rd_rest(&ticket));
	remember(secrets);
}

void tls_secrets_message(struct tls_secrets *secrets, uint8_t type, const struct frame_message *message)
{
	struct span body = span_cut(message->bytes, TLS_HANDSHAKE_HEADER, SIZE_MAX);
	struct span hashed = message->wire.n > 0 ? message->wire : message->bytes;
	if (message->damaged || message->bytes.n != message->total) {
		tls_transcript_break(secrets->transcript);
		return;
	}
	if (type == TLS_CLIENT_HELLO) {
		tls_transcript_start(secrets->transcript, hashed);
		take_client_hello(secrets, body);
		return;
	}
	if (type == TLS_SERVER_HELLO)
		take_server_hello(secrets, body);
	if (type != TLS_HELLO_REQUEST && type != TLS_HELLO_VERIFY_REQUEST) /* RFC 5246 section 7.4.1.1, RFC 6347 4.2.1 */
		tls_transcript_add(secrets->transcript, hashed);
	if (type == TLS_SERVER_HELLO_DONE || type == TLS_CLIENT_KEY_EXCHANGE)
		secrets->exchanged = true;
	if (type == TLS_CLIENT_KEY_EXCHANGE)
		take_key_exchange(secrets, body);
	else if (type == TLS_NEW_SESSION_TICKET)
		take_ticket(secrets, body);
}

void tls_secrets_lost(struct tls_secrets *secrets)
{
	tls_transcript_break(secrets->transcript);
}

/* ---- candidates ------------------------------------------------------------------------------------- */

static bool derive(struct tls_secrets *secrets, struct span premaster, struct keylog_secret *master)
{
	struct session_tls *facts = &secrets->session->tls;
	const char *label = "master secret";
	uint8_t randoms[2 * TLS_RANDOM];
	struct span seed = span_of(randoms, sizeof randoms);
	memcpy(randoms, facts->client_random, TLS_RANDOM);
	memcpy(&randoms[TLS_RANDOM], facts->server_random, TLS_RANDOM);
	if (facts->extended_master_secret) {
		label = "extended master secret";
		seed = span_of(secrets->session_hash, secrets->session_hash_n);
	}
	facts->session_hash_lost = seed.n == 0;
	master->n = KEYLOG_MASTER_BYTES;
	return seed.n > 0 &&
	       tls_kdf_prf(digest_of(facts), premaster, label, seed, master->bytes, master->n) == 0;
}

/* The first two bytes are the version that the client offered, or with old clients the chosen one. */
static bool has_version(const struct tls_secrets *secrets)
{
	uint16_t version = (uint16_t)(secrets->premaster[0] << 8 | secrets->premaster[1]);
	if (secrets->session->tls.datagram)
		version = dtls_as_tls(version);
	return version == secrets->hello_version || version == facts_of(secrets)->version;
}

/* When the certificate was seen only its own key is tried. */
static bool decrypt(struct tls_secrets *secrets)
{
	const struct rsa_keys *keys = secrets->model->rsa_keys;
	struct span encrypted = span_of(secrets->encrypted, secrets->encrypted_n);
	for (uint32_t i = 0; i < rsa_keys_count(keys); i++)
		if (session_rsa_key_fits(secrets->model, secrets->session, i) &&
		    rsa_keys_decrypt(keys, i, encrypted, secrets->premaster, sizeof secrets->premaster) &&
		    has_version(secrets))
			return true;
	explicit_bzero(secrets->premaster, sizeof secrets->premaster);
	return false;
}

static bool find_by_rsa_key(struct tls_secrets *secrets, struct keylog_secret *master)
{
	if (secrets->encrypted == NULL || rsa_keys_count(secrets->model->rsa_keys) == 0)
		return false;
	if (secrets->rsa == RSA_NOT_TRIED)
		secrets->rsa = decrypt(secrets) ? RSA_DECRYPTED : RSA_FAILED;
	return secrets->rsa == RSA_DECRYPTED &&
	       derive(secrets, span_of(secrets->premaster, sizeof secrets->premaster), master);
}

static bool find_premaster(struct tls_secrets *secrets, enum keylog_label label, const uint8_t id[TLS_RANDOM],
                           unsigned which, struct keylog_secret *master)
{
	struct span premaster;
	return keylog_borrow(secrets->model->keylog, label, id, which, &premaster) &&
	       derive(secrets, premaster, master);
}

static bool find_rsa_premaster(struct tls_secrets *secrets, unsigned which, struct keylog_secret *master)
{
	uint8_t id[TLS_RANDOM] = {0};
	if (secrets->encrypted == NULL || secrets->encrypted_n < KEYLOG_RSA_ID)
		return false;
	memcpy(id, secrets->encrypted, KEYLOG_RSA_ID);
	return find_premaster(secrets, KEYLOG_PREMASTER_RSA, id, which, master);
}

static bool find_resumed(const struct tls_secrets *secrets, enum keylog_label label,
                         const struct known_name *name, unsigned which, struct keylog_secret *master)
{
	return name->known && facts_of(secrets)->same_session_id &&
	       keylog_find(secrets->model->learned, label, name->bytes, which, master);
}

enum tls_secret_source tls_secrets_source(unsigned which)
{
	return which / LIMIT_SECRETS_ALIKE;
}

bool tls_secrets_find(struct tls_secrets *secrets, unsigned which, struct keylog_secret *master)
{
	const struct session_tls *facts = facts_of(secrets);
	unsigned number = which % LIMIT_SECRETS_ALIKE;
	switch (tls_secrets_source(which)) {
	case TLS_SECRET_LOGGED:
		return keylog_find(secrets->model->keylog, KEYLOG_MASTER, facts->client_random, number,
		                   master);
	case TLS_SECRET_PREMASTER:
		return find_premaster(secrets, KEYLOG_PREMASTER, facts->client_random, number, master);
	case TLS_SECRET_PREMASTER_RSA:
		return find_rsa_premaster(secrets, number, master);
	case TLS_SECRET_RSA_KEY:
		return number == 0 && find_by_rsa_key(secrets, master);
	case TLS_SECRET_SESSION_ID:
		return find_resumed(secrets, KEYLOG_SESSION_ID, &secrets->session_id, number, master);
	case TLS_SECRET_TICKET:
		return find_resumed(secrets, KEYLOG_TICKET, &secrets->offered_ticket, number, master);
	case TLS_SECRET_RESUMED:
		*master = secrets->guessed;
		return number == 0 && master->n > 0;
	case TLS_SECRET_SOURCES:
		break;
	}
	return false;
}

/* ---- the secret of a session that is resumed and not known -------------------------------------------- */

struct guess {
	struct tls_secrets *secrets;
	bool (*fits)(void *ctx, const struct keylog_secret *master);
	void *ctx;
	bool found;
};

static bool may_try(const struct tls_secrets *secrets)
{
	const struct model *model = secrets->model;
	return facts_of(secrets)->resumed_tries < LIMIT_RESUMED_TRIES &&
	       model->resumed_tries < LIMIT_RESUMED_TRIES_ALL + model->capture.bytes / RESUMED_TRY_EARNED;
}

bool tls_secrets_unknown(const struct tls_secrets *secrets)
{
	const struct session_tls *facts = facts_of(secrets);
	return facts->client_hello && facts->server_hello && is_of_12(facts) && facts->answered_ticket_or_id &&
	       !secrets->exchanged && secrets->guessed.n == 0;
}

bool tls_secrets_untried(const struct tls_secrets *secrets)
{
	return tls_secrets_unknown(secrets) &&
	       (keylog_generation(secrets->model->keylog) > secrets->tried ||
	        keylog_generation(secrets->model->learned) > secrets->tried_learned);
}

/* Says so also when no more may be tried. */
static bool try(void *ctx, struct span secret)
{
	struct guess *guess = ctx;
	struct tls_secrets *secrets = guess->secrets;
	struct keylog_secret *master = &secrets->guessed;
	if (secret.n != KEYLOG_MASTER_BYTES)
		return false;
	if (!may_try(secrets)) {
		secrets->session->tls.resumed_untried++;
		return true;
	}
	secrets->session->tls.resumed_tries++;
	secrets->model->resumed_tries++;
	master->n = KEYLOG_MASTER_BYTES;
	memcpy(master->bytes, secret.p, KEYLOG_MASTER_BYTES);
	guess->found = guess->fits(guess->ctx, master);
	return guess->found;
}

bool tls_secrets_guess(struct tls_secrets *secrets,
                       bool (*fits)(void *ctx, const struct keylog_secret *master), void *ctx)
{
	const struct keylog *logged = secrets->model->keylog, *learned = secrets->model->learned;
	struct guess guess = {.secrets = secrets, .fits = fits, .ctx = ctx};
	if (!keylog_search(logged, KEYLOG_MASTER, secrets->tried, try, &guess))
		(void)keylog_search(learned, KEYLOG_MASTER, secrets->tried_learned, try, &guess);
	secrets->tried = keylog_generation(logged);
	secrets->tried_learned = keylog_generation(learned);
	if (!guess.found)
		keylog_wipe(&secrets->guessed);
	return guess.found;
}

void tls_secrets_proven(struct tls_secrets *secrets, unsigned which)
{
	if (!tls_secrets_find(secrets, which, &secrets->proven)) {
		keylog_wipe(&secrets->proven);
		return;
	}
	if (tls_secrets_source(which) != TLS_SECRET_LOGGED)
		keylog_add(secrets->model->learned, KEYLOG_MASTER, facts_of(secrets)->client_random,
		           span_of(secrets->proven.bytes, secrets->proven.n));
	remember(secrets);
}
