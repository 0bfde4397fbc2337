/*
 * The report of a run in the format that was asked for, and the exit status that it gives.
 */
#ifndef UI_REPORT_H
#define UI_REPORT_H

#include "ui/page.h"
#include "ui/run.h"

/* The page that people read on standard output. */
struct page report_page(const struct run *run);

/* Prints the version, and run->privileges. */
void report_version(const struct run *run);
void report_privileges(const struct run *run);

/* Prints what is known. STATUS_TROUBLE and a sentence when the session that was asked for is not there. */
enum status report_print(const struct run *run, struct err *err);

#endif
