/* Compiles and runs the user's filter. Called by analyze.c; opens nothing. */
#include "analyzer/capture.h"

#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <ctype.h>
#include <pcap/pcap.h>
#include <stdlib.h>

struct capture_filter {
	struct bpf_program program;
};

/* Words of pcap-filter(7) that speak of what is below IP, where our filter sees nothing. */
static const char *const frame_words[] = {"ether", "vlan", "mpls", "pppoed", "pppoes", "geneve", "vxlan", "gateway",
    "arp", "rarp", "wlan", "fddi", "tr", "link", "decnet", "stp", "aarp", "iso", "ifname", "on", "inbound", "outbound",
    "broadcast", "ppp", "slip", "radio", "llc", "type", "subtype", "lat", "moprc", "mopdl", "atalk", "ipx", "netbeui"};

/* Words that may stand in an expression over raw IP. Anything else that begins with a letter is a name. */
static const char *const known_words[] = {"and", "or", "not", "host", "src", "dst", "net", "mask", "port", "portrange",
    "tcp", "udp", "icmp", "icmp6", "ip", "ip6", "proto", "less", "greater", "len", "protochain", "ah", "esp", "igmp",
    "pim", "sctp", "vrrp", "igrp", "multicast",
    "tcpflags", "tcp-fin", "tcp-syn", "tcp-rst", "tcp-push", "tcp-ack", "tcp-urg", "tcp-ece", "tcp-cwr",
    "icmptype", "icmpcode", "icmp-echo", "icmp-echoreply", "icmp-unreach", "icmp-timxceed",
    "icmp6type", "icmp6code"};

static bool among(const char *word, size_t n, const char *const *list, size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		if (strlen(list[i]) == n && memcmp(list[i], word, n) == 0)
			return true;
	return false;
}

/* An IPv6 address or a hex number begins with a letter or digit, too, and holds only these. */
static bool is_number(const char *word, size_t n)
{
	bool colon = memchr(word, ':', n) != NULL;
	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)word[i]) && word[i] != ':' && word[i] != '.' && word[i] != 'x')
			return false;
	return colon || isdigit((unsigned char)word[0]);
}

static int check_words(const char *expression, struct err *err)
{
	const char *p = expression;
	while (*p != '\0') {
		size_t n = 0;
		while (isalnum((unsigned char)p[n]) || p[n] == '-' || p[n] == '_' || p[n] == '.' || p[n] == ':')
			n++;
		if (n == 0) {
			p++;
			continue;
		}
		int shown = n < 40 ? (int)n : 40;
		if (among(p, n, frame_words, sizeof frame_words / sizeof frame_words[0]))
			return err_set(err, "capture filter: '%.*s' cannot be used, because the filter sees the innermost IP packet, "
			    "after tags and tunnels are stripped; filter by host, net or port", shown, p);
		if (!is_number(p, n) && !among(p, n, known_words, sizeof known_words / sizeof known_words[0]))
			return err_set(err, "capture filter: '%.*s' is not a word known here, and names are never looked up; "
			    "write addresses and ports as numbers", shown, p);
		p += n;
	}
	return 0;
}

struct capture_filter *capture_filter_new(const char *expression, struct err *err)
{
	if (check_words(expression, err) != 0)
		return NULL;
	pcap_t *pcap = pcap_open_dead(DLT_RAW, LIMIT_PACKET);
	if (pcap == NULL) {
		err_set(err, "capture filter: libpcap gives no handle to compile it");
		return NULL;
	}
	struct capture_filter *filter = xcalloc(1, sizeof *filter);
	if (pcap_compile(pcap, &filter->program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		err_set(err, "capture filter '%.100s': %.100s", expression, pcap_geterr(pcap));
		free(filter);
		filter = NULL;
	}
	pcap_close(pcap);
	return filter;
}

void capture_filter_free(struct capture_filter *filter)
{
	if (filter == NULL)
		return;
	pcap_freecode(&filter->program);
	free(filter);
}

bool capture_filter_match(const struct capture_filter *filter, struct span ip)
{
	struct pcap_pkthdr head = {.caplen = (bpf_u_int32)ip.n, .len = (bpf_u_int32)ip.n};
	return pcap_offline_filter(&filter->program, &head, ip.p) != 0;
}
