/*
 * A text that grows: values, lines and whole pages are put together in one before they are written, which
 * costs no allocation each. Holds any bytes and no NUL behind them. Called by the renderers.
 */
#ifndef UI_BUFFER_H
#define UI_BUFFER_H

#include <stddef.h>
#include <string.h>

/* All zero is an empty one. */
struct buffer {
	char *p;
	size_t n, room;
};

/* Makes room for `n` bytes more. */
void buffer_grow(struct buffer *buffer, size_t n);

/* Where the next `n` bytes go; whoever writes there raises buffer->n. */
static inline char *buffer_room(struct buffer *buffer, size_t n)
{
	if (buffer->p == NULL || buffer->room - buffer->n < n)
		buffer_grow(buffer, n);
	return &buffer->p[buffer->n];
}

static inline void buffer_add(struct buffer *buffer, const char *p, size_t n)
{
	memcpy(buffer_room(buffer, n), p, n);
	buffer->n += n;
}

static inline void buffer_add_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

static inline void buffer_fill(struct buffer *buffer, char c, size_t n)
{
	memset(buffer_room(buffer, n), c, n);
	buffer->n += n;
}

/* Forgets the text and keeps its memory. */
static inline void buffer_clear(struct buffer *buffer)
{
	buffer->n = 0;
}

void buffer_free(struct buffer *buffer);

/* The text as a C string, to be freed with free(); the buffer is empty then, and without memory. */
char *buffer_take(struct buffer *buffer);

#endif
