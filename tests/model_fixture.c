/* Models built by hand; see model_fixture.h. Called by test_session.c and test_findings.c. */
#include "tests/model_fixture.h"

#include <stdlib.h>

static const struct addr engine_addr = {.version = 4, .bytes = {10, 1, 1, 5}};
static const struct addr controller_addr = {.version = 4, .bytes = {10, 1, 1, 9}};

static struct cert certificate(uint8_t last_mac)
{
	int64_t now = FIXTURE_START / NS_PER_S;
	struct cert cert = {.valid = true,
	                    .has_dates = true,
	                    .not_before = now - 1000,
	                    .not_after = now + 100 * 24 * 3600,
	                    .has_mac = true,
	                    .mac = {0x00, 0x50, 0x56, 0x9c, 0x34, last_mac}};
	memset(cert.hash[CERT_SPKI_SHA1], 1, 20);
	memset(cert.hash[CERT_SPKI_SHA256], 2, 32);
	cert.has_hash[CERT_SPKI_SHA1] = cert.has_hash[CERT_SPKI_SHA256] = true;
	return cert;
}

void fixture_new(struct fixture *fixture)
{
	*fixture = (struct fixture){.model = model_new(), .at = {.time = FIXTURE_START, .packet = 1}};
	fixture->certs[FIXTURE_ENGINE] = certificate(0x89);
	fixture->certs[FIXTURE_CONTROLLER] = certificate(0x01);
	struct session *session = model_add_session(fixture->model, &fixture->at);
	session->addr[FIXTURE_ENGINE] = engine_addr;
	session->addr[FIXTURE_CONTROLLER] = controller_addr;
	session->port[FIXTURE_ENGINE] = 40000;
	session->port[FIXTURE_CONTROLLER] = 16113;
	session->controller = FIXTURE_CONTROLLER;
	session->controller_known = true;
	session->certs = fixture->seen;
	fixture->session = session;
}

void fixture_free(struct fixture *fixture)
{
	if (fixture->session != NULL) {
		fixture->session->certs = NULL;
		fixture->session->n_certs = 0;
	}
	model_free(fixture->model);
}

void fixture_wait(struct fixture *fixture, int64_t ns)
{
	fixture->at.time += ns;
	fixture->model->capture.last = fixture->at.time;
}

struct origin fixture_packet(struct fixture *fixture, uint8_t dir, uint64_t bytes)
{
	struct session_tcp *tcp = &fixture->session->tcp;
	struct origin at = fixture->at;
	tcp->packets[dir]++;
	tcp->bytes[dir] += bytes;
	tcp->delivered[dir] += bytes;
	tcp->last[dir] = at;
	if (bytes > 0)
		origin_keep_first(&tcp->first_data[dir], &at);
	fixture->session->last = at;
	fixture->model->capture.packets++;
	fixture->at.packet++;
	fixture_wait(fixture, 1000 * NS_PER_US);
	fixture->model->capture.last = at.time;
	return at;
}

void fixture_syn(struct fixture *fixture)
{
	struct session_tcp *tcp = &fixture->session->tcp;
	struct origin at = fixture_packet(fixture, 0, 0);
	if (tcp->syns < LIMIT_SYNS)
		tcp->syn[tcp->syns] = at;
	tcp->syns++;
}

void fixture_connect(struct fixture *fixture)
{
	fixture_syn(fixture);
	fixture->session->tcp.syn_ack = fixture_packet(fixture, 1, 0);
	fixture->session->tcp.ack = fixture_packet(fixture, 0, 0);
}

static void hello(struct session_tls *tls, enum step_kind kind, uint8_t dir)
{
	if (kind == STEP_CLIENT_HELLO) {
		tls->has_client = tls->client_hello = true;
		tls->client_dir = dir;
	} else if (kind == STEP_SERVER_HELLO) {
		tls->server_hello = true;
		tls->version = tls->version != 0 ? tls->version : TLS_1_2;
		tls->cipher = tls->version == TLS_1_3 ? 0x1302 : 0xc030; /* the usual ones */
	} else if (kind == STEP_CHANGE_CIPHER_SPEC) {
		tls->protected_on[dir] = true;
	}
}

void fixture_step(struct fixture *fixture, enum step_kind kind, uint8_t dir)
{
	struct step step = {.at = fixture_packet(fixture, dir, 50), .kind = kind, .dir = dir};
	fixture->session->tls.seen = true;
	step.encrypted = fixture->session->tls.protected_on[dir];
	hello(&fixture->session->tls, kind, dir);
	model_add_step(fixture->model, fixture->session, &step);
}

void fixture_certificate(struct fixture *fixture, uint8_t dir, uint32_t certificates)
{
	struct session *session = fixture->session;
	fixture_step(fixture, STEP_CERTIFICATE, dir);
	struct step *step = &session->steps[session->n_steps - 1];
	step->certificates = certificates;
	if (certificates > 0)
		session->certs[session->n_certs++] =
		    (struct cert_seen){.dir = dir, .at = step->at, .cert = &fixture->certs[dir]};
}

void fixture_alert(struct fixture *fixture, uint8_t dir, uint8_t level, uint8_t code)
{
	struct session *session = fixture->session;
	struct alert_seen alert = {
	    .at = fixture_packet(fixture, dir, 7), .dir = dir, .level = level, .code = code};
	session->tls.seen = true;
	model_add_alert(fixture->model, session, &alert);
	if (level != TLS_ALERT_FATAL || session->closed.packet != 0)
		return;
	session->closed = alert.at;
	session->close = CLOSE_ALERT;
	session->closed_by = dir;
}

void fixture_data(struct fixture *fixture, uint8_t dir, uint16_t length)
{
	struct session_tls *tls = &fixture->session->tls;
	struct origin at = fixture_packet(fixture, dir, length + 5u);
	tls->seen = true;
	if (tls->protected_records[dir]++ == 0) {
		tls->first_protected[dir] = tls->first_closed[dir] = at;
		tls->first_protected_length[dir] = length;
	}
	if (tls->protected_records[dir ^ 1] > 0)
		tls->protected_after_reply[dir]++;
	tls->last_protected[dir] = at;
	tls->last_protected_length[dir] = length;
	const struct session_tcp *tcp = &fixture->session->tcp;
	tls->latest_protected = dir;
	tls->closed_before_last[dir] =
	    tcp->fin[dir ^ 1].packet != 0 || (tcp->rst.packet != 0 && tcp->rst_dir != dir);
}

void fixture_close(struct fixture *fixture, enum close_kind how, uint8_t dir)
{
	struct session *session = fixture->session;
	struct origin at = fixture_packet(fixture, dir, 0);
	if (how == CLOSE_FIN) {
		session->tcp.fin[dir] = at;
	} else {
		session->tcp.rst = at;
		session->tcp.rst_dir = dir;
	}
	if (session->closed.packet != 0)
		return;
	session->closed = at;
	session->close = how;
	session->closed_by = dir;
}

void fixture_gap(struct fixture *fixture, uint8_t dir, uint64_t bytes)
{
	struct session_tcp *tcp = &fixture->session->tcp;
	if (tcp->gaps[0] + tcp->gaps[1] == 0)
		tcp->first_gap = fixture->at;
	tcp->gaps[dir]++;
	tcp->lost_bytes[dir] += bytes;
}

void fixture_handshake(struct fixture *fixture, enum step_kind until, uint8_t dir)
{
	static const struct {
		enum step_kind kind;
		uint8_t dir;
	} messages[] = {
	    {STEP_CLIENT_HELLO, 0},
	    {STEP_SERVER_HELLO, 1},
	    {STEP_CERTIFICATE, 1},
	    {STEP_SERVER_KEY_EXCHANGE, 1},
	    {STEP_CERTIFICATE_REQUEST, 1},
	    {STEP_SERVER_HELLO_DONE, 1},
	    {STEP_CERTIFICATE, 0},
	    {STEP_CLIENT_KEY_EXCHANGE, 0},
	    {STEP_CERTIFICATE_VERIFY, 0},
	    {STEP_CHANGE_CIPHER_SPEC, 0},
	    {STEP_FINISHED, 0},
	    {STEP_CHANGE_CIPHER_SPEC, 1},
	    {STEP_FINISHED, 1},
	};
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		if (messages[i].kind == until && messages[i].dir == dir)
			return;
		if (messages[i].kind == STEP_CERTIFICATE)
			fixture_certificate(fixture, messages[i].dir, 1);
		else
			fixture_step(fixture, messages[i].kind, messages[i].dir);
	}
}

void fixture_healthy(struct fixture *fixture)
{
	fixture_connect(fixture);
	fixture_handshake(fixture, STEP_KINDS, 0);
	for (int i = 0; i < 4; i++) {
		fixture_data(fixture, FIXTURE_ENGINE, 40);
		fixture_data(fixture, FIXTURE_CONTROLLER, 42);
	}
}

void fixture_tls13(struct fixture *fixture)
{
	fixture_connect(fixture);
	fixture->session->tls.version = TLS_1_3;
	fixture_step(fixture, STEP_CLIENT_HELLO, FIXTURE_ENGINE);
	fixture_step(fixture, STEP_SERVER_HELLO, FIXTURE_CONTROLLER);
	fixture_step(fixture, STEP_ENCRYPTED_HANDSHAKE, FIXTURE_CONTROLLER);
	for (int i = 0; i < 5; i++)
		fixture_data(fixture, FIXTURE_CONTROLLER, 300);
	fixture_step(fixture, STEP_ENCRYPTED_HANDSHAKE, FIXTURE_ENGINE);
	for (int i = 0; i < 3; i++)
		fixture_data(fixture, FIXTURE_ENGINE, 300);
}

void fixture_tls13_opened(struct fixture *fixture)
{
	static const struct {
		enum step_kind kind;
		uint8_t dir;
	} messages[] = {
	    {STEP_CLIENT_HELLO, 0},
	    {STEP_SERVER_HELLO, 1},
	    {STEP_ENCRYPTED_EXTENSIONS, 1},
	    {STEP_CERTIFICATE_REQUEST, 1},
	    {STEP_CERTIFICATE, 1},
	    {STEP_CERTIFICATE_VERIFY, 1},
	    {STEP_FINISHED, 1},
	    {STEP_CERTIFICATE, 0},
	    {STEP_CERTIFICATE_VERIFY, 0},
	    {STEP_FINISHED, 0},
	};
	struct session_tls *tls = &fixture->session->tls;
	fixture_connect(fixture);
	tls->version = TLS_1_3;
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		if (messages[i].kind == STEP_CERTIFICATE)
			fixture_certificate(fixture, messages[i].dir, 1);
		else
			fixture_step(fixture, messages[i].kind, messages[i].dir);
	}
	for (uint8_t dir = 0; dir < 2; dir++) {
		tls->first_protected[dir] = tls->last_protected[dir] = fixture->session->last;
		tls->first_closed[dir] = fixture->session->last;
		tls->opened[dir] = tls->protected_records[dir] = 3;
	}
}

void fixture_list(struct fixture *fixture, const char *text)
{
	authlist_parse(&fixture->model->authlist, "list", span_of(text, strlen(text)));
}

int fixture_setup(void **state)
{
	struct fixture *fixture = malloc(sizeof *fixture);
	fixture_new(fixture);
	*state = fixture;
	return 0;
}

int fixture_teardown(void **state)
{
	fixture_free(*state);
	free(*state);
	return 0;
}
