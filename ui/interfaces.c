/* A line for each interface; see interfaces.h. Called by main. */
#include "ui/interfaces.h"

#include "analyzer/capture_live.h"
#include "ui/escape.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>

#define STATE_WIDTH 12

static void print_address(FILE *out, const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN] = "";
	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text,
		          sizeof text);
	else
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, text,
		          sizeof text);
	fprintf(out, "  %s", text);
}

/* What libpcap makes up, such as nflog, has no state unless it says that it is up. */
static const char *state_of(const struct live_interface *interface)
{
	if (!interface->up)
		return interface->real ? "down" : "-";
	if (interface->loopback)
		return "up, loopback";
	return interface->running ? "up" : "up, no link";
}

static void print_interface(void *ctx, const struct live_interface *interface)
{
	FILE *out = ctx;
	bool more = interface->n_addresses > 0 || interface->description != NULL;
	char *name = escape_text(interface->name, ESCAPE_ASCII);
	fprintf(out, "%-17s  %-*s", name, more ? STATE_WIDTH : 0, state_of(interface));
	free(name);
	for (uint32_t i = 0; i < interface->n_addresses; i++)
		print_address(out, interface->addresses[i]);
	if (interface->description != NULL) {
		char *description = escape_text(interface->description, ESCAPE_ASCII);
		fprintf(out, "  (%s)", description);
		free(description);
	}
	putc('\n', out);
}

int interfaces_print(FILE *out, struct err *err)
{
	return live_list(print_interface, out, err);
}
