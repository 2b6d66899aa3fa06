/* words.c - the tables of oci/words.h.
 *
 * Values that the headers of the oldest supported C library lack are written as numbers, with the
 * kernel that brought them: the numbers are part of the kernel's ABI and never change. */
#include "oci/words.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>

#define WORDS(table, what)                                                                         \
	{                                                                                          \
		.noun = what, .rows = table, .count = sizeof(table) / sizeof((table)[0])           \
	}

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* Linux 5.6 */
#endif

/* config-linux.md "Namespaces" */
static const struct oci_word namespace_rows[] = {
	{ "mount", CLONE_NEWNS },    { "cgroup", CLONE_NEWCGROUP }, { "uts", CLONE_NEWUTS },
	{ "ipc", CLONE_NEWIPC },     { "user", CLONE_NEWUSER },	    { "pid", CLONE_NEWPID },
	{ "network", CLONE_NEWNET }, { "time", CLONE_NEWTIME },
};
const struct oci_words oci_namespaces = WORDS(namespace_rows, "a namespace type");

/* config.md "Linux Process", capabilities; by number */
#define CAPABILITY(name)                                                                           \
	{                                                                                          \
#name, name                                                                        \
	}
static const struct oci_word capability_rows[] = {
	CAPABILITY(CAP_CHOWN),
	CAPABILITY(CAP_DAC_OVERRIDE),
	CAPABILITY(CAP_DAC_READ_SEARCH),
	CAPABILITY(CAP_FOWNER),
	CAPABILITY(CAP_FSETID),
	CAPABILITY(CAP_KILL),
	CAPABILITY(CAP_SETGID),
	CAPABILITY(CAP_SETUID),
	CAPABILITY(CAP_SETPCAP),
	CAPABILITY(CAP_LINUX_IMMUTABLE),
	CAPABILITY(CAP_NET_BIND_SERVICE),
	CAPABILITY(CAP_NET_BROADCAST),
	CAPABILITY(CAP_NET_ADMIN),
	CAPABILITY(CAP_NET_RAW),
	CAPABILITY(CAP_IPC_LOCK),
	CAPABILITY(CAP_IPC_OWNER),
	CAPABILITY(CAP_SYS_MODULE),
	CAPABILITY(CAP_SYS_RAWIO),
	CAPABILITY(CAP_SYS_CHROOT),
	CAPABILITY(CAP_SYS_PTRACE),
	CAPABILITY(CAP_SYS_PACCT),
	CAPABILITY(CAP_SYS_ADMIN),
	CAPABILITY(CAP_SYS_BOOT),
	CAPABILITY(CAP_SYS_NICE),
	CAPABILITY(CAP_SYS_RESOURCE),
	CAPABILITY(CAP_SYS_TIME),
	CAPABILITY(CAP_SYS_TTY_CONFIG),
	CAPABILITY(CAP_MKNOD),
	CAPABILITY(CAP_LEASE),
	CAPABILITY(CAP_AUDIT_WRITE),
	CAPABILITY(CAP_AUDIT_CONTROL),
	CAPABILITY(CAP_SETFCAP),
	CAPABILITY(CAP_MAC_OVERRIDE),
	CAPABILITY(CAP_MAC_ADMIN),
	CAPABILITY(CAP_SYSLOG),
	CAPABILITY(CAP_WAKE_ALARM),
	CAPABILITY(CAP_BLOCK_SUSPEND),
	CAPABILITY(CAP_AUDIT_READ),
	CAPABILITY(CAP_PERFMON),
	CAPABILITY(CAP_BPF),
	CAPABILITY(CAP_CHECKPOINT_RESTORE),
};
const struct oci_words oci_capabilities = WORDS(capability_rows, "a capability");

/* config.md "POSIX process", rlimits */
#define RLIMIT(name)                                                                               \
	{                                                                                          \
#name, name                                                                        \
	}
static const struct oci_word rlimit_rows[] = {
	RLIMIT(RLIMIT_CPU),	 RLIMIT(RLIMIT_FSIZE),	RLIMIT(RLIMIT_DATA),
	RLIMIT(RLIMIT_STACK),	 RLIMIT(RLIMIT_CORE),	RLIMIT(RLIMIT_RSS),
	RLIMIT(RLIMIT_NPROC),	 RLIMIT(RLIMIT_NOFILE), RLIMIT(RLIMIT_MEMLOCK),
	RLIMIT(RLIMIT_AS),	 RLIMIT(RLIMIT_LOCKS),	RLIMIT(RLIMIT_SIGPENDING),
	RLIMIT(RLIMIT_MSGQUEUE), RLIMIT(RLIMIT_NICE),	RLIMIT(RLIMIT_RTPRIO),
	RLIMIT(RLIMIT_RTTIME),
};
const struct oci_words oci_rlimits = WORDS(rlimit_rows, "a resource limit");

/* config-linux.md "Rootfs Mount Propagation"; the r... words are not in the specification, every
 * runtime takes them */
static const struct oci_word propagation_rows[] = {
	{ "shared", MS_SHARED },
	{ "slave", MS_SLAVE },
	{ "private", MS_PRIVATE },
	{ "unbindable", MS_UNBINDABLE },
	{ "rshared", MS_SHARED | MS_REC },
	{ "rslave", MS_SLAVE | MS_REC },
	{ "rprivate", MS_PRIVATE | MS_REC },
	{ "runbindable", MS_UNBINDABLE | MS_REC },
};
const struct oci_words oci_propagations = WORDS(propagation_rows, "a mount propagation");

/* config.md "Linux Process", scheduler; SCHED_ISO and SCHED_DEADLINE have no name in sched.h */
static const struct oci_word scheduler_policy_rows[] = {
	{ "SCHED_OTHER", SCHED_OTHER }, { "SCHED_FIFO", SCHED_FIFO }, { "SCHED_RR", SCHED_RR },
	{ "SCHED_BATCH", SCHED_BATCH }, { "SCHED_ISO", 4 },	      { "SCHED_IDLE", SCHED_IDLE },
	{ "SCHED_DEADLINE", 6 },
};
const struct oci_words oci_scheduler_policies = WORDS(scheduler_policy_rows, "a scheduling policy");

static const struct oci_word scheduler_flag_rows[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", 0x01 },  { "SCHED_FLAG_RECLAIM", 0x02 },
	{ "SCHED_FLAG_DL_OVERRUN", 0x04 },     { "SCHED_FLAG_KEEP_POLICY", 0x08 },
	{ "SCHED_FLAG_KEEP_PARAMS", 0x10 },    { "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20 },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40 },
};
const struct oci_words oci_scheduler_flags = WORDS(scheduler_flag_rows, "a scheduling flag");

/* config.md "Linux Process", ioPriority */
static const struct oci_word io_priority_class_rows[] = {
	{ "IOPRIO_CLASS_RT", 1 },
	{ "IOPRIO_CLASS_BE", 2 },
	{ "IOPRIO_CLASS_IDLE", 3 },
};
const struct oci_words oci_io_priority_classes =
	WORDS(io_priority_class_rows, "an I/O priority class");

/* config-linux.md "Personality" */
static const struct oci_word personality_rows[] = {
	{ "LINUX", PER_LINUX },
	{ "LINUX32", PER_LINUX32 },
};
const struct oci_words oci_personalities = WORDS(personality_rows, "a personality");

/* config-linux.md "Memory policy" */
static const struct oci_word memory_policy_mode_rows[] = {
	{ "MPOL_DEFAULT", 0 },
	{ "MPOL_PREFERRED", 1 },
	{ "MPOL_BIND", 2 },
	{ "MPOL_INTERLEAVE", 3 },
	{ "MPOL_LOCAL", 4 },
	{ "MPOL_PREFERRED_MANY", 5 },	   /* Linux 5.15 */
	{ "MPOL_WEIGHTED_INTERLEAVE", 6 }, /* Linux 6.9 */
};
const struct oci_words oci_memory_policy_modes = WORDS(memory_policy_mode_rows, "a memory policy");

static const struct oci_word memory_policy_flag_rows[] = {
	{ "MPOL_F_NUMA_BALANCING", 1 << 13 },
	{ "MPOL_F_RELATIVE_NODES", 1 << 14 },
	{ "MPOL_F_STATIC_NODES", 1 << 15 },
};
const struct oci_words oci_memory_policy_flags =
	WORDS(memory_policy_flag_rows, "a memory policy flag");

/* config-linux.md "Seccomp", syscalls[].action; SCMP_ACT_KILL is libseccomp's old name */
static const struct oci_word seccomp_action_rows[] = {
	{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP },
	{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO },
	{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE },
	{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW },
	{ "SCMP_ACT_LOG", SECCOMP_RET_LOG },
	{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF },
};
const struct oci_words oci_seccomp_actions = WORDS(seccomp_action_rows, "a seccomp action");

static const struct oci_word seccomp_operator_rows[] = {
	{ "SCMP_CMP_NE", OCI_SECCOMP_NE },
	{ "SCMP_CMP_LT", OCI_SECCOMP_LT },
	{ "SCMP_CMP_LE", OCI_SECCOMP_LE },
	{ "SCMP_CMP_EQ", OCI_SECCOMP_EQ },
	{ "SCMP_CMP_GE", OCI_SECCOMP_GE },
	{ "SCMP_CMP_GT", OCI_SECCOMP_GT },
	{ "SCMP_CMP_MASKED_EQ", OCI_SECCOMP_MASKED_EQ },
};
const struct oci_words oci_seccomp_operators =
	WORDS(seccomp_operator_rows, "a comparison operator");

static const struct oci_word seccomp_arch_rows[] = {
	{ "SCMP_ARCH_X86", AUDIT_ARCH_I386 },
	{ "SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64 },
	{ "SCMP_ARCH_X32", OCI_SECCOMP_ARCH_X32 },
	{ "SCMP_ARCH_ARM", AUDIT_ARCH_ARM },
	{ "SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64 },
	{ "SCMP_ARCH_LOONGARCH64", 0xc0000102U }, /* Linux 5.19 */
	{ "SCMP_ARCH_M68K", AUDIT_ARCH_M68K },
	{ "SCMP_ARCH_MIPS", AUDIT_ARCH_MIPS },
	{ "SCMP_ARCH_MIPS64", AUDIT_ARCH_MIPS64 },
	{ "SCMP_ARCH_MIPS64N32", AUDIT_ARCH_MIPS64N32 },
	{ "SCMP_ARCH_MIPSEL", AUDIT_ARCH_MIPSEL },
	{ "SCMP_ARCH_MIPSEL64", AUDIT_ARCH_MIPSEL64 },
	{ "SCMP_ARCH_MIPSEL64N32", AUDIT_ARCH_MIPSEL64N32 },
	{ "SCMP_ARCH_PARISC", AUDIT_ARCH_PARISC },
	{ "SCMP_ARCH_PARISC64", AUDIT_ARCH_PARISC64 },
	{ "SCMP_ARCH_PPC", AUDIT_ARCH_PPC },
	{ "SCMP_ARCH_PPC64", AUDIT_ARCH_PPC64 },
	{ "SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE },
	{ "SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64 },
	{ "SCMP_ARCH_S390", AUDIT_ARCH_S390 },
	{ "SCMP_ARCH_S390X", AUDIT_ARCH_S390X },
	{ "SCMP_ARCH_SH", AUDIT_ARCH_SHEL },
	{ "SCMP_ARCH_SHEB", AUDIT_ARCH_SH },
};
const struct oci_words oci_seccomp_archs = WORDS(seccomp_arch_rows, "an architecture");

static const struct oci_word seccomp_flag_rows[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 1UL << 5 }, /* Linux 5.19 */
};
const struct oci_words oci_seccomp_flags = WORDS(seccomp_flag_rows, "a seccomp filter flag");

int oci_word_find(const struct oci_words *words, const char *name, uint64_t *out)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strcmp(words->rows[i].name, name) != 0)
			continue;
		if (out)
			*out = words->rows[i].value;
		return 0;
	}
	return -ENOENT;
}

const char *oci_word_name(const struct oci_words *words, uint64_t value)
{
	for (size_t i = 0; i < words->count; i++)
		if (words->rows[i].value == value)
			return words->rows[i].name;
	return NULL;
}
