/*
 * The samples' plots; see scenarios.h. Called by generate.c, scenarios_plan also by the benchmarks. Every
 * time is counted from the stage's start, so that a new capture has the times of the old one.
 */
#include "samples/scenarios.h"

#include "analyzer/origin.h"
#include "samples/scenarios_bare.h"
#include "samples/scenarios_dtls.h"
#include "samples/scenarios_nmsp.h"
#include "samples/scenarios_tcp.h"
#include "samples/scenarios_tls.h"
#include "samples/work.h"

#include <stdlib.h>

enum { NMSP_PORT = 16113, SMALL_MSS = 536, IPV6_MSS = 1440, ECHOES = 4 };

#define TLS12_CIPHERS                                                                                        \
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-GCM-SHA256:"       \
	"AES128-SHA"
#define TLS10_CIPHERS "AES128-SHA:@SECLEVEL=0" /* OpenSSL 3 speaks TLS 1.0 and 1.1 on no other level */
#define TLS11_CIPHERS "ECDHE-RSA-AES256-SHA:@SECLEVEL=0"

/* ---- who plays -------------------------------------------------------------------------------------- */

struct scenarios_cast scenarios_cast(void)
{
	static const struct tlspeer_validity valid = {"20200101000000Z", "20401231235959Z"};
	static const struct tlspeer_validity past = {"20201231000000Z", "20251231235959Z"};
	struct scenarios_cast cast = {
	    .ca = tlspeer_identity("Wireless Private CA", NULL, true, valid),
	    .engine = tlspeer_identity(MESSAGES_ENGINE_NAME, NULL, false, valid),
	    .other = tlspeer_identity("cmx-0050569c4177", NULL, false, valid),
	};
	cast.controller = tlspeer_identity(MESSAGES_CONTROLLER_NAME, &cast.ca, false, valid);
	cast.expired = tlspeer_renewed(&cast.engine, past);
	return cast;
}

void scenarios_cast_free(struct scenarios_cast *cast)
{
	tlspeer_identity_free(&cast->ca);
	tlspeer_identity_free(&cast->controller);
	tlspeer_identity_free(&cast->engine);
	tlspeer_identity_free(&cast->expired);
	tlspeer_identity_free(&cast->other);
}

struct session_plan scenarios_plan(const struct scenarios_stage *stage)
{
	return (struct session_plan){
	    .host = {{.mac = {0x00, 0x50, 0x56, 0x9c, 0x34, 0x89},
	              .ip = {.version = 4, .bytes = {10, 10, 20, 5}},
	              .port = stage->port},
	             {.mac = {0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0x01},
	              .ip = {.version = 4, .bytes = {10, 10, 30, 10}},
	              .port = NMSP_PORT}},
	    .start = stage->start,
	    .tls = {.version = TLS1_2_VERSION,
	            .ciphers = TLS12_CIPHERS,
	            .engine = &stage->cast->engine,
	            .controller = &stage->cast->controller,
	            .ca = &stage->cast->ca,
	            .request = true,
	            .verdict = X509_V_OK,
	            .ticket = true,
            .keylog = stage->keys},
	};
}

static struct session_plan plan_tls10(const struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.version = TLS1_VERSION;
	plan.tls.ciphers = TLS10_CIPHERS;
	plan.tls.ticket = false;
	return plan;
}

static struct session_plan plan_rejected(const struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.verdict = TLSPEER_REJECT;
	return plan;
}

/* ---- the plots they share --------------------------------------------------------------------------- */

static void must_accept(struct session *session)
{
	if (session_handshake(session))
		return;
	fputs("samples: a handshake that should succeed failed\n", stderr);
	exit(2);
}

/* The handshake, and what follows when it succeeds; the session stays open. */
static void play_accepted(struct session *session)
{
	must_accept(session);
	work_start(session);
	work_echo(session, ECHOES);
	session_wait(session, NS_PER_S);
}

/* A handshake that the controller breaks off: its alert, then the close. */
static void play_rejected(struct session *session)
{
	if (session_handshake(session)) {
		fputs("samples: a handshake that should fail succeeded\n", stderr);
		exit(2);
	}
	wire_close(&session->talk, 1);
}

static void accept_plan(struct scenarios_stage *stage, const struct session_plan *plan)
{
	struct session session = session_new(&stage->wire, plan);
	play_accepted(&session);
	session_free(&session);
}

static void accept_and_close(struct scenarios_stage *stage, const struct session_plan *plan)
{
	struct session session = session_new(&stage->wire, plan);
	play_accepted(&session);
	session_close(&session, 0);
	session_free(&session);
}

static void reject_plan(struct scenarios_stage *stage, const struct session_plan *plan)
{
	struct session session = session_new(&stage->wire, plan);
	play_rejected(&session);
	session_free(&session);
}

/* ---- the samples ------------------------------------------------------------------------------------ */

static void rejected(struct scenarios_stage *stage)
{
	struct session_plan plan = plan_rejected(stage);
	reject_plan(stage, &plan);
}

static void accepted_tls10(struct scenarios_stage *stage)
{
	struct session_plan plan = plan_tls10(stage);
	accept_and_close(stage, &plan);
}

static void accepted_tls12(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	accept_plan(stage, &plan);
}

static void accepted_tls13(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.version = TLS1_3_VERSION;
	accept_and_close(stage, &plan);
}

static void empty_certificate(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.engine = &stage->cast->nobody;
	reject_plan(stage, &plan);
}

static void no_request(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.request = false;
	accept_and_close(stage, &plan);
}

static void expired(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.engine = &stage->cast->expired;
	plan.tls.verdict = X509_V_ERR_CERT_HAS_EXPIRED;
	reject_plan(stage, &plan);
}

static void midway(struct scenarios_stage *stage)
{
	accepted_tls12(stage);
	wire_lose_before(&stage->wire, stage->wire.n / 2);
}

static void reorder_loss(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = session_new(&stage->wire, &plan);
	session.talk.mss = SMALL_MSS;
	session.talk.seq[1] = 0xfffffb00; /* so that the numbers wrap within the handshake */
	play_accepted(&session);
	session_close(&session, 0);
	session_free(&session);
	struct wire *wire = &stage->wire;
	/* application data goes; ServerHello comes third, the end of the engine's flight first */
	wire_lose(wire, wire_find(wire, 1, 9));
	wire_move(wire, wire_find(wire, 1, 0), wire_find(wire, 1, 2));
	wire_move(wire, wire_find(wire, 0, 3), wire_find(wire, 0, 1));
}

static void lost_certificate(struct scenarios_stage *stage)
{
	struct session_plan plan = plan_rejected(stage);
	struct session session = session_new(&stage->wire, &plan);
	session.talk.mss = SMALL_MSS;
	play_rejected(&session);
	session_free(&session);
	size_t second = 2; /* of the flight; 0 is the ClientHello */
	wire_lose(&stage->wire, wire_find(&stage->wire, 0, second));
}

static void qinq(struct scenarios_stage *stage)
{
	rejected(stage);
	wire_wrap(&stage->wire, WRAP_QINQ);
}

static void erspan(struct scenarios_stage *stage)
{
	accepted_tls12(stage);
	wire_wrap(&stage->wire, WRAP_ERSPAN2);
}

static void ipv6(struct scenarios_stage *stage)
{
	static const struct addr engine = {6, {0x20, 0x01, 0x0d, 0xb8, 0, 0x20, [15] = 0x05}};
	static const struct addr controller = {6, {0x20, 0x01, 0x0d, 0xb8, 0, 0x30, [15] = 0x10}};
	struct session_plan plan = plan_rejected(stage);
	plan.host[0].ip = engine;
	plan.host[1].ip = controller;
	struct session session = session_new(&stage->wire, &plan);
	session.talk.mss = IPV6_MSS;
	play_rejected(&session);
	session_free(&session);
}

static void syn_unanswered(struct scenarios_stage *stage)
{
	static const int seconds[] = {0, 1, 3, 7};
	struct session_plan plan = scenarios_plan(stage);
	struct wire_conversation talk = wire_conversation(&stage->wire, plan.host, plan.start);
	for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
		talk.now = stage->start + seconds[i] * NS_PER_S;
		wire_segment(&talk, 0, TCP_SYN, span_of(NULL, 0));
		wire_rewind(&talk, 0, 1);
	}
}

static void refused(struct scenarios_stage *stage)
{
	for (uint16_t i = 0; i < 3; i++) {
		struct session_plan plan = scenarios_plan(stage);
		plan.host[0].port = (uint16_t)(stage->port + i);
		plan.start += i * 5 * NS_PER_S;
		struct wire_conversation talk = wire_conversation(&stage->wire, plan.host, plan.start);
		talk.seq[1] = 0; /* RFC 9293 section 3.10.7.1 */
		wire_segment(&talk, 0, TCP_SYN, span_of(NULL, 0));
		wire_segment(&talk, 1, TCP_RST | TCP_ACK, span_of(NULL, 0));
	}
}

static void one_sided(struct scenarios_stage *stage)
{
	rejected(stage);
	wire_lose_dir(&stage->wire, 1);
}

static void cut(struct scenarios_stage *stage)
{
	rejected(stage);
	wire_snap(&stage->wire, 96);
}

static void stalled(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct session session = session_new(&stage->wire, &plan);
	wire_open(&session.talk);
	session_step(&session, 0);
	session_step(&session, 1);
	session_wait(&session, 20 * NS_PER_S);
	wire_close(&session.talk, 1);
	session_free(&session);
}

static void not_tls(struct scenarios_stage *stage)
{
	static const char request[] =
	    "GET / HTTP/1.1\r\nHost: 10.10.30.10:16113\r\nUser-Agent: curl/7.88.1\r\n"
	    "Accept: */*\r\n\r\n";
	struct span bytes = span_of(request, sizeof request - 1);
	struct session_plan plan = scenarios_plan(stage);
	struct session session = session_new(&stage->wire, &plan);
	wire_open(&session.talk);
	wire_send(&session.talk, 0, bytes);
	tlspeer_give(session.tls, 1, bytes);
	session_step(&session, 1);
	wire_close(&session.talk, 1);
	session_free(&session);
}

static void no_tls(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	struct wire_conversation talk = wire_conversation(&stage->wire, plan.host, plan.start);
	wire_open(&talk);
	talk.now += 15 * NS_PER_S;
	wire_keepalive(&talk, 1);
	talk.now += 15 * NS_PER_S;
	wire_close(&talk, 0);
}

static void accepted_tls11(struct scenarios_stage *stage)
{
	struct session_plan plan = scenarios_plan(stage);
	plan.tls.version = TLS1_1_VERSION;
	plan.tls.ciphers = TLS11_CIPHERS;
	accept_and_close(stage, &plan);
}

static void rejected_tls13(struct scenarios_stage *stage)
{
	struct session_plan plan = plan_rejected(stage);
	plan.tls.version = TLS1_3_VERSION;
	reject_plan(stage, &plan);
}

/* Hour and port follow from the place in this table: new rows go to its end. */
const struct scenarios_row scenarios_all[] = {
    {"wrong-hash", "the list holds the engine's MAC with another key's hash", rejected, LISTS_WRONG_HASH,
     SCENARIOS_NO_KEYS},
    {"unlisted-mac", "the list holds other engines", rejected, LISTS_OTHER_MACS, SCENARIOS_NO_KEYS},
    {"rejected", "the list's hash has a letter O for a 0", rejected, LISTS_DAMAGED, SCENARIOS_NO_KEYS},
    {"accepted-tls10", "TLS 1.0 with static RSA, accepted", accepted_tls10, LISTS_RIGHT_SHA1,
     SCENARIOS_KEYS_BESIDE},
    {"accepted-tls12", "TLS 1.2, accepted and still open", accepted_tls12, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"accepted-tls13", "TLS 1.3, accepted", accepted_tls13, LISTS_RIGHT_PEM, SCENARIOS_KEYS_BESIDE},
    {"empty-certificate", "the engine answers with no certificate", empty_certificate, LISTS_RIGHT,
     SCENARIOS_NO_KEYS},
    {"no-request", "the controller asks for no certificate", no_request, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"expired", "the engine's certificate is out of date", expired, LISTS_RIGHT, SCENARIOS_NO_KEYS},
    {"midway", "the capture begins after the handshake", midway, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"reorder-loss", "segments out of order, one lost", reorder_loss, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"lost-certificate", "a segment of the engine's certificate is missing", lost_certificate, LISTS_RIGHT,
     SCENARIOS_NO_KEYS},
    {"qinq", "rejected, behind two VLAN tags", qinq, LISTS_WRONG_HASH, SCENARIOS_NO_KEYS},
    {"erspan", "accepted, mirrored through ERSPAN type II", erspan, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"ipv6", "rejected over IPv6, the hash stands under another MAC", ipv6, LISTS_MOVED_HASH,
     SCENARIOS_NO_KEYS},
    {"syn-unanswered", "nobody answers the engine's SYN", syn_unanswered, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"refused", "the controller refuses three connections", refused, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"one-sided", "rejected, only the engine's packets are there", one_sided, LISTS_WRONG_HASH,
     SCENARIOS_NO_KEYS},
    {"cut", "rejected, 96 bytes of each packet are there", cut, LISTS_WRONG_HASH, SCENARIOS_NO_KEYS},
    {"stalled", "the engine never answers the ServerHelloDone", stalled, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"not-tls", "the engine's side speaks HTTP", not_tls, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"no-tls", "connected, not one byte is sent", no_tls, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"echo-missed", "3 of 8 echo requests unanswered, then silence", scenarios_echo_missed, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"unknown-framing", "accepted, messages with another header", scenarios_unknown_framing, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"plaintext", "NMSP without TLS", scenarios_plaintext, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"dsb", "accepted, the keys are inside the capture", accepted_tls12, LISTS_RIGHT, SCENARIOS_KEYS_INSIDE},
    {"accepted-tls11", "TLS 1.1, accepted", accepted_tls11, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"rejected-tls13", "TLS 1.3, rejected, the alert is encrypted", rejected_tls13, LISTS_WRONG_HASH,
     SCENARIOS_KEYS_BESIDE},
    {"filtered", "a firewall answers the SYN with ICMP", scenarios_filtered, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"reset", "accepted, then a RST that is not the controller's", scenarios_reset, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"path-mtu", "the controller's large segments never arrive", scenarios_path_mtu, LISTS_NONE,
     SCENARIOS_NO_KEYS},
    {"zero-window", "the engine reads nothing for 15 s", scenarios_zero_window, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"retransmissions", "the path loses packets", scenarios_retransmissions, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"duplicates", "the span port mirrors each packet twice", scenarios_duplicates, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"clock-jump", "the capture's clock is set back", scenarios_clock_jump, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"conflict", "a segment comes again with other bytes", scenarios_conflict, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"offload", "captured on a host, segments larger than any packet", scenarios_offload, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"dropped", "the capturing program lost packets", scenarios_dropped, LISTS_NONE, SCENARIOS_KEYS_BESIDE},
    {"truncated", "the file ends inside a packet", scenarios_truncated, LISTS_NONE, SCENARIOS_KEYS_BESIDE},
    {"no-nmsp", "TCP on another port only", scenarios_no_nmsp, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"old-version", "the engine has TLS 1.0 only, the alert says so", scenarios_old_version, LISTS_NONE,
     SCENARIOS_NO_KEYS},
    {"old-hello", "the same, the controller closes without a word", scenarios_old_hello, LISTS_NONE,
     SCENARIOS_NO_KEYS},
    {"no-cipher", "the controller takes strong ciphers only", scenarios_no_cipher, LISTS_NONE,
     SCENARIOS_NO_KEYS},
    {"unknown-ca", "the engine does not trust the controller", scenarios_unknown_ca, LISTS_NONE,
     SCENARIOS_NO_KEYS},
    {"weak", "static RSA, an engine with RSA 1024 and SHA-1", scenarios_weak, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"expires-soon", "the engine's certificate ends in 18 days", scenarios_expires_soon, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"clock-behind", "the controller's clock is 4 min 10 s behind", scenarios_clock_behind, LISTS_NONE,
     SCENARIOS_NO_KEYS},
    {"clock-of-judge", "the controller takes a good certificate for expired", scenarios_clock_of_judge,
     LISTS_RIGHT, SCENARIOS_NO_KEYS},
    {"flapping", "the engine gets a new key and is rejected every 30 s", scenarios_flapping, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"reconnects", "four healthy sessions one behind the other", scenarios_reconnects, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"echo-silent", "echoes are no longer answered, the engine closes", scenarios_echo_silent, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"echo-slow", "echoes take more than a second", scenarios_echo_slow, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"echo-none", "a minute of messages without an echo", scenarios_echo_none, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"request-missed", "one STATISTICS_REQUEST is not answered", scenarios_request_missed, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"subscription-refused", "the controller refuses the subscription", scenarios_subscription_refused,
     LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"unsubscribed", "the engine never subscribes", scenarios_unsubscribed, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"clock-leap", "the capture's clock is set forward, the hosts' are not", scenarios_clock_leap, LISTS_NONE,
     SCENARIOS_KEYS_BESIDE},
    {"wrong-kind", "the list holds the SHA-1 hash where SHA-256 is wanted", rejected, LISTS_WRONG_KIND,
     SCENARIOS_NO_KEYS},
    {"not-yet-valid", "the engine's certificate is from next week", scenarios_not_yet_valid, LISTS_RIGHT,
     SCENARIOS_NO_KEYS},
    {"listed-twice", "accepted, the list has two entries for the engine", accepted_tls12, LISTS_TWICE,
     SCENARIOS_KEYS_BESIDE},
    {"accepted-unlisted", "accepted, though the list does not have the engine", accepted_tls12,
     LISTS_OTHER_MACS, SCENARIOS_KEYS_BESIDE},
    {"malformed", "an element is longer than its message", scenarios_malformed, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"wrong-keys", "the key log has another secret for the session", scenarios_wrong_keys, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"disagree", "the trace beside it tells of another alert", rejected, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"named-cas", "the request names CAs, the engine has no certificate of one", scenarios_named_cas,
     LISTS_RIGHT, SCENARIOS_NO_KEYS},
    {"few-messages", "as unknown-framing, but only the capabilities are told", scenarios_few_messages, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"bare", "NMSP messages without TCP and TLS around them", scenarios_bare, LISTS_NONE, SCENARIOS_NO_KEYS},
    {"dtls12", "DTLS 1.2 over UDP, accepted", scenarios_dtls12, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"dtls10", "DTLS 1.0 over UDP, accepted", scenarios_dtls10, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"dtls-rejected", "DTLS 1.2, the list holds another hash", scenarios_dtls_rejected, LISTS_WRONG_HASH,
     SCENARIOS_NO_KEYS},
    {"dtls-fragments", "DTLS 1.2, small datagrams, out of order, sent again", scenarios_dtls_fragments, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"dtls-lost", "DTLS 1.2, a datagram with messages is missing", scenarios_dtls_lost, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"dtls-unanswered", "nobody answers the engine over UDP", scenarios_dtls_unanswered, LISTS_NONE,
     SCENARIOS_NO_KEYS},
    {"static-rsa", "static RSA, the controller's key", scenarios_static_rsa, LISTS_RIGHT, SCENARIOS_RSA_KEY},
    {"named-server", "a named server, ALPN", scenarios_named_server, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"wrong-side", "each side once speaks for the other", scenarios_wrong_side, LISTS_RIGHT, SCENARIOS_KEYS_BESIDE},
    {"unasked-response", "a response to no request", scenarios_unasked_response, LISTS_RIGHT,
     SCENARIOS_KEYS_BESIDE},
    {"bare-directed", "bare messages, each packet says whether it came or went", scenarios_bare_directed, LISTS_NONE,
     SCENARIOS_NO_KEYS},
};
const size_t scenarios_count = sizeof scenarios_all / sizeof scenarios_all[0];
