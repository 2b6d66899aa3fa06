/* tree.c - finds the cgroup v2 hierarchy, or a view of it of our own.
 *
 * The mounted tree comes first, although a detached mount of our own works everywhere: a new mount
 * made in the initial cgroup namespace sets the options of the one hierarchy that there is, so a
 * plain fsopen(2) would switch off nsdelegate and memory_recursiveprot for the whole host
 * (kernel/cgroup/cgroup.c, apply_cgroup_root_flags). In another cgroup namespace the options are
 * left alone, and a mount of our own shows exactly that namespace, whatever /sys/fs/cgroup is there.
 *
 * Source    : cgroups(7), cgroup_namespaces(7), systemd's CGROUP_DELEGATION for the usual places. */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "cgroups/cgroup-priv.h"

/* The first cgroup namespace, include/linux/proc_ns.h PROC_CGROUP_INIT_INO (0xEFFFFFFB). Reading the
 * link costs half of what stat(2) of it does. */
#define CGROUP_NAMESPACE_INITIAL "cgroup:[4026531835]"
/* Inode of the hierarchy's root directory. */
#define CGROUP_ROOT_INODE 1

static const char *const usual_places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

/* The options that a mount of our own must repeat so that the host keeps them. */
static const char *const root_options[] = {
	"favordynmods", "memory_hugetlb_accounting", "memory_localevents", "memory_recursiveprot",
	"nsdelegate",	"pids_localevents",
};

static bool in_initial_namespace(void)
{
	char name[64];
	ssize_t length = readlink("/proc/self/ns/cgroup", name, sizeof name - 1);

	/* Without /proc the host's own options matter most: assume the initial namespace. */
	if (length < 0)
		return true;
	name[length] = '\0';
	return str_equal(name, CGROUP_NAMESPACE_INITIAL);
}

/* A writable mount of the whole hierarchy, -ENOENT otherwise. */
static int open_mounted(const char *place, bool whole)
{
	struct statfs fs;
	struct stat st;
	AUTO_FD fd = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != CGROUP2_SUPER_MAGIC || (fs.f_flags & ST_RDONLY))
		return -ENOENT;
	if (whole && (fstat(fd, &st) < 0 || st.st_ino != CGROUP_ROOT_INODE))
		return -ENOENT;
	return take_fd(&fd);
}

static int open_usual(bool whole)
{
	int result = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(usual_places) && result < 0; i++)
		result = open_mounted(usual_places[i], whole);
	return result;
}

/* The super block options of a mounted cgroup2 ("- cgroup2 cgroup2 rw,nsdelegate"), from a
 * mountinfo file; false when none is mounted there. */
static bool options_of_mounted(const char *mountinfo, char *out, size_t size)
{
	AUTO_FILE *file = fopen(mountinfo, "re");
	AUTO_FREE char *line = NULL;
	size_t capacity = 0;

	while (file && getline(&line, &capacity, file) > 0) {
		const char *type = strstr(line, " - cgroup2 ");
		const char *options = type ? strchr(type + strlen(" - cgroup2 "), ' ') : NULL;

		if (options) {
			(void)snprintf(out, size, "%s", options + 1); /* longer: later words lost */
			return true;
		}
	}
	return false;
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; *at; at += strcspn(at, ",\n")) {
		at += strspn(at, ",\n");
		if (strncmp(at, word, length) == 0 && strchr(",\n", at[length]))
			return true;
	}
	return false;
}

/* systemd's own choice stands in where no mount can be seen, for it is the stricter one. */
static int configure_options(int fs)
{
	char options[512];

	if (!options_of_mounted("/proc/self/mountinfo", options, sizeof options) &&
	    !options_of_mounted("/proc/1/mountinfo", options, sizeof options))
		(void)snprintf(options, sizeof options, "nsdelegate,memory_recursiveprot");
	for (size_t i = 0; i < ARRAY_SIZE(root_options); i++) {
		/* A kernel that does not know the option cannot have had it switched on. */
		if (has_word(options, root_options[i]))
			(void)fsconfig(fs, FSCONFIG_SET_FLAG, root_options[i], NULL, 0);
	}
	return 0;
}

static int open_detached(bool initial)
{
	AUTO_FD fs = fsopen("cgroup2", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -errno;
	if (initial)
		(void)configure_options(fs); /* cannot fail */
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	int fd = fsmount(fs, FSMOUNT_CLOEXEC,
			 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_tree_open(struct err *e)
{
	bool initial = in_initial_namespace();
	int fd = initial ? open_usual(true) : open_detached(false);

	if (fd >= 0)
		return fd;
	/* Without CAP_SYS_ADMIN over the cgroup namespace there is only what is mounted. */
	fd = initial ? open_detached(true) : open_usual(false);
	if (fd >= 0)
		return fd;
	int why = fd;
	if (initial && (fd = open_usual(false)) >= 0)
		return fd;
	(void)err_errno(e, why, "open the cgroup v2 hierarchy");
	(void)err_hint(
		e,
		"it is neither mounted writable on /sys/fs/cgroup nor may a mount of it be made");
	return err_phase(e, PHASE_CGROUP);
}
