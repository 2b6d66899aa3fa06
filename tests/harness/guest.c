/* guest.c - the program that containers run in tests: one static binary, many small commands.
 *
 *   /guest id                 prints uid, gid and groups
 *   /guest exit 3             exits with 3
 *   /guest then id -- cwd     runs one command after the other
 *
 * Output   : one fact per line on stdout, so that tests compare text.
 * Errors   : "guest: what: strerror (ERRNO_NAME)" on stderr, exit status 1; 2 for a usage error.
 * Never    : needs a file besides itself, /proc only where the command says so; links no library
 *            but libc, and is never built with sanitizers (it runs in empty root file systems). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command; returns the exit status */
	int arguments;			   /* at least this many */
	const char *help;
};

static int run_command(int argc, char **argv);

static int fail(const char *what)
{
	int number = errno;

	fflush(stdout);
	fprintf(stderr, "guest: %s: %s (%s)\n", what, strerror(number), strerrorname_np(number));
	return 1;
}

static int copy_fd(int from, int to)
{
	char buffer[65536];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(to, buffer + done, (size_t)(n - done));
			if (w < 0)
				return fail("write");
		}
	return n < 0 ? fail("read") : 0;
}

/* A line of /proc/self/status, without its name. */
static int print_status(const char *field)
{
	char line[1024];
	size_t length = strlen(field);
	FILE *f = fopen("/proc/self/status", "re");

	if (!f)
		return fail("/proc/self/status");
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, field, length) == 0 && line[length] == ':')
			printf("%s %s", field, line + length + 2);
	fclose(f);
	return 0;
}

/* --- end, wait ------------------------------------------------------------------------------- */

static int do_true(int argc, char **argv)
{
	return 0;
}

static int do_exit(int argc, char **argv)
{
	return atoi(argv[1]);
}

static int do_die(int argc, char **argv)
{
	signal(atoi(argv[1]), SIG_DFL);
	raise(atoi(argv[1]));
	return 1;
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

/* PID 1 gets only the signals it has a handler for, so "pause" installs handlers for those that
 * end it, and says which one came. */
static int do_pause(int argc, char **argv)
{
	static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH };
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		signal(ending[i], on_signal);
	puts("pausing");
	fflush(stdout);
	sigemptyset(&before);
	while (!caught)
		sigsuspend(&before);
	printf("signal %s\n", sigabbrev_np(caught));
	return 128 + caught;
}

static int do_ignore_term(int argc, char **argv)
{
	signal(SIGTERM, SIG_IGN);
	puts("ignoring");
	fflush(stdout);
	while (!caught)
		pause();
	return 0;
}

static int do_sleep(int argc, char **argv)
{
	double seconds = atof(argv[1]);
	struct timespec left = { (time_t)seconds,
				 (long)((seconds - (double)(time_t)seconds) * 1e9) };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	return 0;
}

/* Reaps everything until no child is left: a PID 1 that does its duty. */
static int do_reap(int argc, char **argv)
{
	puts("reaping");
	fflush(stdout);
	while (!caught)
		if (wait(NULL) < 0 && errno == ECHILD)
			sleep(1);
	return 0;
}

/* --- text ------------------------------------------------------------------------------------ */

static int do_echo(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%s%s", i > 1 ? " " : "", argv[i]);
	putchar('\n');
	return 0;
}

static int do_error(int argc, char **argv)
{
	fprintf(stderr, "%s\n", argv[1]);
	return 0;
}

static int do_cat(int argc, char **argv)
{
	if (argc == 1)
		return copy_fd(0, 1);
	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return fail(argv[i]);
		if (copy_fd(fd, 1))
			return 1;
		close(fd);
	}
	return 0;
}

/* "fd N": everything that can be read from descriptor N, for --preserve-fds. */
static int do_fd(int argc, char **argv)
{
	return copy_fd(atoi(argv[1]), 1);
}

static int write_with(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0666);
	ssize_t length = (ssize_t)strlen(text);

	if (fd < 0)
		return fail(path);
	if (write(fd, text, (size_t)length) != length)
		return fail(path);
	return close(fd) < 0 ? fail(path) : 0;
}

static int do_write(int argc, char **argv)
{
	return write_with(argv[1], argv[2], O_CREAT | O_TRUNC);
}

static int do_append(int argc, char **argv)
{
	return write_with(argv[1], argv[2], O_CREAT | O_APPEND);
}

/* "open-write FILE TEXT": the file must exist already; for /proc and /sys. */
static int do_open_write(int argc, char **argv)
{
	return write_with(argv[1], argv[2], 0);
}

/* --- who am I -------------------------------------------------------------------------------- */

static int do_env(int argc, char **argv)
{
	for (char **e = environ; *e; e++)
		puts(*e);
	return 0;
}

static int do_args(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		puts(argv[i]);
	return 0;
}

static int do_id(int argc, char **argv)
{
	uid_t r, e, s;
	gid_t gr, ge, gs, groups[256];
	int n = getgroups(256, groups);

	getresuid(&r, &e, &s);
	getresgid(&gr, &ge, &gs);
	printf("uid %u %u %u\ngid %u %u %u\ngroups", r, e, s, gr, ge, gs);
	for (int i = 0; i < n; i++)
		printf(" %u", groups[i]);
	putchar('\n');
	return 0;
}

/* The five sets in hex, without /proc: capget(2) and prctl(2). */
static int do_caps(int argc, char **argv)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	uint64_t bounding = 0, ambient = 0;

	if (syscall(SYS_capget, &header, data) < 0)
		return fail("capget");
	for (int i = 0; i < 64; i++) {
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			bounding |= UINT64_C(1) << i;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			ambient |= UINT64_C(1) << i;
	}
#define SET(member) ((uint64_t)data[1].member << 32 | data[0].member)
	printf("inheritable %016llx\npermitted %016llx\neffective %016llx\nbounding %016llx\n"
	       "ambient %016llx\n",
	       (unsigned long long)SET(inheritable), (unsigned long long)SET(permitted),
	       (unsigned long long)SET(effective), (unsigned long long)bounding,
	       (unsigned long long)ambient);
#undef SET
	return 0;
}

static int do_cwd(int argc, char **argv)
{
	char path[PATH_MAX];

	if (!getcwd(path, sizeof(path)))
		return fail("getcwd");
	puts(path);
	return 0;
}

static int do_hostname(int argc, char **argv)
{
	char name[256], domain[256];

	if (gethostname(name, sizeof(name)) < 0 || getdomainname(domain, sizeof(domain)) < 0)
		return fail("gethostname");
	printf("%s\n%s\n", name, domain);
	return 0;
}

static int do_pids(int argc, char **argv)
{
	printf("pid %d\nppid %d\nsid %d\npgid %d\n", getpid(), getppid(), getsid(0), getpgid(0));
	return 0;
}

static int do_umask(int argc, char **argv)
{
	printf("%04o\n", umask(0));
	return 0;
}

static int do_nnp(int argc, char **argv)
{
	printf("no_new_privs %d\nseccomp %d\ndumpable %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
	       prctl(PR_GET_SECCOMP), prctl(PR_GET_DUMPABLE));
	return 0;
}

/* Signals that are ignored or blocked: a container must start with neither. */
static int do_signals(int argc, char **argv)
{
	sigset_t blocked;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int i = 1; i < NSIG; i++) {
		struct sigaction action;

		if (sigaction(i, NULL, &action) < 0)
			continue;
		if (action.sa_handler == SIG_IGN)
			printf("ignored %d\n", i);
		if (sigismember(&blocked, i) == 1)
			printf("blocked %d\n", i);
	}
	return 0;
}

static int do_rlimits(int argc, char **argv)
{
	static const char *const names[] = {
		[RLIMIT_AS] = "RLIMIT_AS",	     [RLIMIT_CORE] = "RLIMIT_CORE",
		[RLIMIT_CPU] = "RLIMIT_CPU",	     [RLIMIT_DATA] = "RLIMIT_DATA",
		[RLIMIT_FSIZE] = "RLIMIT_FSIZE",     [RLIMIT_LOCKS] = "RLIMIT_LOCKS",
		[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK", [RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE",
		[RLIMIT_NICE] = "RLIMIT_NICE",	     [RLIMIT_NOFILE] = "RLIMIT_NOFILE",
		[RLIMIT_NPROC] = "RLIMIT_NPROC",     [RLIMIT_RSS] = "RLIMIT_RSS",
		[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",   [RLIMIT_RTTIME] = "RLIMIT_RTTIME",
		[RLIMIT_STACK] = "RLIMIT_STACK",     [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	};

	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
		struct rlimit limit;

		if (names[i] && getrlimit((__rlimit_resource_t)i, &limit) == 0)
			printf("%s %lld %lld\n", names[i], (long long)limit.rlim_cur,
			       (long long)limit.rlim_max);
	}
	return 0;
}

/* sched_setattr(2) and ioprio_set(2): glibc 2.36 has neither. */
static int do_sched(int argc, char **argv)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { .size = sizeof(attr) };

	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0) < 0)
		return fail("sched_getattr");
	printf("policy %u\nflags %llu\nnice %d\npriority %u\nruntime %llu\ndeadline %llu\nperiod %llu\n",
	       attr.policy, (unsigned long long)attr.flags, attr.nice, attr.priority,
	       (unsigned long long)attr.runtime, (unsigned long long)attr.deadline,
	       (unsigned long long)attr.period);
	return 0;
}

static int do_ioprio(int argc, char **argv)
{
	long value = syscall(SYS_ioprio_get, 1, 0);

	if (value < 0)
		return fail("ioprio_get");
	printf("class %ld\nlevel %ld\n", value >> 13, value & 0x1fff);
	return 0;
}

static int do_affinity(int argc, char **argv)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return fail("sched_getaffinity");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			printf("%d\n", i);
	return 0;
}

static int do_personality(int argc, char **argv)
{
	printf("%lx\n", syscall(SYS_personality, 0xffffffffUL));
	return 0;
}

static int do_clocks(int argc, char **argv)
{
	struct timespec monotonic, boottime;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boottime);
	printf("monotonic %lld\nboottime %lld\n", (long long)monotonic.tv_sec,
	       (long long)boottime.tv_sec);
	return 0;
}

static int do_status(int argc, char **argv)
{
	return print_status(argv[1]);
}

/* The namespaces as /proc shows them: "mnt mnt:[4026531841]". */
static int do_namespaces(int argc, char **argv)
{
	static const char *const kinds[] = { "cgroup", "ipc",  "mnt",  "net",
					     "pid",    "time", "user", "uts" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char path[64], target[64];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		n = readlink(path, target, sizeof(target));
		if (n < 0)
			return fail(path);
		printf("%s %.*s\n", kinds[i], (int)n, target);
	}
	return 0;
}

/* --- terminals and descriptors --------------------------------------------------------------- */

/* Descriptors that are open, and what they are; the listing's own is left out. */
static int do_fds(int argc, char **argv)
{
	DIR *d = opendir("/proc/self/fd");

	if (!d)
		return fail("/proc/self/fd");
	for (struct dirent *e; (e = readdir(d));) {
		char target[PATH_MAX];
		ssize_t n = readlinkat(dirfd(d), e->d_name, target, sizeof(target));

		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d))
			printf("%s %.*s\n", e->d_name, (int)(n < 0 ? 0 : n), target);
	}
	closedir(d);
	return 0;
}

static int do_isatty(int argc, char **argv)
{
	printf("%d %d %d\n", isatty(0), isatty(1), isatty(2));
	return 0;
}

static int do_tty(int argc, char **argv)
{
	char name[256];

	if (ttyname_r(0, name, sizeof(name)) != 0)
		return fail("ttyname");
	printf("%s\nforeground %d\n", name, tcgetpgrp(0) == getpgrp());
	return 0;
}

static int print_winsize(void)
{
	struct winsize size;

	if (ioctl(0, TIOCGWINSZ, &size) < 0)
		return fail("TIOCGWINSZ");
	printf("%u %u\n", size.ws_row, size.ws_col);
	fflush(stdout);
	return 0;
}

/* "winsize": rows and columns; "winsize wait": again after the next SIGWINCH. */
static int do_winsize(int argc, char **argv)
{
	sigset_t winch;
	int number;

	sigemptyset(&winch);
	sigaddset(&winch, SIGWINCH);
	sigprocmask(SIG_BLOCK, &winch, NULL);
	if (print_winsize())
		return 1;
	if (argc < 2)
		return 0;
	sigwait(&winch, &number);
	return print_winsize();
}

/* --- files ----------------------------------------------------------------------------------- */

static int do_mounts(int argc, char **argv)
{
	char file[] = "/proc/self/mountinfo";
	char *files[] = { argv[0], file, NULL };

	return do_cat(2, files);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int do_ls(int argc, char **argv)
{
	char *names[4096];
	size_t n = 0;
	DIR *d = opendir(argc > 1 ? argv[1] : ".");

	if (!d)
		return fail(argc > 1 ? argv[1] : ".");
	for (struct dirent *e; n < 4096 && (e = readdir(d));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			names[n++] = strdup(e->d_name);
	closedir(d);
	qsort(names, n, sizeof(names[0]), compare_names);
	for (size_t i = 0; i < n; i++)
		puts(names[i]);
	return 0;
}

/* "type mode uid gid size major:minor", without following a link at the end. */
static int do_stat(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		static const char types[] = "?pc?d?b?-?l?s???";
		struct stat st;

		if (lstat(argv[i], &st) < 0)
			return fail(argv[i]);
		printf("%c %04o %u %u %lld %u:%u\n", types[st.st_mode >> 12 & 15],
		       st.st_mode & 07777, st.st_uid, st.st_gid, (long long)st.st_size,
		       major(st.st_rdev), minor(st.st_rdev));
	}
	return 0;
}

static int do_readlink(int argc, char **argv)
{
	char target[PATH_MAX];
	ssize_t n = readlink(argv[1], target, sizeof(target));

	if (n < 0)
		return fail(argv[1]);
	printf("%.*s\n", (int)n, target);
	return 0;
}

/* "open FLAGS FILE": r, w or rw; says "ok", or why not. */
static int do_open(int argc, char **argv)
{
	int flags = strcmp(argv[1], "r") == 0	? O_RDONLY
		    : strcmp(argv[1], "w") == 0 ? O_WRONLY
						: O_RDWR;
	int fd = open(argv[2], flags | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail(argv[2]);
	puts("ok");
	return 0;
}

static int do_mkdir(int argc, char **argv)
{
	return mkdir(argv[1], 0777) < 0 ? fail(argv[1]) : 0;
}

static int do_rm(int argc, char **argv)
{
	return remove(argv[1]) < 0 ? fail(argv[1]) : 0;
}

static int do_symlink(int argc, char **argv)
{
	return symlink(argv[1], argv[2]) < 0 ? fail(argv[2]) : 0;
}

static int do_chown(int argc, char **argv)
{
	return lchown(argv[1], (uid_t)atoi(argv[2]), (gid_t)atoi(argv[3])) < 0 ? fail(argv[1]) : 0;
}

static int do_chmod(int argc, char **argv)
{
	return chmod(argv[1], (mode_t)strtoul(argv[2], NULL, 8)) < 0 ? fail(argv[1]) : 0;
}

/* "mknod PATH c|b MAJOR MINOR" */
static int do_mknod(int argc, char **argv)
{
	mode_t type = argv[2][0] == 'b' ? S_IFBLK : S_IFCHR;
	dev_t device = makedev((unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]));

	return mknod(argv[1], type | 0666, device) < 0 ? fail(argv[1]) : 0;
}

static int do_mount(int argc, char **argv)
{
	return mount(argv[1], argv[2], argv[3], argc > 4 ? strtoul(argv[4], NULL, 0) : 0, NULL) < 0
		       ? fail(argv[2])
		       : 0;
}

static int do_umount(int argc, char **argv)
{
	return umount2(argv[1], MNT_DETACH) < 0 ? fail(argv[1]) : 0;
}

/* --- system calls, sockets -------------------------------------------------------------------- */

/* "syscall NR ARGS...": numbers only; prints the result, or -1 and the error's name. */
static int do_syscall(int argc, char **argv)
{
	long a[6] = { 0 };
	long result;

	for (int i = 2; i < argc && i < 8; i++)
		a[i - 2] = (long)strtoull(argv[i], NULL, 0);
	errno = 0;
	result = syscall(strtol(argv[1], NULL, 0), a[0], a[1], a[2], a[3], a[4], a[5]);
	if (result < 0)
		printf("-1 %s\n", strerrorname_np(errno) ? strerrorname_np(errno) : "unknown");
	else
		printf("%ld\n", result);
	return 0;
}

/* "unshare FLAGS": hex flags of unshare(2). */
static int do_unshare(int argc, char **argv)
{
	return unshare((int)strtoul(argv[1], NULL, 16)) < 0 ? fail("unshare") : 0;
}

/* "notify PATH TEXT": one datagram to a unix socket, as sd_notify(3) sends it. */
static int do_notify(int argc, char **argv)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fail("socket");
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", argv[1]);
	if (sendto(fd, argv[2], strlen(argv[2]), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return fail(argv[1]);
	return 0;
}

/* --- load -------------------------------------------------------------------------------------- */

/* Touches every page, says so, and stays. */
static int do_memhog(int argc, char **argv)
{
	size_t bytes = strtoull(argv[1], NULL, 0);
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return fail("mmap");
	for (size_t i = 0; i < bytes; i += 4096)
		p[i] = 1;
	printf("touched %zu\n", bytes);
	fflush(stdout);
	if (argc > 2 && strcmp(argv[2], "stay") == 0)
		for (;;)
			pause();
	return 0;
}

/* Forks forever; every process tries to. */
static int do_forkbomb(int argc, char **argv)
{
	puts("bombing");
	fflush(stdout);
	signal(SIGCHLD, SIG_IGN);
	while (!caught)
		if (fork() < 0)
			sched_yield();
	return 0;
}

/* "forks N": how many children could be had at once, for pids.max. */
static int do_forks(int argc, char **argv)
{
	int wanted = atoi(argv[1]), made = 0;
	int ends[2];
	char c;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail("pipe");
	for (; made < wanted; made++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0) {
			close(ends[1]);
			_exit((int)read(ends[0], &c, 1));
		}
	}
	printf("%d%s%s\n", made, made < wanted ? " " : "",
	       made < wanted ? strerrorname_np(errno) : "");
	close(ends[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* "spin SECONDS": busy for that long by the wall; prints the processor time it got, in ms. */
static int do_spin(int argc, char **argv)
{
	struct timespec now, start;
	double seconds = atof(argv[1]);

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9 <
	       seconds);
	printf("%.0f\n", cpu_seconds() * 1000);
	return 0;
}

/* "dd FILE BYTES": writes past the page cache; prints how long it took, in ms. */
static int do_dd(int argc, char **argv)
{
	size_t left = strtoull(argv[2], NULL, 0);
	struct timespec now, start;
	void *block;
	int fd = open(argv[1], O_WRONLY | O_CREAT | O_DIRECT | O_CLOEXEC, 0666);

	if (fd < 0)
		return fail(argv[1]);
	if (posix_memalign(&block, 4096, 65536) != 0)
		return fail("posix_memalign");
	memset(block, 'x', 65536);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (; left >= 65536; left -= 65536)
		if (write(fd, block, 65536) < 0)
			return fail(argv[1]);
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%lld\n", (long long)(now.tv_sec - start.tv_sec) * 1000 +
				 (now.tv_nsec - start.tv_nsec) / 1000000);
	return 0;
}

/* --- composition ------------------------------------------------------------------------------ */

/* "then A ARGS -- B ARGS -- ...": each in turn; prints "= STATUS" for one that fails. */
static int do_then(int argc, char **argv)
{
	int status = 0;

	for (int from = 1, to; from < argc; from = to + 1) {
		for (to = from; to < argc && strcmp(argv[to], "--") != 0; to++)
			;
		if (to < argc)
			argv[to] = NULL;
		status = run_command(to - from, argv + from);
		fflush(stdout);
		if (status != 0)
			printf("= %d\n", status);
	}
	return status;
}

/* "fork CMD ARGS": runs it in a child that nobody waits for. */
static int do_fork(int argc, char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		return fail("fork");
	if (pid == 0) {
		int status = run_command(argc - 1, argv + 1);

		fflush(stdout);
		_exit(status);
	}
	return 0;
}

static int do_execute(int argc, char **argv)
{
	execv(argv[1], argv + 1);
	return fail(argv[1]);
}

static int do_help(int argc, char **argv);

static const struct command commands[] = {
	{ "affinity", do_affinity, 0, "processors this may run on" },
	{ "append", do_append, 2, "FILE TEXT" },
	{ "args", do_args, 0, "ARGS, one a line" },
	{ "caps", do_caps, 0, "the five capability sets in hex" },
	{ "cat", do_cat, 0, "[FILES]" },
	{ "chmod", do_chmod, 2, "PATH OCTAL" },
	{ "chown", do_chown, 3, "PATH UID GID" },
	{ "clocks", do_clocks, 0, "seconds of CLOCK_MONOTONIC and CLOCK_BOOTTIME" },
	{ "cwd", do_cwd, 0, "the working directory" },
	{ "dd", do_dd, 2, "FILE BYTES: write directly, print ms" },
	{ "die", do_die, 1, "SIGNAL: end by it" },
	{ "echo", do_echo, 0, "TEXT" },
	{ "env", do_env, 0, "the environment" },
	{ "error", do_error, 1, "TEXT, to stderr" },
	{ "execute", do_execute, 1, "PROGRAM ARGS" },
	{ "exit", do_exit, 1, "STATUS" },
	{ "fd", do_fd, 1, "N: read descriptor N to its end" },
	{ "fds", do_fds, 0, "open descriptors (/proc)" },
	{ "fork", do_fork, 1, "COMMAND ARGS, in the background" },
	{ "forkbomb", do_forkbomb, 0, "" },
	{ "forks", do_forks, 1, "N: how many children there can be at once" },
	{ "help", do_help, 0, "" },
	{ "hostname", do_hostname, 0, "host name and domain name" },
	{ "id", do_id, 0, "real, effective and saved uid and gid, groups" },
	{ "ignore-term", do_ignore_term, 0, "" },
	{ "ioprio", do_ioprio, 0, "" },
	{ "isatty", do_isatty, 0, "for 0, 1, 2" },
	{ "ls", do_ls, 0, "[FOLDER], sorted" },
	{ "memhog", do_memhog, 1, "BYTES [stay]" },
	{ "mkdir", do_mkdir, 1, "PATH" },
	{ "mknod", do_mknod, 4, "PATH c|b MAJOR MINOR" },
	{ "mount", do_mount, 3, "SOURCE TARGET TYPE [FLAGS]" },
	{ "mounts", do_mounts, 0, "mountinfo (/proc)" },
	{ "namespaces", do_namespaces, 0, "(/proc)" },
	{ "nnp", do_nnp, 0, "no_new_privs, seccomp mode, dumpable" },
	{ "notify", do_notify, 2, "SOCKET TEXT: one datagram" },
	{ "open", do_open, 2, "r|w|rw PATH" },
	{ "open-write", do_open_write, 2, "FILE TEXT: without creating it" },
	{ "pause", do_pause, 0, "until a signal; prints which" },
	{ "personality", do_personality, 0, "" },
	{ "pids", do_pids, 0, "pid, ppid, sid, pgid" },
	{ "readlink", do_readlink, 1, "PATH" },
	{ "reap", do_reap, 0, "wait for children forever" },
	{ "rlimits", do_rlimits, 0, "" },
	{ "rm", do_rm, 1, "PATH" },
	{ "sched", do_sched, 0, "sched_getattr(2)" },
	{ "signals", do_signals, 0, "ignored and blocked ones" },
	{ "sleep", do_sleep, 1, "SECONDS" },
	{ "spin", do_spin, 1, "SECONDS: prints processor time in ms" },
	{ "stat", do_stat, 1, "PATHS: type mode uid gid size device" },
	{ "status", do_status, 1, "FIELD of /proc/self/status" },
	{ "symlink", do_symlink, 2, "TARGET PATH" },
	{ "syscall", do_syscall, 1, "NUMBER ARGS" },
	{ "then", do_then, 1, "COMMAND ARGS -- COMMAND ARGS ..." },
	{ "true", do_true, 0, "" },
	{ "tty", do_tty, 0, "its name; is this its foreground group" },
	{ "umask", do_umask, 0, "" },
	{ "umount", do_umount, 1, "PATH" },
	{ "unshare", do_unshare, 1, "HEX-FLAGS" },
	{ "winsize", do_winsize, 0, "[wait]" },
	{ "write", do_write, 2, "FILE TEXT" },
};

static int do_help(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("%-12s %s\n", commands[i].name, commands[i].help);
	return 0;
}

static int run_command(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc > 0 && strcmp(argv[0], commands[i].name) == 0) {
			if (argc - 1 >= commands[i].arguments)
				return commands[i].run(argc, argv);
			fprintf(stderr, "usage: guest %s %s\n", commands[i].name, commands[i].help);
			return 2;
		}
	fprintf(stderr, "guest: no command %s; see guest help\n", argc > 0 ? argv[0] : "given");
	return 2;
}

int main(int argc, char **argv)
{
	return run_command(argc - 1, argv + 1);
}
