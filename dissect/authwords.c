/*
 * A line of allow-list text -> its words, with prompts, comments and the frames of tables taken away.
 *
 * Called by authtext and authtoken. Never decides what a word means.
 */
#include "dissect/authwords.h"

#include "dissect/authtext.h"

#define LABEL 3 /* letters of a label in front of a colon, at least */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(uint8_t c)
{
	return c != 0 && strchr(" \t\r,;|+=\"'()[]{}<>", c) != NULL;
}

static bool is_joint(char c)
{
	return c == ':' || c == '-' || c == '.';
}

/* A word without the separators at its ends ("0050569c3489:", a bullet "-"). */
static struct span trimmed(struct span word)
{
	size_t from = 0, to = word.n;
	while (from < to && is_joint((char)word.p[from]))
		from++;
	while (to > from && is_joint((char)word.p[to - 1]))
		to--;
	return span_cut(word, from, to - from);
}

/* What stands behind a prompt ("WLC#username", "#username" behind a bracket): the word behind its last '#'.
 */
static struct span without_prompt(struct span word, bool first)
{
	size_t from = 0;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '#' && (first || i == from))
			from = i + 1;
	return span_cut(word, from, word.n - from);
}

/* Length of a label and its colon in front of a value ("SHA1:e0af..."); 0 when there is none. */
static size_t label_length(struct span word)
{
	bool letters = false;
	for (size_t i = 0; i < word.n; i++) {
		char c = (char)word.p[i];
		if (c == ':')
			return letters && i >= LABEL ? i + 1 : 0;
		letters = letters || (authtext_digit(c) < 0 && authtext_meant(c) == c && !is_joint(c));
	}
	return 0;
}

static void add_word(struct authwords *out, struct span word)
{
	word = trimmed(word);
	if (word.n > 0 && out->n < AUTHWORDS)
		out->word[out->n++] = word;
}

void authwords_split(struct span line, struct authwords *out)
{
	bool first = true, apart = true; /* a comment stands apart from the word before it */
	out->n = 0;
	for (size_t at = 0; at < line.n && out->n < AUTHWORDS;) {
		size_t n = 0;
		while (at + n < line.n && !is_blank(line.p[at + n]))
			n++;
		struct span word = span_cut(line, at, n);
		if (n > 0 && apart && (word.p[0] == '#' || word.p[0] == '!'))
			return;
		at += n;
		apart = at < line.n &&
		        (line.p[at] == ' ' || line.p[at] == '\t' || line.p[at] == ',' || line.p[at] == ';');
		at++;
		if (n == 0)
			continue;
		word = without_prompt(word, first);
		first = false;
		size_t label = label_length(word);
		add_word(out, span_cut(word, 0, label));
		add_word(out, span_cut(word, label, word.n));
	}
}

bool authwords_begins(const struct authwords *words, size_t i, const char *start)
{
	if (i >= words->n || words->word[i].n < strlen(start))
		return false;
	for (size_t k = 0; start[k] != 0; k++)
		if (lower((char)words->word[i].p[k]) != start[k])
			return false;
	return true;
}

bool authwords_is(const struct authwords *words, size_t i, const char *keyword)
{
	return authwords_begins(words, i, keyword) && words->word[i].n == strlen(keyword);
}

bool authwords_mac_label(const struct authwords *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (authwords_begins(words, i, "mac"))
			return true;
	return false;
}

size_t authwords_find(const struct authwords *words, const char *const *keywords)
{
	for (size_t i = 0; i < words->n; i++) {
		size_t k = 0;
		while (keywords[k] != NULL && authwords_is(words, i + k, keywords[k]))
			k++;
		if (keywords[k] == NULL)
			return i;
	}
	return words->n;
}
