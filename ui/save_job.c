/* The file and its end; see save_job.h. */
#include "ui/save_job.h"

#include "analyzer/newfile.h"
#include "analyzer/xmalloc.h"
#include "ui/save_packets.h"
#include "ui/save_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct save_job {
	struct save_source source;
	enum save_what what;
	char *path;
	bool replace;
	size_t n;                     /* sessions */
	struct newfile *file;         /* NULL: it has ended */
	struct save_packets *packets; /* one of them is there */
	struct save_report *report;
	bool disturbed;
	bool lacks;
	char result[512 + 256];
};

static int begin(struct save_job *job, const struct save_order *order, struct err *err)
{
	if (order->what == SAVE_PACKETS)
		job->packets = save_packets_begin(&job->source, order, err);
	else
		job->report = save_report_begin(&job->source, order, err);
	if (job->packets == NULL && job->report == NULL)
		return -1;
	job->file = newfile_open(order->path, job->source.privileges, err);
	if (job->file == NULL)
		return -1;
	FILE *out = newfile_stream(job->file);
	if (job->report != NULL)
		save_report_open(job->report, out);
	else if (save_packets_open(job->packets, out) != 0)
		return err_set(err, "%.150s cannot be written: %s", order->path, strerror(errno));
	return 0;
}

struct save_job *save_job_begin(const struct save_source *source, const struct save_order *order,
                                struct err *err)
{
	struct save_job *job = xcalloc(1, sizeof *job);
	*job = (struct save_job){
	    .source = *source, .what = order->what, .replace = order->replace, .n = order->n};
	job->path = xstrdup(order->path);
	if (begin(job, order, err) == 0)
		return job;
	save_job_free(job);
	return NULL;
}

void save_job_free(struct save_job *job)
{
	if (job == NULL)
		return;
	newfile_drop(job->file);
	save_packets_free(job->packets);
	save_report_free(job->report);
	free(job->path);
	free(job);
}

/* "saved 31 packets of 2 sessions to ./x.pcapng" */
static void tell(struct save_job *job)
{
	static const char *const nouns[SAVE_WHATS] = {
	    [SAVE_PACKETS] = "packet", [SAVE_CERTIFICATES] = "certificate", [SAVE_MESSAGES] = "message"};
	char lack[200], what[64] = "the report";
	uint64_t n =
	    job->packets != NULL ? save_packets_written(job->packets) : save_report_written(job->report);
	if (job->packets != NULL)
		save_packets_lack(job->packets, lack);
	else
		save_report_lack(job->report, lack);
	if (nouns[job->what] != NULL)
		snprintf(what, sizeof what, "%" PRIu64 " %s%s", n, nouns[job->what], view_plural(n));
	job->lacks = lack[0] != '\0';
	snprintf(job->result, sizeof job->result, "%s%ssaved %s of %zu session%s to %.400s", lack,
	         job->lacks ? "; " : "", what, job->n, view_plural(job->n), job->path);
}

static enum save_state fail(struct save_job *job, const char *reason)
{
	newfile_drop(job->file);
	job->file = NULL;
	snprintf(job->result, sizeof job->result, "%.400s was not saved: %s", job->path, reason);
	return SAVE_FAILED;
}

static enum save_state finish(struct save_job *job)
{
	struct err err;
	struct newfile *file = job->file;
	job->file = NULL;
	if (newfile_keep(file, job->replace, &err) == 0) {
		tell(job);
		return SAVE_DONE;
	}
	snprintf(job->result, sizeof job->result, "%s", err.text);
	return SAVE_FAILED;
}

enum save_state save_job_step(struct save_job *job, int64_t budget)
{
	int64_t start = feeds_clock();
	int result = 1;
	if (job->disturbed)
		return fail(job, "the sessions on the screen have changed meanwhile; save once more");
	while (result > 0 && feeds_clock() - start < budget)
		result =
		    job->packets != NULL ? save_packets_step(job->packets) : save_report_step(job->report);
	if (result < 0)
		return fail(job, errno == EOVERFLOW ? "there is no room in a file for one more link type"
		                                    : strerror(errno));
	if (ferror(newfile_stream(job->file)))
		return fail(job, "the disk is full, or the file would get too large");
	return result > 0 ? SAVE_WORKS : finish(job);
}

int save_job_percent(const struct save_job *job)
{
	return job->packets != NULL ? save_packets_percent(job->packets) : save_report_percent(job->report);
}

const char *save_job_result(const struct save_job *job, bool *lacks)
{
	*lacks = job->lacks;
	return job->result;
}

void save_job_disturb(struct save_job *job)
{
	if (job != NULL)
		job->disturbed = job->report != NULL;
}
