/* The command line: each option's effect, and one clear sentence for each thing that is wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "ui/options.h"

#include <stdlib.h>
#include <string.h>

#define WORDS 48

static int parse(const char *line, struct options *out, struct err *err)
{
	static char words[512];
	char *argv[WORDS + 1] = {0};
	static char name[] = "nmspscope";
	int argc = 0;
	argv[argc++] = name;
	snprintf(words, sizeof words, "%s", line);
	for (char *word = strtok(words, " "); word != NULL && argc < WORDS; word = strtok(NULL, " "))
		argv[argc++] = word;
	err->text[0] = '\0';
	return options_parse(out, argc, argv, err);
}

static void test_all(void **state)
{
	(void)state;
	struct options o;
	struct err err;
	assert_int_equal(
	    parse("-r a.pcap --read - -a l --authlist=m --port 16113,17 --controller 2001:db8::1 -o json "
	          "-c 10 --session 3 -P p.profile --messages -w out.pcapng --with-secrets --write-all -C 2 "
	          "-W 3 -Z nobody -uqvv host 10.0.0.1 and tcp",
	          &o, &err),
	    0);
	assert_int_equal(o.n_read, 2);
	assert_string_equal(o.read[1], "-");
	assert_int_equal(o.n_authlist, 2);
	assert_string_equal(o.authlist[1], "m");
	assert_int_equal(o.n_ports, 2);
	assert_int_equal(o.ports[1], 17);
	assert_int_equal(o.controller.version, 6);
	assert_int_equal(o.output, OUTPUT_JSON);
	assert_int_equal(o.count, 10);
	assert_int_equal(o.session, 3);
	assert_true(o.utc && o.quiet && o.messages && !o.as_trace);
	assert_string_equal(o.profile, "p.profile");
	assert_string_equal(o.write, "out.pcapng");
	assert_true(o.with_secrets && o.write_all);
	assert_int_equal(o.file_size, 2000000);
	assert_int_equal(o.file_count, 3);
	assert_string_equal(o.user, "nobody");
	assert_int_equal(o.verbose, 2);
	assert_string_equal(o.filter, "host 10.0.0.1 and tcp");
	assert_null(o.choose);
	assert_true(filter_is_empty(&o.chosen));
	options_free(&o);
	assert_int_equal(parse("--filter opened=2026-03-02T09:15|state!=failed -u -r a.pcap", &o, &err), 0);
	assert_int_equal(o.chosen.n_terms, 2);
	assert_int_equal(o.mistake.column, 0);
	options_free(&o);
	assert_int_equal(parse("-r a.pcap --as-trace", &o, &err), 0);
	assert_true(o.as_trace);
	options_free(&o);
}

static void test_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *line, *part;
	} wrong[] = {
	    {"", "nothing to read"},
	    {"--messages -r x", "add -o json; in text, -v lists the messages"},
	    {"--explain-lists", "add -a FILE"},
	    {"-a l -w x", "-r FILE"},
	    {"--explain-lists -r a", "add -a FILE"},
	    {"--explain-lists -a l -o json", "leave out -o json"},
	    {"-r", "-r wants a value"},
	    {"-r x --filter state=failed|", "--filter, column 14: a term is missing"},
	    {"-a x --filter state=failed", "--filter chooses among sessions"},
	    {"-r a -x", "unknown option -x"},
	    {"-r a --nonsense", "--nonsense is not understood"},
	    {"-r a --utc=1", "--utc=1 is not understood"},
	    {"-r a -o xml", "ui, text, json or jsonl, not \"xml\""},
	    {"-r a -c 0", "from 1 to"},
	    {"-r a -c -1", "from 1 to"},
	    {"-r a -c 1x", "not \"1x\""},
	    {"-r a -c 99999999999999999999", "from 1 to"},
	    {"-r a --session 4294967296", "from 1 to 4294967295"},
	    {"-r a --port 65536", "not \"65536\""},
	    {"-r a --port 1,,2", "not \"\""},
	    {"-r a --port 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "at most 16"},
	    {"-r a --with-secrets", "add -w FILE"},
	    {"-r a --rsa-key-pass p", "add --rsa-key FILE"},
	    {"-r a -w -", "the name of a file"},
	    {"-r a --write-all", "add -w FILE"},
	    {"-r a --redact -w b --with-secrets", "do not go together"},
	    {"-r a --redact -w b --write-all", "leave out --write-all"},
	    {"-r a --redact -a b", "leave these out"},
	    {"-r a --redact -t b", "leave these out"},
	    {"-a a -a b --redact", "leave these out"},
	    {"-r a --redact --filter engine~10.1.", "before --filter asks"},
	    {"-r a --redact --filter state=failed|controller=10.1.1.1", "before --filter asks"},
	    {"-r a --redact --filter !mac=00:50:56:9c:34:89", "before --filter asks"},
	    {"-r a --redact --filter verdict~10.1.", "before --filter asks"},
	    {"-r a -C 1 -W 1", "add -w FILE"},
	    {"-r a -w x -C 1", "needs -W N"},
	    {"-r a -w x -W 1", "needs -C SIZE"},
	    {"-r a -w x -W 1001", "from 1 to 1000"},
	    {"-r a -w x -C 0", "not \"0\""},
	    {"-r a -w x -C k", "not \"k\""},
	    {"-r a -w x -C -1", "not \"-1\""},
	    {"-r a -w x -C 1kk", "not \"1kk\""},
	    {"-r a -w x -C 9223372036855", "not \"9223372036855\""},
	    {"-r a -w x -C 8589934592g", "not \"8589934592g\""},
	    {"-r a -w x -C 99999999999999999999k", "not \"99"},
	    {"-r a -o json --as-trace", "leave out -o json"},
	    {"-r a --controller wlc.example.com", "names are not resolved"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct options o;
		struct err err;
		assert_int_equal(parse(wrong[i].line, &o, &err), -1);
		if (strstr(err.text, wrong[i].part) == NULL)
			fail_msg("%s: %s", wrong[i].line, err.text);
		options_free(&o);
	}
}

static void test_file_sizes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t size;
	} sizes[] = {{"1", 1000000},           {"007", 7000000}, {"9223372036854", 9223372036854000000},
	             {"3k", 3 << 10},          {"3K", 3 << 10},  {"5M", 5 << 20},
	             {"7g", UINT64_C(7) << 30}};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct options o;
		struct err err;
		char line[64];
		snprintf(line, sizeof line, "-r a -w x -W 2 -C %s", sizes[i].text);
		assert_int_equal(parse(line, &o, &err), 0);
		assert_int_equal(o.file_size, sizes[i].size);
	}
}

static void test_number_of_files(void **state)
{
	(void)state;
	for (unsigned beyond = 0; beyond <= 1; beyond++) {
		struct options o;
		struct err err;
		char line[64];
		snprintf(line, sizeof line, "-r a -w x -C 1 -W %u", LIMIT_SAVE_FILES + beyond);
		assert_int_equal(parse(line, &o, &err), beyond == 0 ? 0 : -1);
	}
}

/* AuthList texts alone are a complete run. */
static void test_lists_alone(void **state)
{
	(void)state;
	struct options o;
	struct err err;
	assert_int_equal(parse("-a mse.txt -a wlc.txt", &o, &err), 0);
	assert_int_equal(o.n_read, 0);
	assert_false(o.explain);
	assert_int_equal(parse("--explain-lists -a mse.txt", &o, &err), 0);
	assert_true(o.explain);
}

/* Live: what belongs to an interface, and where a capture stops. */
static void test_live(void **state)
{
	(void)state;
	struct options o;
	struct err err;
	assert_int_equal(parse("-i eth1 -i any -s 96 -B 65536 -p --stop-after 10m host 10.1.1.1", &o, &err), 0);
	assert_int_equal(o.n_interface, 2);
	assert_string_equal(o.interface[1], "any");
	assert_int_equal(o.snaplen, 96);
	assert_int_equal(o.buffer, 64 << 20);
	assert_true(o.no_promiscuous);
	assert_int_equal(o.stop_time, INT64_C(600000000000));
	options_free(&o);
	assert_int_equal(parse("-i eth1 --stop-after 1000p", &o, &err), 0);
	assert_true(o.stop_packets == 1000 && o.stop_time == 0 && o.stop_bytes == 0);
	assert_int_equal(parse("-i eth1 --stop-after 200M", &o, &err), 0);
	assert_true(o.stop_bytes == 200000000 && o.stop_packets == 0);
	static const char *const wrong[] = {"-i eth1 -r x.pcap",   "-r x.pcap -s 96",        "-r x.pcap -p",
	                                    "-r x.pcap -B 4",      "-i eth1 -s 0",           "-i eth1 -s 999999",
	                                    "-i eth1 --stop-after 10", "-i eth1 --stop-after 0s", "-i eth1 --stop-after 1ss",
	                                    "-i eth1 --stop-after -1s", "-a mse.txt -w out.pcapng"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (parse(wrong[i], &o, &err) == 0)
			fail_msg("accepted: %s", wrong[i]);
}

static void test_help(void **state)
{
	(void)state;
	struct options o;
	struct err err;
	assert_int_equal(parse("-h", &o, &err), 0);
	assert_int_equal(o.action, ACTION_HELP);
	assert_int_equal(parse("-V", &o, &err), 0);
	assert_int_equal(o.action, ACTION_VERSION);
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	options_help(out);
	fclose(out);
	assert_non_null(strstr(text, "-r, --read FILE"));
	assert_non_null(strstr(text, "--controller IP"));
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > 80)
			fail_msg("long line in the help: %s", line);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_file_sizes),
	    cmocka_unit_test(test_number_of_files),
	    cmocka_unit_test(test_lists_alone),
	    cmocka_unit_test(test_live),
	    cmocka_unit_test(test_help),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
