/* Prints the manual page: built and run by the Makefile, not installed. */
#include "ui/manual.h"

int main(void)
{
	manual_write(stdout);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
