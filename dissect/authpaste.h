/*
 * Text as it was pasted from a terminal -> the lines that stood on the screen. facts.md section 6.
 *
 * Undoes what terminals, pagers and word processors leave in a text: backspaces, escape sequences, --More--,
 * odd blanks, byte order marks, and a hash that was wrapped onto the next line. Called by authlist, before
 * authtext. Never decides what a line means, and keeps nothing but its place.
 */
#ifndef DISSECT_AUTHPASTE_H
#define DISSECT_AUTHPASTE_H

#include "dissect/limits.h"
#include "dissect/rd.h"

enum authpaste_repair { /* bit set: what was undone */
	AUTHPASTE_CONTROLS = 1, /* backspaces, escape sequences, NUL and other control characters */
	AUTHPASTE_PAGER = 2,    /* --More-- in front of the text */
	AUTHPASTE_BLANKS = 4,   /* no-break, wide and invisible blanks, typographic hyphens and quotes */
	AUTHPASTE_WRAPPED = 8,  /* a hash goes on in the next lines */
	AUTHPASTE_CUT = 16,     /* bytes beyond LIMIT_LINE were left out */
};

struct authpaste {
	struct rd text;
	uint32_t line; /* lines read so far */
	bool only_cr;  /* lines end in CR alone, as on old systems */
};

struct authpaste_line {
	char text[LIMIT_LINE];
	size_t n;
	uint32_t line;  /* its number, from 1 */
	uint32_t lines; /* lines of the text that it was made of */
	unsigned repairs;
};

/* `text` is borrowed while lines are read. */
void authpaste_start(struct authpaste *paste, struct span text);

/* The next line; false at the end of the text. */
bool authpaste_next(struct authpaste *paste, struct authpaste_line *out);

#endif
