/*
 * Bytes -> printable text: the one function between captured bytes and a terminal or a JSON document.
 *
 * Everything that may come from the wire, a certificate, an allow list or a file name passes here before it
 * is written. It never drops a byte: what must not be shown as it is becomes visible as an escape.
 */
#ifndef UI_ESCAPE_H
#define UI_ESCAPE_H

#include "dissect/rd.h"
#include "ui/buffer.h"

enum escape_mode {
	ESCAPE_UTF8,  /* printable UTF-8 stays */
	ESCAPE_ASCII, /* only ASCII stays, for terminals and locales without UTF-8 */
};

/*
 * The text as valid UTF-8 without control characters: C0, DEL and bytes that are no UTF-8 (RFC 3629) become
 * \xNN; C1, bidirectional and other invisible formatting characters, line separators, noncharacters, and
 * in ESCAPE_ASCII mode every character beyond ASCII, become \u{...}.
 */
void escape_add(struct buffer *out, struct span bytes, enum escape_mode mode);

/* The same as a C string, to be freed with free(). */
char *escape_bytes(struct span bytes, enum escape_mode mode);

/* The same of a C string. */
char *escape_text(const char *text, enum escape_mode mode);

#endif
