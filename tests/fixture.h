/*
 * Models filled by hand, for the tests of what is shown. No packet is decoded: each fact stands here.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "analyzer/model.h"

/* A file name that tries everything a terminal or a JSON reader would choke on. */
#define FIXTURE_HOSTILE "evil\x1b[2J\xff\xe2\x80\xae\xc2\x9b\x7f\xc3\xa9.pcap"

/* One unreadable input and no packet. */
struct model *fixture_empty(void);

/* One session of which nothing is known but its addresses and one packet. */
struct model *fixture_bare(void);

/*
 * Session 1: rejected, with steps, an alert, certificates of both sides, a gap, an ICMP error, and an
 * AuthList entry with another hash. Session 2: active, encrypted, IPv6. Two inputs, a list with a problem.
 */
struct model *fixture_rich(void);

/* `n` sessions, of which the first was refused by the controller. */
struct model *fixture_many(uint32_t n);

#endif
