/*
 * Interfaces through libpcap; see capture_live.h. Called by whoever reads inputs.
 *
 * Not in immediate mode, which would cost the kernel's ring of blocks: a block is handed over when it is full
 * or after LIVE_DELAY_MS.
 */
#include "analyzer/capture_live.h"

#include "analyzer/capture_kernel.h"
#include "analyzer/origin.h"
#include "analyzer/xmalloc.h"

#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PATH_SHOWN 150 /* bytes of a path that fit into a sentence */
#define PLAIN                                                                                                \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+" /* what no shell changes */

#define LINKTYPE_RAW 101 /* the number in files of what libpcap calls DLT_RAW, which differs by platform */

struct live {
	char *name;
	pcap_t *pcap;
	uint32_t linktype;
	uint32_t snaplen;
	bool ended;
	bool fetched; /* `next` waits to be handed out */
	struct capfile_packet next;
	char problem[160], warning[PCAP_ERRBUF_SIZE];
	uint64_t packets, bytes;
	struct live_losses losses;
	u_int told_drop, told_ifdrop; /* as libpcap told them last: they wrap around */
};

/* ---- opening ---- */

/* The line that gives the permission, ready to be pasted. A path with other characters, or too long a one, is
 * left to the user. */
static int refuse_permission(const struct live *live, struct err *err)
{
	char self[PATH_SHOWN + 1];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	bool shown = n > 0 && n <= PATH_SHOWN;
	self[shown ? n : 0] = '\0';
	const char *quote = self[strspn(self, PLAIN)] == '\0' ? "" : "'";
	if (!shown || strchr(self, '\'') != NULL)
		return err_set(
		    err,
		    "no permission to capture on %.30s: setcap cap_net_raw,cap_net_admin=eip on the program",
		    live->name);
	return err_set(err, "no permission to capture on %.30s: setcap cap_net_raw,cap_net_admin=eip %s%s%s",
	               live->name, quote, self, quote);
}

static int refuse(const struct live *live, int result, struct err *err)
{
	switch (result) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return err_set(err, "there is no interface %.60s; -D lists them", live->name);
	case PCAP_ERROR_IFACE_NOT_UP:
		return err_set(err, "interface %.60s is down: ip link set %.60s up", live->name, live->name);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return refuse_permission(live, err);
	default:
		return err_set(err, "cannot capture on %.60s: %.120s", live->name, pcap_geterr(live->pcap));
	}
}

static void wish(const struct live *live, const struct live_wishes *wishes)
{
	pcap_set_snaplen(live->pcap, (int)live->snaplen);
	pcap_set_buffer_size(live->pcap, (int)(wishes->buffer > 0 ? wishes->buffer : LIVE_BUFFER));
	pcap_set_timeout(live->pcap, LIVE_DELAY_MS);
	pcap_set_promisc(live->pcap, !wishes->no_promiscuous && strcmp(live->name, "any") != 0);
	pcap_set_tstamp_precision(live->pcap, PCAP_TSTAMP_PRECISION_NANO);
}

/* The best filter that the link type allows. */
static int set_filter(const struct live *live, const struct live_wishes *wishes, struct err *err)
{
	char text[KERNEL_EXPRESSION];
	struct bpf_program program;
	for (enum kernel_tags tags = KERNEL_TAGS; tags <= KERNEL_NO_TAGS; tags++) {
		kernel_expression(text, tags, wishes->ports, wishes->n_ports);
		if (pcap_compile(live->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
			continue;
		int result = pcap_setfilter(live->pcap, &program);
		pcap_freecode(&program);
		if (result == 0)
			return 0;
	}
	return err_set(err, "no capture filter for %.60s: %.120s", live->name, pcap_geterr(live->pcap));
}

static int activate(struct live *live, const struct live_wishes *wishes, struct err *err)
{
	char text[PCAP_ERRBUF_SIZE];
	live->pcap = pcap_create(live->name, text);
	if (live->pcap == NULL)
		return err_set(err, "cannot capture on %.60s: %.120s", live->name, text);
	wish(live, wishes);
	int result = pcap_activate(live->pcap);
	if (result < 0)
		return refuse(live, result, err);
	if (result > 0)
		snprintf(live->warning, sizeof live->warning, "%s", pcap_geterr(live->pcap));
	if (pcap_setnonblock(live->pcap, 1, text) != 0)
		return err_set(err, "cannot capture on %.60s: %.120s", live->name, text);
	int dlt = pcap_datalink(live->pcap);
	live->linktype = dlt == DLT_RAW ? LINKTYPE_RAW : (uint32_t)dlt;
	return wishes->everything ? 0 : set_filter(live, wishes, err);
}

struct live *live_open(const char *name, const struct live_wishes *wishes, struct err *err)
{
	struct live *live = xcalloc(1, sizeof *live);
	live->name = xstrdup(name);
	live->snaplen = wishes->snaplen > 0 ? wishes->snaplen : LIVE_SNAPLEN;
	if (activate(live, wishes, err) == 0)
		return live;
	live_close(live);
	return NULL;
}

void live_close(struct live *live)
{
	if (live == NULL)
		return;
	if (live->pcap != NULL)
		pcap_close(live->pcap);
	free(live->name);
	free(live);
}

/* ---- packets ---- */

static enum live_result end(struct live *live)
{
	snprintf(live->problem, sizeof live->problem, "the capture ended: %.120s", pcap_geterr(live->pcap));
	live->ended = true;
	return LIVE_END;
}

/* Fetches the next packet, unless that was done. */
static enum live_result fetch(struct live *live)
{
	struct pcap_pkthdr *head;
	const u_char *bytes;
	if (live->fetched)
		return LIVE_PACKET;
	if (live->ended)
		return LIVE_END;
	int result = pcap_next_ex(live->pcap, &head, &bytes);
	if (result == 0)
		return LIVE_WAIT;
	if (result < 0)
		return end(live);
	live->fetched = true;
	live->next = (struct capfile_packet){
	    .time = (int64_t)head->ts.tv_sec * NS_PER_S + head->ts.tv_usec, /* nanoseconds, as wished */
	    .linktype = live->linktype,
	    .wire = head->len > head->caplen ? head->len : head->caplen,
	    .data = span_of(bytes, head->caplen),
	};
	return LIVE_PACKET;
}

enum live_result live_peek(struct live *live, int64_t *time)
{
	enum live_result result = fetch(live);
	if (result == LIVE_PACKET)
		*time = live->next.time;
	return result;
}

enum live_result live_next(struct live *live, struct capfile_packet *out)
{
	enum live_result result = fetch(live);
	if (result != LIVE_PACKET)
		return result;
	*out = live->next;
	live->fetched = false;
	live->packets++;
	live->bytes += out->data.n;
	return LIVE_PACKET;
}

/* ---- facts ---- */

int live_fd(const struct live *live)
{
	return pcap_get_selectable_fd(live->pcap);
}

/* Of "any" nothing can be said. The question is one that the sandbox lets through. */
const char *live_outage(const struct live *live)
{
	struct ifreq request = {0};
	if (live->ended || strlen(live->name) >= sizeof request.ifr_name || strcmp(live->name, "any") == 0)
		return NULL;
	memcpy(request.ifr_name, live->name, strlen(live->name));
	if (ioctl(pcap_fileno(live->pcap), SIOCGIFFLAGS, &request) != 0)
		return NULL;
	if ((request.ifr_flags & IFF_UP) == 0)
		return "is down";
	return (request.ifr_flags & IFF_RUNNING) == 0 ? "has no link" : NULL;
}

const char *live_name(const struct live *live)
{
	return live->name;
}

const char *live_problem(const struct live *live)
{
	return live->problem;
}

const char *live_warning(const struct live *live)
{
	return live->warning;
}

uint64_t live_packets(const struct live *live)
{
	return live->packets;
}

uint64_t live_bytes(const struct live *live)
{
	return live->bytes;
}

uint32_t live_snaplen(const struct live *live)
{
	return live->snaplen;
}

struct live_losses live_losses(struct live *live)
{
	struct pcap_stat stat;
	if (live->ended || pcap_stats(live->pcap, &stat) != 0)
		return live->losses;
	live->losses.kernel += (u_int)(stat.ps_drop - live->told_drop);
	live->losses.interface += (u_int)(stat.ps_ifdrop - live->told_ifdrop);
	live->told_drop = stat.ps_drop;
	live->told_ifdrop = stat.ps_ifdrop;
	return live->losses;
}

/* ---- the list ---- */

static void tell_one(const pcap_if_t *device, void (*tell)(void *, const struct live_interface *), void *ctx)
{
	const struct sockaddr **addresses = NULL;
	uint32_t n = 0, room = 0;
	for (const pcap_addr_t *a = device->addresses; a != NULL; a = a->next) {
		if (a->addr == NULL || (a->addr->sa_family != AF_INET && a->addr->sa_family != AF_INET6))
			continue;
		room = n == room ? 2 * room + 4 : room;
		addresses = xrealloc(addresses, room * sizeof *addresses);
		addresses[n++] = a->addr;
	}
	struct live_interface interface = {
	    .name = device->name,
	    .description = device->description,
	    .real = if_nametoindex(device->name) != 0,
	    .up = (device->flags & PCAP_IF_UP) != 0,
	    .running = (device->flags & PCAP_IF_RUNNING) != 0,
	    .loopback = (device->flags & PCAP_IF_LOOPBACK) != 0,
	    .addresses = addresses,
	    .n_addresses = n,
	};
	tell(ctx, &interface);
	free(addresses);
}

int live_list(void (*tell)(void *ctx, const struct live_interface *interface), void *ctx, struct err *err)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_if_t *all;
	if (pcap_findalldevs(&all, text) != 0)
		return err_set(err, "the interfaces cannot be listed: %.120s", text);
	for (const pcap_if_t *device = all; device != NULL; device = device->next)
		tell_one(device, tell, ctx);
	pcap_freealldevs(all);
	return 0;
}
