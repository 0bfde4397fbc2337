/*
 * Hash tables (uthash) whose keys the traffic chooses: hashed with a secret that is random in each process,
 * so that nobody can send keys that all fall into one bucket.
 *
 * Everybody who keeps a uthash table includes this file; only it and hash.c know uthash and xxhash. Keys
 * are compared as bytes: clear a key struct with memset before filling it, padding counts.
 */
#ifndef ANALYZER_HASH_H
#define ANALYZER_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Running out of memory ends the program, as in xmalloc.h. */
#define HASH_NONFATAL_OOM 0
#define uthash_fatal(message) abort()
#define HASH_FUNCTION(key, bytes, value) ((value) = (unsigned)hash_bytes((key), (bytes)))

#include <uthash.h>

/*
 * XXH3 of n bytes under that secret: stable within a process, never to be stored or shown. If the system gives no
 * random bytes for it the program ends.
 */
uint64_t hash_bytes(const void *p, size_t n);

#endif
