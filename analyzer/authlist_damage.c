/*
 * Near misses: look-alikes, one digit wrong, missing or too many, two neighbours swapped, a stray space, a
 * cut.
 *
 * Called by authlist_decide.c. Compares digits as text, so that damage can be named by its place. Never
 * knows of lists.
 */
#include "analyzer/authlist_damage.h"

#include <stdarg.h>
#include <stdio.h>

#define SHORTEST 8 /* digits that a cut left, at least: fewer agree by chance */

enum edit_kind {
	EDIT_NONE,
	EDIT_WRONG,
	EDIT_MISSING,
	EDIT_EXTRA,
	EDIT_SWAPPED,
	EDIT_CUT_END,
	EDIT_CUT_START
};

/* How a damaged token came from the right one: any number of look-alikes and at most one edit at `at`. */
struct edit {
	enum edit_kind kind;
	size_t at;
};

/* How many characters agree from `i` in the token and `k` in what is wanted. */
static size_t agreeing(const char *token, size_t i, const char *wanted, size_t k)
{
	size_t n = 0;
	while (wanted[k + n] != 0 && authtext_meant(token[i + n]) == wanted[k + n])
		n++;
	return n;
}

/* Two neighbours changed places at `at`, and the rest agrees. */
static bool is_swapped(const char *token, const char *wanted, size_t at)
{
	return wanted[at + 1] != 0 && authtext_meant(token[at]) == wanted[at + 1] &&
	       authtext_meant(token[at + 1]) == wanted[at] &&
	       wanted[at + 2 + agreeing(token, at + 2, wanted, at + 2)] == 0;
}

/* Only the beginning or the end is left. */
static bool is_cut(const char *token, const char *wanted, struct edit *out)
{
	size_t n = strlen(token), m = strlen(wanted);
	if (n < SHORTEST || n >= m)
		return false;
	*out = (struct edit){.kind = EDIT_CUT_END, .at = n};
	if (agreeing(token, 0, wanted, 0) == n)
		return true;
	*out = (struct edit){.kind = EDIT_CUT_START, .at = m - n};
	return agreeing(token, 0, wanted, m - n) == n;
}

static bool is_slip(const char *token, const char *wanted, struct edit *out)
{
	size_t n = strlen(token), m = strlen(wanted);
	size_t at = agreeing(token, 0, wanted, 0);
	*out = (struct edit){.kind = EDIT_NONE, .at = at};
	if (m == 0 || n + 1 < m || n > m + 1)
		return false;
	if (n == m && at == m)
		return true;
	out->kind = n == m ? EDIT_WRONG : n < m ? EDIT_MISSING : EDIT_EXTRA;
	if (n == m && is_swapped(token, wanted, at)) {
		out->kind = EDIT_SWAPPED;
		return true;
	}
	size_t token_skip = n >= m, wanted_skip = n <= m;
	return at + wanted_skip + agreeing(token, at + token_skip, wanted, at + wanted_skip) == m;
}

static bool is_near(const char *token, const char *wanted, struct edit *out)
{
	return is_slip(token, wanted, out) || is_cut(token, wanted, out);
}

bool authlist_damage_is_near(const char *token, const char *wanted)
{
	struct edit edit;
	return is_near(token, wanted, &edit);
}

/* Adds a clause to the detail, cut to fit. */
__attribute__((format(printf, 2, 3))) void authlist_damage_add(struct auth_decision *decision,
                                                               const char *format, ...)
{
	char clause[sizeof decision->detail];
	size_t at = strlen(decision->detail);
	va_list args;
	va_start(args, format);
	vsnprintf(clause, sizeof clause, format, args);
	va_end(args);
	snprintf(&decision->detail[at], sizeof decision->detail - at, "%s%s", at > 0 ? "; " : "", clause);
}

/* Whose the right digits are, and what they are called. */
struct naming {
	const char *what, *owner;
};

static void say_digit(struct auth_decision *out, const struct naming *name, const char *token, size_t at,
                      char wanted)
{
	if (token[at] <= ' ' || token[at] > '~' || token[at] == '?')
		authlist_damage_add(out, "digit %zu of the %s is no hex digit, %s has %c", at + 1, name->what,
		                    name->owner, wanted);
	else if (authtext_meant(token[at]) != token[at])
		authlist_damage_add(out, "digit %zu of the %s is the letter %c, %s has %c", at + 1,
		                    name->what, token[at], name->owner, wanted);
	else
		authlist_damage_add(out, "digit %zu of the %s is %c, %s has %c", at + 1, name->what,
		                    token[at], name->owner, wanted);
}

/* The look-alikes of a token; the first is named, the others counted. `edit` tells where digits shift. */
static void say_lookalikes(struct auth_decision *out, const struct naming *name, const char *token,
                           const struct edit *edit)
{
	size_t count = 0;
	for (size_t i = 0; token[i] != 0; i++) {
		bool alike = authtext_meant(token[i]) != token[i];
		if (!alike || (i == edit->at && (edit->kind == EDIT_WRONG || edit->kind == EDIT_EXTRA)))
			continue;
		if (count++ == 0)
			say_digit(out, name, token, i, authtext_meant(token[i]));
	}
	if (count > 1)
		authlist_damage_add(out, "%zu more like it", count - 1);
}

static void say_edit(struct auth_decision *out, const struct naming *name, const char *token,
                     const struct edit *edit, const char *wanted)
{
	if (edit->kind == EDIT_WRONG)
		say_digit(out, name, token, edit->at, wanted[edit->at]);
	if (edit->kind == EDIT_MISSING)
		authlist_damage_add(out, "digit %zu of the %s is missing, %s has %c there", edit->at + 1,
		                    name->what, name->owner, wanted[edit->at]);
	if (edit->kind == EDIT_EXTRA)
		authlist_damage_add(out, "digit %zu of the %s is one too many", edit->at + 1, name->what);
	if (edit->kind == EDIT_SWAPPED)
		authlist_damage_add(out, "digits %zu and %zu of the %s are swapped, %s has %c%c",
		                    edit->at + 1, edit->at + 2, name->what, name->owner, wanted[edit->at],
		                    wanted[edit->at + 1]);
	if (edit->kind == EDIT_CUT_END)
		authlist_damage_add(out, "the %s is cut after digit %zu, %s has %zu", name->what, edit->at,
		                    name->owner, strlen(wanted));
	if (edit->kind == EDIT_CUT_START)
		authlist_damage_add(out, "the first %zu digits of the %s are missing, %s has %zu", edit->at,
		                    name->what, name->owner, strlen(wanted));
}

void authlist_damage_say(struct auth_decision *out, const char *what, const char *owner,
                         const struct authtext_token *token, const char *wanted)
{
	const struct naming name = {.what = what, .owner = owner};
	struct edit edit;
	if (token->damage & AUTHTEXT_SPACE)
		authlist_damage_add(out, "a space stands inside the %s", what);
	if (!is_near(token->text, wanted, &edit)) {
		authlist_damage_add(out, "the %s of the entry cannot be read", what);
		return;
	}
	say_lookalikes(out, &name, token->text, &edit);
	say_edit(out, &name, token->text, &edit, wanted);
}
