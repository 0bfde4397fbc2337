/* The table of time zones. Called by trace_session.c; data only. */
#include "analyzer/trace_zone.h"

enum { MINUTE = 60, HOUR = 60 * MINUTE };

bool trace_zone(struct span name, int32_t *seconds)
{
	static const struct {
		const char *name;
		int32_t seconds;
	} zones[] = {
	    {"UTC", 0},          {"GMT", 0},          {"Z", 0},
	    {"WET", 0},          {"WEST", HOUR},      {"CET", HOUR},
	    {"CEST", 2 * HOUR},  {"MEZ", HOUR},       {"MESZ", 2 * HOUR},
	    {"EET", 2 * HOUR},   {"EEST", 3 * HOUR},  {"MSK", 3 * HOUR},
	    {"EST", -5 * HOUR},  {"EDT", -4 * HOUR},  {"CDT", -5 * HOUR},
	    {"MDT", -6 * HOUR},  {"PST", -8 * HOUR},  {"PDT", -7 * HOUR},
	    {"AKST", -9 * HOUR}, {"AKDT", -8 * HOUR}, {"HST", -10 * HOUR},
	    {"JST", 9 * HOUR},   {"KST", 9 * HOUR},   {"AWST", 8 * HOUR},
	    {"AEST", 10 * HOUR}, {"AEDT", 11 * HOUR}, {"ACST", 9 * HOUR + 30 * MINUTE},
	    {"NZST", 12 * HOUR}, {"NZDT", 13 * HOUR},
	};
	*seconds = 0;
	for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
		if (!span_equal(name, span_of(zones[i].name, strlen(zones[i].name))))
			continue;
		*seconds = zones[i].seconds;
		return true;
	}
	return false;
}
