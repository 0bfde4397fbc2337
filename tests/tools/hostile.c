/*
 * hostile NAME > FILE: a capture that somebody made to hurt the analyzer. Each reaches a cap of limits.h,
 * lies about a length or wants the analysis to take forever. Called by tests/bad-input, which knows what
 * the report must say. Every capture is the same at every run, but for the key in "escapes".
 */
#include "analyzer/origin.h"
#include "dissect/limits.h"
#include "dissect/tls.h"
#include "samples/wire.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define START       (INT64_C(1700000000) * NS_PER_S)
#define MS          (1000 * NS_PER_US)
#define NMSP_PORT   16113
#define FIRST_PORT  1024
#define IP_AT       14 /* in a frame without tags */
#define IP_BITS_AT  (IP_AT + 6)
#define IP_SIZE_AT  (IP_AT + 2)
#define TCP_AT      (IP_AT + 20)
#define TCP_WORDS_AT (TCP_AT + 12)
#define ENGINE      0
#define CONTROLLER  1
#define NOTHING     span_of(NULL, 0)

struct hostile {
	struct wire wire;
	struct capfile_writer writer;
	struct bytes bytes; /* what is being said */
};

/* What was collected goes into the file, so that memory does not grow with it. */
static void flush(struct hostile *hostile)
{
	if (wire_write(&hostile->wire, &hostile->writer) != 0) {
		perror("hostile: standard output");
		exit(2);
	}
}

/* ---- conversations ---- */

/* Engine number n with its own address and port, and the one controller. */
static struct wire_conversation talk_of(struct hostile *hostile, uint32_t n, int64_t start)
{
	struct wire_host host[2] = {
	    {{2, 0, 0, 0, 0, 1}, {4, {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}},
	     (uint16_t)(FIRST_PORT + n % 50000)},
	    {{2, 0, 0, 0, 0, 2}, {4, {192, 0, 2, 1}}, NMSP_PORT}};
	return wire_conversation(&hostile->wire, host, start);
}

static void segment(struct wire_conversation *talk, int dir, uint8_t flags)
{
	wire_segment(talk, dir, flags, NOTHING);
}

/* Sends what stands in hostile->bytes. */
static void say(struct hostile *hostile, struct wire_conversation *talk, int dir)
{
	wire_send(talk, dir, bytes_span(&hostile->bytes));
	bytes_clear(&hostile->bytes);
}

/* ---- TLS ---- */

static void add_record(struct bytes *out, uint8_t type, struct span body)
{
	bytes_big(out, type, 1);
	bytes_big(out, TLS_1_2, 2);
	bytes_big(out, body.n, 2);
	bytes_add(out, body);
}

/* A handshake message in a record of its own; `length` is what its header claims. */
static void add_message(struct bytes *out, uint8_t type, size_t length, struct span body)
{
	struct bytes message = {.p = NULL};
	bytes_big(&message, type, 1);
	bytes_big(&message, length, 3);
	bytes_add(&message, body);
	add_record(out, TLS_HANDSHAKE, bytes_span(&message));
	bytes_free(&message);
}

static void add_empty_message(struct bytes *out, uint8_t type)
{
	add_message(out, type, 0, NOTHING);
}

static void add_alert(struct bytes *out, uint8_t level, uint8_t code)
{
	uint8_t body[2] = {level, code};
	add_record(out, TLS_ALERT, span_of(body, sizeof body));
}

static void add_client_hello(struct bytes *out)
{
	struct bytes body = {.p = NULL};
	bytes_big(&body, TLS_1_2, 2);
	bytes_zeros(&body, TLS_RANDOM);
	bytes_big(&body, 0, 1);          /* no session id */
	bytes_big(&body, 0x0002009c, 4); /* one cipher */
	bytes_big(&body, 0x0100, 2);     /* no compression */
	add_message(out, TLS_CLIENT_HELLO, body.n, bytes_span(&body));
	bytes_free(&body);
}

static void add_server_hello(struct bytes *out)
{
	struct bytes body = {.p = NULL};
	bytes_big(&body, TLS_1_2, 2);
	bytes_zeros(&body, TLS_RANDOM);
	bytes_big(&body, 0, 1);
	bytes_big(&body, 0x009c, 2);
	bytes_big(&body, 0, 1);
	add_message(out, TLS_SERVER_HELLO, body.n, bytes_span(&body));
	bytes_free(&body);
}

/* A certificate message with n certificates that all have this DER. */
static void add_certificates(struct bytes *out, struct span der, unsigned n)
{
	struct bytes body = {.p = NULL};
	bytes_big(&body, n * (der.n + 3), 3);
	for (unsigned i = 0; i < n; i++) {
		bytes_big(&body, der.n, 3);
		bytes_add(&body, der);
	}
	add_message(out, TLS_CERTIFICATE, body.n, bytes_span(&body));
	bytes_free(&body);
}

/* change_cipher_spec and what stands for a finished message. */
static void add_finished(struct bytes *out)
{
	static const uint8_t one[1] = {1}, secret[40] = {0};
	add_record(out, TLS_CHANGE_CIPHER_SPEC, span_of(one, sizeof one));
	add_record(out, TLS_HANDSHAKE, span_of(secret, sizeof secret));
}

static void add_data(struct bytes *out)
{
	static const uint8_t secret[36] = {0};
	add_record(out, TLS_APPLICATION_DATA, span_of(secret, sizeof secret));
}

/* A connection whose two hellos are through. */
static struct wire_conversation greet(struct hostile *hostile, uint32_t n, int64_t start)
{
	struct wire_conversation talk = talk_of(hostile, n, start);
	wire_open(&talk);
	add_client_hello(&hostile->bytes);
	say(hostile, &talk, ENGINE);
	add_server_hello(&hostile->bytes);
	say(hostile, &talk, CONTROLLER);
	return talk;
}

/* ---- more connections than one can keep ---- */

static void scan(struct hostile *hostile, uint32_t n, int64_t apart)
{
	for (uint32_t i = 0; i < n; i++) {
		struct wire_conversation talk = talk_of(hostile, i, START + i * apart);
		segment(&talk, ENGINE, TCP_SYN);
	}
}

static void syn_flood(struct hostile *hostile)
{
	scan(hostile, 10000, 6 * MS);
}

static void long_scan(struct hostile *hostile)
{
	scan(hostile, 8 * LIMIT_SESSIONS, MS);
}

static void healthy(struct hostile *hostile, uint32_t n, int64_t start)
{
	struct wire_conversation talk = greet(hostile, n, start);
	add_finished(&hostile->bytes);
	say(hostile, &talk, ENGINE);
	add_finished(&hostile->bytes);
	say(hostile, &talk, CONTROLLER);
	for (int dir = 0; dir < 2; dir++) {
		add_data(&hostile->bytes);
		say(hostile, &talk, dir);
	}
	wire_close(&talk, ENGINE);
	flush(hostile);
}

static void refused(struct hostile *hostile, uint32_t n, int64_t start)
{
	struct wire_conversation talk = greet(hostile, n, start);
	add_alert(&hostile->bytes, TLS_ALERT_FATAL, TLS_HANDSHAKE_FAILURE);
	say(hostile, &talk, CONTROLLER);
	wire_close(&talk, CONTROLLER);
	flush(hostile);
}

static void many_sessions(struct hostile *hostile)
{
	enum { BEYOND = 5000, ONE_IN = 500 };
	for (uint32_t i = 0; i < LIMIT_SESSIONS + BEYOND; i++) {
		if (i % ONE_IN == 0)
			refused(hostile, i, START + i * 40 * MS);
		else
			healthy(hostile, i, START + i * 40 * MS);
	}
}

/* Connections with a hole that nobody acknowledges, then one packet a second: who looks at all of them? */
static void waiting_holes(struct hostile *hostile)
{
	enum { FLOWS = 15000, SECONDS = 2000 };
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct wire_conversation talk = greet(hostile, i, START + i * NS_PER_US);
		talk.seq[ENGINE]++;
		add_data(&hostile->bytes);
		say(hostile, &talk, ENGINE);
	}
	struct wire_conversation last = talk_of(hostile, FLOWS, START + NS_PER_S);
	for (int i = 0; i < SECONDS; i++) {
		last.now += NS_PER_S;
		segment(&last, ENGINE, TCP_ACK);
	}
}

/* More different certificates at a time than are kept; none of them is one. */
static void many_certificates(struct hostile *hostile)
{
	for (uint32_t i = 0; i < LIMIT_CERTIFICATES + 500; i++) {
		struct wire_conversation talk = greet(hostile, i, START + i * 20 * MS);
		add_certificates(&hostile->bytes, span_of(&i, sizeof i), 1);
		say(hostile, &talk, CONTROLLER);
		flush(hostile);
	}
}

/* ---- caps of one connection ---- */

static void endless_message(struct hostile *hostile)
{
	enum { ANNOUNCED = 0xffffff, SENT = 40 * 1024, RECORD = 16000 };
	struct wire_conversation talk = greet(hostile, 0, START);
	struct bytes rubbish = {.p = NULL};
	bytes_zeros(&rubbish, RECORD);
	add_message(&hostile->bytes, TLS_CERTIFICATE, ANNOUNCED, NOTHING);
	for (size_t sent = 0; sent < SENT; sent += RECORD)
		add_record(&hostile->bytes, TLS_HANDSHAKE, bytes_span(&rubbish));
	say(hostile, &talk, CONTROLLER);
	bytes_free(&rubbish);
}

/* Bytes behind a hole that is neither filled nor acknowledged, in segments of this size. */
static void hold(struct hostile *hostile, size_t size, size_t n)
{
	static const uint8_t zeros[WIRE_MSS] = {0};
	struct wire_conversation talk = greet(hostile, 0, START);
	talk.seq[ENGINE]++;
	for (size_t i = 0; i < n; i++)
		wire_segment(&talk, ENGINE, TCP_ACK, span_of(zeros, size));
}

static void held(struct hostile *hostile)
{
	hold(hostile, WIRE_MSS, LIMIT_HELD_FLOW / WIRE_MSS + 100);
}

static void held_bytes(struct hostile *hostile)
{
	hold(hostile, 1, 100 * 1000);
}

static void steps(struct hostile *hostile)
{
	struct wire_conversation talk = greet(hostile, 0, START);
	for (unsigned i = 0; i < 2 * LIMIT_STEPS; i++) {
		add_empty_message(&hostile->bytes, TLS_HELLO_REQUEST);
		say(hostile, &talk, CONTROLLER);
	}
}

static void alerts(struct hostile *hostile)
{
	struct wire_conversation talk = greet(hostile, 0, START);
	for (unsigned i = 0; i < 2 * LIMIT_ALERTS; i++)
		add_alert(&hostile->bytes, TLS_ALERT_WARNING, TLS_NO_CERTIFICATE);
	say(hostile, &talk, ENGINE);
}

static void chain(struct hostile *hostile)
{
	static const uint8_t rubbish[] = {0x30, 0x03, 0x02, 0x01, 0x00};
	struct wire_conversation talk = greet(hostile, 0, START);
	add_certificates(&hostile->bytes, span_of(rubbish, sizeof rubbish), 3 * LIMIT_CHAIN);
	say(hostile, &talk, CONTROLLER);
}

/* The place is lost; then rows of records that each fit the one in front, and the last one does not. */
static void false_trails(struct hostile *hostile)
{
	enum { PACKETS = 40, ROOM = 60000 };
	static const uint8_t one[1] = {0}, bad[1] = {0xff};
	struct wire_conversation talk = greet(hostile, 0, START);
	talk.mss = ROOM;
	add_record(&hostile->bytes, bad[0], NOTHING);
	say(hostile, &talk, ENGINE);
	for (int i = 0; i < PACKETS; i++) {
		while (hostile->bytes.n < ROOM - 2 * TLS_RECORD_HEADER)
			add_record(&hostile->bytes, TLS_APPLICATION_DATA, span_of(one, sizeof one));
		bytes_zeros(&hostile->bytes, TLS_RECORD_HEADER);
		say(hostile, &talk, ENGINE);
	}
}

/* ---- lengths that lie ---- */

/* Messages, records and lists of length 0, at every place where one may stand. */
static void zero_lengths(struct hostile *hostile)
{
	static const uint8_t types[] = {TLS_CLIENT_HELLO, TLS_SERVER_HELLO, TLS_CERTIFICATE,
	    TLS_SERVER_KEY_EXCHANGE, TLS_CERTIFICATE_REQUEST, TLS_SERVER_HELLO_DONE, TLS_CERTIFICATE_VERIFY,
	    TLS_CLIENT_KEY_EXCHANGE, TLS_FINISHED, TLS_CERTIFICATE_STATUS};
	struct wire_conversation talk = greet(hostile, 0, START);
	for (size_t i = 0; i < sizeof types; i++) {
		add_empty_message(&hostile->bytes, types[i]);
		say(hostile, &talk, CONTROLLER);
	}
	add_certificates(&hostile->bytes, NOTHING, 3);
	for (uint8_t type = TLS_CHANGE_CIPHER_SPEC; type <= TLS_HEARTBEAT; type++)
		add_record(&hostile->bytes, type, NOTHING);
	say(hostile, &talk, ENGINE);
	size_t ip = hostile->wire.n;
	segment(&talk, ENGINE, TCP_ACK);
	segment(&talk, ENGINE, TCP_ACK);
	bytes_set16(&hostile->wire.frames[ip].bytes, IP_SIZE_AT, 0);
	bytes_set16(&hostile->wire.frames[ip + 1].bytes, TCP_WORDS_AT, 0);
}

/* IP and TCP headers and TLS records that claim more than is there. */
static void long_lengths(struct hostile *hostile)
{
	struct wire_conversation talk = greet(hostile, 0, START);
	size_t ip = hostile->wire.n;
	for (int i = 0; i < 3; i++)
		segment(&talk, ENGINE, TCP_ACK);
	bytes_set16(&hostile->wire.frames[ip].bytes, IP_SIZE_AT, UINT16_MAX);
	bytes_set16(&hostile->wire.frames[ip + 1].bytes, TCP_WORDS_AT, 0xf010);
	bytes_set16(&hostile->wire.frames[ip + 2].bytes, IP_AT, 0x4f00);
	bytes_big(&hostile->bytes, TLS_HANDSHAKE, 1);
	bytes_big(&hostile->bytes, TLS_1_2, 2);
	bytes_big(&hostile->bytes, UINT16_MAX, 2);
	say(hostile, &talk, ENGINE);
}

static void fragments(struct hostile *hostile)
{
	enum { MORE_FRAGMENTS = 0x2000, FLOOD = 50 * LIMIT_FRAGMENTED };
	struct wire_conversation talk = greet(hostile, 0, START);
	static const uint8_t four[4] = {0}; /* with the TCP header a multiple of 8 */
	for (int i = 0; i < FLOOD; i++) {
		wire_segment(&talk, ENGINE, TCP_ACK, span_of(four, sizeof four));
		bytes_set16(&hostile->wire.frames[hostile->wire.n - 1].bytes, IP_BITS_AT, MORE_FRAGMENTS);
	}
}

static void tunnels(struct hostile *hostile)
{
	greet(hostile, 0, START);
	for (int i = 0; i <= LIMIT_TUNNELS; i++)
		wire_wrap(&hostile->wire, WRAP_ERSPAN2);
}

/* Times at both ends of what a file can say, and back. */
static void times(struct hostile *hostile)
{
	struct wire_conversation talk = greet(hostile, 0, START);
	for (int i = 0; i < 8; i++) {
		talk.now = i % 2 == 0 ? INT64_MAX - NS_PER_S : 0;
		talk.seq[ENGINE]++;
		add_data(&hostile->bytes);
		say(hostile, &talk, i % 2);
		flush(hostile);
	}
}

/* ---- texts that want the terminal ---- */

static void escapes(struct hostile *hostile)
{
	static const uint8_t name[] = "\033[2J\033]0;owned\007\r\n\xc2\x9b" "31m cmx-0050569c3489";
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);
	X509_NAME_add_entry_by_txt(subject, "CN", V_ASN1_UTF8STRING, name, sizeof name - 1, -1, 0);
	X509_set_issuer_name(certificate, subject);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -1);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 1);
	X509_set_pubkey(certificate, key);
	X509_sign(certificate, key, EVP_sha256());
	unsigned char *der = NULL;
	int n = i2d_X509(certificate, &der);
	struct wire_conversation talk = greet(hostile, 0, START);
	add_empty_message(&hostile->bytes, TLS_CERTIFICATE_REQUEST);
	add_empty_message(&hostile->bytes, TLS_SERVER_HELLO_DONE);
	say(hostile, &talk, CONTROLLER);
	add_certificates(&hostile->bytes, span_of(der, (size_t)n), 1);
	say(hostile, &talk, ENGINE);
	add_alert(&hostile->bytes, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	say(hostile, &talk, CONTROLLER);
	OPENSSL_free(der);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* ---- by name ---- */

static const struct {
	const char *name;
	void (*make)(struct hostile *hostile);
} rows[] = {
    {"syn-flood", syn_flood},
    {"long-scan", long_scan},
    {"many-sessions", many_sessions},
    {"waiting-holes", waiting_holes},
    {"many-certificates", many_certificates},
    {"endless-message", endless_message},
    {"held", held},
    {"held-bytes", held_bytes},
    {"steps", steps},
    {"alerts", alerts},
    {"chain", chain},
    {"false-trails", false_trails},
    {"zero-lengths", zero_lengths},
    {"long-lengths", long_lengths},
    {"fragments", fragments},
    {"tunnels", tunnels},
    {"times", times},
    {"escapes", escapes},
};

int main(int argc, char **argv)
{
	struct hostile hostile = {.wire = {.n = 0}};
	for (size_t i = 0; argc == 2 && i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(argv[1], rows[i].name) != 0)
			continue;
		if (capfile_write_start(&hostile.writer, capfile_write_stream, stdout) != 0)
			return 2;
		rows[i].make(&hostile);
		flush(&hostile);
		wire_free(&hostile.wire);
		bytes_free(&hostile.bytes);
		return fflush(stdout) == 0 ? 0 : 2;
	}
	fputs("usage: hostile NAME > FILE, where NAME is one of\n", stderr);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		fprintf(stderr, "  %s\n", rows[i].name);
	return 2;
}
