/* look.c - what a container of the default `spec` bundle sees of itself, as text to compare.
 *
 * Runs as the container's program. Two runtimes that give the same bundle must print the same
 * lines; so the floor program cannot be fast by leaving something out, and a broken runtime is
 * noticed before it is timed. Only facts that the bundle asks for are printed: no ids, sizes,
 * times or anything that differs between two runs.
 *
 * Never: changes anything but its own files in the container's /dev. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* target, type, and the per-mount flags; where several runtimes may choose freely what masks a
 * directory (a tmpfs or a bound empty directory), only that it is empty is said, further down. */
static void mounts(void)
{
	char *line[256];
	size_t count = 0;
	char text[1024], target[256], options[256], type[64];
	FILE *f = fopen("/proc/self/mountinfo", "re");

	while (f && count < 256 && fgets(text, sizeof(text), f)) {
		char *dash = strstr(text, " - ");

		if (!dash || sscanf(text, "%*s %*s %*s %*s %255s %255s", target, options) != 2 ||
		    sscanf(dash, " - %63s", type) != 1)
			continue;
		bool once = !strcmp(target, "/") || !strncmp(target, "/dev", 4) ||
			    !strcmp(target, "/proc") || !strcmp(target, "/sys") ||
			    !strcmp(target, "/sys/fs/cgroup");
		if (once)
			(void)!asprintf(&line[count++], "mount %s %s %s%s%s%s", target,
					strcmp(target, "/") ? type : "-",
					strncmp(options, "ro", 2) ? "rw" : "ro",
					strstr(options, "nosuid") ? " nosuid" : "",
					strstr(options, "nodev") ? " nodev" : "",
					strstr(options, "noexec") ? " noexec" : "");
	}
	if (f)
		fclose(f);
	qsort(line, count, sizeof(*line), by_text);
	for (size_t i = 0; i < count; i++)
		puts(line[i]);
}

static void nodes(void)
{
	static const char *const name[] = { "null",    "zero", "full",	 "tty",	   "random",
					    "urandom", "fd",   "stdin",	 "stdout", "stderr",
					    "ptmx",    "shm",  "mqueue", "pts" };
	char path[64], target[64];
	struct stat st;

	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		snprintf(path, sizeof(path), "/dev/%s", name[i]);
		if (lstat(path, &st) < 0) {
			printf("%s: %s\n", path, strerror(errno));
			continue;
		}
		printf("%s: mode %o uid %u gid %u", path, st.st_mode, st.st_uid, st.st_gid);
		if (S_ISCHR(st.st_mode))
			printf(" device %u:%u", major(st.st_rdev), minor(st.st_rdev));
		ssize_t len = readlink(path, target, sizeof(target) - 1);
		if (len > 0)
			printf(" -> %.*s", (int)len, target);
		putchar('\n');
	}
}

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static void paths(void)
{
	static const char *const masked[] = {
		"/proc/acpi",	       "/proc/asound",	   "/proc/kcore",	"/proc/keys",
		"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
		"/sys/firmware",       "/proc/scsi",
	};
	static const char *const readonly[] = { "/",	     "/proc/bus", "/proc/fs",
						"/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };
	struct statvfs vfs;
	struct stat st;
	char byte;

	for (size_t i = 0; i < sizeof(masked) / sizeof(*masked); i++) {
		const char *how = "visible";

		if (stat(masked[i], &st) < 0) {
			how = "absent";
		} else if (S_ISDIR(st.st_mode)) {
			how = entries(masked[i]) == 0 ? "empty" : "visible";
		} else {
			int fd = open(masked[i], O_RDONLY | O_CLOEXEC);

			how = fd >= 0 && read(fd, &byte, 1) == 0 ? "empty" : "visible";
			close(fd);
		}
		printf("masked %s: %s\n", masked[i], how);
	}
	for (size_t i = 0; i < sizeof(readonly) / sizeof(*readonly); i++)
		printf("readonly %s: %s\n", readonly[i],
		       statvfs(readonly[i], &vfs) < 0 ? "absent"
		       : vfs.f_flag & ST_RDONLY	      ? "yes"
						      : "no");
}

/* The device cgroup. The last two are nodes that the bench puts into the rootfs: the kernel's log,
 * which the rules deny, and the tun device, which they allow. */
static void opened(void)
{
	static const char *const path[] = { "/dev/null",   "/dev/zero",	   "/dev/full",
					    "/dev/random", "/dev/urandom", "/dev/tty",
					    "/dev/ptmx",   "/kmsg",	   "/tun" };

	for (size_t i = 0; i < sizeof(path) / sizeof(*path); i++) {
		int fd = open(path[i], O_RDWR | O_CLOEXEC);

		printf("open %s: %s\n", path[i], fd >= 0 ? "yes" : strerror(errno));
		close(fd);
	}
}

static void status(void)
{
	static const char *const wanted[] = { "Umask", "Uid",	"Gid",	    "Groups", "NSpid",
					      "Cap",   "NoNew", "Seccomp:", "SigBlk", "SigIgn" };
	char text[256];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(text, sizeof(text), f))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			if (!strncmp(text, wanted[i], strlen(wanted[i])))
				fputs(text, stdout);
	if (f)
		fclose(f);
}

static void rest(char **argv, char **env)
{
	char name[128], text[512];
	struct rlimit files;
	struct ifreq lo = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	gethostname(name, sizeof(name));
	getrlimit(RLIMIT_NOFILE, &files);
	printf("pid %d sid %d cwd %s hostname %s nofile %llu:%llu\n", getpid(), getsid(0),
	       getcwd(text, sizeof(text)), name, (unsigned long long)files.rlim_cur,
	       (unsigned long long)files.rlim_max);
	printf("links %d lo %s\n", entries("/sys/class/net"),
	       fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &lo) == 0 && lo.ifr_flags & IFF_UP ? "up"
										     : "down");
	close(fd);
	FILE *f = fopen("/proc/self/cgroup", "re");
	while (f && fgets(text, sizeof(text), f))
		printf("cgroup %s", text);
	if (f)
		fclose(f);
	/* 3 is the folder being listed itself. */
	printf("files %d\n", entries("/proc/self/fd") - 1);
	printf("args %s\n", argv[0]);
	/* HOME is not in the bundle; runtimes add it, each from where it likes. */
	for (; *env; env++)
		if (strncmp(*env, "HOME=", 5) != 0)
			printf("env %s\n", *env);
}

int main(int argc, char **argv, char **env)
{
	(void)argc;
	rest(argv, env);
	status();
	mounts();
	nodes();
	paths();
	opened();
	return 0;
}
