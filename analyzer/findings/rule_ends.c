/* The two ends of a connection and the routers between them, in words; see rule.h. Called by tcp.c and udp.c.
 */
#include "analyzer/findings/rule.h"

#include "dissect/names.h"

#include <stdio.h>

enum { /* a type and code of one IP version in one number */
       ICMP4 = 4 << 16,
       ICMP6 = 6 << 16,
       EXCEEDED4 = ICMP4 | 11 << 8,
       EXCEEDED6 = ICMP6 | 3 << 8,
       UNREACHABLE4 = ICMP4 | 3 << 8,
       UNREACHABLE6 = ICMP6 | 1 << 8,
};

static uint32_t icmp_kind(const struct icmp_seen *icmp)
{
	return (uint32_t)icmp->version << 16 | (uint32_t)icmp->type << 8 | icmp->code;
}

const char *rule_icmp_name(const struct icmp_seen *icmp)
{
	static const struct name names[] = {
	    {UNREACHABLE4 | 0, "network unreachable"},
	    {UNREACHABLE4 | 1, "host unreachable"},
	    {UNREACHABLE4 | 2, "protocol unreachable"},
	    {UNREACHABLE4 | 3, "port unreachable"},
	    {UNREACHABLE4 | 6, "network unknown"},
	    {UNREACHABLE4 | 7, "host unknown"},
	    {UNREACHABLE4 | 9, "network administratively prohibited"},
	    {UNREACHABLE4 | 10, "host administratively prohibited"},
	    {UNREACHABLE4 | 13, "communication administratively prohibited"},
	    {EXCEEDED4, "time to live exceeded"},
	    {UNREACHABLE6 | 0, "no route to destination"},
	    {UNREACHABLE6 | 1, "administratively prohibited"},
	    {UNREACHABLE6 | 3, "address unreachable"},
	    {UNREACHABLE6 | 4, "port unreachable"},
	    {UNREACHABLE6 | 5, "source address failed policy"},
	    {UNREACHABLE6 | 6, "route rejected"},
	    {EXCEEDED6, "hop limit exceeded"},
	};
	return name_find(names, RULE_COUNT(names), icmp_kind(icmp));
}

const char *rule_endpoint(const struct session *session, uint8_t dir, char text[RULE_ENDPOINT])
{
	char addr[ADDR_TEXT];
	snprintf(text, RULE_ENDPOINT, "%s %s port %u", rule_side(session, dir),
	         addr_text(&session->addr[dir], addr), (unsigned)session->port[dir]);
	return text;
}

bool rule_icmp_exceeded(const struct icmp_seen *icmp)
{
	return icmp_kind(icmp) == EXCEEDED4 || icmp_kind(icmp) == EXCEEDED6;
}
