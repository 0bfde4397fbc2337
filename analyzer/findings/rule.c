/*
 * The writing of findings: texts cut to fit, evidence, times and names as people read them. Called by the
 * rules only. Never decides whether something is wrong.
 */
#include "analyzer/findings/rule.h"

#include "analyzer/session_trace.h"
#include "dissect/tls_names.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

struct finding *rule_finding(const struct rule *rule, struct findings *out)
{
	struct finding *finding = &out->list[out->n < LIMIT_FINDINGS ? out->n++ : LIMIT_FINDINGS - 1];
	*finding = (struct finding){.id = rule->id, .severity = rule->severity};
	return finding;
}

void rule_summary(struct finding *finding, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(finding->summary, sizeof finding->summary, format, list);
	va_end(list);
}

void rule_cause(struct finding *finding, const char *format, ...)
{
	size_t used = strlen(finding->cause);
	if (used > 0 && used + 1 < sizeof finding->cause)
		finding->cause[used++] = ' ';
	va_list list;
	va_start(list, format);
	vsnprintf(&finding->cause[used], sizeof finding->cause - used, format, list);
	va_end(list);
}

void rule_advice(struct finding *finding, const char *format, ...)
{
	if (finding->n_advice >= FINDING_ADVICE)
		return;
	va_list list;
	va_start(list, format);
	vsnprintf(finding->advice[finding->n_advice++], sizeof finding->advice[0], format, list);
	va_end(list);
}

void rule_command(struct finding *finding, const char *where, const char *format, ...)
{
	char command[sizeof finding->advice[0]];
	if (finding->n_advice >= FINDING_ADVICE)
		return;
	va_list list;
	va_start(list, format);
	vsnprintf(command, sizeof command, format, list);
	va_end(list);
	finding->command[finding->n_advice] = strlen(where) + strlen(": ");
	rule_advice(finding, "%s: %s", where, command);
}

void rule_path_mtu(const struct session *session, struct finding *finding)
{
	enum { MTU = 1500, ICMP = 8, IP4 = 20, IP6 = 40 };
	const struct addr *controller = &session->addr[session->controller];
	char text[ADDR_TEXT];
	if (controller->version == 0)
		return;
	rule_command(finding, "path MTU, from the engine", "ping -M do -s %d %s",
	             MTU - ICMP - (controller->version == 6 ? IP6 : IP4), addr_text(controller, text));
}

void rule_evidence(struct finding *finding, const struct origin *at)
{
	if (at->packet == 0 || finding->n_evidence >= FINDING_EVIDENCE)
		return;
	uint32_t place = finding->n_evidence;
	while (place > 0 && origin_order(&finding->evidence[place - 1], at) > 0)
		place--;
	if (place > 0 && origin_order(&finding->evidence[place - 1], at) == 0)
		return;
	memmove(&finding->evidence[place + 1], &finding->evidence[place],
	        (finding->n_evidence - place) * sizeof finding->evidence[0]);
	finding->evidence[place] = *at;
	finding->n_evidence++;
}

const char *rule_place(const struct origin *at, char text[RULE_TEXT])
{
	snprintf(text, RULE_TEXT, "%s %" PRIu64, at->line ? "line" : "packet", (uint64_t)at->packet);
	return text;
}

const char *rule_side(const struct session *session, uint8_t dir)
{
	return dir == session->controller ? "controller" : "engine";
}

const char *rule_duration(int64_t ns, char text[RULE_TEXT])
{
	static const struct {
		int64_t from, unit;
		const char *name;
		int digits;
	} units[] = {
	    {48 * 3600 * NS_PER_S, 24 * 3600 * NS_PER_S, "days", 0},
	    {2 * 3600 * NS_PER_S, 3600 * NS_PER_S, "hours", 1},
	    {120 * NS_PER_S, 60 * NS_PER_S, "minutes", 1},
	    {NS_PER_S, NS_PER_S, "s", 1},
	    {1000 * NS_PER_US, 1000 * NS_PER_US, "ms", 1},
	    {NS_PER_US, NS_PER_US, "us", 0},
	};
	size_t row = 0;
	while (row < RULE_COUNT(units) && ns < units[row].from)
		row++;
	if (row == RULE_COUNT(units))
		snprintf(text, RULE_TEXT, "less than 1 us");
	else if (units[row].digits == 0)
		snprintf(text, RULE_TEXT, "%lld %s", (long long)(ns / units[row].unit), units[row].name);
	else
		snprintf(text, RULE_TEXT, "%.*f %s", units[row].digits, (double)ns / (double)units[row].unit,
		         units[row].name);
	return text;
}

const char *rule_date(int64_t seconds, char text[RULE_TEXT])
{
	struct tm tm;
	time_t time = (time_t)seconds;
	if (gmtime_r(&time, &tm) == NULL || strftime(text, RULE_TEXT, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(text, RULE_TEXT, "a date out of range");
	return text;
}

const char *rule_alert(uint8_t code, char text[RULE_TEXT])
{
	const char *name = tls_alert_name(code);
	snprintf(text, RULE_TEXT, "%s(%u)", name != NULL ? name : "unassigned", (unsigned)code);
	return text;
}

const char *rule_mac(const struct cert *cert, char text[RULE_TEXT])
{
	if (cert == NULL)
		snprintf(text, RULE_TEXT, "its bytes are not in the capture");
	else if (!cert->has_mac)
		snprintf(text, RULE_TEXT, "it names no MAC");
	else
		snprintf(text, RULE_TEXT, "MAC %02x:%02x:%02x:%02x:%02x:%02x", cert->mac[0], cert->mac[1],
		         cert->mac[2], cert->mac[3], cert->mac[4], cert->mac[5]);
	return text;
}

const char *rule_count(uint64_t n, const char *noun, char text[RULE_TEXT])
{
	snprintf(text, RULE_TEXT, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
	return text;
}

const char *rule_pair(const struct session *session, char text[RULE_PAIR])
{
	char engine[ADDR_TEXT], controller[ADDR_TEXT];
	snprintf(text, RULE_PAIR, "the engine %s and the controller %s",
	         addr_text(&session->addr[session_engine(session)], engine),
	         addr_text(&session->addr[session->controller], controller));
	return text;
}

void rule_list(char *list, size_t room, const char *separator, const char *item)
{
	size_t used = strlen(list);
	snprintf(&list[used], room - used, "%s%s", used > 0 ? separator : "", item);
}

const char *rule_close(const struct session *session, char text[RULE_TEXT])
{
	static const char *const how[] = {[CLOSE_NONE] = "",
	                                  [CLOSE_FIN] = " (FIN)",
	                                  [CLOSE_RST] = " (RST)",
	                                  [CLOSE_ALERT] = " (fatal alert)",
	                                  [CLOSE_NOTIFY] = " (close_notify)"};
	if (session->closed.packet == 0)
		snprintf(text, RULE_TEXT, "still open%s",
		         session->trace != NULL ? " when the trace ends" : "");
	else if (session->close == CLOSE_NONE)
		snprintf(text, RULE_TEXT, "%s by the controller",
		         session_trace_syslog(session) ? "closed" : "freed");
	else
		snprintf(text, RULE_TEXT, "closed by the %s%s", rule_side(session, session->closed_by),
		         how[session->close]);
	return text;
}

const struct step *rule_step_before(const struct session *session, const struct origin *at)
{
	const struct step *last = NULL;
	for (uint32_t i = 0; i < session->n_steps; i++) {
		if (origin_order(&session->steps[i].at, at) <= 0)
			last = &session->steps[i];
	}
	return last;
}

bool rule_cited(const struct findings *findings, const struct origin *at)
{
	for (uint32_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->list[i];
		for (uint32_t k = 0; k < finding->n_evidence; k++) {
			if (finding->severity == SEVERITY_ERROR &&
			    origin_order(&finding->evidence[k], at) == 0)
				return true;
		}
	}
	return false;
}
