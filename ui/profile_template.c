/* The built-in profile under another name, line by line, with what its keywords mean; see profile_template.h. */
#include "ui/profile_template.h"

#include "analyzer/xmalloc.h"
#include "dissect/profile_words.h"

#include <stdlib.h>

#define HEAD                                                                                                           \
	"# A framing profile for nmspscope -P: where type, length and ids of NMSP messages stand. No wire format is\n"   \
	"# published: the types up to 31 and 67 and who sends them are; places and elements are those of the\n"           \
	"# samples, which are invented. Change what your capture shows to be otherwise; --learn finds the places.\n"     \
	"# What stands behind a # is a comment.\n"

/* Every printed line begins with one, and a blank. */
static enum profile_keyword keyword_of(struct span line)
{
	for (enum profile_keyword k = 0; k < KEYWORDS; k++) {
		size_t n = strlen(profile_keywords[k]);
		if (line.n > n && line.p[n] == ' ' && span_equal(span_cut(line, 0, n), span_of(profile_keywords[k], n)))
			return k;
	}
	return KEYWORDS - 1;
}

static void print_comment(FILE *out, struct span text)
{
	struct rd r = rd_of(text);
	while (rd_more(&r)) {
		struct span line = rd_line(&r);
		fprintf(out, "# %.*s\n", (int)line.n, (const char *)line.p);
	}
}

static void print_meaning(FILE *out, enum profile_keyword k)
{
	putc('\n', out);
	print_comment(out, span_of(profile_meanings[k], strlen(profile_meanings[k])));
	if (k != KEYWORD_ELEMENT)
		return;
	fputs("# Kinds:", out);
	for (int kind = 0; kind < FIELD_KINDS; kind++)
		fprintf(out, " %s", profile_kinds[kind]);
	fputs("\n# (mask: of services; time: seconds since 1970; group: its value is a list of elements again).\n", out);
}

void profile_template_print(FILE *out)
{
	struct profile *profile = xcalloc(1, sizeof *profile);
	char *text = xmalloc(PROFILE_TEXT);
	enum profile_keyword last = KEYWORDS;
	profile_builtin(profile);
	profile->origin = PROFILE_USER;
	snprintf(profile->name, sizeof profile->name, "mine");
	struct rd r = rd_of(span_of(text, profile_print(profile, text, PROFILE_TEXT)));
	fputs(HEAD, out);
	while (rd_more(&r)) {
		struct span line = rd_line(&r);
		enum profile_keyword k = keyword_of(line);
		if (k != last)
			print_meaning(out, k);
		last = k;
		fprintf(out, "%.*s\n", (int)line.n, (const char *)line.p);
	}
	free(text);
	free(profile);
}
