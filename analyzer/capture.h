/*
 * The user's capture filter. The only module with libpcap.
 *
 * The filter sees the innermost IP packet, after tags and tunnels are stripped. So words that speak of the
 * frame (ether, vlan, ...) are refused, and host names too, because nothing here resolves names.
 */
#ifndef ANALYZER_CAPTURE_H
#define ANALYZER_CAPTURE_H

#include "analyzer/err.h"
#include "dissect/rd.h"

struct capture_filter;

/* Compiles an expression (pcap-filter(7)). NULL and a sentence with the cure in `err`. */
struct capture_filter *capture_filter_new(const char *expression, struct err *err);
void capture_filter_free(struct capture_filter *filter); /* NULL is allowed */

/* Whether an IP packet passes. */
bool capture_filter_match(const struct capture_filter *filter, struct span ip);

#endif
