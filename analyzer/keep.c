/* To each that keeps packets what it wants to know; see keep.h. */
#include "analyzer/keep.h"

static struct save_session session_of(const struct model *model, struct flow *flow)
{
	const struct session_tls *tls = &flow->session->tls;
	return (struct save_session){.keylog = model->keylog,
	                             .learned = model->learned,
	                             .client_random = tls->client_hello ? tls->client_random : NULL,
	                             .keys = &flow->saved};
}

void keep_fragment(const struct keep *keep, const struct capfile_packet *frame, struct fragments_place place,
                   bool complete)
{
	if (keep->save != NULL)
		save_fragment(keep->save, frame, place, complete);
	if (keep->spool != NULL)
		spool_fragment(keep->spool, frame, place, complete);
}

static void forget(const struct keep *keep, const struct capfile_packet *frame)
{
	if (keep->save != NULL)
		save_other(keep->save, frame);
	if (keep->spool != NULL)
		spool_other(keep->spool);
}

/* The secrets stand in front of the packet that named them, so that whoever reads the file need not wait. */
void keep_frame(const struct keep *keep, struct model *model, struct flow *flow,
                const struct capfile_packet *frame, const struct origin *now)
{
	bool kept = true;
	if (flow == NULL) {
		forget(keep, frame);
		return;
	}
	if (keep->save != NULL) {
		struct save_session session = session_of(model, flow);
		kept = save_packet(keep->save, frame, &session);
	}
	if (keep->spool != NULL)
		kept = spool_packet(keep->spool, frame, flow->session, &flow->spooled) && kept;
	if (!kept)
		model_hit(model, HIT_SAVE_WAITING, now);
}

void keep_bare(const struct keep *keep, const struct capfile_packet *frame, const struct session *session)
{
	struct spool_head none = {0}; /* there is no handshake */
	if (keep->save != NULL)
		save_bare(keep->save, frame);
	if (keep->spool != NULL)
		spool_packet(keep->spool, frame, session, &none);
}

void keep_secrets(const struct keep *keep, const struct model *model, struct flow *flow)
{
	struct save_session session = session_of(model, flow);
	if (keep->save != NULL)
		save_secrets(keep->save, &session);
}

void keep_end(const struct keep *keep, const struct model *model)
{
	if (keep->save != NULL)
		save_end(keep->save, model_now(model));
}
