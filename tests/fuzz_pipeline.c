/*
 * Fuzz target of everything: bytes to packets to sessions to findings to both reports, with the promises
 * that the model and the reports make checked behind it.
 *
 * The input is a capture file. When its first byte is 'S' the rest is a series of TCP segments of one
 * conversation instead (see next_segment), so that the fuzzer reaches TLS without inventing headers. Every
 * fourth length: the sessions are printed as traces, read back by a clock of their own, and matched.
 */
#include "analyzer/analyze.h"
#include "analyzer/trace_match.h"
#include "analyzer/trace_session.h"
#include "tests/frames.h"
#include "ui/as_trace.h"
#include "ui/json.h"
#include "ui/text.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#define SEGMENTS     'S'
#define REPORTED     4   /* sessions that are rendered; the rest is only judged */
#define MOST_PACKETS 2000
#define LINK_RAW     101 /* raw IP */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- packets ---- */

static void read_file(struct analyze *analyze, uint32_t input, struct span left)
{
	struct capfile *file = capfile_new();
	struct capfile_packet packet;
	enum capfile_result result = CAPFILE_PACKET;
	for (unsigned i = 0; i < MOST_PACKETS && (result == CAPFILE_PACKET || result == CAPFILE_SECRETS); i++) {
		result = capfile_next(file, &left, &packet);
		if (result == CAPFILE_PACKET)
			analyze_packet(analyze, input, &packet);
		else if (result == CAPFILE_SECRETS)
			analyze_secrets(analyze, packet.data);
	}
	capfile_free(file);
}

/* The conversation of the second mode. Direction 1 sends from the NMSP port. */
struct talk {
	int64_t time;
	uint32_t seq[2];
};

enum { /* bits of a segment's first byte */
	FROM_CONTROLLER = 0x01,
	HAS_SYN = 0x02,
	HAS_FIN = 0x04,
	HAS_RST = 0x08,
	NO_ACK = 0x10,
	WAITS = 0x20, /* a byte follows: tenths of a second */
	MOVED = 0x40, /* two bytes follow: added to the sequence number */
	IS_CUT = 0x80, /* a byte follows: captured bytes of the payload */
};

static unsigned tcp_flags(uint8_t bits)
{
	unsigned flags = bits & NO_ACK ? 0 : TCP_ACK;
	flags |= bits & HAS_SYN ? TCP_SYN : 0;
	flags |= bits & HAS_FIN ? TCP_FIN : 0;
	return flags | (bits & HAS_RST ? TCP_RST : 0);
}

static void add_headers(const struct talk *talk, unsigned dir, uint32_t seq, unsigned flags)
{
	static const char *const ports[2] = {"c000 3ef1", "3ef1 c000"};
	static const char *const hosts[2] = {"0a000001 0a000002", "0a000002 0a000001"};
	frames_lead("%s %08x %08x 50%02x 0100 0000 0000", ports[dir], seq,
	            flags & TCP_ACK ? talk->seq[dir ^ 1] : 0, flags);
	frames_lead("4500 %04x 0000 4000 4006 0000 %s", (unsigned)frames_length() + 20, hosts[dir]);
}

/* A segment: its bits, what these announce, two bytes of length, payload. */
static void next_segment(struct analyze *analyze, uint32_t input, struct talk *talk, struct rd *r)
{
	uint8_t bits = rd_u8(r);
	unsigned dir = bits & FROM_CONTROLLER;
	talk->time += NS_PER_US * 100;
	talk->time += bits & WAITS ? rd_u8(r) * NS_PER_S / 10 : 0;
	uint32_t moved = bits & MOVED ? (uint32_t)(int16_t)rd_u16(r) : 0;
	uint32_t seq = talk->seq[dir] + moved;
	size_t hidden = bits & IS_CUT ? rd_u8(r) : 0, n = rd_u16(r);
	struct span payload = rd_span(r, n < rd_left(r) ? n : rd_left(r));
	frames_start("");
	if (payload.n > 0)
		frames_start_bytes(payload);
	add_headers(talk, dir, seq, tcp_flags(bits));
	size_t wire = frames_length(), captured = hidden < payload.n ? wire - hidden : wire;
	uint8_t *block = malloc(captured);
	assert(block != NULL);
	memcpy(block, frames_span().p, captured);
	struct capfile_packet packet = {
	    .time = talk->time, .linktype = LINK_RAW, .wire = wire, .data = span_of(block, captured)};
	analyze_packet(analyze, input, &packet);
	free(block);
	if ((bits & MOVED) == 0)
		talk->seq[dir] = seq + (uint32_t)payload.n + (bits & (HAS_SYN | HAS_FIN) ? 1 : 0);
}

static void read_segments(struct analyze *analyze, uint32_t input, struct span bytes)
{
	struct talk talk = {.time = 1700000000 * NS_PER_S, .seq = {0xfffff000, 0x1000}};
	struct rd r = rd_of(bytes);
	for (unsigned i = 0; i < MOST_PACKETS && rd_more(&r); i++)
		next_segment(analyze, input, &talk, &r);
}

/* ---- what must hold ---- */

static void check_origin(const struct capture *capture, const struct origin *at)
{
	assert((at->line || at->packet <= capture->packets) && at->input < capture->n_inputs);
}

static void check_direction(const struct model *model, const struct session *session, uint8_t dir)
{
	const struct session_tcp *tcp = &session->tcp;
	const struct session_tls *tls = &session->tls;
	assert(tcp->delivered[dir] <= tcp->bytes[dir]);
	assert(tls->datagram || (tcp->gaps[dir] == 0) == (tcp->lost_bytes[dir] == 0));
	assert(tls->datagram ? tcp->lost_bytes[dir] == 0 : tcp->gaps[dir] <= tcp->lost_bytes[dir]);
	assert((tcp->packets[dir] == 0) == (tcp->last[dir].packet == 0));
	assert((tcp->bytes[dir] == 0) == (tcp->first_data[dir].packet == 0));
	assert(tls->protected_records[dir] <= tls->records[dir]);
	assert(tls->protected_after_reply[dir] <= tls->protected_records[dir]);
	assert(tls->records[dir] == 0 || tcp->bytes[dir] > 0);
	check_origin(&model->capture, &tcp->last[dir]);
	check_origin(&model->capture, &tcp->fin[dir]);
}

static void check_session(const struct model *model, const struct session *session)
{
	check_direction(model, session, 0);
	check_direction(model, session, 1);
	assert(session->n_steps <= LIMIT_STEPS && session->n_alerts <= LIMIT_ALERTS);
	assert(session->n_icmp <= LIMIT_ICMP && session->n_certs <= LIMIT_CHAINS);
	assert(session->steps_dropped == 0 || session->n_steps == LIMIT_STEPS);
	assert(session->alerts_dropped == 0 || session->n_alerts == LIMIT_ALERTS);
	assert((session->close == CLOSE_NONE) == (session->closed.packet == 0));
	for (uint32_t i = 0; i < session->n_steps; i++) {
		assert(session->steps[i].at.packet >= session->opened.packet);
		check_origin(&model->capture, &session->steps[i].at);
	}
	for (uint32_t i = 0; i < session->n_alerts; i++)
		check_origin(&model->capture, &session->alerts[i].at);
	assert(session->opened.packet > 0 && session->last.packet >= session->opened.packet);
}

/* No session has left, so the sums of the capture are those of its sessions. */
static void check_sums(const struct model *model)
{
	const struct capture *capture = &model->capture;
	uint64_t packets = 0, icmp = 0, duplicates = 0, gaps = 0, cut = 0;
	uint32_t sessions = 0;
	bool bare = false; /* packets of these have no directions to be counted by */
	for (const struct session *s = model->first; s != NULL; s = s->next, sessions++) {
		bare = bare || s->bare;
		packets += s->tcp.packets[0] + s->tcp.packets[1] + s->tcp.duplicates;
		icmp += s->n_icmp;
		duplicates += s->tcp.duplicates;
		gaps += s->tcp.gaps[0] + s->tcp.gaps[1];
		cut += s->tcp.cut_packets;
	}
	assert(sessions == model->n_sessions && capture->evicted_sessions == 0);
	assert(capture->nmsp_packets >= packets + icmp && capture->nmsp_packets <= capture->packets);
	assert(icmp > 0 || bare || capture->nmsp_packets == packets);
	assert(capture->duplicates == duplicates && capture->gaps == gaps && capture->cut_packets == cut);
	assert(capture->packets == 0 || capture->first <= capture->last);
}

static void check_findings(const struct model *model, const struct findings *findings)
{
	assert(findings->n <= LIMIT_FINDINGS);
	for (uint32_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->list[i];
		assert(i == 0 || finding->severity <= findings->list[i - 1].severity);
		assert(finding->summary[0] != '\0');
		assert(finding->n_advice <= FINDING_ADVICE && finding->n_evidence <= FINDING_EVIDENCE);
		for (uint32_t j = 0; j < finding->n_evidence; j++)
			check_origin(&model->capture, &finding->evidence[j]);
	}
}

/* ---- reports ---- */

/* Not a single control character but the line's end reaches the reader. */
static void check_printable(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert(text[i] == '\n' || ((unsigned char)text[i] >= ' ' && (unsigned char)text[i] < 0x7f));
}

static void check_json(const char *text, size_t n)
{
	json_t *json = json_loadb(text, n, 0, NULL);
	assert(json_is_object(json));
	json_decref(json);
}

/* One of the two, or the fuzzer would spend its time here. */
static void write_report(const struct model *model, uint32_t only, bool as_json)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct view *view = view_new(model, only, NULL);
	struct page page = {.out = out, .format = {.escape = ESCAPE_ASCII, .utc = true}, .verbose = 2};
	if (as_json)
		json_report(out, view);
	else
		text_report(&page, view);
	view_free(view);
	assert(fclose(out) == 0 && n > 0);
	check_printable(text, n);
	if (as_json)
		check_json(text, n);
	free(text);
}

static void judge(const struct model *model)
{
	struct findings *findings = malloc(sizeof *findings);
	char verdict[VERDICT_TEXT];
	assert(findings != NULL);
	for (const struct session *s = model->first; s != NULL; s = s->next) {
		check_session(model, s);
		findings_of_session(model, s, findings);
		check_findings(model, findings);
		findings_verdict(model, s, findings, verdict);
		assert(verdict[0] != '\0' && memchr(verdict, '\0', sizeof verdict) != NULL);
	}
	findings_of_capture(model, findings);
	check_findings(model, findings);
	check_sums(model);
	free(findings);
}

/* ---- trace and capture together ---- */

/* Every line that --as-trace prints is understood as it is. */
static void read_trace(struct model *model, char *text)
{
	uint32_t input = model_add_input(model, "trace");
	struct trace_sessions *sessions = trace_session_new(model);
	struct trace_item item = {.number = 0};
	trace_session_begin(sessions, input);
	int64_t ahead = (model->n_sessions % 3) * 3600 * NS_PER_S;
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		item.raw = span_of(line, strlen(line));
		item.number++;
		trace_decode(item.raw, &item.line);
		assert(item.line.kind > TRACE_OTHER && item.line.repairs == 0);
		item.line.time += ahead;
		trace_session_line(sessions, &item);
	}
	trace_session_end(sessions);
}

static void match_with_trace(struct model *model)
{
	char *text = NULL;
	size_t n = 0;
	uint32_t sequence = 1, before = model->n_sessions, joined = 0;
	FILE *out = open_memstream(&text, &n);
	for (const struct session *s = model->first; s != NULL; s = s->next)
		as_trace_session(out, model, s, &sequence);
	assert(fclose(out) == 0);
	check_printable(text, n);
	read_trace(model, text);
	trace_match(model);
	model_number_by_time(model);
	for (const struct session *s = model->first; s != NULL; s = s->next)
		joined += s->traced != NULL;
	assert(model->n_sessions <= 2 * before && joined <= before);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char list[] =
	    "00:50:56:9c:34:89 cc57338c3fde02ab5c40b5f05b2c0a1463cb21051983abe4f00370e52d11d7b3\n";
	struct span bytes = span_of(data, size);
	struct model *model = model_new();
	model->keylog = keylog_new();
	model->keys_may_come = true;
	if (size % 3 == 0) /* little room: what waits for a late key falls out */
		model->waiting.cap_each = 2048;
	struct analyze *analyze = analyze_new(model);
	uint32_t input = model_add_input(model, "fuzz");
	authlist_parse(&model->authlist, "list", span_of(list, sizeof list - 1));
	if (size > 0 && data[0] == SEGMENTS)
		read_segments(analyze, input, span_cut(bytes, 1, SIZE_MAX));
	else
		read_file(analyze, input, bytes);
	analyze_end(analyze);
	judge(model);
	if (size % 4 == 3)
		match_with_trace(model);
	write_report(model, model->n_sessions > REPORTED ? model->first->id : 0, size % 8 < 4);
	analyze_free(analyze);
	model_free(model);
	return 0;
}
