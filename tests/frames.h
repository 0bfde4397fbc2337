/*
 * Frames for tests, built from the inside out: each function puts its header in front of what is there, so
 * that it knows the lengths. One frame at a time, in this module. Used by the tests of packet and fragment.
 */
#ifndef TESTS_FRAMES_H
#define TESTS_FRAMES_H

#include "dissect/packet.h"

#define FRAMES_IP4 "0a000001 0a000002" /* 10.0.0.1 to 10.0.0.2 */
#define FRAMES_IP6 "20010db8000000000000000000000001 20010db8000000000000000000000002"

/* Begins anew with a payload: hexadecimal text, or bytes. */
void frames_start(const char *payload);
void frames_start_bytes(struct span payload);

/* Puts hexadecimal text in front; spaces are for the reader. */
__attribute__((format(printf, 1, 2))) void frames_lead(const char *format, ...);

/* Puts n zeros behind, as Ethernet does with short frames. */
void frames_pad(size_t n);

/* From port 49152 to 16113; options in hexadecimal, a multiple of four bytes. */
void frames_tcp(unsigned flags, const char *options);

void frames_udp(unsigned dst_port);

/* FRAMES_IP4, id 0x7777, TTL 64. */
void frames_ip4(unsigned proto);

/* FRAMES_IP6, hop limit 0x39. */
void frames_ip6(unsigned next);

/* From 192.0.2.1 to 192.0.2.2: the outside of a tunnel. */
void frames_outer_ip4(unsigned proto);

void frames_ethernet(unsigned type);

/* A VLAN tag's id and the type behind it; the 0x8100 is in the header in front. */
void frames_tag(unsigned type);

/* The frame so far, valid until it is changed, and its length. */
struct span frames_span(void);
size_t frames_length(void);

/* Decodes the frame as captured whole; *out is filled with nonsense before. */
bool frames_decode(uint32_t linktype, struct packet *out);

/*
 * Decodes every beginning of the frame, each in a heap block of its size, and touches what the spans hold.
 * Aborts unless it is malformed below `from` bytes and of this kind above, and for TCP the payload is either
 * there or counted as cut.
 */
void frames_cut(uint32_t linktype, enum packet_kind kind, size_t from, size_t payload);

#endif
