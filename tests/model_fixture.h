/*
 * Models built by hand for the tests of what follows from a model: one session, event by event, each in a
 * packet of its own, 1 ms apart. Certificates are invented and belong to the fixture.
 */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H

#include "analyzer/model.h"

#define FIXTURE_ENGINE     0 /* the engine sends the SYN and the ClientHello */
#define FIXTURE_CONTROLLER 1
#define FIXTURE_START      (INT64_C(1450000000) * NS_PER_S) /* 2015-12-13 09:46:40 UTC */

/* The engine's key hashes and MAC, as an AuthList has them. */
#define FIXTURE_MAC    "0050569c3489"
#define FIXTURE_SHA1   "0101010101010101010101010101010101010101"
#define FIXTURE_SHA256 "0202020202020202020202020202020202020202020202020202020202020202"

struct fixture {
	struct model *model;
	struct session *session;
	struct origin at; /* of the next event */
	struct cert certs[2];
	struct cert_seen seen[2];
};

/* A session that sent nothing yet. Free with fixture_free. */
void fixture_new(struct fixture *fixture);
void fixture_free(struct fixture *fixture);

/* The same as set-up and tear-down of a test whose state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* The next packet, of a direction, with `bytes` of payload; returns its origin. */
struct origin fixture_packet(struct fixture *fixture, uint8_t dir, uint64_t bytes);

void fixture_wait(struct fixture *fixture, int64_t ns);

void fixture_syn(struct fixture *fixture);
void fixture_connect(struct fixture *fixture); /* SYN, SYN-ACK, ACK */
void fixture_step(struct fixture *fixture, enum step_kind kind, uint8_t dir);
void fixture_certificate(struct fixture *fixture, uint8_t dir, uint32_t certificates);
void fixture_alert(struct fixture *fixture, uint8_t dir, uint8_t level, uint8_t code);
void fixture_data(struct fixture *fixture, uint8_t dir, uint16_t length); /* an application record */
void fixture_close(struct fixture *fixture, enum close_kind how, uint8_t dir);
void fixture_gap(struct fixture *fixture, uint8_t dir, uint64_t bytes);

/* The usual messages of TLS 1.2 with both certificates, up to and without `until` of `dir`. */
void fixture_handshake(struct fixture *fixture, enum step_kind until, uint8_t dir);

/* Everything, and application data both ways. */
void fixture_healthy(struct fixture *fixture);

/* TLS 1.3: the hellos, the controller's encrypted flight, the engine's flight of three records. */
void fixture_tls13(struct fixture *fixture);

/* TLS 1.3 with keys: every message of both flights. */
void fixture_tls13_opened(struct fixture *fixture);

void fixture_list(struct fixture *fixture, const char *text);

#endif
