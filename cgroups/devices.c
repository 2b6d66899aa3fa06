/* devices.c - the device program, loaded and attached to a cgroup.
 *
 * Programs of others (a manager's on the same cgroup) stay attached; the kernel asks all of them and
 * one refusal is enough. Ours is told apart by its name.
 *
 * Source    : bpf(2); kernel/bpf/cgroup.c; BPF_F_REPLACE is there since Linux 5.6. */
#include "cgroups/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "cgroups/cgroup-priv.h"
#include "cgroups/devices-priv.h"

#define PROGRAM_NAME "keg_devices"

/* More device programs than this on one cgroup is beyond what the kernel takes (BPF_CGROUP_MAX_PROGS). */
#define PROGRAMS_MAX 64

static int sys_bpf(int command, union bpf_attr *attr, size_t size)
{
	return (int)syscall(SYS_bpf, command, attr, size);
}

static int load(const struct bpf_insn *insns, size_t count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)count;
	attr.license = (uintptr_t) "GPL";
	memcpy(attr.prog_name, PROGRAM_NAME, sizeof PROGRAM_NAME);
	int fd = sys_bpf(BPF_PROG_LOAD, &attr, sizeof attr);
	return fd < 0 ? -errno : fd;
}

/* replace_fd -1: beside the others. */
static int attach(int cgroup_fd, int program_fd, int replace_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)program_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replace_fd >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replace_fd;
	}
	return sys_bpf(BPF_PROG_ATTACH, &attr, sizeof attr) < 0 ? -errno : 0;
}

static int detach(int cgroup_fd, int program_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)program_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return sys_bpf(BPF_PROG_DETACH, &attr, sizeof attr) < 0 ? -errno : 0;
}

static int open_program(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	attr.prog_id = id;
	int fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr, sizeof attr);
	return fd < 0 ? -errno : fd;
}

static bool is_ours(int program_fd)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&attr, 0, sizeof attr);
	memset(&info, 0, sizeof info);
	attr.info.bpf_fd = (uint32_t)program_fd;
	attr.info.info = (uintptr_t)&info;
	attr.info.info_len = sizeof info;
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof attr) == 0 &&
	       str_equal(info.name, PROGRAM_NAME);
}

int device_programs_open(int cgroup_fd, int *out_fds, size_t limit)
{
	uint32_t ids[PROGRAMS_MAX];
	union bpf_attr attr;
	int found = 0;

	memset(&attr, 0, sizeof attr);
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = PROGRAMS_MAX;
	if (sys_bpf(BPF_PROG_QUERY, &attr, sizeof attr) < 0)
		return -errno;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < PROGRAMS_MAX; i++) {
		AUTO_FD fd = open_program(ids[i]);

		/* -ENOENT: detached since. */
		if (fd < 0 && fd != -ENOENT) {
			int result = fd;
			while (found > 0)
				scope_close(&out_fds[--found]);
			return result;
		}
		if (fd >= 0 && is_ours(fd) && (size_t)found < limit)
			out_fds[found++] = take_fd(&fd);
	}
	return found;
}

/* Puts the program in the place of the first of ours, or beside it until that is detached where
 * the kernel cannot replace (removable with Linux 5.6); the others of ours go. */
static int exchange(int cgroup_fd, int program_fd, const int *old_fds, size_t n_old)
{
	size_t replaced = n_old ? 1 : 0;
	int result = attach(cgroup_fd, program_fd, n_old ? old_fds[0] : -1);

	if (result == -EINVAL && n_old) {
		replaced = 0;
		result = attach(cgroup_fd, program_fd, -1);
	}
	for (size_t i = replaced; i < n_old && result == 0; i++) {
		result = detach(cgroup_fd, old_fds[i]);
		if (result == -ENOENT)
			result = 0;
	}
	return result;
}

static int install(const struct cgroup *cgroup, int program_fd)
{
	int old_fds[PROGRAMS_MAX], n_old = 0;

	if (!cgroup->fresh) {
		n_old = device_programs_open(cgroup->fd, old_fds, PROGRAMS_MAX);
		if (n_old < 0)
			return n_old;
	}
	int result = exchange(cgroup->fd, program_fd, old_fds, (size_t)n_old);
	while (n_old > 0)
		scope_close(&old_fds[--n_old]);
	return result;
}

static int check_rules(const struct device_rule *rules, size_t count, const char *at, struct err *e)
{
	if (count > CGROUP_DEVICE_RULES_MAX) {
		(void)err_set(e, ERR_LIMIT, "more than %d device rules", CGROUP_DEVICE_RULES_MAX);
		return err_pointer(e, "%s", at);
	}
	for (size_t i = 0; i < count; i++) {
		const char *member = device_rule_fault(&rules[i]);

		if (member) {
			(void)err_set(e, ERR_INVALID, "device rule with an impossible %s", member);
			return err_pointer(e, "%s/%zu/%s", at, i, member);
		}
	}
	return 0;
}

int cgroup_devices_apply(struct cgroup *cgroup, const struct device_rule *rules, size_t count,
			 const char *at, struct err *e)
{
	AUTO_FREE struct bpf_insn *insns = NULL;
	size_t n_insns = 0;

	if (check_rules(rules, count, at, e) < 0)
		return err_phase(e, PHASE_CGROUP);
	int result = device_program(rules, count, &insns, &n_insns);
	AUTO_FD program = result < 0 ? result : load(insns, n_insns);
	result = program < 0 ? program : install(cgroup, program);
	if (result == 0) {
		cgroup->fresh = false;
		return 0;
	}
	(void)err_errno(e, result, "attach the device rules to cgroup %s", cgroup->path);
	(void)err_pointer(e, "%s", at);
	if (result == -EPERM)
		(void)err_hint(e, "CAP_SYS_ADMIN in the initial user namespace is needed");
	else if (result == -E2BIG)
		(void)err_hint(e, "these %zu rules are too many for the kernel to check", count);
	else if (result == -EINVAL || result == -ENOSYS)
		(void)err_hint(e, "the kernel needs CONFIG_CGROUP_BPF");
	return err_phase(e, PHASE_CGROUP);
}
