/* Counts of protected records; see tls_tally.h. Called by tls_conn.c only. */
#include "analyzer/tls_tally.h"

static bool has_closed(const struct session_tcp *tcp, uint8_t dir)
{
	return tcp->fin[dir].packet != 0 || (tcp->rst.packet != 0 && tcp->rst_dir == dir);
}

void tls_tally_data(struct session *session, uint8_t dir, uint16_t length, const struct origin *at)
{
	struct session_tls *tls = &session->tls;
	if (tls->protected_records[dir]++ == 0) {
		tls->first_protected[dir] = *at;
		tls->first_protected_length[dir] = length;
	}
	tls->protected_on[dir] = true;
	if (tls->protected_records[dir ^ 1] > 0)
		tls->protected_after_reply[dir]++;
	tls->last_protected[dir] = *at;
	tls->last_protected_length[dir] = length;
	tls->latest_protected = dir;
	tls->closed_before_last[dir] = has_closed(&session->tcp, dir ^ 1);
}

void tls_tally_opened(struct session_tls *tls, uint8_t dir, uint8_t type)
{
	tls->opened[dir]++;
	if (type == TLS_APPLICATION_DATA)
		tls->opened_data[dir]++;
	tls->unproven[dir] = 0;
}

void tls_tally_refused(struct session_tls *tls, uint8_t dir, bool proven, const struct origin *at)
{
	if (tls->refused[0] + tls->refused[1] == 0)
		tls->first_refused = *at;
	tls->refused[dir]++;
	if (!proven)
		tls->unproven[dir]++;
}

void tls_tally_behind_gap(struct session_tls *tls, uint8_t dir, const struct origin *at)
{
	tls->behind_gap[dir]++;
	if (tls->key_gap[dir].packet == 0)
		tls->key_gap[dir] = *at;
}

void tls_tally_keyless(struct session_tls *tls, uint8_t dir)
{
	tls->behind_gap[dir]++;
	tls->keyless++;
}

void tls_tally_regained(struct session_tls *tls, uint8_t dir, uint64_t missing, bool at_least)
{
	tls->lost_to_gaps[dir] += missing;
	tls->lost_at_least[dir] = tls->lost_at_least[dir] || at_least;
}

void tls_tally_passed(struct session_tls *tls, uint8_t dir)
{
	tls->passed[dir]++;
}

void tls_tally_came_back(struct session_tls *tls, uint8_t dir)
{
	tls->passed[dir]--;
	tls->passed_handshake = tls->passed_handshake && tls->passed[0] + tls->passed[1] > 0;
}

void tls_tally_closed(struct session_tls *tls, uint8_t dir, const struct origin *at)
{
	if (tls->first_closed[dir].packet == 0)
		tls->first_closed[dir] = *at;
}

void tls_tally_retry(struct session_tls *tls, uint8_t dir, uint64_t from_packet)
{
	if (tls->first_closed[dir].packet >= from_packet)
		tls->first_closed[dir] = (struct origin){0};
}
