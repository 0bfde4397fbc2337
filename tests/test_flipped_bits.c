/*
 * One bit of one protected record is flipped in a capture: one record is refused, nothing of it is shown, and
 * all the others are opened as before. TLS 1.0 CBC: two are refused when the bit is in a record's last cipher
 * block, or anywhere when the MAC covers the ciphertext, because it then does not cover the IV, which comes
 * from the record before. A flipped bit of a length costs the records that it takes in, and no others.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/keyrun.h"

#define MOST_PLACES 400
#define BLOCK       16

/* A protected record's body in a packet of the recording. */
struct place {
	size_t packet, off, n;
	int dir;
	uint8_t type;
	bool last; /* of its direction */
};

struct places {
	struct place list[MOST_PLACES];
	size_t n;
	bool secret[2];
	size_t left[2]; /* bytes of a record that goes on in the next packet */
};

/* The records that begin in a packet, as far as they lie in it. */
static void find_in_packet(struct places *places, const struct recording *recording, size_t packet)
{
	const struct recorded *p = &recording->packets[packet];
	int dir = 0;
	size_t n = recording_payload(p, KEYRUN_PORT, &dir);
	size_t passed = places->left[dir] < n ? places->left[dir] : n;
	places->left[dir] -= passed;
	for (size_t at = p->n - n + passed; at < p->n;) {
		struct tls_record record;
		struct span rest = span_cut(span_of(p->bytes, p->n), at, SIZE_MAX);
		if (tls_record_head(rest, &record) != CUT_OK)
			return;
		size_t whole = TLS_RECORD_HEADER + (size_t)record.length,
		       here = whole < rest.n ? whole : rest.n;
		places->left[dir] = whole - here;
		if (record.type == TLS_APPLICATION_DATA ||
		    (places->secret[dir] && record.type != TLS_CHANGE_CIPHER_SPEC)) {
			assert_true(places->n < MOST_PLACES && here > TLS_RECORD_HEADER);
			places->list[places->n++] = (struct place){.packet = packet,
			                                           .off = at + TLS_RECORD_HEADER,
			                                           .n = here - TLS_RECORD_HEADER,
			                                           .dir = dir,
			                                           .type = record.type};
		}
		places->secret[dir] = places->secret[dir] || record.type == TLS_CHANGE_CIPHER_SPEC;
		at += here;
	}
}

static void find_places(struct places *places, const struct recording *recording)
{
	*places = (struct places){0};
	for (size_t i = 0; i < recording->n; i++)
		find_in_packet(places, recording, i);
	for (int dir = 0; dir < 2; dir++)
		for (size_t i = places->n; i-- > 0;)
			if (places->list[i].dir == dir) {
				places->list[i].last = true;
				break;
			}
}

static void check_counts(const struct keyrun *base, const struct keyrun *run)
{
	const struct session_nmsp *was = base->session->nmsp, *is = run->session->nmsp;
	assert_non_null(is);
	for (uint32_t i = 0; i < is->n_counts; i++) {
		uint64_t most = 0;
		for (uint32_t k = 0; k < was->n_counts; k++)
			if (was->counts[k].type == is->counts[i].type &&
			    was->counts[k].dir == is->counts[i].dir)
				most = was->counts[k].messages;
		if (is->counts[i].messages > most)
			fail_msg("%llu messages of type %u, there were %llu",
			         (unsigned long long)is->counts[i].messages, is->counts[i].type,
			         (unsigned long long)most);
	}
	assert_int_equal(is->malformed, 0);
}

static void check_flip(const struct recording *recording, const char *keys, const struct keyrun *base,
                       const struct place *place, size_t byte)
{
	uint8_t *bytes = recording->packets[place->packet].bytes;
	bytes[place->off + byte] ^= 0x10;
	struct keyrun *run = keyrun_new(recording, keys);
	bytes[place->off + byte] ^= 0x10;
	bool chained = base->session->tls.version == TLS_1_0 && !place->last;
	bool two = chained && (base->session->tls.encrypt_then_mac || byte + BLOCK >= place->n);
	uint64_t expected = two ? 2 : 1;
	if (run->refused != expected || run->opened != base->opened - expected || run->behind_gap != 0)
		fail_msg("byte %zu of a record of %zu in packet %zu: %llu refused, %llu of %llu opened", byte,
		         place->n, place->packet + 1, (unsigned long long)run->refused,
		         (unsigned long long)run->opened, (unsigned long long)base->opened);
	uint64_t refused_in = run->session->tls.first_refused.packet;
	assert_in_range(refused_in, place->packet + 1, place->packet + 2); /* of its last byte */
	bool data = run->session->tls.opened_data[0] + run->session->tls.opened_data[1] + expected ==
	            base->session->tls.opened_data[0] + base->session->tls.opened_data[1];
	uint64_t lost = base->messages - run->messages;
	if (lost > expected || (place->type != TLS_APPLICATION_DATA && !two && lost != 0) ||
	    (!data && !two && lost > 0))
		fail_msg("packet %zu: %llu messages of %llu are missing", place->packet + 1,
		         (unsigned long long)lost, (unsigned long long)base->messages);
	check_counts(base, run);
	char note[64];
	snprintf(note, sizeof note, "packet %llu)", (unsigned long long)refused_in);
	assert_int_equal(run->decryption.state, DECRYPTION_DECRYPTED);
	assert_non_null(
	    strstr(run->decryption.detail, two ? "2 records were refused" : "1 record was refused"));
	assert_non_null(strstr(run->decryption.detail, note));
	assert_null(keyrun_finding(run, "keys-wrong"));
	assert_null(keyrun_finding(run, "keys-missing"));
	keyrun_free(run);
}

static void check_sample(const char *name, size_t least)
{
	struct recording recording;
	char keys[KEYRUN_KEYS];
	static struct places places;
	keyrun_load(name, &recording, keys);
	struct keyrun *base = keyrun_new(&recording, keys);
	assert_int_equal(base->refused + base->behind_gap, 0);
	assert_int_equal(base->decryption.state, DECRYPTION_DECRYPTED);
	find_places(&places, &recording);
	assert_true(places.n >= least);
	assert_int_equal(places.n, base->opened);
	for (size_t i = 0; i < places.n; i++) {
		const struct place *place = &places.list[i];
		check_flip(&recording, keys, base, place, 0);
		check_flip(&recording, keys, base, place, place->n / 2);
		check_flip(&recording, keys, base, place, place->n - 1);
	}
	keyrun_free(base);
	recording_free(&recording);
}

/* Bytes of records behind a place. */
static size_t behind(const struct places *places, size_t at)
{
	size_t n = 0;
	for (size_t i = at + 1; i < places->n; i++)
		if (places->list[i].dir == places->list[at].dir)
			n += TLS_RECORD_HEADER + places->list[i].n;
	return n;
}

/*
 * A length that is 256 bytes too large takes in what follows, with its numbers: these records are lost, and those behind
 * them are opened. In TLS 1.0 CBC the next one lacks its IV.
 */
static void check_length(const char *name, unsigned least)
{
	struct recording recording;
	char keys[KEYRUN_KEYS];
	static struct places places;
	unsigned checked = 0;
	keyrun_load(name, &recording, keys);
	struct keyrun *base = keyrun_new(&recording, keys);
	find_places(&places, &recording);
	for (size_t i = 0; i < places.n; i++) {
		const struct place *place = &places.list[i];
		uint8_t *length = &recording.packets[place->packet].bytes[place->off - 2];
		if (place->type != TLS_APPLICATION_DATA || *length != 0 || behind(&places, i) < 500)
			continue;
		*length = 1;
		struct keyrun *run = keyrun_new(&recording, keys);
		*length = 0;
		const struct session_tls *tls = &run->session->tls;
		uint64_t closed = run->refused + run->behind_gap;
		uint64_t all = run->opened + closed + tls->lost_to_gaps[0] + tls->lost_to_gaps[1];
		bool least_only = tls->lost_at_least[0] || tls->lost_at_least[1]; /* the keys changed among them */
		if (closed > (tls->version == TLS_1_0 ? 2 : 1) ||
		    (least_only ? all > base->opened : all != base->opened))
			fail_msg("%s, packet %zu: %s", name, place->packet + 1, run->decryption.detail);
		checked++;
		keyrun_free(run);
	}
	assert_true(checked >= least);
	keyrun_free(base);
	recording_free(&recording);
}

static void wrong_lengths(void **state)
{
	(void)state;
	check_length("accepted-tls10", 20);
	check_length("accepted-tls12", 5);
	check_length("accepted-tls13", 5);
}

static void tls10(void **state)
{
	(void)state;
	check_sample("accepted-tls10", 57);
}

static void tls12(void **state)
{
	(void)state;
	check_sample("accepted-tls12", 30);
}

static void tls13(void **state)
{
	(void)state;
	check_sample("accepted-tls13", 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tls10),
	    cmocka_unit_test(tls12),
	    cmocka_unit_test(tls13),
	    cmocka_unit_test(wrong_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
