/* The tables of the program as parts of its manual page, and the page as a whole; see manual.h. */
#include "ui/manual.h"

#include "ui/filter_fields.h"
#include "ui/keys.h"
#include "ui/options.h"
#include "ui/roff.h"

#include <string.h>

#define WORDS 12 /* a longer list of words stands elsewhere */

/* ---- options ---- */

static void write_options(FILE *out)
{
	const struct option_row *row;
	char word[96], letter[16];
	for (size_t i = 0; (row = options_row(i)) != NULL; i++) {
		letter[0] = '\0';
		if (row->letter < OPTIONS_LONG_ONLY)
			snprintf(letter, sizeof letter, "`-%c`, ", row->letter);
		snprintf(word, sizeof word, "%s`--%s` %s", letter, row->name,
		         row->argument != NULL ? row->argument : "");
		roff_item(out, word, row->help);
	}
}

/* ---- the filter ---- */

static const char *values_of(enum filter_kind kind)
{
	switch (kind) {
	case FILTER_TEXT_ANY:
		return "any text";
	case FILTER_WORD:
		return "one of:";
	case FILTER_RANK:
		return "in this order:";
	case FILTER_HOST:
		return "10.1.1.5, 10.1.1.5:40000 or [2001:db8::1]:16113";
	case FILTER_MAC:
		return "a MAC address in any notation";
	case FILTER_NUMBER:
		return "a number, also 10k, 2M or 1G";
	case FILTER_DURATION:
		return "500us, 20ms, 10s, 5m, 2h or 1d";
	case FILTER_TIME:
		return "2026-03-02 or 2026-03-02T09:15, also with seconds; Z behind it: UTC; equal is the "
		       "whole day, "
		       "minute or second";
	}
	return "";
}

static size_t count_words(const struct filter_field *field)
{
	size_t n = 0;
	while (field->words != NULL && field->words(n) != NULL)
		n++;
	return n;
}

static void write_field(FILE *out, size_t i)
{
	const struct filter_field *field = &filter_fields[i];
	char text[600], word[64], problem[FILTER_PROBLEM];
	size_t n = 0, words = count_words(field);
	n += (size_t)snprintf(text, sizeof text, "%s: ", field->about);
	n += (size_t)snprintf(&text[n], sizeof text - n, "%s",
	                      words > WORDS ? "one of those below" : values_of(field->kind));
	for (size_t w = 0; w < words && words <= WORDS; w++)
		n += (size_t)snprintf(&text[n], sizeof text - n, "%s %s", w > 0 ? "," : "", field->words(w));
	n += (size_t)snprintf(&text[n], sizeof text - n, " (");
	for (uint8_t op = 0; op < FILTER_OPERATORS; op++) {
		struct filter_term term = {.field = (uint8_t)i, .op = op};
		if (filter_operator_fits(&term, problem))
			n += (size_t)snprintf(&text[n], sizeof text - n, "%s`%s`", op > 0 ? " " : "",
			                      filter_operator_name((enum filter_operator)op));
	}
	snprintf(&text[n], sizeof text - n, ")");
	snprintf(word, sizeof word, "`%s`", field->name);
	roff_item(out, word, text);
}

static void write_filter(FILE *out)
{
	for (size_t i = 0; i < filter_n_fields; i++)
		write_field(out, i);
}

/* ---- keys ---- */

/* " (on Sessions, Findings)", " (not on Messages)", or nothing where it is all of them. */
static void write_screens(char *text, size_t room, unsigned screens)
{
	const unsigned all = (1u << SCREENS) - 1, but = all & ~screens;
	bool few = (but & (but - 1)) == 0; /* one at most is missing */
	size_t n = 0;
	text[0] = '\0';
	for (enum screen_id screen = 0; screen < SCREENS; screen++)
		if (((few ? but : screens) >> screen & 1) != 0)
			n += (size_t)snprintf(&text[n], room - n, "%s%s",
			                      n > 0 ? ", "
			                      : few ? " (not on "
			                            : " (on ",
			                      keys_screen_name(screen));
	snprintf(&text[n], room - n, "%s", n > 0 ? ")" : "");
}

static void write_keys(FILE *out)
{
	char word[64], text[400], screens[120];
	roff_subsection(out, "Keys");
	for (size_t i = 0; i < keys_n_rows; i++) {
		write_screens(screens, sizeof screens, keys_rows[i].screens);
		snprintf(text, sizeof text, "%s%s", keys_rows[i].help, screens);
		snprintf(word, sizeof word, "`%s`", keys_rows[i].shown);
		roff_item(out, word, text);
	}
	roff_paragraph(out, keys_signs);
}

/* ---- findings ---- */

static bool was_listed(size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (strcmp(findings_id(i), findings_id(row)) == 0)
			return true;
	return false;
}

static void write_findings(FILE *out)
{
	static const char *const titles[] = {
	    [SEVERITY_ERROR] = "Errors", [SEVERITY_WARNING] = "Warnings", [SEVERITY_INFO] = "Information"};
	char word[64];
	for (int severity = SEVERITY_ERROR; severity >= SEVERITY_INFO; severity--) {
		roff_subsection(out, titles[severity]);
		for (size_t i = 0; findings_id(i) != NULL; i++) {
			if ((int)findings_gravest(i) != severity || was_listed(i))
				continue;
			snprintf(word, sizeof word, "`%s`", findings_id(i));
			roff_item(out, word, findings_meaning(findings_id(i)));
		}
	}
}

/* ---- the page ---- */

static void write_table(FILE *out, enum manual_table table)
{
	static void (*const writers[])(FILE *) = {[MANUAL_OPTIONS] = write_options,
	                                          [MANUAL_FILTER] = write_filter,
	                                          [MANUAL_KEYS] = write_keys,
	                                          [MANUAL_FINDINGS] = write_findings};
	writers[table](out);
}

void manual_write(FILE *out)
{
	roff_title(out, "NMSPSCOPE", "1", "", "nmspscope " VIEW_VERSION);
	for (size_t i = 0; i < manual_n_rows; i++) {
		const struct manual_row *row = &manual_rows[i];
		switch (row->kind) {
		case MANUAL_SECTION:
			roff_section(out, row->word);
			break;
		case MANUAL_PARAGRAPH:
			roff_paragraph(out, row->text);
			break;
		case MANUAL_ITEM:
			roff_item(out, row->word, row->text);
			break;
		case MANUAL_EXAMPLE:
			roff_example(out, row->text);
			break;
		case MANUAL_TABLE:
			write_table(out, row->table);
			break;
		}
	}
}
