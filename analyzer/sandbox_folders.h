/*
 * The part of the sandbox that says which files can still be opened: Landlock. Called by sandbox.c alone.
 *
 * The folders are looked up while the process may still see them; the rules hold from the second step on.
 */
#ifndef ANALYZER_SANDBOX_FOLDERS_H
#define ANALYZER_SANDBOX_FOLDERS_H

#include "analyzer/sandbox.h"

struct sandbox_folders {
	int rules; /* a descriptor; -1: none */
	unsigned abi;
};

/* Makes the rules for the wishes. Folders that are not there are left out. */
struct sandbox_folders sandbox_folders_open(const struct sandbox_wishes *wishes);

/* The rules hold. The ABI when a try shows that they do, else 0. Closes the descriptor. */
unsigned sandbox_folders_enforce(struct sandbox_folders *folders);

#endif
