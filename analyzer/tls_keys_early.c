/* The keys of a client's early data; see tls_keys.h. RFC 8446 section 4.2.10. */
#include "analyzer/tls_keys_state.h"

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

/* The suite is that of the session which is resumed: the one that opens a record is right. */
static bool open_first_early(struct tls_keys *keys, const struct keylog_secret *secret,
                             const struct tls_record *record, struct span body, struct span *plain,
                             uint8_t *type)
{
	static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0x00c6};
	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
		if (tls_opener_key_13(keys->early, tls_suite_find(suites[i]), secret) != 0)
			continue;
		tls_opener_set_sequence(keys->early, keys->early_seen);
		if (tls_open(keys->early, record, body, keys->plain, plain, type) == TLS_OPENED)
			return true;
	}
	tls_opener_unkey(keys->early);
	return false;
}

static bool find_early(struct tls_keys *keys, const struct tls_record *record, struct span body,
                       struct span *plain, uint8_t *type)
{
	struct keylog_secret secret;
	bool opened = false;
	for (unsigned which = 0; which < LIMIT_SECRETS_ALIKE && !opened; which++) {
		if (!keylog_find(keys->model->keylog, KEYLOG_CLIENT_EARLY, keys->facts->client_random, which,
		                 &secret))
			break;
		opened = open_first_early(keys, &secret, record, body, plain, type);
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

bool tls_keys_open_early(struct tls_keys *keys, const struct tls_record *record, struct span body,
                         uint8_t room[LIMIT_RECORD], struct span *plain, uint8_t *type)
{
	if (keys->early == NULL)
		keys->early = tls_opener_new();
	*plain = span_of(room, 0);
	keys->plain = room;
	bool opened = tls_opener_keyed(keys->early)
	                  ? tls_open(keys->early, record, body, room, plain, type) == TLS_OPENED
	                  : find_early(keys, record, body, plain, type);
	keys->early_seen++;
	keys->plain = NULL;
	return opened;
}
