/* floor.c - what the kernel alone costs for one container of the default `spec` bundle.
 *
 *     floor BUNDLE CGROUP_DIR ID PROGRAM
 *
 * It asks the kernel for exactly what that bundle asks for, and does nothing else: no config.json
 * is read, no state is kept, nothing is checked but results. So its time, exec of itself included,
 * is what no runtime that is a C program can undercut by much, and the bench expresses runtimes as
 * multiples of it.
 *
 * Efficient where a runtime could be as well: the child borrows the parent's memory until it
 * executes (CLONE_VM | CLONE_VFORK), is born in its cgroup, and names everything by short relative
 * paths. Not efficient in ways no runtime in C would be: it is linked with the C library.
 *
 * What the default bundle asks for is held in rows below, each in the order of config.json;
 * tests/bench/look.c sees from the inside that nothing is missing.
 *
 * Never: safe. Paths in the rootfs are followed as they are; it is for a rootfs of our own.
 * Source: runtime-spec config.md and config-linux.md ("Default Devices", "Default Symlinks");
 *         `crun spec`, kept in tests/data/configs/. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static _Noreturn void die(const char *format, ...)
{
	int errnum = errno;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	dprintf(2, "floor: %s: %s\n", text, strerror(errnum));
	_exit(125);
}

static const struct {
	const char *target, *type;
	unsigned long flags;
	const char *data;
	mode_t make; /* mode of the directory to make first; 0: it is there */
} mounts[] = {
	{ "proc", "proc", 0, NULL, 0 },
	{ "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k", 0 },
	{ "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5",
	  0755 },
	{ "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k", 0755 },
	{ "dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL, 0755 },
	{ "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL, 0 },
	{ "sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME | MS_RDONLY,
	  NULL, 0 },
};

static const struct {
	const char *path;
	unsigned int major, minor;
} devices[] = {
	{ "dev/null", 1, 3 }, { "dev/zero", 1, 5 },   { "dev/full", 1, 7 },
	{ "dev/tty", 5, 0 },  { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 },
};

static const struct {
	const char *path, *target;
} links[] = {
	{ "dev/fd", "/proc/self/fd" },	     { "dev/stdin", "/proc/self/fd/0" },
	{ "dev/stdout", "/proc/self/fd/1" }, { "dev/stderr", "/proc/self/fd/2" },
	{ "dev/ptmx", "pts/ptmx" },
};

static const char *const masked[] = {
	"proc/acpi",	      "proc/asound",	 "proc/kcore",	     "proc/keys",
	"proc/latency_stats", "proc/timer_list", "proc/timer_stats", "proc/sched_debug",
	"sys/firmware",	      "proc/scsi",
};

static const char *const readonly[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys",
					"proc/sysrq-trigger" };

#define CAPABILITIES (1U << CAP_AUDIT_WRITE | 1U << CAP_KILL | 1U << CAP_NET_BIND_SERVICE)

/* -- devices of the cgroup: denied but for what every container may use ------------------------ */

#define INSN(op, dst, src, o, i)                                                                   \
	{                                                                                          \
		.code = (op), .dst_reg = (dst), .src_reg = (src), .off = (o), .imm = (i)           \
	}
#define LOAD(dst, field)                                                                           \
	INSN(BPF_LDX | BPF_MEM | BPF_W, dst, 1, offsetof(struct bpf_cgroup_dev_ctx, field), 0)
#define JUMP_NE(reg, value, over) INSN(BPF_JMP | BPF_JNE | BPF_K, reg, 0, over, value)
#define RETURN(value)                                                                              \
	INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, value), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* One rule allows one char device: 4 instructions. */
#define ALLOW(major, minor) JUMP_NE(4, major, 3), JUMP_NE(5, minor, 2), RETURN(1)

static void attach_device_program(int cgroup)
{
	/* r2 = type, r3 = access, r4 = major, r5 = minor */
	static const struct bpf_insn program[] = {
		LOAD(2, access_type),
		INSN(BPF_ALU | BPF_MOV | BPF_X, 3, 2, 0, 0),
		INSN(BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff),
		INSN(BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16),
		LOAD(4, major),
		LOAD(5, minor),
		JUMP_NE(3, BPF_DEVCG_ACC_MKNOD, 2), /* making a node alone is harmless */
		RETURN(1),
		JUMP_NE(2, BPF_DEVCG_DEV_CHAR, 39),
		ALLOW(1, 3),
		ALLOW(1, 5),
		ALLOW(1, 7),
		ALLOW(1, 8),
		ALLOW(1, 9),
		ALLOW(5, 0),
		ALLOW(5, 1),
		ALLOW(5, 2),
		ALLOW(10, 200),
		JUMP_NE(4, 136, 2),
		RETURN(1),
		RETURN(0),
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)program,
		.insn_cnt = LENGTH(program),
		.license = (uintptr_t) "GPL",
	};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	union bpf_attr attach = {
		.target_fd = cgroup,
		.attach_bpf_fd = fd,
		.attach_type = BPF_CGROUP_DEVICE,
	};

	if (fd < 0)
		die("load the device program");
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)) < 0)
		die("attach the device program");
	close(fd);
}

/* -- inside ------------------------------------------------------------------------------------ */

static void mount_all(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("make / private");
	if (mount("rootfs", "rootfs", NULL, MS_BIND | MS_REC, NULL) < 0 || chdir("rootfs") < 0)
		die("bind rootfs");
	for (size_t i = 0; i < LENGTH(mounts); i++) {
		if (mounts[i].make && mkdir(mounts[i].target, mounts[i].make) < 0)
			die("make %s", mounts[i].target);
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags,
			  mounts[i].data) < 0)
			die("mount %s", mounts[i].target);
	}
}

static void make_devices(void)
{
	for (size_t i = 0; i < LENGTH(devices); i++)
		if (mknod(devices[i].path, S_IFCHR | 0666,
			  makedev(devices[i].major, devices[i].minor)) < 0)
			die("make %s", devices[i].path);
	for (size_t i = 0; i < LENGTH(links); i++)
		if (symlink(links[i].target, links[i].path) < 0)
			die("link %s", links[i].path);
}

/* A file is masked by /dev/null, a directory by an empty read-only tmpfs, one for all. */
static void mask(void)
{
	const char *empty = NULL;

	for (size_t i = 0; i < LENGTH(masked); i++) {
		if (mount("dev/null", masked[i], NULL, MS_BIND, NULL) == 0 || errno == ENOENT)
			continue;
		if (errno != ENOTDIR)
			die("mask %s", masked[i]);
		if (empty ? mount(empty, masked[i], NULL, MS_BIND, NULL)
			  : mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, "nr_blocks=1"))
			die("mask %s", masked[i]);
		empty = masked[i];
	}
}

static void make_readonly(void)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	for (size_t i = 0; i < LENGTH(readonly); i++) {
		if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) < 0) {
			if (errno == ENOENT)
				continue;
			die("bind %s", readonly[i]);
		}
		if (syscall(SYS_mount_setattr, AT_FDCWD, readonly[i], 0, &attr, sizeof(attr)) < 0)
			die("make %s read-only", readonly[i]);
	}
	if (syscall(SYS_mount_setattr, AT_FDCWD, ".", 0, &attr, sizeof(attr)) < 0)
		die("make the rootfs read-only");
}

static void enter_root(void)
{
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		die("pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		die("unmount the old root");
	if (chdir("/") < 0)
		die("chdir");
}

/* Not in the bundle, but every runtime does it: a new network namespace has its loopback down. */
static void raise_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
		die("raise the loopback");
}

static void drop_privileges(void)
{
	static const struct rlimit files = { 1024, 1024 };
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { CAPABILITIES, CAPABILITIES, 0 } };

	if (sethostname("crun", 4) < 0 || setrlimit(RLIMIT_NOFILE, &files) < 0)
		die("set hostname and limits");
	for (int cap = 0; cap < 64; cap++)
		if (!(CAPABILITIES & 1ULL << cap) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL) /* past the last one this kernel has */
				break;
			die("drop capability %d", cap);
		}
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 ||
	    syscall(SYS_setresuid, 0, 0, 0) < 0)
		die("set ids");
	if (syscall(SYS_capset, &header, data) < 0)
		die("set capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("set no_new_privs");
}

static _Noreturn void child(char *program)
{
	char *argv[] = { program, NULL };
	static char *env[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"TERM=xterm", NULL
	};

	umask(0);
	raise_loopback();
	mount_all();
	make_devices();
	mask();
	make_readonly();
	enter_root();
	umask(022);
	setsid();
	if (close_range(3, ~0U, 0) < 0)
		die("close files");
	drop_privileges();
	execve(program, argv, env);
	die("execute %s", program);
}

/* -- outside ----------------------------------------------------------------------------------- */

/* In line, because a function that returned twice on one shared stack would find its return
 * address overwritten by the child; see vfork(2). */
static inline __attribute__((always_inline)) long clone3(struct clone_args *args)
{
#if defined(__x86_64__)
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "0"((long)SYS_clone3), "D"(args), "S"(sizeof(*args))
		     : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x0 asm("x0") = (long)args;
	register long x1 asm("x1") = (long)sizeof(*args);
	register long x8 asm("x8") = SYS_clone3;

	asm volatile("svc 0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
	return x0;
#else
#error "clone3 is written for x86_64 and aarch64"
#endif
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		dprintf(2, "usage: floor BUNDLE CGROUP_DIR ID PROGRAM\n");
		return 125;
	}
	if (chdir(argv[1]) < 0)
		die("enter %s", argv[1]);

	const char *id = argv[3];
	int root = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		die("open %s", argv[2]);
	if (mkdirat(root, id, 0755) < 0)
		die("make cgroup %s", id);
	int cgroup = openat(root, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		die("open cgroup %s", id);
	attach_device_program(cgroup);

	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
			 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup,
	};
	long pid = clone3(&args);
	if (pid == 0)
		child(argv[4]);
	if (pid < 0) {
		errno = (int)-pid;
		die("clone3");
	}

	int status;
	if (waitpid((pid_t)pid, &status, 0) < 0)
		die("wait");
	if (unlinkat(root, id, AT_REMOVEDIR) < 0)
		die("remove cgroup %s", id);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
