/* A commented framing profile to start from, for --profile-template. */
#ifndef UI_PROFILE_TEMPLATE_H
#define UI_PROFILE_TEMPLATE_H

#include <stdio.h>

/* One that -P reads: the published types, and the places and elements of assumed-1. */
void profile_template_print(FILE *out);

#endif
