/*
 * The rule about weak TLS: what a session was agreed on or showed that is no longer taken for secure, each
 * with the setting that cures it. Called through the table in findings.c. A session works all the same: a
 * warning.
 */
#include "analyzer/findings/rule.h"

#include "dissect/tls_names.h"

#include <inttypes.h>
#include <stdio.h>

#define RSA_BITS_MIN 2048
#define WEAK_LIST    200

/* Parts of IANA cipher names. Static RSA: whoever gets the controller's key reads every session of the past.
 */
static const struct {
	const char *part, *what;
	bool at_start;
} weak_ciphers[] = {
    {"_RC4_", "the RC4 cipher", false},
    {"_3DES_", "the 3DES cipher", false},
    {"_DES_", "the DES cipher", false},
    {"_DES40_", "an export cipher", false},
    {"_NULL", "no encryption at all", false},
    {"_anon_", "nobody authenticated", false},
    {"TLS_RSA_", "static RSA key exchange", true},
};

static bool weak_cipher(const struct session_tls *tls, char list[WEAK_LIST])
{
	const char *name = tls->server_hello ? tls_cipher_name(tls->cipher) : NULL;
	bool weak = false;
	for (size_t row = 0; name != NULL && row < RULE_COUNT(weak_ciphers); row++) {
		const char *found = strstr(name, weak_ciphers[row].part);
		if (found == NULL || (weak_ciphers[row].at_start && found != name))
			continue;
		rule_list(list, WEAK_LIST, ", ", weak_ciphers[row].what);
		weak = true;
	}
	return weak;
}

/* IANA "TLS SignatureScheme": the first byte of the TLS 1.2 values is the hash, MD5 or SHA-1. */
static bool weak_signature(uint16_t scheme)
{
	enum { MD5 = 1, SHA1 = 2 };
	return scheme >> 8 == MD5 || scheme >> 8 == SHA1;
}

static bool weak_certificate(const struct cert *cert)
{
	return cert != NULL && cert->valid &&
	       ((strncmp(cert->key, "RSA", 3) == 0 && cert->key_bits < RSA_BITS_MIN) ||
	        strncmp(cert->signature, "sha1", 4) == 0 || strncmp(cert->signature, "md5", 3) == 0 ||
	        strstr(cert->signature, "-SHA1") != NULL);
}

static void tell_certificate(const struct session *session, uint8_t dir, char list[WEAK_LIST],
                             struct finding *finding)
{
	const struct cert *cert = session_cert(session, dir);
	char text[RULE_TEXT * 3];
	if (!weak_certificate(cert))
		return;
	snprintf(text, sizeof text, "the %s's certificate (%s, %.40s)", rule_side(session, dir), cert->key,
	         cert->signature);
	rule_list(list, WEAK_LIST, ", ", text);
	rule_advice(finding, "give the %s a certificate of RSA %d or more with SHA-256%s",
	            rule_side(session, dir), RSA_BITS_MIN,
	            dir == session->controller ? "" : "; a new engine key needs a new AuthList entry");
	for (uint32_t i = 0; i < session->n_certs; i++) {
		if (session->certs[i].cert == cert)
			rule_evidence(finding, &session->certs[i].at);
	}
}

static void tell_signatures(const struct session *session, char list[WEAK_LIST], struct finding *finding)
{
	for (uint8_t dir = 0; dir < 2; dir++) {
		const char *name = tls_signature_name(session->tls.signature[dir]);
		char text[RULE_TEXT * 2];
		if (!weak_signature(session->tls.signature[dir]))
			continue;
		snprintf(text, sizeof text, "the signature of the %s (%s)", rule_side(session, dir),
		         name != NULL ? name : "MD5 or SHA-1");
		rule_list(list, WEAK_LIST, ", ", text);
		rule_advice(finding, "update the %s: it signs its handshake with SHA-1 or MD5",
		            rule_side(session, dir));
	}
}

/* What is weak, with its cure in the finding; an empty list when nothing is. */
static void judge(const struct session *session, char list[WEAK_LIST], struct finding *finding)
{
	const struct session_tls *tls = &session->tls;
	list[0] = '\0';
	if (tls->server_hello && tls->version != 0 && tls->version < TLS_1_2) {
		const char *version = session_version_name(tls, tls->version);
		rule_list(list, WEAK_LIST, ", ", version != NULL ? version : "an old TLS version");
		rule_advice(finding,
		            "update the side that has no %s 1.2: the one that chose or offered %s at most",
		            tls->datagram ? "DTLS" : "TLS", version != NULL ? version : "less");
	}
	if (weak_cipher(tls, list))
		rule_command(finding,
		             "controller (IOS-XE, for new connections; the engine must have such suites)",
		             "configure terminal; nmsp strong-cipher");
	tell_signatures(session, list, finding);
	tell_certificate(session, session_engine(session), list, finding);
	tell_certificate(session, session->controller, list, finding);
}

void weak_tls(const struct subject *subject, const struct rule *rule, struct findings *out)
{
	const struct session *session = subject->session;
	if (!session->tls.server_hello && session->n_certs == 0)
		return;
	const char *cipher = tls_cipher_name(session->tls.cipher);
	struct finding weak = {.id = rule->id, .severity = rule->severity};
	char list[WEAK_LIST];
	judge(session, list, &weak);
	if (list[0] == '\0')
		return;
	struct finding *finding = rule_finding(rule, out);
	*finding = weak;
	rule_summary(finding, "Weak TLS: %s.", list);
	if (cipher != NULL && session->tls.server_hello)
		rule_cause(finding, "The chosen suite is %s.", cipher);
	rule_cause(finding,
	           "It works as long as both sides allow it: newer releases refuse it, and whoever records "
	           "such sessions may read or forge them one day.");
	const struct step *hello = session_step(session, STEP_SERVER_HELLO, session_tls_client(session) ^ 1);
	if (hello != NULL)
		rule_evidence(finding, &hello->at);
}
