/* enter.c - run a command in a root directory of its own, with a mount table of its own.
 *
 *     enter ROOT [DIR=SOURCE]... -- COMMAND [ARG]...
 *
 * ROOT becomes / in a new mount namespace that holds nothing else but: /proc, /sys with cgroup2
 * alone at /sys/fs/cgroup, the machine's /dev, a tmpfs at /run and /tmp, and each SOURCE bound at
 * DIR. So programs of another distribution start as they do at home (their own dynamic linker at
 * its own place), every subject of a bench copies the same small mount table, and runtimes see a
 * machine of cgroup v2 whatever this one has mounted. The machine's own mounts stay as they are.
 *
 * Missing mount points are made in ROOT, which is a cache and not the machine's. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Noreturn void die(const char *what, const char *object)
{
	dprintf(2, "enter: %s %s: %s\n", what, object, strerror(errno));
	_exit(125);
}

static const char *inside(const char *root, const char *path)
{
	static char full[4096];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return full;
}

static void mount_in(const char *root, const char *target, const char *source, const char *type,
		     unsigned long flags, const char *data)
{
	const char *full = inside(root, target);

	if (mkdir(full, 0755) < 0 && errno != EEXIST)
		die("make", full);
	if (mount(source, full, type, flags, data) < 0)
		die("mount", full);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 4) {
		dprintf(2, "usage: enter ROOT [DIR=SOURCE]... -- COMMAND [ARG]...\n");
		return 125;
	}
	const char *root = argv[1];
	if (unshare(CLONE_NEWNS) < 0)
		die("make a mount namespace for", root);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("make private", "/");
	if (mount(root, root, NULL, MS_BIND, NULL) < 0)
		die("bind", root);
	mount_in(root, "/proc", "proc", "proc", 0, NULL);
	mount_in(root, "/sys", "sysfs", "sysfs", 0, NULL);
	mount_in(root, "/sys/fs/cgroup", "cgroup2", "cgroup2", 0, NULL);
	mount_in(root, "/dev", "/dev", NULL, MS_BIND | MS_REC, NULL);
	mount_in(root, "/run", "tmpfs", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
	mount_in(root, "/tmp", "tmpfs", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals) {
			errno = EINVAL;
			die("bind", argv[i]);
		}
		*equals = '\0';
		mount_in(root, argv[i], equals + 1, NULL, MS_BIND | MS_REC, NULL);
	}
	if (i + 1 >= argc) {
		errno = EINVAL;
		die("run", "no command");
	}
	if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		die("enter", root);
	execvp(argv[i + 1], argv + i + 1);
	die("execute", argv[i + 1]);
}
