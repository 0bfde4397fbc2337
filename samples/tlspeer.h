/*
 * Two OpenSSL endpoints that talk through memory: the engine (client, dir 0) and the controller (server,
 * dir 1). Whoever carries the bytes between them decides what becomes of them on the wire.
 *
 * The controller's verify callback stands for the AuthList: it sees nothing but its orders. Keys and
 * randoms are OpenSSL's own and differ from run to run. An OpenSSL failure that no scenario asks for ends
 * the program.
 */
#ifndef SAMPLES_TLSPEER_H
#define SAMPLES_TLSPEER_H

#include "samples/bytes.h"

#include <openssl/ssl.h>

/* A certificate and its key; both NULL for a peer that has none. */
struct tlspeer_identity {
	EVP_PKEY *key;
	X509 *certificate;
};

/* Dates as OpenSSL takes them, "20200101000000Z". */
struct tlspeer_validity {
	const char *not_before, *not_after;
};

/*
 * RSA 2048, subject "C=US, O=Cisco Systems, CN=<name>", signed by `issuer`, or by itself when that is NULL.
 * With `ca` it may sign others.
 */
struct tlspeer_identity tlspeer_identity(const char *name, const struct tlspeer_identity *issuer, bool ca,
                                         struct tlspeer_validity validity);

/* The same with RSA 1024 and SHA-1, as engines made them long ago. */
struct tlspeer_identity tlspeer_weak_identity(const char *name, struct tlspeer_validity validity);

/* The same key under a certificate with other dates, self-signed. */
struct tlspeer_identity tlspeer_renewed(const struct tlspeer_identity *of, struct tlspeer_validity validity);

void tlspeer_identity_free(struct tlspeer_identity *identity);

/* How the two sides are set up. Everything is borrowed while the peers live. */
struct tlspeer_plan {
	int version;         /* TLS1_VERSION, DTLS1_VERSION and so on: the only one both sides speak, */
	int engine_version;  /* unless the engine has another one; 0: it has not */
	const char *engine_ciphers; /* other than `ciphers`; NULL: the same */
	int engine_verdict;  /* X509_V_OK, or the error that makes the engine refuse the controller */
	const char *ciphers; /* OpenSSL list for TLS 1.2 and below, NULL for its default */
	const struct tlspeer_identity *engine, *controller;
	const struct tlspeer_identity *ca; /* sent behind the controller's certificate */
	bool request;                      /* the controller asks for a certificate and insists on one */
	bool names_cas;                    /* ... of one of three CAs: that one, and two of the vendor */
	int verdict;                       /* X509_V_OK, or the error that makes the controller refuse it */
	bool ticket;                       /* the controller offers session tickets */
	size_t mtu;                        /* DTLS: bytes of a datagram, from which fragments follow */
	bool impatient[2];                 /* DTLS: that side says each flight of the handshake twice */
	const char *server_name;           /* that the engine asks for (RFC 6066 section 3), NULL: none */
	const char *protocols;             /* ALPN names as on the wire; the controller takes the first one. NULL: none */
	struct bytes *keylog;              /* gets the engine's key log lines, NULL when nobody wants them */
};

/*
 * An error that OpenSSL answers with certificate_unknown, as for an AuthList rejection: any that
 * ssl_x509err2alert does not list. X509_V_ERR_UNSPECIFIED gives internal_error.
 */
#define TLSPEER_REJECT X509_V_ERR_SUBTREE_MINMAX

struct tlspeer;

struct tlspeer *tlspeer_new(const struct tlspeer_plan *plan);
void tlspeer_free(struct tlspeer *peer); /* NULL is allowed */

/* Bytes from the other side reach `dir`. */
void tlspeer_give(struct tlspeer *peer, int dir, struct span bytes);

/* Lets `dir` work on what it got and appends to `out` what it wants to send. */
void tlspeer_step(struct tlspeer *peer, int dir, struct bytes *out);

/* Encrypts a message of `dir` as one record and appends that to `out`. */
void tlspeer_write(struct tlspeer *peer, int dir, struct span message, struct bytes *out);

/* Appends the close_notify alert of `dir` to `out`. */
void tlspeer_notify(struct tlspeer *peer, int dir, struct bytes *out);

bool tlspeer_ready(const struct tlspeer *peer);   /* both sides have completed the handshake */
bool tlspeer_checked(const struct tlspeer *peer); /* the controller has looked at the certificate */
/* The peers speak DTLS: what they say is records, which the caller puts in datagrams. */
bool tlspeer_is_dtls(const struct tlspeer *peer);

bool tlspeer_splits(const struct tlspeer *peer);  /* TLS 1.0: Java splits its writes, facts.md section 4 */

#endif
