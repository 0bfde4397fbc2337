/*
 * Distinguished names -> text, for certificates and for the CA names of a certificate request. One of the
 * files with OpenSSL.
 */
#ifndef ANALYZER_CERT_NAME_H
#define ANALYZER_CERT_NAME_H

#include "dissect/rd.h"

/*
 * A DER Name (RFC 5280 section 4.1.2.4) as RFC 2253 writes it, other than ASCII as \C3\A9, cut to fit. False
 * with "" where the bytes are no such name to their last one.
 */
bool cert_name(struct span der, char *text, size_t size);

#endif
