/*
 * inject -i INTERFACE [options] [FILE...]: sends the frames of captures, or floods, out of an interface of
 * the lab (tests/lab.sh) at a given rate: what a span port delivers that two simulators never say. It refuses
 * to run anywhere else. Prints what it sent.
 */
#define _GNU_SOURCE /* sendmmsg */
#include "analyzer/input.h"
#include "analyzer/origin.h"
#include "analyzer/xmalloc.h"
#include "samples/headers.h"
#include "samples/wire.h"
#include "tests/floods.h"
#include "tests/opened.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINKTYPE_ETHERNET = 1, NMSP_PORT = FLOODS_PORT };

#define PACE_NS    (500 * NS_PER_US) /* so far ahead of its rate it sleeps */
#define BATCH      64                /* frames that go to the kernel in one call, at most */
#define LAB_PREFIX "lab-"

static const char usage[] =
    "usage: inject -i INTERFACE [options] [FILE...]\n"
    "  --rate N      packets a second (1000), 0: as fast as it goes\n"
    "  --wrap KIND   vlan qinq gre erspan1 erspan2 erspan3 ipip vxlan\n"
    "  --loop N      the files so often (1)\n"
    "  --spread N    each packet N times, from N engines, and new ones in each loop: N sessions side by "
    "side\n"
    "                (Ethernet, IP, TCP with port 16113; other packets are sent once a loop)\n"
    "instead of files:\n"
    "  --syn-flood N  --half-open N  --fragment-flood N    each from another address and port\n"
    "  --endless-handshake BYTES                           one handshake message after the other, 16 MiB "
    "each\n"
    "Exit status 0: all was sent; 1: some packets were not; 2: could not run.\n";

struct sender {
	int fd;
	uint64_t rate;
	enum wrap_kind wrap; /* WRAP_KINDS: as they are */
	struct bytes frames[BATCH];
	unsigned waiting; /* of them: not sent yet */
	int64_t start;
	uint64_t taken, packets, bytes, failed;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "inject: %s: %s\n", what, why);
	exit(2);
}

/* ---- sending ---------------------------------------------------------------------------------------- */

static int64_t clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void nap(int64_t ns)
{
	nanosleep(&(struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S}, NULL);
}

/* Frames of the batch from `from` on; how many of them are done with, at least one. */
static unsigned send_some(struct sender *sender, unsigned from)
{
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	unsigned n = sender->waiting - from;
	for (unsigned i = 0; i < n; i++) {
		const struct bytes *frame = &sender->frames[from + i];
		parts[i] = (struct iovec){.iov_base = frame->p, .iov_len = frame->n};
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	int sent;
	while ((sent = sendmmsg(sender->fd, messages, n, 0)) < 0 && (errno == ENOBUFS || errno == EINTR))
		nap(PACE_NS);
	if (sent < 0 && sender->failed++ == 0)
		fprintf(stderr, "inject: a packet of %zu bytes was not sent: %s\n", parts[0].iov_len,
		        strerror(errno));
	for (int i = 0; i < sent; i++)
		sender->bytes += parts[i].iov_len;
	sender->packets += sent > 0 ? (uint64_t)sent : 0;
	return sent > 0 ? (unsigned)sent : 1;
}

static void send_waiting(struct sender *sender)
{
	for (unsigned done = 0; done < sender->waiting;)
		done += send_some(sender, done);
	sender->waiting = 0;
}

/* Until the next frame is due. */
static void pace(struct sender *sender)
{
	if (sender->rate == 0)
		return;
	uint64_t seconds = sender->taken / sender->rate, rest = sender->taken % sender->rate;
	int64_t due = sender->start + (int64_t)(seconds * NS_PER_S + rest * NS_PER_S / sender->rate);
	if (due - clock_now() <= PACE_NS)
		return;
	send_waiting(sender);
	int64_t ahead = due - clock_now();
	if (ahead > 0)
		nap(ahead);
}

static void send_frame(struct sender *sender, struct span frame)
{
	pace(sender);
	struct bytes *out = &sender->frames[sender->waiting++];
	bytes_clear(out);
	if (sender->wrap != WRAP_KINDS)
		wrap_frame(sender->wrap, frame, (uint32_t)sender->taken, out);
	else
		bytes_add(out, frame);
	sender->taken++;
	if (sender->waiting == BATCH)
		send_waiting(sender);
}

static void send_flood_frame(void *sender, struct span frame)
{
	send_frame(sender, frame);
}

/* ---- captures --------------------------------------------------------------------------------------- */

struct frames {
	struct bytes *frames;
	size_t n;
};

static void load(struct frames *all, const char *path)
{
	struct err err;
	struct capfile_packet packet;
	struct input *input = opened_input(path, &err);
	if (input == NULL)
		die(path, err.text);
	enum input_result result;
	while ((result = input_next(input, &packet)) == INPUT_PACKET || result == INPUT_SECRETS) {
		if (result == INPUT_SECRETS)
			continue;
		if (packet.linktype != LINKTYPE_ETHERNET)
			die(path, "only Ethernet can be sent");
		all->frames = xrealloc(all->frames, (all->n + 1) * sizeof all->frames[0]);
		all->frames[all->n] = (struct bytes){.p = NULL};
		bytes_add(&all->frames[all->n++], packet.data);
	}
	input_close(input);
}

/* Where the addresses of a packet of an NMSP session stand; false for any other packet. */
struct places {
	size_t engine;   /* last four bytes of its address */
	size_t ip_check; /* 0 in IPv6 */
	size_t tcp_check;
};

static bool find_places(struct span frame, struct places *places)
{
	enum { IP6_HEADER = 40, IP6_NEXT = 6, IP4_PROTOCOL = 9, IP4_CHECK = 10, TCP_CHECK = 16 };
	struct rd r = rd_of(span_cut(frame, HEADERS_MACS, frame.n));
	uint16_t type = rd_u16(&r);
	bool ip4 = type == HEADERS_TYPE_IPV4;
	struct span ip = rd_rest(&r);
	size_t header = ip4 && ip.n > 0 ? (size_t)(ip.p[0] & 0xf) * 4 : IP6_HEADER;
	size_t protocol_at = ip4 ? IP4_PROTOCOL : IP6_NEXT, source_end = ip4 ? 16 : 24,
	       address = ip4 ? 4 : 16;
	if ((!ip4 && type != HEADERS_TYPE_IPV6) || ip.n < header + HEADERS_IPV4 ||
	    ip.p[protocol_at] != IP_TCP)
		return false;
	struct rd tcp = rd_of(span_cut(ip, header, ip.n));
	uint16_t src = rd_u16(&tcp), dst = rd_u16(&tcp);
	if (src != NMSP_PORT && dst != NMSP_PORT)
		return false;
	size_t engine_end = dst == NMSP_PORT ? source_end : source_end + address;
	places->engine = HEADERS_ETHERNET + engine_end - 4;
	places->ip_check = ip4 ? HEADERS_ETHERNET + IP4_CHECK : 0;
	places->tcp_check = HEADERS_ETHERNET + header + TCP_CHECK;
	return true;
}

static uint16_t get16(const struct bytes *frame, size_t off)
{
	return (uint16_t)(frame->p[off] << 8 | frame->p[off + 1]);
}

/* RFC 1624 */
static void adjust(struct bytes *frame, size_t checksum, uint16_t was, uint16_t is)
{
	uint32_t sum = (uint16_t)~get16(frame, checksum) + (uint32_t)(uint16_t)~was + is;
	bytes_set16(frame, checksum, headers_fold(sum));
}

/* Another engine's packet: `number` is added to its address. */
static void readdress(struct bytes *frame, const struct places *places, uint32_t number)
{
	uint32_t address = (uint32_t)get16(frame, places->engine) << 16 | get16(frame, places->engine + 2);
	address = (address & 0xff000000) | ((address + number) & 0xffffff);
	for (size_t half = 0; half < 2; half++) {
		size_t off = places->engine + 2 * half;
		uint16_t was = get16(frame, off), is = (uint16_t)(half == 0 ? address >> 16 : address);
		if (places->ip_check != 0)
			adjust(frame, places->ip_check, was, is);
		adjust(frame, places->tcp_check, was, is);
		bytes_set16(frame, off, is);
	}
}

static void send_files(struct sender *sender, const struct frames *all, uint64_t loops, uint64_t spread)
{
	struct bytes copy = {.p = NULL};
	struct places places;
	for (uint64_t loop = 0; loop < loops; loop++) {
		for (size_t i = 0; i < all->n; i++) {
			struct span frame = bytes_span(&all->frames[i]);
			bool spreads = spread > 0 && find_places(frame, &places);
			if (!spreads)
				send_frame(sender, frame);
			for (uint64_t k = 0; spreads && k < spread; k++) {
				bytes_clear(&copy);
				bytes_add(&copy, frame);
				readdress(&copy, &places, (uint32_t)(loop * spread + k));
				send_frame(sender, bytes_span(&copy));
			}
		}
	}
	bytes_free(&copy);
}

/* ---- the program ------------------------------------------------------------------------------------ */

/* tests/lab.sh sets the variable, names the namespace after it, and its interfaces. */
static void refuse_elsewhere(const char *interface)
{
	char path[128];
	struct stat lab_switch, ours;
	const char *lab = getenv("NMSPSCOPE_LAB");
	if (lab == NULL || lab[0] == '\0')
		die("refused", "NMSPSCOPE_LAB is not set: this runs in the lab of tests/lab.sh only");
	snprintf(path, sizeof path, "/run/netns/%s-switch", lab);
	if (stat(path, &lab_switch) != 0 || stat("/proc/self/ns/net", &ours) != 0 ||
	    lab_switch.st_ino != ours.st_ino || lab_switch.st_dev != ours.st_dev)
		die("refused", "this is not the switch of the lab");
	if (strncmp(interface, LAB_PREFIX, strlen(LAB_PREFIX)) != 0)
		die(interface, "refused: not an interface of the lab");
}

static int open_interface(const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0); /* protocol 0: receives nothing */
	if (address.sll_ifindex == 0 || fd < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		die(interface, strerror(errno));
	return fd;
}

struct options {
	const char *interface;
	uint64_t rate, loops, spread, syns, half_open, fragments, endless;
	enum wrap_kind wrap;
};

static uint64_t number(const char *text)
{
	char *rest;
	unsigned long long value = strtoull(text, &rest, 10);
	if (*text < '0' || *text > '9' || *rest != '\0')
		die(text, "not a number");
	return value;
}

static void set(struct options *options, int id)
{
	switch (id) {
	case 'i':
		options->interface = optarg;
		break;
	case 'r':
		options->rate = number(optarg);
		break;
	case 'w':
		options->wrap = wrap_of(optarg);
		break;
	case 'l':
		options->loops = number(optarg);
		break;
	case 's':
		options->spread = number(optarg);
		break;
	case 'S':
		options->syns = number(optarg);
		break;
	case 'H':
		options->half_open = number(optarg);
		break;
	case 'F':
		options->fragments = number(optarg);
		break;
	case 'E':
		options->endless = number(optarg);
		break;
	default:
		fputs(usage, stderr);
		exit(2);
	}
	if (id == 'w' && options->wrap == WRAP_KINDS)
		die(optarg, "no wrapping that we know");
}

static struct options read_options(int argc, char **argv)
{
	static const struct option table[] = {
	    {"rate", required_argument, NULL, 'r'},
	    {"wrap", required_argument, NULL, 'w'},
	    {"loop", required_argument, NULL, 'l'},
	    {"spread", required_argument, NULL, 's'},
	    {"syn-flood", required_argument, NULL, 'S'},
	    {"half-open", required_argument, NULL, 'H'},
	    {"fragment-flood", required_argument, NULL, 'F'},
	    {"endless-handshake", required_argument, NULL, 'E'},
	    {0},
	};
	struct options options = {.rate = 1000, .loops = 1, .wrap = WRAP_KINDS};
	int id;
	while ((id = getopt_long(argc, argv, "i:", table, NULL)) != -1)
		set(&options, id);
	if (options.interface == NULL)
		die("which interface", "-i is missing");
	return options;
}

static void send_all(struct sender *sender, const struct options *options, const struct frames *all)
{
	sender->start = clock_now();
	send_files(sender, all, options->loops, options->spread);
	struct floods floods = {.take = send_flood_frame, .ctx = sender};
	floods_syns(&floods, options->syns, false);
	floods_syns(&floods, options->half_open, true);
	floods_fragments(&floods, options->fragments);
	if (options->endless > 0)
		floods_endless(&floods, options->endless);
	send_waiting(sender);
}

int main(int argc, char **argv)
{
	struct options options = read_options(argc, argv);
	struct frames all = {.frames = NULL};
	refuse_elsewhere(options.interface);
	for (int i = optind; i < argc; i++)
		load(&all, argv[i]);
	struct sender sender = {
	    .fd = open_interface(options.interface), .rate = options.rate, .wrap = options.wrap};
	send_all(&sender, &options, &all);
	double took = (double)(clock_now() - sender.start) / NS_PER_S;
	printf("sent %llu packets, %llu bytes, %llu failed, %.3f s, %.0f packets/s\n",
	       (unsigned long long)sender.packets, (unsigned long long)sender.bytes,
	       (unsigned long long)sender.failed, took, (double)sender.packets / took);
	close(sender.fd);
	for (size_t i = 0; i < BATCH; i++)
		bytes_free(&sender.frames[i]);
	for (size_t i = 0; i < all.n; i++)
		bytes_free(&all.frames[i]);
	free(all.frames);
	return sender.failed > 0;
}
