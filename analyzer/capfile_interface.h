/*
 * The interfaces of a capture file: link type, snaplen, clock and what each one lost. The reader in
 * capfile.c keeps a list of them; a pcap file is one interface.
 */
#ifndef ANALYZER_CAPFILE_INTERFACE_H
#define ANALYZER_CAPFILE_INTERFACE_H

#include "analyzer/capfile_clock.h"

#include <stdbool.h>
#include <stddef.h>

struct capfile_interface {
	uint32_t linktype;
	uint32_t snaplen;
	size_t fcs;                 /* bytes of frame check sequence at the end of each packet */
	struct capfile_clock clock; /* pcapng only */
	uint64_t ifdrop, osdrop;    /* as the last statistics block says */
};

struct capfile_interfaces { /* all zero is an empty list */
	struct capfile_interface *items; /* of this section */
	size_t n;
	uint32_t snaplen;        /* the smallest of all sections, 0 when unlimited or unknown */
	bool says_dropped;       /* some statistics were there */
	uint64_t dropped_before; /* in earlier sections */
};

/* Adds one with the default clock; NULL when LIMIT_INTERFACES are there. Borrowed until the next call. */
struct capfile_interface *capfile_interface_add(struct capfile_interfaces *list, uint32_t linktype,
                                                uint32_t snaplen);

/* A new section begins: its interfaces are numbered from 0, the losses so far stay counted. */
void capfile_interface_section(struct capfile_interfaces *list);

/* Packets lost in all sections, clamped to what fits; -1 when no statistics said so. */
int64_t capfile_interface_dropped(const struct capfile_interfaces *list);

void capfile_interface_free(struct capfile_interfaces *list);

#endif
