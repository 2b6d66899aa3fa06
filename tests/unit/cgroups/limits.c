/* limits.c - tests of linux.resources as cgroup v2 files.
 *
 * What is written, where and in which order is seen in a directory of ordinary files that stands in
 * for a cgroup; what the kernel makes of it is tested in the virtual machine. */
#include <sched.h>
#include <stdarg.h>
#include <sys/inotify.h>
#include <sys/mount.h>

#include "base/file.h"
#include "cgroups/cgroup-priv.h"
#include "cgroups/limits-priv.h"
#include "cgroups/limits.h"
#include "cgroups/stat.h"
#include "tests/unit/cgroups/rooms.h"

#define AT "/linux/resources"
#define I(value) (&(const int64_t){ value })
#define U(value) (&(const uint64_t){ value })
#define YES (&(const bool){ true })
#define NO (&(const bool){ false })

/* ------------------------------------------------------------------------------- a stand-in */

static struct cgroup *stand_in;

/* An empty tmpfs with these files ("name", "content", ..., NULL), as an existing cgroup. */
static struct cgroup *stand_in_with(const char *first, ...)
{
	va_list files;

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", "/tmp", "tmpfs", 0, NULL), 0);
	stand_in = calloc(1, sizeof *stand_in + 16);
	strcpy(stand_in->path, "/stand-in");
	stand_in->fd = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	va_start(files, first);
	for (const char *name = first; name; name = va_arg(files, const char *)) {
		const char *content = va_arg(files, const char *);
		AUTO_FD fd = openat(stand_in->fd, name, O_WRONLY | O_CREAT, 0644);
		ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	}
	va_end(files);
	return stand_in;
}

static const char *content_of(const char *name)
{
	static char text[4096];
	ssize_t length = file_read_small(stand_in->fd, name, text, sizeof text);

	ck_assert_msg(length >= 0, "%s: %s", name, strerror((int)-length));
	return text;
}

/* --------------------------------------------------------------------------- v1 words as v2 */

START_TEST(cpu_shares_follow_the_curve_that_keeps_the_default)
{
	static const uint64_t cases[][2] = {
		{ 0, 0 },	   { 1, 1 },
		{ 2, 1 },	   { 3, 2 },
		{ 1024, 100 },	   { 260000, 9929 },
		{ 262143, 10000 }, { 262144, 10000 },
		{ 262145, 10000 }, { UINT64_MAX, 10000 },
	};
	uint64_t before = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_uint_eq(cgroup_cpu_weight(cases[i][0]), cases[i][1]);
	for (uint64_t shares = 1; shares <= 262144; shares++) {
		uint64_t weight = cgroup_cpu_weight(shares);

		/* Each ck_assert that passes is a message to Check's parent: too many here. */
		if (weight < before || weight < 1 || weight > 10000)
			ck_abort_msg("%lu shares have weight %lu", (unsigned long)shares,
				     (unsigned long)weight);
		before = weight;
	}
}
END_TEST

START_TEST(io_weights_are_stretched_over_the_new_range)
{
	ck_assert_uint_eq(cgroup_io_weight(10), 1);
	ck_assert_uint_eq(cgroup_io_weight(11), 11);
	ck_assert_uint_eq(cgroup_io_weight(500), 4950);
	ck_assert_uint_eq(cgroup_io_weight(1000), 10000);
}
END_TEST

START_TEST(swap_is_what_is_left_after_memory)
{
	int64_t swap = 77;

	ck_assert_int_eq(cgroup_swap_limit(-1, NULL, &swap), 0);
	ck_assert_int_eq(swap, -1);
	ck_assert_int_eq(cgroup_swap_limit(0, NULL, &swap), 0);
	ck_assert_int_eq(swap, 0);
	ck_assert_int_eq(cgroup_swap_limit(300, I(100), &swap), 0);
	ck_assert_int_eq(swap, 200);
	ck_assert_int_eq(cgroup_swap_limit(100, I(100), &swap), 0);
	ck_assert_int_eq(swap, 0);
	ck_assert_int_eq(cgroup_swap_limit(INT64_MAX, I(1), &swap), 0);
	ck_assert_int_eq(swap, INT64_MAX - 1);
	swap = 77;
	ck_assert_int_eq(cgroup_swap_limit(99, I(100), &swap), -EINVAL);
	ck_assert_int_eq(cgroup_swap_limit(100, NULL, &swap), -EINVAL);
	ck_assert_int_eq(cgroup_swap_limit(100, I(-1), &swap), -EINVAL);
	ck_assert_int_eq(cgroup_swap_limit(100, I(0), &swap), -EINVAL);
	ck_assert_int_eq(swap, 77);
}
END_TEST

/* ----------------------------------------------------------------------------------- the table */

START_TEST(the_table_has_a_row_for_each_member_and_rows_are_complete)
{
	size_t n_rows, words = sizeof(struct cgroup_limits) / sizeof(void *);
	const struct limit_row *rows = limit_rows(&n_rows);
	bool seen[sizeof(struct cgroup_limits) / sizeof(void *)] = { false };

	seen[offsetof(struct cgroup_limits, network_priorities) / sizeof(void *)] = true;
	for (size_t i = 0; i < n_rows; i++) {
		const struct limit_row *row = &rows[i];

		ck_assert_int_eq(row->member[0], '/');
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(row->member, rows[j].member);
		ck_assert_int_eq(row->write != NULL, row->fate == LIMIT_WRITTEN);
		ck_assert_int_eq(row->file != NULL, row->fate == LIMIT_WRITTEN);
		ck_assert_int_eq(row->why != NULL, row->fate != LIMIT_WRITTEN);
		if (row->offset != SIZE_MAX) {
			ck_assert(!seen[row->offset / sizeof(void *)]);
			seen[row->offset / sizeof(void *)] = true;
		}
		if (row->count_offset != SIZE_MAX)
			seen[row->count_offset / sizeof(void *)] = true;
	}
	for (size_t i = 0; i < words; i++)
		ck_assert_msg(seen[i], "no row for the member at byte %zu", i * sizeof(void *));
}
END_TEST

struct written {
	struct cgroup_limits limits;
	unsigned controllers;
	const char *file, *text;
};

static const struct cgroup_weight_device weight_devices[] = { { 8, 16, U(500), NULL } };
static const struct cgroup_throttle throttle[] = { { 8, 16, 1048576 } };
static const struct cgroup_throttle no_throttle[] = { { 8, 16, 0 } };
static const struct cgroup_hugepage hugepages[] = { { "2MB", 4194304 } };
static const struct cgroup_rdma rdma[] = { { "mlx5_1", U(3), U(10000) } };
static const struct cgroup_rdma rdma_handles[] = { { "mlx5_1", U(3), NULL } };
static const struct cgroup_unified unified[] = { { "memory.high", "1073741824" } };

START_TEST(each_member_ends_in_its_file)
{
	const struct written cases[] = {
		{ { .memory_limit = I(1048576) }, CGROUP_MEMORY, "memory.max", "1048576" },
		{ { .memory_limit = I(-1) }, CGROUP_MEMORY, "memory.max", "max" },
		{ { .memory_swap = I(-1) }, CGROUP_MEMORY, "memory.swap.max", "max" },
		{ { .memory_swap = I(0) }, CGROUP_MEMORY, "memory.swap.max", "0" },
		{ { .memory_limit = I(100), .memory_swap = I(300) },
		  CGROUP_MEMORY,
		  "memory.swap.max",
		  "200" },
		{ { .memory_reservation = I(4096) }, CGROUP_MEMORY, "memory.low", "4096" },
		{ { .memory_reservation = I(-1) }, CGROUP_MEMORY, "memory.low", "max" },
		{ { .cpu_shares = U(1024) }, CGROUP_CPU, "cpu.weight", "100" },
		{ { .cpu_shares = U(0) }, 0, "cpu.weight", "" },
		{ { .cpu_quota_us = I(50000), .cpu_period_us = U(100000) },
		  CGROUP_CPU,
		  "cpu.max",
		  "50000 100000" },
		{ { .cpu_quota_us = I(50000) }, CGROUP_CPU, "cpu.max", "50000" },
		{ { .cpu_quota_us = I(-1) }, CGROUP_CPU, "cpu.max", "max" },
		{ { .cpu_quota_us = I(-1), .cpu_period_us = U(5000) },
		  CGROUP_CPU,
		  "cpu.max",
		  "max 5000" },
		{ { .cpu_quota_us = I(0) }, 0, "cpu.max", "" },
		{ { .cpu_burst_us = U(7000) }, CGROUP_CPU, "cpu.max.burst", "7000" },
		{ { .cpu_idle = I(1) }, CGROUP_CPU, "cpu.idle", "1" },
		{ { .cpus = "0-3,7" }, CGROUP_CPUSET, "cpuset.cpus", "0-3,7" },
		{ { .mems = "0" }, CGROUP_CPUSET, "cpuset.mems", "0" },
		{ { .cpus = "" }, 0, "cpuset.cpus", "" },
		{ { .pids_limit = I(32) }, CGROUP_PIDS, "pids.max", "32" },
		{ { .pids_limit = I(0) }, CGROUP_PIDS, "pids.max", "max" },
		{ { .pids_limit = I(-1) }, CGROUP_PIDS, "pids.max", "max" },
		{ { .io_weight = U(500) }, CGROUP_IO, "io.bfq.weight", "500" },
		{ { .io_weight_devices = weight_devices, .n_io_weight_devices = 1 },
		  CGROUP_IO,
		  "io.bfq.weight",
		  "8:16 500" },
		{ { .io_read_bps = throttle, .n_io_read_bps = 1 },
		  CGROUP_IO,
		  "io.max",
		  "8:16 rbps=1048576" },
		{ { .io_write_bps = throttle, .n_io_write_bps = 1 },
		  CGROUP_IO,
		  "io.max",
		  "8:16 wbps=1048576" },
		{ { .io_read_iops = throttle, .n_io_read_iops = 1 },
		  CGROUP_IO,
		  "io.max",
		  "8:16 riops=1048576" },
		{ { .io_write_iops = throttle, .n_io_write_iops = 1 },
		  CGROUP_IO,
		  "io.max",
		  "8:16 wiops=1048576" },
		{ { .io_read_bps = no_throttle, .n_io_read_bps = 1 },
		  CGROUP_IO,
		  "io.max",
		  "8:16 rbps=max" },
		{ { .hugepages = hugepages, .n_hugepages = 1 },
		  CGROUP_HUGETLB,
		  "hugetlb.2MB.max",
		  "4194304" },
		{ { .hugepages = hugepages, .n_hugepages = 1 },
		  CGROUP_HUGETLB,
		  "hugetlb.2MB.rsvd.max",
		  "4194304" },
		{ { .rdma = rdma, .n_rdma = 1 },
		  CGROUP_RDMA,
		  "rdma.max",
		  "mlx5_1 hca_handle=3 hca_object=10000" },
		{ { .rdma = rdma_handles, .n_rdma = 1 },
		  CGROUP_RDMA,
		  "rdma.max",
		  "mlx5_1 hca_handle=3" },
		{ { .unified = unified, .n_unified = 1 },
		  CGROUP_MEMORY,
		  "memory.high",
		  "1073741824" },
		/* What v2 gives anyway is no reason to refuse. */
		{ { .memory_kernel = I(-1),
		    .memory_kernel_tcp = I(-1),
		    .memory_use_hierarchy = YES,
		    .memory_disable_oom_killer = NO,
		    .cpu_realtime_period_us = U(0),
		    .io_leaf_weight = U(0),
		    .network_class_id = U(1),
		    .network_priorities = true },
		  0,
		  "memory.max",
		  "" },
	};

	stand_in_with("cgroup.controllers", "", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		static const char *const files[] = {
			"memory.max",	   "memory.swap.max",
			"memory.low",	   "cpu.weight",
			"cpu.max",	   "cpu.max.burst",
			"cpu.idle",	   "cpuset.cpus",
			"cpuset.mems",	   "pids.max",
			"io.bfq.weight",   "io.max",
			"hugetlb.2MB.max", "hugetlb.2MB.rsvd.max",
			"rdma.max",	   "memory.high",
		};
		for (size_t j = 0; j < ARRAY_SIZE(files); j++) {
			int fd = openat(stand_in->fd, files[j], O_WRONLY | O_CREAT | O_TRUNC, 0644);
			ck_assert_int_ge(fd, 0);
			close(fd);
		}
		ck_assert_uint_eq(cgroup_limits_controllers(&cases[i].limits),
				  cases[i].controllers);
		must(cgroup_limits_apply(stand_in, &cases[i].limits, AT, &e));
		ck_assert_msg(strcmp(content_of(cases[i].file), cases[i].text) == 0,
			      "case %zu: %s has `%s`, not `%s`", i, cases[i].file,
			      content_of(cases[i].file), cases[i].text);
	}
}
END_TEST

START_TEST(what_is_absent_writes_nothing)
{
	struct cgroup_limits none = { 0 };

	stand_in_with(NULL, NULL);
	ck_assert_uint_eq(cgroup_limits_controllers(&none), 0);
	must(cgroup_limits_apply(stand_in, &none, AT, &e)); /* no file is there to be written */
}
END_TEST

START_TEST(a_period_alone_keeps_the_quota)
{
	struct cgroup_limits limits = { .cpu_period_us = U(20000) };

	stand_in_with("cpu.max", "50000 100000\n", NULL);
	must(cgroup_limits_apply(stand_in, &limits, AT, &e));
	ck_assert_int_eq(strncmp(content_of("cpu.max"), "50000 20000", 11), 0);
}
END_TEST

START_TEST(without_bfq_the_weight_is_converted)
{
	struct cgroup_limits limits = { .io_weight = U(1000) };
	struct cgroup_limits devices = { .io_weight_devices = weight_devices,
					 .n_io_weight_devices = 1 };

	stand_in_with("io.weight", "", NULL);
	must(cgroup_limits_apply(stand_in, &limits, AT, &e));
	ck_assert_str_eq(content_of("io.weight"), "10000");
	must(cgroup_limits_apply(stand_in, &devices, AT, &e));
	ck_assert_str_eq(content_of("io.weight"), "8:16 4950");
}
END_TEST

START_TEST(a_value_of_many_lines_is_written_line_by_line)
{
	static const struct cgroup_unified two[] = { { "io.max", "8:0 rbps=1\n8:16 rbps=22\n" } };
	struct cgroup_limits limits = { .unified = two, .n_unified = 1 };

	stand_in_with("io.max", "", NULL);
	must(cgroup_limits_apply(stand_in, &limits, AT, &e));
	/* The second write went over the first. */
	ck_assert_str_eq(content_of("io.max"), "8:16 rbps=22");
}
END_TEST

/* The files in the order they were written, "memory.max memory.swap.max ". */
static const char *order_of(const struct cgroup_limits *limits)
{
	static char order[1024];
	static char events[8192] __attribute__((aligned(8)));
	AUTO_FD watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	order[0] = '\0';
	ck_assert_int_ge(inotify_add_watch(watch, "/tmp", IN_CLOSE_WRITE), 0);
	must(cgroup_limits_apply(stand_in, limits, AT, &e));
	ssize_t length = read(watch, events, sizeof events);
	for (ssize_t at = 0; at < length;) {
		const struct inotify_event *event = (const void *)(events + at);
		strcat(strcat(order, event->name), " ");
		at += (ssize_t)(sizeof *event + event->len);
	}
	return order;
}

START_TEST(more_swap_comes_before_less_memory_and_less_swap_after_it)
{
	struct cgroup_limits limits = { .memory_limit = I(100), .memory_swap = I(300) };

	stand_in_with("memory.max", "", "memory.swap.max", "100\n", NULL);
	ck_assert_str_eq(order_of(&limits), "memory.swap.max memory.max memory.swap.max ");
	limits.memory_swap = I(-1);
	ck_assert_str_eq(order_of(&limits), "memory.swap.max memory.max memory.swap.max ");
	limits.memory_swap = I(150);
	ck_assert_int_eq(file_write_once(stand_in->fd, "memory.swap.max", "max\n\n\n", 6), 0);
	ck_assert_str_eq(order_of(&limits), "memory.max memory.swap.max ");
}
END_TEST

START_TEST(idle_is_left_before_a_weight_is_given_and_entered_after)
{
	struct cgroup_limits limits = { .cpu_shares = U(2), .cpu_idle = I(0) };

	stand_in_with("cpu.weight", "", "cpu.idle", "", NULL);
	ck_assert_str_eq(order_of(&limits), "cpu.idle cpu.weight cpu.idle ");
	limits.cpu_idle = I(1);
	ck_assert_str_eq(order_of(&limits), "cpu.weight cpu.idle ");
}
END_TEST

/* --------------------------------------------------------------------------------- refusals */

static const struct cgroup_weight_device light_device[] = { { 8, 16, U(9), NULL } };
static const struct cgroup_weight_device no_weight[] = { { 8, 0, U(10), NULL },
							 { 8, 16, NULL, NULL } };
static const struct cgroup_throttle no_device[] = { { 8, -1, 1 } };
static const struct cgroup_hugepage bad_pages[] = { { "2MB", 1 }, { "../2MB", 1 } };
static const struct cgroup_hugepage zero_pages[] = { { "0MB", 1 } };
static const struct cgroup_hugepage unit_pages[] = { { "2M", 1 } };
static const struct cgroup_hugepage no_pages[] = { { "", 1 } };
static const struct cgroup_rdma bad_rdma[] = { { "a/b", U(1), NULL } };
static const struct cgroup_rdma empty_rdma[] = { { "mlx5_1", NULL, NULL } };
static const struct cgroup_unified slash[] = { { "../memory.max", "1" } };
static const struct cgroup_unified no_dot[] = { { "NOT-A-VALID-KEY", "1" } };
static const struct cgroup_unified kill_all[] = { { "cgroup.kill", "1" } };

START_TEST(values_no_kernel_takes_are_refused_with_their_pointer)
{
	const struct {
		struct cgroup_limits limits;
		enum err_code code;
		const char *pointer, *words;
	} cases[] = {
		{ { .memory_limit = I(100), .memory_swap = I(99) },
		  ERR_INVALID,
		  AT "/memory/swap",
		  "less than the memory limit of 100" },
		{ { .memory_swap = I(99) },
		  ERR_INVALID,
		  AT "/memory/swap",
		  "without a memory limit" },
		{ { .memory_kernel = I(1) }, ERR_UNSUPPORTED, AT "/memory/kernel", "cgroup v2" },
		{ { .memory_kernel_tcp = I(1) },
		  ERR_UNSUPPORTED,
		  AT "/memory/kernelTCP",
		  "cgroup v2" },
		{ { .memory_swappiness = U(0) },
		  ERR_UNSUPPORTED,
		  AT "/memory/swappiness",
		  "cgroup v2" },
		{ { .memory_disable_oom_killer = YES },
		  ERR_UNSUPPORTED,
		  AT "/memory/disableOOMKiller",
		  "cgroup v2" },
		{ { .memory_use_hierarchy = NO },
		  ERR_UNSUPPORTED,
		  AT "/memory/useHierarchy",
		  "cgroup v2" },
		{ { .cpu_idle = I(2) }, ERR_INVALID, AT "/cpu/idle", "0 or 1, not 2" },
		{ { .cpu_quota_us = I(5000), .cpu_burst_us = U(5001) },
		  ERR_INVALID,
		  AT "/cpu/burst",
		  "more than the quota of 5000" },
		{ { .cpu_realtime_runtime_us = I(1) },
		  ERR_UNSUPPORTED,
		  AT "/cpu/realtimeRuntime",
		  "realtime" },
		{ { .cpu_realtime_period_us = U(1) },
		  ERR_UNSUPPORTED,
		  AT "/cpu/realtimePeriod",
		  "realtime" },
		{ { .io_weight = U(9) },
		  ERR_INVALID,
		  AT "/blockIO/weight",
		  "from 10 to 1000, not 9" },
		{ { .io_weight = U(1001) },
		  ERR_INVALID,
		  AT "/blockIO/weight",
		  "from 10 to 1000, not 1001" },
		{ { .io_leaf_weight = U(10) },
		  ERR_UNSUPPORTED,
		  AT "/blockIO/leafWeight",
		  "cgroup v2" },
		{ { .io_weight_devices = light_device, .n_io_weight_devices = 1 },
		  ERR_INVALID,
		  AT "/blockIO/weightDevice/0/weight",
		  "not 9" },
		{ { .io_weight_devices = no_weight, .n_io_weight_devices = 2 },
		  ERR_INVALID,
		  AT "/blockIO/weightDevice/1/weight",
		  "neither" },
		{ { .io_write_bps = no_device, .n_io_write_bps = 1 },
		  ERR_INVALID,
		  AT "/blockIO/throttleWriteBpsDevice/0/minor",
		  "-1" },
		{ { .hugepages = bad_pages, .n_hugepages = 2 },
		  ERR_INVALID,
		  AT "/hugepageLimits/1/pageSize",
		  "`../2MB`" },
		{ { .hugepages = zero_pages, .n_hugepages = 1 },
		  ERR_INVALID,
		  AT "/hugepageLimits/0/pageSize",
		  "`0MB`" },
		{ { .hugepages = unit_pages, .n_hugepages = 1 },
		  ERR_INVALID,
		  AT "/hugepageLimits/0/pageSize",
		  "`2M`" },
		{ { .hugepages = no_pages, .n_hugepages = 1 },
		  ERR_INVALID,
		  AT "/hugepageLimits/0/pageSize",
		  "``" },
		{ { .rdma = bad_rdma, .n_rdma = 1 }, ERR_INVALID, AT "/rdma/a~1b", "`a/b`" },
		{ { .rdma = empty_rdma, .n_rdma = 1 }, ERR_INVALID, AT "/rdma/mlx5_1", "neither" },
		{ { .unified = slash, .n_unified = 1 },
		  ERR_INVALID,
		  AT "/unified/..~1memory.max",
		  "without a slash" },
		{ { .unified = no_dot, .n_unified = 1 },
		  ERR_INVALID,
		  AT "/unified/NOT-A-VALID-KEY",
		  "the specified key has not the form CONTROLLER.VALUE `NOT-A-VALID-KEY`" },
		{ { .unified = kill_all, .n_unified = 1 },
		  ERR_INVALID,
		  AT "/unified/cgroup.kill",
		  "no limit" },
	};

	stand_in_with(NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		must_fail(cgroup_limits_check(&cases[i].limits, AT, &e), cases[i].code);
		ck_assert_str_eq(e.pointer, cases[i].pointer);
		ck_assert_msg(strstr(e.text, cases[i].words) != NULL, "%s", e.text);
		/* Nothing is written before everything was checked; here nothing could be. */
		must_fail(cgroup_limits_apply(stand_in, &cases[i].limits, AT, &e), cases[i].code);
		ck_assert_str_eq(e.pointer, cases[i].pointer);
	}
}
END_TEST

START_TEST(nothing_is_written_when_a_later_member_is_refused)
{
	struct cgroup_limits limits = { .memory_limit = I(100), .unified = no_dot, .n_unified = 1 };

	stand_in_with("memory.max", "", NULL);
	must_fail(cgroup_limits_apply(stand_in, &limits, AT, &e), ERR_INVALID);
	ck_assert_str_eq(content_of("memory.max"), "");
}
END_TEST

START_TEST(a_missing_controller_is_named_as_crun_does)
{
	static const struct cgroup_unified foo[] = { { "foo.bar", "x" } };
	struct cgroup_limits pids = { .pids_limit = I(5) };
	struct cgroup_limits other = { .unified = foo, .n_unified = 1 };

	stand_in_with("cgroup.controllers", "cpu memory\n", NULL);
	must_fail(cgroup_limits_apply(stand_in, &pids, AT, &e), ERR_UNSUPPORTED);
	ck_assert_str_eq(e.text, "the requested cgroup controller `pids` is not available");
	ck_assert_str_eq(e.pointer, AT "/pids/limit");
	ck_assert_str_eq(e.hint, "cgroup /stand-in has: cpu memory");
	must_fail(cgroup_limits_apply(stand_in, &other, AT, &e), ERR_UNSUPPORTED);
	ck_assert_str_eq(e.text, "the requested cgroup controller `foo` is not available");
	ck_assert_str_eq(e.pointer, AT "/unified/foo.bar");
}
END_TEST

START_TEST(a_missing_file_of_a_controller_that_is_there_is_named_with_the_value)
{
	static const struct cgroup_unified missing[] = { { "memory.DOESNTEXIST", "baz" } };
	struct cgroup_limits limits = { .unified = missing, .n_unified = 1 };
	struct cgroup_limits swap = { .memory_swap = I(0) };

	stand_in_with("cgroup.controllers", "cpu memory\n", NULL);
	must_fail(cgroup_limits_apply(stand_in, &limits, AT, &e), ERR_NOT_FOUND);
	ck_assert_str_eq(e.text, "write `baz` to memory.DOESNTEXIST: No such file or directory");
	must(cgroup_limits_apply(stand_in, &swap, AT, &e)); /* a kernel without swap accounting */
}
END_TEST

START_TEST(a_limit_below_the_usage_is_refused_when_asked_to_look)
{
	struct cgroup_limits limits = { .memory_limit = I(4095) };

	stand_in_with("memory.current", "4096\n", "memory.max", "", NULL);
	must(cgroup_limits_apply(stand_in, &limits, AT, &e));
	limits.memory_check_before_update = NO;
	must(cgroup_limits_apply(stand_in, &limits, AT, &e));
	limits.memory_check_before_update = YES;
	must_fail(cgroup_limits_apply(stand_in, &limits, AT, &e), ERR_CONFLICT);
	ck_assert_str_eq(e.pointer, AT "/memory/limit");
	limits.memory_limit = I(4096);
	must(cgroup_limits_apply(stand_in, &limits, AT, &e));
	limits.memory_limit = I(-1);
	must(cgroup_limits_apply(stand_in, &limits, AT, &e));
}
END_TEST

START_TEST(a_host_without_the_controller_refuses_in_a_real_cgroup)
{
	struct cgroup *base = room_enter();
	struct cgroup_limits limits = { .memory_limit = I(1 << 20) };
	unsigned have = 0;

	must(cgroup_controllers(base, &have, &e));
	e = ERR_INIT;
	int result = cgroup_limits_apply(base, &limits, AT, &e);
	ck_assert_int_eq(result, have & CGROUP_MEMORY ? 0 : -1);
	if (result < 0)
		ck_assert_str_eq(e.text,
				 "the requested cgroup controller `memory` is not available");
	cgroup_close(base);
}
END_TEST

/* ------------------------------------------------------------------------------------ usage */

START_TEST(usage_is_read_from_the_files_that_are_there)
{
	struct cgroup_stat stat;
	AUTO_ARENA *arena = arena_new(1 << 20);

	stand_in_with(
		"cpu.stat",
		"usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 3\nthrottled_usec 2\n",
		"memory.current", "4096\n", "memory.peak", "8192\n", "memory.max", "max\n",
		"memory.stat", "anon 1\nfile 2\nnamed.oddly 3\n", "pids.current", "7\n", "pids.max",
		"100\n", "io.stat",
		"8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:0\n253:1 rbytes=18446744073709551615\n",
		NULL);
	must(cgroup_stat_read(stand_in, arena, &stat, &e));
	ck_assert_uint_eq(stat.present, CGROUP_CPU | CGROUP_MEMORY | CGROUP_PIDS | CGROUP_IO);
	ck_assert_uint_eq(stat.cpu_usage_us, 30);
	ck_assert_uint_eq(stat.cpu_user_us, 20);
	ck_assert_uint_eq(stat.cpu_system_us, 10);
	ck_assert_uint_eq(stat.cpu_periods, 4);
	ck_assert_uint_eq(stat.cpu_throttled_periods, 3);
	ck_assert_uint_eq(stat.cpu_throttled_us, 2);
	ck_assert_uint_eq(stat.memory_current, 4096);
	ck_assert_uint_eq(stat.memory_peak, 8192);
	ck_assert_uint_eq(stat.memory_limit, UINT64_MAX);
	ck_assert_uint_eq(stat.memory_swap_limit, UINT64_MAX);
	ck_assert_uint_eq(stat.n_memory, 3);
	ck_assert_str_eq(stat.memory[1].name, "file");
	ck_assert_uint_eq(stat.memory[1].value, 2);
	ck_assert_uint_eq(stat.pids_current, 7);
	ck_assert_uint_eq(stat.pids_limit, 100);
	ck_assert_uint_eq(stat.n_io, 3);
	ck_assert_uint_eq(stat.io[0].major, 8);
	ck_assert_uint_eq(stat.io[0].minor, 16);
	ck_assert_uint_eq(stat.io[0].read_bytes, 1);
	ck_assert_uint_eq(stat.io[0].write_bytes, 2);
	ck_assert_uint_eq(stat.io[0].read_operations, 3);
	ck_assert_uint_eq(stat.io[0].write_operations, 4);
	ck_assert_uint_eq(stat.io[1].read_bytes, 0);
	ck_assert_uint_eq(stat.io[2].read_bytes, UINT64_MAX);
}
END_TEST

START_TEST(usage_of_a_real_cgroup_has_at_least_cpu_time)
{
	struct cgroup *base = room_enter();
	struct cgroup_stat stat;
	AUTO_ARENA *arena = arena_new(1 << 20);
	pid_t child = fork_into(base);

	if (child == 0) {
		for (volatile unsigned i = 0; i < 20000000; i++)
			;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	must(cgroup_stat_read(base, arena, &stat, &e));
	ck_assert_uint_ne(stat.present & CGROUP_CPU, 0);
	ck_assert_uint_gt(stat.cpu_usage_us, 0);
	cgroup_close(base);
}
END_TEST

UNIT_MAIN("cgroups/limits", cpu_shares_follow_the_curve_that_keeps_the_default,
	  io_weights_are_stretched_over_the_new_range, swap_is_what_is_left_after_memory,
	  the_table_has_a_row_for_each_member_and_rows_are_complete, each_member_ends_in_its_file,
	  what_is_absent_writes_nothing, a_period_alone_keeps_the_quota,
	  without_bfq_the_weight_is_converted, a_value_of_many_lines_is_written_line_by_line,
	  more_swap_comes_before_less_memory_and_less_swap_after_it,
	  idle_is_left_before_a_weight_is_given_and_entered_after,
	  values_no_kernel_takes_are_refused_with_their_pointer,
	  nothing_is_written_when_a_later_member_is_refused,
	  a_missing_controller_is_named_as_crun_does,
	  a_missing_file_of_a_controller_that_is_there_is_named_with_the_value,
	  a_limit_below_the_usage_is_refused_when_asked_to_look,
	  a_host_without_the_controller_refuses_in_a_real_cgroup,
	  usage_is_read_from_the_files_that_are_there, usage_of_a_real_cgroup_has_at_least_cpu_time)
