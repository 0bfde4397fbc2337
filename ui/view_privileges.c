/* The table of what the program gave up before it read its inputs. Called through ui/view.h. */
#include "ui/view.h"

#include <stdio.h>

static const char missing[] = "not in this kernel, or not allowed";

/* NULL where nothing was entered: a view that tests make. */
static const struct sandbox_state *state(const struct row *row)
{
	return row->view->privileges;
}

static struct value user(const struct row *row)
{
	return state(row) == NULL ? view_null() : view_text(state(row)->user);
}

static struct value uid(const struct row *row)
{
	return state(row) == NULL ? view_null() : view_count(state(row)->uid);
}

static struct value yes_or_null(const struct row *row, bool yes)
{
	return state(row) == NULL ? view_null() : view_bool(yes);
}

static struct value capabilities(const struct row *row)
{
	return yes_or_null(row, state(row) != NULL && state(row)->capabilities);
}

static struct value bounding(const struct row *row)
{
	return yes_or_null(row, state(row) != NULL && state(row)->bounding);
}

static struct value no_new_privs(const struct row *row)
{
	return yes_or_null(row, state(row) != NULL && state(row)->no_new_privs);
}

static struct value core_dumps(const struct row *row)
{
	return yes_or_null(row, state(row) != NULL && state(row)->core_dumps);
}

static struct value landlock(const struct row *row)
{
	return state(row) == NULL || state(row)->landlock == 0 ? view_null()
	                                                       : view_count(state(row)->landlock);
}

static struct value seccomp(const struct row *row)
{
	return yes_or_null(row, state(row) != NULL && state(row)->seccomp);
}

static struct value sanitizer(const struct row *row)
{
	return yes_or_null(row, state(row) != NULL && state(row)->sanitizer);
}

/* ---- the same for people ---- */

static struct value said_user(const struct row *row)
{
	const struct sandbox_state *of = state(row);
	char *text = row->view->scratch;
	if (of == NULL)
		return view_null();
	snprintf(text, sizeof row->view->scratch, "%s (%lu)", of->user, (unsigned long)of->uid);
	return view_text(text);
}

static struct value said_capabilities(const struct row *row)
{
	const struct sandbox_state *of = state(row);
	if (of == NULL)
		return view_null();
	if (of->capabilities)
		return view_text("some are left");
	return view_text(of->bounding ? "none; the bounding set is as it was"
	                              : "none; the bounding set is empty");
}

static struct value said_landlock(const struct row *row)
{
	const struct sandbox_state *of = state(row);
	char *text = row->view->scratch;
	if (of == NULL)
		return view_null();
	if (of->landlock == 0)
		return view_text(missing);
	snprintf(text, sizeof row->view->scratch, "ABI %u: only named folders can be opened", of->landlock);
	return view_text(text);
}

static struct value said_seccomp(const struct row *row)
{
	const struct sandbox_state *of = state(row);
	if (of == NULL)
		return view_null();
	if (!of->seccomp)
		return view_text(missing);
	return view_text(of->sanitizer
	                     ? "a list of calls, and those of the sanitizer's leak checker: ptrace is allowed"
	                     : "a list of calls; execve, socket, connect and ptrace end the program");
}

static const struct column privilege_columns[] = {
    {.key = "user", .get = user},
    {.key = "uid", .get = uid},
    {.label = "User", .get = said_user},
    {.key = "capabilities", .get = capabilities},
    {.key = "bounding", .get = bounding},
    {.label = "Capabilities", .get = said_capabilities},
    {.key = "no_new_privs", .label = "No new privileges", .get = no_new_privs},
    {.key = "core_dumps", .label = "Core dumps", .get = core_dumps},
    {.key = "landlock", .get = landlock},
    {.label = "Landlock", .get = said_landlock},
    {.key = "seccomp", .get = seccomp},
    {.key = "sanitizer", .get = sanitizer},
    {.label = "Seccomp", .get = said_seccomp},
};

const struct table view_privileges = {TABLE_OF(privilege_columns)};
