/* Every rule of oci/validate.h: the document that breaks it, the pointer, the words. */
#include "oci/validate.h"

#include "tests/unit/oci/documents.h"

struct rule {
	const char *document;
	const char *pointer;
	const char *says; /* all of the text */
};

static void check_rule(const struct rule *rule)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_text(rule->document);
	struct err e = ERR_INIT;
	int r = oci_config_validate(document_parsed(arena, text), &e);

	ck_assert_msg(r == -1, "accepted: %s", text);
	ck_assert_int_eq(e.code, ERR_INVALID);
	ck_assert_int_eq(e.phase, PHASE_CONFIG);
	ck_assert_str_eq(e.pointer, rule->pointer);
	ck_assert_str_eq(e.text, rule->says);
}

static void check_valid(const char *document)
{
	AUTO_ARENA *arena = document_arena();
	AUTO_FREE char *text = document_text(document);
	struct err e = ERR_INIT;
	int r = oci_config_validate(document_parsed(arena, text), &e);

	ck_assert_msg(r == 0, "%s: %s in %s", e.pointer, e.text, text);
	ck_assert_int_eq(e.code, ERR_NONE);
}

#define RULES(...)                                                                                 \
	do {                                                                                       \
		static const struct rule rules[] = { __VA_ARGS__ };                                \
		for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)                      \
			check_rule(&rules[i]);                                                     \
	} while (0)

#define VALID(...)                                                                                 \
	do {                                                                                       \
		static const char *const documents[] = { __VA_ARGS__ };                            \
		for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)              \
			check_valid(documents[i]);                                                 \
	} while (0)

/* ---- the top --------------------------------------------------------------------------------- */

#define OF_VERSION(v) "{'ociVersion':'" v "','root':{'path':'r'}}"
#define NOT_A_VERSION(v)                                                                           \
	{                                                                                          \
		OF_VERSION(v), "/ociVersion", "`" v "` is not a version such as 1.3.0"             \
	}

START_TEST(the_version_is_a_semantic_version_1_x)
{
	RULES(NOT_A_VERSION(""), NOT_A_VERSION("1"), NOT_A_VERSION("1.0"), NOT_A_VERSION("1.0."),
	      NOT_A_VERSION("1.0.0.0"), NOT_A_VERSION("01.0.0"), NOT_A_VERSION("v1.0.0"),
	      NOT_A_VERSION("1.0.0-"), NOT_A_VERSION("1.0.0-a..b"), NOT_A_VERSION("1.0.0+"),
	      NOT_A_VERSION("1.0.0 "),
	      { OF_VERSION("0.2.0"), "/ociVersion",
		"`0.2.0` is not a version of the specification this runtime knows, 1.x" },
	      { OF_VERSION("10.0.0"), "/ociVersion",
		"`10.0.0` is not a version of the specification this runtime knows, 1.x" });
	VALID(OF_VERSION("1.0.0"), OF_VERSION("1.0.0-rc5-dev"), OF_VERSION("1.1.0+dev"),
	      OF_VERSION("1.99.0"), OF_VERSION("1.0.2-rc.1+build.5"));
}
END_TEST

START_TEST(a_root_is_required)
{
	RULES({ "{'ociVersion':'1.0.0'}", "/root", "required" },
	      { "{'ociVersion':'1.0.0','root':{'path':''}}", "/root/path", "the path is empty" });
}
END_TEST

START_TEST(a_config_without_process_is_valid_until_it_is_started)
{
	VALID("{" MINIMAL "}");
}
END_TEST

#define SIXTEEN "0123456789abcdef"
#define UTS "'linux':{'namespaces':[{'type':'uts'}]}"

START_TEST(host_and_domain_names_need_a_uts_namespace_and_fit_it)
{
	RULES({ CONFIG("'hostname':'a'"), "/hostname",
		"`a` needs a uts namespace: without one it would be the host's" },
	      { CONFIG("'domainname':'a','linux':{'namespaces':[{'type':'pid'}]}"), "/domainname",
		"`a` needs a uts namespace: without one it would be the host's" },
	      { CONFIG("'hostname':'" SIXTEEN SIXTEEN SIXTEEN SIXTEEN "x'," UTS), "/hostname",
		"`" SIXTEEN SIXTEEN SIXTEEN SIXTEEN "x` is longer than 64 bytes" },
	      { CONFIG("'domainname':'" SIXTEEN SIXTEEN SIXTEEN SIXTEEN "x'," UTS), "/domainname",
		"`" SIXTEEN SIXTEEN SIXTEEN SIXTEEN "x` is longer than 64 bytes" });
	VALID(CONFIG("'hostname':'" SIXTEEN SIXTEEN SIXTEEN SIXTEEN "','domainname':'d'," UTS),
	      CONFIG("'hostname':'','domainname':''"));
}
END_TEST

#define MOUNT(members) CONFIG("'mounts':[{'destination':'/a'},{'destination':'/b'," members "}]")

START_TEST(mounts_have_a_destination_and_bind_mounts_a_source)
{
	RULES({ CONFIG("'mounts':[{'destination':''}]"), "/mounts/0/destination",
		"the path is empty" },
	      { MOUNT("'options':['ro','bind']"), "/mounts/1/source",
		"a bind mount on /b needs a source" },
	      { MOUNT("'options':['rbind'],'source':''"), "/mounts/1/source",
		"a bind mount on /b needs a source" },
	      { MOUNT("'type':'bind'"), "/mounts/1/source", "a bind mount on /b needs a source" });
	VALID(CONFIG("'mounts':[{'destination':'relative/path','type':'tmpfs'}]"),
	      MOUNT("'options':['bind','remount','ro']"),
	      MOUNT("'options':['rbind'],'source':'x'"));
}
END_TEST

START_TEST(mappings_of_mounts_come_in_pairs)
{
	RULES({ MOUNT("'uidMappings':[{'containerID':0,'hostID':0,'size':1}]"), "/mounts/1",
		"uidMappings and gidMappings need each other" },
	      { MOUNT("'gidMappings':[{'containerID':0,'hostID':0,'size':1}]"), "/mounts/1",
		"uidMappings and gidMappings need each other" },
	      { MOUNT("'uidMappings':[{'containerID':0,'hostID':0,'size':1}],"
		      "'gidMappings':[{'containerID':0,'hostID':0,'size':0}]"),
		"/mounts/1/gidMappings/0/size", "the range is empty" },
	      { MOUNT("'gidMappings':[{'containerID':0,'hostID':0,'size':1}],"
		      "'uidMappings':[{'containerID':0,'hostID':0,'size':0}]"),
		"/mounts/1/uidMappings/0/size", "the range is empty" });
}
END_TEST

#define HOOK(kind, members) CONFIG("'hooks':{'" kind "':[{'path':'/x'},{" members "}]}")

START_TEST(hooks_have_an_absolute_path_an_environment_and_a_timeout_above_0)
{
	RULES({ HOOK("prestart", "'path':'bin/hook'"), "/hooks/prestart/1/path",
		"`bin/hook` is not an absolute path" },
	      { HOOK("createRuntime", "'path':''"), "/hooks/createRuntime/1/path",
		"the path is empty" },
	      { HOOK("createContainer", "'path':'/a','timeout':0"),
		"/hooks/createContainer/1/timeout", "0 is not above 0" },
	      { HOOK("startContainer", "'path':'/a','timeout':-3"),
		"/hooks/startContainer/1/timeout", "-3 is not above 0" },
	      { HOOK("poststart", "'path':'/a','env':['A=b','FOO']"), "/hooks/poststart/1/env/1",
		"`FOO` is not of the form NAME=value" },
	      { HOOK("poststop", "'path':'a'"), "/hooks/poststop/1/path",
		"`a` is not an absolute path" });
}
END_TEST

START_TEST(annotations_have_names)
{
	RULES({ CONFIG("'annotations':{'a':'b','':'c'}"), "/annotations/",
		"the name of an annotation is empty" });
	VALID(CONFIG("'annotations':{'a':''}"));
}
END_TEST

/* ---- process --------------------------------------------------------------------------------- */

START_TEST(a_process_has_arguments_and_an_absolute_directory)
{
	RULES({ CONFIG("'process':{'cwd':'/'}"), "/process/args", "there is nothing to run" },
	      { CONFIG("'process':{'cwd':'/','args':[]}"), "/process/args",
		"there is nothing to run" },
	      { CONFIG("'process':{'cwd':'/','args':['','a']}"), "/process/args/0",
		"the name of the program is empty" },
	      { CONFIG("'process':{'cwd':'tmp','args':['a']}"), "/process/cwd",
		"`tmp` is not an absolute path" },
	      { CONFIG("'process':{'cwd':'','args':['a']}"), "/process/cwd", "the path is empty" });
	VALID(CONFIG("'process':{'cwd':'/','args':['a','']}"));
}
END_TEST

START_TEST(environments_are_names_and_values)
{
	RULES({ PROCESS("'env':['A=b','FOO']"), "/process/env/1",
		"`FOO` is not of the form NAME=value" },
	      { PROCESS("'env':['=b']"), "/process/env/0", "`=b` has no name before the `=`" },
	      { PROCESS("'env':['']"), "/process/env/0", "`` is not of the form NAME=value" });
	VALID(PROCESS("'env':['A=','A==b']"));
}
END_TEST

START_TEST(users_are_ids_that_the_kernel_does_not_reserve)
{
	RULES({ PROCESS("'user':{'uid':4294967295}"), "/process/user/uid",
		"4294967295 is not between 0 and 4294967294" },
	      { PROCESS("'user':{'gid':4294967295}"), "/process/user/gid",
		"4294967295 is not between 0 and 4294967294" },
	      { PROCESS("'user':{'additionalGids':[1,4294967296]}"),
		"/process/user/additionalGids/1", "4294967296 is not between 0 and 4294967294" },
	      { PROCESS("'user':{'umask':512}"), "/process/user/umask",
		"512 is not between 0 and 511" });
	VALID(PROCESS("'user':{'uid':4294967294,'gid':4294967294,'umask':511}"));
}
END_TEST

START_TEST(console_sizes_fit_a_terminal_and_are_ignored_without_one)
{
	RULES({ PROCESS("'terminal':true,'consoleSize':{'height':65536,'width':1}"),
		"/process/consoleSize/height", "65536 is not between 0 and 65535" },
	      { PROCESS("'terminal':true,'consoleSize':{'height':1,'width':65536}"),
		"/process/consoleSize/width", "65536 is not between 0 and 65535" });
	VALID(PROCESS("'consoleSize':{'height':65536,'width':65536}"));
}
END_TEST

#define UNKNOWN_CAPABILITY(set)                                                                    \
	{                                                                                          \
		PROCESS("'capabilities':{'" set "':['CAP_KILL','CAP_FLY']}"),                      \
			"/process/capabilities/" set "/1", "`CAP_FLY` is not a capability"         \
	}

START_TEST(capabilities_are_known_in_each_set)
{
	RULES(UNKNOWN_CAPABILITY("bounding"), UNKNOWN_CAPABILITY("effective"),
	      UNKNOWN_CAPABILITY("inheritable"), UNKNOWN_CAPABILITY("permitted"),
	      UNKNOWN_CAPABILITY("ambient"));
	VALID(PROCESS("'capabilities':{}"));
}
END_TEST

START_TEST(rlimits_are_known_once_and_in_order)
{
	RULES({ PROCESS("'rlimits':[{'type':'RLIMIT_FOO','hard':1,'soft':1}]"),
		"/process/rlimits/0/type", "`RLIMIT_FOO` is not a resource limit" },
	      { PROCESS("'rlimits':[{'type':'RLIMIT_CPU','hard':1,'soft':1},"
			"{'type':'RLIMIT_CPU','hard':1,'soft':1}]"),
		"/process/rlimits/1/type", "`RLIMIT_CPU` is given twice" },
	      { PROCESS("'rlimits':[{'type':'RLIMIT_CPU','hard':1,'soft':2}]"),
		"/process/rlimits/0/soft", "2 is above the hard limit of 1" });
}
END_TEST

START_TEST(oom_scores_are_within_1000)
{
	RULES({ PROCESS("'oomScoreAdj':1001"), "/process/oomScoreAdj",
		"1001 is not between -1000 and 1000" },
	      { PROCESS("'oomScoreAdj':-1001"), "/process/oomScoreAdj",
		"-1001 is not between -1000 and 1000" });
}
END_TEST

#define SCHEDULER(members) PROCESS("'scheduler':{" members "}")

START_TEST(schedulers_are_known_with_flags_nice_and_priority_that_fit)
{
	RULES({ SCHEDULER("'policy':'SCHED_NEVER'"), "/process/scheduler/policy",
		"`SCHED_NEVER` is not a scheduling policy" },
	      { SCHEDULER("'policy':'SCHED_OTHER','flags':['SCHED_FLAG_X']"),
		"/process/scheduler/flags/0", "`SCHED_FLAG_X` is not a scheduling flag" },
	      { SCHEDULER("'policy':'SCHED_OTHER','nice':20"), "/process/scheduler/nice",
		"20 is not between -20 and 19" },
	      { SCHEDULER("'policy':'SCHED_OTHER','priority':1"), "/process/scheduler/priority",
		"1 is not between 0 and 0" },
	      { SCHEDULER("'policy':'SCHED_FIFO'"), "/process/scheduler/priority",
		"0 is not between 1 and 99" },
	      { SCHEDULER("'policy':'SCHED_RR','priority':100"), "/process/scheduler/priority",
		"100 is not between 1 and 99" });
	VALID(SCHEDULER("'policy':'SCHED_RR','priority':99"),
	      SCHEDULER("'policy':'SCHED_BATCH','nice':-20"));
}
END_TEST

#define DEADLINE(members) SCHEDULER("'policy':'SCHED_DEADLINE'" members)
#define SAYS(text) "sched_setattr: `SCHED_DEADLINE` " text

START_TEST(deadline_schedulers_have_times_that_fit_each_other)
{
	RULES({ DEADLINE(",'deadline':2000"), "/process/scheduler", SAYS("requires `runtime`") },
	      { DEADLINE(",'runtime':2000"), "/process/scheduler", SAYS("requires `deadline`") },
	      { DEADLINE(",'runtime':0,'deadline':2000"), "/process/scheduler/runtime",
		SAYS("runtime must be greater than 0") },
	      { DEADLINE(",'runtime':1023,'deadline':2000"), "/process/scheduler/runtime",
		SAYS("runtime 1023 must be between 1024 and 9223372036854775807") },
	      { DEADLINE(",'runtime':9223372036854775808,'deadline':9223372036854775809"),
		"/process/scheduler/runtime",
		SAYS("runtime 9223372036854775808 must be between 1024 and 9223372036854775807") },
	      { DEADLINE(",'runtime':3000,'deadline':2000"), "/process/scheduler/runtime",
		SAYS("runtime 3000 must be <= deadline 2000") },
	      { DEADLINE(",'runtime':1024,'deadline':2000,'period':1999"),
		"/process/scheduler/deadline", SAYS("deadline 2000 must be <= period 1999") });
	VALID(DEADLINE(",'runtime':1024,'deadline':1024,'period':1024"),
	      DEADLINE(",'runtime':1024,'deadline':2000"),
	      DEADLINE(",'runtime':1024,'deadline':2000,'period':0"));
}
END_TEST

START_TEST(io_priorities_have_a_class_and_a_level)
{
	RULES({ PROCESS("'ioPriority':{'class':'IOPRIO_CLASS_NONE'}"), "/process/ioPriority/class",
		"`IOPRIO_CLASS_NONE` is not an I/O priority class" },
	      { PROCESS("'ioPriority':{'class':'IOPRIO_CLASS_RT','priority':8}"),
		"/process/ioPriority/priority", "8 is not between 0 and 7" },
	      { PROCESS("'ioPriority':{'class':'IOPRIO_CLASS_RT','priority':-1}"),
		"/process/ioPriority/priority", "-1 is not between 0 and 7" });
}
END_TEST

#define AFFINITY(list) PROCESS("'execCPUAffinity':{'initial':'0','final':'" list "'}")
#define NOT_A_LIST(list)                                                                           \
	{                                                                                          \
		AFFINITY(list), "/process/execCPUAffinity/final",                                  \
			"`" list "` is not a list of numbers such as 0-3,7"                        \
	}

START_TEST(cpu_lists_are_numbers_and_ranges)
{
	RULES(NOT_A_LIST("x"), NOT_A_LIST("1,,2"), NOT_A_LIST(",1"), NOT_A_LIST("1-"),
	      NOT_A_LIST("-1"), NOT_A_LIST("1-2-3"), NOT_A_LIST("1 2"), NOT_A_LIST("0x1"),
	      NOT_A_LIST("999999999999"),
	      { AFFINITY("3-1"), "/process/execCPUAffinity/final",
		"the range 3-1 in `3-1` goes down" },
	      { AFFINITY("1,"), "/process/execCPUAffinity/final", "`1,` ends with a comma" },
	      { PROCESS("'execCPUAffinity':{'initial':'a'}"), "/process/execCPUAffinity/initial",
		"`a` is not a list of numbers such as 0-3,7" });
	VALID(AFFINITY(""), AFFINITY("0"), AFFINITY("0-3,7"), AFFINITY("0, 2-2,1"));
}
END_TEST

/* ---- linux ----------------------------------------------------------------------------------- */

START_TEST(namespaces_are_known_once_and_have_absolute_paths)
{
	RULES({ LINUX("'namespaces':[{'type':'pid'},{'type':'net'}]"), "/linux/namespaces/1/type",
		"`net` is not a namespace type" },
	      { LINUX("'namespaces':[{'type':'pid'},{'type':'ipc'},{'type':'pid'}]"),
		"/linux/namespaces/2/type", "`pid` is given twice" },
	      { LINUX("'namespaces':[{'type':'pid','path':'proc/1/ns/pid'}]"),
		"/linux/namespaces/0/path", "`proc/1/ns/pid` is not an absolute path" });
	VALID(LINUX("'namespaces':[{'type':'pid','path':''},{'type':'time','path':'/x'}]"));
}
END_TEST

#define MAPS(ranges) ISOLATED("'uidMappings':[" ranges "]")
#define RANGE(inside, outside, size)                                                               \
	"{'containerID':" inside ",'hostID':" outside ",'size':" size "}"

START_TEST(id_ranges_are_not_empty_do_not_wrap_and_do_not_overlap)
{
	RULES({ MAPS(RANGE("0", "0", "0")), "/linux/uidMappings/0/size", "the range is empty" },
	      { MAPS(RANGE("4294967295", "0", "1")), "/linux/uidMappings/0",
		"the range of 1 ids from containerID 4294967295 is too long" },
	      { MAPS(RANGE("0", "2", "4294967294")), "/linux/uidMappings/0",
		"the range of 4294967294 ids from hostID 2 is too long" },
	      { MAPS(RANGE("0", "0", "10") "," RANGE("9", "100", "1")), "/linux/uidMappings/1",
		"its ids in the container overlap those of range 0" },
	      { MAPS(RANGE("0", "0", "10") "," RANGE("20", "0", "1")), "/linux/uidMappings/1",
		"its ids on the host overlap those of range 0" },
	      { ISOLATED("'gidMappings':[" RANGE("0", "0", "0") "]"), "/linux/gidMappings/0/size",
		"the range is empty" });
	VALID(MAPS(RANGE("0", "0", "4294967295")),
	      MAPS(RANGE("0", "10", "10") "," RANGE("10", "0", "10")));
}
END_TEST

START_TEST(more_id_ranges_than_the_kernel_takes_are_refused)
{
	for (unsigned n = 340; n <= 341; n++) {
		AUTO_ARENA *arena = document_arena();
		AUTO_STRBUF text = STRBUF(1 << 20);
		AUTO_FREE char *quoted = NULL;
		struct err e = ERR_INIT;

		strbuf_add(&text,
			   "{" MINIMAL ",'linux':{'namespaces':[{'type':'user'}],'gidMappings':[");
		for (unsigned i = 0; i < n; i++)
			strbuf_addf(&text, "%s{'containerID':%u,'hostID':%u,'size':1}",
				    i ? "," : "", i, i + 1000);
		strbuf_add(&text, "]}}");
		quoted = document_text(text.data);
		ck_assert_int_eq(oci_config_validate(document_parsed(arena, quoted), &e),
				 n == 340 ? 0 : -1);
		ck_assert_str_eq(e.pointer, n == 340 ? "" : "/linux/gidMappings");
	}
}
END_TEST

START_TEST(id_ranges_need_a_user_namespace)
{
	RULES({ LINUX("'uidMappings':[" RANGE("0", "0", "1") "]"), "/linux/uidMappings",
		"mappings need a user namespace" },
	      { LINUX("'gidMappings':[" RANGE("0", "0", "1") "]"), "/linux/gidMappings",
		"mappings need a user namespace" });
}
END_TEST

START_TEST(time_offsets_need_a_time_namespace_a_known_clock_and_nanoseconds)
{
	RULES({ LINUX("'timeOffsets':{'boottime':{'secs':1}}"), "/linux/timeOffsets",
		"offsets need a time namespace" },
	      { ISOLATED("'timeOffsets':{'realtime':{'secs':1}}"), "/linux/timeOffsets/realtime",
		"`realtime` is not one of boottime, monotonic" },
	      { ISOLATED("'timeOffsets':{'monotonic':{'nanosecs':1000000000}}"),
		"/linux/timeOffsets/monotonic/nanosecs",
		"1000000000 is not between 0 and 999999999" });
	VALID(LINUX("'timeOffsets':{}"));
}
END_TEST

#define DEVICE(members) LINUX("'devices':[{" members "}]")

START_TEST(devices_have_a_path_a_type_and_numbers)
{
	RULES({ DEVICE("'path':'dev/a','type':'p'"), "/linux/devices/0/path",
		"`dev/a` is not an absolute path" },
	      { DEVICE("'path':'/dev/a','type':'x'"), "/linux/devices/0/type",
		"`x` is not one of c, u, b, p" },
	      { DEVICE("'path':'/dev/a','type':''"), "/linux/devices/0/type",
		"`` is not one of c, u, b, p" },
	      { DEVICE("'path':'/dev/a','type':'cb'"), "/linux/devices/0/type",
		"`cb` is not one of c, u, b, p" },
	      { DEVICE("'path':'/dev/a','type':'c','minor':1"), "/linux/devices/0/major",
		"required" },
	      { DEVICE("'path':'/dev/a','type':'u','major':1"), "/linux/devices/0/minor",
		"required" },
	      { DEVICE("'path':'/dev/a','type':'b','major':4096,'minor':1"),
		"/linux/devices/0/major", "4096 is not between 0 and 4095" },
	      { DEVICE("'path':'/dev/a','type':'b','major':1,'minor':-1"), "/linux/devices/0/minor",
		"-1 is not between 0 and 1048575" },
	      { DEVICE("'path':'/dev/a','type':'p','fileMode':65536"), "/linux/devices/0/fileMode",
		"65536 is not between 0 and 65535" },
	      { DEVICE("'path':'/dev/a','type':'p','uid':4294967295"), "/linux/devices/0/uid",
		"4294967295 is not between 0 and 4294967294" },
	      { DEVICE("'path':'/dev/a','type':'p','gid':4294967295"), "/linux/devices/0/gid",
		"4294967295 is not between 0 and 4294967294" });
	VALID(DEVICE("'path':'/a','type':'p'"),
	      DEVICE("'path':'/a','type':'c','major':4095,'minor':1048575,'fileMode':8630"));
}
END_TEST

#define NET_DEVICE(key, members) ISOLATED("'netDevices':{'" key "':{" members "}}")

START_TEST(network_devices_have_names_the_kernel_takes_and_a_namespace_to_go_to)
{
	RULES({ LINUX("'netDevices':{'eth0':{}}"), "/linux/netDevices",
		"moving network devices needs a network namespace" },
	      { NET_DEVICE("", ""), "/linux/netDevices/",
		"the name of a network interface is empty" },
	      { NET_DEVICE(SIXTEEN, ""), "/linux/netDevices/" SIXTEEN,
		"`" SIXTEEN "` is longer than 15 bytes" },
	      { NET_DEVICE("a/b", ""), "/linux/netDevices/a~1b",
		"`a/b` has `/` in the name of a network interface" },
	      { NET_DEVICE("eth0", "'name':'a:b'"), "/linux/netDevices/eth0/name",
		"`a:b` has `:` in the name of a network interface" },
	      { NET_DEVICE("eth0", "'name':'a b'"), "/linux/netDevices/eth0/name",
		"`a b` has ` ` in the name of a network interface" },
	      { NET_DEVICE("eth0", "'name':'..'"), "/linux/netDevices/eth0/name",
		"`..` cannot be the name of a network interface" });
	VALID(NET_DEVICE("eth0", "'name':'eth%d'"), NET_DEVICE("0123456789abcde", ""));
}
END_TEST

#define CGROUP(path) LINUX("'cgroupsPath':'" path "'")
#define CGROUP_REFUSED(path)                                                                       \
	{                                                                                          \
		CGROUP(path), "/linux/cgroupsPath", "`" path "`: `..` components are not allowed"  \
	}

START_TEST(cgroup_paths_do_not_lead_upwards)
{
	RULES(CGROUP_REFUSED(".."), CGROUP_REFUSED("/a/../b"), CGROUP_REFUSED("../a"),
	      CGROUP_REFUSED("/a/.."));
	VALID(CGROUP("/a..b/..c/d..//."), CGROUP("system.slice:prefix:name"), CGROUP(""));
}
END_TEST

#define SYSCTL(key) LINUX("'sysctl':{'" key "':'1'}")
#define SYSCTL_NEEDS(key, pointer, ns)                                                             \
	{                                                                                          \
		SYSCTL(key), "/linux/sysctl/" pointer,                                             \
			"`" key "` needs a " ns " namespace: without one it would be the host's"   \
	}
#define SYSCTL_OF_HOST(key)                                                                        \
	{                                                                                          \
		ISOLATED("'sysctl':{'" key "':'1'}"), "/linux/sysctl/" key,                        \
			"`" key "` belongs to no namespace: it would be the host's"                \
	}
#define SYSCTL_NO_NAME(key, pointer)                                                               \
	{                                                                                          \
		ISOLATED("'sysctl':{'" key "':'1'}"), "/linux/sysctl/" pointer,                    \
			"`" key "` is not the name of a kernel parameter"                          \
	}

START_TEST(kernel_parameters_belong_to_a_namespace_of_the_container)
{
	RULES(SYSCTL_NEEDS("kernel.msgmax", "kernel.msgmax", "ipc"),
	      SYSCTL_NEEDS("kernel.shm_rmid_forced", "kernel.shm_rmid_forced", "ipc"),
	      SYSCTL_NEEDS("fs.mqueue.queues_max", "fs.mqueue.queues_max", "ipc"),
	      SYSCTL_NEEDS("net.ipv4.ip_forward", "net.ipv4.ip_forward", "network"),
	      SYSCTL_NEEDS("net/ipv4/ip_forward", "net~1ipv4~1ip_forward", "network"),
	      SYSCTL_NEEDS("kernel.domainname", "kernel.domainname", "uts"),
	      SYSCTL_NEEDS("user.max_user_namespaces", "user.max_user_namespaces", "user"),
	      SYSCTL_OF_HOST("kernel.core_pattern"), SYSCTL_OF_HOST("kernel.foo"),
	      SYSCTL_OF_HOST("kernel.msgmaxx"), SYSCTL_OF_HOST("bar.baz"),
	      SYSCTL_OF_HOST("fs.file-max"), SYSCTL_OF_HOST("net"), SYSCTL_OF_HOST("netx.a"),
	      SYSCTL_NO_NAME("", ""), SYSCTL_NO_NAME("net..a", "net..a"),
	      SYSCTL_NO_NAME("net/../kernel/a", "net~1..~1kernel~1a"),
	      SYSCTL_NO_NAME(".net.a", ".net.a"), SYSCTL_NO_NAME("net.", "net."),
	      SYSCTL_NO_NAME("net./a", "net.~1a"),
	      { ISOLATED("'sysctl':{'kernel.hostname':'a'}"), "/linux/sysctl/kernel.hostname",
		"`kernel.hostname` is set by the member `hostname`" },
	      { CONFIG("'domainname':'a','linux':{" ALL_NAMESPACES
		       ",'sysctl':{'kernel.domainname':'b'}}"),
		"/linux/sysctl/kernel.domainname", "`b` contradicts the domainname `a`" });
	VALID(ISOLATED("'sysctl':{'kernel.msgmax':'1','kernel.sem':'1 2 3 4','fs.mqueue.a':'1',"
		       "'net.ipv4.ip_forward':'1','net/ipv4/conf/eth0.1/forwarding':'0',"
		       "'user.max_user_namespaces':'1'}"),
	      CONFIG("'domainname':'a','linux':{" ALL_NAMESPACES
		     ",'sysctl':{'kernel.domainname':'a'}}"));
}
END_TEST

START_TEST(propagations_are_known)
{
	RULES({ LINUX("'rootfsPropagation':'public'"), "/linux/rootfsPropagation",
		"`public` is not a mount propagation" });
	VALID(LINUX("'rootfsPropagation':'unbindable'"), LINUX("'rootfsPropagation':'rslave'"),
	      LINUX("'rootfsPropagation':''"));
}
END_TEST

START_TEST(masked_and_readonly_paths_are_absolute)
{
	RULES({ LINUX("'maskedPaths':['/a','proc/kcore']"), "/linux/maskedPaths/1",
		"`proc/kcore` is not an absolute path" },
	      { LINUX("'readonlyPaths':['']"), "/linux/readonlyPaths/0", "the path is empty" });
}
END_TEST

#define RDT(members) LINUX("'intelRdt':{" members "}")
#define RDT_NO_NAME(name)                                                                          \
	{                                                                                          \
		RDT("'closID':'" name "'"), "/linux/intelRdt/closID",                              \
			"`" name "` cannot be the name of a directory"                             \
	}

START_TEST(resctrl_groups_are_directories_and_schemata_are_lines)
{
	RULES(RDT_NO_NAME(""), RDT_NO_NAME("."), RDT_NO_NAME(".."), RDT_NO_NAME("a/b"),
	      { RDT("'schemata':['L3:0=f','a\\nb']"), "/linux/intelRdt/schemata/1",
		"`a\nb` is not one line" },
	      { RDT("'schemata':['']"), "/linux/intelRdt/schemata/0", "`` is not one line" },
	      { RDT("'l3CacheSchema':'a\\nb'"), "/linux/intelRdt/l3CacheSchema",
		"`a\nb` is not one line" },
	      { RDT("'memBwSchema':'L3:0=1'"), "/linux/intelRdt/memBwSchema",
		"`L3:0=1` is not one line that begins with MB:" },
	      { RDT("'memBwSchema':'MB:\\n'"), "/linux/intelRdt/memBwSchema",
		"`MB:\n` is not one line that begins with MB:" });
}
END_TEST

#define POLICY(members) LINUX("'memoryPolicy':{" members "}")

START_TEST(memory_policies_are_what_set_mempolicy_takes)
{
	RULES({ POLICY("'mode':'MPOL_FOO'"), "/linux/memoryPolicy/mode",
		"`MPOL_FOO` is not a memory policy" },
	      { POLICY("'mode':'MPOL_BIND','nodes':'0','flags':['MPOL_F_X']"),
		"/linux/memoryPolicy/flags/0", "`MPOL_F_X` is not a memory policy flag" },
	      { POLICY("'mode':'MPOL_BIND','nodes':'bad'"), "/linux/memoryPolicy/nodes",
		"`bad` is not a list of numbers such as 0-3,7" },
	      { POLICY("'mode':'MPOL_INTERLEAVE'"), "/linux/memoryPolicy/nodes",
		"`MPOL_INTERLEAVE` needs nodes" },
	      { POLICY("'mode':'MPOL_LOCAL','nodes':'0'"), "/linux/memoryPolicy/nodes",
		"`MPOL_LOCAL` takes no nodes" },
	      { POLICY("'mode':'MPOL_DEFAULT','nodes':'0'"), "/linux/memoryPolicy/nodes",
		"`MPOL_DEFAULT` takes no nodes" },
	      { POLICY("'mode':'MPOL_BIND','nodes':'0',"
		       "'flags':['MPOL_F_STATIC_NODES','MPOL_F_RELATIVE_NODES']"),
		"/linux/memoryPolicy/flags",
		"MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other" },
	      { POLICY("'mode':'MPOL_PREFERRED','flags':['MPOL_F_NUMA_BALANCING']"),
		"/linux/memoryPolicy/flags",
		"MPOL_F_NUMA_BALANCING does not go with `MPOL_PREFERRED`" });
	VALID(POLICY("'mode':'MPOL_DEFAULT'"), POLICY("'mode':'MPOL_LOCAL','nodes':''"),
	      POLICY("'mode':'MPOL_PREFERRED'"),
	      POLICY("'mode':'MPOL_WEIGHTED_INTERLEAVE','nodes':'0-1'"),
	      POLICY("'mode':'MPOL_BIND','nodes':'0',"
		     "'flags':['MPOL_F_NUMA_BALANCING','MPOL_F_RELATIVE_NODES']"));
}
END_TEST

START_TEST(personalities_are_known_and_have_no_flags)
{
	RULES({ LINUX("'personality':{'domain':'BSD'}"), "/linux/personality/domain",
		"`BSD` is not a personality" },
	      { LINUX("'personality':{'domain':'LINUX','flags':['ADDR_NO_RANDOMIZE']}"),
		"/linux/personality/flags/0",
		"`ADDR_NO_RANDOMIZE`: the specification knows no flags yet" });
}
END_TEST

/* ---- resources ------------------------------------------------------------------------------- */

START_TEST(device_rules_have_a_type_numbers_and_access)
{
	RULES({ RESOURCES("'devices':[{'allow':true,'type':'p'}]"),
		"/linux/resources/devices/0/type", "`p` is not one of a, c, b" },
	      { RESOURCES("'devices':[{'allow':true,'type':'ab'}]"),
		"/linux/resources/devices/0/type", "`ab` is not one of a, c, b" },
	      { RESOURCES("'devices':[{'allow':true,'major':-2}]"),
		"/linux/resources/devices/0/major", "-2 is not between -1 and 4095" },
	      { RESOURCES("'devices':[{'allow':true,'minor':1048576}]"),
		"/linux/resources/devices/0/minor", "1048576 is not between -1 and 1048575" },
	      { RESOURCES("'devices':[{'allow':true,'access':'rx'}]"),
		"/linux/resources/devices/0/access", "`rx` has more than the letters r, w, m" });
	VALID(RESOURCES("'devices':[{'allow':true,'type':'','access':''}]"));
}
END_TEST

#define MEMORY_BELOW(member)                                                                       \
	{                                                                                          \
		RESOURCES("'memory':{'" member "':-2}"), "/linux/resources/memory/" member,        \
			"-2 is below -1"                                                           \
	}

START_TEST(memory_limits_are_bytes_or_unlimited)
{
	RULES(MEMORY_BELOW("limit"), MEMORY_BELOW("reservation"), MEMORY_BELOW("swap"),
	      MEMORY_BELOW("kernel"), MEMORY_BELOW("kernelTCP"),
	      { RESOURCES("'memory':{'swappiness':101}"), "/linux/resources/memory/swappiness",
		"101 is not between 0 and 100" },
	      { RESOURCES("'memory':{'limit':20,'swap':19}"), "/linux/resources/memory/swap",
		"19 is memory and swap together, and below the limit of 20" });
	VALID(RESOURCES("'memory':{'limit':20,'swap':-1}"),
	      RESOURCES("'memory':{'limit':20,'swap':20}"));
}
END_TEST

START_TEST(cpu_limits_fit_each_other)
{
	RULES({ RESOURCES("'cpu':{'quota':-2}"), "/linux/resources/cpu/quota", "-2 is below -1" },
	      { RESOURCES("'cpu':{'realtimeRuntime':-2}"), "/linux/resources/cpu/realtimeRuntime",
		"-2 is below -1" },
	      { RESOURCES("'cpu':{'idle':2}"), "/linux/resources/cpu/idle",
		"2 is not between 0 and 1" },
	      { RESOURCES("'cpu':{'quota':1000,'burst':1001}"), "/linux/resources/cpu/burst",
		"1001 is above the quota of 1000" },
	      { RESOURCES("'cpu':{'cpus':'a'}"), "/linux/resources/cpu/cpus",
		"`a` is not a list of numbers such as 0-3,7" },
	      { RESOURCES("'cpu':{'mems':'0-'}"), "/linux/resources/cpu/mems",
		"`0-` is not a list of numbers such as 0-3,7" });
	VALID(RESOURCES("'cpu':{'quota':-1,'burst':1001}"));
}
END_TEST

START_TEST(pids_limits_are_counts_or_unlimited)
{
	RULES({ RESOURCES("'pids':{'limit':-2}"), "/linux/resources/pids/limit",
		"-2 is below -1" });
	VALID(RESOURCES("'pids':{'limit':-1}"), RESOURCES("'pids':{'limit':0}"));
}
END_TEST

#define BLOCK(members) RESOURCES("'blockIO':{" members "}")
#define BAD_THROTTLE(list)                                                                         \
	{                                                                                          \
		BLOCK("'" list "':[{'major':-1,'minor':0,'rate':1}]"),                             \
			"/linux/resources/blockIO/" list "/0/major",                               \
			"-1 is not between 0 and 4095"                                             \
	}

START_TEST(block_io_weights_and_devices_are_in_range)
{
	RULES({ BLOCK("'weight':9"), "/linux/resources/blockIO/weight",
		"9 is not between 10 and 1000" },
	      { BLOCK("'leafWeight':1001"), "/linux/resources/blockIO/leafWeight",
		"1001 is not between 10 and 1000" },
	      { BLOCK("'weightDevice':[{'major':1,'minor':2}]"),
		"/linux/resources/blockIO/weightDevice/0", "it needs a weight or a leafWeight" },
	      { BLOCK("'weightDevice':[{'major':1,'minor':2,'weight':1}]"),
		"/linux/resources/blockIO/weightDevice/0/weight", "1 is not between 10 and 1000" },
	      { BLOCK("'weightDevice':[{'major':1,'minor':2,'weight':10,'leafWeight':1}]"),
		"/linux/resources/blockIO/weightDevice/0/leafWeight",
		"1 is not between 10 and 1000" },
	      { BLOCK("'weightDevice':[{'major':1,'minor':1048576,'weight':10}]"),
		"/linux/resources/blockIO/weightDevice/0/minor",
		"1048576 is not between 0 and 1048575" },
	      BAD_THROTTLE("throttleReadBpsDevice"), BAD_THROTTLE("throttleWriteBpsDevice"),
	      BAD_THROTTLE("throttleReadIOPSDevice"), BAD_THROTTLE("throttleWriteIOPSDevice"));
	VALID(BLOCK("'weight':0"), BLOCK("'weight':10,'leafWeight':1000"));
}
END_TEST

#define PAGES(size) RESOURCES("'hugepageLimits':[{'pageSize':'" size "','limit':1}]")
#define NO_PAGE_SIZE(size)                                                                         \
	{                                                                                          \
		PAGES(size), "/linux/resources/hugepageLimits/0/pageSize",                         \
			"`" size "` is not a page size such as 2MB"                                \
	}

START_TEST(huge_pages_have_sizes)
{
	RULES(NO_PAGE_SIZE(""), NO_PAGE_SIZE("MB"), NO_PAGE_SIZE("2"), NO_PAGE_SIZE("2M"),
	      NO_PAGE_SIZE("2mB"), NO_PAGE_SIZE("02MB"), NO_PAGE_SIZE("2MBx"), NO_PAGE_SIZE("2TB"),
	      NO_PAGE_SIZE("../2MB"));
	VALID(PAGES("2MB"), PAGES("64KB"), PAGES("1GB"));
}
END_TEST

START_TEST(network_classes_and_rdma_handles_fit_32_bits)
{
	RULES({ RESOURCES("'network':{'classID':4294967296}"), "/linux/resources/network/classID",
		"4294967296 is not between 0 and 4294967295" },
	      { RESOURCES("'network':{'priorities':[{'name':'','priority':1}]}"),
		"/linux/resources/network/priorities/0/name",
		"the name of a network interface is empty" },
	      { RESOURCES("'rdma':{'mlx5_1':{}}"), "/linux/resources/rdma/mlx5_1",
		"it needs hcaHandles or hcaObjects" },
	      { RESOURCES("'rdma':{'a b':{'hcaHandles':1}}"), "/linux/resources/rdma/a b",
		"`a b` cannot be the name of an RDMA device" },
	      { RESOURCES("'rdma':{'':{'hcaHandles':1}}"), "/linux/resources/rdma/",
		"`` cannot be the name of an RDMA device" },
	      { RESOURCES("'rdma':{'a':{'hcaHandles':4294967296}}"),
		"/linux/resources/rdma/a/hcaHandles",
		"4294967296 is not between 0 and 4294967295" },
	      { RESOURCES("'rdma':{'a':{'hcaObjects':4294967296}}"),
		"/linux/resources/rdma/a/hcaObjects",
		"4294967296 is not between 0 and 4294967295" });
}
END_TEST

#define UNIFIED_NO_FORM(key)                                                                       \
	{                                                                                          \
		RESOURCES("'unified':{'" key "':'1'}"), "/linux/resources/unified/" key,           \
			"the specified key has not the form CONTROLLER.VALUE `" key "`"            \
	}

START_TEST(unified_keys_are_files_of_the_cgroup)
{
	RULES({ RESOURCES("'unified':{'../memory.max':'1'}"),
		"/linux/resources/unified/..~1memory.max",
		"`../memory.max` has a `/`: only files of the cgroup itself can be set" },
	      UNIFIED_NO_FORM(""), UNIFIED_NO_FORM("memory"), UNIFIED_NO_FORM(".max"),
	      UNIFIED_NO_FORM("memory."), UNIFIED_NO_FORM(".."));
	VALID(RESOURCES("'unified':{'hugetlb.1GB.max':'1'}"));
}
END_TEST

/* ---- seccomp --------------------------------------------------------------------------------- */

#define SECCOMP(members) LINUX("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'," members "}")
#define SYSCALL(members) SECCOMP("'syscalls':[{'names':['a']," members "}]")
#define ARG(members) SYSCALL("'action':'SCMP_ACT_LOG','args':[{" members "}]")

START_TEST(seccomp_words_are_known)
{
	RULES({ LINUX("'seccomp':{'defaultAction':'SCMP_ACT_FOO'}"), "/linux/seccomp/defaultAction",
		"`SCMP_ACT_FOO` is not a seccomp action" },
	      { SYSCALL("'action':'ALLOW'"), "/linux/seccomp/syscalls/0/action",
		"`ALLOW` is not a seccomp action" },
	      { SECCOMP("'architectures':['SCMP_ARCH_X86','SCMP_ARCH_VAX']"),
		"/linux/seccomp/architectures/1", "`SCMP_ARCH_VAX` is not an architecture" },
	      { SECCOMP("'flags':['SECCOMP_FILTER_FLAG_X']"), "/linux/seccomp/flags/0",
		"`SECCOMP_FILTER_FLAG_X` is not a seccomp filter flag" },
	      { ARG("'index':0,'value':1,'op':'SCMP_CMP_FOO'"),
		"/linux/seccomp/syscalls/0/args/0/op",
		"`SCMP_CMP_FOO` is not a comparison operator" },
	      { ARG("'index':6,'value':1,'op':'SCMP_CMP_EQ'"),
		"/linux/seccomp/syscalls/0/args/0/index", "6 is not between 0 and 5" });
}
END_TEST

START_TEST(seccomp_rules_name_system_calls)
{
	RULES({ SECCOMP("'syscalls':[{'names':[],'action':'SCMP_ACT_LOG'}]"),
		"/linux/seccomp/syscalls/0/names", "the list is empty" },
	      { SECCOMP("'syscalls':[{'names':['a',''],'action':'SCMP_ACT_LOG'}]"),
		"/linux/seccomp/syscalls/0/names/1", "the name of a system call is empty" });
}
END_TEST

START_TEST(only_some_seccomp_actions_take_an_errno)
{
	RULES({ SECCOMP("'defaultErrnoRet':1"), "/linux/seccomp/defaultErrnoRet",
		"`SCMP_ACT_ALLOW` takes no errno" },
	      { SYSCALL("'action':'SCMP_ACT_KILL','errnoRet':1"),
		"/linux/seccomp/syscalls/0/errnoRet", "`SCMP_ACT_KILL` takes no errno" },
	      { SYSCALL("'action':'SCMP_ACT_ERRNO','errnoRet':4096"),
		"/linux/seccomp/syscalls/0/errnoRet", "4096 is not between 0 and 4095" },
	      { SYSCALL("'action':'SCMP_ACT_TRACE','errnoRet':65536"),
		"/linux/seccomp/syscalls/0/errnoRet", "65536 is not between 0 and 65535" });
	VALID(SYSCALL("'action':'SCMP_ACT_ERRNO','errnoRet':38"),
	      SYSCALL("'action':'SCMP_ACT_TRACE','errnoRet':65535"));
}
END_TEST

START_TEST(seccomp_metadata_needs_a_listener)
{
	RULES({ SECCOMP("'listenerMetadata':'a'"), "/linux/seccomp/listenerMetadata",
		"it needs a listenerPath" });
	VALID(SECCOMP("'listenerMetadata':''"), SECCOMP("'listenerPath':'/a'"));
}
END_TEST

/* ---- parts by themselves --------------------------------------------------------------------- */

START_TEST(parts_by_themselves_are_told_from_where_they_are)
{
	const char *no_args[] = { "" };
	struct oci_process process = { .cwd = "/", .args = no_args, .n_args = 1 };
	const int64_t limit = -7;
	struct oci_pids pids = { .limit = &limit };
	struct oci_resources resources = { .pids = &pids };
	struct err e = ERR_INIT;

	ck_assert_int_eq(oci_process_validate(&process, "", &e), -1);
	ck_assert_str_eq(e.pointer, "/args/0");
	e = ERR_INIT;
	ck_assert_int_eq(oci_process_validate(&process, "/process", &e), -1);
	ck_assert_str_eq(e.pointer, "/process/args/0");
	e = ERR_INIT;
	ck_assert_int_eq(oci_resources_validate(&resources, "", &e), -1);
	ck_assert_str_eq(e.pointer, "/pids/limit");
	e = ERR_INIT;
	ck_assert_int_eq(oci_resources_validate(&resources, "/linux/resources", &e), -1);
	ck_assert_str_eq(e.pointer, "/linux/resources/pids/limit");
}
END_TEST

UNIT_MAIN("oci/validate", the_version_is_a_semantic_version_1_x, a_root_is_required,
	  a_config_without_process_is_valid_until_it_is_started,
	  host_and_domain_names_need_a_uts_namespace_and_fit_it,
	  mounts_have_a_destination_and_bind_mounts_a_source, mappings_of_mounts_come_in_pairs,
	  hooks_have_an_absolute_path_an_environment_and_a_timeout_above_0, annotations_have_names,
	  a_process_has_arguments_and_an_absolute_directory, environments_are_names_and_values,
	  users_are_ids_that_the_kernel_does_not_reserve,
	  console_sizes_fit_a_terminal_and_are_ignored_without_one,
	  capabilities_are_known_in_each_set, rlimits_are_known_once_and_in_order,
	  oom_scores_are_within_1000, schedulers_are_known_with_flags_nice_and_priority_that_fit,
	  deadline_schedulers_have_times_that_fit_each_other,
	  io_priorities_have_a_class_and_a_level, cpu_lists_are_numbers_and_ranges,
	  namespaces_are_known_once_and_have_absolute_paths,
	  id_ranges_are_not_empty_do_not_wrap_and_do_not_overlap,
	  more_id_ranges_than_the_kernel_takes_are_refused, id_ranges_need_a_user_namespace,
	  time_offsets_need_a_time_namespace_a_known_clock_and_nanoseconds,
	  devices_have_a_path_a_type_and_numbers,
	  network_devices_have_names_the_kernel_takes_and_a_namespace_to_go_to,
	  cgroup_paths_do_not_lead_upwards,
	  kernel_parameters_belong_to_a_namespace_of_the_container, propagations_are_known,
	  masked_and_readonly_paths_are_absolute,
	  resctrl_groups_are_directories_and_schemata_are_lines,
	  memory_policies_are_what_set_mempolicy_takes, personalities_are_known_and_have_no_flags,
	  device_rules_have_a_type_numbers_and_access, memory_limits_are_bytes_or_unlimited,
	  cpu_limits_fit_each_other, pids_limits_are_counts_or_unlimited,
	  block_io_weights_and_devices_are_in_range, huge_pages_have_sizes,
	  network_classes_and_rdma_handles_fit_32_bits, unified_keys_are_files_of_the_cgroup,
	  seccomp_words_are_known, seccomp_rules_name_system_calls,
	  only_some_seccomp_actions_take_an_errno, seccomp_metadata_needs_a_listener,
	  parts_by_themselves_are_told_from_where_they_are)
