/* devices.h - which device nodes a cgroup's processes may open or make: an eBPF program of ours.
 *
 * The last rule that matches decides; without one the answer is no, so a list that allows everything
 * begins with "allow a". A request is allowed when one rule covers all of it, or when the rules for
 * each of its access bits do: bits are decided one by one.
 *
 *   deny a *:* rwm, allow c 1:3 rw, deny c *:* w      read of /dev/null: yes; write: no
 *
 * Ownership : rules are borrowed; no descriptor stays open after attach, the cgroup holds the
 *             program and its removal frees it.
 * Errors    : ERR_INVALID with pointer "<at>/<index>/type"; ERR_UNSUPPORTED without
 *             CONFIG_CGROUP_BPF; ERR_DENIED without CAP_BPF or CAP_SYS_ADMIN.
 * Source    : runtime-spec config-linux.md "Allowed Device list"; kernel/bpf/cgroup.c. */
#ifndef KEG_CGROUPS_DEVICES_H
#define KEG_CGROUPS_DEVICES_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cgroups/cgroup.h"

enum device_access {
	DEVICE_READ = 1 << 0,
	DEVICE_WRITE = 1 << 1,
	DEVICE_MKNOD = 1 << 2,
	DEVICE_RWM = 7,
};

#define DEVICE_ANY (-1)

struct device_rule {
	bool allow;
	char type;	      /* 'a', 'b', 'c'; 0 is 'a' */
	int64_t major, minor; /* DEVICE_ANY for each */
	unsigned access;      /* enum device_access */
};

/* "rwm" in any order, NULL for all three; -EINVAL for anything else or an empty string. */
int device_access_from_text(const char *text, unsigned *out_access);

/* What the specification says about one request; pure, the oracle of the tests. `type` is 'b', 'c'. */
bool device_rules_allow(const struct device_rule *rules, size_t count, char type, uint32_t major,
			uint32_t minor, unsigned access);

/* The program for a list; pure. malloc'ed, the caller frees. -E2BIG above CGROUP_DEVICE_RULES_MAX
 * rules, -EINVAL for a rule that cannot be, -ENOMEM. */
#define CGROUP_DEVICE_RULES_MAX 4096
int device_program(const struct device_rule *rules, size_t count, struct bpf_insn **out_insns,
		   size_t *out_count);

/* Loads the program and attaches it. A program that is there already (ours, of an earlier call) is
 * replaced in one step: no moment without rules and none with both. `at` is the pointer of the list
 * ("/linux/resources/devices"). */
int cgroup_devices_apply(struct cgroup *cgroup, const struct device_rule *rules, size_t count,
			 const char *at, struct err *e);

#endif
