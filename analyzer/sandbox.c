/* The order in which privileges are given up, and which user is left; see sandbox.h. Called by ui/run.c. */
#define _GNU_SOURCE /* getresuid */

#include "analyzer/sandbox.h"

#include "analyzer/sandbox_calls.h"
#include "analyzer/sandbox_folders.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NO_GROUP      65534 /* of users without an entry: their number says nothing of a group's */
#define NOBODY        65534 /* where the name is unknown */
#define FILTERED_MODE 2     /* of seccomp, proc(5) */

struct user {
	char name[SANDBOX_NAME];
	uid_t uid;
	gid_t gid;
	bool named; /* has an entry, and with it groups */
};

/* ---- which user ---- */

static void set_user(struct user *out, const struct passwd *entry, uid_t uid)
{
	*out = (struct user){
	    .uid = uid, .gid = entry != NULL ? entry->pw_gid : NO_GROUP, .named = entry != NULL};
	if (entry != NULL)
		snprintf(out->name, sizeof out->name, "%s", entry->pw_name);
	else
		snprintf(out->name, sizeof out->name, "%lu", (unsigned long)uid);
}

/* A whole number of an id that may be one; (uid_t)-1 means "unchanged" to the kernel. */
static bool read_id(const char *text, uint32_t *out)
{
	char *end;
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	*out = (uint32_t)value;
	return *end == '\0' && errno == 0 && value < UINT32_MAX;
}

static int user_by_wish(const char *wish, struct user *out, struct err *err)
{
	const struct passwd *entry = getpwnam(wish);
	uint32_t uid;
	if (entry != NULL)
		set_user(out, entry, entry->pw_uid);
	else if (read_id(wish, &uid))
		set_user(out, getpwuid(uid), uid);
	else
		return err_set(err, "-Z %.60s: there is no such user; name one that is, such as nobody",
		               wish);
	return 0;
}

static bool user_of_sudo(struct user *out)
{
	uint32_t uid, gid;
	if (!read_id(getenv("SUDO_UID"), &uid) || uid == 0)
		return false;
	set_user(out, getpwuid(uid), uid);
	if (read_id(getenv("SUDO_GID"), &gid) && gid != 0)
		out->gid = gid;
	return true;
}

static bool user_of_folder(struct user *out)
{
	struct stat folder;
	if (stat(".", &folder) != 0 || folder.st_uid == 0)
		return false;
	set_user(out, getpwuid(folder.st_uid), folder.st_uid);
	return true;
}

static void user_nobody(struct user *out)
{
	const struct passwd *entry = getpwnam("nobody");
	set_user(out, entry, entry != NULL ? entry->pw_uid : NOBODY);
}

bool sandbox_heir(const char *wish, uid_t *uid, gid_t *gid)
{
	struct user user;
	struct err err;
	bool found = wish != NULL ? user_by_wish(wish, &user, &err) == 0 && user.uid != 0
	                          : user_of_sudo(&user) || user_of_folder(&user);
	if (geteuid() != 0 || !found)
		return false;
	*uid = user.uid;
	*gid = user.gid;
	return true;
}

static int choose_user(const char *wish, struct user *out, struct err *err)
{
	bool root = geteuid() == 0;
	if (wish != NULL && user_by_wish(wish, out, err) != 0)
		return -1;
	if (wish != NULL && out->uid == 0)
		return err_set(err, "-Z %.60s: nothing is read as root; name another user, such as nobody",
		               wish);
	if (wish != NULL && !root && out->uid != geteuid())
		return err_set(err, "-Z %.60s: only root can become another user; leave it out, or use sudo",
		               wish);
	if (!root)
		set_user(out, getpwuid(geteuid()), geteuid());
	else if (wish == NULL && !user_of_sudo(out) && !user_of_folder(out))
		user_nobody(out);
	return 0;
}

/* ---- becoming it ---- */

static int refuse(const struct user *user, const char *what, struct err *err)
{
	return err_set(
	    err,
	    "cannot %s as user %s: nothing is read with the rights of root; name a user with -Z, or "
	    "start as one who is not root",
	    what, user->name);
}

/* In a container root may lack the capability that emptying the bounding set takes. */
static int drop_root(const struct user *user, struct err *err)
{
	capng_flags_t flags = user->named ? CAPNG_INIT_SUPP_GRP : CAPNG_DROP_SUPP_GRP;
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		flags |= CAPNG_CLEAR_BOUNDING;
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_change_id((int)user->uid, (int)user->gid, flags | CAPNG_CLEAR_AMBIENT) != 0)
		return refuse(user, "go on", err);
	return 0;
}

static void drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	capng_apply(CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
}

/* While /proc can be read. */
static int measure_user(const struct user *user, struct sandbox_state *out, struct err *err)
{
	uid_t real, effective, saved;
	capng_get_caps_process();
	out->uid = geteuid();
	out->capabilities = capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE ||
	                    capng_have_permitted_capabilities() != CAPNG_NONE;
	out->bounding = capng_have_capabilities(CAPNG_SELECT_BOUNDS) != CAPNG_NONE;
	if (getresuid(&real, &effective, &saved) != 0 || real != user->uid || effective != user->uid ||
	    saved != user->uid || out->capabilities)
		return refuse(user, "give up all rights", err);
	return 0;
}

/* ---- entering ---- */

/* A zone that is named is not looked up again when its file was replaced. */
static void keep_zone(void)
{
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
}

static void forbid_core_dumps(struct sandbox_state *out)
{
	const struct rlimit none = {0, 0};
	struct rlimit limit;
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	out->core_dumps = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || getrlimit(RLIMIT_CORE, &limit) != 0 ||
	                  limit.rlim_cur != 0;
}

int sandbox_enter(const struct sandbox_wishes *wishes, struct sandbox_state *out, struct err *err)
{
	struct user user;
	bool root = geteuid() == 0;
	*out = (struct sandbox_state){.sanitizer = SANDBOX_SANITIZER};
	if (choose_user(wishes->user, &user, err) != 0)
		return -1;
	snprintf(out->user, sizeof out->user, "%s", user.name);
	keep_zone();
	struct sandbox_folders folders = sandbox_folders_open(wishes);
	if (!root)
		drop_capabilities();
	else if (drop_root(&user, err) != 0)
		return -1;
	if (measure_user(&user, out, err) != 0)
		return -1;
	forbid_core_dumps(out); /* behind the change of the user, which sets it anew */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	out->landlock = sandbox_folders_enforce(&folders);
	sandbox_calls_filter(wishes->captures);
	out->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	out->seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == FILTERED_MODE;
	return 0;
}
