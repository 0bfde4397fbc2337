/*
 * The table of pairs behind pairs.h. Called by the analysis and the model; rules read it. Never decides
 * whether what a pair shows is a fault.
 */
#include "analyzer/pairs.h"

#include "analyzer/hash.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "dissect/dtls.h"

/* A pair with its place in the table, in the list of all, and among those without a session. */
struct entry {
	struct pair pair; /* first, so that a pair is its entry */
	struct entry *prev;
	struct entry *idle_prev, *idle_next;
	bool idle;
	UT_hash_handle hh;
};

struct pairs {
	struct entry *table;
	struct entry *first, *last;
	struct entry *idle_first, *idle_last; /* without a session for longest first */
	uint64_t forgotten;
};

/* ---- what a session says --------------------------------------------------------------------------- */

/* It was torn down without a goodbye: an alert in front of the RST is one, whatever it says. */
static bool torn_down(const struct session *session)
{
	const struct session_nmsp *nmsp = session->nmsp;
	if (session->close == CLOSE_RST)
		return session->n_alerts == 0 && session->tls.version != 0 && session->tls.version != TLS_1_3;
	const struct echo_pending *unanswered = nmsp != NULL ? echo_unanswered(&nmsp->echo) : NULL;
	return unanswered != NULL && session->closed_by == session_engine(session) &&
	       origin_elapsed(unanswered->at.time, session->closed.time) >= ECHO_PATIENCE;
}

enum pairs_outcome pairs_outcome(const struct session *session)
{
	switch (session_handshake(session)) {
	case HANDSHAKE_FAILED:
		return PAIRS_FAILED;
	case HANDSHAKE_COMPLETE:
		break;
	default:
		return PAIRS_NOTHING;
	}
	if (session->closed.packet == 0)
		return PAIRS_GOOD;
	bool short_lived = origin_elapsed(session->opened.time, session->closed.time) < PAIRS_SHORT_LIFE;
	return short_lived && session_whole(session, NULL) && torn_down(session) ? PAIRS_DROPPED : PAIRS_GOOD;
}

void pairs_handshake(const struct session *session, struct pairs_handshake *out)
{
	const struct session_tls *tls = &session->tls;
	uint8_t client = session_tls_client(session);
	const struct cert *cert = session_cert(session, session_engine(session));
	const struct step *hello = session_step(session, STEP_CLIENT_HELLO, client);
	const struct step *answer = session_step(session, STEP_SERVER_HELLO, client ^ 1);
	*out = (struct pairs_handshake){
	    .session = session->id,
	    .at = session->opened,
	    .version = tls->datagram ? dtls_of_tls(tls->version) : tls->version,
	    .cipher = tls->server_hello ? tls->cipher : 0,
	    .client_certificate = session_client_certificate(session),
	    .wait = -1,
	};
	if (hello != NULL && answer != NULL)
		out->wait = origin_elapsed(hello->at.time, answer->at.time);
	if (cert != NULL && cert->has_hash[CERT_SPKI_SHA256]) {
		out->has_key = true;
		memcpy(out->key, cert->hash[CERT_SPKI_SHA256], sizeof out->key);
	}
}

/* ---- the table ------------------------------------------------------------------------------------- */

struct pairs *pairs_new(void)
{
	return xcalloc(1, sizeof(struct pairs));
}

static void unlink_idle(struct pairs *pairs, struct entry *entry)
{
	*(entry->idle_prev != NULL ? &entry->idle_prev->idle_next : &pairs->idle_first) = entry->idle_next;
	*(entry->idle_next != NULL ? &entry->idle_next->idle_prev : &pairs->idle_last) = entry->idle_prev;
	entry->idle = false;
}

static void link_idle(struct pairs *pairs, struct entry *entry)
{
	entry->idle = true;
	entry->idle_next = NULL;
	entry->idle_prev = pairs->idle_last;
	*(pairs->idle_last != NULL ? &pairs->idle_last->idle_next : &pairs->idle_first) = entry;
	pairs->idle_last = entry;
}

static struct entry *next_of(const struct entry *entry)
{
	return (struct entry *)entry->pair.next;
}

static void forget(struct pairs *pairs, struct entry *entry)
{
	struct entry *next = next_of(entry);
	pairs->forgotten += entry->pair.evicted.sessions;
	if (entry->prev != NULL)
		entry->prev->pair.next = entry->pair.next;
	else
		pairs->first = next;
	*(next != NULL ? &next->prev : &pairs->last) = entry->prev;
	HASH_DEL(pairs->table, entry);
	free(entry);
}

void pairs_free(struct pairs *pairs)
{
	if (pairs == NULL)
		return;
	while (pairs->first != NULL)
		forget(pairs, pairs->first);
	free(pairs);
}

static struct entry *add(struct pairs *pairs, const struct addr addr[2])
{
	struct entry *entry = xcalloc(1, sizeof *entry);
	memcpy(entry->pair.addr, addr, sizeof entry->pair.addr);
	HASH_ADD(hh, pairs->table, pair.addr, sizeof entry->pair.addr, entry);
	entry->prev = pairs->last;
	if (pairs->last != NULL)
		pairs->last->pair.next = &entry->pair;
	else
		pairs->first = entry;
	pairs->last = entry;
	return entry;
}

bool pairs_join(struct pairs *pairs, struct session *session)
{
	struct addr key[2];
	struct entry *entry;
	bool low = memcmp(&session->addr[0], &session->addr[1], sizeof key[0]) <= 0;
	key[0] = session->addr[low ? 0 : 1];
	key[1] = session->addr[low ? 1 : 0];
	HASH_FIND(hh, pairs->table, key, sizeof key, entry);
	bool roomy = entry != NULL || pairs->idle_first == NULL || HASH_COUNT(pairs->table) < LIMIT_PAIRS;
	if (!roomy) {
		struct entry *oldest = pairs->idle_first;
		unlink_idle(pairs, oldest);
		forget(pairs, oldest);
	}
	if (entry == NULL)
		entry = add(pairs, key);
	else if (entry->idle)
		unlink_idle(pairs, entry);
	struct pair *pair = &entry->pair;
	session->pair = pair;
	session->pair_next = NULL;
	session->pair_prev = pair->last;
	*(pair->last != NULL ? &pair->last->pair_next : &pair->first) = session;
	pair->last = session;
	return roomy;
}

static void fold(struct pair *pair, const struct session *session)
{
	struct pairs_handshake handshake;
	enum pairs_outcome outcome = pairs_outcome(session);
	pair->evicted.sessions++;
	pair->evicted.packets += session->tcp.packets[0] + session->tcp.packets[1];
	pair->evicted.good += outcome == PAIRS_GOOD;
	pair->evicted.failed += outcome == PAIRS_FAILED;
	pair->evicted.dropped += outcome == PAIRS_DROPPED;
	pairs_handshake(session, &handshake);
	if (outcome == PAIRS_GOOD && handshake.session > pair->evicted.last_good.session)
		pair->evicted.last_good = handshake;
}

void pairs_drop(struct pairs *pairs, struct session *session)
{
	struct pair *pair = session->pair;
	if (pair == NULL)
		return;
	fold(pair, session);
	*(session->pair_prev != NULL ? &session->pair_prev->pair_next : &pair->first) = session->pair_next;
	*(session->pair_next != NULL ? &session->pair_next->pair_prev : &pair->last) = session->pair_prev;
	if (pair->first == NULL)
		link_idle(pairs, (struct entry *)pair);
}

const struct pair *pairs_first(const struct pairs *pairs)
{
	return pairs->first != NULL ? &pairs->first->pair : NULL;
}

uint64_t pairs_forgotten(const struct pairs *pairs)
{
	return pairs->forgotten;
}
