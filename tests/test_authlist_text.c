/*
 * AuthList texts as they are pasted: every kind in many shapes, each with the entries that it must give, the
 * side it is of, and the damage that is named.
 */
#include "analyzer/authlist.h"

#include "dissect/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* The published example, facts.md section 6. */
#define MAC      "0050569c3489"
#define COLONS   "00:50:56:9c:34:89"
#define SHA1     "e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0"
#define SHA256   "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177"
/* Another engine. */
#define MAC_B    "0050569c4177"
#define SHA1_B   "9e4ddd8dfcdd8458ba7b273fc37284b31a384eb9"
#define SHA256_B "740a0ccd0bed632c49c42451e8a3ce265e3f524a4b6f57f4763cb29891dde740"

#define PASSWORD(name, hash) "aaa attribute list " name "\n attribute type password " hash "\n"
#define MORE                 " --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\b"
#define RULE                 "+--------------+------------------------------------------------------------------+\r\n"

static const char mse[] = "cmd> show server-auth-info\n"
                          "invoke command: com.aes.server.cli.CmdGetServerAuthInfo\n"
                          "AesLog queue high mark: 50000\nAesLog queue low mark: 500\n"
                          "----------------\nServer Auth Info\n----------------\n"
                          "MAC Address: 00:50:56:9c:34:89\nSHA1 Key Hash: " SHA1 "\nSHA2 Key Hash: " SHA256
                          "\nCertificate Type: SSC\n";

static const char cmx[] =
    "[cmxadmin@mse33 ~]$ cmxctl config controllers show\r\n" RULE
    "| MAC Address  | 00:50:56:9c:34:89                                                |\r\n" RULE
    "| SHA1 Key     | " SHA1 "                         |\r\n" RULE "| SHA2 Key     | " SHA256 " |\r\n" RULE
    "\r\n"
    "+---------------+-------------------------+-------------+------+----------+\r\n"
    "| IP Address    | Type                    | Version     | SHA2 | Status   |\r\n"
    "| 10.10.30.10   | Catalyst (IOS-XE) WLC   | 17.3.3      | Yes  | INACTIVE |\r\n"
    "| 10.10.30.11   | AireOS WLC              | 8.0.115.0   | No   | ACTIVE   |\r\n";

static const char wrapped_table[] = "(Cisco Controller) >show auth-list\r\n\r\n"
                                    "Authorize MIC APs against Auth-list or AAA ...... disabled\r\n"
                                    "Mac Addr                  Cert Type    Key Hash\r\n"
                                    "-----------------------   ----------   --------------------\r\n"
                                    "00:16:36:91:9a:27         MIC\r\n"
                                    "00:14:6a:1b:37:44         SSC          " SHA1_B "\r\n"
                                    "--More-- or (q)uit\r                  \r"
                                    "00:50:56:9c:34:89         LBS-SSC      e0afbe2e2abeed5a2f9f\r\n"
                                    "                                       fc75f059da6a1bf2bfa0\r\n"
                                    "00:50:56:9c:41:77         SHA256-LBS-SSC\r\n"
                                    "   " SHA256_B "\r\n";

/* "side mac hash wants line" of each entry, side c, e or p. */
struct row {
	const char *text;
	char side;
	const char *entries;
	size_t problems;
};

#define E1 "e " MAC " " SHA1 " 0 "
#define E2 "e " MAC " " SHA256 " 0 "
#define P1 "p " MAC " " SHA1 " 0 "
#define P2 "p " MAC " " SHA256 " 0 "
#define C1 "c " MAC " " SHA1 " 20 "
#define C2 "c " MAC " " SHA256 " 32 "

static const struct row controller_rows[] = {
    {"username " MAC " mac aaa attribute list A\n" PASSWORD("A", SHA256), 'c', C2 "3\n", 0},
    {"username 0050.569C.3489 aaa attribute list A\n" PASSWORD("A", SHA256), 'c', C2 "3\n", 0},
    {PASSWORD("A", SHA256) "username " MAC " mac aaa attribute list A\n", 'c', C2 "2\n", 0},
    {"WLC#show running-config\nBuilding configuration...\n!\nusername admin privilege 15 secret 9 $9$x\n"
     "username " MAC " mac aaa attribute list A\r\nusername " MAC_B " mac aaa attribute list B\r\n" MORE
     "aaa attribute list B\r\n attribute type password " SHA256_B "\r\n!\r\n" PASSWORD(
         "A", SHA256) "aaa authorization credential-download wcm_loc_serv_cert local\nend\n\nWLC#",
     'c', C2 "11\nc " MAC_B " " SHA256_B " 32 8\n", 0},
    {"username " MAC " mac aaa attribute list A\naaa attribute list A\n attribute type password "
     "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1\necb6d3c177\n!\n",
     'c', C2 "3\n", 0},
    {"username " MAC " mac aaa attribute list A\n --More--           aaa attribute list A\n --More-- \n "
     "attribute type password " SHA256 "\n",
     'c', C2 "4\n", 0},
    {"WLC(config)#username " MAC " mac aaa attribute list A\nWLC(config)#aaa attribute list A\n"
     "WLC(config-attr-list)# attribute type password " SHA256 "\nWLC(config-attr-list)#exit\n",
     'c', C2 "3\n", 0},
    {"\xef\xbb\xbfusername\xc2\xa0" MAC "\xc2\xa0mac aaa attribute list A\r\n" PASSWORD("A", SHA256), 'c',
     C2 "3\n", 0},
    {"no username " MAC "\nconfig auth-list delete " COLONS "\n", 'c', "", 1},
    {"(Cisco Controller) >config auth-list add lbs-ssc " COLONS " " SHA1 "\n", 'c', C1 "1\n", 0},
    {"config auth-list add sha256-lbs-ssc " COLONS " " SHA256, 'c', C2 "1\n", 0},
    {"(Cisco Controller) >config auth-list add sha256-lbs-ssc " COLONS " 6ab919e\n20afc103d025aaf210c2a9dda1"
     "51af9403ef52e80a35ae1ecb6d3c177\n",
     'c', C2 "1\n", 0},
    {"config auth-list add mic 00:16:36:91:9a:27\nconfig auth-list add ssc 00:14:6a:1b:37:44 " SHA1_B "\n"
     "config auth-list add lbs-ssc " COLONS " " SHA1 "\n",
     'c', C1 "3\n", 0},
    {wrapped_table, 'c', C1 "8\nc " MAC_B " " SHA256_B " 32 11\n", 0},
    {COLONS "  LBS-SSC  " SHA1 "\n" COLONS "  SHA256-LBS-SSC  " SHA256 "\n", 'c', C1 "1\n" C2 "2\n", 0},
    {"show auth-list\n" COLONS "  " SHA1 "\n", 'c', "c " MAC " " SHA1 " 0 2\n", 0},
    {"show auth-list\n00:50:56:9c:34:89  LBS-SSC\n\n", 'c', "", 2},
};

static const struct row engine_rows[] = {
    {mse, 'e', E1 "9\n" E2 "10\n", 0},
    {cmx, 'e', E1 "5\n" E2 "7\n", 0},
    {"[cmxadmin@cmx ~]$ cmxctl config authinfo get\n| MAC Address | " COLONS " |\n| SHA1 Key | " SHA1
     " |\n| SHA2 Key | " SHA256 " |\n",
     'e', E1 "3\n" E2 "4\n", 0},
    {"MAC-adres: 00-50-56-9C-34-89\nSHA1-sleutelhash: " SHA1 "\nSHA2-sleutelhash: " SHA256
     "\nType certificaat: SSC\n",
     'e', E1 "2\n" E2 "3\n", 0},
    {"Adresse physique : 0050.569c.3489\n\nEmpreinte : e0afbe2e2abeed5a2f9f\nfc75f059da6a1bf2bfa0\n", 'e',
     E1 "3\n", 0},
    {"MAC Address:" COLONS "\nSHA1 Key Hash:" SHA1 "\n", 'e', E1 "2\n", 0},
    {"SHA1 Key Hash: " SHA1 "\nSHA2 Key Hash: " SHA256 "\nMAC Address: " COLONS "\n", 'e', E1 "1\n" E2 "2\n",
     0},
    {"SHA1 Key Hash: " SHA1 "\nMAC Address: " COLONS "\nSHA2 Key Hash: " SHA256 "\n", 'e', E1 "1\n" E2 "3\n",
     0},
    {"SHA1 Key: " SHA1 "\nMAC: " COLONS "\nSHA1 Key: " SHA1_B "\nMAC: " MAC_B "\n", 'e',
     E1 "1\ne " MAC_B " " SHA1_B " 0 3\n", 0},
    {"MAC: " COLONS "\nSHA1 Key: " SHA1 "\nMAC: " MAC_B "\nSHA1 Key: " SHA1_B "\n", 'e',
     E1 "2\ne " MAC_B " " SHA1_B " 0 4\n", 0},
    {"MAC Address\n" COLONS "\nSHA1 Key Hash\n" SHA1 "\nSHA2 Key Hash\n" SHA256 "\n", 'e', E1 "4\n" E2 "6\n",
     0},
    {"MAC Address\n\n" COLONS "\n\nSHA1 Key\n\n" SHA1 "\n\nSHA2 Key\n\n" SHA256 "\n", 'e', E1 "7\n" E2 "11\n",
     0},
    {COLONS "\n" SHA1 "\n" SHA256 "\ncmxctl\n", 'p', P1 "2\n" P2 "3\n", 0},
    {"show server-auth-info\nMAC Address\n" COLONS "\nSHA1 Key Hash\n" SHA1 "\n", 'e', E1 "5\n", 0},
    {"MAC Address: 00:50:56:9c:34:8\nSHA1 Key Hash: " SHA1 "\n", 'e', "e 0050569c348 " SHA1 " 0 2\n", 1},
    {"MAC Adres: OO:5O:56:9c:34:89\nSHA1 Sleutel: eOafbe2e2abeed5a2f9ffc75f059da6albf2bfaO\n", 'e',
     "e OO5O569c3489 eOafbe2e2abeed5a2f9ffc75f059da6albf2bfaO 0 2\n", 2},
    {"SHA1 Key Hash: " SHA1 "\n\n\n\n\n\n\n\nMAC Address: " COLONS "\n", 'p', "", 3},
    {"MAC Address: " COLONS "\n\n\n\n\n\n\n\nSHA1 Key Hash: " SHA1 "\n", 'p', "", 3},
    {"cmxctl config controllers show\n", 'e', "", 1},
    {"MAC Address " COLONS " SHA1 Key " SHA1 " SHA2 Key " SHA256 " IP Address Type\n", 'e', E1 "1\n" E2 "1\n",
     0},
    {"MAC Address: " COLONS " SHA2 Key Hash: " SHA256 " Certificate Type: SSC\n", 'e', E2 "1\n", 0},
    {"MAC Address: " COLONS " SHA1 Key Hash: e0afbe2e 2abeed5a 2f9ffc75 f059da6a 1bf2bfa0 SHA2 Key Hash: "
     "6ab919e2 0afc103d 025aaf21 0c2a9dda 151af940 3ef52e80 a35ae1ec b6d3c177\n",
     'e', E1 "1\n" E2 "1\n", 0},
};

static const struct row plain_rows[] = {
    {MAC " " SHA1, 'p', P1 "1\n", 0},
    {COLONS "," SHA256 "\r\n", 'p', P2 "1\n", 0},
    {"mac;hash\n" COLONS ";\"" SHA256 "\"\n", 'p', P2 "2\n", 0},
    {COLONS "\n" SHA1 "\n", 'p', P1 "2\n", 0},
    {"00\xe2\x80\x91"
     "50\xe2\x80\x91"
     "56\xe2\x80\x91"
     "9c\xe2\x80\x91"
     "34\xe2\x80\x91"
     "89\xc2\xa0" SHA1 "\n",
     'p', P1 "1\n", 0},
    {"# engines\n" MAC " e0afbe2e2abeed5a2f9f fc75f059da6a1bf2bfa0\n", 'p', P1 "2\n", 1},
    {"| " COLONS " | " SHA1 " | " SHA256 " |\n", 'p', P1 "1\n" P2 "1\n", 0},
    {"mac=" COLONS " sha256=" SHA256 "\n", 'p', P2 "1\n", 0},
    {"mse1 " MAC "\nethernet 00:16:36:91:9a:27 is up\n", 'p', "", 1},
    {"\xff\xfe" MAC " " SHA1 "\r\n", 'p', P1 "1\n", 0},
};

static void print_entries(const struct authlist *list, char *out, size_t room)
{
	size_t used = 0;
	out[0] = 0;
	for (size_t i = 0; i < list->n_entries && used < room; i++) {
		const struct authlist_entry *entry = &list->entries[i];
		used += (size_t)snprintf(&out[used], room - used, "%c %s %s %zu %u\n",
		                         authlist_side_name(entry->side)[0], entry->mac.text,
		                         entry->hash.text, entry->wants, (unsigned)entry->line);
	}
}

/* The letters of the sides that speak in it. */
static const char *sides(const struct authlist_file *file)
{
	static char letters[AUTHLIST_SIDES + 1];
	size_t n = 0;
	for (size_t side = 0; side < AUTHLIST_SIDES; side++)
		if (file->speaks[side])
			letters[n++] = authlist_side_name(side)[0];
	letters[n] = 0;
	return letters;
}

static void print_problems(const struct authlist_file *file)
{
	char text[AUTHLIST_PROBLEM];
	for (size_t i = 0; i < file->n_problems; i++)
		print_message("problem: %s\n", authlist_problem_text(&file->problems[i], text));
}

static void assert_row(const struct row *row)
{
	struct certs *certs = certs_new();
	struct authlist list;
	char entries[2048];
	size_t n = strlen(row->text);
	uint8_t *copy = malloc(n > 0 ? n : 1);
	assert_non_null(copy);
	memcpy(copy, row->text, n);
	authlist_init(&list, certs);
	authlist_parse(&list, "list", span_of(copy, n));
	free(copy);
	print_entries(&list, entries, sizeof entries);
	const struct authlist_file *file = &list.files[0];
	if (strcmp(entries, row->entries) != 0 || sides(file)[0] != row->side || sides(file)[1] != 0 ||
	    file->n_problems != row->problems) {
		print_problems(file);
		fail_msg("%s\nis read as %s, %zu problems:\n%s", row->text, sides(file), file->n_problems,
		         entries);
	}
	authlist_free(&list);
	certs_free(certs);
}

static void controllers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof controller_rows / sizeof *controller_rows; i++)
		assert_row(&controller_rows[i]);
}

static void engines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof engine_rows / sizeof *engine_rows; i++)
		assert_row(&engine_rows[i]);
}

static void plain(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof plain_rows / sizeof *plain_rows; i++)
		assert_row(&plain_rows[i]);
}

/* A log of both: each entry has its own side, and the file is of both. */
static void both_sides_in_one_text(void **state)
{
	(void)state;
	struct certs *certs = certs_new();
	struct authlist list;
	char text[2048], entries[2048];
	snprintf(text, sizeof text,
	         "%sWLC#show running-config\nusername " MAC " mac aaa attribute list A\n%s", mse,
	         PASSWORD("A", SHA256));
	authlist_init(&list, certs);
	authlist_parse(&list, "log", span_of(text, strlen(text)));
	print_entries(&list, entries, sizeof entries);
	assert_string_equal(entries, E1 "9\n" E2 "10\n" C2 "15\n");
	assert_string_equal(sides(&list.files[0]), "ce");
	assert_int_equal(list.files[0].entries_of[AUTHLIST_CONTROLLER], 1);
	assert_int_equal(list.files[0].entries_of[AUTHLIST_ENGINE], 2);
	assert_int_equal(list.n_engines, 1);
	assert_int_equal(list.n_allowing, 1);
	authlist_free(&list);
	certs_free(certs);
}

static void table_of_controllers(void **state)
{
	(void)state;
	struct certs *certs = certs_new();
	struct authlist list;
	authlist_init(&list, certs);
	authlist_parse(&list, "cmx", span_of(cmx, strlen(cmx)));
	assert_int_equal(list.n_controllers, 2);
	assert_int_equal(authlist_wants(&list, (const uint8_t[]){10, 10, 30, 10}), 32);
	assert_int_equal(authlist_wants(&list, (const uint8_t[]){10, 10, 30, 11}), 20);
	assert_int_equal(authlist_wants(&list, (const uint8_t[]){10, 10, 30, 12}), 0);
	authlist_free(&list);
	certs_free(certs);
}

/* Every text cut at every byte is read without harm, and gives no more entries than the whole. */
static void cut_texts(void **state)
{
	(void)state;
	static const char *const texts[] = {mse, cmx, wrapped_table};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t n = 0; n < strlen(texts[i]); n++) {
			struct certs *certs = certs_new();
			struct authlist list;
			uint8_t *copy = malloc(n > 0 ? n : 1);
			assert_non_null(copy);
			memcpy(copy, texts[i], n);
			authlist_init(&list, certs);
			authlist_parse(&list, "cut", span_of(copy, n));
			assert_true(list.n_entries <= 2);
			free(copy);
			authlist_free(&list);
			certs_free(certs);
		}
}

/* Tables of controllers beyond the cap are counted. */
static void cap_of_controllers(void **state)
{
	(void)state;
	static const char row[] = "10.0.0.1 WLC Yes ACTIVE\n";
	size_t n = strlen(row), rows = LIMIT_LIST_ENTRIES + 2;
	char *text = malloc(n * rows);
	struct certs *certs = certs_new();
	struct authlist list;
	assert_non_null(text);
	for (size_t i = 0; i < rows; i++)
		memcpy(&text[i * n], row, n);
	authlist_init(&list, certs);
	authlist_parse(&list, "many", span_of(text, n * rows));
	assert_int_equal(list.n_controllers, LIMIT_LIST_ENTRIES);
	assert_int_equal(list.dropped, 2);
	authlist_free(&list);
	certs_free(certs);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(controllers),
	    cmocka_unit_test(engines),
	    cmocka_unit_test(plain),
	    cmocka_unit_test(both_sides_in_one_text),
	    cmocka_unit_test(table_of_controllers),
	    cmocka_unit_test(cut_texts),
	    cmocka_unit_test(cap_of_controllers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
