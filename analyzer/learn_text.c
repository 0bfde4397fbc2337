/* Sentences of the learner, and a learned profile as text; see learn.h. Decides nothing. */
#include "analyzer/learn_parts.h"

#include "analyzer/xmalloc.h"

#include <stdarg.h>
#include <stdio.h>

void learn_say(struct learn_lines *lines, const char *format, ...)
{
	va_list list;
	if (lines->n == LEARN_LINES)
		return;
	va_start(list, format);
	vsnprintf(lines->text[lines->n++], LEARN_LINE, format, list);
	va_end(list);
}

const char *learn_place_text(const struct profile_place *place, bool little, char text[LEARN_PLACE_TEXT])
{
	snprintf(text, LEARN_PLACE_TEXT, "u%u%s at %u", 8u * place->size,
	         place->size == 1 ? ""
	         : little         ? " little-endian"
	                          : " big-endian",
	         (unsigned)place->off);
	return text;
}

static size_t add_lines(char *to, size_t room, const char *title, const struct learn_lines *lines)
{
	size_t n = 0;
	for (uint32_t i = 0; i < lines->n; i++)
		n += (size_t)snprintf(&to[n], room - n, "# %s%s\n", title, lines->text[i]);
	return n;
}

char *learn_text(const struct learned *learned)
{
	size_t room = PROFILE_TEXT + 3 * LEARN_LINES * (LEARN_LINE + 32), n = 0;
	char *text = xmalloc(room);
	n += (size_t)snprintf(text, room,
	                      "# A framing learned from the data: nothing of it is published but the "
	                      "ids of messages.\n");
	n += add_lines(&text[n], room - n, "evidence: ", &learned->evidence);
	n += add_lines(&text[n], room - n, "not told: ", &learned->unsure);
	n += add_lines(&text[n], room - n, "reads this data alike: ", &learned->same);
	profile_print(&learned->profile, &text[n], room - n);
	return text;
}
