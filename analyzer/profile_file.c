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

struct profile *profile_file_read(const char *path, struct err *err)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		err_set(err, "%s: cannot open this profile: %s; check the path and the permission", path,
		        strerror(errno));
		return NULL;
	}
	size_t room = LIMIT_PROFILE_BYTES + 1; /* one more, to see that there is more */
	uint8_t *text = xmalloc(room);
	size_t n = fread(text, 1, room, file);
	struct profile *profile = NULL;
	if (ferror(file))
		err_set(err, "%s: cannot read this profile: %s", path, strerror(errno));
	else
		profile = parse(path, span_of(text, n), err);
	free(text);
	fclose(file);
	return profile;
}
