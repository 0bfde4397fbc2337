/*
 * Times of pcapng interfaces. Owns nothing; pure arithmetic that no 64-bit value can overflow.
 * Called by capfile.c. Never reads a file.
 */
#include "analyzer/capfile_clock.h"

#include "analyzer/origin.h"

#define TSRESOL_BINARY 0x80u
#define NS_DIGITS      9
#define FRACTION_BITS  34 /* 2^34 * 10^9 fits in 64 bits, and 2^-34 s is finer than 1 ns */

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t power = 1;
	for (unsigned i = 0; i < exponent; i++)
		if (__builtin_mul_overflow(power, 10, &power))
			return UINT64_MAX;
	return power;
}

void capfile_clock_set(struct capfile_clock *clock, uint8_t tsresol)
{
	unsigned exponent = tsresol & (TSRESOL_BINARY - 1);
	clock->binary = (tsresol & TSRESOL_BINARY) != 0;
	clock->exponent = exponent;
	clock->mul = exponent < NS_DIGITS ? power_of_ten(NS_DIGITS - exponent) : 1;
	clock->div = exponent > NS_DIGITS ? power_of_ten(exponent - NS_DIGITS) : 1;
}

void capfile_clock_shift(struct capfile_clock *clock, int64_t seconds)
{
	if (__builtin_mul_overflow(seconds, NS_PER_S, &clock->offset))
		clock->offset = seconds < 0 ? INT64_MIN : INT64_MAX;
}

static uint64_t binary_ns(uint64_t units, unsigned exponent)
{
	uint64_t seconds = 0;
	uint64_t fraction = units;
	if (exponent < 64) {
		seconds = units >> exponent;
		fraction = units - (seconds << exponent);
	}
	if (exponent > FRACTION_BITS) {
		unsigned surplus = exponent - FRACTION_BITS;
		fraction = surplus < 64 ? fraction >> surplus : 0;
		exponent = FRACTION_BITS;
	}
	uint64_t ns;
	if (__builtin_mul_overflow(seconds, (uint64_t)NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, fraction * (uint64_t)NS_PER_S >> exponent, &ns))
		return UINT64_MAX;
	return ns;
}

static uint64_t decimal_ns(const struct capfile_clock *clock, uint64_t units)
{
	/* The usual resolutions divide by 1: the branch is cheaper than the division. */
	uint64_t ns = clock->div > 1 ? units / clock->div : units;
	return __builtin_mul_overflow(ns, clock->mul, &ns) ? UINT64_MAX : ns;
}

int64_t capfile_clock_ns(const struct capfile_clock *clock, uint64_t units)
{
	uint64_t ns = clock->binary ? binary_ns(units, clock->exponent) : decimal_ns(clock, units);
	int64_t time = ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
	/* time is not negative, so the sum can only leave the range upwards. */
	return __builtin_add_overflow(time, clock->offset, &time) ? INT64_MAX : time;
}
