/* Memory policy: words, and what the kernel has afterwards where it knows nodes. */
#include "runtime/memory_policy.h"

#include <errno.h>
#include <sys/syscall.h>

#include "oci/config.h"
#include "tests/unit/runtime/child.h"

START_TEST(mode_flags_and_nodes_are_taken)
{
	const struct oci_memory_policy config = {
		.mode = "MPOL_BIND",
		.nodes = "0,64-65",
		.flags = (const char *[]){ "MPOL_F_STATIC_NODES", "MPOL_F_NUMA_BALANCING" },
		.n_flags = 2,
	};
	struct memory_policy p = { 0 };
	struct err e = ERR_INIT;

	ck_assert_int_eq(memory_policy_parse(&config, &p, &e), 0);
	ck_assert(p.set && p.has_nodes);
	ck_assert_int_eq(p.mode, 2 | 1 << 15 | 1 << 13);
	ck_assert_uint_eq(p.nodes[0], 1);
	ck_assert_uint_eq(p.nodes[1], 3);
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
	static const char *flags[] = { "MPOL_F_NONE" };
	static const struct {
		struct oci_memory_policy config;
		const char *pointer, *text;
	} rows[] = {
		{ { .mode = "BIND" }, "/linux/memoryPolicy/mode", "unknown memory policy BIND" },
		{ { .mode = "MPOL_BIND", .flags = flags, .n_flags = 1 },
		  "/linux/memoryPolicy/flags/0",
		  "unknown memory policy flag MPOL_F_NONE" },
		{ { .mode = "MPOL_BIND", .nodes = "0-x" },
		  "/linux/memoryPolicy/nodes",
		  "0-x is no list of nodes below 1024" },
		{ { .mode = "MPOL_BIND", .nodes = "1024" },
		  "/linux/memoryPolicy/nodes",
		  "1024 is no list of nodes below 1024" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct memory_policy p;
		struct err e = ERR_INIT;
		ck_assert_int_eq(memory_policy_parse(&rows[i].config, &p, &e), -1);
		ck_assert_int_eq(e.code, ERR_INVALID);
		ck_assert_str_eq(e.pointer, rows[i].pointer);
		ck_assert_str_eq(e.text, rows[i].text);
	}
}
END_TEST

START_TEST(nothing_asked_for_is_nothing_done)
{
	struct memory_policy p = { .set = true };
	struct err e = ERR_INIT;

	ck_assert_int_eq(memory_policy_parse(NULL, &p, &e), 0);
	ck_assert(!p.set);
	ck_assert_int_eq(memory_policy_apply(&p, &e), 0);
}
END_TEST

static int bind_to_first_node(void)
{
	const struct oci_memory_policy config = { .mode = "MPOL_BIND", .nodes = "0" };
	struct memory_policy p;
	struct err e = ERR_INIT;
	int mode = -1;
	uint64_t nodes[MEMORY_POLICY_NODE_MAX / 64] = { 0 };

	CHILD_ASSERT(memory_policy_parse(&config, &p, &e) == 0);
	if (memory_policy_apply(&p, &e) < 0) {
		CHILD_ASSERT(e.errnum == ENOSYS); /* a kernel without NUMA says so */
		CHILD_ASSERT(strstr(e.hint, "CONFIG_NUMA") != NULL);
		return 0;
	}
	CHILD_ASSERT(syscall(SYS_get_mempolicy, &mode, nodes, MEMORY_POLICY_NODE_MAX + 1UL, NULL,
			     0UL) == 0);
	CHILD_ASSERT(mode == 2 && nodes[0] == 1);
	return 0;
}

START_TEST(the_policy_is_the_kernels_afterwards)
{
	ck_assert_int_eq(in_child(bind_to_first_node), 0);
}
END_TEST

static int bind_to_no_node(void)
{
	const struct oci_memory_policy config = { .mode = "MPOL_BIND", .nodes = "1023" };
	struct memory_policy p;
	struct err e = ERR_INIT;

	CHILD_ASSERT(memory_policy_parse(&config, &p, &e) == 0);
	CHILD_ASSERT(memory_policy_apply(&p, &e) == -1);
	CHILD_ASSERT(e.errnum == EINVAL || e.errnum == ENOSYS);
	CHILD_ASSERT(strcmp(e.pointer, "/linux/memoryPolicy") == 0);
	CHILD_ASSERT(e.hint[0] != '\0');
	return 0;
}

START_TEST(nodes_that_are_not_there_are_an_error_with_a_hint)
{
	ck_assert_int_eq(in_child(bind_to_no_node), 0);
}
END_TEST

UNIT_MAIN("runtime/memory_policy", mode_flags_and_nodes_are_taken, what_is_wrong_is_named,
	  nothing_asked_for_is_nothing_done, the_policy_is_the_kernels_afterwards,
	  nodes_that_are_not_there_are_an_error_with_a_hint)
