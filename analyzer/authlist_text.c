/*
 * Reads a text about an AuthList: lines and certificates -> entries.
 *
 * Called by main through authlist_read. Pasted lines are authpaste's, their meaning authtext's, a
 * certificate is cert's, IOS-XE configuration authlist_ios's; blocks of a MAC address with its hashes below
 * or above are put together here. Damage is noted and kept. Never decides about a certificate: that is
 * authlist_decide.c.
 */
#include "analyzer/authlist.h"

#include "analyzer/authlist_index.h"
#include "analyzer/authlist_ios.h"
#include "analyzer/xmalloc.h"
#include "dissect/authpaste.h"
#include "dissect/limits.h"

#include <stdio.h>
#include <stdlib.h>

#define NEAR    6 /* lines between a MAC address and its hash: the frame of a table, blank lines */
#define BELOW   2 /* lines from a label down to its hash */
#define WAITING 4 /* hashes that stand in front of their MAC address */

/* A MAC address whose hashes stand in other lines. */
struct block {
	struct authlist_part mac;
	uint32_t last;     /* line of its last part, 0: no block is open */
	size_t lengths[2]; /* digits of the hashes that it has */
	size_t hashes;
	bool backwards; /* its hashes stood in front of it, so what follows is the next one's */
};

/* One text, and what is not yet put together of it. */
struct reading {
	struct authlist_reading at;
	struct block block;
	struct authlist_part waiting[WAITING];
	size_t n_waiting;
	uint32_t label; /* line of the last label of a hash that stands alone, 0: none */
	struct authlist_ios ios;
	bool in_pem;
};

/* Arrays of many grow by doubling: they are full at each power of two. */
static bool is_full(size_t n)
{
	return (n & (n - 1)) == 0;
}

static size_t room_for(size_t n)
{
	return n == 0 ? 1 : 2 * n;
}

/* An engine's own words are its MAC address and hash under labels, wherever no controller speaks. */
static enum authlist_side side_of(const struct reading *r, const struct authlist_part *mac,
                                  const struct authlist_part *hash)
{
	if (mac->wants != 0 || hash->wants != 0)
		return AUTHLIST_CONTROLLER;
	if (r->at.section == AUTHLIST_PLAIN && (mac->labelled || hash->labelled))
		return AUTHLIST_ENGINE;
	return r->at.section;
}

/* ---- blocks of several lines ---- */

static bool has_length(const struct block *block, size_t digits)
{
	for (size_t i = 0; i < block->hashes; i++)
		if (block->lengths[i] == digits)
			return true;
	return false;
}

static bool is_open(const struct reading *r, uint32_t line)
{
	return r->block.last != 0 && line - r->block.last <= NEAR;
}

static bool takes(const struct reading *r, const struct authlist_part *hash)
{
	return is_open(r, hash->line) && r->block.hashes < 2 &&
	       !has_length(&r->block, strlen(hash->token.text));
}

static void attach(struct reading *r, const struct authlist_part *hash)
{
	struct block *block = &r->block;
	if (block->hashes == 0)
		authlist_reading_damage(&r->at, block->mac.line, "MAC address", &block->mac.token);
	block->lengths[block->hashes++] = strlen(hash->token.text);
	if (hash->line > block->last)
		block->last = hash->line;
	authlist_reading_pair(&r->at, &block->mac, hash, side_of(r, &block->mac, hash));
}

/* Hashes that no MAC address followed: a block before them may lack them. */
static void give_up_waiting(struct reading *r)
{
	for (size_t i = 0; i < r->n_waiting; i++) {
		if (takes(r, &r->waiting[i]))
			attach(r, &r->waiting[i]);
		else
			authlist_reading_note(&r->at, r->waiting[i].line,
			                      "a hash without a MAC address beside it");
	}
	r->n_waiting = 0;
}

/* A MAC address in other configuration is no problem. */
static void close_block(struct reading *r)
{
	const struct block *block = &r->block;
	if (block->last != 0 && block->hashes == 0 && block->mac.alone)
		authlist_reading_note(&r->at, block->mac.line, "MAC address %s has no hash beside it",
		                      block->mac.token.text);
	r->block.last = 0;
}

static void take_lone_mac(struct reading *r, const struct authtext *text)
{
	struct authlist_part waiting[WAITING];
	size_t n = r->n_waiting;
	bool near = n > 0 && r->at.line - r->waiting[n - 1].line <= NEAR;
	if (!near)
		give_up_waiting(r);
	n = r->n_waiting;
	memcpy(waiting, r->waiting, n * sizeof waiting[0]);
	r->n_waiting = 0;
	close_block(r);
	bool label = text->mac_label && r->at.section != AUTHLIST_CONTROLLER;
	r->block = (struct block){.last = r->at.line,
	                          .mac = {.line = r->at.line,
	                                  .token = text->mac,
	                                  .wants = text->wants,
	                                  .labelled = text->labelled,
	                                  .alone = !text->labelled || text->wants != 0 || label}};
	for (size_t i = 0; i < n; i++) {
		if (!has_length(&r->block, strlen(waiting[i].token.text)) && r->block.hashes < 2)
			attach(r, &waiting[i]);
		else
			authlist_reading_note(&r->at, waiting[i].line, "a second hash for one MAC address");
	}
	r->block.backwards = n > 0;
}

/* Pages copied out of a browser have each label and each value in a line of its own. */
static bool is_below_label(const struct reading *r)
{
	return r->label != 0 && r->at.line - r->label <= BELOW;
}

static void take_lone_hash(struct reading *r, const struct authtext *text)
{
	struct authlist_part hash = {.line = r->at.line,
	                             .token = text->hash,
	                             .wants = text->wants,
	                             .digest = text->digest,
	                             .labelled = text->labelled || is_below_label(r)};
	if (!r->block.backwards && takes(r, &hash)) {
		attach(r, &hash);
		return;
	}
	if (r->n_waiting == WAITING ||
	    (r->n_waiting > 0 && r->at.line - r->waiting[r->n_waiting - 1].line > NEAR))
		give_up_waiting(r);
	r->waiting[r->n_waiting++] = hash;
}

static void take_entry(struct reading *r, const struct authtext *text)
{
	struct authlist_part mac = {
	    .line = r->at.line, .token = text->mac, .wants = text->wants, .labelled = text->page};
	struct authlist_part hash = {.line = r->at.line, .token = text->hash, .digest = text->digest};
	struct authlist_part other = {.line = r->at.line, .token = text->other};
	give_up_waiting(r);
	close_block(r);
	authlist_reading_damage(&r->at, r->at.line, "MAC address", &text->mac);
	authlist_reading_pair(&r->at, &mac, &hash, side_of(r, &mac, &hash));
	if (text->other.text[0] != '\0')
		authlist_reading_pair(&r->at, &mac, &other, side_of(r, &mac, &other));
}

/* ---- lines ---- */

static void take_controller(struct reading *r, const struct authtext *text)
{
	struct authlist *list = r->at.list;
	if (list->n_controllers == LIMIT_LIST_ENTRIES) {
		list->dropped++;
		return;
	}
	if (is_full(list->n_controllers))
		list->controllers = xrealloc(list->controllers,
		                             room_for(list->n_controllers) * sizeof *list->controllers);
	struct authlist_controller *row = &list->controllers[list->n_controllers++];
	*row = (struct authlist_controller){.file = r->at.file, .wants = text->wants};
	memcpy(row->address, text->address, sizeof row->address);
}

static void take_user(struct reading *r, const struct authtext *text)
{
	authlist_ios_user(&r->ios, &r->at, text);
}

static void take_list(struct reading *r, const struct authtext *text)
{
	authlist_ios_list(&r->ios, &r->at, text);
}

static void take_password(struct reading *r, const struct authtext *text)
{
	authlist_ios_password(&r->ios, &r->at, text);
}

static void take_line(struct reading *r, const struct authtext *text)
{
	static void (*const takers[AUTHTEXT_KINDS])(struct reading *, const struct authtext *) = {
	    [AUTHTEXT_ENTRY] = take_entry,           [AUTHTEXT_LONE_MAC] = take_lone_mac,
	    [AUTHTEXT_LONE_HASH] = take_lone_hash,   [AUTHTEXT_USERNAME] = take_user,
	    [AUTHTEXT_ATTRIBUTE_LIST] = take_list,   [AUTHTEXT_PASSWORD] = take_password,
	    [AUTHTEXT_CONTROLLER] = take_controller,
	};
	authlist_reading_file(&r->at)->kinds[text->kind]++;
	if (text->marks & AUTHTEXT_OF_ENGINE)
		r->at.section = AUTHLIST_ENGINE;
	else if (text->marks & AUTHTEXT_OF_CONTROLLER)
		r->at.section = AUTHLIST_CONTROLLER;
	if (text->marks & AUTHTEXT_OF_LIST)
		authlist_reading_file(&r->at)->speaks[AUTHLIST_CONTROLLER] = true;
	if (text->kind == AUTHTEXT_NONE && text->page)
		r->label = r->at.line;
	if (takers[text->kind] != NULL)
		takers[text->kind](r, text);
}

/* The lines of a certificate are cert's. One that is not closed ends at the first line that is no base64. */
static bool is_pem(struct reading *r, const struct authpaste_line *line)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ", head[] = "-----";
	struct span text = span_of(line->text, line->n);
	if (span_equal(span_cut(text, 0, sizeof begin - 1), span_of(begin, sizeof begin - 1))) {
		r->in_pem = true;
		return true;
	}
	if (!r->in_pem)
		return false;
	bool is_end = span_equal(span_cut(text, 0, sizeof end - 1), span_of(end, sizeof end - 1));
	if (is_end || span_equal(span_cut(text, 0, sizeof head - 1), span_of(head, sizeof head - 1)) ||
	    (text.n > 0 && memchr(text.p, ' ', text.n) != NULL))
		r->in_pem = false;
	return r->in_pem || is_end;
}

static void tell(struct reading *r, const struct authpaste_line *line, const struct authtext *text)
{
	const struct authlist_listener *listener = r->at.list->listener;
	struct authlist_remark remark = {.file = authlist_reading_file(&r->at),
	                                 .line = line->line,
	                                 .lines = line->lines,
	                                 .repairs = line->repairs,
	                                 .text = text};
	if (listener != NULL)
		listener->line(listener->ctx, &remark);
}

static void read_lines(struct reading *r, struct span text)
{
	struct authpaste paste;
	struct authpaste_line line;
	struct authtext parsed;
	authpaste_start(&paste, text);
	while (authpaste_next(&paste, &line)) {
		r->at.line = line.line;
		if ((line.repairs & AUTHPASTE_CUT) != 0 && authlist_reading_file(&r->at)->long_lines++ == 0)
			authlist_reading_note(&r->at, r->at.line,
			                      "only the first %d bytes of this line were read", LIMIT_LINE);
		if (is_pem(r, &line)) {
			authlist_reading_file(&r->at)->pem_lines++;
			continue;
		}
		authtext_line(span_of(line.text, line.n), &parsed);
		take_line(r, &parsed);
		tell(r, &line, &parsed);
	}
	give_up_waiting(r);
	close_block(r);
}

static void take_pem(void *ctx, struct span der, uint32_t line)
{
	struct reading *r = ctx;
	const struct authlist_listener *listener = r->at.list->listener;
	const struct cert *cert = certs_take(r->at.list->certs, der);
	struct authlist_remark remark = {
	    .file = authlist_reading_file(&r->at), .line = line, .lines = 1, .cert = cert};
	struct authlist_entry *entry = NULL;
	if (cert->valid)
		entry = authlist_reading_entry(&r->at, line, AUTHLIST_PLAIN);
	else
		authlist_reading_note(&r->at, line, "the PEM block holds no readable certificate");
	if (entry == NULL) {
		certs_give_back(r->at.list->certs, cert);
		return;
	}
	entry->pem = true;
	entry->cert = cert;
	struct authlist_key key = authlist_key_of_cert(cert);
	memcpy(entry->mac.text, key.mac, sizeof key.mac);
	memcpy(entry->hash.text, key.sha256, sizeof key.sha256);
	if (listener != NULL)
		listener->line(listener->ctx, &remark);
}

/* ---- the text as a whole ---- */

static struct reading start_file(struct authlist *list, const char *name)
{
	list->files = xrealloc(list->files, (list->n_files + 1) * sizeof *list->files);
	list->files[list->n_files] = (struct authlist_file){.name = xstrdup(name), .list = AUTHLIST_NONE};
	return (struct reading){.at = {.list = list, .file = (uint32_t)list->n_files++}};
}

/* The engines of this text: entries of one MAC address, one of each digest. */
static void group_engines(struct authlist *list, size_t from)
{
	for (size_t i = from; i < list->n_entries; i++) {
		const struct authlist_entry *entry = &list->entries[i];
		size_t digest = authlist_is_sha256(entry);
		if (entry->side != AUTHLIST_ENGINE)
			continue;
		struct authlist_engine *last =
		    list->n_engines > 0 ? &list->engines[list->n_engines - 1] : NULL;
		if (last != NULL && last->file == entry->file && last->entry[digest] == AUTHLIST_NONE &&
		    strcmp(list->entries[last->entry[!digest]].mac.text, entry->mac.text) == 0) {
			last->entry[digest] = (uint32_t)i;
			continue;
		}
		if (is_full(list->n_engines))
			list->engines =
			    xrealloc(list->engines, room_for(list->n_engines) * sizeof *list->engines);
		last = &list->engines[list->n_engines++];
		*last =
		    (struct authlist_engine){.file = entry->file, .entry = {AUTHLIST_NONE, AUTHLIST_NONE}};
		last->entry[digest] = (uint32_t)i;
	}
}

static size_t entries_allowing(const struct authlist_file *file)
{
	return file->entries_of[AUTHLIST_PLAIN] + file->entries_of[AUTHLIST_CONTROLLER];
}

/* Two controllers' files are two lists; plain files, such as a certificate of each engine, are one. */
static void join_list(struct reading *r)
{
	struct authlist *list = r->at.list;
	struct authlist_file *file = authlist_reading_file(&r->at);
	bool controller = file->speaks[AUTHLIST_CONTROLLER] || file->entries_of[AUTHLIST_CONTROLLER] > 0;
	size_t entries = entries_allowing(file);
	if (!controller && entries == 0)
		return;
	file->list = controller ? AUTHLIST_NONE : list->plain;
	if (file->list == AUTHLIST_NONE) {
		list->lists = xrealloc(list->lists, (list->n_lists + 1) * sizeof *list->lists);
		file->list = (uint32_t)list->n_lists++;
		list->lists[file->list] = (struct authlist_one){.file = r->at.file};
	}
	if (!controller)
		list->plain = file->list;
	list->lists[file->list].files++;
	list->lists[file->list].entries += entries;
}

/* Whose words stand in the file: of its entries, of a list without one, or of what was told last. */
static void name_sides(struct reading *r)
{
	struct authlist_file *file = authlist_reading_file(&r->at);
	bool none = file->entries == 0 && file->list == AUTHLIST_NONE;
	for (size_t side = 0; side < AUTHLIST_SIDES; side++)
		file->speaks[side] = file->speaks[side] || file->entries_of[side] > 0;
	if (none)
		file->speaks[r->at.section] = true;
	if (none)
		authlist_reading_note(
		    &r->at, 0,
		    "no entry was found: expected are lines \"MAC HASH\", an IOS-XE or AireOS AuthList, an "
		    "engine's key hashes or a PEM certificate");
	else if (file->list != AUTHLIST_NONE && entries_allowing(file) == 0)
		authlist_reading_note(
		    &r->at, 0,
		    "this is a controller's text, and no whole entry of an engine stands in "
		    "it: it allows nobody");
}

static void end_file(struct reading *r, size_t from)
{
	join_list(r);
	name_sides(r);
	group_engines(r->at.list, from);
	authlist_index_update(r->at.list);
	if (r->at.list->listener != NULL)
		r->at.list->listener->end(r->at.list->listener->ctx, authlist_reading_file(&r->at));
}

void authlist_parse(struct authlist *list, const char *name, struct span text)
{
	static const char utf8_mark[] = "\xef\xbb\xbf"; /* Windows editors begin a file with it */
	struct span mark = span_of(utf8_mark, sizeof utf8_mark - 1);
	size_t from = list->n_entries;
	struct reading r = start_file(list, name);
	authlist_reading_file(&r.at)->cut = text.n > LIMIT_LIST_BYTES;
	if (authlist_reading_file(&r.at)->cut)
		authlist_reading_note(&r.at, 0, "only the first %d bytes were read", LIMIT_LIST_BYTES);
	text = span_cut(text, 0, LIMIT_LIST_BYTES);
	if (span_equal(span_cut(text, 0, mark.n), mark))
		text = span_cut(text, mark.n, text.n);
	read_lines(&r, text);
	authlist_ios_end(&r.ios, &r.at);
	certs_from_pem(text, take_pem, &r);
	end_file(&r, from);
}
