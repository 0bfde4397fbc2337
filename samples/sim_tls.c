/*
 * OpenSSL over memory for one side of many connections; see sim_tls.h. Called by sim_run.c. Knows no socket
 * and no NMSP.
 */
#include "samples/sim_tls.h"

#include "analyzer/xmalloc.h"

#include <openssl/err.h>
#include <stdlib.h>

enum { CHUNK = 4096, REASON = 128 };

/* OpenSSL 3 speaks TLS 1.0 and 1.1 on no other level; old engines have short keys too. */
#define ANY_LEVEL ":@SECLEVEL=0"

struct sim_tls {
	SSL_CTX *ctx;
	struct sim_tls_plan plan;
};

struct sim_tls_end {
	SSL *ssl;
	const struct sim_tls_plan *plan;
	int64_t now;
	bool judged, refused, split;
	int alert; /* description of the fatal one, -1 before it */
	bool alert_is_ours;
	char reason[REASON];
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "simulate: OpenSSL failed: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(2);
}

/* ---- what all connections share --------------------------------------------------------------------- */

static int verify(X509_STORE_CTX *store, void *unused)
{
	(void)unused;
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct sim_tls_end *end = SSL_get_app_data(ssl);
	end->judged = true;
	end->refused =
	    end->plan->list != NULL && !sim_list_allows(end->plan->list, X509_STORE_CTX_get0_cert(store));
	X509_STORE_CTX_set_error(store, end->refused ? TLSPEER_REJECT : X509_V_OK);
	return !end->refused;
}

static void log_key(const SSL *ssl, const char *line)
{
	const struct sim_tls_end *end = SSL_get_app_data(ssl);
	sim_keys_add(end->plan->keys, line, end->now);
}

static void note_alert(const SSL *ssl, int where, int what)
{
	struct sim_tls_end *end = SSL_get_app_data(ssl);
	if (!(where & SSL_CB_ALERT) || what >> 8 != SSL3_AL_FATAL)
		return;
	end->alert = what & 0xff;
	end->alert_is_ours = (where & SSL_CB_WRITE) != 0;
}

static int set_ciphers(SSL_CTX *ctx, const struct sim_tls_plan *plan)
{
	if (plan->version == TLS1_3_VERSION && plan->ciphers != NULL)
		return SSL_CTX_set_ciphersuites(ctx, plan->ciphers);
	char list[1024];
	snprintf(list, sizeof list, "%s%s", plan->ciphers != NULL ? plan->ciphers : "DEFAULT", ANY_LEVEL);
	return SSL_CTX_set_cipher_list(ctx, list);
}

static int set_up(SSL_CTX *ctx, const struct sim_tls_plan *plan, struct err *err)
{
	if (SSL_CTX_set_min_proto_version(ctx, plan->version) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, plan->version) != 1)
		return err_set(err, "OpenSSL does not have this version of TLS");
	if (set_ciphers(ctx, plan) != 1)
		return err_set(err, "OpenSSL does not know these ciphers: %s", plan->ciphers);
	if (SSL_CTX_use_certificate(ctx, plan->identity->certificate) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, plan->identity->key) != 1)
		return err_set(err, "the certificate and the key do not fit together");
	if (plan->controller && plan->request) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
	}
	if (!plan->controller)
		SSL_CTX_set_options(ctx, SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS);
	if (plan->keys != NULL)
		SSL_CTX_set_keylog_callback(ctx, log_key);
	SSL_CTX_set_info_callback(ctx, note_alert);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	return 0;
}

struct sim_tls *sim_tls_new(const struct sim_tls_plan *plan, struct err *err)
{
	struct sim_tls *tls = xcalloc(1, sizeof *tls);
	tls->plan = *plan;
	tls->ctx = SSL_CTX_new(plan->controller ? TLS_server_method() : TLS_client_method());
	must(tls->ctx != NULL, "context");
	if (set_up(tls->ctx, plan, err) != 0) {
		sim_tls_free(tls);
		return NULL;
	}
	return tls;
}

void sim_tls_free(struct sim_tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

/* ---- one connection --------------------------------------------------------------------------------- */

struct sim_tls_end *sim_tls_end_new(const struct sim_tls *tls)
{
	struct sim_tls_end *end = xcalloc(1, sizeof *end);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	end->ssl = SSL_new(tls->ctx);
	end->plan = &tls->plan;
	end->alert = -1;
	must(end->ssl != NULL && in != NULL && out != NULL, "connection");
	SSL_set_bio(end->ssl, in, out);
	must(SSL_set_app_data(end->ssl, end) == 1, "connection");
	if (tls->plan.controller)
		SSL_set_accept_state(end->ssl);
	else
		SSL_set_connect_state(end->ssl);
	return end;
}

void sim_tls_end_free(struct sim_tls_end *end)
{
	if (end == NULL)
		return;
	SSL_free(end->ssl);
	free(end);
}

static void take(struct sim_tls_end *end, struct bytes *out)
{
	uint8_t chunk[CHUNK];
	int n;
	while ((n = BIO_read(SSL_get_wbio(end->ssl), chunk, sizeof chunk)) > 0)
		bytes_add(out, span_of(chunk, (size_t)n));
}

static enum sim_tls_state state_of(struct sim_tls_end *end, int result)
{
	switch (SSL_get_error(end->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return SSL_is_init_finished(end->ssl) ? SIM_TLS_OPEN : SIM_TLS_SHAKES;
	case SSL_ERROR_ZERO_RETURN:
		return SIM_TLS_ENDED;
	default:
		if (end->reason[0] == '\0')
			ERR_error_string_n(ERR_peek_error(), end->reason, sizeof end->reason);
		return SIM_TLS_FAILED;
	}
}

enum sim_tls_state sim_tls_step(struct sim_tls_end *end, struct span bytes, int64_t now, struct bytes *plain,
                                struct bytes *out)
{
	uint8_t chunk[CHUNK];
	int n;
	end->now = now;
	if (bytes.n > 0)
		must(BIO_write(SSL_get_rbio(end->ssl), bytes.p, (int)bytes.n) == (int)bytes.n, "memory BIO");
	ERR_clear_error();
	while ((n = SSL_read(end->ssl, chunk, sizeof chunk)) > 0)
		bytes_add(plain, span_of(chunk, (size_t)n));
	enum sim_tls_state state = state_of(end, n);
	take(end, out);
	return state;
}

void sim_tls_write(struct sim_tls_end *end, struct span message, struct bytes *out)
{
	size_t first = end->split && SSL_version(end->ssl) == TLS1_VERSION && !end->plan->controller ? 1 : 0;
	end->split = true;
	if (first > 0)
		must(SSL_write(end->ssl, message.p, (int)first) == (int)first, "write");
	struct span rest = span_cut(message, first, message.n);
	must(SSL_write(end->ssl, rest.p, (int)rest.n) == (int)rest.n, "write");
	take(end, out);
}

void sim_tls_close(struct sim_tls_end *end, struct bytes *out)
{
	SSL_shutdown(end->ssl);
	take(end, out);
}

bool sim_tls_judged(const struct sim_tls_end *end)
{
	return end->judged;
}

bool sim_tls_refused(const struct sim_tls_end *end)
{
	if (end->plan->controller)
		return end->refused;
	return end->alert == SSL_AD_CERTIFICATE_UNKNOWN && !end->alert_is_ours;
}

void sim_tls_name(const struct sim_tls_end *end, char *text, size_t room)
{
	snprintf(text, room, "%s %s", SSL_get_version(end->ssl), SSL_get_cipher_name(end->ssl));
}

void sim_tls_why(const struct sim_tls_end *end, char *text, size_t room)
{
	if (end->alert < 0)
		snprintf(text, room, "%s", end->reason);
	else
		snprintf(text, room, "fatal alert %d (%s) of %s", end->alert,
		         SSL_alert_desc_string_long(end->alert),
		         end->alert_is_ours ? "ours" : "the other side");
}
