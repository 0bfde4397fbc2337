/*
 * Counts what messages say about the sides; see messages_votes.h. Called by messages.c. Never looks at bytes.
 */
#include "analyzer/messages_votes.h"

void messages_votes_add(struct messages_votes *votes, const struct profile_message *known, uint8_t dir)
{
	if (known == NULL || known->assumed || known->sender == PROFILE_BOTH)
		return;
	votes->engine[known->sender == PROFILE_ENGINE ? dir : dir ^ 1]++;
}

struct lie_reading messages_votes_reading(const struct messages_votes *votes, const struct profile *profile,
                                          uint8_t dir)
{
	uint64_t here = votes->engine[dir], there = votes->engine[dir ^ 1];
	return (struct lie_reading){
	    .profile = profile, .knows_side = here != there, .is_engine = here > there};
}

bool messages_votes_tell(const struct messages_votes *votes, const struct model *model,
                         struct session *session)
{
	uint8_t engine = votes->engine[0] > 0 ? 0 : 1;
	bool said = model->controller.version != 0 && !session->bare; /* by its address */
	if (votes->engine[engine] == 0 || votes->engine[engine ^ 1] > 0 || said)
		return false;
	session->controller = engine ^ 1;
	session->controller_known = true;
	return true;
}
