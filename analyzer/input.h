/*
 * One capture input: a file or standard input, plain or gzipped, read in slices.
 *
 * Owns the descriptor, the buffer, the gzip state and the capfile reader. Never waits for a pipe. Packets and
 * key logs borrow from the input's buffer until the next call.
 */
#ifndef ANALYZER_INPUT_H
#define ANALYZER_INPUT_H

#include "analyzer/capfile.h"
#include "analyzer/source.h"

enum input_result {
	INPUT_PACKET,
	INPUT_WAIT,      /* a pipe has nothing more at the moment: ask again when input_fd() is readable */
	INPUT_SECRETS,   /* out->data holds lines of a TLS key log, all else in *out is 0; no packet is counted */
	INPUT_END,       /* the whole input was read */
	INPUT_TRUNCATED, /* it ended in the middle of an item, or is damaged: input_problem() says how */
};

enum input_start {
	INPUT_STARTED,
	INPUT_STARTING, /* a pipe has not said enough yet: call again when input_fd() is readable */
	INPUT_REFUSED,
};

struct input;

/* Takes the source over and reads nothing yet. Free with input_close. */
struct input *input_new(struct source *source);

/* The same regular file from its start, while the first reading may go on. NULL for a pipe, and without a
 * descriptor. */
struct input *input_again(const struct input *input);
void input_close(struct input *input); /* NULL is allowed */

/*
 * Reads up to the first packet, so that errors of the head show at once. INPUT_REFUSED and a sentence in `err`
 * that names the path and the cure when it holds 0 bytes or is no capture file.
 */
enum input_start input_start(struct input *input, struct err *err);

/* It is no regular file: more may come later. */
bool input_is_pipe(const struct input *input);

/* What to poll for reading after INPUT_WAIT or INPUT_STARTING. */
int input_fd(const struct input *input);

/* The next packet or key log in *out. After INPUT_END or INPUT_TRUNCATED the answer stays the same. */
enum input_result input_next(struct input *input, struct capfile_packet *out);

/* Time of the first packet, INT64_MAX when there is none: files are read in this order. */
int64_t input_first_time(const struct input *input);

const char *input_name(const struct input *input);    /* the path as given; "-" for standard input */
const char *input_problem(const struct input *input); /* a sentence, "" when all is well */
enum capfile_kind input_kind(const struct input *input);
uint64_t input_packets(const struct input *input); /* handed out so far */
uint64_t input_bytes(const struct input *input);   /* captured bytes of these packets */
int64_t input_dropped(const struct input *input);  /* -1 when the file does not say */
bool input_redacted(const struct input *input);    /* as capfile_redacted */
int64_t input_until(const struct input *input);    /* as capfile_until, INT64_MIN when not known */
uint32_t input_snaplen(const struct input *input); /* 0 when unlimited or unknown */

/* Decryption secrets blocks that were not handed out: too large, or too many before the first packet. */
uint64_t input_skipped_secrets(const struct input *input);

/* Bytes read of the file as stored, and its size (0 for a pipe): for the progress line. */
uint64_t input_position(const struct input *input);
uint64_t input_size(const struct input *input);

#endif
