/*
 * What a hello, the EncryptedExtensions or a certificate request say beyond what the analysis itself needs:
 * kept for people, as the lists that stand in the message, each cut at its cap in limits.h.
 *
 * Made by tls_handshake, owned by the session (struct session_tls), read by who shows it.
 */
#ifndef ANALYZER_TLS_TOLD_H
#define ANALYZER_TLS_TOLD_H

#include "dissect/tls.h"

enum tls_told_message {
	TOLD_CLIENT_HELLO,
	TOLD_SERVER_HELLO,
	TOLD_ENCRYPTED_EXTENSIONS,
	TOLD_CERTIFICATE_REQUEST,
	TOLD_MESSAGES
};

enum tls_told_list {
	TOLD_EXTENSIONS, /* their types, 2 bytes each, and so are the next three */
	TOLD_VERSIONS,
	TOLD_GROUPS,
	TOLD_SIGNATURES,
	TOLD_TYPES,       /* of certificates, 1 byte each */
	TOLD_SERVER_NAME, /* one, of any bytes */
	TOLD_ALPN,        /* names behind a 1-byte length */
	TOLD_AUTHORITIES, /* DER names behind a 2-byte length */
	TOLD_LISTS
};

enum tls_told_flag {
	TOLD_SESSION_ID = 1 << 0, /* a ClientHello has one; of a server this says nothing */
	TOLD_TICKET = 1 << 1,     /* a ClientHello holds one; a ServerHello will send one */
	TOLD_PSK = 1 << 2,
	TOLD_EARLY_DATA = 1 << 3,
	TOLD_EXTENDED_MASTER_SECRET = 1 << 4,
	TOLD_ENCRYPT_THEN_MAC = 1 << 5,
};

struct tls_told {
	uint16_t kept[TOLD_LISTS];  /* bytes */
	uint32_t items[TOLD_LISTS]; /* all that the message holds, without GREASE (RFC 8701) */
	unsigned flags;             /* enum tls_told_flag */
	uint8_t bytes[];            /* of the lists, one behind the other */
};

/* Free each with free. */
struct tls_told *tls_told_client(const struct tls_client_hello *hello);
struct tls_told *tls_told_server(const struct tls_server_hello *hello);
struct tls_told *tls_told_encrypted(const struct tls_encrypted_extensions *extensions);
struct tls_told *tls_told_request(const struct tls_certificate_request *request);

/* What is kept of the list, borrowed; empty for NULL. */
struct span tls_told_list(const struct tls_told *told, enum tls_told_list list);

/* Item i of what is kept, without its length; of a list of numbers their bytes. Empty behind the last one. */
struct span tls_told_item(const struct tls_told *told, enum tls_told_list list, size_t i);

/* How many items are kept. */
size_t tls_told_n(const struct tls_told *told, enum tls_told_list list);

#endif
