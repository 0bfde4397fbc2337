/* Meanings by the hash of their text. Called by trace_file.c for every line. */
#include "analyzer/trace_memo.h"

#include "analyzer/hash.h"

/* The same words in another text that is equal. */
static struct span moved(struct span words, struct span from, struct span to)
{
	return words.n == 0 ? words : span_cut(to, span_offset(from, words), words.n);
}

/* The stamp is that of the line, all else that of the meaning. */
static void recall(const struct trace_meaning *meaning, struct trace_line *out)
{
	const struct trace_line stamp = *out;
	*out = meaning->line;
	out->has_time = stamp.has_time;
	out->has_sequence = stamp.has_sequence;
	out->has_pid = stamp.has_pid;
	out->no_year = stamp.no_year;
	out->time = stamp.time;
	out->zone = stamp.zone;
	out->sequence = stamp.sequence;
	out->pid = stamp.pid;
	out->repairs += stamp.repairs;
	out->text = stamp.text;
	out->words = moved(out->words, span_of(meaning->text, meaning->n), stamp.text);
}

/* The stamp of a syslog line stands in its text, but does not always count. */
static void keep(struct trace_meaning *meaning, const struct trace_line *line, uint32_t stamp_repairs)
{
	struct span text = line->text;
	if (text.n > sizeof meaning->text || line->kind == TRACE_SYSLOG)
		return;
	memcpy(meaning->text, text.p, text.n);
	meaning->n = text.n;
	meaning->line = *line;
	meaning->line.repairs -= stamp_repairs;
	meaning->line.words = moved(line->words, text, span_of(meaning->text, meaning->n));
}

void trace_memo_decode(struct trace_memo *memo, struct span line, struct trace_line *out)
{
	if (trace_decode_exact(line, out))
		return;
	struct span text = out->text;
	struct trace_meaning *meaning = &memo->meanings[hash_bytes(text.p, text.n) % TRACE_MEMO_TEXTS];
	if (span_equal(text, span_of(meaning->text, meaning->n))) {
		recall(meaning, out);
		return;
	}
	uint32_t stamp_repairs = out->repairs;
	trace_decode_words(out);
	keep(meaning, out, stamp_repairs);
}
