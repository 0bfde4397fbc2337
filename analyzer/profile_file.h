/* The framing profile of a file, for -P. The only place where a profile is read from outside the program. */
#ifndef ANALYZER_PROFILE_FILE_H
#define ANALYZER_PROFILE_FILE_H

#include "analyzer/source.h"
#include "dissect/profile.h"

/*
 * Reads and parses the file (design.md section 5). Returns the profile, to be freed with free(), or NULL and
 * a sentence that names the file, and the line and the word that are wrong.
 */
struct profile *profile_file_read(struct source *source, struct err *err);

#endif
