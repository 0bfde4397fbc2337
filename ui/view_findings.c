/* The tables of findings, of a session or of the capture as a whole. Called through ui/view.h. */
#include "ui/view.h"

static const struct findings *findings_here(const struct row *row)
{
	return row->session != NULL ? &row->session->findings : &row->view->capture;
}

static const struct finding *finding(const struct row *row)
{
	return row->item;
}

static struct value id(const struct row *row)
{
	return view_text(finding(row)->id);
}

static struct value severity(const struct row *row)
{
	return view_text(findings_severity_name(finding(row)->severity));
}

static struct value summary(const struct row *row)
{
	return view_text(finding(row)->summary);
}

static struct value cause(const struct row *row)
{
	return view_text(finding(row)->cause);
}

static size_t advice_count(const struct row *parent)
{
	return finding(parent)->n_advice;
}

static struct value advice(const struct row *row)
{
	return view_text(finding(row)->advice[row->index]);
}

static const struct column advice_columns[] = {{.get = advice}};

const struct table view_findings_advice = {TABLE_OF(advice_columns), .count = advice_count};

static const struct origin *evidence(const struct row *row)
{
	return &finding(row)->evidence[row->index];
}

static size_t evidence_count(const struct row *parent)
{
	return finding(parent)->n_evidence;
}

static struct value evidence_input(const struct row *row)
{
	return view_input(row->view->model, evidence(row)->input);
}

static struct value evidence_packet(const struct row *row)
{
	return view_packet(evidence(row));
}

static struct value evidence_line(const struct row *row)
{
	return view_line(evidence(row));
}

static struct value evidence_time(const struct row *row)
{
	return view_time(evidence(row));
}

static const struct column evidence_columns[] = {
    {.key = "input", .get = evidence_input},
    {.key = "packet", .label = "Packet", .get = evidence_packet},
    {.key = "line", .get = evidence_line},
    {.key = "time", .get = evidence_time},
};

const struct table view_findings_evidence = {TABLE_OF(evidence_columns), .count = evidence_count};

static size_t findings_count(const struct row *parent)
{
	return findings_here(parent)->n;
}

static void findings_open(const struct row *parent, struct row *row)
{
	row->item = &findings_here(parent)->list[row->index];
}

static const struct column columns[] = {
    {.key = "id", .label = "Finding", .get = id},
    {.key = "severity", .label = "Severity", .get = severity},
    {.key = "summary", .label = "Summary", .get = summary},
    {.key = "cause", .label = "Cause", .get = cause},
    {.key = "advice", .shape = COLUMN_STRINGS, .table = &view_findings_advice},
    {.key = "evidence", .shape = COLUMN_LIST, .table = &view_findings_evidence},
};

static const struct column name_columns[] = {{.key = "id", .get = id}};

const struct table view_finding_name = {TABLE_OF(name_columns)};

const struct table view_findings = {TABLE_OF(columns), .count = findings_count, .open = findings_open};
