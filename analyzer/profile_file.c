/*
 * Reads a framing profile from a file; see profile_file.h. Called by main before the first packet. Never
 * judges what stands in it: profile_parse does.
 */
#include "analyzer/profile_file.h"

#include "analyzer/xmalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void say(const char *path, const struct profile_error *error, struct err *err)
{
	char line[32] = "";
	if (error->line > 0)
		snprintf(line, sizeof line, " line %u", (unsigned)error->line);
	if (error->word[0] != '\0')
		err_set(err, "profile %s%s: \"%s\": %s", path, line, error->word, error->problem);
	else
		err_set(err, "profile %s%s: %s", path, line, error->problem);
}

static struct profile *parse(const char *path, struct span text, struct err *err)
{
	struct profile *profile = xmalloc(sizeof *profile);
	struct profile_error error;
	if (profile_parse(text, profile, &error))
		return profile;
	say(path, &error, err);
	free(profile);
	return NULL;
}

struct profile *profile_file_read(struct source *source, struct err *err)
{
	uint8_t *text;
	size_t n;
	size_t room = LIMIT_PROFILE_BYTES + 1; /* one more, to see that there is more */
	if (source_slurp(source, room, &text, &n, err) != 0)
		return NULL;
	struct profile *profile = parse(source->name, span_of(text, n), err);
	free(text);
	return profile;
}
