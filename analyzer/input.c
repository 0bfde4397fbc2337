/*
 * One capture input: reads and unpacks the bytes, lets capfile cut packets out of them, and says in words
 * what is wrong with a file. Called by whoever reads captures; the only file with <zlib.h>.
 *
 * The buffer holds the most that capfile ever needs, so it never grows; what one call of capfile_next left
 * moves to its front before the next read. Files are not mapped: they may shrink while they are read. Key
 * logs in front of the first packet are kept apart, because that packet is read when the file is opened.
 */
#include "analyzer/input.h"

#include "analyzer/err.h"
#include "analyzer/xmalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER_BYTES CAPFILE_NEED_MAX
#define MAGIC_BYTES  4
#define TEXT_SAMPLE  512              /* bytes looked at to tell text */
#define GZIP_MAGIC   "\x1f\x8b"       /* RFC 1952 section 2.3.1 */
#define GZIP_WINDOW  (16 + MAX_WBITS) /* zlib: expect a gzip header */

struct input {
	char *name;
	int fd;
	struct capfile *reader;
	uint8_t *buffer;
	struct span left;  /* bytes of the buffer that were not taken yet */
	uint64_t unpacked; /* bytes that came into the buffer so far */
	bool ended;        /* nothing more comes into the buffer */
	bool is_file;      /* a regular file: reading never waits, and others may read it by the same descriptor */
	off_t start;       /* where it was when it was opened */
	bool dry;          /* a pipe that has nothing at the moment */
	bool has_magic;
	char broken[96];   /* why reading or unpacking ended early, "" when it did not */

	z_stream *gzip; /* NULL when the file is plain */
	uint8_t *packed;

	struct capfile_packet first; /* read by input_start, handed out by the first input_next */
	bool has_first;
	int64_t first_time;
	uint8_t *early; /* key logs in front of it, handed out before it */
	size_t n_early;
	bool has_early;
	uint64_t skipped_early; /* blocks */
	enum input_result state; /* INPUT_PACKET until the end is reached */
	char problem[320];
	uint64_t packets, bytes;
	uint64_t position, size;
};

/* Frees bytes that may hold secrets; NULL is allowed. */
static void forget(uint8_t *bytes, size_t n)
{
	if (bytes != NULL)
		explicit_bzero(bytes, n);
	free(bytes);
}

/* ---- bytes into the buffer --------------------------------------------------------------------------- */

/* A read would not wait. */
static bool has_bytes(const struct input *input)
{
	struct pollfd ready = {.fd = input->fd, .events = POLLIN};
	return input->is_file || poll(&ready, 1, 0) != 0;
}

/*
 * Bytes of the file as stored; 0 at its end, when it cannot be read, which sets input->broken, and when a pipe
 * has none, which sets input->dry.
 */
static size_t read_stored(struct input *input, uint8_t *to, size_t n)
{
	input->dry = !has_bytes(input);
	if (input->dry)
		return 0;
	ssize_t got = input->is_file ? source_read_at(input->fd, to, n, input->start + (off_t)input->position)
	                             : source_read(input->fd, to, n);
	if (got < 0) {
		snprintf(input->broken, sizeof input->broken, "%s", strerror(errno));
		return 0;
	}
	input->position += (uint64_t)got;
	return (size_t)got;
}

/* Unpacks at least one byte; 0 at the end of the gzip data, where it is cut or damaged, and when it is dry. */
static size_t read_gzip(struct input *input, uint8_t *to, size_t n)
{
	z_stream *gzip = input->gzip;
	gzip->next_out = to;
	gzip->avail_out = (uInt)n;
	while (gzip->avail_out == n) {
		int result = inflate(gzip, Z_NO_FLUSH);
		if (result == Z_STREAM_END) {
			inflateReset(gzip);
		} else if (result == Z_BUF_ERROR && gzip->avail_in == 0) {
			gzip->next_in = input->packed;
			gzip->avail_in = (uInt)read_stored(input, input->packed, BUFFER_BYTES);
			if (gzip->avail_in == 0)
				break;
		} else if (result != Z_OK) {
			snprintf(input->broken, sizeof input->broken, "the gzip data is damaged: %s",
			         gzip->msg != NULL ? gzip->msg : "unknown kind");
			break;
		}
	}
	size_t got = n - gzip->avail_out;
	/* Between two members nothing has been taken of the next one yet. */
	if (got == 0 && !input->dry && gzip->total_in > 0 && input->broken[0] == '\0')
		snprintf(input->broken, sizeof input->broken, "the gzip data ends early");
	return got;
}

/* Moves what is left to the front and reads once. */
static void fill(struct input *input)
{
	size_t kept = input->left.n;
	if (kept > 0 && input->left.p != input->buffer)
		memmove(input->buffer, input->left.p, kept);
	uint8_t *to = &input->buffer[kept];
	size_t room = BUFFER_BYTES - kept;
	size_t got = input->gzip != NULL ? read_gzip(input, to, room) : read_stored(input, to, room);
	input->ended = got == 0 && !input->dry;
	input->unpacked += got;
	input->left = span_of(input->buffer, kept + got);
}

/* False when a pipe has not brought it yet. */
static bool fill_magic(struct input *input)
{
	do
		fill(input);
	while (input->left.n < MAGIC_BYTES && !input->ended && !input->dry);
	return !input->dry || input->left.n >= MAGIC_BYTES;
}

/* What was read so far becomes gzip's input. */
static void start_gzip(struct input *input)
{
	input->gzip = xcalloc(1, sizeof *input->gzip);
	if (inflateInit2(input->gzip, GZIP_WINDOW) != Z_OK)
		abort(); /* zlib fails here only when it is out of memory */
	input->packed = input->buffer;
	input->buffer = xmalloc(BUFFER_BYTES);
	input->gzip->next_in = input->packed;
	input->gzip->avail_in = (uInt)input->left.n;
	input->left = span_of(input->buffer, 0);
	input->unpacked = 0;
	input->ended = false;
}

/* ---- packets out of the buffer ----------------------------------------------------------------------- */

static void finish(struct input *input)
{
	const char *reason = capfile_problem(input->reader);
	if (reason[0] == '\0')
		reason = input->broken;
	if (reason[0] == '\0' && capfile_cut(input->reader, input->left.n))
		reason = "it ends in the middle of a packet or block";
	input->state = reason[0] == '\0' ? INPUT_END : INPUT_TRUNCATED;
	if (input->state == INPUT_END)
		return;
	snprintf(input->problem, sizeof input->problem,
	         "%s, after %" PRIu64 " packet%s, at byte %" PRIu64 "%s", reason, input->packets,
	         input->packets == 1 ? "" : "s", input->unpacked - input->left.n, input->gzip != NULL ? " of the unpacked file" : "");
}

/* INPUT_END also where the input is damaged: finish() tells. */
static enum input_result take(struct input *input, struct capfile_packet *out)
{
	enum capfile_result result;
	input->dry = false;
	while ((result = capfile_next(input->reader, &input->left, out)) == CAPFILE_MORE && !input->ended &&
	       !input->dry)
		fill(input);
	if (result == CAPFILE_SECRETS)
		return INPUT_SECRETS;
	if (result == CAPFILE_MORE && input->dry)
		return INPUT_WAIT;
	return result == CAPFILE_PACKET ? INPUT_PACKET : INPUT_END;
}

enum input_result input_next(struct input *input, struct capfile_packet *out)
{
	if (input->has_early) {
		*out = (struct capfile_packet){.data = span_of(input->early, input->n_early)};
		input->has_early = false;
		return INPUT_SECRETS;
	}
	if (input->state != INPUT_PACKET)
		return input->state;
	enum input_result result = INPUT_PACKET;
	if (input->has_first)
		*out = input->first;
	else
		result = take(input, out);
	input->has_first = false;
	if (result == INPUT_END) {
		finish(input);
		return input->state;
	}
	if (result != INPUT_PACKET)
		return result;
	input->packets++;
	input->bytes += out->data.n;
	return INPUT_PACKET;
}

/* ---- opening ----------------------------------------------------------------------------------------- */

/* What people give instead of a capture. */
static const struct other {
	const char *magic;
	const char *sentence;
} others[] = {
    {"snoop", "this is a snoop capture; convert it with editcap"},
    {"GMBU", "this is a Network Monitor capture; convert it with editcap"},
    {"\x28\xb5\x2f\xfd", "this is zstd data; unpack it with zstd -d"},
    {"\x04\x22\x4d\x18", "this is lz4 data; unpack it with lz4 -d"},
    {"\xfd\x37zXZ", "this is xz data; unpack it with xz -d"},
    {"BZh", "this is bzip2 data; unpack it with bzip2 -d"},
    {"PK\x03\x04", "this is a zip archive; unpack it with unzip"},
};

static bool is_text(struct span head)
{
	struct rd r = rd_of(span_cut(head, 0, TEXT_SAMPLE));
	while (rd_more(&r)) {
		uint8_t c = rd_u8(&r);
		bool layout = (c >= '\b' && c <= '\r') || c == 0x1b; /* white space, terminal colours */
		if ((c < ' ' && !layout) || c == 0x7f)
			return false;
	}
	return true;
}

/* Why the input is no capture file, and the cure. */
static void refuse(const struct input *input, struct err *err)
{
	const char *name = source_shown(input->name);
	struct span head = input->left;
	const char *problem = capfile_problem(input->reader);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		size_t n = strlen(others[i].magic);
		if (span_equal(span_cut(head, 0, n), span_of(others[i].magic, n))) {
			err_set(err, "%s: %s", name, others[i].sentence);
			return;
		}
	}
	bool cut = problem[0] == '\0';
	if (input->broken[0] != '\0')
		err_set(err, "%s: %s", name, input->broken);
	else if (head.n == 0)
		err_set(err, "%s: the file is empty (0 bytes); record again, e.g. tcpdump -i IFACE -w FILE",
		        name);
	else if (cut && head.n >= MAGIC_BYTES)
		err_set(err, "%s: the file ends inside its header (%zu bytes); copy or record it again", name,
		        head.n);
	else if (is_text(head))
		err_set(err, "%s: this is text, and -r needs pcap or pcapng; a debug trace goes to -t", name);
	else
		err_set(err, "%s: %s; -r needs a file that tcpdump, dumpcap or editcap wrote", name,
		        cut ? "too short to be a capture" : problem);
}

static struct input *new_of(const char *name, int fd)
{
	struct input *input = xcalloc(1, sizeof *input);
	input->name = xstrdup(name);
	input->fd = fd;
	input->reader = capfile_new();
	input->buffer = xmalloc(BUFFER_BYTES);
	input->left = span_of(input->buffer, 0);
	input->first_time = INT64_MAX;
	return input;
}

struct input *input_new(struct source *source)
{
	struct input *input = new_of(source->name, source_take(source));
	struct stat status;
	input->is_file = fstat(input->fd, &status) == 0 && S_ISREG(status.st_mode);
	if (input->is_file) {
		off_t start = lseek(input->fd, 0, SEEK_CUR);
		input->start = start > 0 ? start : 0;
		input->size = (uint64_t)status.st_size;
	}
	(void)posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return input;
}

struct input *input_again(const struct input *input)
{
	int fd = input->is_file ? fcntl(input->fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd < 0)
		return NULL;
	struct input *again = new_of(input->name, fd);
	again->is_file = true;
	again->start = input->start;
	again->size = input->size;
	return again;
}

/* A block may end without a line end, so one is put behind it. */
static void keep_early(struct input *input, struct span text)
{
	if (text.n + 1 > LIMIT_EARLY_SECRETS - input->n_early) {
		input->skipped_early++;
		return;
	}
	/* Whole at once: growing would leave copies of secrets behind. Pages that stay empty cost nothing. */
	if (input->early == NULL)
		input->early = xmalloc(LIMIT_EARLY_SECRETS);
	if (text.n > 0)
		memcpy(&input->early[input->n_early], text.p, text.n);
	input->n_early += text.n;
	input->early[input->n_early++] = '\n';
	input->has_early = true;
}

enum input_start input_start(struct input *input, struct err *err)
{
	size_t n = strlen(GZIP_MAGIC);
	if (!input->has_magic) {
		if (!fill_magic(input))
			return INPUT_STARTING;
		input->has_magic = true;
		if (span_equal(span_cut(input->left, 0, n), span_of(GZIP_MAGIC, n)))
			start_gzip(input);
	}
	enum input_result result;
	while ((result = take(input, &input->first)) == INPUT_SECRETS)
		keep_early(input, input->first.data);
	if (result == INPUT_WAIT)
		return INPUT_STARTING;
	if (capfile_kind(input->reader) == CAPFILE_UNKNOWN) {
		refuse(input, err);
		return INPUT_REFUSED;
	}
	input->has_first = result == INPUT_PACKET;
	if (input->has_first)
		input->first_time = input->first.time;
	else
		finish(input);
	return INPUT_STARTED;
}

void input_close(struct input *input)
{
	if (input == NULL)
		return;
	close(input->fd);
	if (input->gzip != NULL)
		inflateEnd(input->gzip);
	free(input->gzip);
	forget(input->packed, BUFFER_BYTES);
	capfile_free(input->reader);
	forget(input->buffer, BUFFER_BYTES);
	forget(input->early, input->n_early);
	free(input->name);
	free(input);
}

/* ---- facts ------------------------------------------------------------------------------------------- */

bool input_is_pipe(const struct input *input)
{
	return !input->is_file;
}

int input_fd(const struct input *input)
{
	return input->fd;
}

int64_t input_first_time(const struct input *input)
{
	return input->first_time;
}

const char *input_name(const struct input *input)
{
	return input->name;
}

const char *input_problem(const struct input *input)
{
	return input->problem;
}

enum capfile_kind input_kind(const struct input *input)
{
	return capfile_kind(input->reader);
}

uint64_t input_packets(const struct input *input)
{
	return input->packets;
}

uint64_t input_bytes(const struct input *input)
{
	return input->bytes;
}

int64_t input_dropped(const struct input *input)
{
	return capfile_dropped(input->reader);
}

bool input_redacted(const struct input *input)
{
	return capfile_redacted(input->reader);
}

int64_t input_until(const struct input *input)
{
	return capfile_until(input->reader);
}

uint32_t input_snaplen(const struct input *input)
{
	return capfile_snaplen(input->reader);
}

uint64_t input_skipped_secrets(const struct input *input)
{
	return capfile_skipped_secrets(input->reader) + input->skipped_early;
}

uint64_t input_position(const struct input *input)
{
	return input->position;
}

uint64_t input_size(const struct input *input)
{
	return input->size;
}
