/*
 * The text of the built-in profile assumed-1, which is also in samples/assumed-1.profile (a test compares
 * them).
 *
 * Called by the NMSP layer when no profile is given. Never tells published from assumed: the text does.
 */
#include "dissect/profile.h"

#include <assert.h>

static const char text[] = "name         assumed-1\n"
                           "origin       assumed\n"
                           "byte-order   big\n"
                           "header       12\n"
                           "type         2 2\n"
                           "length       4 2 total\n"
                           "transaction  8 4\n"
                           "elements     tlv 2 2 value\n"
                           "message      1 ECHO_REQUEST engine\n"
                           "message      2 ECHO_RESPONSE controller\n"
                           "message      7 CAPABILITY_NOTIFICATION both\n"
                           "message      13 MEASUREMENT_REQUEST engine\n"
                           "message      14 MEASUREMENT_RESPONSE controller\n"
                           "message      15 MEASUREMENT_NOTIFICATION controller\n"
                           "message      16 INFORMATION_REQUEST engine\n"
                           "message      17 INFORMATION_RESPONSE controller\n"
                           "message      18 INFORMATION_NOTIFICATION controller\n"
                           "message      20 STATISTICS_REQUEST engine\n"
                           "message      21 STATISTICS_RESPONSE controller\n"
                           "message      22 STATISTICS_NOTIFICATION controller\n"
                           "message      30 SERVICE_SUBSCRIBE_REQUEST engine\n"
                           "message      31 SERVICE_SUBSCRIBE_RESPONSE controller\n"
                           "message      40 LOCATION_REQUEST engine assumed\n"
                           "message      41 LOCATION_RESPONSE controller assumed\n"
                           "message      67 AP_INFO_NOTIFICATION controller\n"
                           "element      1 SERVICE_MASK mask\n"
                           "element      2 VERSION u8\n"
                           "element      3 NAME text\n"
                           "element      4 STATUS u16\n"
                           "element      5 RSSI_INTERVAL u16\n"
                           "element      6 INFORMATION_INTERVAL u16\n"
                           "element      7 STATISTICS_INTERVAL u16\n"
                           "element      8 ATTACHMENT_INTERVAL u16\n"
                           "element      9 TIME time\n"
                           "element      10 MAC mac\n"
                           "element      11 IP4 ip4\n"
                           "element      12 VLAN u16\n"
                           "element      13 PACKETS u32\n"
                           "element      14 TRAFFIC u64\n"
                           "element      15 RSSI u8\n"
                           "element      16 TARGET u16\n"
                           "element      17 BULK bytes\n";

void profile_builtin(struct profile *out)
{
	struct profile_error error;
	bool good = profile_parse(span_of(text, sizeof text - 1), out, &error);
	assert(good);
	(void)good;
}
