/*
 * One line of allow-list text -> what stands in it. facts.md section 6.
 *
 * Knows no file and keeps no state: authlist puts the lines together. Pasted text is often damaged, so a
 * hash or MAC that is nearly one is kept as it stands, with the damage named.
 */
#ifndef DISSECT_AUTHTEXT_H
#define DISSECT_AUTHTEXT_H

#include "dissect/rd.h"

#define AUTHTEXT_HASH 80 /* characters kept of a hash token: 64, and room for damage */
#define AUTHTEXT_NAME 64

enum authtext_kind {
	AUTHTEXT_EMPTY,          /* blank, a comment, the frame of a table */
	AUTHTEXT_NONE,           /* nothing we know: prompt, banner, other configuration */
	AUTHTEXT_ENTRY,          /* MAC and hash in one line */
	AUTHTEXT_LONE_MAC,       /* a MAC alone: its hashes may stand in other lines */
	AUTHTEXT_LONE_HASH,      /* a hash alone */
	AUTHTEXT_USERNAME,       /* IOS-XE: username MAC [mac] [aaa attribute list NAME] */
	AUTHTEXT_ATTRIBUTE_LIST, /* IOS-XE: aaa attribute list NAME */
	AUTHTEXT_PASSWORD,       /* IOS-XE: attribute type password HASH */
	AUTHTEXT_AUTHORIZATION,  /* IOS-XE: aaa authorization credential-download wcm_loc_serv_cert local */
	AUTHTEXT_ACCESS_POINT,   /* AireOS: an entry of type mic, ssc or lsc, which lets no engine in */
	AUTHTEXT_REMOVAL,        /* no username ..., config auth-list delete ... */
	AUTHTEXT_CONTROLLER,     /* CMX: a row of the table of controllers */
	AUTHTEXT_KINDS
};

enum authtext_damage { /* bit set */
	AUTHTEXT_LOOKALIKE = 1, /* O for 0, l or I for 1 */
	AUTHTEXT_LENGTH = 2,    /* not 40 or 64 digits (hash), not 12 (MAC) */
	AUTHTEXT_SPACE = 4,     /* a space inside the token, joined here */
	AUTHTEXT_DIGIT = 8,     /* a character that is no hex digit and looks like none */
};

enum authtext_mark {                             /* bit set: whose text the words of the line belong to */
	             AUTHTEXT_OF_ENGINE = 1,     /* server-auth-info, cmxctl */
	             AUTHTEXT_OF_CONTROLLER = 2, /* auth-list, aaa, a certificate type of AireOS */
	             AUTHTEXT_OF_LIST = 4, /* part of a controller's list, or a command that shows it: without
	                                      an entry it is empty */
};

struct authtext_token {
	char text[AUTHTEXT_HASH + 1]; /* hex in lower case, separators removed, damage kept; "" when absent */
	unsigned damage;
};

struct authtext {
	enum authtext_kind kind;
	struct authtext_token mac, hash;
	struct authtext_token other; /* a second hash of the line, of the other length; "" when absent */
	char name[AUTHTEXT_NAME + 1]; /* attribute list name, "" when absent */
	size_t wants;   /* bytes of the digest that the line asks for (lbs-ssc 20, sha256-lbs-ssc 32), 0 unknown */
	unsigned marks;
	size_t digest;  /* bytes of the digest that a label names (SHA1 20, SHA2 32), 0 none */
	bool labelled;  /* other words stand beside the MAC and the hash */
	bool mac_label; /* one of them begins with "mac", the label of a MAC address in most languages */
	bool
	    page; /* ENTRY: its labels are those of an engine's page, in one line; NONE: it is such a label */
	uint8_t address[4]; /* CONTROLLER: IPv4; `wants` is by its SHA2 column */
};

/* Parses one line without its line end, best as authpaste.h gives it. Never fails. */
void authtext_line(struct span line, struct authtext *out);

/* The value of a hex digit of either case, -1 for any other character. */
int authtext_digit(char c);

/* The digit that a look-alike stands for (0 for o, 1 for l and i); any other character is itself. */
char authtext_meant(char c);

/* Bytes -> lower-case hex digits and an end; `out` has room for 2 n + 1 characters. */
void authtext_hex(struct span bytes, char *out);

/* A token of 12 clean hex digits -> bytes. */
bool authtext_mac(const char *token, uint8_t mac[6]);

/* A clean token of 40 or 64 hex digits -> 20 or 32 bytes; returns the number of bytes, 0 when not clean. */
size_t authtext_hash(const char *token, uint8_t hash[32]);

#endif
