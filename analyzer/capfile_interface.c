/*
 * The list of a capture file's interfaces; see capfile_interface.h. Called by capfile.c alone. Owns the list
 * and its sums, reads no bytes of a file.
 */
#include "analyzer/capfile_interface.h"

#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>

struct capfile_interface *capfile_interface_add(struct capfile_interfaces *list, uint32_t linktype,
                                                uint32_t snaplen)
{
	if (list->n >= LIMIT_INTERFACES)
		return NULL;
	size_t n = list->n + 1;
	list->items = xrealloc(list->items, n * sizeof *list->items);
	list->n = n;
	struct capfile_interface *interface = &list->items[n - 1];
	*interface = (struct capfile_interface){.linktype = linktype, .snaplen = snaplen};
	capfile_clock_set(&interface->clock, CAPFILE_CLOCK_DEFAULT);
	if (snaplen > 0 && (list->snaplen == 0 || snaplen < list->snaplen))
		list->snaplen = snaplen;
	return interface;
}

static uint64_t saturated_sum(uint64_t a, uint64_t b)
{
	uint64_t sum;
	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t all_dropped(const struct capfile_interfaces *list)
{
	uint64_t sum = list->dropped_before;
	for (size_t i = 0; i < list->n; i++)
		sum = saturated_sum(sum, saturated_sum(list->items[i].ifdrop, list->items[i].osdrop));
	return sum;
}

void capfile_interface_section(struct capfile_interfaces *list)
{
	list->dropped_before = all_dropped(list);
	list->n = 0;
}

int64_t capfile_interface_dropped(const struct capfile_interfaces *list)
{
	if (!list->says_dropped)
		return -1;
	uint64_t dropped = all_dropped(list);
	return dropped > INT64_MAX ? INT64_MAX : (int64_t)dropped;
}

void capfile_interface_free(struct capfile_interfaces *list)
{
	free(list->items);
	*list = (struct capfile_interfaces){.items = NULL};
}
