/* self.c - executing a read-only view of oneself. */
#include "runtime/self.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "base/scope.h"
#include "base/sys.h"

extern char **environ;

static bool is_protected(int fd)
{
	struct statfs fs;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals >= 0 && (seals & F_SEAL_WRITE))
		return true;
	return fstatfs(fd, &fs) == 0 && (fs.f_flags & ST_RDONLY);
}

static int read_only_view(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO_FD fd = open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return -1;
	return take_fd(&fd);
}

static int sealed_copy(int exe)
{
	struct stat st;
	AUTO_FD fd = memfd_create("keg", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || fstat(exe, &st) < 0)
		return -1;
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(fd, exe, NULL, (size_t)left);
		if (n <= 0)
			return -1;
		left -= n;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -1;
	return take_fd(&fd);
}

int self_protect(char *const *argv, struct err *e)
{
	AUTO_FD exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (exe < 0)
		return err_sys(e, "open /proc/self/exe");
	if (is_protected(exe))
		return 0;
	AUTO_FD view = read_only_view();
	if (view < 0)
		view = sealed_copy(exe);
	if (view < 0)
		return err_sys(e, "make a read-only view of this program");
	sys_execveat(view, "", argv, environ, AT_EMPTY_PATH);
	err_sys(e, "execute a read-only view of this program");
	return err_phase(e, PHASE_SECURITY);
}
