/* Steps and alerts that records tell; see tls_events.h. Called by tls_conn.c only. */
#include "analyzer/tls_events.h"

static void add_alert(struct model *model, struct session *session, const struct alert_seen *seen)
{
	model_add_alert(model, session, seen);
	/* read with a late key it may stand in front of what seemed to close the session */
	bool first = session->closed.packet == 0 || origin_order(&seen->at, &session->closed) <= 0;
	if (!seen->encrypted && seen->level == TLS_ALERT_FATAL && first) {
		session->closed = seen->at;
		session->close = CLOSE_ALERT;
		session->closed_by = seen->dir;
	}
}

void tls_events_step(struct model *model, struct session *session, uint8_t dir, enum step_kind kind,
                     const struct frame_message *message)
{
	struct step step = {.at = message->last, .kind = kind, .dir = dir};
	model_add_step(model, session, &step);
}

void tls_events_alert(struct model *model, struct session *session, uint8_t dir, struct span body,
                      const struct origin *at)
{
	struct tls_alert alert;
	if (!tls_alert(body, &alert))
		return;
	struct alert_seen seen = {.at = *at, .dir = dir, .level = alert.level, .code = alert.description};
	add_alert(model, session, &seen);
}

static bool any_encrypted_step(const struct session *session, uint8_t dir)
{
	for (uint32_t i = 0; i < session->n_steps; i++)
		if (session->steps[i].dir == dir && session->steps[i].encrypted)
			return true;
	return false;
}

void tls_events_closed(struct model *model, struct session *session, uint8_t dir, uint8_t type,
                       const struct frame_message *message)
{
	struct step step = {.at = message->last,
	                    .kind = STEP_ENCRYPTED_HANDSHAKE,
	                    .dir = dir,
	                    .encrypted = true,
	                    .damaged = message->damaged};
	const struct session_tls *tls = &session->tls;
	if (type == TLS_ALERT) {
		struct alert_seen seen = {.at = message->last, .dir = dir, .encrypted = true};
		add_alert(model, session, &seen);
	} else if (type == TLS_HANDSHAKE) {
		if (!any_encrypted_step(session,
		                        dir)) /* Finished is the first one behind change_cipher_spec */
			step.kind = STEP_FINISHED;
		model_add_step(model, session, &step);
	} else if (type == TLS_APPLICATION_DATA && tls->version == TLS_1_3 &&
	           tls->protected_records[dir] == 1) {
		model_add_step(model, session, &step);
	}
}
