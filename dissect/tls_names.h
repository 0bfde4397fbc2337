/* IANA's TLS registries as tables. Each function answers NULL for a value that is not registered. */
#ifndef DISSECT_TLS_NAMES_H
#define DISSECT_TLS_NAMES_H

#include "dissect/names.h"

/* "TLSv1.2"; also "SSLv2", "SSLv3" and the DTLS versions as on the wire (0xfeff, 0xfefd). */
const char *tls_version_name(uint16_t version);

/* "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384". */
const char *tls_cipher_name(uint16_t cipher);

/* "certificate_unknown", of the TLS Alerts registry and its SSL 3.0 predecessors. */
const char *tls_alert_name(uint8_t description);

/* The rows of that table in order of their values, NULL behind the last. */
const struct name *tls_alert_row(size_t i);
#define TLS_ALERT_UNDERSCORES 3 /* at most so many in a name */
#define TLS_ALERT_LETTERS     9 /* at least so many in a name */

/* "server_hello_done": the lower-case registry name. */
const char *tls_handshake_name(uint8_t type);

/* "x25519", "secp256r1". */
const char *tls_group_name(uint16_t group);

/* "ecdsa_secp256r1_sha256". */
const char *tls_signature_name(uint16_t algorithm);

#endif
