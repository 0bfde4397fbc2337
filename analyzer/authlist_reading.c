/*
 * Entries and problem notes of a text that is being read. Called by authlist_text.c and authlist_ios.c.
 * Never looks at a line.
 */
#include "analyzer/authlist_reading.h"

#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdarg.h>
#include <stdio.h>

struct authlist_file *authlist_reading_file(struct authlist_reading *r)
{
	return &r->list->files[r->file];
}

void authlist_reading_note(struct authlist_reading *r, uint32_t line, const char *format, ...)
{
	struct authlist_file *file = authlist_reading_file(r);
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

/* Where a pasted token is broken: 'digit 2 of the hash is "O", no hex digit'. */
void authlist_reading_damage(struct authlist_reading *r, uint32_t line, const char *what,
                             const struct authtext_token *token)
{
	if (token->damage & AUTHTEXT_SPACE)
		authlist_reading_note(r, line, "a space stands inside the %s", what);
	if (token->damage & AUTHTEXT_LENGTH)
		authlist_reading_note(r, line, "the %s has %zu digits", what, strlen(token->text));
	if (!(token->damage & (AUTHTEXT_LOOKALIKE | AUTHTEXT_DIGIT)))
		return;
	size_t at = 0;
	while (authtext_digit(token->text[at]) >= 0)
		at++;
	authlist_reading_note(r, line, "digit %zu of the %s is \"%c\", no hex digit", at + 1, what,
	                      token->text[at]);
}

/* Room for one more entry of this file, zeroed but for its place; NULL at the cap. */
struct authlist_entry *authlist_reading_entry(struct authlist_reading *r, uint32_t line,
                                              enum authlist_side side)
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
	*entry = (struct authlist_entry){.file = r->file, .line = line, .side = side};
	authlist_reading_file(r)->entries++;
	authlist_reading_file(r)->entries_of[side]++;
	return entry;
}

void authlist_reading_pair(struct authlist_reading *r, const struct authlist_part *mac,
                           const struct authlist_part *hash, enum authlist_side side)
{
	struct authlist_entry *entry = authlist_reading_entry(r, hash->line, side);
	if (entry == NULL)
		return;
	entry->mac = mac->token;
	entry->hash = hash->token;
	entry->wants = hash->wants != 0 ? hash->wants : mac->wants;
	entry->digest = hash->digest;
	authlist_reading_damage(r, hash->line, "hash", &hash->token);
}
