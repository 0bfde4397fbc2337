/*
 * The AuthList of the simulated controller: lines "MAC HASH", as a controller holds them. It is read here and
 * not by the analyser's own code, so that the two can disagree.
 */
#ifndef SAMPLES_SIM_LIST_H
#define SAMPLES_SIM_LIST_H

#include "analyzer/err.h"
#include "samples/tlspeer.h"

#include <stdio.h>

struct sim_list;

/*
 * Blank lines and those that begin with # are skipped; the MAC in any common notation, the hash SHA-1 or
 * SHA-256 in hex digits. -1 with a sentence for a file that cannot be read or a line of another shape.
 */
int sim_list_open(struct sim_list **list, const char *path, struct err *err);
void sim_list_free(struct sim_list *list); /* NULL is allowed */

/* Does an entry hold the MAC of the certificate's CN together with the hash of its key? */
bool sim_list_allows(const struct sim_list *list, const X509 *certificate);

/* The line for this certificate: "00:50:56:9c:34:89 <SHA-256>". False when its CN ends in no MAC. */
bool sim_list_print(const X509 *certificate, FILE *out);

#endif
