/* The keys of a client's early data; see tls_keys.h. RFC 8446 section 4.2.10. */
#include "analyzer/tls_keys_state.h"
#include "analyzer/tls_regain.h"

bool tls_keys_early(const struct tls_keys *keys, uint8_t dir)
{
	const struct session_tls *facts = keys->facts;
	const struct direction *d = &keys->dir[dir];
	return facts->early_data && facts->has_client && dir == facts->client_dir &&
	       (facts->version == TLS_1_3 || !facts->server_hello) && d->phase == PHASE_HANDSHAKE &&
	       !d->proven && !keys->early_over;
}

bool tls_keys_early_known(const struct tls_keys *keys)
{
	struct keylog_secret secret;
	if (keys->early != NULL && tls_opener_keyed(keys->early))
		return true;
	bool there =
	    keylog_find(keys->model->keylog, KEYLOG_CLIENT_EARLY, keys->facts->client_random, 0, &secret);
	if (there)
		keylog_wipe(&secret);
	return there;
}

/* A record of early data that is tried. */
struct trial {
	struct tls_gap *gap; /* NULL: its number is certain */
	const struct tls_record *record;
	struct span body;
	struct span *plain;
	uint8_t *type;
};

static bool opens(struct tls_keys *keys, const struct tls_suite *suite, const struct trial *trial)
{
	struct tls_gap *gap = trial->gap;
	if (gap == NULL)
		return tls_open(keys->early, trial->record, trial->body, keys->plain, trial->plain, trial->type) ==
		       TLS_OPENED;
	const struct tls_search search = tls_gap_search(gap, suite, TLS_1_3);
	if (tls_search(keys->early, &search, trial->record, trial->body, keys->plain, trial->plain, trial->type) !=
	    TLS_FOUND_OPENED)
		return false;
	gap->missing = tls_opener_done(keys->early).records - 1 - keys->early_seen;
	return true;
}

/* The suite is that of the session which is resumed: the one that opens a record is right. */
static bool open_first_early(struct tls_keys *keys, const struct keylog_secret *secret, const struct trial *trial)
{
	static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0x00c6};
	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
		keys->early_suite = tls_suite_find(suites[i]);
		if (tls_opener_key_13(keys->early, keys->early_suite, secret) != 0)
			continue;
		tls_opener_set_sequence(keys->early, keys->early_seen);
		if (opens(keys, keys->early_suite, trial))
			return true;
	}
	tls_opener_unkey(keys->early);
	return false;
}

static bool find_early(struct tls_keys *keys, const struct trial *trial)
{
	struct keylog_secret secret;
	bool opened = false;
	for (unsigned which = 0; which < LIMIT_SECRETS_ALIKE && !opened; which++) {
		if (!keylog_find(keys->model->keylog, KEYLOG_CLIENT_EARLY, keys->facts->client_random, which,
		                 &secret))
			break;
		opened = open_first_early(keys, &secret, trial);
		keylog_wipe(&secret);
	}
	if (opened)
		keys->facts->found_secrets |= 1u << KEYLOG_CLIENT_EARLY;
	return opened;
}

void tls_keys_end_early(struct tls_keys *keys)
{
	keys->early_over = true;
}

void tls_keys_pass_early(struct tls_keys *keys)
{
	keys->early_seen++;
}

uint64_t tls_keys_early_number(const struct tls_keys *keys)
{
	return keys->early_seen;
}

void tls_keys_set_early_number(struct tls_keys *keys, uint64_t number)
{
	keys->early_seen = number;
	if (keys->early != NULL && tls_opener_keyed(keys->early))
		tls_opener_set_sequence(keys->early, number);
}

bool tls_keys_open_early(struct tls_keys *keys, struct tls_gap *gap, const struct tls_record *record,
                         struct span body, uint8_t room[LIMIT_RECORD], struct span *plain, uint8_t *type)
{
	const struct trial trial = {.gap = gap, .record = record, .body = body, .plain = plain, .type = type};
	if (keys->early == NULL)
		keys->early = tls_opener_new();
	*plain = span_of(room, 0);
	keys->plain = room;
	bool opened = tls_opener_keyed(keys->early) ? opens(keys, keys->early_suite, &trial)
	                                            : find_early(keys, &trial);
	tls_keys_set_early_number(keys, keys->early_seen + 1 + (opened && gap != NULL ? gap->missing : 0));
	keys->plain = NULL;
	return opened;
}
