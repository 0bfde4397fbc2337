/*
 * The master secrets that a connection of TLS 1.0 to 1.2 may have: those of the key log, those that follow
 * from a premaster secret of the key log or from the client_key_exchange and the server's RSA key, and that
 * of the session which is resumed.
 *
 * Part of tls_keys, which tries them: nothing here is known to be right until it has opened a record. RFC 5246
 * section 8.1, RFC 7627, RFC 5077.
 */
#ifndef ANALYZER_TLS_SECRETS_H
#define ANALYZER_TLS_SECRETS_H

#include "analyzer/model.h"

struct frame_message;

struct tls_secrets;

/* Both are borrowed and must outlive it. The model has a key log. */
struct tls_secrets *tls_secrets_new(struct model *model, struct session *session);
void tls_secrets_free(struct tls_secrets *secrets); /* NULL is allowed; secrets are wiped */

/* A handshake message, in the order of the connection, behind the facts that it gave the session. */
void tls_secrets_message(struct tls_secrets *secrets, uint8_t type, const struct frame_message *message);

/* The place of a direction is lost: a handshake message may be missing. */
void tls_secrets_lost(struct tls_secrets *secrets);

/*
 * Candidate number `which`, below TLS_SECRETS_MOST. False when there is none under this number; there may be
 * more under higher ones. The caller wipes *master.
 */
#define TLS_SECRETS_MOST (TLS_SECRET_SOURCES * LIMIT_SECRETS_ALIKE)
bool tls_secrets_find(struct tls_secrets *secrets, unsigned which, struct keylog_secret *master);

/* Where that one comes from. */
enum tls_secret_source tls_secrets_source(unsigned which);

/*
 * The handshake resumes a session whose secret is not known: the first one is not in the capture, and the key log has
 * its secret under another random, or will.
 */
bool tls_secrets_unknown(const struct tls_secrets *secrets);

/* ... and there are master secrets that were not tried as this one. */
bool tls_secrets_untried(const struct tls_secrets *secrets);

/*
 * Hands these to `fits`, the newest first; the one that it says opens a record is a candidate from then on. False when
 * none does.
 */
bool tls_secrets_guess(struct tls_secrets *secrets,
                       bool (*fits)(void *ctx, const struct keylog_secret *master), void *ctx);

/* It has opened a record: it is kept for sessions that resume this one, and for what is saved. */
void tls_secrets_proven(struct tls_secrets *secrets, unsigned which);

#endif
