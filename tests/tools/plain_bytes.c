/*
 * Prints the decrypted application bytes of every session of a capture, one line a direction that has any:
 * the sender's address and port, the receiver's, and the bytes in hex. For the comparisons with tshark.
 *
 * Linked with --wrap=plain_data: it listens where tls_conn hands plaintext on, so the product needs no hook.
 * Usage: plain_bytes CAPTURE PORT [KEYLOG]
 */
#include "analyzer/analyze.h"
#include "analyzer/input.h"
#include "analyzer/plain.h"
#include "analyzer/tls_crypto.h"
#include "analyzer/xmalloc.h"
#include "dissect/packet.h"
#include "tests/opened.h"

#include <stdlib.h>

struct heard {
	const struct session *session;
	char *hex[2]; /* by direction */
	size_t n[2];  /* digits */
};

/* plain_data has no room for a context. */
static struct heard *heard;
static size_t n_heard;

static struct heard *heard_of(const struct session *session)
{
	for (size_t i = 0; i < n_heard; i++)
		if (heard[i].session == session)
			return &heard[i];
	heard = xrealloc(heard, (n_heard + 1) * sizeof *heard);
	heard[n_heard] = (struct heard){.session = session};
	return &heard[n_heard++];
}

void __real_plain_data(struct plain *plain, uint8_t dir, struct span bytes, const struct origin *at);
void __wrap_plain_data(struct plain *plain, uint8_t dir, struct span bytes, const struct origin *at);

void __wrap_plain_data(struct plain *plain, uint8_t dir, struct span bytes, const struct origin *at)
{
	struct heard *all = heard_of(plain->session);
	all->hex[dir] = xrealloc(all->hex[dir], all->n[dir] + 2 * bytes.n + 1);
	for (size_t i = 0; i < bytes.n; i++, all->n[dir] += 2)
		snprintf(all->hex[dir] + all->n[dir], 3, "%02x", bytes.p[i]);
	__real_plain_data(plain, dir, bytes, at);
}

static void print_host(const struct session *session, uint8_t dir)
{
	char text[ADDR_TEXT];
	addr_text(&session->addr[dir], text);
	printf("%s:%u ", text, session->port[dir]);
}

static void print_heard(void)
{
	for (size_t i = 0; i < n_heard; i++) {
		for (uint8_t dir = 0; dir < 2; dir++) {
			if (heard[i].n[dir] > 0) {
				print_host(heard[i].session, dir);
				print_host(heard[i].session, dir ^ 1);
				puts(heard[i].hex[dir]);
			}
			free(heard[i].hex[dir]);
		}
	}
	free(heard);
}

static void read_packets(struct input *input, struct model *model)
{
	struct analyze *analyze = analyze_new(model);
	uint32_t index = model_add_input(model, input_name(input));
	struct capfile_packet packet;
	enum input_result result;
	while ((result = input_next(input, &packet)) == INPUT_PACKET || result == INPUT_SECRETS) {
		if (result == INPUT_SECRETS)
			analyze_secrets(analyze, packet.data);
		else
			analyze_packet(analyze, index, &packet);
	}
	analyze_end(analyze);
	analyze_free(analyze);
}

int main(int argc, char **argv)
{
	struct err err = {.text = "usage: plain_bytes CAPTURE PORT [KEYLOG]"};
	struct input *input = argc == 3 || argc == 4 ? opened_input(argv[1], &err) : NULL;
	struct tls_providers *providers = tls_crypto_load();
	struct model *model = model_new();
	model->keylog = keylog_new();
	model->keys_may_come = true;
	bool ready = input != NULL && (argc == 3 || opened_keylog(model->keylog, argv[3], &err) == 0);
	if (ready) {
		model->ports[0] = (uint16_t)strtoul(argv[2], NULL, 10);
		read_packets(input, model);
		print_heard();
	} else {
		fprintf(stderr, "plain_bytes: %s\n", err.text);
	}
	input_close(input);
	model_free(model);
	tls_crypto_unload(providers);
	return ready ? 0 : 2;
}
