/*
 * What follows from a session's facts: pure functions over the const model, used by findings and screens.
 * design.md sections 4, 6 and 8.
 */
#ifndef ANALYZER_SESSION_H
#define ANALYZER_SESSION_H

#include "analyzer/model.h"

enum session_state {
	SESSION_CONNECTING,
	SESSION_HANDSHAKING,
	SESSION_ACTIVE,
	SESSION_CLOSED,
	SESSION_FAILED,
	SESSION_SILENT,
	SESSION_STATES
};

enum handshake_state {
	HANDSHAKE_NONE,         /* no TLS byte seen */
	HANDSHAKE_NOT_CAPTURED, /* the session was joined behind it, or it fell into gaps */
	HANDSHAKE_INCOMPLETE,
	HANDSHAKE_FAILED,
	HANDSHAKE_COMPLETE,
};

enum client_certificate {
	CLIENT_CERTIFICATE_NONE, /* the session never got that far */
	CLIENT_CERTIFICATE_NOT_REQUESTED,
	CLIENT_CERTIFICATE_NOT_VISIBLE,
	CLIENT_CERTIFICATE_EMPTY,
	CLIENT_CERTIFICATE_SENT,
};

enum auth_observed { AUTH_OBSERVED_NONE, AUTH_OBSERVED_ACCEPTED, AUTH_OBSERVED_REJECTED };

/* The AuthList answer for one session: both halves of design.md section 6. */
struct session_auth {
	enum auth_observed observed;
	bool inferred;               /* encryption hides the proof of `observed` */
	struct origin evidence[3];   /* packets that prove it, ascending, each once */
	uint32_t n_evidence;
	struct auth_decision decision; /* predicted; the detail of AUTH_NO_LIST says why a given list is none */
	const struct cert *cert;       /* the engine's certificate, NULL when not seen */
	const struct authlist_engine *stand_in; /* the engine's own text, taken for a certificate that is not visible */
};

/* Until when it was watched: time of the last packet of the capture, or of the last line of its trace. */
int64_t session_now(const struct model *model, const struct session *session);

/* `now`: session_now. */
enum session_state session_state(const struct session *session, int64_t now);
enum handshake_state session_handshake(const struct session *session);

/*
 * So many echo intervals, ns: as read from messages, else as inferred from closed records, else of the usual
 * interval.
 */
int64_t session_intervals(const struct session *session, int64_t n);

/* Every closed record of both directions, since the first one, is in the capture. */
bool session_infer_whole(const struct session *session);

/*
 * Who went quiet first: the controller when its answers are missing for two intervals, the engine when all was answered and
 * it asks no more for three. Not known when it is not so, or messages may be missing from the capture.
 */
struct session_quiet {
	bool known;
	bool inferred;      /* from sizes and times of closed records */
	uint8_t dir;
	struct origin last; /* its last echo message; of a controller that never answered, the first request */
};
void session_quiet(const struct session *session, int64_t now, struct session_quiet *out);
enum client_certificate session_client_certificate(const struct session *session);
bool session_resumed(const struct session *session);

/* Who sends as TLS client: known from the hellos, else the engine's direction (facts.md section 1). */
uint8_t session_tls_client(const struct session *session);

/* More than SYNs was seen of one direction, and nothing of the other. */
bool session_one_sided(const struct session *session);

/* Neither side sent a byte, captured or not; the one of a keep-alive (RFC 9293 section 3.8.4) is none. */
bool session_mute(const struct session *session);

/*
 * Nothing of the session is missing from the capture up to this event. NULL asks for the whole session. A
 * gap becomes certain only GAP_SECONDS after it, so a gap shortly after the event counts as before it.
 */
bool session_whole(const struct session *session, const struct origin *until);

/* NMSP without TLS: the bytes are no TLS, and at least half of the first messages fit a framing and have a name. */
bool session_plain_nmsp(const struct session *session);

/*
 * TLS 1.3 without keys: all that this side sent after the other one's flight is one record of an alert's
 * size (RFC 8446 section 5.2: type byte and tag around 2 bytes), and for the server, the client had not left
 * before. Inferred.
 */
bool session_hidden_alert(const struct session *session, uint8_t dir);

/*
 * TLS 1.3 without keys: what the first record of the client's encrypted flight is by its size (RFC 8446 sections
 * 4.4.2, 4.4.4, 5.2 and 6). Inferred: padding would hide it. UNKNOWN where keys opened it, where the capture lacks
 * something in front of it, after an offer of early data, and where the size fits none.
 */
enum client_flight {
	CLIENT_FLIGHT_UNKNOWN,
	CLIENT_FLIGHT_CERTIFICATE,
	CLIENT_FLIGHT_EMPTY,    /* a certificate message without a certificate */
	CLIENT_FLIGHT_FINISHED, /* no certificate message: none was asked for */
	CLIENT_FLIGHT_ALERT,
};

enum client_flight session_client_flight(const struct session *session);

/* The ICMP error that refuses the connection (port unreachable, prohibited), NULL when none. */
const struct icmp_seen *session_icmp_refusal(const struct session *session);

/* The ICMP error of a router that does not get the SYN to its host (no route, a loop), NULL when none. */
const struct icmp_seen *session_icmp_unreachable(const struct session *session);

void session_auth(const struct model *model, const struct session *session, struct session_auth *out);

/* An alert with this code answers a certificate: facts.md section 8. */
bool session_about_certificate(uint8_t code);

enum decryption {
	DECRYPTION_NONE, /* nothing was encrypted but handshake messages that no key was there for: they hide nothing */
	DECRYPTION_DECRYPTED,
	DECRYPTION_NO_KEY,
	DECRYPTION_BAD_KEY,
	DECRYPTION_NOT_CAPTURED,
	DECRYPTION_UNSUPPORTED_CIPHER,
	DECRYPTION_GAP,
};

/* Why a session is decrypted or not. `missing`, `held` and `misfit` have a bit for each enum keylog_label. */
struct session_decryption {
	enum decryption state;
	uint64_t data, data_opened; /* records of application data */
	uint64_t passed, passed_of; /* records that had passed before their key came, and of how many */
	unsigned missing;           /* secrets of this session that the key log lacks */
	unsigned held, misfit;      /* those that it has, and of these the ones of a wrong length */
	unsigned alike;             /* most different secrets for one of them; more than 1: joined logs */
	bool wrong_key; /* certain: records were refused, none was opened, and nothing is missing before them */
	char detail[520]; /* a sentence with the numbers of this case, without a full stop; empty for NONE */
};
void session_decryption(const struct model *model, const struct session *session,
    struct session_decryption *out);
const char *session_decryption_name(enum decryption state); /* "no-key", design.md section 8 */

/* The RSA key with this number belongs to the server's certificate, or no certificate of it was seen. */
bool session_rsa_key_fits(const struct model *model, const struct session *session, uint32_t which);

/* Why the RSA keys that were given do not open the session, "" when none was given. Returns `text`. */
#define SESSION_RSA_TEXT 320
const char *session_rsa_text(const struct model *model, const struct session *session, char text[SESSION_RSA_TEXT]);

/* "the key log has a secret for this session": what the keys at work were made of. */
const char *session_secret_source(const struct session_tls *tls);

/* The secrets that protect a direction: a bit for each enum keylog_label. */
unsigned session_secrets_of(const struct session_tls *tls, uint8_t dir);

/* The client random in hex digits, as a key log names it. Returns `text`. */
#define SESSION_RANDOM (2 * TLS_RANDOM + 1)
const char *session_random(const struct session *session, char text[SESSION_RANDOM]);

/* The labels of these secrets (a bit for each enum keylog_label), joined by commas. Returns `text`. */
#define SESSION_LABELS 192
const char *session_labels(unsigned secrets, char text[SESSION_LABELS]);

/* The first fatal alert in the clear, NULL when none. */
const struct alert_seen *session_fatal_alert(const struct session *session);

/* The first step of this kind and direction, NULL when none. */
const struct step *session_step(const struct session *session, enum step_kind kind, uint8_t dir);

/* The end-entity certificate that a direction sent (the first of its message), NULL when none. */
const struct cert *session_cert(const struct session *session, uint8_t dir);

/* Nanoseconds from SYN to the handshake's ACK, -1 when not both were seen. */
int64_t session_connect_time(const struct session *session);

/*
 * The Community ID v1 with seed 0 ("1:..."), https://github.com/corelight/community-id-spec. "" where the
 * addresses are not known.
 */
#define COMMUNITY_ID 32
void session_community_id(const struct session *session, char text[COMMUNITY_ID]);

/*
 * The controller's own state of a step: its OpenSSL state number and name, facts.md section 7. As printed
 * where a trace tells of the session, and none for what it did not print; of a session of the wire alone the
 * implied one.
 */
struct step_state {
	uint16_t number; /* 0 = none */
	const char *name;
};
struct step_state session_step_state(const struct session *session, const struct step *step);

/* The state in which a controller reads or writes this message, up to TLS 1.2; whatever a trace says. */
struct step_state session_implied_state(const struct session *session, const struct step *step);

const char *session_state_name(enum session_state state);
const char *session_handshake_name(enum handshake_state state);
const char *session_client_certificate_name(enum client_certificate value);
const char *session_observed_name(enum auth_observed observed);
/* "TLSv1.2", "DTLSv1.2": the name of a version in the facts of a session, NULL when it has none. */
const char *session_version_name(const struct session_tls *tls, uint16_t version);

const char *session_step_name(enum step_kind kind); /* "client_hello" */
const char *session_close_name(enum close_kind close); /* "fin", NULL for none */

/* The lines to paste for the engine's certificate, or for the text that stands in for it (authlist_fix). */
void session_auth_fix(const struct model *model, const struct session_auth *auth, struct auth_fix *out);

#endif
