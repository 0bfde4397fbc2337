/*
 * The tables of services, as the MSE's page shows them: what the controller says that it can do, and what the
 * engine subscribed to. Called through ui/view.h. Empty while no plaintext came.
 */
#include "ui/view.h"

#include "analyzer/session_nmsp.h"

static bool has_bit(uint64_t mask, const struct nmsp_service *service)
{
	return (mask >> service->bit & 1) != 0;
}

/* The first row of each service lies where its name begins: sub-services of one service stand together. */
static bool begins_service(size_t i)
{
	return i == 0 || strcmp(nmsp_services[i].service, nmsp_services[i - 1].service) != 0;
}

/* The first row of service n of the mask's services; NMSP_SERVICES when there are fewer. */
static size_t find_service(uint64_t mask, size_t n)
{
	size_t first = 0;
	bool counted = false; /* this service has a bit, and was counted */
	for (size_t i = 0; i < NMSP_SERVICES; i++) {
		if (begins_service(i)) {
			first = i;
			counted = false;
		}
		if (counted || !has_bit(mask, &nmsp_services[i]))
			continue;
		if (n-- == 0)
			return first;
		counted = true;
	}
	return NMSP_SERVICES;
}

static size_t count_services(uint64_t mask)
{
	size_t n = 0;
	while (find_service(mask, n) < NMSP_SERVICES)
		n++;
	return n;
}

/* What the controller says that it can do. */
static uint64_t capable(const struct row *row)
{
	const struct session *session = row->session->session;
	const struct nmsp_capability *told = NULL;
	if (session->nmsp != NULL)
		told = session_nmsp_capability(session->nmsp, session->controller);
	return told == NULL ? 0 : told->mask;
}

static size_t capability_count(const struct row *parent)
{
	return count_services(capable(parent));
}

static struct value capability(const struct row *row)
{
	return view_text(nmsp_services[find_service(capable(row), row->index)].service);
}

static const struct column capability_columns[] = {{.get = capability}};
const struct table view_capabilities = {TABLE_OF(capability_columns), .count = capability_count};

static uint64_t subscribed(const struct row *row)
{
	const struct session_nmsp *nmsp = row->session->session->nmsp;
	const struct nmsp_subscription *accepted = nmsp == NULL ? NULL : session_nmsp_subscription(nmsp);
	return accepted == NULL ? 0 : accepted->mask;
}

static size_t subscription_count(const struct row *parent)
{
	return count_services(subscribed(parent));
}

static void subscription_open(const struct row *parent, struct row *row)
{
	row->item = &nmsp_services[find_service(subscribed(parent), row->index)];
}

/* Sub-service n of the service that is the item. */
static const struct nmsp_service *subservice(const struct row *row, size_t n)
{
	const struct nmsp_service *of = row->item;
	for (size_t i = 0; i < NMSP_SERVICES; i++)
		if (strcmp(nmsp_services[i].service, of->service) == 0 &&
		    has_bit(subscribed(row), &nmsp_services[i]) && n-- == 0)
			return &nmsp_services[i];
	return NULL;
}

static size_t subservice_count(const struct row *parent)
{
	size_t n = 0;
	while (subservice(parent, n) != NULL)
		n++;
	return n;
}

static struct value subservice_name(const struct row *row)
{
	return view_text(subservice(row, row->index)->subservice);
}

static struct value service_name(const struct row *row)
{
	const struct nmsp_service *of = row->item;
	return view_text(of->service);
}

static const struct column subservice_columns[] = {{.get = subservice_name}};
static const struct table subservices = {TABLE_OF(subservice_columns), .count = subservice_count};

static const struct column subscription_columns[] = {
    {.key = "service", .label = "Service", .get = service_name},
    {.key = "subservices", .label = "Sub-services", .shape = COLUMN_STRINGS, .table = &subservices},
};

const struct table view_subscriptions = {TABLE_OF(subscription_columns), .count = subscription_count,
                                         .open = subscription_open};
