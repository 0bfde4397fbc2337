/*
 * OpenSSL client and server over memory BIOs; see tlspeer.h. Called by session.c. Knows no packets and no
 * NMSP, opens no socket.
 */
#include "samples/tlspeer.h"

#include "analyzer/xmalloc.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum { RSA_BITS = 2048, WEAK_BITS = 1024, CHUNK = 4096 };

struct tlspeer {
	SSL *ssl[2];
	struct bytes *keylog;
	int verdict, engine_verdict;
	bool checked, dtls;
	bool impatient[2];
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "samples: OpenSSL failed: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(2);
}

/* ---- identities ------------------------------------------------------------------------------------- */

static void add_entry(X509_NAME *name, const char *field, const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	must(X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, bytes, -1, -1, 0) == 1, "subject");
}

static void set_subject(X509 *certificate, const char *common_name)
{
	X509_NAME *name = X509_NAME_new();
	must(name != NULL, "subject");
	add_entry(name, "C", "US");
	add_entry(name, "O", "Cisco Systems");
	add_entry(name, "CN", common_name);
	must(X509_set_subject_name(certificate, name) == 1, "subject");
	X509_NAME_free(name);
}

static void set_validity(X509 *certificate, struct tlspeer_validity validity)
{
	must(ASN1_TIME_set_string(X509_getm_notBefore(certificate), validity.not_before) == 1, "dates");
	must(ASN1_TIME_set_string(X509_getm_notAfter(certificate), validity.not_after) == 1, "dates");
}

static void set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	must(BN_rand(number, 63, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1, "serial");
	must(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL, "serial");
	BN_free(number);
}

static void mark_ca(X509 *certificate)
{
	X509_EXTENSION *extension =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
	must(extension != NULL && X509_add_ext(certificate, extension, -1) == 1, "basic constraints");
	X509_EXTENSION_free(extension);
}

static struct tlspeer_identity make(const char *name, const struct tlspeer_identity *issuer, bool ca,
                                    struct tlspeer_validity validity, bool weak)
{
	struct tlspeer_identity identity = {.key = EVP_RSA_gen(weak ? WEAK_BITS : RSA_BITS),
	                                    .certificate = X509_new()};
	must(identity.key != NULL && identity.certificate != NULL, "new identity");
	must(X509_set_version(identity.certificate, X509_VERSION_3) == 1, "version");
	must(X509_set_pubkey(identity.certificate, identity.key) == 1, "public key");
	set_serial(identity.certificate);
	set_subject(identity.certificate, name);
	set_validity(identity.certificate, validity);
	if (ca)
		mark_ca(identity.certificate);
	const struct tlspeer_identity *signer = issuer != NULL ? issuer : &identity;
	const X509_NAME *signer_name = X509_get_subject_name(signer->certificate);
	must(X509_set_issuer_name(identity.certificate, signer_name) == 1, "issuer");
	const EVP_MD *digest = weak ? EVP_sha1() : EVP_sha256();
	must(X509_sign(identity.certificate, signer->key, digest) > 0, "signature");
	return identity;
}

struct tlspeer_identity tlspeer_identity(const char *name, const struct tlspeer_identity *issuer, bool ca,
                                         struct tlspeer_validity validity)
{
	return make(name, issuer, ca, validity, false);
}

struct tlspeer_identity tlspeer_weak_identity(const char *name, struct tlspeer_validity validity)
{
	return make(name, NULL, false, validity, true);
}

struct tlspeer_identity tlspeer_renewed(const struct tlspeer_identity *of, struct tlspeer_validity validity)
{
	struct tlspeer_identity renewed = {.key = of->key, .certificate = X509_dup(of->certificate)};
	must(renewed.certificate != NULL && EVP_PKEY_up_ref(renewed.key) == 1, "copy");
	set_validity(renewed.certificate, validity);
	must(X509_sign(renewed.certificate, renewed.key, EVP_sha256()) > 0, "signature");
	return renewed;
}

void tlspeer_identity_free(struct tlspeer_identity *identity)
{
	X509_free(identity->certificate);
	EVP_PKEY_free(identity->key);
	*identity = (struct tlspeer_identity){.key = NULL};
}

/* ---- DTLS ------------------------------------------------------------------------------------------- */

static bool is_dtls(int version)
{
	return version >> 8 == DTLS1_VERSION_MAJOR;
}

/* A cookie that any hello fits: what is in it does not matter here. */
static int make_cookie(SSL *ssl, unsigned char *cookie, unsigned *n)
{
	enum { COOKIE = 20 };
	(void)ssl;
	memset(cookie, 0xc5, COOKIE);
	*n = COOKIE;
	return 1;
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned n)
{
	(void)ssl;
	(void)cookie;
	return n > 0;
}

/* An impatient side's first wait for an answer is over at once, the second one never. */
static unsigned wait_for_answer(SSL *ssl, unsigned before)
{
	enum { AT_ONCE = 1, LONG = 60 * 1000 * 1000 };
	const struct tlspeer *peer = SSL_get_app_data(ssl);
	return before == 0 && peer->impatient[SSL_is_server(ssl)] ? AT_ONCE : LONG;
}

static void use_dtls(SSL *ssl, size_t mtu)
{
	SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
	must(SSL_set_mtu(ssl, (long)mtu) > 0, "MTU");
	DTLS_set_timer_cb(ssl, wait_for_answer);
}

/* ---- the two sides ---------------------------------------------------------------------------------- */

static int verify(X509_STORE_CTX *store, void *ctx)
{
	struct tlspeer *peer = ctx;
	peer->checked = true;
	X509_STORE_CTX_set_error(store, peer->verdict);
	return peer->verdict == X509_V_OK;
}

static void use_identity(SSL_CTX *ctx, const struct tlspeer_identity *identity)
{
	must(SSL_CTX_use_certificate(ctx, identity->certificate) == 1, "certificate");
	must(SSL_CTX_use_PrivateKey(ctx, identity->key) == 1, "key");
}

static int refuse(X509_STORE_CTX *store, void *ctx)
{
	const struct tlspeer *peer = ctx;
	X509_STORE_CTX_set_error(store, peer->engine_verdict);
	return 0;
}

static SSL_CTX *new_context(const SSL_METHOD *method, int version, const char *ciphers)
{
	SSL_CTX *ctx = SSL_CTX_new(method);
	must(ctx != NULL, "context");
	must(SSL_CTX_set_min_proto_version(ctx, version) == 1, "version");
	must(SSL_CTX_set_max_proto_version(ctx, version) == 1, "version");
	if (ciphers != NULL)
		must(SSL_CTX_set_cipher_list(ctx, ciphers) == 1, "ciphers");
	return ctx;
}

static void log_key(const SSL *ssl, const char *line)
{
	const struct tlspeer *peer = SSL_get_app_data(ssl);
	bytes_add(peer->keylog, span_of(line, strlen(line)));
	bytes_add(peer->keylog, span_of("\n", 1));
}

static SSL_CTX *new_engine(const struct tlspeer_plan *plan, struct tlspeer *peer)
{
	SSL_CTX *ctx = new_context(is_dtls(plan->version) ? DTLS_client_method() : TLS_client_method(),
	                           plan->engine_version != 0 ? plan->engine_version : plan->version,
	                           plan->engine_ciphers != NULL ? plan->engine_ciphers : plan->ciphers);
	if (plan->engine_verdict != X509_V_OK) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(ctx, refuse, peer);
	}
	if (plan->engine->certificate != NULL)
		use_identity(ctx, plan->engine);
	/* An engine runs on Java, which leaves out OpenSSL's empty records, facts.md section 4. */
	SSL_CTX_set_options(ctx, SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS);
	if (plan->keylog != NULL)
		SSL_CTX_set_keylog_callback(ctx, log_key);
	if (plan->protocols != NULL)
		must(SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)plan->protocols,
		                             (unsigned)strlen(plan->protocols)) == 0,
		     "protocols");
	return ctx;
}

static int take_first(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *offered,
                      unsigned bytes, void *ctx)
{
	(void)ssl;
	(void)bytes;
	(void)ctx;
	*n = offered[0];
	*out = &offered[1];
	return SSL_TLSEXT_ERR_OK;
}

static void name_ca(STACK_OF(X509_NAME) *names, const char *name)
{
	X509_NAME *ca = X509_NAME_new();
	must(X509_NAME_add_entry_by_txt(ca, "O", MBSTRING_ASC, (const unsigned char *)"Cisco Systems", -1, -1, 0) == 1,
	     "name of a CA");
	must(X509_NAME_add_entry_by_txt(ca, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1,
	     "name of a CA");
	must(sk_X509_NAME_push(names, ca) > 0, "names of CAs");
}

static void name_cas(SSL_CTX *ctx, const struct tlspeer_identity *own)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	X509_NAME *first = X509_NAME_dup(X509_get_subject_name(own->certificate));
	must(names != NULL && first != NULL && sk_X509_NAME_push(names, first) > 0, "names of CAs");
	name_ca(names, "Cisco Manufacturing CA");
	name_ca(names, "Cisco Manufacturing CA SHA2");
	SSL_CTX_set_client_CA_list(ctx, names);
}

static SSL_CTX *new_controller(const struct tlspeer_plan *plan, struct tlspeer *peer)
{
	bool dtls = is_dtls(plan->version);
	SSL_CTX *ctx = new_context(dtls ? DTLS_server_method() : TLS_server_method(), plan->version, plan->ciphers);
	if (dtls) {
		SSL_CTX_set_options(ctx, SSL_OP_COOKIE_EXCHANGE);
		SSL_CTX_set_cookie_generate_cb(ctx, make_cookie);
		SSL_CTX_set_cookie_verify_cb(ctx, check_cookie);
	}
	use_identity(ctx, plan->controller);
	must(SSL_CTX_add1_chain_cert(ctx, plan->ca->certificate) == 1, "chain");
	if (!plan->ticket) {
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
		must(SSL_CTX_set_num_tickets(ctx, 0) == 1, "tickets");
	}
	if (plan->request) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		SSL_CTX_set_cert_verify_callback(ctx, verify, peer);
	}
	if (plan->names_cas)
		name_cas(ctx, plan->ca);
	if (plan->protocols != NULL)
		SSL_CTX_set_alpn_select_cb(ctx, take_first, NULL);
	return ctx;
}

static SSL *new_side(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	must(ssl != NULL && in != NULL && out != NULL, "new side");
	SSL_set_bio(ssl, in, out);
	SSL_CTX_free(ctx);
	return ssl;
}

struct tlspeer *tlspeer_new(const struct tlspeer_plan *plan)
{
	struct tlspeer *peer = xcalloc(1, sizeof *peer);
	peer->verdict = plan->verdict;
	peer->engine_verdict = plan->engine_verdict;
	peer->keylog = plan->keylog;
	peer->ssl[0] = new_side(new_engine(plan, peer));
	peer->ssl[1] = new_side(new_controller(plan, peer));
	peer->dtls = is_dtls(plan->version);
	for (int dir = 0; dir < 2; dir++) {
		must(SSL_set_app_data(peer->ssl[dir], peer) == 1, "peer");
		peer->impatient[dir] = plan->impatient[dir];
		if (peer->dtls)
			use_dtls(peer->ssl[dir], plan->mtu);
	}
	if (plan->server_name != NULL)
		must(SSL_set_tlsext_host_name(peer->ssl[0], plan->server_name) == 1, "server name");
	SSL_set_connect_state(peer->ssl[0]);
	SSL_set_accept_state(peer->ssl[1]);
	return peer;
}

void tlspeer_free(struct tlspeer *peer)
{
	if (peer == NULL)
		return;
	SSL_free(peer->ssl[0]);
	SSL_free(peer->ssl[1]);
	free(peer);
}

void tlspeer_give(struct tlspeer *peer, int dir, struct span bytes)
{
	must(BIO_write(SSL_get_rbio(peer->ssl[dir]), bytes.p, (int)bytes.n) == (int)bytes.n, "memory BIO");
}

static void take(struct tlspeer *peer, int dir, struct bytes *out)
{
	uint8_t chunk[CHUNK];
	int n;
	while ((n = BIO_read(SSL_get_wbio(peer->ssl[dir]), chunk, sizeof chunk)) > 0)
		bytes_add(out, span_of(chunk, (size_t)n));
}

void tlspeer_step(struct tlspeer *peer, int dir, struct bytes *out)
{
	uint8_t chunk[CHUNK];
	/* A refusal is a scenario: what matters is the alert that it leaves behind. */
	while (SSL_read(peer->ssl[dir], chunk, sizeof chunk) > 0)
		continue;
	ERR_clear_error();
	take(peer, dir, out);
}

void tlspeer_write(struct tlspeer *peer, int dir, struct span message, struct bytes *out)
{
	must(SSL_write(peer->ssl[dir], message.p, (int)message.n) == (int)message.n, "write");
	take(peer, dir, out);
}

void tlspeer_notify(struct tlspeer *peer, int dir, struct bytes *out)
{
	must(SSL_shutdown(peer->ssl[dir]) >= 0, "shutdown");
	take(peer, dir, out);
}

bool tlspeer_ready(const struct tlspeer *peer)
{
	return SSL_is_init_finished(peer->ssl[0]) && SSL_is_init_finished(peer->ssl[1]);
}

bool tlspeer_checked(const struct tlspeer *peer)
{
	return peer->checked;
}

bool tlspeer_is_dtls(const struct tlspeer *peer)
{
	return peer->dtls;
}

bool tlspeer_splits(const struct tlspeer *peer)
{
	return SSL_version(peer->ssl[0]) == TLS1_VERSION;
}
