/*
 * Near misses: every kind of damage to an entry, each pointed at by its digit.
 */
#include "tests/authlist_rows.h"

static const struct row rows[] = {
    {MAC " eOafbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", "damaged-entry", 0, 1,
     "digit 2 of the hash is the letter O, the certificate has 0"},
    {MAC " eOafbe2e2abeed5a2f9ffc75f059da6albf2bfaO", "damaged-entry", 0, 1,
     "digit 2 of the hash is the letter O, the certificate has 0; 2 more like it"},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6aIbf2bfa0", "damaged-entry", 0, 1,
     "digit 33 of the hash is the letter I, the certificate has 1"},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa1", "damaged-entry", 0, 1,
     "digit 40 of the hash is 1, the certificate has 0"},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfax", "damaged-entry", 0, 1,
     "digit 40 of the hash is x, the certificate has 0"},
    {MAC " \xe9"
         "0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0",
     "damaged-entry", 0, 1, "digit 1 of the hash is no hex digit, the certificate has e"},
    {MAC " olafbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", "hash-mismatch", 0, 1, ""},
    {MAC " o0afbe2e2abeed5a2f9ffc75f059da6albf2bfa0", "damaged-entry", 0, 1,
     "digit 33 of the hash is the letter l, the certificate has 1; "
     "digit 1 of the hash is the letter o, the certificate has e"},
    {MAC " 0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", "damaged-entry", 0, 1,
     "digit 1 of the hash is missing, the certificate has e there"},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfa", "damaged-entry", 0, 1,
     "digit 40 of the hash is missing, the certificate has 0 there"},
    {MAC " e0afbe2e2abeed5a2f9fffc75f059da6a1bf2bfa0", "damaged-entry", 0, 1,
     "digit 22 of the hash is one too many"},
    {MAC " " SHA1 "7", "damaged-entry", 0, 1, "digit 41 of the hash is one too many"},
    {MAC " 0eafbe2e2abeed5a2f9ffc75f059da6a1bf2bfa0", "damaged-entry", 0, 1,
     "digits 1 and 2 of the hash are swapped, the certificate has e0"},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bf0a", "damaged-entry", 0, 1,
     "digits 39 and 40 of the hash are swapped, the certificate has a0"},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6a1bf2b0fa", "hash-mismatch", 0, 1, ""},
    {MAC " e0afbe2e2abe ed5a2f9ffc75f059da6a1bf2bfa0", "damaged-entry", 0, 1,
     "a space stands inside the hash"},
    {MAC " eOafbe2e2abe ed5a2f9ffc75f059da6a1bf2bfa0", "damaged-entry", 0, 1,
     "a space stands inside the hash; digit 2 of the hash is the letter O, the certificate has 0"},
    {MAC " e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bf11", "hash-mismatch", 0, 1, ""},
    {IOS(MAC, "6ab919e2oafc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177"), "damaged-entry", 0, 3,
     "digit 9 of the hash is the letter o, the certificate has 0"},
    {"OO5O569c3489 " SHA1, "damaged-entry", 0, 1,
     "digit 1 of the MAC address is the letter O, the certificate has 0; 2 more like it"},
    {"00:50:56:9c:34:8 " SHA1, "damaged-entry", 0, 1,
     "digit 12 of the MAC address is missing, the certificate has 9 there"},
    {"00:50:56:9c:34 " SHA1, "damaged-entry", 0, 1,
     "the MAC address is cut after digit 10, the certificate has 12"},
    {"50:56:9c:34:89 " SHA1, "damaged-entry", 0, 1,
     "the first 2 digits of the MAC address are missing, the certificate has 12"},
    {"OO:50:56:9c:41 " SHA1, "damaged-entry", 0, 1, "the MAC address of the entry cannot be read"},
    /* cut by much: the place says that it is a hash */
    {IOS(MAC, "6ab919e20afc103d"), "damaged-entry", CERT_SPKI_SHA1, 3,
     "the hash is cut after digit 16, the certificate has 64"},
    {IOS(MAC, "6ab919e2"), "damaged-entry", 0, 3, "the hash is cut after digit 8, the certificate has 64"},
    {IOS(MAC, "5ae1ecb6d3c177"), "damaged-entry", 0, 3,
     "the first 50 digits of the hash are missing, the certificate has 64"},
    {IOS(MAC, "6ab919e20afc103d025aaf210c2a9dda151af940"), "damaged-entry", 0, 3,
     "the hash is cut after digit 40, the certificate has 64"},
    {IOS(MAC, "6ab919e20afc103d125aaf210c2a9dda"), "hash-mismatch", 0, 3,
     "the hash of the entry has 32 digits"},
    {IOS(MAC, "6ab919e20afc103d025aaf210c2a9dda151af9403"), "damaged-entry", 0, 3,
     "the hash is cut after digit 41, the certificate has 64"},
    {"config auth-list add lbs-ssc " MAC " e0afbe2e2abeed5a2f9ffc75f059da", "damaged-entry", 0, 1,
     "the hash is cut after digit 30, the certificate has 40"},
    {"config auth-list add lbs-ssc " MAC " eOafbe2e2a", "damaged-entry", 0, 1,
     "digit 2 of the hash is the letter O, the certificate has 0; "
     "the hash is cut after digit 10, the certificate has 40"},
    {COLONS "  LBS-SSC  9ffc75f059da6a1bf2bfa0\n", "damaged-entry", 0, 1,
     "the first 18 digits of the hash are missing, the certificate has 40"},
    {MAC " 6ab919e20afc103d025aaf210c2a9d", "damaged-entry", 0, 1,
     "the hash is cut after digit 30, the certificate has 64"},
    {"config auth-list add lbs-ssc " MAC " e0afbe2", "hash-mismatch", 0, 1,
     "the hash of the entry has 7 digits"},
    {"005056 9c3489 " SHA1, "damaged-entry", 0, 1, "a space stands inside the MAC address"},
    {"OO50569c3489 e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfaO", "damaged-entry", 0, 1,
     "digit 1 of the MAC address is the letter O, the certificate has 0; 1 more like it; "
     "digit 40 of the hash is the letter O, the certificate has 0"},
    {"OO50569c3489 " OTHER1, "mac-not-listed", 0, 0, ""},
    {"00:50:56:9c:34:8a e0afbe2e2abeed5a2f9ffc75f059da6a1bf2bfaO", "mac-not-listed", 0, 0, ""},
};

static void damage_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_row(&rows[i], true);
}

/* Every place of the hash: another digit, one missing, one too many. */
static void damage_at_every_digit(void **state)
{
	(void)state;
	struct fixture *f = start(true);
	char line[96];
	size_t from = strlen(MAC) + 1, digits = strlen(SHA256);
	for (size_t at = 0; at < 3 * digits; at++) {
		struct auth_decision out;
		size_t place = from + at % digits;
		snprintf(line, sizeof line, "%s", MAC " " SHA256);
		if (at < digits)
			line[place] = line[place] == '5' ? '6' : '5';
		else if (at < 2 * digits)
			memmove(&line[place], &line[place + 1], strlen(&line[place]));
		else
			memmove(&line[place + 1], &line[place], strlen(&line[place]) + 1);
		parse(f, "list", line, strlen(line));
		authlist_decide(&f->list, &f->cert, 0, &out);
		assert_int_equal(out.prediction, AUTH_DAMAGED_ENTRY);
		assert_memory_equal(out.detail, "digit ", 6);
		authlist_free(&f->list);
		authlist_init(&f->list, f->certs);
	}
	end(f);
}

/* Every beginning and every end of the hash, where a configuration says that one stands there. */
static void cut_at_every_digit(void **state)
{
	(void)state;
	struct fixture *f = start(true);
	const size_t digits = strlen(SHA256);
	for (size_t n = 1; n < digits - 1; n++)
		for (unsigned from_end = 0; from_end < 2; from_end++) {
			struct auth_decision out;
			char text[256], says[96];
			snprintf(text, sizeof text, IOS(MAC, "%.*s"), (int)n,
			         &SHA256[from_end ? digits - n : 0]);
			parse(f, "list", text, strlen(text));
			authlist_decide(&f->list, &f->cert, 0, &out);
			if (from_end)
				snprintf(
				    says, sizeof says,
				    "the first %zu digits of the hash are missing, the certificate has 64",
				    digits - n);
			else
				snprintf(says, sizeof says,
				         "the hash is cut after digit %zu, the certificate has 64", n);
			assert_int_equal(out.prediction, n < 8 ? AUTH_HASH_MISMATCH : AUTH_DAMAGED_ENTRY);
			if (n >= 8)
				assert_string_equal(out.detail, says);
			authlist_free(&f->list);
			authlist_init(&f->list, f->certs);
		}
	end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(damage_is_named),
	    cmocka_unit_test(damage_at_every_digit),
	    cmocka_unit_test(cut_at_every_digit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
