/*
 * IOS-XE configuration: users that name an attribute list, and lists that hold a password, in any order.
 * Private to authlist*.c. facts.md section 6.
 */
#ifndef ANALYZER_AUTHLIST_IOS_H
#define ANALYZER_AUTHLIST_IOS_H

#include "analyzer/authlist_reading.h"

struct authlist_ios_user;
struct authlist_ios_list;

/* Zeroed at first. */
struct authlist_ios {
	struct authlist_ios_user *users;
	size_t n_users, room;
	struct authlist_ios_list *lists, *current; /* the one that a password belongs to */
	bool wrapped; /* the line that opened `current` may be the rest of the last user's, unless a password follows */
};

/* Lines of the kinds AUTHTEXT_USERNAME, AUTHTEXT_ATTRIBUTE_LIST and AUTHTEXT_PASSWORD. */
void authlist_ios_user(struct authlist_ios *ios, struct authlist_reading *r, const struct authtext *text);
void authlist_ios_list(struct authlist_ios *ios, struct authlist_reading *r, const struct authtext *text);
void authlist_ios_password(struct authlist_ios *ios, struct authlist_reading *r, const struct authtext *text);

/* At the end of the text: users and lists -> entries. Frees everything. */
void authlist_ios_end(struct authlist_ios *ios, struct authlist_reading *r);

#endif
