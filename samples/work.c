/*
 * NMSP messages as tables, and their bytes; see work.h. Called by the scenarios and the benchmarks. The
 * numbers of elements and of LOCATION messages are ours: no specification is public (facts.md section 3).
 */
#include "samples/work.h"

#include "analyzer/origin.h"

#define NS_PER_MS (1000 * NS_PER_US)
#define ECHO_MS   15000

enum {
	PROFILE_VERSION = 1,
	HEADER = 12,
	OTHER_HEADER = 8,
	ELEMENT_HEADER = 4,
	ELEMENTS = 8,
	CAPABILITIES = 2, /* the first messages of the start */
};

enum { /* facts.md section 2; the LOCATION numbers are assumed */
       ECHO_REQUEST = 1,
       ECHO_RESPONSE = 2,
       CAPABILITY_NOTIFICATION = 7,
       MEASUREMENT_NOTIFICATION = 15,
       INFORMATION_REQUEST = 16,
       INFORMATION_RESPONSE = 17,
       STATISTICS_REQUEST = 20,
       STATISTICS_RESPONSE = 21,
       SERVICE_SUBSCRIBE_REQUEST = 30,
       SERVICE_SUBSCRIBE_RESPONSE = 31,
       LOCATION_REQUEST = 40,
       LOCATION_RESPONSE = 41,
};

enum { /* assumed, as in samples/assumed-1.profile */
       SERVICE_MASK = 1,
       VERSION = 2,
       NAME = 3,
       STATUS = 4,
       RSSI_INTERVAL = 5,
       INFORMATION_INTERVAL = 6,
       STATISTICS_INTERVAL = 7,
       ATTACHMENT_INTERVAL = 8,
       TIME = 9,
       MAC = 10,
       IP4 = 11,
       VLAN = 12,
       PACKETS = 13,
       TRAFFIC = 14,
       RSSI = 15,
       TARGET = 16,
       BULK = 17,
};

enum { /* bits of facts.md section 4 */
       ALL_SERVICES = 0x68EBE7,
       WANTED_SERVICES = 0x036203, /* rssi-ms, rssi-rfid, info-ms, stats-ms, stats-rfid, attach, location */
       MOBILE_STATION = 1,
       TAG = 2,
};

#define STATION_MAC  0x3c22fb417a10
#define TAG_MAC      0x000ccc5d9031
#define STATION_IP   0x0a0a2864 /* 10.10.40.100 */
#define STARTED_TIME 0x69a55634 /* 2026-03-02 09:19:48 UTC */

struct element {
	uint16_t id;
	uint16_t n; /* bytes of the value */
	uint64_t value;
	const char *text; /* instead of a number */
};

struct message {
	unsigned wait_ms; /* since the message before */
	int dir;
	uint16_t type;
	struct element elements[ELEMENTS]; /* up to the first with id 0 */
};

/* A response stands right behind its request and repeats its transaction. */
/* clang-format off */
static const struct message start[] = {
    {60, 0, CAPABILITY_NOTIFICATION,
     {{VERSION, 1, 1, NULL}, {SERVICE_MASK, 4, ALL_SERVICES, NULL}, {NAME, 16, 0, WORK_ENGINE_NAME}}},
    {5, 1, CAPABILITY_NOTIFICATION,
     {{VERSION, 1, 1, NULL}, {SERVICE_MASK, 4, ALL_SERVICES, NULL}, {NAME, 18, 0, WORK_CONTROLLER_NAME}}},
    {110, 0, SERVICE_SUBSCRIBE_REQUEST,
     {{SERVICE_MASK, 4, WANTED_SERVICES, NULL},
      {NAME, 16, 0, WORK_ENGINE_NAME},
      {RSSI_INTERVAL, 2, 2, NULL},
      {INFORMATION_INTERVAL, 2, 30, NULL},
      {STATISTICS_INTERVAL, 2, 30, NULL},
      {ATTACHMENT_INTERVAL, 2, 30, NULL},
      {VERSION, 1, 1, NULL},
      {TIME, 4, STARTED_TIME, NULL}}},
    {3, 1, SERVICE_SUBSCRIBE_RESPONSE, {{STATUS, 2, 0, NULL}}},
    {250, 0, INFORMATION_REQUEST, {{TARGET, 2, MOBILE_STATION, NULL}}},
    {4, 1, INFORMATION_RESPONSE,
     {{MAC, 6, STATION_MAC, NULL}, {IP4, 4, STATION_IP, NULL}, {VLAN, 2, 40, NULL}}},
    {90, 0, INFORMATION_REQUEST, {{SERVICE_MASK, 4, WANTED_SERVICES, NULL}}},
    {4, 1, INFORMATION_RESPONSE, {{MAC, 6, TAG_MAC, NULL}, {VLAN, 2, 41, NULL}}},
    {140, 0, STATISTICS_REQUEST, {{TARGET, 2, MOBILE_STATION, NULL}}},
    {6, 1, STATISTICS_RESPONSE,
     {{MAC, 6, STATION_MAC, NULL}, {PACKETS, 4, 1204, NULL}, {TRAFFIC, 8, 873112, NULL}}},
    {60, 0, STATISTICS_REQUEST, {{SERVICE_MASK, 4, WANTED_SERVICES, NULL}}},
    {6, 1, STATISTICS_RESPONSE,
     {{MAC, 6, TAG_MAC, NULL}, {PACKETS, 4, 17, NULL}, {TRAFFIC, 8, 1802, NULL}}},
    {60, 0, LOCATION_REQUEST, {{MAC, 6, STATION_MAC, NULL}}},
    {9, 1, LOCATION_RESPONSE,
     {{MAC, 6, STATION_MAC, NULL}, {RSSI, 1, 0xc4, NULL}, {TIME, 4, STARTED_TIME, NULL}}},
    {60, 0, LOCATION_REQUEST, {{MAC, 6, TAG_MAC, NULL}}},
    {9, 1, LOCATION_RESPONSE,
     {{MAC, 6, TAG_MAC, NULL}, {RSSI, 1, 0xb0, NULL}, {TIME, 4, STARTED_TIME, NULL}}},
    {500, 0, STATISTICS_REQUEST, {{TIME, 4, STARTED_TIME, NULL}}},
    {6, 1, STATISTICS_RESPONSE, {{PACKETS, 4, 1221, NULL}, {TRAFFIC, 8, 874914, NULL}}},
    {60, 0, STATISTICS_REQUEST, {{PACKETS, 4, 1221, NULL}}},
    {6, 1, STATISTICS_RESPONSE, {{STATUS, 2, 0, NULL}}},
};
/* clang-format on */

static const struct message refusal[] = {
    {110, 0, SERVICE_SUBSCRIBE_REQUEST,
     {{SERVICE_MASK, 4, WANTED_SERVICES, NULL}, {NAME, 16, 0, WORK_ENGINE_NAME}, {VERSION, 1, 1, NULL}}},
    {3, 1, SERVICE_SUBSCRIBE_RESPONSE, {{STATUS, 2, 1, NULL}}},
};

static const struct message lonely[] = {
    {700, 0, STATISTICS_REQUEST, {{TARGET, 2, MOBILE_STATION, NULL}}},
};

static const struct message echo[] = {
    {ECHO_MS, 0, ECHO_REQUEST, {{0}}},
    {2, 1, ECHO_RESPONSE, {{0}}},
};

static void add_element(struct bytes *out, const struct element *element)
{
	bytes_big(out, element->id, 2);
	bytes_big(out, element->n, 2);
	if (element->text != NULL)
		bytes_add(out, span_of(element->text, element->n));
	else
		bytes_big(out, element->value, element->n);
}

static void add_header(struct bytes *out, uint16_t type, size_t body, uint32_t transaction)
{
	bytes_big(out, PROFILE_VERSION, 1);
	bytes_big(out, 0, 1);
	bytes_big(out, type, 2);
	bytes_big(out, HEADER + body, 2);
	bytes_big(out, 0, 2);
	bytes_big(out, transaction, 4);
}

static void add_other_header(struct bytes *out, uint16_t type, size_t body, uint32_t transaction)
{
	bytes_little(out, OTHER_HEADER + body, 2);
	bytes_little(out, type, 2);
	bytes_little(out, transaction, 4);
}

static void send_message(struct session *session, int dir, uint16_t type, struct span body)
{
	struct bytes out = {.p = NULL};
	if (session->other_framing)
		add_other_header(&out, type, body.n, session->transaction);
	else
		add_header(&out, type, body.n, session->transaction);
	bytes_add(&out, body);
	session_message(session, dir, bytes_span(&out));
	bytes_free(&out);
}

static void say(struct session *session, const struct message *messages, size_t n)
{
	struct bytes body = {.p = NULL};
	for (size_t i = 0; i < n; i++) {
		const struct message *message = &messages[i];
		bytes_clear(&body);
		for (size_t k = 0; k < ELEMENTS && message->elements[k].id != 0; k++)
			add_element(&body, &message->elements[k]);
		session_wait(session, message->wait_ms * NS_PER_MS);
		session->transaction += message->dir == 0;
		send_message(session, message->dir, message->type, bytes_span(&body));
	}
	bytes_free(&body);
}

void work_start(struct session *session)
{
	say(session, start, sizeof start / sizeof start[0]);
}

void work_start_refused(struct session *session)
{
	say(session, start, CAPABILITIES);
	say(session, refusal, sizeof refusal / sizeof refusal[0]);
}

void work_start_unsubscribed(struct session *session)
{
	say(session, start, CAPABILITIES);
}

void work_request_missed(struct session *session)
{
	say(session, lonely, sizeof lonely / sizeof lonely[0]);
}

void work_echo_late(struct session *session, int64_t ns)
{
	say(session, &echo[0], 1);
	session_wait(session, ns);
	say(session, &echo[1], 1);
}

void work_echo(struct session *session, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		say(session, echo, sizeof echo / sizeof echo[0]);
}

void work_echo_missed(struct session *session)
{
	say(session, echo, 1);
}

/* An element with `n` bytes, which says that it has `said`. */
static void send_bulk(struct session *session, int dir, size_t n, size_t said)
{
	struct bytes body = {.p = NULL};
	bytes_big(&body, BULK, 2);
	bytes_big(&body, said, 2);
	bytes_zeros(&body, n);
	session->transaction += dir == 0;
	send_message(session, dir, dir == 0 ? STATISTICS_REQUEST : MEASUREMENT_NOTIFICATION,
	             bytes_span(&body));
	bytes_free(&body);
}

void work_bulk(struct session *session, int dir, size_t n)
{
	size_t value = n - HEADER - ELEMENT_HEADER;
	send_bulk(session, dir, value, value);
}

void work_damaged(struct session *session)
{
	enum { VALUE = 60, SAID = 600 };
	send_bulk(session, 1, VALUE, SAID);
}
