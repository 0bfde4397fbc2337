/*
 * One logical line of a controller's debug trace -> struct. facts.md section 7.
 *
 * What people paste is translated, OCRed and wrapped, so a line is known by its hex fields, its pointer,
 * its numbers and the words that nobody translates (names of functions and fields); other words are hints
 * only. Characters that OCR mistakes are repaired and counted. Also the lines of openssl s_server -state
 * and s_client -state, and the NMSP syslog line of a Catalyst 9800.
 */
#ifndef DISSECT_TRACE_H
#define DISSECT_TRACE_H

#include "dissect/rd.h"

enum trace_kind {
	TRACE_BLANK,               /* nothing but white space */
	TRACE_OTHER,               /* not understood, or without meaning for a session (a prompt, a command) */
	TRACE_STATE,               /* "SSL state = 0x2111; where = 0x2001; ret = 0x1": state, where, ret */
	TRACE_RET_TYPE,            /* "ret_type_string=...": words */
	TRACE_RET_DESC,            /* "ret_desc_string=...": words; alert when they name one */
	TRACE_STATE_TEXT,          /* "SSL_state_string=...": words */
	TRACE_ALLOCATED,           /* a new connection: conn */
	TRACE_SSL_NEW,             /* pointer */
	TRACE_DO_HANDSHAKE,        /* the handshake is called or goes on: pointer */
	TRACE_INIT_DONE,           /* sslConnectionInit() is through; the handshake goes on */
	TRACE_WANT_READ,           /* waits for the peer: pointer */
	TRACE_NOT_COMPLETED,       /* doSSLRecvLoop: the handshake is not completed: conn */
	TRACE_CERTIFICATE_CHECKED, /* the certificate was validated, the AuthList is asked: pointer */
	TRACE_AUTHLIST_ANSWER,     /* pointer, answer (unknown when the telling word is missing) */
	TRACE_NOT_VALIDATED,       /* the peer is not validated against the AuthList */
	TRACE_HANDSHAKE_FAILED,    /* pointer, error */
	TRACE_HANDSHAKE_DONE,      /* SSL_do_handshake() success */
	TRACE_CONNECTED,           /* NMSP connection success */
	TRACE_FREED,               /* pointer, conn */
	TRACE_MESSAGE,             /* names an NMSP_APP_..._MSG: words is that name */
	TRACE_SYSLOG,              /* %NMSP_SYSLOG-...: words is the text behind the mnemonic */
	TRACE_OPENSSL_STATE,       /* "SSL_accept:SSLv3/TLS read client hello": state, message, words, client_side */
	TRACE_OPENSSL_ALERT,       /* "SSL3 alert write:fatal:certificate unknown": alert, written */
	TRACE_OPENSSL_ERROR,       /* "SSL_accept:error in ...", "...:error:0A000086:...": words, error */
	TRACE_KINDS
};

enum trace_answer { TRACE_ANSWER_UNKNOWN, TRACE_ANSWER_NO, TRACE_ANSWER_YES };

/* Values of `where`, OpenSSL's ssl.h: SSL_CB_*. Server and client differ in the bits 0x2000 and 0x1000. */
#define TRACE_WHERE_START       0x0010
#define TRACE_WHERE_DONE        0x0020
#define TRACE_WHERE_LOOP        0x0001 /* in the bits below 0x1000: the state was completed */
#define TRACE_WHERE_EXIT        0x0002
#define TRACE_WHERE_ALERT       0x4000
#define TRACE_WHERE_ALERT_READ  0x4004
#define TRACE_WHERE_ALERT_WRITE 0x4008

/* Error 140890B2: the certificate was not verified; 140890C7: none was sent. facts.md section 7. */
#define TRACE_ERROR_NOT_VERIFIED 0x140890b2
#define TRACE_ERROR_NO_PEER_CERT 0x140890c7

/* Spans borrow from the line. A field without its has_ flag is zero or empty. */
struct trace_line {
	enum trace_kind kind;
	bool has_time, has_sequence, has_pid, has_state, has_where, has_ret, has_pointer, has_conn, has_error,
	    has_alert, has_message;
	int64_t time;   /* ns since 1970, the printed clock taken as UTC */
	bool no_year;   /* a syslog stamp without a year: time counts from the start of its year, not a leap year */
	struct span zone; /* "UTC" as printed; empty without a stamp */
	uint32_t sequence, pid;
	uint16_t state, where;
	int32_t ret;
	uint64_t pointer;
	uint32_t conn;
	uint32_t error;
	uint8_t alert_level, alert; /* has_alert: from ret, or from words; level 0 where only the description is
	                               told. TRACE_RET_TYPE: the level alone, without has_alert */
	uint8_t message;            /* TRACE_OPENSSL_STATE: the handshake message, as in struct trace_state */
	bool written;               /* the alert or message: written, else read */
	bool client_side;           /* the printing side is the TLS client: states 1xxx, SSL_connect */
	enum trace_answer answer;
	struct span words;
	struct span text; /* the line behind its stamp */
	struct span local, remote; /* TRACE_SYSLOG: the addresses, without a port */
	uint32_t repairs; /* characters and words that were taken for others */
};

/* Never fails: a line that is not understood is TRACE_OTHER. */
void trace_decode(struct span line, struct trace_line *out);

/*
 * The same in two parts, for whoever keeps what texts mean. The first reads the stamp and the texts of an exact
 * shape; false: the second must read the text, and of all fields sees no other, but that the stamp of a
 * TRACE_SYSLOG counts only where the line has none of its own.
 */
bool trace_decode_exact(struct span line, struct trace_line *out);
void trace_decode_words(struct trace_line *out);

/*
 * Nothing but a controller (or OpenSSL's -state) prints such a line: it has a stamp, or is a callback of
 * three numbers that fit together, a documented sentence with a pointer, or the syslog notice. Words and
 * numbers that other texts have too, and bytes that only look like them, are no proof that there is a
 * connection.
 */
bool trace_proves(const struct trace_line *line);

/*
 * A physical line belongs to the line before it: it has no stamp, is not blank, and makes no sense of its
 * own. The caller joins the two with a space and decodes the whole. `before` is the last line that was not
 * blank, joined with what already continued it: blank lines may stand inside a wrapped one. A line
 * that grew past LIMIT_WRAPPED is not continued, so joining takes a bounded time.
 */
bool trace_continues(const struct trace_line *before, struct span line);

/*
 * The same for a line whose last part, `before`, reaches to the edge of a screen, which cuts anywhere and
 * takes no blank: `tight` is the two joined without a blank, `spaced` with one. True only where `tight` makes
 * sense and tells all that the other two do: a narrower column breaks between words.
 */
bool trace_was_cut(const struct trace_line *before, struct span line, const struct trace_line *tight,
                   const struct trace_line *spaced);

/*
 * A sequence number that is read with one digit too many, or an 8 for a b, gives the number that must follow
 * `last` (at most TRACE_SEQUENCE_NEAR later); any other is returned as it is. "ad4b" behind a4a is a4b.
 */
#define TRACE_SEQUENCE_NEAR 8
uint32_t trace_sequence_near(uint32_t last, uint32_t printed);

/* What a state of the server or client machine means. The handshake message is that of tls.h. */
struct trace_state {
	uint16_t number;
	const char *name;  /* as the controller prints it: "SSLv3 read client hello B" */
	uint8_t message;   /* TLS handshake type, TRACE_NO_MESSAGE, or TRACE_CHANGE_CIPHER_SPEC */
	bool written;      /* by the side that prints the trace */
};
#define TRACE_NO_MESSAGE         0xff
#define TRACE_CHANGE_CIPHER_SPEC 0xfe

/* NULL for a number that no table knows. Source: ssl3.h and ssl_stat.c of OpenSSL 1.0, facts.md section 7. */
const struct trace_state *trace_state(uint16_t number);

#endif
