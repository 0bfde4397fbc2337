/*
 * The part of the sandbox that says which system calls are left: seccomp. Called by sandbox.c alone.
 */
#ifndef ANALYZER_SANDBOX_CALLS_H
#define ANALYZER_SANDBOX_CALLS_H

#include <stdbool.h>

/* The leak checker stops and inspects the process through calls that nobody else needs. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZER true
#endif
#endif
#ifndef SANDBOX_SANITIZER
#define SANDBOX_SANITIZER false
#endif

/* The filter holds from here on. Does nothing where the kernel has none. */
void sandbox_calls_filter(bool captures);

#endif
