/* Lists of hellos and requests, packed one behind the other; see tls_told.h. */
#include "analyzer/tls_told.h"

#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <string.h>

/* How the items of each list stand in it, and how many bytes are kept. */
static const struct {
	uint8_t size;  /* bytes of an item; 0: the list is one item */
	uint8_t width; /* bytes of the length in front of each item, else 0 */
	uint16_t most;
} lists[TOLD_LISTS] = {
    [TOLD_EXTENSIONS] = {2, 0, 2 * LIMIT_TOLD}, [TOLD_VERSIONS] = {2, 0, 2 * LIMIT_TOLD},
    [TOLD_GROUPS] = {2, 0, 2 * LIMIT_TOLD},     [TOLD_SIGNATURES] = {2, 0, 2 * LIMIT_TOLD},
    [TOLD_TYPES] = {1, 0, LIMIT_TOLD},          [TOLD_SERVER_NAME] = {0, 0, LIMIT_TOLD_NAME},
    [TOLD_ALPN] = {0, 1, LIMIT_TOLD_NAME},      [TOLD_AUTHORITIES] = {0, 2, LIMIT_TOLD_NAMES},
};

#define ROOM (9 * LIMIT_TOLD + 2 * LIMIT_TOLD_NAME + LIMIT_TOLD_NAMES)

/* A message as it is read; then it is copied into a block of its size. */
struct told {
	uint16_t kept[TOLD_LISTS];
	uint32_t items[TOLD_LISTS];
	bool full[TOLD_LISTS]; /* an item was left out, and so are those behind it */
	uint8_t bytes[ROOM];
	size_t n;
};

/* The next item with its length, or a part of the only one; empty at the end. */
static struct span next(struct rd *r, enum tls_told_list list)
{
	struct rd from = *r;
	size_t before = rd_left(r);
	if (lists[list].width > 0)
		(void)rd_vec(r, lists[list].width);
	else if (lists[list].size > 0)
		rd_skip(r, lists[list].size);
	else
		rd_skip(r, before < lists[list].most ? before : lists[list].most);
	return rd_ok(r) ? rd_span(&from, before - rd_left(r)) : span_of(NULL, 0);
}

static bool means_nothing(enum tls_told_list list, struct span item)
{
	struct rd r = rd_of(item);
	return lists[list].size == 2 && tls_is_grease(rd_u16(&r));
}

static void add_item(struct told *told, enum tls_told_list list, struct span item)
{
	if (means_nothing(list, item))
		return;
	told->items[list]++;
	told->full[list] = told->full[list] || told->kept[list] + item.n > lists[list].most;
	if (told->full[list])
		return;
	memcpy(&told->bytes[told->n], item.p, item.n);
	told->n += item.n;
	told->kept[list] = (uint16_t)(told->kept[list] + item.n);
}

/* Lists are added in their order, each once. */
static void add(struct told *told, enum tls_told_list list, struct span all)
{
	struct rd r = rd_of(all);
	while (rd_more(&r)) {
		struct span item = next(&r, list);
		if (item.n == 0)
			return;
		add_item(told, list, item);
		if (lists[list].size == 0 && lists[list].width == 0)
			return;
	}
}

static void add_extensions(struct told *told, struct span extensions)
{
	struct rd r = rd_of(extensions);
	uint16_t type;
	while (tls_next_extension(&r, &type)) {
		const uint8_t item[] = {(uint8_t)(type >> 8), (uint8_t)type};
		add_item(told, TOLD_EXTENSIONS, span_of(item, sizeof item));
	}
}

static struct tls_told *copy(const struct told *told, unsigned flags)
{
	struct tls_told *made = xmalloc(sizeof *made + told->n);
	memcpy(made->kept, told->kept, sizeof made->kept);
	memcpy(made->items, told->items, sizeof made->items);
	made->flags = flags;
	memcpy(made->bytes, told->bytes, told->n);
	return made;
}

static unsigned flag(bool set, enum tls_told_flag flag)
{
	return set ? flag : 0u;
}

struct tls_told *tls_told_client(const struct tls_client_hello *hello)
{
	struct told told = {.n = 0};
	add_extensions(&told, hello->extensions);
	add(&told, TOLD_VERSIONS, hello->supported_versions);
	add(&told, TOLD_GROUPS, hello->groups);
	add(&told, TOLD_SIGNATURES, hello->signature_algorithms);
	add(&told, TOLD_SERVER_NAME, hello->sni);
	add(&told, TOLD_ALPN, hello->alpn);
	return copy(&told, flag(hello->session_id.n > 0, TOLD_SESSION_ID) |
	                       flag(hello->ticket.n > 0, TOLD_TICKET) | flag(hello->psk, TOLD_PSK) |
	                       flag(hello->early_data, TOLD_EARLY_DATA) |
	                       flag(hello->extended_master_secret, TOLD_EXTENDED_MASTER_SECRET) |
	                       flag(hello->encrypt_then_mac, TOLD_ENCRYPT_THEN_MAC));
}

struct tls_told *tls_told_server(const struct tls_server_hello *hello)
{
	struct told told = {.n = 0};
	add_extensions(&told, hello->extensions);
	add(&told, TOLD_ALPN, hello->alpn);
	return copy(&told, flag(hello->session_ticket, TOLD_TICKET) | flag(hello->psk, TOLD_PSK) |
	                       flag(hello->extended_master_secret, TOLD_EXTENDED_MASTER_SECRET) |
	                       flag(hello->encrypt_then_mac, TOLD_ENCRYPT_THEN_MAC));
}

struct tls_told *tls_told_encrypted(const struct tls_encrypted_extensions *extensions)
{
	struct told told = {.n = 0};
	add_extensions(&told, extensions->extensions);
	add(&told, TOLD_ALPN, extensions->alpn);
	return copy(&told, 0);
}

struct tls_told *tls_told_request(const struct tls_certificate_request *request)
{
	struct told told = {.n = 0};
	add(&told, TOLD_SIGNATURES, request->signature_algorithms);
	add(&told, TOLD_TYPES, request->types);
	add(&told, TOLD_AUTHORITIES, request->authorities);
	return copy(&told, 0);
}

struct span tls_told_list(const struct tls_told *told, enum tls_told_list list)
{
	size_t at = 0;
	if (told == NULL)
		return span_of(NULL, 0);
	for (size_t i = 0; i < list; i++)
		at += told->kept[i];
	return span_of(&told->bytes[at], told->kept[list]);
}

size_t tls_told_n(const struct tls_told *told, enum tls_told_list list)
{
	struct rd r = rd_of(tls_told_list(told, list));
	size_t n = 0;
	while (rd_more(&r) && next(&r, list).n > 0)
		n++;
	return n;
}

struct span tls_told_item(const struct tls_told *told, enum tls_told_list list, size_t i)
{
	struct rd r = rd_of(tls_told_list(told, list));
	struct span item = next(&r, list);
	while (i-- > 0)
		item = rd_more(&r) ? next(&r, list) : span_of(NULL, 0);
	struct rd body = rd_of(item);
	rd_skip(&body, lists[list].width);
	return rd_ok(&body) ? rd_rest(&body) : span_of(NULL, 0);
}
