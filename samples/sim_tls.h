/*
 * One end of a TLS connection of a simulator, over memory: whoever owns the socket decides when its bytes
 * leave, so that a controller's verdict can come as late as a real one's.
 */
#ifndef SAMPLES_SIM_TLS_H
#define SAMPLES_SIM_TLS_H

#include "samples/sim_keys.h"
#include "samples/sim_list.h"

/* Everything is borrowed while the connections live. */
struct sim_tls_plan {
	bool controller;     /* the TLS server */
	int version;         /* TLS1_VERSION and so on, 0: whatever both have */
	const char *ciphers; /* OpenSSL's names, NULL for its default */
	const struct tlspeer_identity *identity;
	bool request;                /* controller: ask for a certificate and insist on one */
	const struct sim_list *list; /* controller: who is allowed, NULL: everybody */
	struct sim_keys *keys;       /* NULL: no key log */
};

/* What all connections of one side share. */
struct sim_tls;

/* NULL with a sentence when the ciphers or the version are not there. */
struct sim_tls *sim_tls_new(const struct sim_tls_plan *plan, struct err *err);
void sim_tls_free(struct sim_tls *tls); /* NULL is allowed */

enum sim_tls_state {
	SIM_TLS_SHAKES, /* hands */
	SIM_TLS_OPEN,
	SIM_TLS_ENDED,  /* by a close_notify of the other side */
	SIM_TLS_FAILED, /* sim_tls_why says how */
};

struct sim_tls_end;

struct sim_tls_end *sim_tls_end_new(const struct sim_tls *tls);
void sim_tls_end_free(struct sim_tls_end *end); /* NULL is allowed */

/*
 * Bytes of the other side -> plaintext, appended to `plain`, and what is to be sent, appended to `out`.
 * Called with no bytes it lets a client begin. `now` is the time for the key log.
 */
enum sim_tls_state sim_tls_step(struct sim_tls_end *end, struct span bytes, int64_t now, struct bytes *plain,
                                struct bytes *out);

/* Encrypts a message and appends it to `out`; an engine on TLS 1.0 writes 1 and n-1 bytes, facts.md
 * section 4. */
void sim_tls_write(struct sim_tls_end *end, struct span message, struct bytes *out);

void sim_tls_close(struct sim_tls_end *end, struct bytes *out); /* appends close_notify */

/* The controller has looked at the engine's certificate. */
bool sim_tls_judged(const struct sim_tls_end *end);

/* Its list does not hold it; an engine knows that by the alert. */
bool sim_tls_refused(const struct sim_tls_end *end);

/* "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384" */
void sim_tls_name(const struct sim_tls_end *end, char *text, size_t room);

/* "certificate unknown of the other side" or what else ended the connection. */
void sim_tls_why(const struct sim_tls_end *end, char *text, size_t room);

#endif
