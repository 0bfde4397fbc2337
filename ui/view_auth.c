/* The table of the AuthList decision: what was observed, what the given list predicts. design.md section 6.
 */
#include "ui/view.h"

static const struct session_auth *auth(const struct row *row)
{
	return &row->session->auth;
}

static const struct authlist_entry *entry(const struct row *row)
{
	return auth(row)->decision.entry;
}

/* ---- observed ---- */

static struct value observed(const struct row *row)
{
	struct value value = view_text(session_observed_name(auth(row)->observed));
	value.inferred = auth(row)->observed != AUTH_OBSERVED_NONE && auth(row)->inferred;
	return value;
}

static struct value observed_inferred(const struct row *row)
{
	return view_bool(auth(row)->inferred);
}

/* The proofs that are lines of a trace, or those that are packets. */
static size_t proofs_of(const struct row *row, bool line)
{
	size_t n = 0;
	for (uint32_t i = 0; i < auth(row)->n_evidence; i++)
		n += auth(row)->evidence[i].line == line;
	return n;
}

static size_t packet_count(const struct row *parent)
{
	return proofs_of(parent, false);
}

static size_t line_count(const struct row *parent)
{
	return proofs_of(parent, true);
}

/* Packets stand in front of lines. */
static struct value packet(const struct row *row)
{
	return view_packet(&auth(row)->evidence[row->index]);
}

static struct value line(const struct row *row)
{
	return view_line(&auth(row)->evidence[packet_count(row) + row->index]);
}

static const struct column packet_columns[] = {{.get = packet}};
static const struct table packets = {TABLE_OF(packet_columns), .count = packet_count};
static const struct column line_columns[] = {{.get = line}};
static const struct table lines = {TABLE_OF(line_columns), .count = line_count};

/* ---- predicted ---- */

static const char *meaning(const struct authlist *list, const struct auth_decision *decision)
{
	switch (decision->prediction) {
	case AUTH_NO_LIST:
		return list->n_files == 0 ? "no AuthList was given; -a FILE compares one"
		                          : "the given AuthList holds no entry to compare with";
	case AUTH_NO_CERTIFICATE:
		return "the engine sent no certificate that could be compared";
	case AUTH_NOT_VISIBLE:
		return "the engine's certificate is not visible in this capture";
	case AUTH_MATCH:
		return decision->disputed ? "one of the lists allows this certificate"
		                          : "the list allows this certificate";
	case AUTH_DAMAGED_ENTRY:
		return "the list has an entry for it, but with a typing error";
	case AUTH_HASH_KIND:
		return "the list has a hash of it, but of the wrong kind";
	case AUTH_HASH_MISMATCH:
		return "the list has the MAC, but with another hash";
	case AUTH_HASH_OTHER_MAC:
		return "the list has the hash, but under another MAC";
	case AUTH_MAC_NOT_LISTED:
		return "the list has neither the MAC nor the hash";
	}
	return NULL;
}

static struct value predicted(const struct row *row)
{
	struct value value = view_text(auth_prediction_name(auth(row)->decision.prediction));
	value.inferred = auth(row)->stand_in != NULL;
	return value;
}

static struct value predicted_inferred(const struct row *row)
{
	return view_bool(auth(row)->stand_in != NULL);
}

static struct value predicted_meaning(const struct row *row)
{
	return view_text(meaning(&row->view->model->authlist, &auth(row)->decision));
}

static struct value detail(const struct row *row)
{
	return view_text(auth(row)->decision.detail);
}

static struct value mac(const struct row *row)
{
	const struct cert *cert = auth(row)->cert;
	if (cert == NULL || !cert->has_mac)
		return view_null();
	return view_mac(cert->mac);
}

static bool has_match(const struct row *row)
{
	enum auth_prediction p = auth(row)->decision.prediction;
	return p == AUTH_MATCH || p == AUTH_HASH_KIND || p == AUTH_HASH_OTHER_MAC;
}

static struct value matched(const struct row *row)
{
	return has_match(row) ? view_text(cert_hash_name(auth(row)->decision.matched)) : view_null();
}

static struct value matched_label(const struct row *row)
{
	return has_match(row) ? view_text(cert_hash_label(auth(row)->decision.matched)) : view_null();
}

/* The engine's key hash in the digest that the entry has, to be compared by eye. */
static struct value engine_hash(const struct row *row)
{
	const struct cert *cert = auth(row)->cert;
	if (cert == NULL || entry(row) == NULL)
		return view_null();
	enum cert_hash which = authlist_is_sha256(entry(row)) ? CERT_SPKI_SHA256 : CERT_SPKI_SHA1;
	if (!cert->has_hash[which])
		return view_null();
	return (struct value){.kind = VALUE_BYTES,
	                      .bytes = span_of(cert->hash[which], cert_hash_bytes(which))};
}

/* ---- fix ---- */

static size_t fix_count(const struct row *parent)
{
	return parent->session->fix.lines;
}

static struct value fix(const struct row *row)
{
	return view_text(row->session->fix.line[row->index]);
}

static const struct column fix_columns[] = {{.get = fix}};

const struct table view_auth_fix = {TABLE_OF(fix_columns), .count = fix_count};

static const struct column columns[] = {
    {.key = "observed", .label = "Observed", .get = observed},
    {.key = "observed_inferred", .get = observed_inferred},
    {.label = "In packets", .shape = COLUMN_STRINGS, .table = &packets},
    {.label = "In lines", .shape = COLUMN_STRINGS, .table = &lines},
    {.key = "predicted", .label = "Predicted", .get = predicted},
    {.key = "predicted_inferred", .get = predicted_inferred},
    {.label = "That is", .get = predicted_meaning},
    {.label = "In detail", .get = detail},
    {.key = "mac", .label = "Engine MAC", .get = mac},
    {.key = "matched", .get = matched},
    {.label = "Matched by", .get = matched_label},
    {.key = "entry", .label = "Entry", .shape = COLUMN_OBJECT, .table = &view_entry},
    {.label = "Engine hash", .get = engine_hash},
    {.key = "fix", .shape = COLUMN_STRINGS, .table = &view_auth_fix},
};

const struct table view_auth = {TABLE_OF(columns)};
