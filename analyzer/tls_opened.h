/*
 * Protected records of a side whose keys are there: opened, refused or left out, and what follows from each
 * for the numbers of those behind it, the facts of the session and the plaintext.
 *
 * Part of tls_conn: tls_protected.c calls it for a record that comes, tls_late.c for one that has waited.
 * Lets nothing wait.
 */
#ifndef ANALYZER_TLS_OPENED_H
#define ANALYZER_TLS_OPENED_H

#include "analyzer/tls_side.h"

/* A record stays closed because of the last gap, of `last` where none was seen, or for want of a hello. */
void tls_opened_behind_gap(struct tls_side *side, const struct origin *last);

/* What the current record held is missing from what is made of the plaintext. */
void tls_opened_miss(struct tls_side *side, const struct origin *at);

/*
 * The keys go on behind the records that fell out in front of place `next`, behind `tail`. Whole records are
 * missing, so a handshake message begins with the next one.
 */
void tls_opened_catch_up(struct tls_side *side, struct tls_amount next, const struct tls_tail *tail);

/* What became of a record. */
enum tls_opened {
	TLS_OPENED_NOT,  /* it stays closed */
	TLS_OPENED_WAIT, /* it is early data, whose secret may still come: nothing has happened */
	TLS_OPENED_DONE,
};

/*
 * Opens the current record, header included in `bytes`. `waited`: it has left its traces as a closed one.
 * `may_wait`: early data is told from what stays closed.
 */
enum tls_opened tls_opened_record(struct tls_side *side, struct span bytes, const struct origin *at,
                                  bool waited, bool may_wait);

/* Tries secrets for a session that resumes an unknown one with the current record, header included (tls_keys.h). */
void tls_opened_find_resumed(struct tls_side *side, struct span bytes);

/*
 * A record of the handshake that was left closed, with this number, header included in `bytes`: its secret has come.
 * What it holds is read without effect on the keys at work.
 */
void tls_opened_aside(struct tls_side *side, struct span bytes, uint64_t number, const struct origin *at);

/* Early data of so many bytes is left behind: it takes its place, and no number of the handshake's keys. */
void tls_opened_pass_early(struct tls_side *side, size_t body);

/*
 * The body of a record of early data, which the keys of the handshake do not open, or which came before them.
 * False when it stays closed.
 */
bool tls_opened_early(struct tls_side *side, struct span body, const struct origin *at);

/* A record that is not there whole, with so many bytes of body, takes its number and its place in the stream.
 */
void tls_opened_leave_out(struct tls_side *side, size_t body, const struct origin *at);

/*
 * The keys change in front of place `next`: the sequence numbers begin again. When the hellos of the new keys
 * are lost nobody knows these.
 */
void tls_opened_change(struct tls_side *side, struct tls_amount next);

/* So many bytes are missing or belong to no record: the number of the next one is to be looked for. */
void tls_opened_lose(struct tls_side *side, uint64_t bytes, const struct origin *at);

#endif
