/*
 * Sessions over time: everything the screens and the rules look at.
 *
 * The analysis writes it, screens and findings read it as const. It owns every byte that outlives a
 * callback. It holds facts only: what follows from them (state, verdict, decision) is computed by pure
 * functions on demand (session.h, findings.h). Times are nanoseconds since 1970 UTC by the capture's clock.
 */
#ifndef ANALYZER_MODEL_H
#define ANALYZER_MODEL_H

#include "analyzer/authlist.h"
#include "analyzer/cert.h"
#include "analyzer/keylog.h"
#include "analyzer/origin.h"
#include "analyzer/redact.h"
#include "analyzer/session_tcp.h"
#include "analyzer/tls_hold.h"
#include "analyzer/tls_told.h"
#include "dissect/limits.h"
#include "dissect/packet.h"
#include "dissect/profile.h"
#include "dissect/tls.h"

/* Handshake steps, the messages of design.md section 8. */
enum step_kind {
	STEP_CLIENT_HELLO,
	STEP_HELLO_VERIFY_REQUEST, /* of DTLS */
	STEP_SERVER_HELLO,
	STEP_HELLO_RETRY_REQUEST,
	STEP_ENCRYPTED_EXTENSIONS,
	STEP_CERTIFICATE,
	STEP_CERTIFICATE_STATUS,
	STEP_SERVER_KEY_EXCHANGE,
	STEP_CERTIFICATE_REQUEST,
	STEP_SERVER_HELLO_DONE,
	STEP_CLIENT_KEY_EXCHANGE,
	STEP_CERTIFICATE_VERIFY,
	STEP_CHANGE_CIPHER_SPEC,
	STEP_FINISHED,
	STEP_NEW_SESSION_TICKET,
	STEP_END_OF_EARLY_DATA,
	STEP_KEY_UPDATE,
	STEP_HELLO_REQUEST,
	STEP_ENCRYPTED_HANDSHAKE,
	STEP_KINDS
};

struct step {
	struct origin at; /* of the packet that completed the message */
	enum step_kind kind;
	uint8_t dir;
	bool encrypted;
	bool damaged; /* bytes of it are missing, or it is not well formed; that it was sent is certain */
	bool inferred; /* not seen itself: what came behind it is only sent after it */
	uint16_t state; /* of the controller's OpenSSL, as its trace printed it; 0 = not from a trace */
	uint32_t certificates; /* STEP_CERTIFICATE: number in the message */
	uint64_t place;        /* session_tls.place at the record that it was in; set by model_add_step */
};

struct alert_seen {
	struct origin at;
	uint8_t dir;
	bool encrypted; /* then level and code are unknown */
	uint8_t level, code;
	uint64_t place; /* as of a step; set by model_add_alert */
};

struct cert_seen {
	uint8_t dir;
	struct origin at;
	const struct cert *cert;
};

struct icmp_seen {
	struct origin at;
	uint8_t dir;      /* of the packet that is complained about */
	struct addr from; /* who complains */
	uint8_t version;  /* 4 ICMP, 6 ICMPv6 */
	uint8_t type, code;
	uint32_t mtu;
};

/* CLOSE_NOTIFY: in a trace, which shows no FIN; reports name no kind then, but the side. */
enum close_kind { CLOSE_NONE, CLOSE_FIN, CLOSE_RST, CLOSE_ALERT, CLOSE_NOTIFY };

#define NOT_TLS_BYTES 16

/* TLS facts. */
enum tls_secret_source {
	TLS_SECRET_LOGGED,        /* by the client random */
	TLS_SECRET_PREMASTER,     /* from a premaster secret of the key log, by the client random */
	TLS_SECRET_PREMASTER_RSA, /* ... by the encrypted one */
	TLS_SECRET_RSA_KEY,
	TLS_SECRET_SESSION_ID, /* of the session that this one resumes */
	TLS_SECRET_TICKET,     /* the same, by its ticket */
	TLS_SECRET_RESUMED,    /* ... which is not known: one of the key log that opens this one */
	TLS_SECRET_SOURCES
};

struct session_tls {
	bool datagram; /* DTLS over UDP; its versions are told as those of the TLS that they are made from */
	bool seen;              /* a TLS record, or an SSLv2-style hello */
	bool not_tls;           /* the first bytes of a direction that was seen from its start are no TLS */
	uint8_t not_tls_dir;
	uint8_t not_tls_bytes[NOT_TLS_BYTES]; /* these bytes */
	uint8_t not_tls_n;
	struct origin not_tls_at;
	bool has_client;        /* client_dir is known: by the ClientHello, the ServerHello, or else the steps */
	uint8_t client_dir;
	bool client_hello, server_hello; /* parsed */
	bool ssl2_hello;
	uint16_t offered_version; /* highest of the ClientHello */
	uint16_t offered[LIMIT_OFFERED]; /* its first cipher suites, without signals and GREASE */
	uint32_t n_offered;              /* all of these; 0 = not known */
	uint16_t version;         /* chosen by the ServerHello; 0 unknown */
	uint16_t cipher;          /* chosen; valid with server_hello */
	uint16_t signature[2];    /* scheme of this side's own signature in the handshake, 0 = not seen or none */
	uint8_t compression;      /* chosen; 0 = none */
	bool offered_ticket_or_id, psk_chosen, same_session_id, encrypt_then_mac, early_data;
	bool extended_master_secret;
	bool answered_ticket_or_id; /* offered_ticket_or_id of the client_hello that the server_hello answered */
	bool asks_anew; /* the client_hello is that of a renegotiation, and no server_hello has answered it */
	uint8_t client_random[TLS_RANDOM], server_random[TLS_RANDOM];
	uint8_t client_session_id[TLS_SESSION_ID];
	uint8_t client_session_id_n;
	bool dtls_13, dtls_cid; /* records came that only DTLS 1.3, or a connection id (RFC 9146), makes */
	struct tls_told *told[TOLD_MESSAGES]; /* of the last one of each, owned; NULL = not seen */
	bool protected_on[2];     /* records of this direction are encrypted from now on */
	uint64_t records[2];      /* all TLS records */
	uint64_t place; /* of the record that is read, in the order in which the connection's came */
	uint64_t protected_records[2];
	struct origin first_protected[2], last_protected[2]; /* of application data type */
	struct origin first_closed[2]; /* ... of those that nobody opened; packet 0 = none */
	uint16_t first_protected_length[2], last_protected_length[2];
	uint8_t latest_protected;       /* direction of the very last one, in the order of the connection */
	bool closed_before_last[2];     /* the other side's FIN or RST stood in front of last_protected */
	uint64_t protected_after_reply[2]; /* application records after the other side's first one */
	uint64_t opened[2];       /* protected records that were decrypted, their tag or MAC verified */
	uint64_t opened_data[2];  /* ... that held application data */
	uint64_t refused[2];      /* protected records whose tag or MAC does not verify with the keys at hand */
	uint64_t unproven[2];     /* ... of keys that have opened nothing yet: the secret may be wrong */
	struct origin first_refused;
	uint64_t early_opened, early_closed; /* records of TLS 1.3 early data, of the client */
	uint64_t passed[2];       /* protected records that went by before their key and are not kept for it, */
	bool passed_handshake;    /* ... or of TLS 1.3, whose handshake's secret was not waited for any more */
	uint32_t found_secrets;   /* 1u << enum keylog_label, of the handshake that was answered: the key log may drop them */
	uint8_t secret_source;    /* enum tls_secret_source, of the keys at work up to TLS 1.2 */
	uint32_t resumed_tries, resumed_untried; /* master secrets tried as that of the resumed session; times that the limit left others */
	bool session_hash_lost;   /* of RFC 7627: a premaster secret is of no use without it */
	uint64_t behind_gap[2];   /* protected records that stay closed because bytes are missing */
	struct origin key_gap[2]; /* where these are missing; packet 0 = nowhere */
	uint64_t keyless; /* of behind_gap: those of a renegotiation whose hellos, or one of them, are missing, */
	bool lacks_hello[2]; /* ... the client's, the server's */
	bool keys_lost[2];        /* records are missing, and the sequence number behind them was not found */
	uint64_t lost_to_gaps[2]; /* protected records that are missing whole, told by the sequence number behind them */
	bool lost_at_least[2];    /* ... or more: other keys began among them */
	uint64_t resyncs;         /* record boundaries that had to be searched after a gap */
	uint64_t too_long;        /* handshake messages beyond LIMIT_HANDSHAKE */
	uint64_t undecodable;     /* handshake messages that are not well formed */
};

/* What a session is worth when there is no more room, rank.h. */
enum session_rank {
	RANK_CLOSED,   /* healthy */
	RANK_REPEATED, /* failed, and LIMIT_FAILURES later ones of its pair as well */
	RANK_NO_DATA,  /* nobody has said a byte */
	RANK_BEGUN,    /* the handshake goes on */
	RANK_OPEN,
	RANK_FAILED_ONCE, /* the only session that its pair ever had */
	RANK_FAILED,
	RANKS
};

struct session {
	uint32_t id; /* from 1 */
	struct addr addr[2];
	uint16_t port[2];
	uint8_t controller;    /* the direction that the controller sends in: 0 or 1 */
	bool controller_known; /* by an NMSP port on one side only, or --controller */
	bool bare; /* messages without TCP and TLS, bare.h: no ends, no connection */
	bool directed; /* of these: each packet says whether it came or went; else the types tell the sides */
	bool midstream;        /* no SYN was seen in either direction */
	uint32_t encaps;
	uint8_t vlan_tags;
	struct origin no_length;    /* the first packet whose IP length is 0 (offload); packet 0 = none */
	struct origin opened, last; /* first and last packet */
	uint64_t end; /* number of the last packet that counts to it: repeats by the mirror and ICMP errors, too */
	struct origin closed;       /* packet 0 = still open */
	enum close_kind close;
	uint8_t closed_by; /* direction */
	struct session_tcp tcp;
	struct session_tls tls;
	struct step *steps;
	uint32_t n_steps, room_steps;
	struct alert_seen *alerts;
	uint32_t n_alerts, room_alerts;
	struct cert_seen *certs;
	uint32_t n_certs, room_certs;
	struct icmp_seen *icmp;
	uint32_t n_icmp, room_icmp;
	struct session_nmsp *nmsp; /* session_nmsp.h; NULL until plaintext came */
	struct infer *infer; /* infer.h, owned; NULL once a record was opened, and while none is closed */
	struct session_trace *trace; /* session_trace.h; NULL when it comes from packets alone */
	struct session *traced; /* of the wire: the same session in the controller's trace, owned; NULL = none */
	uint64_t steps_dropped, alerts_dropped; /* beyond LIMIT_STEPS, LIMIT_ALERTS */
	struct session *prev, *next;            /* in order of id */
	struct pair *pair;                      /* pairs.h; NULL for a session of no connection */
	struct session *pair_prev, *pair_next;  /* of the same pair, in order of id */
	enum session_rank rank;
	bool outdone; /* it has been RANK_REPEATED: so many of its pair have failed after it */
	uint64_t ranked;               /* the last packet when it took its place in the rank */
	struct session *older, *newer; /* of the same rank, in the order in which they took their places */
	void *conn; /* the analysis' own state of the connection, not for readers */
};

/*
 * Caps that can be reached, one counter each: the finding limit-reached names them. How often is known by
 * the store for HIT_CERTIFICATES (certs_refused), by the key log for HIT_SECRETS, and by the AuthList for the ones
 * of lists.
 */
enum limit {
	HIT_TUNNELS,
	HIT_FRAGMENTS,
	HIT_SAVE_WAITING,
	HIT_HELD,
	HIT_HELD_ALL,
	HIT_HANDSHAKE,
	HIT_CHAIN,
	HIT_CHAINS,
	HIT_CERTIFICATES,
	HIT_SECRETS,
	HIT_STEPS,
	HIT_ALERTS,
	HIT_SESSIONS,
	HIT_MEMORY,
	HIT_LIST,
	HIT_LIST_BYTES,
	HIT_LIST_LINE,
	HIT_LIST_PROBLEMS,
	HIT_MESSAGE_TYPES,
	HIT_CLOCK_HOSTS,
	HIT_PAIRS,
	HIT_TRACE_LINE,
	HIT_TRACE_EVENTS,
	HIT_TRACE_MESSAGES,
	HIT_TRACE_PROCESSES,
	HIT_TRACE_VOTERS,
	HIT_TRACE_ALL,
	HITS
};

/* What was read of a debug trace. */
struct trace_note {
	uint64_t line;
	char text[LIMIT_TRACE_NOTE]; /* its beginning */
};

struct trace_range {
	uint32_t from, to; /* sequence numbers that are missing */
	struct origin at;  /* the line behind them */
};

struct trace_reading {
	uint64_t lines;      /* of the file, blank ones included */
	uint64_t understood; /* logical lines */
	uint64_t repaired;   /* of these, with characters or words taken for others, or wrapped */
	uint64_t strange;    /* not understood */
	uint64_t repeated;   /* read before, in this trace or another, and left out */
	bool stamped;        /* a line has the whole stamp of a controller, whatever it says */
	uint64_t lost;       /* sequence numbers that are missing */
	struct trace_note *notes; /* the first strange ones */
	uint32_t n_notes, room_notes;
	struct trace_range ranges[LIMIT_TRACE_RANGES];
	uint64_t n_ranges;         /* all of them */
	char zone[8];              /* the first time zone that is not known and was taken for UTC; "" = none */
	int64_t first;             /* time of the first line, ORIGIN_NO_TIME without stamps */
	uint32_t handshakes; /* sessions that are in the capture, too; the clocks are compared by them */
	int64_t offset;      /* ns: the trace's clock minus the capture's; 0 without such sessions */
	int64_t spread;      /* ns: the offsets of single messages lie so far around it */
};

struct capture_input {
	char *name;
	char *kind; /* "pcap", "pcapng", "live", "trace", "-" when it could not be read */
	struct trace_reading *trace; /* NULL for captures */
	bool live; /* an interface */
	uint64_t packets, bytes;
	uint64_t first;     /* number of its first packet, 0 = none; not of traces */
	struct origin last; /* the last packet or line read of it; packet 0 = none */
	int64_t dropped; /* by the capturing program or the kernel's buffer; -1 unknown */
	int64_t missed;  /* live: lost by the interface, before the kernel saw them; -1 unknown */
	const char *outage; /* live: why nothing comes at the moment, "is down"; NULL = no reason is known */
	int64_t rate;    /* live: packets a second, over the last seconds; -1 unknown */
	uint32_t snaplen;
	char *error; /* why it could not be read or ended early; NULL when all is well */
	bool truncated; /* damage behind a valid head: `error` is set and tells of it */
};

/* Capturing programs write packets of several interfaces and cores a little out of order; not by so much. */
#define CAPTURE_BACKWARDS NS_PER_S

struct unknown_link {
	uint32_t linktype;
	uint64_t packets;
};

struct capture {
	struct capture_input *inputs;
	uint32_t n_inputs;
	bool redacted; /* addresses and names are tokens */
	uint64_t packets, bytes; /* all of the inputs */
	uint64_t filtered;       /* refused by the user's filter */
	uint64_t nmsp_packets;
	int64_t first, last; /* times; INT64_MIN when there is no packet */
	int64_t until; /* the capture went on at least so long, as an input says; INT64_MIN when none does */
	uint64_t duplicates, gaps, cut_packets; /* of NMSP sessions; sums include evicted ones */
	struct origin first_duplicate;
	uint64_t backwards;       /* times that the clock went back by more than CAPTURE_BACKWARDS in an input */
	int64_t furthest_back;    /* the largest of these steps, nanoseconds */
	struct origin backwards_at; /* the packet behind it */
	size_t largest_wire;      /* bytes of the largest frame of a session on the wire */
	uint64_t malformed;
	uint64_t tcp_other; /* TCP packets on other ports */
	uint64_t udp_other; /* UDP packets on NMSP ports that are no DTLS and belong to no association */
	uint16_t busiest_port; /* of these, the lower port of the first ones seen */
	uint32_t encaps; /* of NMSP packets */
	uint8_t vlan_tags;
	struct unknown_link unknown_links[8];
	uint32_t n_unknown_links;
	uint64_t hits[HITS];
	struct origin first_hit[HITS];
	uint64_t evicted_sessions, evicted_packets, evicted_messages;
};

struct model {
	struct capture capture;
	struct session *first, *last; /* list in order of id */
	struct rank {
		struct session *first, *last;
		uint32_t n;
	} ranks[RANKS];
	uint32_t n_sessions; /* in the list */
	uint32_t next_id;
	struct certs *certs;
	struct clocks *clocks; /* what hosts said in their hellos of the time */
	struct pairs *pairs;   /* who talked to whom */
	struct keylog *keylog; /* NULL when no key log was given and none can come */
	struct keylog *learned; /* master secrets that followed from others and were right */
	struct rsa_keys *rsa_keys; /* NULL when none was given */
	bool keys_may_come;    /* an input may still bring secrets: ciphertext waits for them */
	struct tls_holds waiting; /* ciphertext that waits for them */
	uint64_t gap_work, resumed_tries; /* bytes that may be deciphered behind gaps; tries of all sessions (session_tls) */
	struct authlist authlist;
	size_t memory; /* bytes that the program may take; sessions are given up for it. 0 = no bound */
	uint16_t ports[LIMIT_PORTS]; /* NMSP ports */
	uint32_t n_ports;
	struct addr controller; /* --controller; version 0 when not given */
	struct profile *profile; /* -P; NULL when not given */
	struct profile *builtin; /* assumed-1 */
	bool learns;             /* --learn: assumed-1 is not tried */
	struct framing *framing; /* framing.h: what was learned */
	struct {
		struct nmsp_kept *oldest, *newest; /* of all sessions, session_nmsp.h */
		size_t bytes;
	} messages;
	struct {
		void (*tell)(void *ctx, const struct session *session); /* NULL: nobody wants to know */
		void *ctx;
	} leaving; /* who hears of a session before it is given up; its stream has ended then */
	const struct redact *redact; /* --redact: addresses and names become tokens before they come here; NULL = not */
	size_t trace_bytes; /* of events and names beyond what each session of a trace may keep */
};

struct model *model_new(void);
void model_free(struct model *model); /* NULL is allowed */

/* The time of the report: when the capture ended, as far as known. */
int64_t model_now(const struct model *model);

bool model_is_port(const struct model *model, uint16_t port);

/* Adds an input and returns its index; the name is copied. */
uint32_t model_add_input(struct model *model, const char *name);

/* Addresses and names are tokens, of --redact here or of the capture. */
void model_is_redacted(struct model *model);

/* A packet of a link type that nobody can decode. */
void model_note_unknown_link(struct model *model, uint32_t linktype);

/* A new session at the end of the list; the caller fills in addresses and roles. */
struct session *model_add_session(struct model *model, const struct origin *opened);

/* Tells model->leaving, folds the session's counts into capture.evicted_* and frees it. Its conn must be gone. */
void model_drop_session(struct model *model, struct session *session);

/* What the analysis records. Beyond the caps the event is counted and not kept. */
struct step *model_add_step(struct model *model, struct session *session, const struct step *step);
void model_add_alert(struct model *model, struct session *session, const struct alert_seen *alert);
void model_add_cert(struct model *model, struct session *session, const struct cert_seen *seen); /* takes the reference */
void model_add_icmp(struct session *session, const struct icmp_seen *seen);

/* The session of the trace leaves the list and becomes `traced` of the wire's. */
void model_join(struct model *model, struct session *wire, struct session *trace);

/* Makes room for one more element in an array, which grows by a quarter; `n` of `*room` are used. */
void *model_grow(void *array, uint32_t n, uint32_t *room, size_t size);

/*
 * Captures and traces were read one after the other: numbers the sessions anew in order of their first
 * packet or line. Sessions without times keep their order behind the others.
 */
void model_number_by_time(struct model *model);

/* Forgets what could not be read of the record at the session's place: it is read now, with a late key. */
void model_forget_encrypted(struct session *session);

/* Steps and alerts that were read late go to their place; equal ones keep their order. */
void model_sort_events(struct session *session);

void model_hit(struct model *model, enum limit limit, const struct origin *at);


/* The engine's direction. */
static inline uint8_t session_engine(const struct session *session)
{
	return session->controller ^ 1;
}

#endif
