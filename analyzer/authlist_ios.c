/*
 * IOS-XE configuration -> entries. A user names a list and the list holds the hash; blocks come in any
 * order, so they are joined at the end of the text. Called by authlist_text.c. Never reads a line itself.
 */
#include "analyzer/authlist_ios.h"

#include "analyzer/hash.h"
#include "analyzer/xmalloc.h"
#include "dissect/limits.h"

#include <stdlib.h>

#define WANTS 32 /* IOS-XE compares SHA-256, facts.md section 6 */

struct authlist_ios_user {
	uint32_t line;
	struct authtext_token mac;
	char list[AUTHTEXT_NAME + 1];
};

struct authlist_ios_list {
	char name[AUTHTEXT_NAME + 1];
	struct authtext_token password; /* "" until its line comes */
	uint32_t line;                  /* of the password */
	UT_hash_handle hh;
};

void authlist_ios_user(struct authlist_ios *ios, struct authlist_reading *r, const struct authtext *text)
{
	ios->current = NULL;
	ios->wrapped = false;
	if (ios->n_users == LIMIT_LIST_ENTRIES) {
		r->list->dropped++;
		return;
	}
	if (ios->n_users == ios->room) {
		ios->room = ios->room == 0 ? 16 : 2 * ios->room;
		ios->users = xrealloc(ios->users, ios->room * sizeof *ios->users);
	}
	struct authlist_ios_user *user = &ios->users[ios->n_users++];
	*user = (struct authlist_ios_user){.line = r->line, .mac = text->mac};
	memcpy(user->list, text->name, sizeof user->list);
}

/* A terminal may wrap a user's line in front of its list: then it stands in the line behind a user without one. */
static bool is_rest_of_user(const struct authlist_ios *ios, const struct authlist_reading *r)
{
	if (ios->n_users == 0)
		return false;
	const struct authlist_ios_user *user = &ios->users[ios->n_users - 1];
	return user->list[0] == 0 && r->line == user->line + 1;
}

/* The same name again opens the same list, as in IOS-XE; its last password counts. */
void authlist_ios_list(struct authlist_ios *ios, struct authlist_reading *r, const struct authtext *text)
{
	ios->wrapped = is_rest_of_user(ios, r);
	if (ios->wrapped)
		memcpy(ios->users[ios->n_users - 1].list, text->name, AUTHTEXT_NAME + 1);
	HASH_FIND_STR(ios->lists, text->name, ios->current);
	if (ios->current != NULL)
		return;
	if (HASH_COUNT(ios->lists) == LIMIT_LIST_ENTRIES) {
		r->list->dropped++;
		return;
	}
	ios->current = xcalloc(1, sizeof *ios->current);
	memcpy(ios->current->name, text->name, sizeof ios->current->name);
	HASH_ADD_STR(ios->lists, name, ios->current);
}

void authlist_ios_password(struct authlist_ios *ios, struct authlist_reading *r, const struct authtext *text)
{
	if (ios->current == NULL) {
		authlist_reading_note(r, r->line, "a password outside of any aaa attribute list");
		return;
	}
	if (ios->wrapped) /* so the line was one of its own */
		ios->users[ios->n_users - 1].list[0] = 0;
	ios->wrapped = false;
	ios->current->password = text->hash;
	ios->current->line = r->line;
}

/* Users and attribute lists -> entries. An entry's line is the one of its hash. */
static void join(const struct authlist_ios *ios, struct authlist_reading *r)
{
	for (size_t i = 0; i < ios->n_users; i++) {
		const struct authlist_ios_user *user = &ios->users[i];
		struct authlist_part mac = {.line = user->line, .token = user->mac, .wants = WANTS};
		struct authlist_ios_list *list;
		HASH_FIND_STR(ios->lists, user->list, list);
		if (user->list[0] == 0) {
			authlist_reading_note(r, user->line, "username %s names no aaa attribute list",
			                      user->mac.text);
		} else if (list == NULL) {
			authlist_reading_note(
			    r, user->line, "username %s: aaa attribute list %s is not defined in this text",
			    user->mac.text, user->list);
		} else if (list->password.text[0] == 0) {
			authlist_reading_note(
			    r, user->line,
			    "username %s: aaa attribute list %s has no attribute type password",
			    user->mac.text, user->list);
		} else {
			struct authlist_part hash = {.line = list->line, .token = list->password};
			authlist_reading_damage(r, user->line, "MAC address", &user->mac);
			authlist_reading_pair(r, &mac, &hash, AUTHLIST_CONTROLLER);
		}
	}
}

void authlist_ios_end(struct authlist_ios *ios, struct authlist_reading *r)
{
	struct authlist_ios_list *list, *next;
	join(ios, r);
	HASH_ITER(hh, ios->lists, list, next)
	{
		HASH_DEL(ios->lists, list);
		free(list);
	}
	free(ios->users);
	*ios = (struct authlist_ios){.users = NULL};
}
