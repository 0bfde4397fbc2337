/* The six answers: yes and no only on evidence, each with its reason. */
#include "analyzer/checklist.h"

#include "analyzer/clocks.h"
#include "tests/model_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#define E FIXTURE_ENGINE
#define C FIXTURE_CONTROLLER

/* "y?n..." in order of the items; every answer has a whole sentence. */
static const char *answers(struct fixture *f, struct checklist *list)
{
	static char text[CHECKLIST_ITEMS + 1];
	static const char marks[] = {[CHECKLIST_UNKNOWN] = '?', [CHECKLIST_YES] = 'y', [CHECKLIST_NO] = 'n'};
	struct session_auth auth;
	session_auth(f->model, f->session, &auth);
	checklist(f->model, f->session, &auth, list);
	for (size_t i = 0; i < CHECKLIST_ITEMS; i++) {
		size_t n = strlen(list->item[i].why);
		text[i] = marks[list->item[i].answer];
		assert_true(n > 10 && n < CHECKLIST_WHY - 1 && list->item[i].why[n - 1] == '.');
		assert_non_null(checklist_item_name((enum checklist_item)i));
	}
	return text;
}

static void expect(struct fixture *f, const char *wanted)
{
	struct checklist list;
	assert_string_equal(answers(f, &list), wanted);
}

static void again(struct fixture *f)
{
	fixture_free(f);
	fixture_new(f);
}

static void tell_time(struct fixture *f, uint8_t dir, int64_t offset)
{
	for (int64_t i = 0; i < CLOCKS_AGREE; i++) {
		struct origin at = origin_of(FIXTURE_START + i * 60 * NS_PER_S, 1 + (uint64_t)i, 0);
		clocks_add(f->model->clocks, &f->session->addr[dir], &at,
		           (uint32_t)(at.time / NS_PER_S + offset));
	}
}

static void a_healthy_session(void **state)
{
	struct fixture *f = *state;
	fixture_healthy(f);
	expect(f, "y??y?y");
	tell_time(f, E, 0);
	expect(f, "y??y?y");
	tell_time(f, C, 60);
	expect(f, "yy?y?y");
	again(f);
	fixture_healthy(f);
	tell_time(f, E, 0);
	tell_time(f, C, -60);
	expect(f, "yn?y?y");
}

/* Let in, though the given list would not: nobody knows which list was asked, or whether one was. */
static void accepted_and_not_listed(void **state)
{
	struct fixture *f = *state;
	struct checklist list;
	fixture_healthy(f);
	assert_int_equal(answers(f, &list)[CHECKLIST_KEY_HASH], 'y');
	fixture_list(f, "00505600aaaa ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n");
	assert_int_equal(answers(f, &list)[CHECKLIST_KEY_HASH], '?');
	assert_non_null(
	    strstr(list.item[CHECKLIST_KEY_HASH].why, "but the given AuthList has no right entry"));
}

static void nobody_answers(void **state)
{
	struct fixture *f = *state;
	fixture_syn(f);
	expect(f, "??????"); /* one SYN says nothing */
	fixture_syn(f);
	expect(f, "n??n??");
	fixture_close(f, CLOSE_RST, C);
	expect(f, "y??n??");
}

/* An ICMP error about the SYN: of a router, of the controller itself, of a firewall that forbids the port. */
static void icmp_errors(void **state)
{
	struct fixture *f = *state;
	struct checklist list;
	struct icmp_seen icmp = {
	    .at = {.packet = 2}, .from = {4, {10, 9, 9, 9}}, .version = 4, .type = 3, .code = 1};
	fixture_syn(f);
	model_add_icmp(f->session, &icmp);
	assert_string_equal(answers(f, &list), "n?????");
	assert_string_equal(list.item[CHECKLIST_REACHABLE].why,
	                    "10.9.9.9 says by ICMP that it does not get there, packet 2.");
	f->session->icmp[0].code = 13;
	assert_string_equal(answers(f, &list), "???n??");
	f->session->icmp[0].code = 3;
	f->session->icmp[0].from = f->session->addr[C];
	assert_string_equal(answers(f, &list), "y??n??");
	assert_string_equal(list.item[CHECKLIST_REACHABLE].why, "It answered with an ICMP error, packet 2.");
}

static void one_side_only(void **state)
{
	struct fixture *f = *state;
	fixture_syn(f);
	fixture_packet(f, E, 0);
	fixture_step(f, STEP_CLIENT_HELLO, E);
	expect(f, "??????");
}

static void rejected(void **state)
{
	struct fixture *f = *state;
	struct checklist list;
	fixture_connect(f);
	fixture_handshake(f, STEP_CHANGE_CIPHER_SPEC, E);
	fixture_alert(f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	assert_string_equal(answers(f, &list), "y??y??");
	assert_non_null(strstr(list.item[CHECKLIST_KEY_HASH].why, "give its AuthList with -a"));
	again(f);
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA256 "\n");
	fixture_connect(f);
	fixture_handshake(f, STEP_CHANGE_CIPHER_SPEC, E);
	fixture_alert(f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	assert_string_equal(answers(f, &list), "y??y??");
	assert_non_null(strstr(list.item[CHECKLIST_KEY_HASH].why, "the given AuthList has a hash of it"));
	again(f);
	fixture_connect(f);
	fixture_handshake(f, STEP_CHANGE_CIPHER_SPEC, E);
	fixture_alert(f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	fixture_list(f, FIXTURE_MAC " ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n");
	expect(f, "y??y?n");
	again(f);
	fixture_connect(f);
	fixture_handshake(f, STEP_CHANGE_CIPHER_SPEC, E);
	fixture_alert(f, C, TLS_ALERT_FATAL, TLS_CERTIFICATE_UNKNOWN);
	fixture_list(f, FIXTURE_MAC " " FIXTURE_SHA256 "\n");
	expect(f, "y??y??"); /* the given list would have let it in */
}

static void no_version_in_common(void **state)
{
	struct fixture *f = *state;
	fixture_connect(f);
	fixture_step(f, STEP_CLIENT_HELLO, E);
	fixture_alert(f, C, TLS_ALERT_FATAL, TLS_PROTOCOL_VERSION);
	expect(f, "y??yn?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_healthy_session, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(accepted_and_not_listed, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(nobody_answers, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(icmp_errors, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(one_side_only, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(rejected, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(no_version_in_common, fixture_setup, fixture_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
