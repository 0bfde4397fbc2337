/* See buffer.h. */
#include "ui/buffer.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

#define LEAST 256

void buffer_grow(struct buffer *buffer, size_t n)
{
	size_t need = buffer->n + n, more = buffer->room == 0 ? LEAST : 2 * buffer->room;
	buffer->room = need > more ? need : more;
	buffer->p = xrealloc(buffer->p, buffer->room);
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->p);
	*buffer = (struct buffer){.p = NULL};
}

char *buffer_take(struct buffer *buffer)
{
	*buffer_room(buffer, 1) = '\0';
	char *text = buffer->p;
	*buffer = (struct buffer){.p = NULL};
	return text;
}
