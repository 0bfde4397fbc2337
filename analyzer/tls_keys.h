/*
 * Which keys are live in each direction of one TLS connection, and the records opened with them.
 *
 * tls_conn tells what happens in the handshake; this looks the secrets up in the key log, keys the openers and
 * opens records. Made only when a key log is there. RFC 5246 section 6.3, RFC 8446 section 7.
 */
#ifndef ANALYZER_TLS_KEYS_H
#define ANALYZER_TLS_KEYS_H

#include "analyzer/frame.h"
#include "analyzer/keylog.h"
#include "analyzer/model.h"
#include "analyzer/tls_crypto.h"

struct tls_keys;

/*
 * Both are borrowed and must outlive it; the model has a key log. Which secrets were found is noted in the
 * session's TLS facts, since the key log may drop them.
 */
struct tls_keys *tls_keys_new(struct model *model, struct session *session);
void tls_keys_free(struct tls_keys *keys); /* NULL is allowed; keys are wiped */

/*
 * In front of a hello, which replaces the randoms of the handshake before. DTLS: when one side has changed to the keys
 * that it agreed on, and nothing of the other side was opened with them yet, they are made for that side now: its
 * change_cipher_spec may be lost, or come late. RFC 6347 section 4.1.
 */
void tls_keys_hello(struct tls_keys *keys);

/*
 * A handshake message, behind the facts that it gave the session, and: one may be missing. Up to TLS 1.2 the
 * secrets follow from some of them.
 */
void tls_keys_message(struct tls_keys *keys, uint8_t type, const struct frame_message *message);
void tls_keys_lost(struct tls_keys *keys);

/* Whether a protected record of this direction can be opened: looks for secrets that may have come since. */
bool tls_keys_ready(struct tls_keys *keys, uint8_t dir);

/*
 * TLS 1.3, whose handshake is not all there, in a direction that is ready: whether its application's keys are
 * there, too. Without them nobody can tell which records are the handshake's.
 */
bool tls_keys_ready_beyond(struct tls_keys *keys, uint8_t dir);

/*
 * TLS 1.3, in a direction that is not ready: records can be opened although the secret of its handshake is not
 * there, since that of the application's data is, or that of early data which still comes.
 */
bool tls_keys_ready_without(struct tls_keys *keys, uint8_t dir);

/* The handshake's records of such a direction are left closed: the keys behind them are wanted from here on. */
void tls_keys_leave_handshake(struct tls_keys *keys, uint8_t dir);

/* Its secret has come since, and: opens one of these records by its number, as tls_keys_open. */
bool tls_keys_left_known(const struct tls_keys *keys, uint8_t dir);
bool tls_keys_open_left(struct tls_keys *keys, uint8_t dir, uint64_t number, const struct tls_record *record,
    struct span body, uint8_t room[LIMIT_RECORD], struct span *plain, uint8_t *type);

/* The suite was chosen, and its records cannot be opened whatever secrets come. */
bool tls_keys_hopeless(struct tls_keys *keys);

/*
 * change_cipher_spec up to TLS 1.2: the records of this direction are protected by new keys from here on. False when
 * keys were at work, and the hellos that agreed on the new ones have not both come.
 */
bool tls_keys_change(struct tls_keys *keys, uint8_t dir);

/* The record is of DTLS, and of the keys that were at work before the last change: they are kept for it. */
bool tls_keys_of_previous(const struct tls_keys *keys, uint8_t dir, const struct tls_record *record);

/* A Finished message of TLS 1.3 was read in this direction: application traffic keys from here on. */
void tls_keys_finished(struct tls_keys *keys, uint8_t dir);

/* A KeyUpdate of TLS 1.3 was read in this direction. */
void tls_keys_update(struct tls_keys *keys, uint8_t dir);

/*
 * Records of a direction that is ready passed unopened: sequence number and key stream go on; nothing where the
 * keys at work are not there. `tail` is the
 * end of the last of them, from which TLS 1.0 takes the next IV; NULL when it is not known.
 */
void tls_keys_skip(struct tls_keys *keys, uint8_t dir, struct tls_amount amount, const uint8_t *tail);

/*
 * Opens a record body of a direction that is ready. The plaintext stands in `room`, which is the caller's: thousands
 * of connections would take thousands of them; *type is the inner content type in TLS 1.3. There a record that the handshake's keys do not open is tried with the
 * application's: its Finished message may have been refused, which alone tells that they have begun. While
 * the keys have opened nothing, a record that they refuse is tried with the other secrets that the key log
 * has under the same label and random, and the one that opens it stays.
 */
enum tls_open tls_keys_open(struct tls_keys *keys, uint8_t dir, const struct tls_record *record, struct span body,
    uint8_t room[LIMIT_RECORD], struct span *plain, uint8_t *type);

/*
 * A record of this direction may be early data: the client has announced some, and no key of its handshake
 * has opened a record yet. What is refused then is taken for early data, and takes no number of the keys.
 * RFC 8446 section 4.2.10.
 */
bool tls_keys_early(const struct tls_keys *keys, uint8_t dir);

/* An end_of_early_data was read: what follows is no early data. */
void tls_keys_end_early(struct tls_keys *keys);

/* The secret of early data is there, or was. */
bool tls_keys_early_known(const struct tls_keys *keys);

/* The number that the next record of early data has, and: it has another one. */
uint64_t tls_keys_early_number(const struct tls_keys *keys);
void tls_keys_set_early_number(struct tls_keys *keys, uint64_t number);

/*
 * Opens a record of early data, before or behind the server_hello, as tls_keys_open. False when its secret is
 * not there or refuses it. `gap` is what is missing in front of it (tls_regain.h), in which its number is looked for;
 * NULL: nothing.
 */
struct tls_gap;
bool tls_keys_open_early(struct tls_keys *keys, struct tls_gap *gap, const struct tls_record *record, struct span body,
    uint8_t room[LIMIT_RECORD], struct span *plain, uint8_t *type);

/* A record of early data that is not kept takes its number. */
void tls_keys_pass_early(struct tls_keys *keys);

/*
 * Up to TLS 1.2, where a direction is not ready: the handshake resumes a session that is not known, whose secret may be
 * one of those of the key log that were not tried yet.
 */
bool tls_keys_resumed(const struct tls_keys *keys);

/* The same, also where all of them were tried: one that comes may be the right one. */
bool tls_keys_resumes_unknown(const struct tls_keys *keys);

/*
 * Tries these with the body of a record, which is the first one of its keys or says its own number. A secret whose tag
 * or MAC verifies is the right one, and the directions are ready.
 */
void tls_keys_find_resumed(struct tls_keys *keys, uint8_t dir, const struct tls_record *record, struct span body,
    uint8_t room[LIMIT_RECORD]);

/* The keys at work in this direction are right: they have opened a record, or their secret has in the other one. */
bool tls_keys_proven(const struct tls_keys *keys, uint8_t dir);

#endif
