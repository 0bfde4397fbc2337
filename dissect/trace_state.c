/*
 * The states of OpenSSL 1.0's server and client machines: number, name as printed, message.
 *
 * Data and one look-up; sorted by number. trace_openssl.c searches it by name. Never tells whether a state
 * was reached or left: that is the `where` of the line.
 */
#include "dissect/trace.h"

#include "dissect/tls.h"
#include "dissect/trace_parts.h"

#define CCS  TRACE_CHANGE_CIPHER_SPEC
#define NONE TRACE_NO_MESSAGE

static const struct trace_state states[] = {
	{0x0003, "SSL negotiation finished successfully", NONE, false},
	{0x1000, "before connect initialization", NONE, false},
	{0x1003, "ok/connect SSL initialization", NONE, false},
	{0x1100, "SSLv3 flush data", NONE, true},
	{0x1110, "SSLv3 write client hello A", TLS_CLIENT_HELLO, true},
	{0x1111, "SSLv3 write client hello B", TLS_CLIENT_HELLO, true},
	{0x1120, "SSLv3 read server hello A", TLS_SERVER_HELLO, false},
	{0x1121, "SSLv3 read server hello B", TLS_SERVER_HELLO, false},
	{0x1130, "SSLv3 read server certificate A", TLS_CERTIFICATE, false},
	{0x1131, "SSLv3 read server certificate B", TLS_CERTIFICATE, false},
	{0x1140, "SSLv3 read server key exchange A", TLS_SERVER_KEY_EXCHANGE, false},
	{0x1141, "SSLv3 read server key exchange B", TLS_SERVER_KEY_EXCHANGE, false},
	{0x1150, "SSLv3 read server certificate request A", TLS_CERTIFICATE_REQUEST, false},
	{0x1151, "SSLv3 read server certificate request B", TLS_CERTIFICATE_REQUEST, false},
	{0x1160, "SSLv3 read server done A", TLS_SERVER_HELLO_DONE, false},
	{0x1161, "SSLv3 read server done B", TLS_SERVER_HELLO_DONE, false},
	{0x1170, "SSLv3 write client certificate A", TLS_CERTIFICATE, true},
	{0x1171, "SSLv3 write client certificate B", TLS_CERTIFICATE, true},
	{0x1172, "SSLv3 write client certificate C", TLS_CERTIFICATE, true},
	{0x1173, "SSLv3 write client certificate D", TLS_CERTIFICATE, true},
	{0x1180, "SSLv3 write client key exchange A", TLS_CLIENT_KEY_EXCHANGE, true},
	{0x1181, "SSLv3 write client key exchange B", TLS_CLIENT_KEY_EXCHANGE, true},
	{0x1190, "SSLv3 write certificate verify A", TLS_CERTIFICATE_VERIFY, true},
	{0x1191, "SSLv3 write certificate verify B", TLS_CERTIFICATE_VERIFY, true},
	{0x11a0, "SSLv3 write change cipher spec A", CCS, true},
	{0x11a1, "SSLv3 write change cipher spec B", CCS, true},
	{0x11b0, "SSLv3 write finished A", TLS_FINISHED, true},
	{0x11b1, "SSLv3 write finished B", TLS_FINISHED, true},
	{0x11c0, "SSLv3 read change cipher spec A", CCS, false},
	{0x11c1, "SSLv3 read change cipher spec B", CCS, false},
	{0x11d0, "SSLv3 read finished A", TLS_FINISHED, false},
	{0x11d1, "SSLv3 read finished B", TLS_FINISHED, false},
	{0x11e0, "SSLv3 read server session ticket A", TLS_NEW_SESSION_TICKET, false},
	{0x11e1, "SSLv3 read server session ticket B", TLS_NEW_SESSION_TICKET, false},
	{0x11f0, "SSLv3 read certificate status A", TLS_CERTIFICATE_STATUS, false},
	{0x11f1, "SSLv3 read certificate status B", TLS_CERTIFICATE_STATUS, false},
	{0x1210, "SSLv2/v3 write client hello A", TLS_CLIENT_HELLO, true},
	{0x1211, "SSLv2/v3 write client hello B", TLS_CLIENT_HELLO, true},
	{0x1220, "SSLv2/v3 read server hello A", TLS_SERVER_HELLO, false},
	{0x1221, "SSLv2/v3 read server hello B", TLS_SERVER_HELLO, false},
	{0x2000, "before accept initialization", NONE, false},
	{0x2003, "ok/accept SSL initialization", NONE, false},
	{0x2100, "SSLv3 flush data", NONE, true},
	{0x2110, "SSLv3 read client hello A", TLS_CLIENT_HELLO, false},
	{0x2111, "SSLv3 read client hello B", TLS_CLIENT_HELLO, false},
	{0x2112, "SSLv3 read client hello C", TLS_CLIENT_HELLO, false},
	{0x2120, "SSLv3 write hello request A", TLS_HELLO_REQUEST, true},
	{0x2121, "SSLv3 write hello request B", TLS_HELLO_REQUEST, true},
	{0x2122, "SSLv3 write hello request C", TLS_HELLO_REQUEST, true},
	{0x2130, "SSLv3 write server hello A", TLS_SERVER_HELLO, true},
	{0x2131, "SSLv3 write server hello B", TLS_SERVER_HELLO, true},
	{0x2140, "SSLv3 write certificate A", TLS_CERTIFICATE, true},
	{0x2141, "SSLv3 write certificate B", TLS_CERTIFICATE, true},
	{0x2150, "SSLv3 write key exchange A", TLS_SERVER_KEY_EXCHANGE, true},
	{0x2151, "SSLv3 write key exchange B", TLS_SERVER_KEY_EXCHANGE, true},
	{0x2160, "SSLv3 write certificate request A", TLS_CERTIFICATE_REQUEST, true},
	{0x2161, "SSLv3 write certificate request B", TLS_CERTIFICATE_REQUEST, true},
	{0x2170, "SSLv3 write server done A", TLS_SERVER_HELLO_DONE, true},
	{0x2171, "SSLv3 write server done B", TLS_SERVER_HELLO_DONE, true},
	{0x2180, "SSLv3 read client certificate A", TLS_CERTIFICATE, false},
	{0x2181, "SSLv3 read client certificate B", TLS_CERTIFICATE, false},
	{0x2182, "SSLv3 read client certificate C", TLS_CERTIFICATE, false},
	{0x2190, "SSLv3 read client key exchange A", TLS_CLIENT_KEY_EXCHANGE, false},
	{0x2191, "SSLv3 read client key exchange B", TLS_CLIENT_KEY_EXCHANGE, false},
	{0x21a0, "SSLv3 read certificate verify A", TLS_CERTIFICATE_VERIFY, false},
	{0x21a1, "SSLv3 read certificate verify B", TLS_CERTIFICATE_VERIFY, false},
	{0x21b0, "SSLv3 read change cipher spec A", CCS, false},
	{0x21b1, "SSLv3 read change cipher spec B", CCS, false},
	{0x21c0, "SSLv3 read finished A", TLS_FINISHED, false},
	{0x21c1, "SSLv3 read finished B", TLS_FINISHED, false},
	{0x21d0, "SSLv3 write change cipher spec A", CCS, true},
	{0x21d1, "SSLv3 write change cipher spec B", CCS, true},
	{0x21e0, "SSLv3 write finished A", TLS_FINISHED, true},
	{0x21e1, "SSLv3 write finished B", TLS_FINISHED, true},
	{0x21f0, "SSLv3 write session ticket A", TLS_NEW_SESSION_TICKET, true},
	{0x21f1, "SSLv3 write session ticket B", TLS_NEW_SESSION_TICKET, true},
	{0x2200, "SSLv3 write certificate status A", TLS_CERTIFICATE_STATUS, true},
	{0x2201, "SSLv3 write certificate status B", TLS_CERTIFICATE_STATUS, true},
	{0x2210, "SSLv2/v3 read client hello A", TLS_CLIENT_HELLO, false},
	{0x2211, "SSLv2/v3 read client hello B", TLS_CLIENT_HELLO, false},
	{0x3004, "SSL renegotiate ciphers", NONE, false},
	{0x4000, "before SSL initialization", NONE, false},
	{0x5000, "before/connect initialization", NONE, false},
	{0x6000, "before/accept initialization", NONE, false},
};

enum { STATES = sizeof states / sizeof *states };

const struct trace_state *trace_state(uint16_t number)
{
	size_t low = 0, high = STATES;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (states[mid].number == number)
			return &states[mid];
		if (states[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct trace_state *trace_state_row(size_t i)
{
	return i < STATES ? &states[i] : NULL;
}
