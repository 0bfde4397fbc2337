/*
 * Services over time: each change of what a side says it can do, and each subscription with its answer. Called through
 * ui/view.h. LIMIT_MASKS of either are kept, the latest ones. Empty while no plaintext came.
 */
#include "ui/view.h"

#include "analyzer/session_nmsp.h"

#include <inttypes.h>
#include <stdio.h>

static const struct session_nmsp *nmsp(const struct row *row)
{
	return row->session->session->nmsp;
}

/* Of the row: one of the two is not NULL. */
struct change {
	const struct nmsp_capability *capability;
	const struct nmsp_subscription *subscription;
};

/* Number `index` of both lists together, by time. */
static struct change change_at(const struct session_nmsp *of, size_t index)
{
	uint32_t c = 0, s = 0;
	for (;;) {
		bool first = s == of->n_subscriptions ||
		             (c < of->n_capabilities && of->capabilities[c].at.packet <= of->subscriptions[s].at.packet);
		if (index-- == 0)
			return first ? (struct change){.capability = &of->capabilities[c]}
			             : (struct change){.subscription = &of->subscriptions[s]};
		c += first;
		s += !first;
	}
}

static struct change change(const struct row *row)
{
	return change_at(nmsp(row), row->index);
}

static const struct origin *place(const struct row *row)
{
	struct change of = change(row);
	return of.capability != NULL ? &of.capability->at : &of.subscription->at;
}

static uint64_t mask_of(const struct row *row)
{
	struct change of = change(row);
	return of.capability != NULL ? of.capability->mask : of.subscription->mask;
}

static uint8_t dir_of(const struct row *row)
{
	struct change of = change(row);
	return of.capability != NULL ? of.capability->dir : session_engine(row->session->session);
}

/* What held before: of the same side and kind, 0 when this is the first one. */
static uint64_t before(const struct row *row)
{
	const struct session_nmsp *of = nmsp(row);
	struct change now = change(row);
	uint64_t mask = 0;
	for (size_t i = 0; i < row->index; i++) {
		struct change then = change_at(of, i);
		if (now.capability != NULL && then.capability != NULL && then.capability->dir == now.capability->dir)
			mask = then.capability->mask;
		else if (now.subscription != NULL && then.subscription != NULL)
			mask = then.subscription->mask;
	}
	return mask;
}

static struct value change_time(const struct row *row)
{
	return view_time(place(row));
}

static struct value change_packet(const struct row *row)
{
	return view_packet(place(row));
}

static struct value change_from(const struct row *row)
{
	const struct session *of = row->session->session;
	if (change(row).capability != NULL && !session_nmsp_knows_side(of, NMSP_CAPABILITY_NOTIFICATION))
		return view_null();
	return view_side(of, dir_of(row));
}

static struct value change_what(const struct row *row)
{
	return view_text(change(row).capability != NULL ? "capabilities" : "subscription");
}

static struct value change_answer(const struct row *row)
{
	static const char *const answers[] = {
	    [NMSP_UNANSWERED] = "none", [NMSP_ACCEPTED] = "accepted", [NMSP_REFUSED] = "refused"};
	const struct nmsp_subscription *of = change(row).subscription;
	return of == NULL ? view_null() : view_text(answers[of->answer]);
}

static struct value change_answered(const struct row *row)
{
	const struct nmsp_subscription *of = change(row).subscription;
	return of == NULL ? view_null() : view_time(&of->answered);
}

static struct value change_mask(const struct row *row)
{
	snprintf(row->view->scratch, sizeof row->view->scratch, "0x%" PRIx64, mask_of(row));
	return view_text(row->view->scratch);
}

/* "+attach +location -rssi-rfid": what came and went; bits without a name count. */
static struct value change_difference(const struct row *row)
{
	char *text = row->view->scratch;
	size_t room = sizeof row->view->scratch, n = 0;
	uint64_t is = mask_of(row), was = before(row), other = is ^ was;
	text[0] = '\0';
	for (size_t i = 0; i < NMSP_SERVICES && n < room; i++) {
		uint64_t bit = UINT64_C(1) << nmsp_services[i].bit;
		other &= ~bit;
		if (((is ^ was) & bit) != 0)
			n += (size_t)snprintf(&text[n], room - n, "%s%c%s", n == 0 ? "" : " ", (is & bit) != 0 ? '+' : '-',
			                      nmsp_services[i].leaf);
	}
	if (other != 0 && n < room)
		snprintf(&text[n], room - n, "%sbits without a name 0x%" PRIx64, n == 0 ? "" : " ", other);
	return view_text(text);
}

static size_t change_count(const struct row *parent)
{
	return nmsp(parent) == NULL ? 0 : nmsp(parent)->n_capabilities + nmsp(parent)->n_subscriptions;
}

static const struct column columns[] = {
    {.key = "time", .label = "Time", .get = change_time},
    {.key = "packet", .label = "Packet", .get = change_packet},
    {.key = "from", .label = "From", .get = change_from},
    {.key = "what", .label = "What", .get = change_what},
    {.key = "mask", .get = change_mask},
    {.key = "answer", .label = "Answer", .get = change_answer},
    {.key = "answered", .get = change_answered},
    {.key = "difference", .label = "Change", .get = change_difference},
};

const struct table view_service_changes = {TABLE_OF(columns), .count = change_count};
