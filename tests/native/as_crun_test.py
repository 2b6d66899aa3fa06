"""What users of crun expect beyond the specification: annotations, the environment, defaults.

crun's own tests show much of it in the machine of tests/vm; see tests/peers/crun/keg-passes.txt."""

import array
import json
import os
import socket

from harness import test

from _facts import read


@test
def hooks_write_where_annotations_say(keg):
    b = keg.bundle().annotation("run.oci.hooks.stdout", keg.path("out")).annotation("run.oci.hooks.stderr", keg.path("err"))
    kinds = ("prestart", "createRuntime", "poststart", "poststop")
    for kind in kinds:
        b.hook(kind, "/bin/sh", "-c", f"echo {kind}; echo {kind} >&2")
    result = keg.run(b)
    assert (result.code, result.err) == (0, ""), result
    for name in ("out", "err"):
        assert read(keg.path(name)).split() == list(kinds), name


@test
def an_output_of_hooks_that_cannot_be_opened_is_refused(keg):
    b = keg.bundle().annotation("run.oci.hooks.stdout", "/no/such/folder/out").hook("createRuntime", "/bin/true")
    result = keg.run(b)
    assert result.code == 1 and "/annotations/run.oci.hooks.stdout" in result.err, result
    assert keg.state(b.id) is None


def agent(keg, name="agent"):
    s = socket.socket(socket.AF_UNIX)
    keg.at_end(s.close)
    s.bind(keg.path(name))
    s.listen(1)
    s.settimeout(30)
    return s


@test
def a_seccomp_agent_is_told_under_a_filter_that_allows_nothing_to_tell_it(keg):
    b = keg.bundle(args=["/guest", "true"]).annotation("run.oci.seccomp.receiver", keg.path("agent"))
    forbidden = ["sendmsg", "sendto", "write", "sched_yield", "nanosleep", "clock_nanosleep", "clock_gettime", "close"]
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW",
                          "syscalls": [{"names": forbidden, "action": "SCMP_ACT_KILL_PROCESS"}]}
    s = agent(keg)
    keg.create(b)
    keg.start(b.id)
    message, control, _, _ = s.accept()[0].recvmsg(65536, socket.CMSG_SPACE(4))
    fds = array.array("i", control[0][2])
    told = json.loads(message)
    assert told["fds"] == ["seccompFd"], told
    assert told["state"]["id"] == b.id and told["state"]["status"] == "creating", told
    assert os.readlink(f"/proc/self/fd/{fds[0]}") == "anon_inode:seccomp notify"
    os.close(fds[0])


@test
def the_user_namespace_without_maps_has_one_user_the_caller(keg):
    b = keg.bundle(args=["/guest", "then", "id", "--", "cat", "/proc/self/uid_map"]).namespace("user")
    for mount in b.config["mounts"]:
        mount["options"] = [word for word in mount.get("options", []) if word != "gid=5"]
    result = keg.run(b)
    assert result.code == 0 and result.out.startswith("uid 0 0 0\ngid 0 0 0\n"), result
    assert result.out.split("\n")[-2].split() == ["0", "0", "1"], result


@test
def a_limit_of_descriptors_to_preserve_may_be_higher_than_their_number(keg):
    assert keg.run(keg.bundle(), "--preserve-fds", "100").code == 0
