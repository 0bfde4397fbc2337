/*
 * Why something outside the input failed: a file, a permission, a filter. The caller owns it; only main
 * prints it. A text names the thing and the cure.
 */
#ifndef ANALYZER_ERR_H
#define ANALYZER_ERR_H

struct err {
	char text[512];
};

/* Writes the text, cut to fit, and returns -1 for the caller to return. */
__attribute__((format(printf, 2, 3))) int err_set(struct err *err, const char *format, ...);

#endif
