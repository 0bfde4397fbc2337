/*
 * Lines of allow-list text: every form, every kind of damage, noise.
 */
#include "dissect/authtext.h"

#include "dissect/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "tests/hex.h"

/* The published example, facts.md section 6. */
#define MAC    "0050569c3489"
#define SHA1   "e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0"
#define SHA256 "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177"

struct row {
	const char *line;
	enum authtext_kind kind;
	const char *mac, *hash, *name; /* NULL: "" */
	unsigned mac_damage, hash_damage;
};

static const struct row clean[] = {
    {MAC " " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {SHA256 "\t" MAC, AUTHTEXT_ENTRY, MAC, SHA256, NULL, 0, 0},
    {"00:50:56:9C:34:89," SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"00-50-56-9c-34-89;" SHA1 ";", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"  0050.569c.3489   " SHA1 "  \r", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"0050-569C-3489 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"0050569c3489: E0AFBE2E2ABEED5A2F9FFC75F059DA6A1BF2BFA0", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"- " MAC " " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {MAC " E0:AF:BE:2E:2A:BE:ED:5A:2F:9F:FC:75:F0:59:DA:6A:1B:F2:BF:A0", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0,
     0},
    {"mse1 lab " MAC " key " SHA256 " added 2014", AUTHTEXT_ENTRY, MAC, SHA256, NULL, 0, 0},
    {MAC " " SHA1 " # the old one", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"WLC# " MAC " " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"username " MAC " mac aaa attribute list cmx", AUTHTEXT_USERNAME, MAC, NULL, "cmx", 0, 0},
    {"username " MAC " aaa attribute list cmx", AUTHTEXT_USERNAME, MAC, NULL, "cmx", 0, 0},
    {"username " MAC " mac", AUTHTEXT_USERNAME, MAC, NULL, NULL, 0, 0},
    {"WLC(config)#username 0050.569C.3489 mac aaa attribute list CMX_1", AUTHTEXT_USERNAME, MAC, NULL,
     "CMX_1", 0, 0},
    {"aaa attribute list cmx", AUTHTEXT_ATTRIBUTE_LIST, NULL, NULL, "cmx", 0, 0},
    {"AAA Attribute List cmx", AUTHTEXT_ATTRIBUTE_LIST, NULL, NULL, "cmx", 0, 0},
    {" attribute type password " SHA256, AUTHTEXT_PASSWORD, NULL, SHA256, NULL, 0, 0},
    {"WLC(config-attr-list)# attribute type password " SHA1, AUTHTEXT_PASSWORD, NULL, SHA1, NULL, 0, 0},
    {"attribute type password 0 " SHA256, AUTHTEXT_PASSWORD, NULL, SHA256, NULL, 0, 0},
    {"SHA1 Key Hash: " SHA1, AUTHTEXT_LONE_HASH, NULL, SHA1, NULL, 0, 0},
    {"192.168.100.200 " SHA1, AUTHTEXT_LONE_HASH, NULL, SHA1, NULL, 0, 0},
    {"2024-11-221653 " SHA1, AUTHTEXT_LONE_HASH, NULL, SHA1, NULL, 0, 0},
    {"123:456:789:012 " SHA1, AUTHTEXT_LONE_HASH, NULL, SHA1, NULL, 0, 0},
    {"MAC Address: 00:50:56:9c:34:89", AUTHTEXT_LONE_MAC, MAC, NULL, NULL, 0, 0},
    {"| MAC Address  | 00:50:56:9c:34:89 |", AUTHTEXT_LONE_MAC, MAC, NULL, NULL, 0, 0},
    {"| SHA2 Key | " SHA256 " |", AUTHTEXT_LONE_HASH, NULL, SHA256, NULL, 0, 0},
    {"SHA1:" SHA1, AUTHTEXT_LONE_HASH, NULL, SHA1, NULL, 0, 0},
    {"MAC:" MAC " sha1=" SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"{\"mac\": \"00:50:56:9c:34:89\", \"hash\": \"" SHA256 "\"}", AUTHTEXT_ENTRY, MAC, SHA256, NULL, 0, 0},
    {"(Cisco Controller) >config auth-list add lbs-ssc 00:50:56:9c:34:89 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1,
     NULL, 0, 0},
    {"config auth-list add sha256-lbs-ssc 00:50:56:9c:34:89 " SHA256, AUTHTEXT_ENTRY, MAC, SHA256, NULL, 0,
     0},
    {"00:50:56:9c:34:89   LBS-SSC   " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"00:50:56:9c:34:89   LBS-SSC", AUTHTEXT_LONE_MAC, MAC, NULL, NULL, 0, 0},
    {"00:14:6a:1b:37:44 MIC", AUTHTEXT_ACCESS_POINT, NULL, NULL, NULL, 0, 0},
    {"00:14:6a:1b:37:44 SSC " SHA1, AUTHTEXT_ACCESS_POINT, NULL, NULL, NULL, 0, 0},
    {"config auth-list add mic 00:14:6a:1b:37:44", AUTHTEXT_ACCESS_POINT, NULL, NULL, NULL, 0, 0},
    {"config auth-list delete 00:50:56:9c:34:89", AUTHTEXT_REMOVAL, NULL, NULL, NULL, 0, 0},
    {"WLC(config)#no username " MAC " mac aaa attribute list cmx", AUTHTEXT_REMOVAL, NULL, NULL, NULL, 0, 0},
    {"no aaa attribute list cmx", AUTHTEXT_REMOVAL, NULL, NULL, NULL, 0, 0},
    {"aaa authorization credential-download wcm_loc_serv_cert local", AUTHTEXT_AUTHORIZATION, NULL, NULL,
     NULL, 0, 0},
    {"no aaa authorization credential-download wcm_loc_serv_cert local", AUTHTEXT_REMOVAL, NULL, NULL, NULL,
     0, 0},
    {"| 10.10.30.10 | Catalyst WLC | 17.3 | Yes | ACTIVE |", AUTHTEXT_CONTROLLER, NULL, NULL, NULL, 0, 0},
};

/* MAC addresses and hashes in groups of every kind. */
static const struct row grouped[] = {
    {"005056-9c3489 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"005056:9c3489 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"00.50.56.9C.34.89 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"0050.569c.3489 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"0050-569c-3489 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"00 50 56 9c 34 89 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"0050 569c 3489 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"MAC Address: 00 50 56 9C 34 89", AUTHTEXT_LONE_MAC, MAC, NULL, NULL, 0, 0},
    {"00 50 56 9c 34 89", AUTHTEXT_LONE_MAC, MAC, NULL, NULL, 0, 0},
    {"005056-9c3489", AUTHTEXT_LONE_MAC, MAC, NULL, NULL, 0, 0},
    {MAC " E0:AF:BE:2E:2A:BE:ED:5A:2F:9F:FC:75:F0:59:DA:6A:1B:F2:BF:A0", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0,
     0},
    {MAC " e0 af be 2e 2a be ed 5a 2f 9f fc 75 f0 59 da 6a 1b f2 bf a0", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0,
     0},
    {MAC " e0af be2e 2abe ed5a 2f9f fc75 f059 da6a 1bf2 bfa0", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, 0},
    {"00 50 56 9c 34 89 e0 af be 2e 2a be ed 5a 2f 9f fc 75 f0 59 da 6a 1b f2 bf a0", AUTHTEXT_ENTRY, MAC,
     SHA1, NULL, 0, 0},
    {"SHA1 Key: e0afbe2e 2abeed5a 2f9ffc75 f059da6a 1bf2bfa0", AUTHTEXT_LONE_HASH, NULL, SHA1, NULL, 0, 0},
    {"SHA2 Key: 6ab919e20afc103d 025aaf210c2a9dda 151af9403ef52e80 a35ae1ecb6d3c177", AUTHTEXT_LONE_HASH,
     NULL, SHA256, NULL, 0, 0},
    {"6ab919e20afc103d:025aaf210c2a9dda:151af9403ef52e80:a35ae1ecb6d3c177 " MAC, AUTHTEXT_ENTRY, MAC, SHA256,
     NULL, 0, 0},
    {MAC " 6ab919e2 0afc103d 025aaf21 0c2a9dda 151af940 3ef52e80 a35ae1ec b6d3c177", AUTHTEXT_ENTRY, MAC,
     SHA256, NULL, 0, 0},
    {"MAC: 00 50 56 9c 34 89, SHA256: 6a b9 19 e2 0a fc 10 3d 02 5a af 21 0c 2a 9d da 15 1a f9 40 3e f5 2e "
     "80 a3 5a "
     "e1 ec b6 d3 c1 77",
     AUTHTEXT_ENTRY, MAC, SHA256, NULL, 0, 0},
    {MAC " eO af be 2e 2a be ed 5a 2f 9f fc 75 f0 59 da 6a 1b f2 bf a0", AUTHTEXT_ENTRY, MAC,
     "eOafbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", NULL, 0, AUTHTEXT_LOOKALIKE},
    {"config auth-list add lbs-ssc " MAC " e0afbe2e2a", AUTHTEXT_ENTRY, MAC, "e0afbe2e2a", NULL, 0,
     AUTHTEXT_LENGTH},
    {"SHA2 Key Hash: 6ab919e20afc103d025aaf210c2a9d", AUTHTEXT_LONE_HASH, NULL,
     "6ab919e20afc103d025aaf210c2a9d", NULL, 0, AUTHTEXT_LENGTH},
    {MAC " 6ab919e20afc103d", AUTHTEXT_ENTRY, MAC, "6ab919e20afc103d", NULL, 0, AUTHTEXT_LENGTH},
    {MAC " is up for 6ab919e20afc103d", AUTHTEXT_LONE_MAC, MAC, NULL, NULL, 0, 0},
    {MAC " 6ab919e20afc10", AUTHTEXT_LONE_MAC, MAC, NULL, NULL, 0, 0},
};

static const struct row damaged[] = {
    {MAC " eOafbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", AUTHTEXT_ENTRY, MAC,
     "eOafbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", NULL, 0, AUTHTEXT_LOOKALIKE},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6albf2bfaO", AUTHTEXT_ENTRY, MAC,
     "e0afbe2e2abeed5a2f9ffc75f059da6albf2bfaO", NULL, 0, AUTHTEXT_LOOKALIKE},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6aIbf2bfa0", AUTHTEXT_ENTRY, MAC,
     "e0afbe2e2abeed5a2f9ffc75f059da6aIbf2bfa0", NULL, 0, AUTHTEXT_LOOKALIKE},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa", AUTHTEXT_ENTRY, MAC,
     "e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa", NULL, 0, AUTHTEXT_LENGTH},
    {MAC " " SHA1 "77", AUTHTEXT_ENTRY, MAC, SHA1 "77", NULL, 0, AUTHTEXT_LENGTH},
    {MAC " e0afbe2e2abeed5a2f9g fc75f059da6a1bf2bfa0", AUTHTEXT_ENTRY, MAC,
     "e0afbe2e2abeed5a2f9gfc75f059da6a1bf2bfa0", NULL, 0, AUTHTEXT_DIGIT | AUTHTEXT_SPACE},
    {MAC " e0afbe2e2abeed5a2f9ffc75 f059da6a1bf2bfa0", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, AUTHTEXT_SPACE},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bf a0", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, AUTHTEXT_SPACE},
    {MAC " e0afbe2e2abe ed5a2f9ffc75f059da6a1bf2bfa0", AUTHTEXT_ENTRY, MAC, SHA1, NULL, 0, AUTHTEXT_SPACE},
    {"6ab919e20afc103d025aaf210c2a9dda 151af9403ef52e80a35ae1 ecb6d3c177 " MAC, AUTHTEXT_ENTRY, MAC, SHA256,
     NULL, 0, AUTHTEXT_SPACE},
    {"OO50569c3489 " SHA1, AUTHTEXT_ENTRY, "OO50569c3489", SHA1, NULL, AUTHTEXT_LOOKALIKE, 0},
    {"00:50:56:9c:34:8 " SHA1, AUTHTEXT_ENTRY, "0050569c348", SHA1, NULL, AUTHTEXT_LENGTH, 0},
    {"00:50:56:9c:34 " SHA1, AUTHTEXT_ENTRY, "0050569c34", SHA1, NULL, AUTHTEXT_LENGTH, 0},
    {"00:50:56:9c:34:899 " SHA1, AUTHTEXT_ENTRY, "0050569c34899", SHA1, NULL, AUTHTEXT_LENGTH, 0},
    {"005056 9c3489 " SHA1, AUTHTEXT_ENTRY, MAC, SHA1, NULL, AUTHTEXT_SPACE, 0},
    {"username 0050569c348 mac aaa attribute list cmx", AUTHTEXT_USERNAME, "0050569c348", NULL, "cmx",
     AUTHTEXT_LENGTH, 0},
    {"username 005056 9c3489 mac aaa attribute list cmx", AUTHTEXT_USERNAME, MAC, NULL, "cmx", AUTHTEXT_SPACE,
     0},
    {"attribute type password 6ab919e20afc103d", AUTHTEXT_PASSWORD, NULL, "6ab919e20afc103d", NULL, 0,
     AUTHTEXT_LENGTH},
    {"attribute type password secret", AUTHTEXT_PASSWORD, NULL, "secret", NULL, 0,
     AUTHTEXT_LENGTH | AUTHTEXT_DIGIT},
    {"attribute type password", AUTHTEXT_PASSWORD, NULL, NULL, NULL, 0, 0},
};

static const char *const empty[] = {
    "", " \t\r", "# " MAC " " SHA1, "! " MAC " " SHA1, "+------+-----+", "| | |", "-----", "=====",
};

static const char *const noise[] = {
    "Building configuration...",
    "username admin privilege 15 secret 9 $9$abc",
    "username facade2023 privilege 15",
    "username user1 aaa attribute list cmx",
    "ip address 192.168.100.200 255.255.255.255",
    "config auth-list policy ssc enable",
    "10.10.20.21 2001:db8:0:1::2 12:34:56.789012",
    "clock 1716200000123",
    "attribute type ssid cafe",
    "aaa attribute list",
    "28.11.26.14.05.33 up",
    "28.11.26 14.05.33.123",
    "Serial 123456-789012",
    "261128-140533 login",
    "10 20 30 40 50 60",
    "1000 2000 3000",
    "eth0 10 20 30 40 50 6a",
    "0000: 45 00 00 3c 1c 46 40 00 40 06 b1 e6 ac 10 0a 63",
    "0x0000:  4500 003c 1c46 4000 4006 b1e6 ac10 0a63",
    "550e8400-e29b-41d4-a716-446655440000",
    "2001:0db8:0000:0001:0002:0003:0004:0005",
    "port 1000 2000 3000 4000 5000 6000 7000 8000 9000 1111",
    "12 34 56 78 90 12 34 56 78 90 12 34 56 78 90 12 34 56 78 90",
    "SHA1 deadbeef",
    "  30820330 30820218 A0030201 02020101 300D0609 2A864886 F70D0101 05050030",
    "MIIDQTCCAimgAwIBAgITBmyfz5m/jAo54vB4ikPmljZbyjANBgkqhkiG9w0BAQsF",
    "-----BEGIN CERTIFICATE-----",
    "cafe babe dead beef",
};

static void assert_token(const struct row *row, const struct authtext_token *token, const char *text,
                         unsigned damage)
{
	if (strcmp(token->text, text != NULL ? text : "") != 0 || token->damage != damage)
		fail_msg("%s: read as \"%s\" with damage %u", row->line, token->text, token->damage);
}

static void assert_row(const struct row *row)
{
	struct authtext out;
	size_t n = strlen(row->line);
	uint8_t *line = malloc(n > 0 ? n : 1);
	assert_non_null(line);
	memcpy(line, row->line, n);
	authtext_line(span_of(line, n), &out);
	free(line);
	if (out.kind != row->kind)
		fail_msg("%s: read as kind %d", row->line, (int)out.kind);
	assert_token(row, &out.mac, row->mac, row->mac_damage);
	assert_token(row, &out.hash, row->hash, row->hash_damage);
	assert_string_equal(out.name, row->name != NULL ? row->name : "");
}

static void clean_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof clean / sizeof *clean; i++)
		assert_row(&clean[i]);
}

static void grouped_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof grouped / sizeof *grouped; i++)
		assert_row(&grouped[i]);
}

static void damaged_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
		assert_row(&damaged[i]);
}

static void noise_is_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof noise / sizeof *noise; i++)
		assert_row(&(struct row){.line = noise[i], .kind = AUTHTEXT_NONE});
	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
		assert_row(&(struct row){.line = empty[i], .kind = AUTHTEXT_EMPTY});
}

#define LISTED (AUTHTEXT_OF_CONTROLLER | AUTHTEXT_OF_LIST)

/* What a line says beside its tokens: the digest that is wanted, whose text it is. */
static void words_beside(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		size_t wants;
		unsigned marks;
	} rows[] = {
	    {"config auth-list add lbs-ssc " MAC " " SHA1, 20, LISTED},
	    {"config auth-list add sha256-lbs-ssc " MAC " " SHA256, 32, LISTED},
	    {"(Cisco Controller) >show auth-list", 0, LISTED},
	    {"Authorize MIC APs against Auth-list or AAA ...... disabled", 0, LISTED},
	    {"00:14:6a:1b:37:44 MIC", 0, LISTED},
	    {"WLC#show running-config", 0, LISTED},
	    {"wlc1# show run | section aaa attribute list", 0, LISTED},
	    {"aaa attribute list n", 0, LISTED},
	    {"attribute type password x", 0, LISTED},
	    {"aaa authorization credential-download wcm_loc_serv_cert local", 0, LISTED},
	    {"no aaa authorization credential-download wcm_loc_serv_cert local", 0, AUTHTEXT_OF_CONTROLLER},
	    {"config auth-list delete " MAC, 0, AUTHTEXT_OF_CONTROLLER},
	    {"Next: show running-config on the controller", 0, 0},
	    {"the AAA server is down", 0, AUTHTEXT_OF_CONTROLLER},
	    {MAC " SHA256-LBS-SSC " SHA256, 32, AUTHTEXT_OF_CONTROLLER},
	    {MAC " " SHA256, 0, 0},
	    {"username " MAC " mac", 0, LISTED},
	    {"Username: admin", 0, 0},
	    {"aaa new-model", 0, LISTED},
	    {"cmd> show server-auth-info", 0, AUTHTEXT_OF_ENGINE},
	    {"[cmxadmin@cmx ~]$ cmxctl config authinfo get", 0, AUTHTEXT_OF_ENGINE},
	    {"10.1.2.3 WLC 8.0 No INACTIVE", 20, AUTHTEXT_OF_ENGINE},
	    {"10.1.2.3 WLC 8.0 Yes INACTIVE", 32, AUTHTEXT_OF_ENGINE},
	    {"10.1.2.3 WLC 8.0 INACTIVE", 0, AUTHTEXT_OF_ENGINE},
	    {"10.1.2.3 WLC yes no INVALID", 0, AUTHTEXT_OF_ENGINE},
	    {"10.1.2.300 WLC Yes ACTIVE", 0, 0},
	    {"10.1.2 WLC Yes ACTIVE", 0, 0},
	    {"Certificate Type: SSC", 0, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct authtext out;
		authtext_line(span_of(rows[i].line, strlen(rows[i].line)), &out);
		if (out.wants != rows[i].wants || out.marks != rows[i].marks)
			fail_msg("%s: wants %zu, marks %u", rows[i].line, out.wants, out.marks);
	}
}

/* A table with both digests in a line. */
static void two_hashes_in_a_line(void **state)
{
	(void)state;
	static const char line[] = "| 00:50:56:9c:34:89 | " SHA256 " | " SHA1 " |";
	struct authtext out;
	authtext_line(span_of(line, strlen(line)), &out);
	assert_int_equal(out.kind, AUTHTEXT_ENTRY);
	assert_string_equal(out.hash.text, SHA256);
	assert_string_equal(out.other.text, SHA1);
	authtext_line(span_of(MAC " " SHA1 " " SHA1, strlen(MAC SHA1 SHA1) + 2), &out);
	assert_string_equal(out.other.text, "");
}

/* Every line cut at every byte, in a block of exactly its size. */
static void cut_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof clean / sizeof *clean + sizeof damaged / sizeof *damaged; i++) {
		size_t first = sizeof clean / sizeof *clean;
		const char *whole = i < first ? clean[i].line : damaged[i - first].line;
		for (size_t n = 0; n < strlen(whole); n++) {
			struct authtext out;
			uint8_t *line = malloc(n > 0 ? n : 1);
			assert_non_null(line);
			memcpy(line, whole, n);
			authtext_line(span_of(line, n), &out);
			assert_true(strlen(out.hash.text) <= AUTHTEXT_HASH &&
			            strlen(out.name) <= AUTHTEXT_NAME);
			free(line);
		}
	}
}

/* A long line is read up to the cap; a NUL byte ends nothing; a long name is cut. */
static void odd_lines(void **state)
{
	(void)state;
	static const char pair[] = MAC " " SHA1;
	size_t n = 3 * (size_t)LIMIT_LINE;
	char *line = malloc(n);
	assert_non_null(line);
	struct authtext out;
	memset(line, ' ', n);
	memcpy(&line[LIMIT_LINE - strlen(pair)], pair, strlen(pair));
	authtext_line(span_of(line, n), &out);
	assert_int_equal(out.kind, AUTHTEXT_ENTRY);
	memmove(&line[1], line, n - 1);
	authtext_line(span_of(line, n), &out);
	assert_int_equal(out.hash.damage, AUTHTEXT_LENGTH);
	memset(line, 'a', n);
	authtext_line(span_of(line, n), &out);
	assert_int_equal(out.kind, AUTHTEXT_NONE);
	memcpy(line, "aaa attribute list ", 19);
	authtext_line(span_of(line, n), &out);
	assert_int_equal(out.kind, AUTHTEXT_ATTRIBUTE_LIST);
	assert_int_equal(strlen(out.name), AUTHTEXT_NAME);
	line[20] = 0;
	authtext_line(span_of(line, n), &out);
	assert_memory_equal(out.name, "a?aa", 4);
	memcpy(line, MAC " " SHA1, strlen(pair));
	line[20] = 0;
	authtext_line(span_of(line, strlen(pair)), &out);
	assert_int_equal(out.hash.damage, AUTHTEXT_DIGIT);
	assert_int_equal(out.hash.text[7], '?');
	free(line);
}

static void tokens_to_bytes(void **state)
{
	(void)state;
	uint8_t mac[6], hash[32];
	struct span expected = hex_bytes(SHA256);
	char text[65];
	assert_true(authtext_mac("0050569C3489", mac));
	assert_memory_equal(mac, "\x00\x50\x56\x9c\x34\x89", 6);
	assert_false(authtext_mac("0050569c348", mac) || authtext_mac("0050569c34890", mac));
	assert_false(authtext_mac("oo50569c3489", mac) || authtext_mac("", mac));
	assert_int_equal(authtext_hash(SHA1, hash), 20);
	assert_int_equal(authtext_hash(SHA256, hash), 32);
	assert_memory_equal(hash, expected.p, 32);
	assert_int_equal(authtext_hash(SHA1 "0", hash), 0);
	assert_int_equal(authtext_hash("g0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", hash), 0);
	authtext_hex(expected, text);
	assert_string_equal(text, SHA256);
	assert_int_equal(authtext_meant('O'), '0');
	assert_int_equal(authtext_meant('I'), '1');
	assert_int_equal(authtext_meant('S'), 'S');
	hex_free(expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clean_lines),
	    cmocka_unit_test(grouped_lines),
	    cmocka_unit_test(damaged_lines),
	    cmocka_unit_test(noise_is_nothing),
	    cmocka_unit_test(cut_lines),
	    cmocka_unit_test(words_beside),
	    cmocka_unit_test(two_hashes_in_a_line),
	    cmocka_unit_test(odd_lines),
	    cmocka_unit_test(tokens_to_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
