/*
 * Landlock by its system calls, since the C library has none: rules for folders, and a try whether they hold.
 * The headers of Debian 12 know ABI 1 and 2; what came later stands here (Linux,
 * Documentation/userspace-api/landlock.rst). Called by sandbox.c.
 */
#define _GNU_SOURCE /* O_PATH */

#include "analyzer/sandbox_folders.h"

#include "analyzer/sandbox_calls.h"
#include "analyzer/xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct landlock_ruleset_attr up to ABI 6. */
struct rules {
	uint64_t files, network, scoped;
};

#define FILES_1  (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) /* first bit that ABI 1 does not know */
#define REFER    (1ULL << 13)                       /* ABI 2 */
#define TRUNCATE (1ULL << 14)                       /* ABI 3 */
#define TCP      (1ULL << 0 | 1ULL << 1)            /* ABI 4: bind and connect */
#define IOCTL    (1ULL << 15)                       /* ABI 5: of devices that are opened later */
#define SCOPES   (1ULL << 0 | 1ULL << 1)            /* ABI 6: abstract sockets, and signals to others */

/* Listing a folder is never allowed: that is what sandbox_folders_enforce tries. */
#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define WRITE                                                                                                \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE |      \
	 TRUNCATE)

/* Everything that this kernel can forbid. */
static struct rules all_of(unsigned abi)
{
	struct rules all = {.files = FILES_1 - 1};
	if (abi >= 2)
		all.files |= REFER;
	if (abi >= 3)
		all.files |= TRUNCATE;
	if (abi >= 4)
		all.network = TCP;
	if (abi >= 5)
		all.files |= IOCTL;
	if (abi >= 6)
		all.scoped = SCOPES;
	return all;
}

static size_t rules_size(unsigned abi)
{
	if (abi < 4)
		return offsetof(struct rules, network);
	return abi < 6 ? offsetof(struct rules, scoped) : sizeof(struct rules);
}

/* ---- folders ---- */

static void allow(const struct sandbox_folders *folders, const char *folder, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access & all_of(folders->abi).files};
	rule.parent_fd = open(folder, O_PATH | O_CLOEXEC | O_DIRECTORY);
	if (rule.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, folders->rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

static void allow_around(const struct sandbox_folders *folders, const char *file, uint64_t access)
{
	char *copy = xstrdup(file);
	allow(folders, dirname(copy), access);
	free(copy);
}

/* Where the name stands, where a new file of that name will be; and where the file is now. */
static void allow_both(const struct sandbox_folders *folders, const char *file, uint64_t access)
{
	char *real = realpath(file, NULL);
	allow_around(folders, file, access);
	if (real != NULL)
		allow_around(folders, real, access);
	free(real);
}

/* The name below /sys/class/net is a link; the rule is for where it leads. */
static void allow_counters(const struct sandbox_folders *folders, const char *interface)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "/sys/class/net/%s/statistics", interface);
	if (n > 0 && (size_t)n < sizeof path && strchr(interface, '/') == NULL)
		allow(folders, path, READ);
}

/* The leak checker looks at the process and its libraries, and names functions by what their files hold. */
static void allow_sanitizer(const struct sandbox_folders *folders)
{
	allow(folders, "/proc", READ | LANDLOCK_ACCESS_FS_READ_DIR);
	allow(folders, "/usr", READ);
	allow(folders, "/lib", READ);
	allow(folders, "/lib64", READ);
	allow_both(folders, "/proc/self/exe", READ);
}

struct sandbox_folders sandbox_folders_open(const struct sandbox_wishes *wishes)
{
	struct sandbox_folders folders = {.rules = -1};
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi <= 0)
		return folders;
	struct rules all = all_of((unsigned)abi);
	folders.abi = (unsigned)abi;
	folders.rules = (int)syscall(SYS_landlock_create_ruleset, &all, rules_size(folders.abi), 0);
	if (folders.rules < 0)
		return folders;
	for (uint32_t i = 0; i < wishes->reads.n; i++)
		if (strcmp(wishes->reads.list[i], "-") != 0)
			allow_both(&folders, wishes->reads.list[i], READ);
	for (uint32_t i = 0; i < wishes->interfaces.n; i++)
		allow_counters(&folders, wishes->interfaces.list[i]);
	for (uint32_t i = 0; i < wishes->writes.n; i++)
		allow_both(&folders, wishes->writes.list[i], WRITE);
	allow(&folders, ".", WRITE);
	if (SANDBOX_SANITIZER)
		allow_sanitizer(&folders);
	return folders;
}

/* ---- the rules hold ---- */

/* Everybody may list the root folder, so that only Landlock can have forbidden it. */
static bool is_enforced(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == EACCES;
}

unsigned sandbox_folders_enforce(struct sandbox_folders *folders)
{
	if (folders->rules < 0)
		return 0;
	long done = syscall(SYS_landlock_restrict_self, folders->rules, 0);
	close(folders->rules);
	folders->rules = -1;
	return done == 0 && is_enforced() ? folders->abi : 0;
}
