/* IANA's TLS registries as tables. Each function answers NULL for a value that is not registered. */
#ifndef DISSECT_TLS_NAMES_H
#define DISSECT_TLS_NAMES_H

#include "dissect/names.h"

/* "TLSv1.2"; also "SSLv2", "SSLv3" and the DTLS versions as on the wire (0xfeff, 0xfefd, 0xfefc). */
const char *tls_version_name(uint16_t version);

/* "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384". */
const char *tls_cipher_name(uint16_t cipher);

/* "certificate_unknown", of the TLS Alerts registry and its SSL 3.0 predecessors. */
const char *tls_alert_name(uint8_t description);

/* All rows of that table in order of their values, for whoever searches by name. */
struct tls_alert_names {
	const struct name *rows;
	const uint8_t *letters; /* of each row: underscores are not counted */
	size_t n;
};
struct tls_alert_names tls_alert_names(void);

/* "server_hello_done": the lower-case registry name. */
const char *tls_handshake_name(uint8_t type);

/* "x25519", "secp256r1". */
const char *tls_group_name(uint16_t group);

/* "ecdsa_secp256r1_sha256". */
const char *tls_signature_name(uint16_t algorithm);

/* "server_name", of the TLS ExtensionType Values registry. */
const char *tls_extension_name(uint16_t type);

/* "rsa_sign": TLS ClientCertificateType Identifiers. */
const char *tls_certificate_type_name(uint8_t type);

#endif
