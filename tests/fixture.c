/* The models of the tests. Packet numbers and times rise together: packet n came at n milliseconds. */
#include "tests/fixture.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>
#include <string.h>

#define START (INT64_C(1800000000) * NS_PER_S) /* 2027-01-15 08:00:00 UTC */

enum { ENGINE = 0, CONTROLLER = 1 };

static const char engine_pem[] = "-----BEGIN CERTIFICATE-----\n"
                                 "MIIDUTCCAjmgAwIBAgIUAOBluTzzKvO+J5qoU/K2GsLSTAowDQYJKoZIhvcNAQEL\n"
                                 "BQAwODELMAkGA1UEBhMCVVMxDjAMBgNVBAoMBUNpc2NvMRkwFwYDVQQDDBBjbXgt\n"
                                 "MDA1MDU2OWMzNDg5MB4XDTI2MTEyMjE2NTEwN1oXDTQ2MDEyMTE2NTEwN1owODEL\n"
                                 "MAkGA1UEBhMCVVMxDjAMBgNVBAoMBUNpc2NvMRkwFwYDVQQDDBBjbXgtMDA1MDU2\n"
                                 "OWMzNDg5MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzNWel8IBYnAF\n"
                                 "4tVzIQx3TUl6Msn/qoYKncv0q1D7AgZEVSbymVRdf5ZMtaORMDrM91fihMPdHvAm\n"
                                 "3KQIUC2m3OP5sg0HMZUmr8O+tg0T4BPOjKhJe5FWm/3Yu/LW6PBv9LAB7lslMgu/\n"
                                 "gW73zm5lqWNlpfRyvzCIefN5fSOvmYZw5NsiJJ5MVnUA2XsAPrbBgEujF2/Ifgdi\n"
                                 "Hq08b1pjOBxTuutIweRw8f5tNRTp1T/BNBI62AyYE/dQXamRQAc9GbqBt9zQviHK\n"
                                 "q9rzJ98jItOmJFePpua2PPW275Esn71Mue+aHLszWmH7nMUdTXiHC/fS7TMLm1PP\n"
                                 "7290d8YJ/QIDAQABo1MwUTAdBgNVHQ4EFgQU+oEFypkUbAIvxT5yGctej1M3RYgw\n"
                                 "HwYDVR0jBBgwFoAU+oEFypkUbAIvxT5yGctej1M3RYgwDwYDVR0TAQH/BAUwAwEB\n"
                                 "/zANBgkqhkiG9w0BAQsFAAOCAQEAc3h1fXR6tmsivVNHncXvgvy1/IRh3iCzkLmR\n"
                                 "u9dyL9pzmgE43NghDURIC6+l6haIxPkWZr0i54W07wXc10mtkTWLFm2gPO87fQtT\n"
                                 "ftLGzeuuWOheSZpRnZDfWhsMK9OCd/4/wpXjnRYjyOv1z0dzbNSaQl7bZHaiZKLr\n"
                                 "GMumka1SJPrGLj6zwg2yGW8IGi+O/31yRUPteaMFuW0qpkVv3Nly4c+NgJIh3eDx\n"
                                 "pxEr+q5qNEqMbMnqRs2lZvTNR23dkdKUvb/U4KLsSQ/ta8Gi6mhzvU77M3JmwjGx\n"
                                 "x2jKjzO/Fqonh1CaPo2bkN9gvm7kEUY3jHqB28inHKl7STJ+sQ==\n"
                                 "-----END CERTIFICATE-----\n";

/* Its subject holds an escape sequence and a bidirectional override. */
static const char controller_pem[] = "-----BEGIN CERTIFICATE-----\n"
                                     "MIIBvzCCAWWgAwIBAgIUAimFu75KIFVNzq4Rt+7qnsOYpqEwCgYIKoZIzj0EAwIw\n"
                                     "NTEWMBQGA1UECgwNRXZpbCAbWzJK4oCueDEbMBkGA1UEAwwSQzk4MDAtMDBhYWJi\n"
                                     "Y2NkZDAxMB4XDTI2MTEyMjE2NTEwN1oXDTQ2MDEyMTE2NTEwN1owNTEWMBQGA1UE\n"
                                     "CgwNRXZpbCAbWzJK4oCueDEbMBkGA1UEAwwSQzk4MDAtMDBhYWJiY2NkZDAxMFkw\n"
                                     "EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFdUOSunmMYRMt3YYRVqH8dQzNDUEKgvT\n"
                                     "NWtL0bY2XphcvLhCop/nsAlpCLjRnnxBZwwmlYtqoXnMVWuGzdAjNKNTMFEwHQYD\n"
                                     "VR0OBBYEFN66r6tawnFrPJcVkEx1D4ewzMglMB8GA1UdIwQYMBaAFN66r6tawnFr\n"
                                     "PJcVkEx1D4ewzMglMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIg\n"
                                     "IdqKlieAebwQqgWR38wqLi7liYYyEEhtBKxmgAjeI7YCIQDilTIDN9rVDb+p69cP\n"
                                     "iJ01BvVyRqdn6uy45gVElqqNQA==\n"
                                     "-----END CERTIFICATE-----\n";

static struct origin at(uint64_t packet)
{
	return origin_of(START + (int64_t)packet * NS_PER_S / 1000, packet, 0);
}

static struct addr ip4(uint8_t last)
{
	return (struct addr){.version = 4, .bytes = {10, 0, 0, last}};
}

static struct session *add_session(struct model *model, uint64_t first, uint64_t last)
{
	struct origin opened = at(first);
	struct session *s = model_add_session(model, &opened);
	s->addr[ENGINE] = ip4(5);
	s->addr[CONTROLLER] = ip4(10);
	s->port[ENGINE] = 40112;
	s->port[CONTROLLER] = model->ports[0];
	s->controller = CONTROLLER;
	s->controller_known = true;
	s->opened = opened;
	s->last = at(last);
	return s;
}

static void add_tcp(struct session *s, uint64_t first, uint64_t last)
{
	s->tcp.syn[0] = at(first);
	s->tcp.syns = 1;
	s->tcp.syn_ack = at(first + 1);
	s->tcp.ack = at(first + 2);
	for (int dir = 0; dir < 2; dir++) {
		s->tcp.packets[dir] = 10;
		s->tcp.bytes[dir] = 1500;
		s->tcp.delivered[dir] = 1500;
		s->tcp.first_data[dir] = at(first + 3);
		s->tcp.last_data[dir] = at(last);
		s->tcp.last[dir] = at(last);
	}
}

static void add_step(struct model *model, struct session *s, uint64_t packet, enum step_kind kind,
                     uint8_t dir)
{
	struct step step = {.at = at(packet), .kind = kind, .dir = dir, .certificates = 1};
	step.encrypted = kind == STEP_FINISHED;
	model_add_step(model, s, &step);
}

struct taking {
	struct model *model;
	struct session *session;
	struct origin at;
	uint8_t dir;
};

static void take_cert(void *ctx, struct span der, uint32_t line)
{
	struct taking *t = ctx;
	(void)line;
	struct cert_seen seen = {.dir = t->dir, .at = t->at, .cert = certs_take(t->model->certs, der)};
	model_add_cert(t->model, t->session, &seen);
}

static void add_cert(struct model *model, struct session *s, uint64_t packet, uint8_t dir, const char *pem)
{
	struct taking t = {.model = model, .session = s, .at = at(packet), .dir = dir};
	certs_from_pem(span_of(pem, strlen(pem)), take_cert, &t);
}

static void add_hello(struct model *model, struct session *s, uint64_t packet)
{
	s->tls.seen = true;
	s->tls.has_client = true;
	s->tls.client_dir = ENGINE;
	s->tls.client_hello = true;
	s->tls.server_hello = true;
	s->tls.offered_version = TLS_1_2;
	s->tls.version = TLS_1_2;
	s->tls.cipher = 0x002f;
	s->tls.records[0] = 6;
	s->tls.records[1] = 5;
	add_step(model, s, packet, STEP_CLIENT_HELLO, ENGINE);
	add_step(model, s, packet + 1, STEP_SERVER_HELLO, CONTROLLER);
	add_step(model, s, packet + 1, STEP_CERTIFICATE, CONTROLLER);
	add_step(model, s, packet + 1, STEP_CERTIFICATE_REQUEST, CONTROLLER);
	add_step(model, s, packet + 1, STEP_SERVER_HELLO_DONE, CONTROLLER);
	add_step(model, s, packet + 2, STEP_CERTIFICATE, ENGINE);
	add_step(model, s, packet + 2, STEP_CLIENT_KEY_EXCHANGE, ENGINE);
	add_step(model, s, packet + 2, STEP_CERTIFICATE_VERIFY, ENGINE);
	add_step(model, s, packet + 2, STEP_CHANGE_CIPHER_SPEC, ENGINE);
	add_step(model, s, packet + 2, STEP_FINISHED, ENGINE);
	s->tls.protected_on[ENGINE] = true;
}

static void add_rejected(struct model *model)
{
	struct session *s = add_session(model, 1, 9);
	struct alert_seen alert = {
	    .at = at(7), .dir = CONTROLLER, .level = TLS_ALERT_FATAL, .code = TLS_CERTIFICATE_UNKNOWN};
	struct icmp_seen icmp = {.at = at(8), .from = ip4(1), .version = 4, .type = 3, .code = 13};
	add_tcp(s, 1, 9);
	add_hello(model, s, 4);
	s->steps[2].damaged = true;
	add_cert(model, s, 5, CONTROLLER, controller_pem);
	add_cert(model, s, 6, ENGINE, engine_pem);
	model_add_alert(model, s, &alert);
	model_add_icmp(s, &icmp);
	s->encaps = 1u << ENCAP_VLAN | 1u << ENCAP_GRE;
	s->tcp.gaps[CONTROLLER] = 1;
	s->tcp.lost_bytes[CONTROLLER] = 120;
	s->tcp.first_gap = at(5);
	s->tcp.duplicates = 2;
	s->tcp.retransmissions[0] = 1;
	s->tcp.rst = at(9);
	s->tcp.rst_dir = CONTROLLER;
	s->closed = at(7);
	s->close = CLOSE_ALERT;
	s->closed_by = CONTROLLER;
}

static void add_active(struct model *model)
{
	struct session *s = add_session(model, 20, 40);
	for (int dir = 0; dir < 2; dir++)
		s->addr[dir] =
		    (struct addr){.version = 6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = (uint8_t)(dir + 1)}};
	add_tcp(s, 20, 40);
	add_hello(model, s, 23);
	add_cert(model, s, 24, CONTROLLER, controller_pem);
	add_cert(model, s, 25, ENGINE, engine_pem);
	add_step(model, s, 26, STEP_CHANGE_CIPHER_SPEC, CONTROLLER);
	add_step(model, s, 26, STEP_FINISHED, CONTROLLER);
	for (int dir = 0; dir < 2; dir++) {
		s->tls.protected_on[dir] = true;
		s->tls.protected_records[dir] = 21;
		s->tls.protected_after_reply[dir] = 20;
		s->tls.first_protected[dir] = s->tls.first_closed[dir] = at(28 + (uint64_t)dir);
		s->tls.last_protected[dir] = at(39 + (uint64_t)dir);
	}
}

static void set_capture(struct model *model, uint64_t packets)
{
	struct capture *capture = &model->capture;
	capture->packets = packets;
	capture->nmsp_packets = packets;
	capture->bytes = packets * 100;
	capture->first = at(1).time;
	capture->last = at(packets).time;
}

static struct capture_input *add_input(struct model *model, const char *name, uint64_t packets)
{
	uint32_t index = model_add_input(model, name);
	struct capture_input *input = &model->capture.inputs[index];
	input->kind = xstrdup("pcapng");
	input->packets = packets;
	input->bytes = packets * 100;
	input->first = 1 + (index > 0 ? model->capture.inputs[index - 1].packets : 0);
	return input;
}

struct model *fixture_empty(void)
{
	struct model *model = model_new();
	uint32_t input = model_add_input(model, "nothing.pcap");
	model->capture.inputs[input].kind = xstrdup("-");
	model->capture.inputs[input].error = xstrdup("nothing.pcap holds 0 bytes");
	return model;
}

struct model *fixture_bare(void)
{
	struct model *model = model_new();
	add_input(model, "bare.pcap", 1);
	set_capture(model, 1);
	struct session *s = add_session(model, 1, 1);
	s->midstream = true;
	s->controller_known = false;
	s->tcp.packets[0] = 1;
	s->tcp.last[0] = at(1);
	return model;
}

struct model *fixture_rich(void)
{
	static const char list[] =
	    "# a comment\n"
	    "00:50:56:9c:34:89 6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177\n"
	    "6ab919e20afc103d025aaf210c2a9dda151af9403ef52e80a35ae1ecb6d3c177\n";
	struct model *model = model_new();
	add_input(model, FIXTURE_HOSTILE, 15)->dropped = 3;
	add_input(model, "second.pcapng", 25)->error = xstrdup("the file ends in the middle of a packet");
	authlist_parse(&model->authlist, "lab \x1b[31m.list", span_of(list, sizeof list - 1));
	set_capture(model, 40);
	model->capture.encaps = 1u << ENCAP_VLAN | 1u << ENCAP_GRE;
	model->capture.gaps = 1;
	model->capture.duplicates = 2;
	add_rejected(model);
	add_active(model);
	return model;
}

struct model *fixture_many(uint32_t n)
{
	struct model *model = model_new();
	add_input(model, "many.pcap", n);
	set_capture(model, n);
	for (uint32_t i = 0; i < n; i++) {
		struct session *s = add_session(model, i + 1, i + 1);
		s->tcp.syn[0] = at(i + 1);
		s->tcp.syns = 1;
		s->tcp.packets[0] = 1;
		s->tcp.last[0] = at(i + 1);
		if (i > 0)
			continue;
		s->tcp.packets[1] = 1;
		s->tcp.rst = at(i + 1);
		s->tcp.rst_dir = CONTROLLER;
		s->tcp.last[1] = at(i + 1);
		s->close = CLOSE_RST;
		s->closed = at(i + 1);
		s->closed_by = CONTROLLER;
	}
	return model;
}
