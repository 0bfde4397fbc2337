/*
 * Reads the allow lists that the user gave: lines and certificates -> entries.
 *
 * Called by analyze. The text of a line is authtext's, a certificate is cert's; what is put together from
 * several lines (IOS-XE) is put together here. Damage is noted and kept. Never decides about a
 * certificate: that is authlist_decide.c.
 */
#include "analyzer/authlist.h"

#include "analyzer/hash.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define IOS_WANTS 32 /* IOS-XE compares SHA-256, facts.md section 6 */

struct ios_user {
	uint32_t line;
	struct authtext_token mac;
	char list[AUTHTEXT_NAME + 1];
};

struct ios_list {
	char name[AUTHTEXT_NAME + 1];
	struct authtext_token password; /* "" until its line comes */
	uint32_t line;                  /* of the password */
	UT_hash_handle hh;
};

/* One text while it is read. IOS-XE blocks come in any order, so they are put together at its end. */
struct reading {
	struct authlist *list;
	uint32_t file, line;
	struct ios_user *users;
	size_t n_users, room;
	struct ios_list *lists, *current;
	bool ios;
};

__attribute__((format(printf, 3, 4))) static void note(struct reading *r, uint32_t line, const char *format,
                                                       ...)
{
	struct authlist_file *file = &r->list->files[r->file];
	if (file->n_problems == LIMIT_LIST_PROBLEMS) {
		file->problems_dropped++;
		return;
	}
	file->problems = xrealloc(file->problems, (file->n_problems + 1) * sizeof *file->problems);
	struct authlist_problem *problem = &file->problems[file->n_problems++];
	problem->line = line;
	if (file->n_problems == LIMIT_LIST_PROBLEMS) {
		format = "there are more problems than are listed here";
		problem->line = 0;
		file->problems_dropped++;
	}
	va_list args;
	va_start(args, format);
	vsnprintf(problem->text, sizeof problem->text, format, args);
	va_end(args);
}

/* Where a pasted token is broken: 'digit 2 of the hash is "o", no hex digit'. */
static void note_damage(struct reading *r, uint32_t line, const char *what,
                        const struct authtext_token *token)
{
	if (token->damage & AUTHTEXT_SPACE)
		note(r, line, "a space stands inside the %s", what);
	if (token->damage & AUTHTEXT_LENGTH)
		note(r, line, "the %s has %zu digits", what, strlen(token->text));
	if (!(token->damage & (AUTHTEXT_LOOKALIKE | AUTHTEXT_DIGIT)))
		return;
	size_t at = 0;
	while (authtext_digit(token->text[at]) >= 0)
		at++;
	note(r, line, "digit %zu of the %s is \"%c\", no hex digit", at + 1, what, token->text[at]);
}

/* Room for one more entry of this file, zeroed but for its place; NULL at the cap. */
static struct authlist_entry *add_entry(struct reading *r, uint32_t line)
{
	struct authlist *list = r->list;
	if (list->n_entries == LIMIT_LIST_ENTRIES) {
		list->dropped++;
		return NULL;
	}
	if ((list->n_entries & (list->n_entries - 1)) == 0) {
		size_t room = list->n_entries == 0 ? 1 : 2 * list->n_entries;
		list->entries = xrealloc(list->entries, room * sizeof *list->entries);
	}
	struct authlist_entry *entry = &list->entries[list->n_entries++];
	*entry = (struct authlist_entry){.file = r->file, .line = line};
	list->files[r->file].entries++;
	return entry;
}

static void take_pair(struct reading *r, uint32_t line, const struct authtext_token *mac,
                      const struct authtext_token *hash, size_t wants)
{
	struct authlist_entry *entry = add_entry(r, line);
	if (entry == NULL)
		return;
	entry->mac = *mac;
	entry->hash = *hash;
	entry->wants = wants;
	note_damage(r, line, "MAC address", mac);
	note_damage(r, line, "hash", hash);
}

static void take_user(struct reading *r, const struct authtext *text)
{
	if (r->n_users == LIMIT_LIST_ENTRIES) {
		r->list->dropped++;
		return;
	}
	if (r->n_users == r->room) {
		r->room = r->room == 0 ? 16 : 2 * r->room;
		r->users = xrealloc(r->users, r->room * sizeof *r->users);
	}
	struct ios_user *user = &r->users[r->n_users++];
	*user = (struct ios_user){.line = r->line, .mac = text->mac};
	memcpy(user->list, text->name, sizeof user->list);
}

/* The same name again opens the same list, as in IOS-XE; its last password counts. */
static void take_list(struct reading *r, const struct authtext *text)
{
	HASH_FIND_STR(r->lists, text->name, r->current);
	if (r->current != NULL)
		return;
	if (HASH_COUNT(r->lists) == LIMIT_LIST_ENTRIES) {
		r->list->dropped++;
		return;
	}
	r->current = xcalloc(1, sizeof *r->current);
	memcpy(r->current->name, text->name, sizeof r->current->name);
	HASH_ADD_STR(r->lists, name, r->current);
}

static void take_password(struct reading *r, const struct authtext *text)
{
	if (r->current == NULL) {
		note(r, r->line, "a password outside of any aaa attribute list");
		return;
	}
	r->current->password = text->hash;
	r->current->line = r->line;
}

static void take_line(struct reading *r, const struct authtext *text)
{
	r->ios = r->ios || text->kind == AUTHTEXT_USERNAME || text->kind == AUTHTEXT_ATTRIBUTE_LIST ||
	         text->kind == AUTHTEXT_PASSWORD;
	switch (text->kind) {
	case AUTHTEXT_NONE:
		break;
	case AUTHTEXT_ENTRY:
		take_pair(r, r->line, &text->mac, &text->hash, 0);
		break;
	case AUTHTEXT_USERNAME:
		r->current = NULL;
		take_user(r, text);
		break;
	case AUTHTEXT_ATTRIBUTE_LIST:
		take_list(r, text);
		break;
	case AUTHTEXT_PASSWORD:
		take_password(r, text);
		break;
	case AUTHTEXT_SUSPECT:
		note(r, r->line,
		     text->hash.text[0] != 0 ? "a hash without a MAC address beside it"
		                             : "a MAC address without a hash beside it");
		break;
	}
}

/* Users and attribute lists -> entries. An entry's line is the one of its hash. */
static void join_ios(struct reading *r)
{
	for (size_t i = 0; i < r->n_users; i++) {
		const struct ios_user *user = &r->users[i];
		struct ios_list *list;
		HASH_FIND_STR(r->lists, user->list, list);
		if (user->list[0] == 0)
			note(r, user->line, "username %s names no aaa attribute list", user->mac.text);
		else if (list == NULL)
			note(r, user->line, "aaa attribute list %s is not defined in this text", user->list);
		else if (list->password.text[0] == 0)
			note(r, user->line, "aaa attribute list %s has no attribute type password",
			     user->list);
		else
			take_pair(r, list->line, &user->mac, &list->password, IOS_WANTS);
	}
}

static void take_pem(void *ctx, struct span der, uint32_t line)
{
	struct reading *r = ctx;
	const struct cert *cert = certs_take(r->list->certs, der);
	struct authlist_entry *entry = NULL;
	if (cert->valid)
		entry = add_entry(r, line);
	else
		note(r, line, "the PEM block holds no readable certificate");
	if (entry == NULL) {
		certs_give_back(r->list->certs, cert);
		return;
	}
	entry->pem = true;
	entry->cert = cert;
	if (cert->has_mac)
		authtext_hex(span_of(cert->mac, sizeof cert->mac), entry->mac.text);
	if (cert->has_hash[CERT_SPKI_SHA256])
		authtext_hex(span_of(cert->hash[CERT_SPKI_SHA256], cert_hash_bytes(CERT_SPKI_SHA256)),
		             entry->hash.text);
}

void authlist_init(struct authlist *list, struct certs *certs)
{
	*list = (struct authlist){.certs = certs};
}

void authlist_free(struct authlist *list)
{
	for (size_t i = 0; i < list->n_entries; i++)
		certs_give_back(list->certs, list->entries[i].cert);
	for (size_t i = 0; i < list->n_files; i++) {
		free(list->files[i].name);
		free(list->files[i].problems);
	}
	free(list->files);
	free(list->entries);
	*list = (struct authlist){.certs = NULL};
}

static struct reading start_file(struct authlist *list, const char *name)
{
	list->files = xrealloc(list->files, (list->n_files + 1) * sizeof *list->files);
	list->files[list->n_files] = (struct authlist_file){.name = xstrdup(name), .side = AUTHLIST_PLAIN};
	return (struct reading){.list = list, .file = (uint32_t)list->n_files++};
}

static void end_file(struct reading *r)
{
	struct ios_list *list, *next;
	struct authlist_file *file = &r->list->files[r->file];
	if (r->ios)
		file->side = AUTHLIST_CONTROLLER;
	if (file->entries == 0)
		note(r, 0,
		     "no entry was found: expected are lines \"MAC HASH\", an IOS-XE configuration or a PEM "
		     "certificate");
	HASH_ITER(hh, r->lists, list, next)
	{
		HASH_DEL(r->lists, list);
		free(list);
	}
	free(r->users);
}

void authlist_parse(struct authlist *list, const char *name, struct span text)
{
	static const char utf8_mark[] = "\xef\xbb\xbf"; /* Windows editors begin a file with it */
	struct reading r = start_file(list, name);
	struct span mark = span_of(utf8_mark, sizeof utf8_mark - 1);
	list->files[r.file].cut = text.n > LIMIT_LIST_BYTES;
	if (list->files[r.file].cut)
		note(&r, 0, "only the first %d bytes were read", LIMIT_LIST_BYTES);
	text = span_cut(text, 0, LIMIT_LIST_BYTES);
	if (span_equal(span_cut(text, 0, mark.n), mark))
		text = span_cut(text, mark.n, text.n);
	struct rd lines = rd_of(text);
	while (rd_more(&lines)) {
		struct authtext parsed;
		struct span line = rd_line(&lines);
		r.line++;
		if (line.n > LIMIT_LINE && list->files[r.file].long_lines++ == 0)
			note(&r, r.line, "only the first %d bytes of this line were read", LIMIT_LINE);
		authtext_line(line, &parsed);
		take_line(&r, &parsed);
	}
	join_ios(&r);
	certs_from_pem(text, take_pem, &r);
	end_file(&r);
}

const char *authlist_file_name(const struct authlist_file *file)
{
	const char *slash = strrchr(file->name, '/');
	return slash != NULL ? slash + 1 : file->name;
}

const char *authlist_problem_text(const struct authlist_problem *problem, char text[AUTHLIST_PROBLEM])
{
	if (problem->line == 0)
		snprintf(text, AUTHLIST_PROBLEM, "%s", problem->text);
	else
		snprintf(text, AUTHLIST_PROBLEM, "line %" PRIu32 ": %s", problem->line, problem->text);
	return text;
}

int authlist_read(struct authlist *list, const char *path, struct err *err)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return err_set(err, "%s: cannot open this allow list: %s", path, strerror(errno));
	size_t room = LIMIT_LIST_BYTES + 1; /* one more, to see that there is more */
	uint8_t *text = xmalloc(room);
	size_t n = fread(text, 1, room, file);
	int result = 0;
	if (ferror(file))
		result = err_set(err, "%s: cannot read this allow list: %s", path, strerror(errno));
	else
		authlist_parse(list, path, span_of(text, n));
	free(text);
	fclose(file);
	return result;
}
