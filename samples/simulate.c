/*
 * simulate controller|engine [options]: one side of NMSP over real sockets and real TLS, as a test bed. This
 * file reads the command line and the certificates; sim_run.c does the work.
 */
#include "samples/sim_run.h"

#include "analyzer/origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>

enum { PORT = 16113, MOST_CONNECTIONS = 60000 };

enum option_id {
	ADDRESS = 256,
	PORT_NUMBER,
	TLS,
	CIPHER,
	PEM,
	NAME,
	KEYLOG,
	KEYLOG_DELAY,
	FOR,
	CONNECTIONS,
	AUTHLIST,
	NO_REQUEST,
	NOTIFY,
	NOTIFICATIONS,
	ECHO_INTERVAL,
	ECHOES,
	RATE,
	RETRY,
	EVERY,
	PRINT_AUTHLIST,
	HELP,
};

static const struct option controller_options[] = {
    {"address", required_argument, NULL, ADDRESS},
    {"port", required_argument, NULL, PORT_NUMBER},
    {"tls", required_argument, NULL, TLS},
    {"cipher", required_argument, NULL, CIPHER},
    {"pem", required_argument, NULL, PEM},
    {"name", required_argument, NULL, NAME},
    {"keylog", required_argument, NULL, KEYLOG},
    {"keylog-delay", required_argument, NULL, KEYLOG_DELAY},
    {"for", required_argument, NULL, FOR},
    {"connections", required_argument, NULL, CONNECTIONS},
    {"authlist", required_argument, NULL, AUTHLIST},
    {"no-request", no_argument, NULL, NO_REQUEST},
    {"notify", required_argument, NULL, NOTIFY},
    {"notifications", required_argument, NULL, NOTIFICATIONS},
    {"help", no_argument, NULL, HELP},
    {0},
};

static const struct option engine_options[] = {
    {"address", required_argument, NULL, ADDRESS},
    {"port", required_argument, NULL, PORT_NUMBER},
    {"tls", required_argument, NULL, TLS},
    {"cipher", required_argument, NULL, CIPHER},
    {"pem", required_argument, NULL, PEM},
    {"name", required_argument, NULL, NAME},
    {"keylog", required_argument, NULL, KEYLOG},
    {"keylog-delay", required_argument, NULL, KEYLOG_DELAY},
    {"for", required_argument, NULL, FOR},
    {"connections", required_argument, NULL, CONNECTIONS},
    {"echo", required_argument, NULL, ECHO_INTERVAL},
    {"echoes", required_argument, NULL, ECHOES},
    {"rate", required_argument, NULL, RATE},
    {"retry", required_argument, NULL, RETRY},
    {"every", required_argument, NULL, EVERY},
    {"print-authlist", no_argument, NULL, PRINT_AUTHLIST},
    {"help", no_argument, NULL, HELP},
    {0},
};

static const char help[] =
    "usage: simulate controller [options]    waits for engines\n"
    "       simulate engine [options]        connects to a controller\n"
    "Real TLS over real sockets with NMSP messages of the profile assumed-1 inside; a line an event.\n"
    "\n"
    "both:\n"
    "  --address IP        to listen at, to connect to (127.0.0.1)      --port N   (16113)\n"
    "  --tls 1.0|1.1|1.2|1.3  (1.2)      --cipher LIST   by OpenSSL's names (OpenSSL's default)\n"
    "  --pem FILE          key and certificate; made there when the file does not exist yet.\n"
    "                      Without it both are new in each run\n"
    "  --name CN           of a new certificate (cmx-0050569c3489, C9800-00aabbccdd01)\n"
    "  --keylog FILE       write a TLS key log      --keylog-delay SECONDS   each line so much later\n"
    "  --for SECONDS       close all and end then (60)\n"
    "controller:\n"
    "  -a, --authlist FILE lines \"MAC HASH\": reject all others, a second after their certificate, with\n"
    "                      certificate_unknown (46). Without it everybody with a certificate is accepted\n"
    "  --no-request        ask for no certificate\n"
    "  --notify SECONDS    between measurement notifications of a session (none)\n"
    "  --notifications N   close a session after so many      --connections N   end after so many\n"
    "engine:\n"
    "  --echo SECONDS      between echo requests, 0: none (15)\n"
    "  --echoes N          close after so many (never)\n"
    "  --connections N     at a time (1)      --rate N   new ones a second (100)\n"
    "  --retry N           connect again so often, however it ended (0)      --every SECONDS   later (5)\n"
    "  --print-authlist    print the controller's line for this engine and end (with --pem)\n"
    "Seconds may have fractions. Exit status: 0 all were accepted, 1 one was rejected or broke off (of an\n"
    "engine's tries the last counts), 2 could not run, 3 no connection came about.\n";

struct settings {
	bool controller, no_request, print_authlist;
	const char *address, *pem, *name, *keylog, *authlist;
	int64_t keylog_delay;
	uint64_t port;
	struct sim_tls_plan tls;
	struct sim_run_plan run;
};

/* ---- the command line ------------------------------------------------------------------------------- */

static void die(const char *text)
{
	fprintf(stderr, "simulate: %s\n", text);
	exit(SIM_RUN_TROUBLE);
}

static uint64_t number(const char *text, uint64_t most)
{
	char *rest;
	unsigned long long value = strtoull(text, &rest, 10);
	if (*text < '0' || *text > '9' || *rest != '\0' || value > most) {
		fprintf(stderr, "simulate: not a number up to %llu: %s\n", (unsigned long long)most, text);
		exit(SIM_RUN_TROUBLE);
	}
	return value;
}

static int64_t seconds(const char *text)
{
	const double most = 366 * 86400.0;
	char *rest;
	double value = strtod(text, &rest);
	if (rest == text || *rest != '\0' || !(value >= 0 && value <= most)) {
		fprintf(stderr, "simulate: not a number of seconds: %s\n", text);
		exit(SIM_RUN_TROUBLE);
	}
	return (int64_t)(value * NS_PER_S);
}

static int tls_version(const char *text)
{
	static const struct {
		const char *name;
		int version;
	} versions[] = {
	    {"1.0", TLS1_VERSION}, {"1.1", TLS1_1_VERSION}, {"1.2", TLS1_2_VERSION}, {"1.3", TLS1_3_VERSION}};
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
		if (strcmp(versions[i].name, text) == 0)
			return versions[i].version;
	die("--tls takes 1.0, 1.1, 1.2 or 1.3");
	return 0;
}

static void set_common(struct settings *settings, int id, const char *value)
{
	switch (id) {
	case ADDRESS:
		settings->address = value;
		break;
	case PORT_NUMBER:
		settings->port = number(value, UINT16_MAX);
		break;
	case TLS:
		settings->tls.version = tls_version(value);
		break;
	case CIPHER:
		settings->tls.ciphers = value;
		break;
	case PEM:
		settings->pem = value;
		break;
	case NAME:
		settings->name = value;
		break;
	case KEYLOG:
		settings->keylog = value;
		break;
	case KEYLOG_DELAY:
		settings->keylog_delay = seconds(value);
		break;
	case FOR:
		settings->run.lasts = seconds(value);
		break;
	case CONNECTIONS:
		settings->run.connections = (unsigned)number(value, MOST_CONNECTIONS);
		break;
	default:
		exit(SIM_RUN_TROUBLE); /* getopt has said why */
	}
}

static void set(struct settings *settings, int id, const char *value)
{
	switch (id) {
	case 'h':
	case HELP:
		fputs(help, stdout);
		exit(0);
	case 'a':
	case AUTHLIST:
		settings->authlist = value;
		break;
	case NO_REQUEST:
		settings->no_request = true;
		break;
	case NOTIFY:
	case ECHO_INTERVAL:
		settings->run.talk.interval = seconds(value);
		break;
	case NOTIFICATIONS:
	case ECHOES:
		settings->run.talk.count = (unsigned)number(value, UINT32_MAX);
		break;
	case RATE:
		settings->run.rate = (unsigned)number(value, UINT32_MAX);
		break;
	case RETRY:
		settings->run.retry = (unsigned)number(value, UINT32_MAX);
		break;
	case EVERY:
		settings->run.every = seconds(value);
		break;
	case PRINT_AUTHLIST:
		settings->print_authlist = true;
		break;
	default:
		set_common(settings, id, value);
		break;
	}
}

static struct settings read_settings(int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0))
		set(NULL, HELP, NULL);
	bool controller = argc > 1 && strcmp(argv[1], "controller") == 0;
	if (argc < 2 || (!controller && strcmp(argv[1], "engine") != 0))
		die("which side? simulate controller or simulate engine; -h explains");
	struct settings settings = {
	    .controller = controller,
	    .address = "127.0.0.1",
	    .name = controller ? MESSAGES_CONTROLLER_NAME : MESSAGES_ENGINE_NAME,
	    .port = PORT,
	    .tls = {.controller = controller, .version = TLS1_2_VERSION},
	    .run = {.role = controller ? "controller" : "engine",
	            .talk = {.dir = controller, .interval = controller ? 0 : 15 * NS_PER_S},
	            .connections = controller ? 0 : 1,
	            .rate = 100,
	            .every = 5 * NS_PER_S,
	            .lasts = 60 * NS_PER_S},
	};
	int id;
	const struct option *options = controller ? controller_options : engine_options;
	while ((id = getopt_long(argc - 1, argv + 1, controller ? "a:h" : "h", options, NULL)) != -1)
		set(&settings, id, optarg);
	if (optind < argc - 1)
		die("there is a word too many; -h explains");
	if (settings.run.rate == 0 || (!controller && settings.run.connections == 0))
		die("--rate and --connections of an engine are at least 1");
	if (settings.print_authlist && settings.pem == NULL)
		die("--print-authlist needs --pem: the key of any other run is gone when it ends");
	return settings;
}

static struct sockaddr_storage address_of(const struct settings *settings)
{
	struct sockaddr_storage address = {.ss_family = AF_INET};
	struct sockaddr_in *ip4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *ip6 = (struct sockaddr_in6 *)&address;
	uint16_t port = htons((uint16_t)settings->port);
	if (inet_pton(AF_INET, settings->address, &ip4->sin_addr) == 1) {
		ip4->sin_port = port;
		return address;
	}
	address.ss_family = AF_INET6;
	if (inet_pton(AF_INET6, settings->address, &ip6->sin6_addr) != 1)
		die("--address takes an IPv4 or IPv6 address");
	ip6->sin6_port = port;
	return address;
}

/* ---- certificates ----------------------------------------------------------------------------------- */

static void die_of(const char *path, const char *why)
{
	fprintf(stderr, "simulate: %s: %s\n", path, why);
	exit(SIM_RUN_TROUBLE);
}

static void write_identity(const struct tlspeer_identity *identity, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (file == NULL || PEM_write_PrivateKey(file, identity->key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_X509(file, identity->certificate) != 1 || fclose(file) != 0)
		die_of(path, strerror(errno));
}

static struct tlspeer_identity read_identity(FILE *file, const char *path)
{
	struct tlspeer_identity identity = {.key = PEM_read_PrivateKey(file, NULL, NULL, NULL)};
	rewind(file);
	identity.certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	if (identity.key == NULL || identity.certificate == NULL)
		die_of(path, "want a key and a certificate in PEM");
	return identity;
}

static struct tlspeer_identity identity_of(const struct settings *settings)
{
	static const struct tlspeer_validity valid = {"20200101000000Z", "20401231235959Z"};
	FILE *file = settings->pem == NULL ? NULL : fopen(settings->pem, "r");
	if (file != NULL)
		return read_identity(file, settings->pem);
	if (settings->pem != NULL && errno != ENOENT)
		die_of(settings->pem, strerror(errno));
	struct tlspeer_identity identity = tlspeer_identity(settings->name, NULL, false, valid);
	if (settings->pem != NULL)
		write_identity(&identity, settings->pem);
	return identity;
}

/* ---- both sides ------------------------------------------------------------------------------------- */

static enum sim_run_status run(struct settings *settings, const struct tlspeer_identity *identity)
{
	struct sim_list *list = NULL;
	struct sim_keys *keys = NULL;
	struct err err = {.text = ""};
	if (settings->authlist != NULL && sim_list_open(&list, settings->authlist, &err) != 0)
		die(err.text);
	if (settings->keylog != NULL &&
	    sim_keys_open(&keys, settings->keylog, settings->keylog_delay, &err) != 0)
		die(err.text);
	settings->tls.identity = identity;
	settings->tls.request = !settings->no_request;
	settings->tls.list = list;
	settings->tls.keys = settings->run.keys = keys;
	settings->run.address = address_of(settings);
	struct sim_tls *tls = sim_tls_new(&settings->tls, &err);
	if (tls == NULL)
		die(err.text);
	settings->run.tls = tls;
	enum sim_run_status status = sim_run(&settings->run, &err);
	if (status == SIM_RUN_TROUBLE)
		fprintf(stderr, "simulate: %s\n", err.text);
	if (sim_keys_close(keys) != 0)
		die_of(settings->keylog, strerror(errno));
	sim_tls_free(tls);
	sim_list_free(list);
	return status;
}

int main(int argc, char **argv)
{
	struct settings settings = read_settings(argc, argv);
	struct tlspeer_identity identity = identity_of(&settings);
	int status = 0;
	if (settings.print_authlist) {
		if (!sim_list_print(identity.certificate, stdout))
			die("the certificate's CN ends in no MAC address");
	} else {
		status = (int)run(&settings, &identity);
	}
	tlspeer_identity_free(&identity);
	return status;
}
