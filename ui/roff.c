/* See roff.h; groff_char(7) and groff_man(7) say what has to be escaped. */
#include "ui/roff.h"

#include <stdbool.h>
#include <string.h>

/*
 * One character. A minus is one that can be pasted, not a hyphen; quotes, ^, ` and ~ are those of ASCII. A
 * dot or a quote that begins a line would be a request.
 */
static void put(FILE *out, char c, bool begins)
{
	static const struct {
		char c;
		const char *escape;
	} escapes[] = {{'\\', "\\(rs"}, {'-', "\\-"},   {'\'', "\\(aq"}, {'"', "\\(dq"},
	               {'^', "\\(ha"},  {'`', "\\(ga"}, {'~', "\\(ti"}};
	for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++)
		if (escapes[i].c == c) {
			fputs(escapes[i].escape, out);
			return;
		}
	if (begins && c == '.')
		fputs("\\&", out);
	putc(c, out);
}

/* With `fill`, line breaks become spaces and ` switches bold on and off. */
static void put_all(FILE *out, const char *text, bool fill)
{
	bool begins = true, bold = false;
	for (const char *c = text; *c != '\0'; c++) {
		if (fill && *c == '`') {
			bold = !bold;
			fputs(bold ? "\\fB" : "\\fR", out);
			continue;
		}
		put(out, fill && *c == '\n' ? ' ' : *c, begins);
		begins = *c == '\n' && !fill;
	}
	if (bold)
		fputs("\\fR", out);
}

void roff_text(FILE *out, const char *text)
{
	put_all(out, text, true);
	putc('\n', out);
}

void roff_title(FILE *out, const char *name, const char *section, const char *date, const char *source)
{
	const char *const words[] = {name, section, date, source};
	fputs(".TH", out);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		fputs(" \"", out);
		put_all(out, words[i], true);
		putc('"', out);
	}
	fputs("\n.nh\n.ad l\n", out); /* what is to be pasted or searched for stays in one piece */
}

static void heading(FILE *out, const char *macro, const char *title)
{
	fprintf(out, "%s \"", macro);
	put_all(out, title, true);
	fputs("\"\n", out);
}

void roff_section(FILE *out, const char *title)
{
	heading(out, ".SH", title);
}

void roff_subsection(FILE *out, const char *title)
{
	heading(out, ".SS", title);
}

void roff_paragraph(FILE *out, const char *text)
{
	fputs(".PP\n", out);
	roff_text(out, text);
}

void roff_tag(FILE *out, const char *word)
{
	fputs(".TP\n", out);
	roff_text(out, word);
}

void roff_item(FILE *out, const char *word, const char *text)
{
	roff_tag(out, word);
	roff_text(out, text);
}

void roff_example(FILE *out, const char *lines)
{
	fputs(".PP\n.in +4n\n.nf\n", out);
	put_all(out, lines, false);
	fputs("\n.fi\n.in\n", out);
}
