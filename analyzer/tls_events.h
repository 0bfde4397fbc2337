/*
 * What records tell beside handshake messages: alerts, change_cipher_spec, and the outside of protected records
 * that stay closed. Written into the session as steps and alerts. RFC 5246 section 7, RFC 8446 section 6.
 *
 * Part of tls_conn, which calls it. Keeps nothing and opens nothing.
 */
#ifndef ANALYZER_TLS_EVENTS_H
#define ANALYZER_TLS_EVENTS_H

#include "analyzer/frame.h"
#include "analyzer/model.h"

/* A record that is a step of its own. */
void tls_events_step(struct model *model, struct session *session, uint8_t dir, enum step_kind kind,
    const struct frame_message *message);

/* The body of an alert, decrypted or never encrypted; nothing is noted when it is none. */
void tls_events_alert(struct model *model, struct session *session, uint8_t dir, struct span body,
    const struct origin *at);

/* A protected record of this type stays closed: it is a step or an alert whose contents are not known. */
void tls_events_closed(struct model *model, struct session *session, uint8_t dir, uint8_t type,
    const struct frame_message *message);

#endif
