"""The default profiles of containers-common and containerd, felt from inside.

That our programs answer as libseccomp's do for every number is a unit test; here the kernel takes
them, and calls whose plain answer differs from the profile's tell which of the two answered.
"""

import json
import os

from harness import test

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../data/seccomp")

# Numbers of x86_64.
CALLS = {"getpid": 39, "socket": 41, "clone": 56, "personality": 135, "vmsplice": 278, "unshare": 272, "kcmp": 312,
         "keyctl": 250, "io_uring_setup": 425, "clone3": 435, "cachestat": 451, "getuid": 102, "futex": 202}

CONTAINERS = [
    ("getpid", (), "1"),
    ("getuid", (), "0"),
    ("personality", (0xffffffff,), "0"),
    ("personality", (0x20000,), "0"),
    ("personality", (1,), "-1 ENOSYS"),
    ("personality", (0x100000000,), "-1 ENOSYS"),
    ("socket", (1, 1, 0), "fd"),
    ("socket", (16, 3, 0), "fd"),
    ("socket", (16, 3, 9), "-1 EINVAL"),
    ("socket", (40, 1, 0), "-1 EPERM"),
    ("vmsplice", (-1, 0, 0, 0), "-1 EPERM"),
    ("kcmp", (1, 1, 0, 0, 0), "-1 EPERM"),
    ("cachestat", (-1, 0, 0, 0), "-1 EPERM"),
    ("io_uring_setup", (1, 0), "-1 ENOSYS"),
    ("unshare", (0,), "0"),
]

CONTAINERD = [
    ("getpid", (), "1"),
    ("getuid", (), "0"),
    ("personality", (0xffffffff,), "0"),
    ("personality", (8,), "0"),
    ("personality", (1,), "-1 EPERM"),
    ("socket", (1, 1, 0), "fd"),
    ("socket", (40, 1, 0), "-1 EPERM"),
    ("clone3", (0, 0), "-1 ENOSYS"),
    ("clone", (0x10000000,), "-1 EPERM"),
    ("unshare", (0,), "-1 EPERM"),
    ("keyctl", (0, 0), "-1 EPERM"),
    ("io_uring_setup", (1, 0), "-1 EPERM"),
]


def profile(name):
    with open(os.path.join(DATA, name + "-default.json")) as f:
        return json.load(f)


def commands(calls):
    words = []
    for name, arguments, _ in calls:
        words += ["syscall", CALLS[name], *arguments, "--"]
    return words[:-1]


def check(result, calls):
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert len(lines) == len(calls), result
    for line, (name, arguments, answer) in zip(lines, calls):
        if answer == "fd":
            assert int(line) >= 3, (name, arguments, line)
        else:
            assert line == answer, (name, arguments, line)


@test
def the_calls_differ_from_their_plain_answers_without_a_profile(keg):
    refused = [c for c in CONTAINERS if c[2].startswith("-1") and c[0] not in ("personality", "socket")]
    result = keg.run(keg.bundle(args=["/guest", "then", *commands(refused)]))
    assert result.code == 0, result.err
    for line, (name, _, answer) in zip(result.out.splitlines(), refused):
        assert line != answer, name


@test
def the_profile_of_containers_common_answers_from_inside(keg):
    b = keg.bundle(args=["/guest", "then", *commands(CONTAINERS)])
    b.linux["seccomp"] = profile("containers")
    check(keg.run(b), CONTAINERS)


@test
def the_profile_of_containerd_answers_from_inside(keg):
    b = keg.bundle(args=["/guest", "then", *commands(CONTAINERD)])
    b.linux["seccomp"] = profile("containerd")
    check(keg.run(b), CONTAINERD)


@test
def the_profile_holds_without_no_new_privileges_and_for_another_user(keg):
    for user in ((0, 0), (1000, 1000)):
        b = keg.bundle(args=["/guest", "then", "syscall", 135, 1, "--", "nnp"]).user(*user)
        b.process["noNewPrivileges"] = False
        b.linux["seccomp"] = profile("containers")
        result = keg.run(b)
        assert result.code == 0, result.err
        assert result.out.splitlines()[:3] == ["-1 ENOSYS", "no_new_privs 0", "seccomp 2"], result


@test
def the_profile_holds_in_a_user_namespace_and_for_an_exec(keg):
    b = keg.bundle(args=["/guest", "pause"]).id_maps()
    b.linux["seccomp"] = profile("containers")
    keg.started(b)
    result = keg.exec(b.id, "/guest", "then", *commands(CONTAINERS[1:]))
    check(result, CONTAINERS[1:])


@test
def a_shell_lives_under_each_profile(keg):
    for name in ("containers", "containerd"):
        b = keg.bundle(args=["/bin/sh", "-c", "for n in 1 2 3; do echo $n | cat; done; ls /proc/self/fd >/dev/null"],
                       busybox=True)
        b.linux["seccomp"] = profile(name)
        result = keg.run(b)
        assert (result.code, result.out) == (0, "1\n2\n3\n"), result


@test
def a_call_that_kills_ends_the_container_by_its_signal(keg):
    b = keg.bundle(args=["/guest", "syscall", CALLS["personality"], 1])
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
        {"names": ["personality"], "action": "SCMP_ACT_KILL_PROCESS"}]}
    assert keg.run(b).code == 128 + 31
