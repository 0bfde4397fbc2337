/* Decrypted messages as they are shown: the status page, -v, -vv, JSON with --messages; hostile text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/expect.h"

#include "analyzer/messages.h"
#include "analyzer/session_nmsp.h"
#include "analyzer/xmalloc.h"
#include "tests/model_fixture.h"
#include "tests/nmsptalk.h"
#include "ui/json.h"
#include "ui/text.h"

#include <stdlib.h>
#include <string.h>

enum { MASK = 1, NAME = 3, STATUS = 4, TIME = 9, MAC = 10, IP4 = 11, TRAFFIC = 14 };

struct shown {
	struct fixture f;
	struct messages *messages;
};

static void say(struct shown *shown, uint8_t dir, struct nmsptalk *talk)
{
	struct sink sink = messages_sink(shown->messages, dir);
	struct origin at = fixture_packet(&shown->f, dir, talk->n);
	sink.data(sink.ctx, span_of(talk->bytes, talk->n), &at);
	talk->n = 0;
}

/* Capabilities, an accepted subscription, an echo pair, every kind of element, a hostile name, a liar. */
static void start(struct shown *shown)
{
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	fixture_new(&shown->f);
	fixture_healthy(&shown->f);
	shown->messages = messages_new(shown->f.model, shown->f.session);
	nmsptalk_number(talk, 7, 1, MASK, 4, 0x20003);
	say(shown, FIXTURE_CONTROLLER, talk);
	nmsptalk_number(talk, 30, 2, MASK, 4, 0x6203);
	say(shown, FIXTURE_ENGINE, talk);
	nmsptalk_number(talk, 31, 2, STATUS, 2, 0);
	say(shown, FIXTURE_CONTROLLER, talk);
	nmsptalk_bare(talk, 1, 3);
	say(shown, FIXTURE_ENGINE, talk);
	nmsptalk_bare(talk, 2, 3);
	say(shown, FIXTURE_CONTROLLER, talk);
	nmsptalk_number(talk, 17, 4, MAC, 6, 0x0050569c3489);
	nmsptalk_number(talk, 17, 4, IP4, 4, 0x0a0a1e05);
	nmsptalk_number(talk, 17, 4, TIME, 4, 1450000000);
	nmsptalk_number(talk, 17, 4, TRAFFIC, 8, UINT64_MAX);
	nmsptalk_number(talk, 17, 4, NAME, 4, 0x1b5b324a); /* clears a terminal */
	nmsptalk_number(talk, 17, 4, MAC, 2, 0xbad0);
	nmsptalk_number(talk, 17, 4, 999, 1, 7);
	say(shown, FIXTURE_CONTROLLER, talk);
	nmsptalk_bare(talk, 40, 5);
	nmsptalk_bare(talk, 777, 6);
	say(shown, FIXTURE_ENGINE, talk);
	shown->f.model->capture.last = shown->f.at.time;
	free(talk);
}

static void stop(struct shown *shown)
{
	messages_free(shown->messages);
	fixture_free(&shown->f);
}

static char *text_of(const struct shown *shown, unsigned verbose)
{
	char *text = NULL;
	size_t n = 0;
	struct view *view = view_new(shown->f.model, 0, NULL);
	struct page page = {.format = {.escape = ESCAPE_ASCII, .utc = true}, .verbose = verbose};
	page.out = open_memstream(&text, &n);
	text_report(&page, view);
	fclose(page.out);
	view_free(view);
	return text;
}

static char *json_of(const struct shown *shown, bool list)
{
	char *text = NULL;
	size_t n = 0;
	struct view *view = view_new(shown->f.model, 0, NULL);
	view->list_messages = list;
	FILE *out = open_memstream(&text, &n);
	json_report(out, view);
	fclose(out);
	view_free(view);
	return text;
}

static void test_status_page(void **state)
{
	(void)state;
	static const char *const parts[] = {
	    "NMSP framing          assumed-1 (assumed)",
	    "NMSP messages         14",
	    "Echo requests         1",
	    "Echo responses        1",
	    "Services (assumed)    RSSI, LOCATION",
	    "RSSI         MOBILE_STATION, TAG",
	    "INFORMATION  MOBILE_STATION",
	    "STATISTICS   MOBILE_STATION, TAG",
	    "SERVICE_SUBSCRIBE_REQUEST   OUT         1",
	    "INFORMATION_RESPONSE        IN          7",
	    "LOCATION_REQUEST (assumed)  OUT         1",
	    "TYPE_777                    OUT         1",
	    "warning nmsp-malformed",
	};
	struct shown shown;
	start(&shown);
	char *text = text_of(&shown, 0);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		has(text, parts[i]);
	has_not(text, "one by one");
	has_not(text, "a TLS key log of this session would open them");
	free(text);
	stop(&shown);
}

static void test_list(void **state)
{
	(void)state;
	struct shown shown;
	start(&shown);
	char *text = text_of(&shown, 1);
	has(text, "one by one");
	has(text, "SERVICE_MASK 0x6203");
	has(text, "MAC 00:50:56:9c:34:89");
	has(text, "IP4 10.10.30.5");
	has(text, "NAME \\x1b[2J");
	has(text, "malformed, MAC 2 bytes");
	has(text, "element 999 1 bytes");
	has_not(text, "\x1b");
	has_not(text, "Field");
	free(text);
	text = text_of(&shown, 2);
	has(text, "OUT  LOCATION_REQUEST (assumed)  12 bytes");
	has(text, "IN  INFORMATION_RESPONSE  18 bytes, malformed");
	has(text, "MAC (assumed) (malformed)");
	has(text, "0x6203 rssi-ms rssi-rfid info-ms stats-ms stats-rfid");
	has(text, "2015-12-13 09:46:40");
	has(text, "0000  01 00 00 1e 00 14 00 00 00 00 00 02 00 01 00 04\n");
	has(text, "0010  00 00 62 03\n");
	has_not(text, "\x1b");
	free(text);
	stop(&shown);
}

static void test_json(void **state)
{
	(void)state;
	struct shown shown;
	start(&shown);
	char *text = json_of(&shown, false);
	has_not(text, "message_list");
	has_not(text, "messages_dropped");
	has_not(text, "no message can start");
	has_not(text, "no whole message");
	has(text, "\"origin\": \"assumed\"");
	has(text, "\"fits\": true");
	has(text, "\"type\": \"TYPE_777\"");
	free(text);
	text = json_of(&shown, true);
	has(text, "message_list");
	has(text, "\"messages_dropped\": 0");
	has(text, "\"summary\": \"TIME 2015-12-13T09:46:40.000000Z\"");
	has(text, "\"summary\": \"NAME \\\\x1b[2J\"");
	has(text, "\"value\": \"00:50:56:9c:34:89\"");
	has(text, "\"value\": \"10.10.30.5\"");
	has(text, "\"value\": \"2015-12-13T09:46:40.000000Z\"");
	has(text, "\"value\": \"ffffffffffffffff\"");
	has(text, "\"value\": \"bad0\"");
	has(text, "\"name\": \"element 999\"");
	free(text);
	stop(&shown);
}

/* Capabilities that change, and a second subscription that is refused. */
static void test_services_over_time(void **state)
{
	(void)state;
	struct shown shown;
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	start(&shown);
	nmsptalk_number(talk, 7, 20, MASK, 4, 0x800003);
	say(&shown, FIXTURE_CONTROLLER, talk);
	nmsptalk_number(talk, 30, 21, MASK, 4, 0x6207);
	say(&shown, FIXTURE_ENGINE, talk);
	nmsptalk_number(talk, 31, 21, STATUS, 2, 5);
	say(&shown, FIXTURE_CONTROLLER, talk);
	char *text = text_of(&shown, 1);
	has(text, "Services over time");
	has(text, "controller  capabilities  -         -location bits without a name 0x800000\n");
	has(text, "engine      subscription  refused   +rssi-rogue\n");
	has(text, "engine      subscription  accepted  +rssi-ms +rssi-rfid +info-ms +stats-ms +stats-rfid\n");
	free(text);
	text = text_of(&shown, 0);
	has_not(text, "Services over time");
	free(text);
	text = json_of(&shown, true);
	has(text, "\"what\": \"subscription\",\n          \"mask\": \"0x6207\",\n          \"answer\": \"refused\"");
	has(text, "\"difference\": \"+rssi-rogue\"");
	free(text);
	text = json_of(&shown, false);
	has_not(text, "service_changes");
	free(text);
	free(talk);
	stop(&shown);
}

/* Elements inside of an element: offsets are those in the message, the depth tells what belongs to what. */
static void test_nested(void **state)
{
	(void)state;
	struct shown shown;
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	start(&shown);
	struct profile *profile = shown.f.model->builtin;
	profile->elements[profile->n_elements++] =
	    (struct profile_element){.id = 50, .name = "STATION", .kind = FIELD_GROUP};
	nmsptalk_head(talk, 17, NMSPTALK_HEADER + 4 + 6 + 10, 9);
	nmsptalk_put(talk, 50, 2);
	nmsptalk_put(talk, 16, 2);
	nmsptalk_put(talk, STATUS, 2);
	nmsptalk_put(talk, 2, 2);
	nmsptalk_put(talk, 7, 2);
	nmsptalk_put(talk, MAC, 2);
	nmsptalk_put(talk, 6, 2);
	nmsptalk_put(talk, 0x0050569c3489, 6);
	say(&shown, FIXTURE_CONTROLLER, talk);
	char *text = text_of(&shown, 2);
	has(text, "    STATION (assumed)          16     16  ");
	has(text, "      STATUS (assumed)         20      2  7\n");
	has(text, "      MAC (assumed)            26      6  00:50:56:9c:34:89\n");
	free(text);
	text = json_of(&shown, true);
	has(text, "\"id\": 10,\n              \"depth\": 2,\n              \"offset\": 26,\n              \"length\": 6,");
	has(text, "\"bytes\": \"010000110020000000000009003200100004000200070"
	          "00a00060050569c3489\"");
	free(text);
	free(talk);
	stop(&shown);
}

/* NUL ends no text: what stands behind it is shown. */
static void test_nul_in_a_text(void **state)
{
	(void)state;
	struct shown shown;
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	start(&shown);
	nmsptalk_number(talk, 17, 4, NAME, 4, 0x41004200);
	say(&shown, FIXTURE_CONTROLLER, talk);
	char *text = json_of(&shown, true);
	has(text, "\"summary\": \"NAME A\\\\x00B\\\\x00\"");
	has(text, "\"value\": \"A\\\\x00B\\\\x00\"");
	free(text);
	text = text_of(&shown, 1);
	has(text, "NAME A\\x00B\\x00");
	free(text);
	free(talk);
	stop(&shown);
}

static void test_dropped_messages(void **state)
{
	(void)state;
	enum { SIZE = 10000 };
	struct shown shown;
	struct nmsptalk *talk = xcalloc(1, sizeof *talk);
	start(&shown);
	for (int i = 0; i < 2 * LIMIT_MESSAGES_BYTES / SIZE; i++) {
		nmsptalk_bulk(talk, 17, SIZE);
		say(&shown, FIXTURE_CONTROLLER, talk);
	}
	const struct session_nmsp *nmsp = shown.f.session->nmsp;
	char says[48];
	assert_true(nmsp->not_kept > 0);
	snprintf(says, sizeof says, "\"messages_dropped\": %u", (unsigned)nmsp->not_kept);
	char *text = json_of(&shown, true);
	has(text, says);
	free(text);
	free(talk);
	stop(&shown);
}

/* Nothing fits, and nothing was counted: no sentence about none of none. */
static void test_evidence_of_nothing(void **state)
{
	(void)state;
	struct shown shown;
	start(&shown);
	struct session_nmsp *nmsp = shown.f.session->nmsp;
	nmsp->tried = nmsp->fitted = nmsp->named = nmsp->misfits = 0;
	char *text = json_of(&shown, false);
	has(text, "no whole message was found");
	has_not(text, "0 of the first");
	free(text);
	nmsp->misfits = 1;
	text = json_of(&shown, false);
	has(text, "1 place where no message can start");
	free(text);
	stop(&shown);
}

/* Missed echoes behind a gap are not measured: the answers may be missing from the capture. */
static void test_missed_behind_a_gap(void **state)
{
	(void)state;
	for (int gap = 0; gap < 2; gap++) {
		struct shown shown;
		struct nmsptalk *talk = xcalloc(1, sizeof *talk);
		start(&shown);
		struct sink sink = messages_sink(shown.messages, FIXTURE_CONTROLLER);
		if (gap)
			sink.gap(sink.ctx, 0, &shown.f.at);
		for (uint32_t i = 0; i < 3; i++) {
			nmsptalk_bare(talk, 1, 100 + i);
			say(&shown, FIXTURE_ENGINE, talk);
			fixture_wait(&shown.f, 15 * NS_PER_S);
		}
		shown.f.model->capture.last = shown.f.at.time;
		char *text = text_of(&shown, 0);
		if (gap) {
			assert_null(strstr(text, "Echoes missed"));
			has(text, "messages are missing here");
		} else {
			has(text, "Echoes missed         2\n");
			has(text, "4 sent, 1 answered, 2 missed; every 15.0 s");
			has(text, "    .xx?\n");
		}
		free(text);
		free(talk);
		stop(&shown);
	}
}

/* The shape is the same without plaintext. */
static void test_nothing(void **state)
{
	(void)state;
	struct shown shown;
	fixture_new(&shown.f);
	fixture_healthy(&shown.f);
	shown.messages = messages_new(shown.f.model, shown.f.session);
	char *text = json_of(&shown, true);
	has(text, "\"profile\": null");
	has(text, "\"origin\": \"unknown\"");
	has(text, "\"requests\": 0");
	has(text, "\"p95\": null");
	has(text, "\"message_list\": []");
	has(text, "\"capabilities\": []");
	free(text);
	text = text_of(&shown, 2);
	has_not(text, "Echo requests");
	has_not(text, "NMSP framing");
	has(text, "a TLS key log of this session would open them");
	free(text);
	stop(&shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_status_page),
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_missed_behind_a_gap),
	    cmocka_unit_test(test_services_over_time),
	    cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_nul_in_a_text),
	    cmocka_unit_test(test_dropped_messages),
	    cmocka_unit_test(test_evidence_of_nothing),
	    cmocka_unit_test(test_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
