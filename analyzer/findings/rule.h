/*
 * What the rules share: what is known of the session at hand, and the writing of a finding. Private to
 * findings/. A rule is a pure function that adds no, one or several findings of its row.
 */
#ifndef ANALYZER_FINDINGS_RULE_H
#define ANALYZER_FINDINGS_RULE_H

#include "analyzer/findings/findings.h"

#define RULE_PATIENCE (5 * NS_PER_S) /* the capture must go on so long before "nothing came" is said */

#define RULE_PAIRS 8 /* pairs of hosts that a rule of the capture names one by one */

#define RULE_COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Computed once a session; `session` is NULL for the capture's own rules. */
struct subject {
	const struct model *model;
	const struct session *session;
	int64_t now; /* session_now; of the capture's own rules: time of its last packet */
	enum handshake_state handshake;
	enum session_state state;
	enum client_certificate client_certificate;
	struct session_auth auth;
};

/* A row of the table of findings. */
struct rule {
	const char *id;
	enum severity severity; /* the gravest that it gives */
	void (*run)(const struct subject *subject, const struct rule *rule, struct findings *out);
	unsigned kind; /* what tells rows apart that share a function: an auth_prediction, a date fault */
};

/* A new finding of the row, with its id and severity; in a full list the last one is written anew. */
struct finding *rule_finding(const struct rule *rule, struct findings *out);

/*
 * Text of a finding, cut to fit. rule_cause appends a sentence, rule_advice adds one; rule_command adds
 * "where: command", several commands with "; " between them.
 */
__attribute__((format(printf, 2, 3))) void rule_summary(struct finding *finding, const char *format, ...);
__attribute__((format(printf, 2, 3))) void rule_cause(struct finding *finding, const char *format, ...);
__attribute__((format(printf, 2, 3))) void rule_advice(struct finding *finding, const char *format, ...);
__attribute__((format(printf, 3, 4))) void rule_command(struct finding *finding, const char *where,
                                                        const char *format, ...);

/* A ping of the largest packet to the controller: does the path carry it? Nothing without addresses. */
void rule_path_mtu(const struct session *session, struct finding *finding);

/* Cites a packet or line in its place; none (packet 0), a repeated one, or one too many is left out. */
void rule_evidence(struct finding *finding, const struct origin *at);

/* "engine" or "controller": who sends in this direction. */
const char *rule_side(const struct session *session, uint8_t dir);

/* "packet 12", or "line 12" of a trace. Returns `text`. */
#define RULE_TEXT 48
const char *rule_place(const struct origin *at, char text[RULE_TEXT]);

/* "12 us", "3.2 ms", "61 days". `ns` below 0 counts as 0. Returns `text`. */
const char *rule_duration(int64_t ns, char text[RULE_TEXT]);

/* "2025-12-31 23:59:59 UTC"; seconds since 1970. Returns `text`. */
const char *rule_date(int64_t seconds, char text[RULE_TEXT]);

/* "certificate_unknown(46)". Returns `text`. */
const char *rule_alert(uint8_t code, char text[RULE_TEXT]);

/* "MAC 00:50:56:9c:34:89" of the certificate, or why it is not known. Returns `text`. */
const char *rule_mac(const struct cert *cert, char text[RULE_TEXT]);

/* "the engine 10.1.1.5 and the controller 10.1.1.9". Returns `text`. */
#define RULE_PAIR 128
const char *rule_pair(const struct session *session, char text[RULE_PAIR]);

/* "1 place", "2 places"; the noun forms its plural with s. Returns `text`. */
const char *rule_count(uint64_t n, const char *noun, char text[RULE_TEXT]);

/* Adds an item to a list in words, behind the separator unless it is the first; cut to the room of the list.
 */
void rule_list(char *list, size_t room, const char *separator, const char *item);

/* "closed by the engine (RST)" or "still open". Returns `text`. */
const char *rule_close(const struct session *session, char text[RULE_TEXT]);

/* The last handshake step before an event, by order of reading; NULL when there is none. */
const struct step *rule_step_before(const struct session *session, const struct origin *at);

/* A finding of severity error cites this packet. */
bool rule_cited(const struct findings *findings, const struct origin *at);

/* "engine 10.1.1.5 port 40000" of a direction. */
#define RULE_ENDPOINT 96
const char *rule_endpoint(const struct session *session, uint8_t dir, char text[RULE_ENDPOINT]);

/* "port unreachable"; and whether the time to live ran out. */
const char *rule_icmp_name(const struct icmp_seen *icmp);
bool rule_icmp_exceeded(const struct icmp_seen *icmp);

/* udp.c */
void udp_unanswered(const struct subject *subject, const struct rule *rule, struct findings *out);
void udp_refused(const struct subject *subject, const struct rule *rule, struct findings *out);

/* tcp.c */
void tcp_unanswered(const struct subject *subject, const struct rule *rule, struct findings *out);
void tcp_refused(const struct subject *subject, const struct rule *rule, struct findings *out);
void tcp_no_tls(const struct subject *subject, const struct rule *rule, struct findings *out);

/* tcp_path.c */

/* An established connection ended by RST, without a goodbye before it or a fault that explains it. */
bool tcp_path_is_reset(const struct subject *subject);

/*
 * The side's first segment of its largest size is sent again and again and never acknowledged, so that none
 * so large ever arrived, while the other side was heard behind it, or a router said why.
 */
bool tcp_path_stuck(const struct session *session, uint8_t dir);

void tcp_path_reset(const struct subject *subject, const struct rule *rule, struct findings *out);
void tcp_path_mtu(const struct subject *subject, const struct rule *rule, struct findings *out);
void tcp_path_zero_window(const struct subject *subject, const struct rule *rule, struct findings *out);
void tcp_path_retransmissions(const struct subject *subject, const struct rule *rule, struct findings *out);

/* tls.c */
void tls_not_tls(const struct subject *subject, const struct rule *rule, struct findings *out);
void tls_stalled(const struct subject *subject, const struct rule *rule, struct findings *out);
void tls_empty_certificate(const struct subject *subject, const struct rule *rule, struct findings *out);
void tls_no_certificate_request(const struct subject *subject, const struct rule *rule, struct findings *out);

/* keys.c */
void keys_missing(const struct subject *subject, const struct rule *rule, struct findings *out);
void keys_wrong(const struct subject *subject, const struct rule *rule, struct findings *out);

/* alert.c */

/*
 * "1.0 s after the engine's certificate", without the time where none was measured, or that the capture does
 * not hold the step. Returns `text`.
 */
#define ALERT_PLACE 96
const char *alert_place(const struct session *session, const struct alert_seen *alert, char text[ALERT_PLACE]);

/* What to do about an alert of this code; nothing where the code alone does not tell. */
void alert_advise(uint8_t code, struct finding *finding);

void alert_fatal(const struct subject *subject, const struct rule *rule, struct findings *out);

/* offer.c */
void offer_version(const struct subject *subject, const struct rule *rule, struct findings *out);
void offer_no_shared_cipher(const struct subject *subject, const struct rule *rule, struct findings *out);

/* weak.c */
void weak_tls(const struct subject *subject, const struct rule *rule, struct findings *out);

/* clock.c */

/* Adds what the hellos say of the two clocks to the cause, when they say anything. */
void clock_tell(const struct subject *subject, struct finding *finding);

void clock_behind(const struct subject *subject, const struct rule *rule, struct findings *out); /* of the capture */
void clock_of_judge(const struct subject *subject, const struct rule *rule, struct findings *out);

/* flapping.c */
void flapping_pairs(const struct subject *subject, const struct rule *rule, struct findings *out); /* of the capture */

/* auth.c */
void auth_rejected(const struct subject *subject, const struct rule *rule, struct findings *out);
void auth_accepted_unlisted(const struct subject *subject, const struct rule *rule, struct findings *out);

/* auth_list.c */

/* The alert speaks of a list of allowed keys, or leaves its reason open. */
bool auth_list_is_meant(uint8_t code);

/* The list that was given is at fault about the session's certificate, so that it would be rejected. */
bool auth_list_rejects(const struct subject *subject);

/* Adds the detail of a decision to the cause, as a sentence. */
void auth_list_detail(const struct auth_decision *decision, struct finding *finding);

/* Adds the lines to paste, and the other way. */
void auth_list_cure(const struct subject *subject, struct finding *finding);

void auth_list_fault(const struct subject *subject, const struct rule *rule, struct findings *out);
void auth_list_beside(const struct subject *subject, const struct rule *rule, struct findings *out);
void auth_list_duplicate(const struct subject *subject, const struct rule *rule, struct findings *out);
void auth_list_comparison(const struct subject *subject, const struct rule *rule,
                          struct findings *out); /* of the capture */

/* cert.c; kind of cert_dates is a bool: not yet valid */
void cert_dates(const struct subject *subject, const struct rule *rule, struct findings *out);
void cert_expires_soon(const struct subject *subject, const struct rule *rule, struct findings *out);

/* capture.c */
void capture_one_sided(const struct subject *subject, const struct rule *rule, struct findings *out);
void capture_gaps(const struct subject *subject, const struct rule *rule, struct findings *out);
void capture_cut_packets(const struct subject *subject, const struct rule *rule, struct findings *out);
void exchange_wrong_side(const struct subject *subject, const struct rule *rule, struct findings *out);
void exchange_unasked(const struct subject *subject, const struct rule *rule, struct findings *out);
void capture_redacted(const struct subject *subject, const struct rule *rule, struct findings *out);
void capture_midstream(const struct subject *subject, const struct rule *rule, struct findings *out);
void capture_truncated(const struct subject *subject, const struct rule *rule, struct findings *out);
void capture_no_nmsp(const struct subject *subject, const struct rule *rule, struct findings *out);
void capture_limit_reached(const struct subject *subject, const struct rule *rule, struct findings *out);

/* match.c */
void match_time_skew(const struct subject *subject, const struct rule *rule, struct findings *out);
void match_apart(const struct subject *subject, const struct rule *rule, struct findings *out);
void match_disagree(const struct subject *subject, const struct rule *rule, struct findings *out);

/* trace.c; the first three write what is special to sessions of a trace into a finding of another family */
void trace_rejected(const struct subject *subject, struct finding *finding);
void trace_midstream(const struct subject *subject, struct finding *finding);
void trace_no_session(const struct subject *subject, struct finding *finding);
void trace_lines_lost(const struct subject *subject, const struct rule *rule, struct findings *out);

/* offload.c */
void offload_seen(const struct subject *subject, const struct rule *rule,
                  struct findings *out); /* of the capture */

/* trust.c */
void trust_conflict(const struct subject *subject, const struct rule *rule, struct findings *out);
void trust_dropped(const struct subject *subject, const struct rule *rule, struct findings *out);
void trust_duplicates(const struct subject *subject, const struct rule *rule, struct findings *out);
void trust_clock_jump(const struct subject *subject, const struct rule *rule, struct findings *out);

/* nmsp.c */

/* The framing is known, every message was read, and both sides sent some. */
bool nmsp_whole(const struct subject *subject);

/* What to do about echoes without an answer. */
void nmsp_advise_echo(struct finding *finding);

/* inferred.c: echo-silent and echo-missed of a session that nobody can read. */
void inferred_echo_silent(const struct subject *subject, const struct rule *rule, struct findings *out);
void inferred_echo_missed(const struct subject *subject, const struct rule *rule, struct findings *out);

void nmsp_malformed(const struct subject *subject, const struct rule *rule, struct findings *out);
void nmsp_framing_unknown(const struct subject *subject, const struct rule *rule, struct findings *out);
void nmsp_echo_silent(const struct subject *subject, const struct rule *rule, struct findings *out);
void nmsp_echo_missed(const struct subject *subject, const struct rule *rule, struct findings *out);
void nmsp_echo_none(const struct subject *subject, const struct rule *rule, struct findings *out);
void nmsp_echo_slow(const struct subject *subject, const struct rule *rule, struct findings *out);

/* request.c */
void request_unanswered(const struct subject *subject, const struct rule *rule, struct findings *out);
void request_refused(const struct subject *subject, const struct rule *rule, struct findings *out);
void request_no_subscription(const struct subject *subject, const struct rule *rule, struct findings *out);
void request_not_capable(const struct subject *subject, const struct rule *rule, struct findings *out);

#endif
