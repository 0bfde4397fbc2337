/*
 * TLS records, handshake messages and alerts -> structs. RFC 2246, 4346, 5246, 8446.
 *
 * Pure: nothing is allocated, every span borrows from the message. A decoder answers false when the
 * message is not well formed to its last byte; what was read before that point is still filled in.
 */
#ifndef DISSECT_TLS_H
#define DISSECT_TLS_H

#include "dissect/rd.h"

/* Answer of a function that cuts one message from a stream. */
enum cut {
	CUT_OK,   /* the length is known */
	CUT_MORE, /* more bytes are needed to tell */
	CUT_BAD,  /* this is not such a message */
};

enum { /* content types, RFC 8446 appendix B.1 */
	TLS_CHANGE_CIPHER_SPEC = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION_DATA = 23,
	TLS_HEARTBEAT = 24,
};

enum { /* versions as on the wire */
	TLS_SSL2 = 0x0002,
	TLS_SSL3 = 0x0300,
	TLS_1_0 = 0x0301,
	TLS_1_1 = 0x0302,
	TLS_1_2 = 0x0303,
	TLS_1_3 = 0x0304,
	TLS_DTLS_1_3 = 0xfefc,
	TLS_DTLS_1_2 = 0xfefd,
	TLS_DTLS_1_0 = 0xfeff,
};

enum { /* handshake types, IANA "TLS HandshakeType" */
	TLS_HELLO_REQUEST = 0,
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2,
	TLS_HELLO_VERIFY_REQUEST = 3, /* of DTLS, RFC 6347 section 4.2.1 */
	TLS_NEW_SESSION_TICKET = 4,
	TLS_END_OF_EARLY_DATA = 5,
	TLS_ENCRYPTED_EXTENSIONS = 8,
	TLS_CERTIFICATE = 11,
	TLS_SERVER_KEY_EXCHANGE = 12,
	TLS_CERTIFICATE_REQUEST = 13,
	TLS_SERVER_HELLO_DONE = 14,
	TLS_CERTIFICATE_VERIFY = 15,
	TLS_CLIENT_KEY_EXCHANGE = 16,
	TLS_FINISHED = 20,
	TLS_CERTIFICATE_STATUS = 22,
	TLS_KEY_UPDATE = 24,
};

enum { TLS_ALERT_WARNING = 1, TLS_ALERT_FATAL = 2 };

enum { /* alert descriptions that the diagnosis speaks about, IANA "TLS Alerts" */
	TLS_CLOSE_NOTIFY = 0,
	TLS_UNEXPECTED_MESSAGE = 10,
	TLS_BAD_RECORD_MAC = 20,
	TLS_HANDSHAKE_FAILURE = 40,
	TLS_NO_CERTIFICATE = 41,
	TLS_BAD_CERTIFICATE = 42,
	TLS_UNSUPPORTED_CERTIFICATE = 43,
	TLS_CERTIFICATE_REVOKED = 44,
	TLS_CERTIFICATE_EXPIRED = 45,
	TLS_CERTIFICATE_UNKNOWN = 46,
	TLS_ILLEGAL_PARAMETER = 47,
	TLS_UNKNOWN_CA = 48,
	TLS_ACCESS_DENIED = 49,
	TLS_DECODE_ERROR = 50,
	TLS_DECRYPT_ERROR = 51,
	TLS_PROTOCOL_VERSION = 70,
	TLS_INSUFFICIENT_SECURITY = 71,
	TLS_INTERNAL_ERROR = 80,
	TLS_INAPPROPRIATE_FALLBACK = 86,
	TLS_USER_CANCELED = 90,
	TLS_CERTIFICATE_REQUIRED = 116,
};

#define TLS_RECORD_HEADER    5
#define TLS_HANDSHAKE_HEADER 4
#define TLS_RANDOM           32
#define TLS_SESSION_ID       32 /* at most */

struct tls_record {
	uint8_t type;
	uint16_t version;
	uint16_t length; /* of the body */
	bool numbered;   /* DTLS: the record says its number */
	uint64_t number; /* ... epoch and sequence number, else 0 */
};

struct tls_client_hello {
	uint16_t legacy_version;
	struct span random; /* TLS_RANDOM bytes */
	struct span session_id;
	struct span ciphers;      /* 2 bytes each */
	struct span compressions; /* 1 byte each */
	struct span extensions;   /* the whole list */
	struct span sni;          /* first host name; empty when absent */
	struct span alpn;         /* protocol name list: 1-byte length, name, ... */
	struct span groups;       /* supported_groups, 2 bytes each */
	struct span signature_algorithms; /* 2 bytes each */
	struct span supported_versions;   /* 2 bytes each; empty when absent */
	struct span ticket;       /* of a session to be resumed, RFC 5077; empty when none is offered */
	uint16_t max_version;     /* highest offered that is not GREASE (RFC 8701); 0: not known */
	bool extended_master_secret, encrypt_then_mac, session_ticket, psk, early_data;
};

struct tls_server_hello {
	uint16_t legacy_version;
	uint16_t version; /* the version chosen: supported_versions, else legacy_version; 0: not known */
	struct span random;
	struct span session_id;
	uint16_t cipher;
	uint8_t compression;
	struct span extensions;
	struct span alpn;         /* protocol name list: the one that is chosen, behind its 1-byte length */
	bool hello_retry_request; /* RFC 8446 section 4.1.3: the special random */
	bool extended_master_secret, encrypt_then_mac, session_ticket, psk;
};

struct tls_encrypted_extensions {
	struct span extensions; /* the whole list */
	struct span alpn;       /* as of a ServerHello */
};

struct tls_certificate_request {
	struct span types;                /* 1 byte each; empty in TLS 1.3 */
	struct span signature_algorithms; /* 2 bytes each; empty below TLS 1.2 */
	struct span authorities;          /* DER names, each behind a 2-byte length */
};

struct tls_alert {
	uint8_t level, description;
};

/*
 * A record header at the start of `bytes`. CUT_OK fills `out`. CUT_BAD when the type is none of 20-24,
 * the version is not 0x0300-0x0304, or the length exceeds RFC 5246's 2^14 + 2048.
 */
enum cut tls_record_head(struct span bytes, struct tls_record *out);

/* A handshake message header: type and body length (0 to 2^24-1). CUT_OK or CUT_MORE. */
enum cut tls_handshake_head(struct span bytes, uint8_t *type, uint32_t *length);

/*
 * Bodies of handshake messages, without their 4-byte header. tls_client_hello also fills max_version from
 * legacy_version when supported_versions is absent. In a hello that is cut or not well formed the absence
 * proves nothing: there max_version, and a server's version, stay 0 unless supported_versions was read. Of
 * an extension that stands twice the first counts. A certificate request has its TLS 1.2 shape also for
 * DTLS 1.2, and the shape of SSL 3.0 to TLS 1.1 for every other version.
 */
bool tls_client_hello(struct span body, struct tls_client_hello *out);
bool tls_server_hello(struct span body, struct tls_server_hello *out);
bool tls_encrypted_extensions(struct span body, struct tls_encrypted_extensions *out);
bool tls_certificate_request(struct span body, uint16_t version, struct tls_certificate_request *out);

/* The next type of a message's list of extensions, in their order; false at its end, or where it is not well formed. */
bool tls_next_extension(struct rd *extensions, uint16_t *type);

/*
 * Walks a certificate message: fills at most `max` DER spans, sets *n to the number of certificates that
 * the message holds (it may exceed max; 0 for an empty list, which is well formed). `version` tells the
 * TLS 1.3 shape (request context, extensions).
 */
bool tls_certificate(struct span body, uint16_t version, struct span *der, size_t max, size_t *n);

/* RFC 8701 section 2: a value that means nothing, 0x0a0a, 0x1a1a, ... 0xfafa. */
bool tls_is_grease(uint16_t value);

/* The signature scheme of a CertificateVerify of TLS 1.2 or 1.3: RFC 5246 section 7.4.8, RFC 8446 section 4.4.3. */
bool tls_certificate_verify(struct span body, uint16_t *scheme);

/*
 * The signature scheme of a TLS 1.2 ServerKeyExchange, `elliptic` (a named curve, RFC 8422 section 5.4) or not
 * (RFC 5246 section 7.4.3). Other key exchanges have another shape and are refused or not signed.
 */
bool tls_server_signature(struct span body, bool elliptic, uint16_t *scheme);

/* An unencrypted alert: exactly 2 bytes with level 1 or 2. */
bool tls_alert(struct span body, struct tls_alert *out);

/*
 * An SSLv2-compatible ClientHello (RFC 5246 appendix E.2) at the start of `bytes`: its total length, the
 * 2-byte record header counted, and the version it offers. CUT_OK fills both; they need 11 bytes.
 */
enum cut tls_ssl2_hello(struct span bytes, size_t *total, uint16_t *version);

#endif
