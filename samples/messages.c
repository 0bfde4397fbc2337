/*
 * NMSP messages as tables, and their bytes; see messages.h. Called by work.c and the simulators. The numbers
 * of elements and of LOCATION messages are ours: no specification is public (facts.md section 3).
 */
#include "samples/messages.h"

#define ECHO_MS 15000

enum {
	PROFILE_VERSION = 1,
	OTHER_HEADER = 8,
	CAPABILITIES = 2, /* the first messages of the start */
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

/* clang-format off */
static const struct messages_item start[] = {
    {60, 0, MESSAGES_CAPABILITY_NOTIFICATION,
     {{VERSION, 1, 1, NULL}, {SERVICE_MASK, 4, ALL_SERVICES, NULL}, {NAME, 16, 0, MESSAGES_ENGINE_NAME}}},
    {5, 1, MESSAGES_CAPABILITY_NOTIFICATION,
     {{VERSION, 1, 1, NULL}, {SERVICE_MASK, 4, ALL_SERVICES, NULL}, {NAME, 18, 0, MESSAGES_CONTROLLER_NAME}}},
    {110, 0, MESSAGES_SERVICE_SUBSCRIBE_REQUEST,
     {{SERVICE_MASK, 4, WANTED_SERVICES, NULL},
      {NAME, 16, 0, MESSAGES_ENGINE_NAME},
      {RSSI_INTERVAL, 2, 2, NULL},
      {INFORMATION_INTERVAL, 2, 30, NULL},
      {STATISTICS_INTERVAL, 2, 30, NULL},
      {ATTACHMENT_INTERVAL, 2, 30, NULL},
      {VERSION, 1, 1, NULL},
      {TIME, 4, STARTED_TIME, NULL}}},
    {3, 1, MESSAGES_SERVICE_SUBSCRIBE_RESPONSE, {{STATUS, 2, 0, NULL}}},
    {250, 0, MESSAGES_INFORMATION_REQUEST, {{TARGET, 2, MOBILE_STATION, NULL}}},
    {4, 1, MESSAGES_INFORMATION_RESPONSE,
     {{MAC, 6, STATION_MAC, NULL}, {IP4, 4, STATION_IP, NULL}, {VLAN, 2, 40, NULL}}},
    {90, 0, MESSAGES_INFORMATION_REQUEST, {{SERVICE_MASK, 4, WANTED_SERVICES, NULL}}},
    {4, 1, MESSAGES_INFORMATION_RESPONSE, {{MAC, 6, TAG_MAC, NULL}, {VLAN, 2, 41, NULL}}},
    {140, 0, MESSAGES_STATISTICS_REQUEST, {{TARGET, 2, MOBILE_STATION, NULL}}},
    {6, 1, MESSAGES_STATISTICS_RESPONSE,
     {{MAC, 6, STATION_MAC, NULL}, {PACKETS, 4, 1204, NULL}, {TRAFFIC, 8, 873112, NULL}}},
    {60, 0, MESSAGES_STATISTICS_REQUEST, {{SERVICE_MASK, 4, WANTED_SERVICES, NULL}}},
    {6, 1, MESSAGES_STATISTICS_RESPONSE,
     {{MAC, 6, TAG_MAC, NULL}, {PACKETS, 4, 17, NULL}, {TRAFFIC, 8, 1802, NULL}}},
    {60, 0, MESSAGES_LOCATION_REQUEST, {{MAC, 6, STATION_MAC, NULL}}},
    {9, 1, MESSAGES_LOCATION_RESPONSE,
     {{MAC, 6, STATION_MAC, NULL}, {RSSI, 1, 0xc4, NULL}, {TIME, 4, STARTED_TIME, NULL}}},
    {60, 0, MESSAGES_LOCATION_REQUEST, {{MAC, 6, TAG_MAC, NULL}}},
    {9, 1, MESSAGES_LOCATION_RESPONSE,
     {{MAC, 6, TAG_MAC, NULL}, {RSSI, 1, 0xb0, NULL}, {TIME, 4, STARTED_TIME, NULL}}},
    {500, 0, MESSAGES_STATISTICS_REQUEST, {{TIME, 4, STARTED_TIME, NULL}}},
    {6, 1, MESSAGES_STATISTICS_RESPONSE, {{PACKETS, 4, 1221, NULL}, {TRAFFIC, 8, 874914, NULL}}},
    {60, 0, MESSAGES_STATISTICS_REQUEST, {{PACKETS, 4, 1221, NULL}}},
    {6, 1, MESSAGES_STATISTICS_RESPONSE, {{STATUS, 2, 0, NULL}}},
};
/* clang-format on */

static const struct messages_item refusal[] = {
    {110,
     0,
     MESSAGES_SERVICE_SUBSCRIBE_REQUEST,
     {{SERVICE_MASK, 4, WANTED_SERVICES, NULL}, {NAME, 16, 0, MESSAGES_ENGINE_NAME}, {VERSION, 1, 1, NULL}}},
    {3, 1, MESSAGES_SERVICE_SUBSCRIBE_RESPONSE, {{STATUS, 2, 1, NULL}}},
};

static const struct messages_item lonely[] = {
    {700, 0, MESSAGES_STATISTICS_REQUEST, {{TARGET, 2, MOBILE_STATION, NULL}}},
};

static const struct messages_item astray[] = {
    {300, 1, MESSAGES_INFORMATION_REQUEST, {{TARGET, 2, MOBILE_STATION, NULL}}},
    {4,
     0,
     MESSAGES_INFORMATION_RESPONSE,
     {{MAC, 6, STATION_MAC, NULL}, {IP4, 4, STATION_IP, NULL}, {VLAN, 2, 40, NULL}}},
};

static const struct messages_item unasked[] = {
    {300, 1, MESSAGES_STATISTICS_RESPONSE, {{MAC, 6, TAG_MAC, NULL}, {PACKETS, 4, 23, NULL}, {TRAFFIC, 8, 2434, NULL}}},
};

static const struct messages_item echo[] = {
    {ECHO_MS, 0, MESSAGES_ECHO_REQUEST, {{0}}},
    {2, 1, MESSAGES_ECHO_RESPONSE, {{0}}},
};

/* Addresses are bytes in their order, in any framing. */
static bool is_number(const struct messages_element *element)
{
	return element->id != MAC && element->id != IP4;
}

static void add_element(struct bytes *out, const struct messages_element *element, bool other)
{
	void (*add)(struct bytes * out, uint64_t value, size_t n) = other ? bytes_little : bytes_big;
	add(out, element->id, 2);
	add(out, element->n, 2);
	if (element->text != NULL)
		bytes_add(out, span_of(element->text, element->n));
	else if (is_number(element))
		add(out, element->value, element->n);
	else
		bytes_big(out, element->value, element->n);
}

static void add_header(struct bytes *out, uint16_t type, size_t body, uint32_t transaction)
{
	bytes_big(out, PROFILE_VERSION, 1);
	bytes_big(out, 0, 1);
	bytes_big(out, type, 2);
	bytes_big(out, MESSAGES_HEADER + body, 2);
	bytes_big(out, 0, 2);
	bytes_big(out, transaction, 4);
}

static void add_other_header(struct bytes *out, uint16_t type, size_t body, uint32_t transaction)
{
	bytes_little(out, OTHER_HEADER + body, 2);
	bytes_little(out, type, 2);
	bytes_little(out, transaction, 4);
}

#define SCRIPT(table)                                                                                        \
	{                                                                                                    \
		table, sizeof table / sizeof table[0]                                                        \
	}

const struct messages_script messages_start = SCRIPT(start);
const struct messages_script messages_capabilities = {start, CAPABILITIES};
const struct messages_script messages_refusal = SCRIPT(refusal);
const struct messages_script messages_lonely = SCRIPT(lonely);
const struct messages_script messages_astray = SCRIPT(astray);
const struct messages_script messages_unasked = SCRIPT(unasked);
const struct messages_script messages_echo = SCRIPT(echo);

static void add_message(struct bytes *out, uint16_t type, struct span body, uint32_t transaction, bool other)
{
	if (other)
		add_other_header(out, type, body.n, transaction);
	else
		add_header(out, type, body.n, transaction);
	bytes_add(out, body);
}

void messages_add(struct bytes *out, const struct messages_item *item, uint32_t transaction, bool other)
{
	struct bytes body = {.p = NULL};
	for (size_t k = 0; k < MESSAGES_ELEMENTS && item->elements[k].id != 0; k++)
		add_element(&body, &item->elements[k], other);
	add_message(out, item->type, bytes_span(&body), transaction, other);
	bytes_free(&body);
}

void messages_add_bulk(struct bytes *out, int dir, size_t n, size_t said, uint32_t transaction, bool other)
{
	struct bytes body = {.p = NULL};
	bytes_big(&body, BULK, 2);
	bytes_big(&body, said, 2);
	bytes_zeros(&body, n - MESSAGES_BULK_HEAD);
	uint16_t type = dir == 0 ? MESSAGES_STATISTICS_REQUEST : MESSAGES_MEASUREMENT_NOTIFICATION;
	add_message(out, type, bytes_span(&body), transaction, other);
	bytes_free(&body);
}

bool messages_head(struct span bytes, struct messages_head *head)
{
	struct rd r = rd_of(bytes);
	rd_u16(&r);
	head->type = rd_u16(&r);
	head->length = rd_u16(&r);
	rd_u16(&r);
	head->transaction = rd_u32(&r);
	if (head->length < MESSAGES_HEADER)
		head->length = 0;
	return rd_ok(&r);
}
