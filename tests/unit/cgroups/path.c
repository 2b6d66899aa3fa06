/* path.c - tests of where a container's cgroup goes. */
#include "tests/unit/cgroups/rooms.h"

static const struct {
	const char *cgroups_path, *id, *below, *path; /* path NULL: refused */
} cases[] = {
	{ NULL, "web", NULL, "/web" },
	{ "", "web", NULL, "/web" },
	{ NULL, "web", "/pods/a", "/pods/a/web" },
	{ "/a/b", "web", NULL, "/a/b" },
	{ "/a/b", "web", "/pods", "/a/b" },
	{ "a/b", "web", NULL, "/a/b" },
	{ "a/b", "web", "/pods", "/pods/a/b" },
	{ "a/b", "web", "/", "/a/b" },
	{ "//a///b//", "web", NULL, "/a/b" },
	{ "/./a/./b/.", "web", NULL, "/a/b" },
	{ "/a..b/...", "web", NULL, "/a..b/..." },
	{ "system.slice:keg:web", "web", NULL, "/system.slice:keg:web" },
	{ "/..", "web", NULL, NULL },
	{ "/a/../../b", "web", NULL, NULL },
	{ "..", "web", "/pods", NULL },
	{ "/a/..", "web", NULL, NULL },
	{ "/", "web", NULL, NULL },
	{ "/./", "web", NULL, NULL },
	{ "a\nb", "web", NULL, NULL },
	{ NULL, "a/b", NULL, NULL },
	{ NULL, "", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
	{ NULL, "..", NULL, NULL },
};

START_TEST(paths_are_normalised_or_refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[CGROUP_PATH_MAX] = "untouched";

		e = ERR_INIT;
		int result = cgroup_path_make(cases[i].cgroups_path, cases[i].id, cases[i].below,
					      path, &e);
		if (cases[i].path) {
			if (result < 0)
				show_err(cases[i].path);
			ck_assert_str_eq(path, cases[i].path);
		} else {
			ck_assert_msg(result == -1, "case %zu gave %s", i, path);
			ck_assert_int_eq(e.code, ERR_INVALID);
			ck_assert_int_eq(e.phase, PHASE_CGROUP);
			ck_assert_str_eq(path, "untouched");
		}
	}
}
END_TEST

START_TEST(a_parent_component_is_named_in_the_refusal)
{
	char path[CGROUP_PATH_MAX];

	must_fail(cgroup_path_make("/x/../y", "web", NULL, path, &e), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(e.text, "`..` components are not allowed"));
}
END_TEST

START_TEST(lengths_are_held_at_their_caps)
{
	char path[CGROUP_PATH_MAX], name[300], text[2 * CGROUP_PATH_MAX];

	memset(name, 'a', sizeof name);
	name[255] = '\0';
	must(cgroup_path_make(NULL, name, NULL, path, &e));
	name[255] = 'a';
	name[256] = '\0';
	must_fail(cgroup_path_make(NULL, name, NULL, path, &e), ERR_INVALID);

	for (size_t i = 0; i < CGROUP_PATH_MAX - 1; i++)
		text[i] = i % 2 ? 'a' : '/';
	text[CGROUP_PATH_MAX - 1] = '\0';
	ck_assert_int_eq(text[CGROUP_PATH_MAX - 2], '/');
	text[CGROUP_PATH_MAX - 2] = 'b';
	must(cgroup_path_make(text, NULL, NULL, path, &e));
	ck_assert_uint_eq(strlen(path), CGROUP_PATH_MAX - 1);
	text[CGROUP_PATH_MAX - 1] = 'b';
	text[CGROUP_PATH_MAX] = '\0';
	must_fail(cgroup_path_make(text, NULL, NULL, path, &e), ERR_INVALID);
}
END_TEST

START_TEST(a_process_tells_its_cgroup)
{
	char path[CGROUP_PATH_MAX];
	struct cgroup *cgroup = room_enter();
	pid_t child = sleeper_into(cgroup);

	must(cgroup_path_of(child, path, &e));
	ck_assert_str_eq(path, room);
	must(cgroup_path_of(0, path, &e));
	ck_assert_str_ne(path, room);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	must_fail(cgroup_path_of(child, path, &e), ERR_NOT_FOUND);
	cgroup_close(cgroup);
}
END_TEST

UNIT_MAIN("cgroups/path", paths_are_normalised_or_refused,
	  a_parent_component_is_named_in_the_refusal, lengths_are_held_at_their_caps,
	  a_process_tells_its_cgroup)
