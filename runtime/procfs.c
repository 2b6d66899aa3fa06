/* procfs.c - writes to kernel files that nothing can redirect. */
#include "runtime/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/scope.h"
#include "base/sys.h"
#include "runtime/launch.h"

#define PROC_ROOT_INO 1 /* include/linux/proc_fs.h */

static int procfs_check(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return -errno;
	return fs.f_type == PROC_SUPER_MAGIC && st.st_ino == PROC_ROOT_INO ? 0 : -EXDEV;
}

int procfs_open(void)
{
	AUTO_FD context = fsopen("proc", FSOPEN_CLOEXEC);

	if (context >= 0 && fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
		int fd = fsmount(context, FSMOUNT_CLOEXEC,
				 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
		if (fd >= 0)
			return fd;
	}
	AUTO_FD host = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (host < 0)
		return -errno;
	int result = procfs_check(host);
	return result < 0 ? result : take_fd(&host);
}

static int procfs_write_at(int dirfd, const char *path, uint64_t resolve, const char *text,
			   const char *shown, struct err *e)
{
	struct open_how how = { .flags = O_WRONLY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
					   RESOLVE_NO_XDEV | resolve };
	AUTO_FD fd = sys_openat2(dirfd, path, &how);

	if (fd < 0)
		return err_sys(e, "open /proc/%s", shown);
	ssize_t length = (ssize_t)strlen(text);
	ssize_t written = write(fd, text, (size_t)length);
	if (written < 0)
		return err_sys(e, "write `%s` to /proc/%s", text, shown);
	if (written != length)
		return err_errno(e, EIO, "write `%s` to /proc/%s", text, shown);
	return 0;
}

int procfs_write(int proc_fd, const char *path, const char *text, struct err *e)
{
	return procfs_write_at(proc_fd, path, 0, text, path, e);
}

int procfs_write_process(pid_t pid, const char *file, const char *text, struct err *e)
{
	char path[64];
	AUTO_FD host = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (host < 0)
		return err_sys(e, "open /proc");
	if (procfs_check(host) < 0)
		return err_set(e, ERR_UNSUPPORTED, "/proc is not a proc file system");
	snprintf(path, sizeof path, "%d/%s", pid, file);
	return procfs_write_at(host, path, RESOLVE_NO_SYMLINKS, text, path, e);
}

static int sysctl_run(struct launch *launch, const struct step *step, struct err *e)
{
	const struct sysctl_request *request = step->request;
	char path[PATH_MAX];

	if (launch->proc_fd < 0) {
		launch->proc_fd = procfs_open();
		if (launch->proc_fd < 0)
			return err_errno(e, launch->proc_fd, "open a procfs of our own");
	}
	if (snprintf(path, sizeof path, "sys/%s", request->key) >= (int)sizeof path)
		return err_errno(e, ENAMETOOLONG, "set sysctl");
	/* "net.ipv4.ip_forward", or with a slash first: "net/ipv4/conf/eth0.1/forwarding" */
	if (!strchr(request->key, '/'))
		for (char *p = path; *p; p++)
			if (*p == '.')
				*p = '/';
	return procfs_write(launch->proc_fd, path, request->value, e);
}

static void sysctl_describe(const struct step *step, struct strbuf *out)
{
	const struct sysctl_request *request = step->request;

	strbuf_addf(out, " = %s", request->value);
}

const struct step_kind sysctl_step = {
	"sysctl", PHASE_PROCESS, ACTOR_INIT, sysctl_run, sysctl_describe,
};

static int oom_score_run(struct launch *launch, const struct step *step, struct err *e)
{
	const int64_t *value = step->request;
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)*value);
	if (procfs_write_process(launch->pid, "oom_score_adj", text, e) < 0) {
		if (e->errnum == EACCES || e->errnum == EPERM)
			err_hint(e, "lowering oom_score_adj needs CAP_SYS_RESOURCE");
		return -1;
	}
	return 0;
}

static void oom_score_describe(const struct step *step, struct strbuf *out)
{
	const int64_t *value = step->request;

	strbuf_addf(out, "%lld", (long long)*value);
}

const struct step_kind oom_score_step = {
	"oom-score", PHASE_PROCESS, ACTOR_PARENT, oom_score_run, oom_score_describe,
};
