/*
 * Least privilege: what the process gives up before it reads the first byte. With sandbox_folders.c and
 * sandbox_calls.c the only file with capabilities, Landlock and seccomp.
 *
 * Called once, when everything is open (inputs, sockets of interfaces, files to be written) and loaded (the
 * locale, the providers of OpenSSL: tls_crypto_load). Whoever opens something later names it in the wishes.
 * Never undone, and inherited by nobody: no process can be made.
 */
#ifndef ANALYZER_SANDBOX_H
#define ANALYZER_SANDBOX_H

#include "analyzer/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SANDBOX_NAME 40

/* Strings are borrowed. */
struct sandbox_list {
	const char *const *list;
	uint32_t n;
};

/* What is still needed afterwards. Zeroed: nothing but what is open, and files made in the current folder. */
struct sandbox_wishes {
	const char *user; /* of -Z, a name or a number; NULL: the default, see sandbox_enter */
	/*
	 * Files that are opened by name again, also after they were replaced, such as followed key logs: all
	 * files below their folders can be read, and below the folder that a link leads to. "-" is skipped.
	 */
	struct sandbox_list reads;
	struct sandbox_list interfaces; /* names: their counters below /sys/class/net can be read */
	/* Files that are made, replaced or removed by name: so can all files below their folders be. */
	struct sandbox_list writes;
	bool captures; /* packet sockets are read, and asked for their counters */
};

/* What is in force, measured afterwards. Zeroed: nothing is. */
struct sandbox_state {
	char user[SANDBOX_NAME]; /* its number when it has no name */
	uid_t uid;
	bool capabilities; /* effective or permitted are left; sandbox_enter fails then */
	bool bounding; /* capabilities are left in the bounding set, from which only a new program could gain
	                */
	bool no_new_privs;
	bool core_dumps;
	unsigned landlock; /* its ABI; 0: not in this kernel */
	bool seccomp;
	bool sanitizer; /* a build whose leak checker's calls are let through */
};

/*
 * Before that, of root: whom it will become because of -Z (`wish`, or NULL), sudo or the current folder. False
 * when there is nobody of these (nobody is no owner of files), or we are not root.
 */
bool sandbox_heir(const char *wish, uid_t *uid, gid_t *gid);

/*
 * Enters the sandbox. Root becomes the user that is wished; else the one who called sudo ($SUDO_UID), else
 * the owner of the current folder, else nobody; nobody of them may be root. Whoever is not root keeps the
 * user. Then: no capability, no_new_privs, no core dump, Landlock, seccomp.
 *
 * execve, socket, connect and ptrace end the process from then on; other calls that are not needed fail with
 * EPERM, and opening any other file with EACCES. The time zone stays the one of this moment.
 *
 * -1 and a sentence when the user cannot be changed, or capabilities are left. A kernel without Landlock or
 * seccomp is no error: `out` tells.
 */
int sandbox_enter(const struct sandbox_wishes *wishes, struct sandbox_state *out, struct err *err);

#endif
