/*
 * The held plaintext of sessions as parts: each direction by itself, cut where bytes are missing. Called by
 * learn.c. Judges no byte.
 */
#include "analyzer/learn_parts.h"

#include "analyzer/xmalloc.h"

#include <stdlib.h>

static void begin_part(struct learn_data *data, uint32_t input, uint8_t dir, bool sure)
{
	data->parts[data->n_parts++] = (struct learn_part){.bytes = span_of(&data->bytes[data->n_bytes], 0),
	                                                   .from = data->n_bytes,
	                                                   .dir = dir,
	                                                   .input = input,
	                                                   .sure = sure,
	                                                   .records = &data->records[data->n_records]};
}

static void add_piece(struct learn_data *data, struct span bytes, uint32_t turn)
{
	struct learn_part *part = &data->parts[data->n_parts - 1];
	if (bytes.n == 0)
		return;
	data->records[data->n_records++] = (struct learn_record){part->bytes.n, turn};
	memcpy(&data->bytes[data->n_bytes], bytes.p, bytes.n);
	data->n_bytes += bytes.n;
	part->bytes.n += bytes.n;
	part->n_records++;
}

static void take_side(struct learn_data *data, const struct learn_input *input, uint32_t index, uint8_t dir)
{
	const struct messages_hold *hold = input->hold;
	struct rd r = rd_of(span_of(hold->bytes, hold->n));
	uint32_t parts = 1;
	begin_part(data, index, dir, !input->midstream);
	data->sure = data->sure || !input->midstream;
	for (size_t i = 0; i < hold->n_pieces; i++) {
		const struct messages_piece *piece = &hold->pieces[i];
		struct span bytes = rd_span(&r, piece->is_gap ? 0 : (size_t)piece->n);
		if (piece->dir != dir)
			continue;
		if (piece->is_gap && parts++ == LIMIT_LEARN_PARTS)
			return;
		if (piece->is_gap)
			begin_part(data, index, dir, false);
		else
			add_piece(data, bytes, (uint32_t)i);
	}
}

void learn_data_take(struct learn_data *data, const struct learn_input *inputs, size_t n)
{
	size_t n_bytes = 1, n_pieces = 0;
	n = n < LIMIT_LEARN_INPUTS ? n : LIMIT_LEARN_INPUTS;
	for (size_t i = 0; i < n; i++) {
		n_bytes += inputs[i].hold->n;
		n_pieces += inputs[i].hold->n_pieces;
	}
	*data = (struct learn_data){.bytes = xmalloc(n_bytes),
	                            .records = xcalloc(n_pieces + 1, sizeof data->records[0]),
	                            .parts = xcalloc(n_pieces + 2 * n + 1, sizeof data->parts[0])};
	for (size_t i = 0; i < n; i++)
		for (uint8_t dir = 0; dir < 2; dir++)
			take_side(data, &inputs[i], (uint32_t)i, dir);
}

void learn_data_free(struct learn_data *data)
{
	free(data->bytes);
	free(data->records);
	free(data->parts);
}
