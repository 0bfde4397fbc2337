/*
 * What is shown: column tables with typed getters over the const model.
 *
 * A table is a list of columns; a column has a JSON key, a label for people, and a getter or a nested table.
 * The renderers (text, json) are loops over these tables and know nothing of sessions. A new column is one
 * row and one getter. What follows from a session is computed once, when its row is opened. Texts may hold
 * captured bytes: the renderers escape them.
 */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "analyzer/checklist.h"
#include "analyzer/findings/findings.h"
#include "analyzer/infer.h"
#include "analyzer/sandbox.h"
#include "analyzer/echo.h"
#include "analyzer/session.h"
#include "dissect/fields.h"
#include "ui/filter.h"

#define VIEW_VERSION "0.1.0"
#define VIEW_SCHEMA  1

/* ---- values ---- */

enum value_kind {
	VALUE_NULL,     /* unknown, or does not apply */
	VALUE_TEXT,     /* text */
	VALUE_COUNT,    /* count */
	VALUE_BOOL,     /* yes */
	VALUE_TIME,     /* ns since 1970-01-01 UTC */
	VALUE_DATE,     /* seconds since 1970-01-01 UTC; reaches further than VALUE_TIME */
	VALUE_DURATION, /* ns */
	VALUE_OFFSET,   /* ns since the session's first packet, shown in seconds so that a column lines up */
	VALUE_MAC,      /* mac, 6 bytes */
	VALUE_ADDR,     /* addr */
	VALUE_ENDPOINT, /* addr and port */
	VALUE_BYTES,    /* bytes, shown in hex */
	VALUE_CODE,     /* code, shown as 0x2180 */
	VALUE_STRING,   /* bytes, shown as text */
};

/* Borrows from the model, the view or constants; valid until the next session is opened. */
struct value {
	enum value_kind kind;
	bool inferred; /* not measured: people are told so */
	union {
		const char *text;
		uint64_t count;
		bool yes;
		int64_t ns;
		int64_t seconds;
		uint8_t mac[6];
		const struct addr *addr;
		struct span bytes;
		uint16_t code;
	};
	uint16_t port;
};

struct value view_null(void);
struct value view_text(const char *text); /* NULL and "" give a null value */
struct value view_count(uint64_t count);
struct value view_bool(bool yes);
struct value view_input(const struct model *model, uint32_t input); /* its name; "-" is told in words */
struct value view_mac(const uint8_t mac[6]);
struct value view_time(const struct origin *at);   /* null without a packet or a known time */
struct value view_packet(const struct origin *at); /* its number; null when it is a line */
struct value view_line(const struct origin *at);   /* the number of a line of a trace; else null */
struct value view_side(const struct session *session, uint8_t dir); /* "engine" or "controller" */

/* The end of a counted noun: "" for one, "s" for any other number. */
const char *view_plural(uint64_t n);

/* ---- tables ---- */

struct view;
struct view_session;

/* Where a getter stands. */
struct row {
	struct view *view;
	struct view_session *session; /* NULL outside of sessions */
	const void *item;             /* what the innermost list is about; its type belongs to the table */
	size_t index;                 /* in the innermost list */
};

enum column_shape {
	COLUMN_VALUE,   /* get */
	COLUMN_OBJECT,  /* table, of the same row */
	COLUMN_LIST,    /* table, a row per item */
	COLUMN_STRINGS, /* table of one column, a value per item */
};

/* Lines of -o jsonl; a column stands in those whose bits it has. */
enum view_line {
	LINE_HEAD = 1 << 0,     /* every line about a session */
	LINE_STATE = 1 << 1,    /* its state has changed */
	LINE_VERDICT = 1 << 2,
	LINE_DECISION = 1 << 3, /* of the AuthList */
	LINE_SUMMARY = 1 << 4,  /* once an interval; its columns look at what view_session_judge computes */
};

struct table;

struct column {
	const char *key;   /* JSON, NULL = not there */
	const char *label; /* for people, NULL = not there */
	unsigned verbose;  /* shown to people from this many -v on */
	bool hide_zero;    /* people are not shown a count of 0 */
	bool path;         /* people are shown the end of it where the page is too narrow */
	bool on_request;   /* JSON: only there when the view lists messages */
	unsigned lines;    /* enum view_line; only looked at in view_sessions */
	bool on_verbose;   /* JSON: only there with -v */
	bool not_in_lines; /* JSON: only there in the whole report, not in -o jsonl */
	enum column_shape shape;
	struct value (*get)(const struct row *row);
	const struct table *table;
};

struct table {
	const struct column *columns;
	size_t n_columns;
	size_t (*count)(const struct row *parent); /* rows; NULL for the table of an object */
	void (*open)(const struct row *parent,
	             struct row *row); /* sets row->item by row->index; may be NULL */
};

#define TABLE_OF(list) .columns = (list), .n_columns = sizeof(list) / sizeof((list)[0])

size_t view_rows(const struct table *table, const struct row *parent);

/* Opens row i. Opening a row of view_sessions computes all of that session and closes the one before. */
struct row view_row(const struct table *table, const struct row *parent, size_t i);

/* ---- the view of one analysis ---- */

/* A line of the timeline: a handshake step, an alert, a TCP event, or what a trace says. */
struct view_event {
	struct origin at;
	bool has_dir; /* the direction is known */
	uint8_t dir;
	bool alert;
	const struct step *step; /* NULL for others */
	const struct trace_event *traced; /* what a trace says that is no step and no alert, else NULL */
	uint64_t place;          /* what the timeline is sorted by: the packet, for steps never going back */
	size_t order;            /* of being added, so that sorting keeps it in one place */
	char text[120];
};

#define VIEW_EVENTS (LIMIT_STEPS + LIMIT_ALERTS + LIMIT_SYNS + LIMIT_ICMP + LIMIT_TRACE_EVENTS + 16)

#define VIEW_TRUST 10

/* One session with everything that follows from it. */
struct view_session {
	const struct session *session;
	enum session_state state;
	enum handshake_state handshake;
	struct session_auth auth;
	struct auth_fix fix;
	struct findings findings;
	struct checklist checklist;
	char community_id[COMMUNITY_ID];
	char verdict[VERDICT_TEXT];
	struct session_decryption decryption;
	struct infer_found inferred;  /* from sizes and times of closed records */
	struct session_quiet quiet;   /* who went quiet first, measured or inferred */
	struct echo_moment line[LIMIT_ECHO_LINE]; /* the latest echoes, measured or inferred */
	uint32_t n_line;
	struct view_event events[VIEW_EVENTS];
	size_t n_events;
	int64_t clock; /* ns: the trace's clock minus the capture's, where both show the session; else 0 */
	char trust[VIEW_TRUST][160]; /* sentences */
	size_t n_trust;
};

#define VIEW_DIGEST_FINDINGS 12 /* the gravest ones */
#define VIEW_RATES           8

/* What the overview needs of every session. */
struct view_digest {
	const struct session *session;
	const char *gravest; /* id of the gravest finding, NULL when none */
	enum severity severity;
	struct findings_set findings;
	/* Only filled in by digests.c: */
	bool known; /* the rest is; false until the session's turn has come */
	uint32_t n_findings; /* all of them */
	struct {
		const char *id;
		enum severity severity;
	} found[VIEW_DIGEST_FINDINGS]; /* the gravest ones */
	enum auth_observed observed;
	bool observed_inferred;
	enum auth_prediction predicted;
	uint32_t rates[VIEW_RATES]; /* bytes in each of the last seconds, the latest last */
	uint64_t counted;           /* bytes of the session at the end of these */
	/* The answer of the screen's filter: screen_filter.c. */
	uint32_t asked; /* number of that filter, 0 = none */
	bool listed;    /* it holds */
	bool stale;     /* the session has changed since */
};

/* Of a session and its findings. */
struct view_digest view_digest_of(const struct session *session, const struct findings *findings);

struct view {
	const struct model *model;
	struct view_digest *digests; /* the sessions that are shown, in order of id */
	size_t n_digests;
	size_t n_hidden; /* sessions that the filter hides */
	char *filter;    /* its printed form, NULL without one */
	struct findings capture;  /* findings of the capture as a whole */
	struct view_session open; /* the session that is being shown */
	char scratch[640];        /* a text that a getter puts together, until the next one does */
	bool list_messages;       /* --messages */
	bool verbose;             /* -v */
	bool lines;               /* for -o jsonl */
	const struct sandbox_state *privileges; /* NULL: not known */
	struct fields fields;     /* of the message that is being shown */
	struct auth_decision comparison; /* of the row of view_comparison that was opened last */
	struct addr addr;         /* an address that a getter puts together, until the next one does */
};

/*
 * `only`: the one session to show, 0 for all. `filter`: of these, the ones that it holds for; NULL or an empty one
 * hides none. Free with view_free.
 */
struct view *view_new(const struct model *model, uint32_t only, const struct filter *filter);
void view_free(struct view *view); /* NULL is allowed */

/* A view that shows no session until one is opened; for whoever looks at one after the other. */
struct view *view_bare(const struct model *model);

/*
 * Computes into view->open what is thought of a session: state, decision, findings, verdict, and its Community ID.
 * The rest of view->open is that of the session before.
 */
void view_session_judge(struct view *view, const struct session *session);

/* Computes all that follows from a session into view->open; called by the table of sessions. */
void view_session_open(struct view *view, const struct session *session);

/* The row from which everything is reached. */
struct row view_root(struct view *view);

/* A shown session, or the capture, has a finding of severity error: exit status 1. */
bool view_has_error(const struct view *view);

/* ---- the tables ---- */

extern const struct table view_report; /* everything, in the order of design.md section 8 */
extern const struct table view_privileges; /* what the program gave up before it read */
extern const struct table view_capture_inputs;
extern const struct table view_capture;
extern const struct table view_capture_encapsulation; /* names; the item is a bit set, uint32_t */
extern const struct table view_capture_authlists;
extern const struct table view_capture_list_problems; /* of the list that is the item */
extern const struct table view_comparison; /* engines against controllers, by the texts alone */
extern const struct table view_sessions;
extern const struct table view_overview; /* for people: a line per session, without opening it */
extern const struct table view_tls;
extern const struct table view_offered;     /* by the ClientHello */
extern const struct table view_sizes;       /* what they tell of TLS 1.3 without keys */
extern const struct table view_chosen;      /* by the ServerHello, beside version and suite */
extern const struct table view_request;     /* the controller's certificate request */
extern const struct table view_authorities; /* ... the CA names in it */
extern const struct table view_certificates;
extern const struct table view_auth;
extern const struct table view_auth_fix;
extern const struct table view_entry; /* of the AuthList, that the decision here rests on */
extern const struct table view_checklist;
extern const struct table view_findings;        /* of the session, or of the capture outside of sessions */
extern const struct table view_finding_name;    /* of the finding that is the item: its id alone */
extern const struct table view_findings_advice; /* of the finding that is the item */
extern const struct table view_findings_evidence;
extern const struct table view_timeline; /* for people: steps, alerts and TCP events by packet */
extern const struct table view_timeline_trace; /* where a trace tells of it: lines, printed states */
extern const struct table view_traces;       /* for people: how each trace was read */
extern const struct table view_trace_remarks; /* of the trace that is the item: sentences */
extern const struct table view_trace_notes;  /* of the trace that is the item: lines not understood */
extern const struct table view_framing;
extern const struct table view_echo;
extern const struct table view_inferred;       /* what sizes and times of closed records tell */
extern const struct table view_inferred_sizes; /* ... by direction and size */
extern const struct table view_inferred_rivals; /* ... pairs in a rhythm that are not taken for the echo */
extern const struct table view_capabilities;
extern const struct table view_subscriptions;
extern const struct table view_service_changes; /* capabilities and subscriptions over time */
extern const struct table view_messages;       /* by type and direction */
extern const struct table view_message_rates;  /* the same with rates, for the screen */
extern const struct table view_message_list;   /* one by one, as far as they are kept */
extern const struct table view_message_fields; /* of the message whose row was opened last */
extern const struct table view_trust;    /* for people: sentences on how far the capture can be trusted */

/* The MAC address of an entry, or its text where it is damaged. */
struct value view_entry_mac(const struct authtext_token *token);

/* "wlc.txt line 4"; NULL gives a null value. */
struct value view_entry_place(const struct row *row, const struct authlist_entry *of);

/* The latest echoes one by one into view->open; of the model's, or else inferred. */
void view_echo_open(struct view_session *session, int64_t now);

/* The name of a message type by the session's framing, else TYPE_<n>. */
struct value view_messages_type(const struct row *row, uint32_t type);

/* The same with a mark when the name is not published: "LOCATION_REQUEST (assumed)". */
struct value view_messages_type_marked(const struct row *row, uint32_t type);

/* The name of the chosen version, NULL when none was seen. */
const char *view_tls_version(const struct session *of);

/* Fill in events and trust; called when a session is opened. */
void view_timeline_build(struct view_session *session);
void view_trust_build(struct view_session *session);

/* Their part for a session that a trace shows, alone or beside the packets. */
void view_trace_events(struct view_session *session);
void view_trace_trust(struct view_session *session);

/* The line that prints this step of the wire; NULL when there is none, or no step. */
const struct origin *view_trace_printed(const struct session *session, const struct step *step);

/* The session as the trace has it: itself, or its part in the trace; NULL when it is of the wire alone. */
const struct session *view_trace_session(const struct session *session);

/* Adds an event to the timeline; NULL when there is no such packet or line, or no room. */
struct view_event *view_timeline_add(struct view_session *session, const struct origin *at, uint8_t dir);
__attribute__((format(printf, 2, 3))) void view_trust_say(struct view_session *session, const char *format,
                                                          ...);

#endif
