/* Options of pcapng blocks; see capfile_option.h. Called by capfile.c only. Never reads past the block. */
#include "analyzer/capfile_option.h"

#include <string.h>

#define ALIGNMENT 4u

enum { OPTION_END = 0 };

bool capfile_option_next(struct rd *list, bool big, uint16_t *code, struct rd *value)
{
	if (!rd_more(list))
		return false;
	*code = big ? rd_u16(list) : rd_u16le(list);
	uint16_t n = big ? rd_u16(list) : rd_u16le(list);
	*value = rd_of(rd_span(list, n));
	rd_skip(list, (ALIGNMENT - n % ALIGNMENT) % ALIGNMENT);
	return rd_ok(list) && *code != OPTION_END;
}

bool capfile_option_says(const struct rd *value, const char *text)
{
	return span_equal(value->all, span_of(text, strlen(text)));
}

bool capfile_option_section(struct rd *list, bool big, bool *ours)
{
	enum { COMMENT = 1, USERAPPL = 4 };
	uint16_t code;
	struct rd value;
	bool redacted = false;
	*ours = false;
	while (capfile_option_next(list, big, &code, &value)) {
		if (code == USERAPPL)
			*ours = capfile_option_says(&value, CAPFILE_APPLICATION);
		else if (code == COMMENT)
			redacted = capfile_option_says(&value, CAPFILE_REDACTED);
	}
	return *ours && redacted;
}

enum capfile_direction capfile_option_direction(struct rd *body, bool big)
{
	enum { FLAGS = 2, DIRECTION = 3 };
	uint16_t code;
	struct rd value;
	uint32_t flags = 0;
	rd_skip(body, (ALIGNMENT - rd_at(body) % ALIGNMENT) % ALIGNMENT);
	while (capfile_option_next(body, big, &code, &value))
		if (code == FLAGS)
			flags = big ? rd_u32(&value) : rd_u32le(&value);
	flags &= DIRECTION;
	return flags == DIRECTION ? CAPFILE_NO_DIRECTION : (enum capfile_direction)flags;
}
