/*
 * The sentences of --explain-lists: a line for each line of the text that says something about an AuthList,
 * the entries made of them, and how many lines were ignored for which reason.
 */
#include "ui/explain.h"

#include "dissect/authpaste.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define INDENT   2
#define SENTENCE 512
#define FIRST    32
#define MAC_TEXT 18

/* A sentence that grows clause by clause, cut to fit. */
struct sentence {
	char text[SENTENCE];
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void add(struct sentence *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(&out->text[out->n], sizeof out->text - out->n, format, args);
	va_end(args);
	size_t room = sizeof out->text - 1 - out->n;
	out->n += (size_t)n < room ? (size_t)n : room;
}

static void write_line(const struct explain *explain, uint32_t line, const char *text)
{
	char first[FIRST];
	snprintf(first, sizeof first, "line %" PRIu32 ": ", line);
	page_wrap(explain->page, INDENT, first, TONE_PLAIN, text);
}

/* ---- tokens ---- */

/* A clean MAC address with colons, another one as it stands. Returns `text`. */
static const char *mac_text(const struct authtext_token *mac, char text[MAC_TEXT])
{
	uint8_t bytes[6];
	if (!authtext_mac(mac->text, bytes))
		snprintf(text, MAC_TEXT, "%.16s", mac->text[0] != '\0' ? mac->text : "unknown");
	else
		snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2],
		         bytes[3], bytes[4], bytes[5]);
	return text;
}

static const char *digest_name(const char *hash)
{
	uint8_t bytes[32];
	size_t n = authtext_hash(hash, bytes);
	return n == 0 ? "damaged" : n == cert_hash_bytes(CERT_SPKI_SHA1) ? "SHA-1" : "SHA-256";
}

static void add_mac(struct sentence *out, const struct authtext_token *mac)
{
	char text[MAC_TEXT];
	add(out, "MAC %s", mac_text(mac, text));
}

static void add_hash(struct sentence *out, const struct authtext_token *hash)
{
	if (hash->text[0] == '\0')
		add(out, "no hash");
	else
		add(out, "%zu digits (%s) %s", strlen(hash->text), digest_name(hash->text), hash->text);
}

/* ---- doubts and repairs ---- */

static void add_doubts(struct sentence *out, const char *what, unsigned damage)
{
	static const struct {
		unsigned damage;
		const char *text;
	} rows[] = {
	    {AUTHTEXT_LOOKALIKE, "a letter like O, l or I in place of a digit"},
	    {AUTHTEXT_LENGTH, "the number of digits is wrong"},
	    {AUTHTEXT_SPACE, "a space inside"},
	    {AUTHTEXT_DIGIT, "a character that is no hex digit"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (damage & rows[i].damage)
			add(out, "; doubtful %s: %s", what, rows[i].text);
}

static void add_repairs(struct sentence *out, const struct authlist_remark *remark)
{
	static const struct {
		unsigned repair;
		const char *text;
	} rows[] = {
	    {AUTHPASTE_CONTROLS, "backspaces or other control characters"},
	    {AUTHPASTE_PAGER, "a page break"},
	    {AUTHPASTE_BLANKS, "blanks and signs of a word processor"},
	    {AUTHPASTE_CUT, "only its beginning was read"},
	};
	if (remark->repairs & AUTHPASTE_WRAPPED)
		add(out, "; repaired: wrapped over %" PRIu32 " lines", remark->lines);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (remark->repairs & rows[i].repair)
			add(out, "; repaired: %s", rows[i].text);
}

/* ---- one line ---- */

static void add_entry(struct sentence *out, const struct authtext *text)
{
	add(out, "entry: ");
	add_mac(out, &text->mac);
	add(out, ", ");
	add_hash(out, &text->hash);
	if (text->other.text[0] != '\0') {
		add(out, ", ");
		add_hash(out, &text->other);
	}
}

static void add_mac_alone(struct sentence *out, const struct authtext *text)
{
	add_mac(out, &text->mac);
	add(out, ", its key hashes are looked for in the lines around it");
}

static void add_hash_alone(struct sentence *out, const struct authtext *text)
{
	add(out, "key hash: ");
	add_hash(out, &text->hash);
}

static void add_username(struct sentence *out, const struct authtext *text)
{
	add(out, "IOS-XE user ");
	add_mac(out, &text->mac);
	if (text->name[0] != '\0')
		add(out, ", attribute list %s", text->name);
}

static void add_list(struct sentence *out, const struct authtext *text)
{
	add(out, "IOS-XE attribute list %s", text->name);
}

static void add_password(struct sentence *out, const struct authtext *text)
{
	add(out, "hash of that list: ");
	add_hash(out, &text->hash);
}

static void add_authorization(struct sentence *out, const struct authtext *text)
{
	(void)text;
	add(out, "IOS-XE: the controller asks its attribute lists");
}

static void add_controller(struct sentence *out, const struct authtext *text)
{
	const uint8_t *ip = text->address;
	add(out, "controller %u.%u.%u.%u of the engine", ip[0], ip[1], ip[2], ip[3]);
	if (text->wants != 0)
		add(out, ", which is sent %zu digits", 2 * text->wants);
}

static void add_certificate(struct sentence *out, const struct cert *cert)
{
	struct authtext_token mac = {.damage = 0};
	struct authlist_key key = authlist_key_of_cert(cert);
	memcpy(mac.text, key.mac, sizeof key.mac);
	add(out, "PEM certificate: ");
	add_mac(out, &mac);
	add(out, ", SHA-256 of its key %s", key.sha256);
}

/* NULL: a line that is ignored, counted at the end. */
static void (*const adders[AUTHTEXT_KINDS])(struct sentence *, const struct authtext *) = {
    [AUTHTEXT_ENTRY] = add_entry,           [AUTHTEXT_LONE_MAC] = add_mac_alone,
    [AUTHTEXT_LONE_HASH] = add_hash_alone,  [AUTHTEXT_USERNAME] = add_username,
    [AUTHTEXT_ATTRIBUTE_LIST] = add_list,   [AUTHTEXT_PASSWORD] = add_password,
    [AUTHTEXT_CONTROLLER] = add_controller, [AUTHTEXT_AUTHORIZATION] = add_authorization,
};

static void open_file(struct explain *explain, const struct authlist_file *file)
{
	if (explain->open)
		return;
	explain->open = true;
	page_wrap(explain->page, 0, "AuthList text ", TONE_HEADING, file->name);
}

static void on_line(void *ctx, const struct authlist_remark *remark)
{
	struct explain *explain = ctx;
	struct sentence out = {.n = 0};
	open_file(explain, remark->file);
	if (remark->cert != NULL) {
		add_certificate(&out, remark->cert);
	} else {
		if (adders[remark->text->kind] == NULL)
			return;
		adders[remark->text->kind](&out, remark->text);
		add_doubts(&out, "MAC", remark->text->mac.damage);
		add_doubts(&out, "hash", remark->text->hash.damage);
		add_repairs(&out, remark);
	}
	write_line(explain, remark->line, out.text);
}

/* ---- the end of a file ---- */

static void write_entries(const struct explain *explain, const struct authlist_file *file)
{
	for (size_t i = 0; i < explain->list->n_entries; i++) {
		const struct authlist_entry *entry = &explain->list->entries[i];
		struct sentence out = {.n = 0};
		if (&explain->list->files[entry->file] != file)
			continue;
		add(&out, "line %" PRIu32 ", %s: ", entry->line, authlist_side_name(entry->side));
		add_mac(&out, &entry->mac);
		add(&out, ", %s", digest_name(entry->hash.text));
		if (entry->wants != 0)
			add(&out, ", %zu digits are wanted", 2 * entry->wants);
		page_wrap(explain->page, INDENT, "Entry: ", TONE_PLAIN, out.text);
	}
}

static void write_ignored(const struct explain *explain, const struct authlist_file *file)
{
	static const struct {
		enum authtext_kind kind;
		const char *text;
	} rows[] = {
	    {AUTHTEXT_EMPTY, "blank, comment or frame of a table"},
	    {AUTHTEXT_NONE, "without MAC address, hash or command of a list"},
	    {AUTHTEXT_ACCESS_POINT, "for access points (mic, ssc, lsc)"},
	    {AUTHTEXT_REMOVAL, "that take an entry away"},
	};
	struct sentence out = {.n = 0};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (file->kinds[rows[i].kind] > 0)
			add(&out, "%s%" PRIu64 " %s", out.n > 0 ? "; " : "", file->kinds[rows[i].kind],
			    rows[i].text);
	if (out.n > 0)
		page_wrap(explain->page, INDENT, "Ignored lines: ", TONE_PLAIN, out.text);
}

static void write_problems(const struct explain *explain, const struct authlist_file *file)
{
	char text[AUTHLIST_PROBLEM];
	for (size_t i = 0; i < file->n_problems; i++)
		page_wrap(explain->page, INDENT, "Problem: ", TONE_WARNING,
		          authlist_problem_text(&file->problems[i], text));
}

static void on_end(void *ctx, const struct authlist_file *file)
{
	static const char *const meaning[] = {
	    [AUTHLIST_PLAIN] = "a plain list: these engines are allowed",
	    [AUTHLIST_CONTROLLER] = "a controller's text: these engines are allowed",
	    [AUTHLIST_ENGINE] = "an engine's text: its own key hashes, which allow nobody",
	};
	struct explain *explain = ctx;
	open_file(explain, file);
	write_entries(explain, file);
	write_ignored(explain, file);
	write_problems(explain, file);
	for (size_t side = 0; side < AUTHLIST_SIDES; side++)
		if (file->speaks[side])
			page_wrap(explain->page, INDENT, "Taken for ", TONE_PLAIN, meaning[side]);
	page_blank(explain->page);
	explain->open = false;
}

void explain_start(struct explain *explain, const struct page *page, struct authlist *list)
{
	*explain = (struct explain){.page = page, .list = list};
	explain->listener = (struct authlist_listener){.ctx = explain, .line = on_line, .end = on_end};
	list->listener = &explain->listener;
}
