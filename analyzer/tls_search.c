/* Finds the number of a record behind a gap; see tls_search.h. */
#include "analyzer/tls_search.h"

#include "analyzer/tls_opener.h"
#include "dissect/limits.h"

#include <stdlib.h>

#define TRY_COST 256 /* what a try takes beside the record's bytes, in bytes */

/* A record that is tried. */
struct trial {
	struct tls_opener *opener;
	const struct tls_search *search;
	const struct tls_record *head;
	struct span body;
	uint8_t *out;
	struct span *plain;
	uint8_t *type;
	struct tls_amount first; /* where the opener stood */
	uint8_t iv[TLS_BLOCK];   /* its IV */
	bool iv_sure;
};

void tls_work_earn(struct tls_work *work, uint64_t bytes)
{
	uint64_t more = bytes * GAP_WORK_EARNED;
	work->own = work->own + more < LIMIT_GAP_WORK ? work->own + more : LIMIT_GAP_WORK;
	*work->all = *work->all + more < LIMIT_GAP_WORK_ALL ? *work->all + more : LIMIT_GAP_WORK_ALL;
}

static bool spend(struct tls_work *work, uint64_t bytes)
{
	if (work->own < bytes || *work->all < bytes)
		return false;
	work->own -= bytes;
	*work->all -= bytes;
	return true;
}

static bool is_chained(const struct tls_opener *opener)
{
	return opener->suite->cipher->mode == TLS_MODE_CBC && opener->explicit_bytes == 0;
}

static void restore(const struct trial *trial)
{
	trial->opener->done = trial->first;
	memcpy(trial->opener->iv, trial->iv, sizeof trial->iv);
	trial->opener->iv_sure = trial->iv_sure;
}

/* The keys' own first IV is that of their first record alone. */
static enum tls_found try_number(const struct trial *trial, uint64_t missing)
{
	struct tls_opener *opener = trial->opener;
	restore(trial);
	opener->done.records += missing;
	if (trial->search->behind && opener->done.records > 0)
		opener->iv_sure = false;
	bool sure = opener->iv_sure;
	enum tls_open result =
	    tls_open(opener, trial->head, trial->body, trial->out, trial->plain, trial->type);
	if (result == TLS_OPENED)
		return TLS_FOUND_OPENED;
	return is_chained(opener) && opener->encrypt_then_mac && !sure && opener->iv_sure ? TLS_FOUND_NUMBER
	                                                                                  : TLS_FOUND_NOT;
}

/* From the likeliest number outwards. */
static enum tls_found search_numbers(const struct trial *trial)
{
	const struct tls_search *search = trial->search;
	enum tls_found found = TLS_FOUND_NOT;
	bool first_only = search->behind && is_chained(trial->opener) && !trial->opener->encrypt_then_mac;
	uint64_t most = first_only ? 0 : search->most;
	uint64_t guess = search->guess < most ? search->guess : most;
	for (uint64_t away = 0; away <= most; away++)
		for (int side = 0; side < (away > 0 ? 2 : 1); side++) {
			if (side == 0 ? guess < away : away > most - guess)
				continue;
			if (!spend(search->work, trial->body.n + TRY_COST))
				return TLS_FOUND_NOT;
			found = try_number(trial, side == 0 ? guess - away : guess + away);
			if (found != TLS_FOUND_NOT)
				return found;
		}
	return TLS_FOUND_NOT;
}

/* ---- stream ciphers --------------------------------------------------------------------------------- */

/* The opener's stream is a copy of `from`. */
static void copy_stream(struct tls_opener *opener, const EVP_CIPHER_CTX *from)
{
	if (EVP_CIPHER_CTX_copy(opener->cipher, from) != 1)
		abort();
}

static EVP_CIPHER_CTX *stream_of(const struct tls_opener *opener)
{
	EVP_CIPHER_CTX *copy = EVP_CIPHER_CTX_new();
	if (copy == NULL || EVP_CIPHER_CTX_copy(copy, opener->cipher) != 1)
		abort();
	return copy;
}

/*
 * The first record of the keys: change_cipher_spec may be what is missing, or with it the Finished message,
 * whose size is known. RFC 5246 section 7.4.9.
 */
static enum tls_found try_first(const struct trial *trial, const EVP_CIPHER_CTX *start)
{
	const size_t finished = TLS_HANDSHAKE_HEADER + 12 + trial->opener->suite->mac->bytes;
	for (uint64_t missing = 0; missing < 2; missing++) {
		copy_stream(trial->opener, start);
		tls_opener_pass_stream(trial->opener, missing * finished);
		if (!spend(trial->search->work, trial->body.n + TRY_COST))
			return TLS_FOUND_NOT;
		if (try_number(trial, missing) == TLS_FOUND_OPENED)
			return TLS_FOUND_OPENED;
	}
	return TLS_FOUND_NOT;
}

/* Each record that is missing took its header out of the missing bytes; the most records, the nearest place.
 */
static enum tls_found try_places(const struct trial *trial, const EVP_CIPHER_CTX *start, EVP_CIPHER_CTX *at)
{
	struct tls_opener *opener = trial->opener;
	const struct tls_search *search = trial->search;
	uint64_t most = search->bytes / TLS_RECORD_HEADER;
	most = search->most < most ? search->most : most;
	uint64_t place = search->bytes - most * TLS_RECORD_HEADER;
	if (!spend(search->work, place))
		return TLS_FOUND_NOT;
	copy_stream(opener, start);
	tls_opener_pass_stream(opener, place);
	for (uint64_t missing = most + 1; missing-- > 0;) {
		uint8_t passed[TLS_RECORD_HEADER] = {0};
		int n;
		EVP_CIPHER_CTX_copy(at, opener->cipher);
		if (!spend(search->work, trial->body.n + TRY_COST))
			return TLS_FOUND_NOT;
		if (try_number(trial, missing) == TLS_FOUND_OPENED)
			return TLS_FOUND_OPENED;
		EVP_DecryptUpdate(at, passed, &n, passed, sizeof passed);
		copy_stream(opener, at);
	}
	return TLS_FOUND_NOT;
}

static enum tls_found search_stream(const struct trial *trial)
{
	EVP_CIPHER_CTX *start = stream_of(trial->opener), *at = stream_of(trial->opener);
	enum tls_found found = TLS_FOUND_NOT;
	if (trial->first.records == 0)
		found = try_first(trial, start);
	if (found == TLS_FOUND_NOT)
		found = try_places(trial, start, at);
	if (found == TLS_FOUND_NOT)
		copy_stream(trial->opener, start);
	EVP_CIPHER_CTX_free(start);
	EVP_CIPHER_CTX_free(at);
	return found;
}

enum tls_found tls_search(struct tls_opener *opener, const struct tls_search *search,
                          const struct tls_record *head, struct span body, uint8_t *out, struct span *plain,
                          uint8_t *type)
{
	struct trial trial = {.opener = opener,
	                      .search = search,
	                      .head = head,
	                      .body = body,
	                      .out = out,
	                      .plain = plain,
	                      .type = type,
	                      .first = opener->done,
	                      .iv_sure = opener->iv_sure};
	memcpy(trial.iv, opener->iv, sizeof trial.iv);
	bool stream = opener->suite->cipher->mode == TLS_MODE_STREAM;
	/* without the block in front of it such a record opens with no number */
	bool closed =
	    is_chained(opener) && !opener->encrypt_then_mac && search->behind && opener->done.records > 0;
	enum tls_found found = TLS_FOUND_NOT;
	if (!closed)
		found = stream ? search_stream(&trial) : search_numbers(&trial);
	if (found == TLS_FOUND_NOT)
		restore(&trial);
	return found;
}
