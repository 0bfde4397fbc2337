/*
 * The system calls that are left, by name, so that libseccomp finds the numbers of each machine. Which ones
 * the C library takes differs by machine and version: all its ways to do the same are listed. Called by
 * sandbox.c.
 */
#include "analyzer/sandbox_calls.h"

#include <asm/termbits.h>
#include <errno.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <linux/if_packet.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What an attacker would need first: no program makes these calls by mistake. */
static const char *const deadly[] = {"execve", "execveat", "socket", "connect"};

static const char *const allowed[] = {
    /* reading and writing what is open */
    "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "pwritev", "lseek", "close", "fcntl",
    "fadvise64", "ftruncate", "fsync", "fdatasync",
    /* waiting */
    "poll", "ppoll", "select", "pselect6", "nanosleep", "clock_nanosleep", "restart_syscall", "futex",
    "sched_yield",
    /* files by name: Landlock says which */
    "openat", "fstat", "newfstatat", "stat", "lstat", "statx", "access", "faccessat", "faccessat2", "unlink",
    "unlinkat", "rename", "renameat", "renameat2", "getcwd",
    /* memory; with mmap and mprotect below */
    "munmap", "mremap", "madvise", "brk",
    /* signals, also to oneself; with kill and tgkill below */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait",
    "sigaltstack", "alarm", "setitimer", "getitimer",
    /* time, and who one is */
    "clock_gettime", "clock_getres", "gettimeofday", "time", "times", "getrusage", "sysinfo", "uname",
    "getrandom", "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getresuid",
    "getresgid", "getpgrp", "getpgid", "getsid", "sched_getaffinity", "exit", "exit_group"};

/* Reading packet sockets that are open, as libpcap does it. */
static const char *const capturing[] = {"recvfrom", "recvmsg", "recvmmsg", "getsockopt", "getsockname"};

/* Of the leak checker: a thread stops the others, copies their registers, and reads the maps of memory. */
static const char *const checking[] = {"clone", "clone3",    "wait4",      "ptrace",   "process_vm_readv",
                                       "prctl", "getdents",  "getdents64", "readlink", "readlinkat",
                                       "open",  "kill",      "tgkill",     "tkill",    "set_robust_list",
                                       "rseq",  "prlimit64", "arch_prctl", "pipe",     "pipe2",
                                       "dup",   "dup2",      "mmap",       "mprotect"};

/* Requests of terminals that neither type for the user nor change who owns them. */
static const unsigned long requests[] = {TCGETS,   TCGETS2,  TCSETS, TCSETSW,    TCSETSF,   TCSETS2,
                                         TCSETSW2, TCSETSF2, TCFLSH, TIOCGWINSZ, TIOCGPGRP, FIONREAD};

static const int questions[] = {PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP};

/* A name that this machine or this libseccomp does not have is passed over. */
static void rule(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned n,
                 const struct scmp_arg_cmp *arguments)
{
	int number = seccomp_syscall_resolve_name(name);
	if (number != __NR_SCMP_ERROR)
		seccomp_rule_add_array(filter, action, number, n, arguments);
}

static void rules(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rule(filter, action, names[i], 0, NULL);
}

/* Argument number n is this value; the same in the bits of a mask. */
static struct scmp_arg_cmp equals(unsigned n, uint64_t value)
{
	return (struct scmp_arg_cmp){.arg = n, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

static struct scmp_arg_cmp masked(unsigned n, uint64_t mask, uint64_t value)
{
	return (struct scmp_arg_cmp){.arg = n, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

static void allow_when(scmp_filter_ctx filter, const char *name, struct scmp_arg_cmp argument)
{
	rule(filter, SCMP_ACT_ALLOW, name, 1, &argument);
}

/* Calls of which only some arguments are harmless. */
static void allow_by_argument(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp no_code = masked(2, PROT_EXEC, 0);
	const struct scmp_arg_cmp myself = equals(0, (uint64_t)getpid());
	allow_when(filter, "mmap", no_code);
	allow_when(filter, "mprotect", no_code);
	allow_when(filter, "kill", myself);
	allow_when(filter, "tgkill", myself);
	for (size_t i = 0; i < COUNT(requests); i++)
		allow_when(filter, "ioctl", masked(1, UINT32_MAX, requests[i]));
	for (size_t i = 0; i < COUNT(questions); i++)
		allow_when(filter, "prctl", equals(0, (uint64_t)questions[i]));
}

/*
 * Closing a ring gives its memory back by setting its size to 0; no other option of a socket is changed. Whether an
 * interface that went down is still there is asked by its flags.
 */
static void allow_capturing(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp ring[] = {equals(1, SOL_PACKET), equals(2, PACKET_RX_RING)};
	rules(filter, SCMP_ACT_ALLOW, capturing, COUNT(capturing));
	rule(filter, SCMP_ACT_ALLOW, "setsockopt", COUNT(ring), ring);
	allow_when(filter, "ioctl", masked(1, UINT32_MAX, SIOCGIFFLAGS));
}

void sandbox_calls_filter(bool captures)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL)
		return;
	seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	rules(filter, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
	rules(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
	allow_by_argument(filter);
	if (captures)
		allow_capturing(filter);
	if (SANDBOX_SANITIZER)
		rules(filter, SCMP_ACT_ALLOW, checking, COUNT(checking));
	else
		rule(filter, SCMP_ACT_KILL_PROCESS, "ptrace", 0, NULL);
	seccomp_load(filter);
	seccomp_release(filter);
}
