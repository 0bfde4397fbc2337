/* What each finding says in general, for who lists them all; see findings.h. */
#include "analyzer/findings/findings.h"

#include <string.h>

static const struct {
	const char *id, *text;
} meanings[] = {
    {"tcp-unanswered", "Nobody answered the SYN: no route, a firewall, or the host is down."},
    {"tcp-refused", "The SYN was answered by RST or by an ICMP error: the port is closed or forbidden."},
    {"tcp-no-tls", "TCP connected, and nobody began TLS."},
    {"udp-unanswered", "Nobody answered the client_hello over UDP: no DTLS there, a firewall, or the host is down."},
    {"udp-refused", "The client_hello over UDP was answered by an ICMP error: the port is closed or forbidden."},
    {"tls-not-tls", "What was sent on the NMSP port is no TLS."},
    {"tls-version", "The two sides have no TLS version in common."},
    {"tls-no-shared-cipher", "The two sides have no cipher suite in common."},
    {"auth-rejected", "The controller refused the engine's certificate."},
    {"tls-empty-certificate", "Asked for a certificate, the engine sent none."},
    {"auth-damaged-entry", "The AuthList entry is nearly right: a wrong, missing, doubled or swapped digit."},
    {"auth-hash-kind",
     "The entry holds another kind of hash of the right key than this controller compares."},
    {"auth-hash-mismatch", "The entry for the engine's MAC address holds the hash of another key."},
    {"auth-hash-other-mac", "The hash of the engine's key stands under another MAC address."},
    {"auth-mac-not-listed", "The AuthList has no entry for the engine."},
    {"certificate-expired", "A certificate had expired at the time of the session."},
    {"certificate-not-yet-valid", "A certificate was not valid yet at the time of the session."},
    {"tls-alert", "A side ended the session with a fatal alert that no other error explains."},
    {"tls-stalled", "The handshake stopped: a side waited for a message that never came."},
    {"echo-silent", "Echo requests were not answered any more; it says who went quiet first."},
    {"subscription-refused", "The controller refused a subscription of the engine."},
    {"session-flapping",
     "The same two hosts connected and failed several times in a row; it compares the last good session."},
    {"tcp-reset", "An established connection was ended by RST, and nothing explains it."},
    {"tcp-path-mtu", "Large packets do not arrive where small ones do: the path's MTU is smaller."},
    {"tcp-zero-window", "A side's receive window was closed: its program did not read."},
    {"tcp-retransmissions", "Many packets had to be sent again: the path loses some."},
    {"auth-accepted-unlisted", "The controller accepted an engine that the given AuthList does not allow."},
    {"time-skew", "The clocks of the controller and of the engine, or of the capture, are apart."},
    {"certificate-expires-soon", "A certificate expires within 30 days of the session."},
    {"tls-weak", "An old version, a weak cipher suite, or a certificate with a weak key or signature."},
    {"tls-no-certificate-request", "The controller asked for no certificate: anybody may connect."},
    {"echo-missed", "Single echo requests were not answered in time; without keys inferred, where it is certain enough."},
    {"echo-none", "NMSP messages were exchanged, but no echo was seen."},
    {"echo-slow", "Echo requests are answered late."},
    {"request-unanswered", "A request other than an echo got no response within 5 seconds."},
    {"subscription-missing", "The controller told its capabilities, and the engine subscribed to nothing."},
    {"service-not-capable", "The engine subscribed to a service that the controller did not announce."},
    {"nmsp-malformed", "An NMSP message is not well formed by the framing that is used."},
    {"message-wrong-side", "A message has a type that, as published, only the other side sends."},
    {"response-unasked", "A response answers no request that was seen, though all of the session was."},
    {"keys-wrong", "The secrets of the key log do not open the session's records."},
    {"trace-wire-disagree", "Debug trace and capture say different things of the same session."},
    {"capture-one-sided", "Only one direction of the session is in the capture."},
    {"capture-gaps", "Bytes of the session are not in the capture although they were delivered."},
    {"capture-cut-packets", "Packets were cut by the snapshot length."},
    {"capture-conflict", "A segment came again with other bytes."},
    {"capture-no-nmsp", "There is no NMSP session in what was read."},
    {"capture-dropped", "The capturing program or interface lost packets."},
    {"capture-duplicates", "Packets are in the capture twice."},
    {"capture-clock-jump", "The clock of the capture was set while it ran."},
    {"capture-truncated", "A file or an interface ended early, or is damaged from some place on."},
    {"limit-reached", "A limit of the program was reached; it says what was given up."},
    {"auth-duplicate-entry", "The AuthList has more than one entry for the engine."},
    {"capture-redacted", "Addresses and names are tokens, of --redact."},
    {"capture-midstream", "The capture or trace begins in the middle of the session."},
    {"framing-unknown",
     "The plaintext fits no framing that is known, so messages and echoes cannot be told."},
    {"keys-missing", "The NMSP messages are encrypted, and no key for them was given."},
    {"trace-lines-lost", "Lines of the debug trace are missing, by their sequence numbers."},
    {"capture-offload", "Captured on one of the hosts, before its network card cut and signed the packets."},
    {"trace-unmatched", "No session of a debug trace could be joined with one of the capture."},
};

const char *findings_meaning(const char *id)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (strcmp(meanings[i].id, id) == 0)
			return meanings[i].text;
	return NULL;
}
