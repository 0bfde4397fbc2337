/*
 * generate DIR: writes every sample of scenarios.c as DIR/NAME.pcapng, with DIR/NAME.list beside it where
 * the sample has an allow list and DIR/NAME.keys where it has a key log. Run by `make samples`. Keys are new
 * in every run, times are not.
 */
#include "analyzer/origin.h"
#include "samples/save.h"
#include "samples/scenarios.h"

#include <openssl/pem.h>

#define APART (600 * NS_PER_S)

enum { FIRST_PORT = 40100, PORTS_APART = 10, PATH_SIZE = 4096 };

static void write_capture(struct scenarios_stage *stage, struct span secrets, const char *folder,
                          const char *name)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%s/%s.pcapng", folder, name);
	struct save_capture capture = save_capture_open(path);
	save_capture_add(&capture, &stage->wire);
	save_capture_secrets(&capture, secrets);
	if (stage->dropped > 0)
		save_capture_dropped(&capture, stage->dropped);
	if (stage->torn > 0)
		save_capture_tear(&capture, stage->torn);
	save_capture_close(&capture);
}

static void write_list(const struct scenarios_cast *cast, enum lists_kind kind, const char *folder,
                       const char *name)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%s/%s.list", folder, name);
	FILE *file = save_open(path);
	lists_write(kind, &cast->engine, &cast->other, file);
	save_close(file, path);
}

static void write_keys(struct span keys, const char *folder, const char *name)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%s/%s.keys", folder, name);
	save_text(path, keys);
}

static void write_rsa_key(const struct tlspeer_identity *of, const char *folder, const char *name)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%s/%s.pem", folder, name);
	FILE *file = save_open(path);
	if (PEM_write_PKCS8PrivateKey(file, of->key, NULL, NULL, 0, NULL, NULL) != 1)
		fprintf(stderr, "generate: OpenSSL does not write %s\n", path);
	save_close(file, path);
}

static void generate(const struct scenarios_cast *cast, size_t row, const char *folder)
{
	const struct scenarios_row *scenario = &scenarios_all[row];
	struct bytes keys = {.p = NULL};
	struct scenarios_stage stage = {
	    .cast = cast,
	    .keys = &keys,
	    .start = SCENARIOS_START + (int64_t)row * APART,
	    .port = (uint16_t)(FIRST_PORT + row * PORTS_APART),
	};
	scenario->play(&stage);
	printf("%-18s %3zu packets  %s\n", scenario->name, stage.wire.n, scenario->text);
	bool inside = scenario->keys == SCENARIOS_KEYS_INSIDE;
	struct span nothing = span_of(NULL, 0);
	write_capture(&stage, inside ? bytes_span(&keys) : nothing, folder, scenario->name);
	if (scenario->keys == SCENARIOS_KEYS_BESIDE)
		write_keys(bytes_span(&keys), folder, scenario->name);
	if (scenario->keys == SCENARIOS_RSA_KEY)
		write_rsa_key(&cast->controller, folder, scenario->name);
	bytes_free(&keys);
	wire_free(&stage.wire);
	if (scenario->list != LISTS_NONE)
		write_list(cast, scenario->list, folder, scenario->name);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: generate DIR\n", stderr);
		return 2;
	}
	struct scenarios_cast cast = scenarios_cast();
	for (size_t row = 0; row < scenarios_count; row++)
		generate(&cast, row, argv[1]);
	scenarios_cast_free(&cast);
	return 0;
}
