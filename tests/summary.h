/*
 * What an analysis gave, as one text for tests that compare runs: the steps and alerts of each side, the
 * verdict and the error findings of every session. Included after cmocka.
 */
#ifndef TESTS_SUMMARY_H
#define TESTS_SUMMARY_H

#include "analyzer/findings/findings.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SUMMARY 16384

static inline void add(char *summary, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void add(char *summary, const char *format, ...)
{
	size_t used = strlen(summary);
	va_list args;
	va_start(args, format);
	vsnprintf(summary + used, SUMMARY - used, format, args);
	va_end(args);
}

/* Numbers in a sentence are times and packet numbers: they may move, and their units with them. */
static inline void blank_numbers(char *text)
{
	char *to = text;
	for (const char *from = text; *from != '\0'; from++) {
		bool number = isdigit((unsigned char)*from) != 0;
		if (number && to > text && to[-1] == '#')
			continue;
		if (*from == '.' && isdigit((unsigned char)from[1]) && to > text && to[-1] == '#')
			continue;
		if ((*from == 'm' || *from == 'u') && from[1] == 's' && to > text + 1 && to[-1] == ' ' &&
		    to[-2] == '#')
			continue;
		*to++ = number ? '#' : *from;
	}
	*to = '\0';
	char *took =
	    strstr(text, " in # s"); /* not told when reorder left the first packet behind the last */
	if (took != NULL)
		memmove(took, took + 7, strlen(took + 7) + 1);
}

/* `more` adds what else a test compares of a side. */
static inline void summarize(const struct model *model, char *summary,
                             void (*more)(char *summary, const struct session *s, uint8_t dir))
{
	struct findings *findings = malloc(sizeof *findings);
	summary[0] = '\0';
	for (const struct session *s = model->first; s != NULL; s = s->next) {
		char verdict[VERDICT_TEXT];
		for (uint8_t dir = 0; dir < 2; dir++) {
			add(summary, "\nside %u:", dir);
			for (uint32_t i = 0; i < s->n_steps; i++)
				if (s->steps[i].dir == dir)
					add(summary, " %s%s", session_step_name(s->steps[i].kind),
					    s->steps[i].damaged ? "!" : "");
			for (uint32_t i = 0; i < s->n_alerts; i++)
				if (s->alerts[i].dir == dir)
					add(summary, " alert %u", s->alerts[i].code);
			more(summary, s, dir);
		}
		findings_of_session(model, s, findings);
		findings_verdict(model, s, findings, verdict);
		blank_numbers(verdict);
		add(summary, "\n%s %s", session_handshake_name(session_handshake(s)), verdict);
		for (uint32_t i = 0; i < findings->n; i++)
			if (findings->list[i].severity == SEVERITY_ERROR)
				add(summary, " [%s]", findings->list[i].id);
	}
	free(findings);
}

#endif
