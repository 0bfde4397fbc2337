/*
 * The list of options at the end of a pcapng block (draft-ietf-opsawg-pcapng section 3.5).
 *
 * Called by the reader in capfile.c; knows no option by its meaning.
 */
#ifndef ANALYZER_CAPFILE_OPTION_H
#define ANALYZER_CAPFILE_OPTION_H

#include "analyzer/capfile.h"

#define CAPFILE_OPTION 4 /* bytes of an option without its value: more than a block's padding */

/*
 * Takes the next option of a list in this byte order. False at its end and when it is malformed, which marks
 * *list bad.
 */
bool capfile_option_next(struct rd *list, bool big, uint16_t *code, struct rd *value);

/* The option's value is this text. */
bool capfile_option_says(const struct rd *value, const char *text);

/* The options of a section header: *ours, our own writer made it; the answer, it says that it is redacted. */
bool capfile_option_section(struct rd *list, bool big, bool *ours);

/* The options of an enhanced packet block, of which the packet was read: what epb_flags says of its direction. */
enum capfile_direction capfile_option_direction(struct rd *body, bool big);

#endif
