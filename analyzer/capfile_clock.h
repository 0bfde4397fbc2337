/*
 * The clock of a pcapng interface: packet times in its units -> nanoseconds since 1970-01-01 UTC.
 * Called by capfile.c only. Any hostile value gives some time; what does not fit is clamped.
 * draft-ietf-opsawg-pcapng, if_tsresol and if_tsoffset.
 */
#ifndef ANALYZER_CAPFILE_CLOCK_H
#define ANALYZER_CAPFILE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CAPFILE_CLOCK_DEFAULT 6 /* if_tsresol of an interface without the option: microseconds */

struct capfile_clock {
	unsigned exponent; /* a unit is 2^-exponent s when binary, else 10^-exponent s */
	bool binary;
	uint64_t mul, div; /* when not binary: nanoseconds = units / div * mul */
	int64_t offset;    /* nanoseconds to add */
};

/* Sets the length of a unit from the value of if_tsresol; leaves the offset. */
void capfile_clock_set(struct capfile_clock *clock, uint8_t tsresol);

/* Sets the offset from the value of if_tsoffset, in seconds. */
void capfile_clock_shift(struct capfile_clock *clock, int64_t seconds);

/* Nanoseconds since 1970-01-01 UTC; finer times are rounded down. */
int64_t capfile_clock_ns(const struct capfile_clock *clock, uint64_t units);

#endif
