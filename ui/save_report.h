/*
 * What is written from the model: the report as text or JSON, certificates, messages. A session at a step.
 * Part of save_job.
 */
#ifndef UI_SAVE_REPORT_H
#define UI_SAVE_REPORT_H

#include "ui/save_job.h"

struct save_report;

/* NULL and a sentence when there is nothing to be saved. Free with save_report_free. */
struct save_report *save_report_begin(const struct save_source *source, const struct save_order *order,
                                      struct err *err);
void save_report_free(struct save_report *report);

/* Where it goes to. */
void save_report_open(struct save_report *report, FILE *out);

/* One session, or less. False at the end. */
bool save_report_step(struct save_report *report);

int save_report_percent(const struct save_report *report);

/* Certificates or messages that are in the file. */
uint64_t save_report_written(const struct save_report *report);

/* What is missing, as a sentence; "" when nothing is. */
void save_report_lack(const struct save_report *report, char text[200]);

#endif
