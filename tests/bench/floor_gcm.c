/*
 * floor_gcm FILE KEYS: the least that any decryption must do. Reads the file with libpcap and opens every
 * application record with one EVP context per direction, keyed once. Understands nothing but gen_keys' file:
 * one session, Ethernet, IPv4, TLS 1.2 with AES-256-GCM, each record in a packet of its own. Prints how many
 * records were opened; a tag that does not verify ends it.
 */
#include "dissect/limits.h"
#include "dissect/rd.h"
#include "dissect/tls.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	NMSP_PORT = 16113,
	ETHERNET = 14,
	TCP_OFFSET = 12, /* of the header length */
	RECORD_HEADER = 5,
	APPLICATION_DATA = 23,
	HANDSHAKE = 22,
	RANDOM_OFFSET = RECORD_HEADER + 4 + 2, /* of a hello: behind message header and version */
	MASTER = 48,
	KEY = 32,
	SALT = 4,
	NONCE = 12,
	EXPLICIT = NONCE - SALT,
	TAG = 16,
	AAD = 13,
};

struct floor {
	EVP_CIPHER_CTX *cipher[2]; /* NULL before the ServerHello */
	uint8_t salt[2][SALT];
	uint64_t seq[2];
	uint8_t random[2][TLS_RANDOM];
	const char *keys;
	uint64_t opened;
	uint8_t plain[LIMIT_RECORD];
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "floor_gcm: %s\n", what);
	exit(2);
}

/* The master secret: the key log's only CLIENT_RANDOM line. */
static void read_master(const char *path, uint8_t master[MASTER])
{
	char random[2 * TLS_RANDOM + 1], hex[2 * MASTER + 1];
	FILE *file = fopen(path, "r");
	must(file != NULL, "the key log cannot be opened");
	must(fscanf(file, "CLIENT_RANDOM %64s %96s", random, hex) == 2, "no CLIENT_RANDOM in the key log");
	fclose(file);
	for (size_t i = 0; i < MASTER; i++) {
		char byte[3] = {hex[2 * i], hex[2 * i + 1]};
		master[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
}

/* RFC 5246 section 6.3; with AEAD there are no MAC keys. */
static void derive(const struct floor *floor, uint8_t *block, size_t n)
{
	uint8_t master[MASTER], seed[2 * TLS_RANDOM];
	read_master(floor->keys, master);
	memcpy(seed, floor->random[1], TLS_RANDOM);
	memcpy(&seed[TLS_RANDOM], floor->random[0], TLS_RANDOM);
	char digest[] = "SHA384", label[] = "key expansion";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, sizeof master),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label, sizeof label - 1),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
	    OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	must(ctx != NULL && EVP_KDF_derive(ctx, block, n, params) == 1, "no key block");
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static void set_keys(struct floor *floor)
{
	uint8_t block[2 * (KEY + SALT)];
	derive(floor, block, sizeof block);
	struct rd r = rd_of(span_of(block, sizeof block));
	for (int dir = 0; dir < 2; dir++) {
		floor->cipher[dir] = EVP_CIPHER_CTX_new();
		const uint8_t *key = rd_span(&r, KEY).p;
		must(EVP_DecryptInit_ex(floor->cipher[dir], EVP_aes_256_gcm(), NULL, key, NULL) == 1, "no cipher");
		floor->seq[dir] = 1; /* the Finished message was 0 */
	}
	for (int dir = 0; dir < 2; dir++)
		memcpy(floor->salt[dir], rd_span(&r, SALT).p, SALT);
}

/* RFC 5288 section 3. */
static void open_record(struct floor *floor, int dir, struct span header, struct rd *body)
{
	size_t n = rd_left(body) - EXPLICIT - TAG;
	uint8_t nonce[NONCE], aad[AAD], tag[TAG];
	memcpy(nonce, floor->salt[dir], SALT);
	memcpy(&nonce[SALT], rd_span(body, EXPLICIT).p, EXPLICIT);
	for (int i = 0; i < 8; i++)
		aad[i] = (uint8_t)(floor->seq[dir] >> (56 - 8 * i));
	memcpy(&aad[8], header.p, 3);
	aad[11] = (uint8_t)(n >> 8);
	aad[12] = (uint8_t)n;
	floor->seq[dir]++;
	struct span sealed = rd_span(body, n);
	memcpy(tag, rd_span(body, TAG).p, TAG);
	EVP_CIPHER_CTX *cipher = floor->cipher[dir];
	int out;
	bool good = EVP_DecryptInit_ex(cipher, NULL, NULL, NULL, nonce) == 1 &&
	            EVP_DecryptUpdate(cipher, NULL, &out, aad, AAD) == 1 &&
	            EVP_DecryptUpdate(cipher, floor->plain, &out, sealed.p, (int)n) == 1 &&
	            EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1 &&
	            EVP_DecryptFinal_ex(cipher, floor->plain, &out) == 1;
	must(good, "a record cannot be opened");
	floor->opened++;
}

static void see_payload(struct floor *floor, int dir, struct span payload)
{
	struct rd r = rd_of(payload);
	struct span header = rd_span(&r, RECORD_HEADER);
	struct rd head = rd_of(header);
	uint8_t type = rd_u8(&head);
	rd_skip(&head, 2);
	uint16_t length = rd_u16(&head);
	if (!rd_ok(&head))
		return;
	if (type == APPLICATION_DATA && length == rd_left(&r) && length > EXPLICIT + TAG && floor->cipher[dir]) {
		open_record(floor, dir, header, &r);
	} else if (type == HANDSHAKE && floor->cipher[0] == NULL && rd_u8(&r) == dir + 1) { /* the hellos */
		struct span random = span_cut(payload, RANDOM_OFFSET, TLS_RANDOM);
		must(random.n == TLS_RANDOM, "a hello is too short");
		memcpy(floor->random[dir], random.p, TLS_RANDOM);
		if (dir == 1)
			set_keys(floor);
	}
}

static void see_frame(struct floor *floor, struct span frame)
{
	struct rd r = rd_of(frame);
	rd_skip(&r, ETHERNET);
	struct rd ip = r;
	size_t ip_header = (size_t)(rd_u8(&ip) & 15) * 4;
	rd_skip(&ip, 1);
	size_t total = rd_u16(&ip);
	r = rd_of(span_cut(rd_rest(&r), 0, total));
	rd_skip(&r, ip_header);
	struct rd tcp = r;
	int dir = rd_u16(&tcp) == NMSP_PORT;
	rd_skip(&tcp, TCP_OFFSET - 2);
	rd_skip(&r, (size_t)(rd_u8(&tcp) >> 4) * 4);
	if (rd_more(&r))
		see_payload(floor, dir, rd_rest(&r));
}

int main(int argc, char **argv)
{
	char problem[PCAP_ERRBUF_SIZE];
	if (argc != 3) {
		fputs("usage: floor_gcm FILE KEYS\n", stderr);
		return 2;
	}
	struct floor floor = {.keys = argv[2]};
	pcap_t *pcap = pcap_open_offline(argv[1], problem);
	must(pcap != NULL, problem);
	struct pcap_pkthdr *header;
	const u_char *data;
	int result;
	while ((result = pcap_next_ex(pcap, &header, &data)) == 1)
		see_frame(&floor, span_of(data, header->caplen));
	must(result == PCAP_ERROR_BREAK, "the capture is damaged");
	pcap_close(pcap);
	EVP_CIPHER_CTX_free(floor.cipher[0]);
	EVP_CIPHER_CTX_free(floor.cipher[1]);
	printf("%" PRIu64 " records opened\n", floor.opened);
	return 0;
}
