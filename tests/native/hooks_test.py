"""Hooks: when each of the six runs, where, with what on its standard input, and what happens when one fails."""

import json
import os
import signal

from harness import test, wait_until

from _facts import GUEST_SECONDS, alive, namespace, read

ORDER = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
STATUS = {"prestart": "creating", "createRuntime": "creating", "createContainer": "creating",
          "startContainer": "created", "poststart": "running", "poststop": "stopped"}


def recorded(bundle):
    """What the hooks of recording() wrote: [(name, state document)] in the order in which they ran."""
    lines = read(bundle.rootfs + "/record").splitlines()
    return [(line.partition(" ")[0], json.loads(line.partition(" ")[2])) for line in lines]


def recording(keg, *kinds, program=("/guest", "sleep", GUEST_SECONDS)):
    """A bundle whose hooks each append their name and their standard input to /record of the rootfs."""
    b = keg.bundle(args=program, busybox=True).file("/record")
    for kind in kinds:
        file = "/record" if kind == "startContainer" else b.rootfs + "/record"
        b.hook(kind, "/bin/sh", "-c", f"printf '%s %s\\n' {kind} \"$(cat)\" >> {file}")
    return b


@test
def the_six_kinds_run_in_order_with_the_state_on_standard_input(keg):
    b = recording(keg, *ORDER).annotation("a/b", "c d")
    keg.create(b)
    pid = keg.state(b.id)["pid"]
    assert [name for name, _ in recorded(b)] == ORDER[:3]
    keg.start(b.id)
    keg.kill(b.id, "KILL")
    keg.wait_status(b.id, "stopped")
    assert [name for name, _ in recorded(b)] == ORDER[:5]
    assert keg.delete(b.id).code == 0
    rows = recorded(b)
    assert [name for name, _ in rows] == ORDER
    for name, state in rows:
        assert state["ociVersion"].startswith("1.") and state["id"] == b.id and state["bundle"] == b.path, name
        assert state["status"] == STATUS[name] and state["annotations"] == {"a/b": "c d"}, (name, state)
        assert state["root"] == b.rootfs, (name, state)
        if name != "poststop":
            assert state["pid"] == pid, name


@test
def the_state_is_one_line_that_does_not_escape_slashes(keg):
    b = keg.bundle().hook("createRuntime", "/bin/sh", "-c", f"cat > {keg.path('state')}")
    assert keg.run(b).code == 0
    text = read(keg.path("state"))
    assert text.endswith("}\n") and text.count("\n") == 1 and "\\/" not in text and b.path in text, text


@test
def hooks_of_one_kind_run_in_the_order_of_the_configuration(keg):
    b = keg.bundle()
    for word in ("first", "second", "third"):
        b.hook("createRuntime", "/bin/sh", "-c", f"echo {word} >> {keg.path('words')}")
    assert keg.run(b).code == 0
    assert read(keg.path("words")) == "first\nsecond\nthird\n"


@test
def a_hook_has_the_arguments_and_the_environment_of_the_configuration_alone(keg):
    b = keg.bundle(busybox=True).file("/record")
    script = 'echo "$0 $1 $A" > {0}; env >> {0}'
    b.hook("createRuntime", "/bin/sh", "-c", script.format(keg.path("runtime")), "zero", "one two", env=["A=b"])
    b.hook("startContainer", "/bin/sh", "-c", script.format("/record"), "zero", "one two", env=["A=b"])
    assert keg.run(b, env={"FOREIGN": "1", **os.environ}).code == 0
    for path in (keg.path("runtime"), b.rootfs + "/record"):
        lines = read(path).splitlines()
        assert lines[0] == "zero one two b" and "A=b" in lines, lines
        assert not any(line.startswith("FOREIGN") for line in lines), lines


@test
def a_hook_without_an_environment_has_the_one_of_the_runtime(keg):
    b = keg.bundle().hook("createRuntime", "/bin/sh", "-c", f"echo $OF_CALLER > {keg.path('word')}")
    assert keg.run(b, env={"OF_CALLER": "seen", **os.environ}).code == 0
    assert read(keg.path("word")) == "seen\n"


@test
def a_hook_without_arguments_is_called_by_its_path(keg):
    script = keg.file("hook", f"#!/bin/sh\necho $0 $# > {keg.path('word')}\n", 0o755)
    b = keg.bundle()
    b.config["hooks"] = {"createRuntime": [{"path": script}]}
    assert keg.run(b).code == 0
    assert read(keg.path("word")) == f"{script} 0\n"


@test
def a_hook_has_only_the_three_streams(keg):
    fd = os.open("/", os.O_PATH)
    b = keg.bundle().hook("createRuntime", "/bin/sh", "-c", f"ls /proc/self/fd > {keg.path('fds')}")
    b.hook("poststart", "/bin/sh", "-c", f"ls /proc/self/fd >> {keg.path('fds')}")
    assert keg.run(b, pass_fds=(fd,)).code == 0
    fds = read(keg.path("fds")).split()
    assert fds.count("0") == fds.count("1") == fds.count("2") == 2
    assert len(fds) == 8, f"ls has a fourth descriptor, for the folder: {fds}"


@test
def hooks_run_in_the_namespaces_that_the_specification_names(keg):
    """createRuntime in those of the runtime, createContainer and startContainer in the container's."""
    b = keg.bundle(args=["/guest", "sleep", GUEST_SECONDS], busybox=True).file("/record")
    link = "readlink /proc/self/ns/uts > {0}; readlink /proc/self/ns/mnt >> {0}; hostname >> {0}"
    b.config["hostname"] = "of-container"
    b.hook("createRuntime", "/bin/sh", "-c", link.format(keg.path("createRuntime")))
    b.hook("createContainer", "/bin/sh", "-c", link.format(keg.path("createContainer")))
    b.hook("startContainer", "/bin/busybox", "sh", "-c",
           "busybox readlink /proc/self/ns/uts > /record; busybox readlink /proc/self/ns/mnt >> /record;"
           " busybox hostname >> /record")
    for row in b.config["hooks"]["startContainer"]:
        row["args"], row["env"] = ["busybox", *row["args"][1:]], ["PATH=/bin"]
    id = keg.started(b)
    pid = keg.state(id)["pid"]
    wait_until(lambda: read(b.rootfs + "/record").count("\n") == 3, "the startContainer hook has run")
    runtime = [namespace("self", "uts"), namespace("self", "mnt"), os.uname().nodename]
    container = [namespace(pid, "uts"), namespace(pid, "mnt"), "of-container"]
    assert read(keg.path("createRuntime")).split() == runtime
    assert read(keg.path("createContainer")).split() == container
    assert read(b.rootfs + "/record").split() == container


@test
def createcontainer_hooks_see_the_mounts_of_the_container(keg):
    """They run before pivot_root: what one puts below the rootfs is the container's."""
    b = keg.bundle(args=["/guest", "ls", "/data"]).mount("/data", "tmpfs", "tmpfs")
    b.hook("createContainer", "/bin/sh", "-c", f"echo > {b.rootfs}/data/made")
    result = keg.run(b)
    assert (result.code, result.out) == (0, "made\n"), result
    assert os.listdir(b.rootfs + "/data") == []


@test
def hooks_begin_in_the_bundle_and_their_output_is_not_the_containers(keg):
    kinds = ("prestart", "createRuntime", "createContainer", "poststart", "poststop")
    b = keg.bundle()
    os.chmod(keg.file("cwd", ""), 0o666)
    for kind in kinds:
        b.hook(kind, "/bin/sh", "-c", f"pwd -P; pwd -P >> {keg.path('cwd')}")
    for id_maps in (False, True):
        if id_maps:
            b.id_maps()
        result = keg.run(b)
        assert (result.code, result.out) == (0, ""), result
    assert read(keg.path("cwd")).split()[:5] == [b.path] * 5, read(keg.path("cwd"))


@test
def a_hook_runs_where_the_bundle_is_gone(keg):
    b = keg.bundle().hook("poststop", "/bin/sh", "-c", f"echo ran > {keg.path('word')}")
    keg.run(b, "--keep")
    os.rename(b.path, b.path + ".moved")
    result = keg.delete(b.id)
    assert result == (0, "", "") and read(keg.path("word")) == "ran\n", result


# --- interruption -----------------------------------------------------------------------------


@test
def a_signal_while_a_hook_hangs_undoes_the_run(keg):
    for kind in ("createRuntime", "createContainer", "startContainer", "poststart"):
        b = keg.bundle(args=["/guest", "sleep", GUEST_SECONDS], busybox=True).file("/ready")
        ready = "/ready" if kind == "startContainer" else b.rootfs + "/ready"
        b.hook(kind, "/bin/sh", "-c", f"echo $$ > {ready}; exec /bin/sleep {GUEST_SECONDS}")
        child = keg.start_run(b)
        wait_until(lambda: read(b.rootfs + "/ready"), "the hook runs")
        child.send_signal(signal.SIGTERM)
        result = keg.wait(child)
        assert result.code == 1 and "interrupted by signal 15" in result.err, (kind, result)
        assert os.listdir(keg.root) == [] and not os.path.exists(b.cgroup_path()), kind


@test
def a_hook_that_hangs_at_the_end_can_be_interrupted(keg):
    b = keg.bundle(args=["/guest", "exit", "3"])
    b.hook("poststop", "/bin/sh", "-c", f"echo > {keg.path('ready')}; exec sleep {GUEST_SECONDS}")
    child = keg.start_run(b)
    wait_until(lambda: os.path.exists(keg.path("ready")), "the hook runs")
    child.send_signal(signal.SIGINT)
    result = keg.wait(child)
    assert result.code == 3 and "interrupted by signal 2" in result.err, result
    assert os.listdir(keg.root) == []


# --- failure --------------------------------------------------------------------------------


@test
def a_failing_hook_ends_the_creation_and_its_stderr_is_told(keg):
    for kind in ("prestart", "createRuntime", "createContainer"):
        b = keg.bundle().hook(kind, "/bin/sh", "-c", "echo the disk is full >&2; exit 3")
        result = keg.create(b)
        assert result.code == 1, (kind, result)
        for words in (f"/hooks/{kind}/0", "`/bin/sh`", "exit code: 3", "the disk is full"):
            assert words in result.err, (kind, words, result)
        assert os.listdir(keg.root) == [] and not os.path.exists(b.cgroup_path()), kind


@test
def a_failing_startcontainer_hook_ends_the_container(keg):
    b = keg.bundle(args=["/guest", "write", "/started", "x"], busybox=True)
    b.hook("startContainer", "/bin/sh", "-c", "echo no luck >&2; exit 4")
    result = keg.run(b)
    assert os.listdir(keg.root) == []
    assert keg.create(b).code == 0
    for result in (result, keg.start(b.id)):
        assert result.code == 1, result
        for words in ("/hooks/startContainer/0", "exit code: 4", "no luck"):
            assert words in result.err, (words, result)
    assert keg.status(b.id) == "stopped" and not os.path.exists(b.rootfs + "/started")


@test
def start_waits_for_the_hooks_and_the_program(keg):
    """Else poststart hooks could come before startContainer hooks; a hook that waits can be ended from outside."""
    b = recording(keg, "startContainer", "poststart")
    b.hook("startContainer", "/bin/sh", "-c", "/bin/sleep 0.3; echo 'later {}' >> /record")
    keg.create(b)
    assert keg.start(b.id).code == 0
    assert [name for name, _ in recorded(b)] == ["startContainer", "later", "poststart"]
    assert read(f"/proc/{keg.state(b.id)['pid']}/cmdline").startswith("/guest")
    b = keg.bundle(busybox=True).hook("startContainer", "/bin/sleep", GUEST_SECONDS)
    keg.create(b)
    child = keg.start_cmd("start", b.id)
    keg.wait_status(b.id, "running")
    assert keg.delete(b.id, "--force").code == 0
    keg.wait(child)


@test
def a_failing_poststart_hook_fails_the_start(keg):
    b = keg.bundle(args=["/guest", "sleep", GUEST_SECONDS]).hook("poststart", "/bin/sh", "-c", "echo late >&2; exit 5")
    keg.create(b)
    result = keg.start(b.id)
    assert result.code == 1 and "/hooks/poststart/0" in result.err and "late" in result.err, result
    assert keg.delete(b.id, "--force").code == 0


@test
def a_failing_poststop_hook_is_a_warning_and_stops_nothing(keg):
    b = keg.bundle(args=["/guest", "exit", "3"]).hook("poststop", "/bin/sh", "-c", "exit 6")
    b.hook("poststop", "/bin/sh", "-c", f"echo > {keg.path('second')}")
    keg.run(b, "--detach")
    keg.wait_status(b.id, "stopped")
    flags = ["--log", keg.path("log"), "--log-format=json", "--log-level=warning"]
    for command, code in ((lambda: keg.cmd("delete", b.id, global_flags=flags), 0), (lambda: keg.run(b), 3)):
        result = command()
        assert result.code == code and "warning: " in result.err, result
        assert "/hooks/poststop/0" in result.err and "exit code: 6" in result.err, result
        assert keg.state(b.id) is None and not os.path.exists(b.cgroup_path())
        os.unlink(keg.path("second"))
    entry = json.loads(read(keg.path("log")))
    assert entry["level"] == "warning" and "/hooks/poststop/0" in entry["msg"], entry


@test
def the_hooks_after_a_failing_one_do_not_run(keg):
    b = keg.bundle().hook("createRuntime", "/bin/false")
    b.hook("createRuntime", "/bin/sh", "-c", f"echo > {keg.path('second')}")
    result = keg.run(b)
    assert result.code == 1 and not os.path.exists(keg.path("second")), result


@test
def a_hook_that_does_not_exist_is_named(keg):
    result = keg.run(keg.bundle().hook("createRuntime", "/no/such/hook"))
    assert result.code == 1 and "`/no/such/hook`" in result.err and "No such file or directory" in result.err, result
    assert "/hooks/createRuntime/0" in result.err


@test
def a_hook_that_a_signal_ends_is_a_failure(keg):
    result = keg.run(keg.bundle().hook("createRuntime", "/bin/sh", "-c", "kill -9 $$"))
    assert result.code == 1 and "signal 9" in result.err, result


@test
def a_hook_that_takes_too_long_is_killed(keg):
    for kind in ("createRuntime", "createContainer"):
        b = keg.bundle().hook(kind, "/bin/sh", "-c", f"echo $$ > {keg.path('pid')}; exec sleep {GUEST_SECONDS}",
                              timeout=1)
        result = keg.run(b)
        assert result.code == 1 and "timeout of 1 s" in result.err and f"/hooks/{kind}/0" in result.err, result
        if kind == "createRuntime":
            assert not alive(int(read(keg.path("pid"))))


@test
def a_hook_that_reads_nothing_and_says_much_does_not_hang(keg):
    b = keg.bundle().annotation("big", "x" * 200000)
    b.hook("createRuntime", "/bin/sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo noise noise noise noise >&2;"
                                             " i=$((i+1)); done; echo the end >&2; exit 1")
    result = keg.run(b)
    assert result.code == 1 and "the end" in result.err, result[:1]


@test
def a_hook_that_leaves_a_child_with_its_streams_does_not_hang(keg):
    b = keg.bundle().hook("createRuntime", "/bin/sh", "-c", f"sleep {GUEST_SECONDS} & echo $! > {keg.path('pid')}")
    result = keg.run(b)
    assert result.code == 0, result
    os.kill(int(read(keg.path("pid"))), 9)
