/*
 * The tables of what the hellos offer and choose, and of the certificate request. Called through ui/view.h.
 * Lists are those that are kept (analyzer/tls_told.h); CA names become text when they are shown.
 */
#include "ui/view.h"

#include "analyzer/cert_name.h"
#include "dissect/tls_names.h"

#include <stdio.h>

static const struct session_tls *tls(const struct row *row)
{
	return &row->session->session->tls;
}

static const struct tls_told *told(const struct row *row, enum tls_told_message message)
{
	return tls(row)->told[message];
}

static struct value named(const char *name, uint16_t code)
{
	return name != NULL ? view_text(name) : (struct value){.kind = VALUE_CODE, .code = code};
}

/* ---- lists ---- */

static struct span item(const struct row *row, enum tls_told_message message, enum tls_told_list list)
{
	return tls_told_item(told(row, message), list, row->index);
}

static uint16_t number(const struct row *row, enum tls_told_message message, enum tls_told_list list)
{
	struct rd r = rd_of(item(row, message, list));
	return (uint16_t)rd_big(&r, rd_left(&r));
}

static struct value text(struct span bytes)
{
	return bytes.n == 0 ? view_null() : (struct value){.kind = VALUE_STRING, .bytes = bytes};
}

static size_t offered_extensions(const struct row *parent)
{
	return tls_told_n(told(parent, TOLD_CLIENT_HELLO), TOLD_EXTENSIONS);
}

static struct value offered_extension(const struct row *row)
{
	uint16_t type = number(row, TOLD_CLIENT_HELLO, TOLD_EXTENSIONS);
	return named(tls_extension_name(type), type);
}

static size_t offered_versions(const struct row *parent)
{
	return tls_told_n(told(parent, TOLD_CLIENT_HELLO), TOLD_VERSIONS);
}

static struct value offered_version(const struct row *row)
{
	uint16_t version = number(row, TOLD_CLIENT_HELLO, TOLD_VERSIONS);
	return named(session_version_name(tls(row), version), version);
}

static size_t offered_ciphers(const struct row *parent)
{
	uint32_t n = tls(parent)->n_offered;
	return n < LIMIT_OFFERED ? n : LIMIT_OFFERED;
}

static struct value offered_cipher(const struct row *row)
{
	uint16_t cipher = tls(row)->offered[row->index];
	return named(tls_cipher_name(cipher), cipher);
}

static size_t offered_groups(const struct row *parent)
{
	return tls_told_n(told(parent, TOLD_CLIENT_HELLO), TOLD_GROUPS);
}

static struct value offered_group(const struct row *row)
{
	uint16_t group = number(row, TOLD_CLIENT_HELLO, TOLD_GROUPS);
	return named(tls_group_name(group), group);
}

static size_t offered_signatures(const struct row *parent)
{
	return tls_told_n(told(parent, TOLD_CLIENT_HELLO), TOLD_SIGNATURES);
}

static struct value offered_signature(const struct row *row)
{
	uint16_t scheme = number(row, TOLD_CLIENT_HELLO, TOLD_SIGNATURES);
	return named(tls_signature_name(scheme), scheme);
}

static size_t offered_protocols(const struct row *parent)
{
	return tls_told_n(told(parent, TOLD_CLIENT_HELLO), TOLD_ALPN);
}

static struct value offered_protocol(const struct row *row)
{
	return text(item(row, TOLD_CLIENT_HELLO, TOLD_ALPN));
}

/* Of TLS 1.3 those in the EncryptedExtensions come behind those of the ServerHello. */
static size_t chosen_extensions(const struct row *parent)
{
	return tls_told_n(told(parent, TOLD_SERVER_HELLO), TOLD_EXTENSIONS) +
	       tls_told_n(told(parent, TOLD_ENCRYPTED_EXTENSIONS), TOLD_EXTENSIONS);
}

static struct value chosen_extension(const struct row *row)
{
	struct row at = *row;
	size_t first = tls_told_n(told(row, TOLD_SERVER_HELLO), TOLD_EXTENSIONS);
	bool behind = row->index >= first;
	at.index -= behind ? first : 0;
	uint16_t type = number(&at, behind ? TOLD_ENCRYPTED_EXTENSIONS : TOLD_SERVER_HELLO, TOLD_EXTENSIONS);
	return named(tls_extension_name(type), type);
}

static size_t request_types(const struct row *parent)
{
	return tls_told_n(told(parent, TOLD_CERTIFICATE_REQUEST), TOLD_TYPES);
}

static struct value request_type(const struct row *row)
{
	uint16_t type = number(row, TOLD_CERTIFICATE_REQUEST, TOLD_TYPES);
	return named(tls_certificate_type_name((uint8_t)type), type);
}

static size_t request_signatures(const struct row *parent)
{
	return tls_told_n(told(parent, TOLD_CERTIFICATE_REQUEST), TOLD_SIGNATURES);
}

static struct value request_signature(const struct row *row)
{
	uint16_t scheme = number(row, TOLD_CERTIFICATE_REQUEST, TOLD_SIGNATURES);
	return named(tls_signature_name(scheme), scheme);
}

static size_t authorities_count(const struct row *parent)
{
	return tls_told_n(told(parent, TOLD_CERTIFICATE_REQUEST), TOLD_AUTHORITIES);
}

/* A name without parts, or bytes that are no name, as RFC 2253 writes what has no text of its own: #3000. */
static struct value authority(const struct row *row)
{
	struct span der = item(row, TOLD_CERTIFICATE_REQUEST, TOLD_AUTHORITIES);
	char *name = row->view->scratch;
	size_t room = sizeof row->view->scratch;
	if (cert_name(der, name, room) && name[0] != '\0')
		return view_text(name);
	size_t n = (size_t)snprintf(name, room, "#");
	struct rd r = rd_of(der);
	while (rd_more(&r) && n + 2 < room)
		n += (size_t)snprintf(&name[n], room - n, "%02x", (unsigned)rd_u8(&r));
	return view_text(name);
}

#define STRINGS(name, get_one, get_count)                                                                    \
	static const struct column name##_columns[] = {{.get = get_one}};                                    \
	static const struct table name = {TABLE_OF(name##_columns), .count = get_count}

STRINGS(extensions, offered_extension, offered_extensions);
STRINGS(versions, offered_version, offered_versions);
STRINGS(ciphers, offered_cipher, offered_ciphers);
STRINGS(groups, offered_group, offered_groups);
STRINGS(signatures, offered_signature, offered_signatures);
STRINGS(protocols, offered_protocol, offered_protocols);
STRINGS(extensions_chosen, chosen_extension, chosen_extensions);
STRINGS(types, request_type, request_types);
STRINGS(signatures_wanted, request_signature, request_signatures);

static const struct column authority_columns[] = {{.get = authority}};
const struct table view_authorities = {TABLE_OF(authority_columns), .count = authorities_count};

/* ---- offered ---- */

static struct value highest(const struct row *row)
{
	uint16_t version = tls(row)->offered_version;
	return version == 0 ? view_null() : named(session_version_name(tls(row), version), version);
}

static struct value ciphers_total(const struct row *row)
{
	return view_count(tls(row)->n_offered);
}

static struct value server_name(const struct row *row)
{
	return text(tls_told_list(told(row, TOLD_CLIENT_HELLO), TOLD_SERVER_NAME));
}

static struct value has(const struct row *row, enum tls_told_message message, enum tls_told_flag flag)
{
	const struct tls_told *of = told(row, message);
	return view_bool(of != NULL && (of->flags & flag) != 0);
}

static struct value offers_id(const struct row *row)
{
	return has(row, TOLD_CLIENT_HELLO, TOLD_SESSION_ID);
}

static struct value offers_ticket(const struct row *row)
{
	return has(row, TOLD_CLIENT_HELLO, TOLD_TICKET);
}

static struct value offers_psk(const struct row *row)
{
	return has(row, TOLD_CLIENT_HELLO, TOLD_PSK);
}

static struct value offers_early_data(const struct row *row)
{
	return has(row, TOLD_CLIENT_HELLO, TOLD_EARLY_DATA);
}

static struct value offers_ems(const struct row *row)
{
	return has(row, TOLD_CLIENT_HELLO, TOLD_EXTENDED_MASTER_SECRET);
}

static struct value offers_etm(const struct row *row)
{
	return has(row, TOLD_CLIENT_HELLO, TOLD_ENCRYPT_THEN_MAC);
}

/* For people: what of an older session the hello brings along. The id of TLS 1.3 is none (RFC 8446
 * section 4.1.2). */
static struct value offers_resumption(const struct row *row)
{
	const struct tls_told *of = told(row, TOLD_CLIENT_HELLO);
	if (of == NULL)
		return view_null();
	bool id = (of->flags & TOLD_SESSION_ID) != 0 && tls(row)->offered_version != TLS_1_3;
	if ((of->flags & TOLD_PSK) != 0)
		return view_text("a pre-shared key of an older session");
	if ((of->flags & TOLD_TICKET) != 0)
		return view_text("a ticket of an older session");
	return id ? view_text("the id of an older session") : view_null();
}

static const struct column offered_columns[] = {
    {.key = "version", .label = "Highest version", .get = highest},
    {.key = "versions", .label = "Versions", .shape = COLUMN_STRINGS, .table = &versions},
    {.key = "ciphers", .shape = COLUMN_STRINGS, .table = &ciphers},
    {.key = "ciphers_total", .get = ciphers_total},
    {.key = "server_name", .label = "Server name", .get = server_name},
    {.key = "alpn", .label = "Protocols (ALPN)", .shape = COLUMN_STRINGS, .table = &protocols},
    {.key = "extensions", .label = "Extensions", .shape = COLUMN_STRINGS, .table = &extensions},
    {.key = "groups", .label = "Groups", .shape = COLUMN_STRINGS, .table = &groups},
    {.key = "signature_algorithms", .label = "Signatures", .shape = COLUMN_STRINGS, .table = &signatures},
    {.label = "To resume", .get = offers_resumption},
    {.key = "session_id", .get = offers_id},
    {.key = "session_ticket", .get = offers_ticket},
    {.key = "psk", .get = offers_psk},
    {.key = "early_data", .get = offers_early_data},
    {.key = "extended_master_secret", .get = offers_ems},
    {.key = "encrypt_then_mac", .get = offers_etm},
};

const struct table view_offered = {TABLE_OF(offered_columns)};

/* ---- chosen ---- */

static struct value chosen_protocol(const struct row *row)
{
	struct span in_hello = tls_told_item(told(row, TOLD_SERVER_HELLO), TOLD_ALPN, 0);
	struct span encrypted = tls_told_item(told(row, TOLD_ENCRYPTED_EXTENSIONS), TOLD_ALPN, 0);
	return text(in_hello.n > 0 ? in_hello : encrypted);
}

static struct value takes_id(const struct row *row)
{
	return view_bool(tls(row)->same_session_id);
}

static struct value gives_ticket(const struct row *row)
{
	return has(row, TOLD_SERVER_HELLO, TOLD_TICKET);
}

static struct value takes_psk(const struct row *row)
{
	return view_bool(tls(row)->psk_chosen);
}

static struct value takes_ems(const struct row *row)
{
	return has(row, TOLD_SERVER_HELLO, TOLD_EXTENDED_MASTER_SECRET);
}

static struct value takes_etm(const struct row *row)
{
	return view_bool(tls(row)->encrypt_then_mac);
}

static struct value compression(const struct row *row)
{
	return view_bool(tls(row)->compression != 0);
}

static const struct column chosen_columns[] = {
    {.key = "alpn", .label = "Protocol (ALPN)", .get = chosen_protocol},
    {.key = "extensions", .label = "Extensions", .shape = COLUMN_STRINGS, .table = &extensions_chosen},
    {.key = "session_id", .get = takes_id},
    {.key = "session_ticket", .get = gives_ticket},
    {.key = "psk", .get = takes_psk},
    {.key = "extended_master_secret", .get = takes_ems},
    {.key = "encrypt_then_mac", .get = takes_etm},
    {.key = "compression", .get = compression},
};

const struct table view_chosen = {TABLE_OF(chosen_columns)};

/* ---- the certificate request ---- */

static struct value authorities_total(const struct row *row)
{
	const struct tls_told *of = told(row, TOLD_CERTIFICATE_REQUEST);
	return of == NULL ? view_null() : view_count(of->items[TOLD_AUTHORITIES]);
}

static const struct column request_columns[] = {
    {.key = "types", .label = "Certificate types", .shape = COLUMN_STRINGS, .table = &types},
    {.key = "signature_algorithms",
     .label = "Signatures",
     .shape = COLUMN_STRINGS,
     .table = &signatures_wanted},
    {.key = "authorities", .shape = COLUMN_STRINGS, .table = &view_authorities},
    {.key = "authorities_total", .get = authorities_total},
};

const struct table view_request = {TABLE_OF(request_columns)};
