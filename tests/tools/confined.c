/*
 * confined DIR [USER]: enters the sandbox, and tries what must work, fail or kill there; each try is a
 * process of its own. DIR/keys holds the followed key log, DIR/out what is written, DIR/outside neither.
 * Called by tests/privileges.
 */
#define _GNU_SOURCE /* execveat */

#include "analyzer/sandbox.h"
#include "analyzer/sandbox_calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKS    0
#define NO_ENTRY 200 /* exit status when the sandbox could not be entered */

static int result(int done)
{
	return done < 0 ? errno : WORKS;
}

/* Opened to the end: what is read is what a caller would get. */
static int read_file(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno : result(read(fd, &byte, 1) == 1 ? 0 : -1);
}

static int make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? errno : result(write(fd, "x", 1) == 1 && close(fd) == 0 ? 0 : -1);
}

/* ---- files ---- */

static int keylog(void)
{
	return read_file("../keys/log");
}

static int other_of_keys(void)
{
	return read_file("../keys/newer");
}

static int target_of_link(void)
{
	return read_file("../linked/log");
}

static int outside(void)
{
	return read_file("../outside/file");
}

static int passwd(void)
{
	return read_file("/etc/passwd");
}

static int list_root(void)
{
	return result(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int counters(void)
{
	return read_file("/sys/class/net/lo/statistics/rx_dropped");
}

static int beside_counters(void)
{
	return read_file("/sys/class/net/lo/address");
}

static int write_out(void)
{
	int made = make_file("../out/made");
	return made != WORKS ? made
	                     : result(rename("../out/made", "../out/renamed") | unlink("../out/renamed"));
}

static int write_here(void)
{
	int made = make_file("made");
	return made != WORKS ? made : result(unlink("made"));
}

static int write_outside(void)
{
	return make_file("../outside/made");
}

static int change_mode(void)
{
	return result(chmod("made-before", 0777));
}

/* ---- calls ---- */

static int make_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int connect_away(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(16113)};
	return result(connect(STDIN_FILENO, (const struct sockaddr *)&to, sizeof to));
}

static int run_program(void)
{
	return result(execl("/bin/true", "true", (char *)NULL));
}

static int run_descriptor(void)
{
	char *const arguments[] = {NULL};
	return result(execveat(AT_FDCWD, "/bin/true", arguments, arguments, 0));
}

static int trace_parent(void)
{
	return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == -1 ? -1 : 0);
}

static int make_process(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int map_code(void)
{
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return result(code == MAP_FAILED ? -1 : 0);
}

static int map_data(void)
{
	void *data = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return result(data == MAP_FAILED ? -1 : munmap(data, 1 << 20));
}

static int allow_dumps(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int become_root(void)
{
	return result(setuid(0));
}

static int signal_parent(void)
{
	return result(kill(getppid(), 0));
}

/* On anything but a terminal it would fail in another way. */
static int type_for_user(void)
{
	return result(ioctl(STDIN_FILENO, TIOCSTI, "x"));
}

static int receive(void)
{
	char byte;
	return result((int)recv(STDIN_FILENO, &byte, 1, MSG_DONTWAIT));
}

static int end_by_abort(void)
{
	abort();
}

static int lose_memory(void)
{
	char *volatile lost = malloc(100);
	lost = NULL;
	exit(lost == NULL ? 0 : 1);
}

/* ---- the tries ---- */

struct
try {
	const char *name;
	int (*does)(void);
	int expected;     /* WORKS, or an errno */
	int signal;       /* that ends it; 0: none */
	bool by_landlock; /* who has none is not held back */
};

#define IN_CHECKED_BUILD(there, else_) (SANDBOX_SANITIZER ? (there) : (else_))

static const struct try tries[] = {
    {"the key log, by name", keylog, WORKS, 0, false},
    {"a file that took its place", other_of_keys, WORKS, 0, false},
    {"the target of a key log that is a link", target_of_link, WORKS, 0, false},
    {"a file outside", outside, EACCES, 0, true},
    {"/etc/passwd", passwd, EACCES, 0, true},
    {"listing /", list_root, EACCES, 0, true},
    {"counters of lo", counters, WORKS, 0, false},
    {"what else lo has", beside_counters, EACCES, 0, true},
    {"making, renaming, removing beside -w", write_out, WORKS, 0, false},
    {"making a file in the current folder", write_here, WORKS, 0, false},
    {"making a file outside", write_outside, EACCES, 0, true},
    {"chmod", change_mode, EPERM, 0, false},
    {"socket", make_socket, 0, SIGSYS, false},
    {"connect", connect_away, 0, SIGSYS, false},
    {"execve", run_program, 0, SIGSYS, false},
    {"execveat", run_descriptor, 0, SIGSYS, false},
    {"ptrace", trace_parent, IN_CHECKED_BUILD(EPERM, 0), IN_CHECKED_BUILD(0, SIGSYS), false},
    {"fork", make_process, IN_CHECKED_BUILD(WORKS, EPERM), 0, false},
    {"memory for code", map_code, IN_CHECKED_BUILD(WORKS, EPERM), 0, false},
    {"memory for data", map_data, WORKS, 0, false},
    {"core dumps again", allow_dumps, IN_CHECKED_BUILD(WORKS, EPERM), 0, false},
    {"setuid(0)", become_root, EPERM, 0, false},
    {"a signal to another process", signal_parent, EPERM, 0, false},
    {"typing into the terminal", type_for_user, EPERM, 0, false},
    {"recv without an interface", receive, EPERM, 0, false},
    {"abort", end_by_abort, 0, SIGABRT, false},
    {"a leak is found by the sanitizer build", lose_memory, IN_CHECKED_BUILD(1, WORKS), 0, false},
};

static int enter(const char *user, bool captures, struct sandbox_state *state)
{
	static const char *const keylogs[] = {"-", "../keys/log", "../keys/link"};
	static const char *const outputs[] = {"../out/file"}, *const interfaces[] = {"lo", "missing",
	                                                                             "../lo"};
	const struct sandbox_wishes wishes = {.user = user,
	                                      .reads = {keylogs, 3},
	                                      .interfaces = {interfaces, 3},
	                                      .writes = {outputs, 1},
	                                      .captures = captures};
	struct err err;
	if (sandbox_enter(&wishes, state, &err) == 0)
		return 0;
	fprintf(stderr, "confined: %s\n", err.text);
	return -1;
}

/* The kernel is asked, not the sandbox: one that does not use what is there is at fault. */
static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

/* Its wait status. The child tells the leak checker's opinion in the same way as an errno. */
static int run(const struct try *try, const char *user)
{
	int status;
	struct sandbox_state state;
	pid_t pid = fork();
	if (pid == 0) {
		if (enter(user, false, &state) != 0)
			_exit(NO_ENTRY);
		_exit(try->does());
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

static bool is_as_expected(const struct try *try, int status)
{
	if (try->signal != 0)
		return WIFSIGNALED(status) && WTERMSIG(status) == try->signal;
	return WIFEXITED(status) && WEXITSTATUS(status) == try->expected;
}

/* libpcap's reading, statistics and closing; its errors would name the call that was refused. */
static int capture(const char *user)
{
	char error[PCAP_ERRBUF_SIZE];
	struct sandbox_state state;
	struct pcap_stat statistics;
	struct pcap_pkthdr *head;
	const u_char *bytes;
	pcap_t *pcap = pcap_open_live("lo", 65535, 1, 10, error);
	if (pcap == NULL) {
		printf("LEFT OUT: no capture on lo: %s\n", error);
		return 0;
	}
	pcap_setnonblock(pcap, 1, error); /* without a packet it would wait for one */
	if (enter(user, true, &state) != 0)
		return NO_ENTRY;
	bool good = pcap_next_ex(pcap, &head, &bytes) >= 0 && pcap_stats(pcap, &statistics) == 0;
	if (!good)
		printf("FAIL a capture goes on: %s\n", pcap_geterr(pcap));
	pcap_close(pcap);
	return good ? 0 : 1;
}

static int run_capture(const char *user)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		exit(capture(user));
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	const char *user = argc > 2 ? argv[2] : NULL;
	int failed = 0;
	if (argc < 2 || chdir(argv[1]) != 0)
		return 2;
	setvbuf(stdout, NULL, _IONBF, 0); /* nothing is printed twice by the children */
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		int status = run(&tries[i], user);
		if (tries[i].by_landlock && !has_landlock())
			continue;
		if (is_as_expected(&tries[i], status))
			continue;
		failed++;
		printf("FAIL %s: wait status 0x%04x\n", tries[i].name, (unsigned)status);
	}
	failed += run_capture(user) != 0;
	if (!has_landlock())
		printf("LEFT OUT: files outside of the folders: no Landlock in this kernel\n");
	if (failed == 0)
		printf("%zu tries end as they should\n", sizeof tries / sizeof tries[0] + 1);
	return failed != 0;
}
