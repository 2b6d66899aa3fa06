"""`process` of the configuration: who the program is, what it may do, and what it finds when it starts."""

import json
import os
import platform

from harness import test

from _facts import GUEST_SECONDS, capability_names, facts, read

ALL_SETS = ("bounding", "effective", "permitted", "inheritable", "ambient")
NR_MKDIRAT = {"x86_64": 258, "aarch64": 34}[platform.machine()]
NR_GETPPID = {"x86_64": 110, "aarch64": 173}[platform.machine()]


def output(keg, bundle):
    result = keg.run(bundle)
    assert result.code == 0, result
    return result.out


def refusal(keg, bundle):
    result = keg.run(bundle)
    assert result.code == 1 and result.out == "" and os.listdir(keg.root) == [], result
    return result.err


# --- user, groups, umask, HOME, cwd, env ----------------------------------------------------


@test
def the_program_has_the_user_and_the_groups_it_was_given(keg):
    b = keg.bundle(args=["/guest", "id"])
    assert output(keg, b) == "uid 0 0 0\ngid 0 0 0\ngroups\n"
    b.user(1234, 2345, groups=[7, 8, 4000000000])
    assert output(keg, b) == "uid 1234 1234 1234\ngid 2345 2345 2345\ngroups 7 8 4000000000\n"


@test
def the_callers_groups_stay_only_by_annotation(keg):
    os.setgroups([11, 12])
    b = keg.bundle(args=["/guest", "id"])
    assert facts(output(keg, b))["groups"] == ""
    b.annotation("run.oci.keep_original_groups", "1")
    assert facts(output(keg, b))["groups"] == "11 12"


@test
def the_umask_is_0022_or_what_was_asked_for(keg):
    b = keg.bundle(args=["/guest", "umask"])
    os.umask(0o77)
    assert output(keg, b) == "0022\n"
    for value in (0, 0o27, 0o777):
        assert output(keg, b.user(0, 0, umask=value)) == f"{value:04o}\n"


@test
def home_comes_from_the_passwd_file_of_the_container(keg):
    b = keg.bundle(args=["/guest", "env"]).user(1000, 1000)
    assert "HOME=/" in output(keg, b).splitlines(), "without a passwd file"
    b.file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nbroken line\na:x:1000:1000:A:/home/a:/bin/sh\n")
    assert "HOME=/home/a" in output(keg, b).splitlines()
    assert "HOME=/root" in output(keg, b.user(0, 0)).splitlines()
    lines = output(keg, b.env("HOME=/given")).splitlines()
    assert [line for line in lines if line.startswith("HOME")] == ["HOME=/given"]


@test
def the_environment_is_that_of_the_configuration_alone(keg):
    b = keg.bundle(args=["/guest", "env"])
    b.process["env"] = ["A=1", "B=x=y", "EMPTY=", "HOME=/", "UMLAUT=\u00e4"]
    assert keg.run(b, env={"FOREIGN": "1", **os.environ}).out.splitlines() == b.process["env"]


@test
def arguments_arrive_as_they_are(keg):
    words = ["", " ", "a b", "\"quoted\"", "new\nline", "\u00e4\u20ac", "-x", "--"]
    assert output(keg, keg.bundle(args=["/guest", "args", *words])) == "".join(w + "\n" for w in words)


@test
def the_working_directory_is_made_when_it_is_missing(keg):
    b = keg.bundle(args=["/guest", "then", "cwd", "--", "stat", "."]).cwd("/new/folder")
    assert output(keg, b).splitlines()[0] == "/new/folder"
    assert os.path.isdir(b.rootfs + "/new/folder")
    b = keg.bundle(args=["/guest", "cwd"]).file("/plain").cwd("/plain")
    err = refusal(keg, b)
    assert "/process/cwd" in err and "Not a directory" in err, err
    assert "/process/cwd" in refusal(keg, keg.bundle().cwd("relative"))


@test
def the_first_process_leads_a_session_of_its_own(keg):
    assert output(keg, keg.bundle(args=["/guest", "pids"])) == "pid 1\nppid 0\nsid 1\npgid 1\n"


@test
def no_signal_is_ignored_or_blocked_at_the_start(keg):
    import signal

    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGUSR1, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    b = keg.bundle(args=["/guest", "signals"])
    assert output(keg, b) == ""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    id = keg.started(keg.bundle(args=["/guest", "sleep", GUEST_SECONDS]))
    assert keg.exec(id, "/guest", "signals").out == ""


# --- capabilities ---------------------------------------------------------------------------


@test
def root_has_the_capabilities_of_each_set(keg):
    b = keg.bundle(args=["/guest", "caps"])
    b.process["capabilities"] = {"bounding": ["CAP_KILL", "CAP_CHOWN", "CAP_NET_RAW"], "effective": ["CAP_KILL"],
                                 "permitted": ["CAP_KILL", "CAP_CHOWN"], "inheritable": ["CAP_CHOWN"]}
    # capabilities(7): execve as root gives what is in inheritable or bounding; no_new_privs lets it add nothing.
    for closed, gained in ((False, {"kill", "chown", "net_raw"}), (True, {"kill", "chown"})):
        b.process["noNewPrivileges"] = closed
        assert capability_names(output(keg, b)) == {
            "bounding": {"kill", "chown", "net_raw"}, "permitted": gained, "effective": gained,
            "inheritable": {"chown"}, "ambient": set()}


@test
def a_user_has_the_ambient_capabilities_and_no_others(keg):
    b = keg.bundle(args=["/guest", "caps"]).user(1000, 1000).capabilities("CAP_KILL")
    sets = capability_names(output(keg, b))
    assert sets["bounding"] == {"kill"} and sets["effective"] == sets["permitted"] == set(), sets
    sets = capability_names(output(keg, b.capabilities("CAP_KILL", "CAP_NET_RAW", sets=ALL_SETS)))
    assert all(sets[kind] == {"kill", "net_raw"} for kind in ALL_SETS), sets


@test
def without_capabilities_there_are_none(keg):
    b = keg.bundle(args=["/guest", "caps"])
    del b.process["capabilities"]
    assert all(not names for names in capability_names(output(keg, b)).values())
    b.process["capabilities"] = {}
    assert all(not names for names in capability_names(output(keg, b)).values())


@test
def a_capability_does_what_its_absence_forbids(keg):
    b = keg.bundle(args=["/guest", "chown", "/guest", "5", "5"])
    refused = keg.run(b.capabilities("CAP_KILL"))
    assert refused.code == 1 and "EPERM" in refused.err, refused
    assert keg.run(b.capabilities("CAP_CHOWN")).code == 0


@test
def an_unknown_capability_is_refused(keg):
    err = refusal(keg, keg.bundle().capabilities("CAP_KILL", "CAP_FLY"))
    assert "CAP_FLY" in err and "/process/capabilities/bounding/1" in err, err


# --- no_new_privs, seccomp ------------------------------------------------------------------


@test
def no_new_privileges_is_set_when_asked(keg):
    b = keg.bundle(args=["/guest", "nnp"])
    for value in (True, False):
        b.process["noNewPrivileges"] = value
        assert output(keg, b).splitlines()[:2] == [f"no_new_privs {int(value)}", "seccomp 0"]


def deny(bundle, *names, errno=None, **more):
    rule = {"names": list(names), "action": "SCMP_ACT_ERRNO", **more}
    if errno is not None:
        rule["errnoRet"] = errno
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}
    return bundle


@test
def seccomp_answers_with_the_errno_of_the_rule(keg):
    for user in (0, 1000):
        for privileges in (True, False):
            b = keg.bundle(args=["/guest", "then", "mkdir", "/tmp/x", "--", "nnp"]).user(user, user)
            b.process["noNewPrivileges"] = privileges
            for errno, name in ((None, "EPERM"), (38, "ENOSYS"), (5, "EIO")):
                result = keg.run(deny(b, "mkdir", "mkdirat", errno=errno))
                assert f"({name})" in result.err and "seccomp 2" in result.out, (user, privileges, errno, result)


@test
def seccomp_rules_look_at_arguments(keg):
    args = [{"index": 0, "value": 7, "op": "SCMP_CMP_GE"}]
    b = keg.bundle(args=["/guest", "then", "syscall", NR_GETPPID, 6, "--", "syscall", NR_GETPPID, 7])
    assert output(keg, deny(b, "getppid", errno=22, args=args)) == "0\n-1 EINVAL\n"


@test
def profiles_that_differ_in_one_value_give_different_filters(keg):
    """Also within one state root, where a cache could mix them up."""
    for names, errno, expected in ((["mkdirat"], 1, "EPERM"), (["mkdirat"], 38, "ENOSYS"), (["mkdirat"], 13, "EACCES"),
                                   (["mkdir", "at"], 1, None), (["mkdirat"], 1, "EPERM")):
        b = keg.bundle(args=["/guest", "syscall", NR_MKDIRAT, "0xffffff9c", 0, 0])
        out = output(keg, deny(b, *names, errno=errno))
        assert out == f"-1 {expected or 'EFAULT'}\n", (names, errno, out)


@test
def a_seccomp_kill_ends_the_program(keg):
    import signal

    b = keg.bundle(args=["/guest", "mkdir", "/tmp/x"])
    b = deny(b, "mkdir", "mkdirat")
    b.linux["seccomp"]["syscalls"][0]["action"] = "SCMP_ACT_KILL_PROCESS"
    assert keg.run(b).code == 128 + signal.SIGSYS


@test
def exec_is_under_the_seccomp_filter_of_the_container(keg):
    id = keg.started(deny(keg.bundle(args=["/guest", "sleep", GUEST_SECONDS]), "mkdir", "mkdirat", errno=38))
    result = keg.exec(id, "/guest", "mkdir", "/tmp/x")
    assert result.code == 1 and "ENOSYS" in result.err, result


@test
def an_unknown_seccomp_word_is_refused(keg):
    b = keg.bundle()
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_MAYBE"}
    err = refusal(keg, b)
    assert "SCMP_ACT_MAYBE" in err and "/linux/seccomp/defaultAction" in err, err


# --- limits and scheduling ------------------------------------------------------------------


@test
def resource_limits_are_set(keg):
    b = keg.bundle(args=["/guest", "rlimits"]).rlimit("RLIMIT_NOFILE", 100, 200).rlimit("RLIMIT_CORE", 0, 4096)
    b.rlimit("RLIMIT_FSIZE", 1 << 30, 1 << 31)
    limits = facts(output(keg, b))
    assert limits["RLIMIT_NOFILE"] == "100 200" and limits["RLIMIT_CORE"] == "0 4096", limits
    assert limits["RLIMIT_FSIZE"] == f"{1 << 30} {1 << 31}", limits


@test
def broken_resource_limits_are_refused(keg):
    b = keg.bundle()
    b.process["rlimits"] = [{"type": "RLIMIT_FUN", "soft": 1, "hard": 1}]
    err = refusal(keg, b)
    assert "RLIMIT_FUN" in err and "/process/rlimits/0" in err, err
    b.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}]
    assert "/process/rlimits/0" in refusal(keg, b)
    b.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 1, "hard": 1}] * 2
    assert "/process/rlimits/1" in refusal(keg, b)


def without_sys_resource():
    """For the caller and its children: CAP_SYS_RESOURCE leaves all sets, capset(2)."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    PR_CAPBSET_DROP, CAP_SYS_RESOURCE, VERSION_3 = 24, 24, 0x20080522
    libc.prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0)
    header, data = (ctypes.c_uint32 * 2)(VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    for word in range(3):
        data[word] &= ~(1 << CAP_SYS_RESOURCE)
    assert libc.capset(header, data) == 0


@test
def what_needs_sys_resource_is_refused_without_it_and_the_capability_is_named(keg):
    without_sys_resource()
    adj = int(read("/proc/self/oom_score_adj"))
    b = keg.bundle()
    b.process["oomScoreAdj"] = min(adj, 0) - 100
    err = refusal(keg, b)
    assert "CAP_SYS_RESOURCE" in err and "/process/oomScoreAdj" in err, err
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 2000))
    b = keg.bundle().rlimit("RLIMIT_NOFILE", 1000, 2001)
    err = refusal(keg, b)
    assert "CAP_SYS_RESOURCE" in err and "/process/rlimits/0" in err and "RLIMIT_NOFILE" in err, err
    assert keg.run(keg.bundle().rlimit("RLIMIT_NOFILE", 1000, 2000)).code == 0


@test(needs=["cap:sys_resource"])
def limits_are_raised_by_who_may(keg):
    b = keg.bundle(args=["/guest", "then", "rlimits", "--", "cat", "/proc/self/oom_score_adj"])
    b.rlimit("RLIMIT_NPROC", 1 << 20, 1 << 20)
    b.process["oomScoreAdj"] = -500
    out = output(keg, b)
    assert f"RLIMIT_NPROC {1 << 20} {1 << 20}\n" in out and out.endswith("\n-500\n"), out


@test
def the_oom_score_is_adjusted(keg):
    b = keg.bundle(args=["/guest", "cat", "/proc/self/oom_score_adj"])
    inherited = read("/proc/self/oom_score_adj")
    assert output(keg, b) == inherited
    b.process["oomScoreAdj"] = 700
    assert output(keg, b) == "700\n"
    b.process["oomScoreAdj"] = 1001
    assert "/process/oomScoreAdj" in refusal(keg, b)


@test
def the_scheduler_the_io_priority_and_the_personality_are_set(keg):
    b = keg.bundle(args=["/guest", "then", "sched", "--", "ioprio", "--", "personality"])
    b.process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 5}
    b.process["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 6}
    lines = output(keg, b).splitlines()
    assert {"policy 3", "nice 5", "class 2", "level 6"} <= set(lines), lines
    b.process["scheduler"] = {"policy": "SCHED_WHENEVER"}
    err = refusal(keg, b)
    assert "SCHED_WHENEVER" in err and "/process/scheduler" in err, err


@test
def exec_runs_on_the_processors_of_the_configuration(keg):
    allowed = sorted(os.sched_getaffinity(0))
    b = keg.bundle(args=["/guest", "sleep", GUEST_SECONDS])
    b.process["execCPUAffinity"] = {"initial": str(allowed[0]), "final": str(allowed[-1])}
    id = keg.started(b)
    assert keg.exec(id, "/guest", "affinity").out == f"{allowed[-1]}\n"


# --- descriptors ----------------------------------------------------------------------------


@test
def descriptors_are_preserved_when_asked(keg):
    for number, text in ((3, "three"), (4, "four")):
        fd = os.open(keg.file(f"passed{number}", text), os.O_RDONLY)
        if fd != number:
            os.dup2(fd, number)
            os.close(fd)
    b = keg.bundle(args=["/guest", "then", "fd", "3", "--", "fd", "4"])
    assert keg.run(b, "--preserve-fds", "2", pass_fds=(3, 4)).out == "threefour"
    os.lseek(3, 0, 0)
    result = keg.run(b, "--preserve-fds=1", pass_fds=(3, 4))
    assert result.out == "three= 1\n" and "EBADF" in result.err, result


@test
def descriptors_of_the_runtime_never_fill_the_place_of_preserved_ones(keg):
    os.dup2(os.open(keg.file("passed", "x"), os.O_RDONLY), 3)
    b = keg.bundle(args=["/guest", "fds"])
    for passed in ((3,), ()):
        fds = facts(keg.run(b, "--preserve-fds", "20", pass_fds=passed).out)
        assert sorted(fds, key=int) == [str(number) for number in range(3 + len(passed))], fds
    id = keg.started(keg.bundle(args=["/guest", "sleep", GUEST_SECONDS]))
    fds = facts(keg.exec(id, "/guest", "fds", flags=["--preserve-fds=20"], pass_fds=(3,)).out)
    assert sorted(fds, key=int) == ["0", "1", "2", "3"], fds


@test
def the_process_of_create_has_the_descriptors_too(keg):
    fd = os.open(keg.file("passed", "later"), os.O_RDONLY)
    if fd != 3:
        os.dup2(fd, 3)
        os.close(fd)
    b = keg.bundle(args=["/guest", "fd", "3"])
    assert keg.create(b, "--preserve-fds=1", pass_fds=(3,)).code == 0
    keg.start(b.id)
    keg.wait_status(b.id, "stopped")
    assert keg.container_out(b) == "later"
