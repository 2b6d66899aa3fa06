"""exec: another process in a container that runs."""

import json
import os
import signal

from harness import test, wait_until

from _facts import GUEST_SECONDS, alive, capability_names, facts, namespace, read


ALL_SETS = ("bounding", "effective", "permitted", "inheritable", "ambient")


def sleeper(keg):
    return keg.bundle(args=["/guest", "sleep", GUEST_SECONDS])


@test
def exec_runs_a_command_in_the_namespaces_and_the_cgroup_of_the_container(keg):
    b = sleeper(keg)
    id = keg.started(b)
    pid = keg.state(id)["pid"]
    result = keg.exec(id, "/guest", "namespaces")
    inside = facts(result.out)
    for kind in ("cgroup", "ipc", "mnt", "net", "pid", "uts"):
        assert inside[kind] == namespace(pid, kind) != namespace("self", kind), kind
    child = keg.start_cmd("exec", id, "/guest", "sleep", GUEST_SECONDS)
    wait_until(lambda: len(keg.cmd("ps", id).out.split()) == 3, "both processes are in the cgroup")
    keg.kill(id, "KILL")
    assert keg.wait(child).code == 128 + signal.SIGKILL


@test
def exec_connects_the_three_streams(keg):
    id = keg.started(sleeper(keg))
    result = keg.exec(id, "/guest", "then", "cat", "--", "error", "to stderr", stdin="from outside")
    assert result == (0, "from outside", "to stderr\n")


@test
def exec_takes_flags_of_the_command_as_its_own(keg):
    id = keg.started(sleeper(keg))
    assert keg.exec(id, "/guest", "args", "--user", "-e", "--").out == "--user\n-e\n--\n"


@test
def exec_in_a_created_container_works(keg):
    b = sleeper(keg)
    keg.create(b)
    assert keg.exec(b.id, "/guest", "echo", "early").out == "early\n"
    assert keg.status(b.id) == "created"


@test
def exec_in_a_stopped_container_fails(keg):
    b = keg.bundle()
    keg.run(b, "--keep")
    result = keg.exec(b.id, "/guest", "true")
    assert result.code == 1 and "stopped" in result.err, result


@test
def exec_of_a_missing_program_says_so(keg):
    id = keg.started(sleeper(keg))
    result = keg.exec(id, "nothing")
    assert result.code == 1 and "executable file `nothing` not found in $PATH" in result.err, result
    result = keg.exec(id, "/tmp")
    assert result.code == 1 and "open executable" in result.err and "ermission denied" in result.err, result
    nothing = keg.cmd("exec", id)
    assert nothing.code == 1 and "exec" in nothing.err, nothing


@test
def exec_runs_as_the_user_of_the_container_or_another(keg):
    id = keg.started(sleeper(keg).user(1000, 1001, groups=[5, 6]))
    assert keg.exec(id, "/guest", "id").out == "uid 1000 1000 1000\ngid 1001 1001 1001\ngroups 5 6\n"
    for spec, uid, gid in (("7", 7, 0), ("7:8", 7, 8), ("0", 0, 0), ("4294967294:4294967294", 2**32 - 2, 2**32 - 2)):
        inside = facts(keg.exec(id, "/guest", "id", flags=["--user", spec]).out)
        assert (inside["uid"], inside["gid"]) == (f"{uid} {uid} {uid}", f"{gid} {gid} {gid}"), spec
        assert inside["groups"] == "", "the groups of the container's user stay with another user"


@test
def exec_has_the_folder_and_the_environment_it_is_given(keg):
    b = sleeper(keg).env("KEPT=1", "CHANGED=old").cwd("/tmp")
    id = keg.started(b)
    assert keg.exec(id, "/guest", "cwd").out == "/tmp\n"
    assert keg.exec(id, "/guest", "cwd", flags=["--cwd", "/var"]).out == "/var\n"
    out = keg.exec(id, "/guest", "env", flags=["-e", "CHANGED=new", "--env=ADDED=a=b", "-e", "EMPTY="]).out.splitlines()
    assert [line for line in out if line.startswith("CHANGED")] == ["CHANGED=new"]
    assert {"KEPT=1", "ADDED=a=b", "EMPTY=", "HOME=/"} <= set(out), out
    assert any(line.startswith("PATH=") for line in out)


@test
def exec_has_the_capabilities_of_the_container_and_those_it_is_given(keg):
    id = keg.started(sleeper(keg).capabilities("CAP_KILL", "CAP_CHOWN"))
    sets = capability_names(keg.exec(id, "/guest", "caps").out)
    assert sets["effective"] == sets["permitted"] == sets["bounding"] == {"kill", "chown"}
    assert sets["inheritable"] == sets["ambient"] == set()
    sets = capability_names(keg.exec(id, "/guest", "caps", flags=["--cap", "CAP_NET_RAW", "-c", "CAP_SYS_ADMIN"]).out)
    assert sets["effective"] == sets["bounding"] == {"kill", "chown", "net_raw", "sys_admin"}, sets
    assert sets["inheritable"] == sets["ambient"] == set()
    refused = keg.exec(id, "/guest", "true", flags=["--cap", "CAP_FLY"])
    assert refused.code == 1 and "CAP_FLY" in refused.err, refused


@test
def exec_sets_no_new_privileges_when_asked(keg):
    b = sleeper(keg)
    b.process["noNewPrivileges"] = False
    id = keg.started(b)
    assert "no_new_privs 0" in keg.exec(id, "/guest", "nnp").out
    assert "no_new_privs 1" in keg.exec(id, "/guest", "nnp", flags=["--no-new-privs"]).out


@test
def exec_takes_the_whole_process_from_a_file(keg):
    id = keg.started(sleeper(keg).env("OF_CONTAINER=1"))
    process = {"args": ["/guest", "then", "id", "--", "cwd", "--", "env", "--", "caps", "--", "umask", "--", "nnp", "--",
                        "rlimits"],
               "cwd": "/var", "env": ["A=b"], "user": {"uid": 5, "gid": 6, "additionalGids": [7], "umask": 0o27},
               "capabilities": {kind: ["CAP_KILL"] for kind in ALL_SETS},
               "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}], "noNewPrivileges": True}
    path = keg.file("process.json", json.dumps(process))
    for flags in (["--process", path], [f"-p{path}"]):
        result = keg.cmd("exec", *flags, id)
        assert result.code == 0, result
        lines = result.out.splitlines()
        assert lines[:5] == ["uid 5 5 5", "gid 6 6 6", "groups 7", "/var", "A=b"], lines
        assert "OF_CONTAINER=1" not in lines
        assert "effective 0000000000000020" in lines and "bounding 0000000000000020" in lines
        assert {"0027", "no_new_privs 1", "RLIMIT_NOFILE 100 200"} <= set(lines), lines


@test
def a_broken_process_file_is_refused_with_the_place(keg):
    id = keg.started(sleeper(keg))
    for text, words in (("{", "process.json"), ('{"args": "x", "cwd": "/"}', "/args"),
                        ('{"args": [], "cwd": "/"}', "/args"), ('{"args": ["/guest"], "cwd": "relative"}', "/cwd")):
        path = keg.file("process.json", text)
        result = keg.cmd("exec", "--process", path, id)
        assert result.code == 1 and words in result.err, (text, result)
    result = keg.cmd("exec", "--process", "/no/such/file", id)
    assert result.code == 1 and "/no/such/file" in result.err and "No such file" in result.err, result


@test
def a_detached_exec_returns_at_once_and_writes_its_pid(keg):
    id = keg.started(sleeper(keg))
    result = keg.exec(id, "/guest", "sleep", GUEST_SECONDS, flags=["--detach", "--pid-file", keg.path("pid")])
    assert result.code == 0 and result.out == "", result
    pid = int(read(keg.path("pid")))
    assert alive(pid) and namespace(pid, "pid") == namespace(keg.state(id)["pid"], "pid")
    assert read(f"/proc/{pid}/cmdline").split("\0")[1] == "sleep"
    keg.kill(id, "KILL")
    wait_until(lambda: not alive(pid), "the other process dies with the first")


@test
def a_detached_exec_that_cannot_start_says_so(keg):
    id = keg.started(sleeper(keg))
    result = keg.exec(id, "nothing", flags=["-d"])
    assert result.code == 1 and "not found in $PATH" in result.err, result


@test
def exec_passes_descriptors_on(keg):
    id = keg.started(sleeper(keg))
    fd = os.open(keg.file("passed", "through"), os.O_RDONLY)
    if fd != 3:
        os.dup2(fd, 3)
        os.close(fd)
    result = keg.exec(id, "/guest", "fd", "3", flags=["--preserve-fds", "1"], pass_fds=(3,))
    assert result == (0, "through", "")


@test
def exec_enters_a_cgroup_below_the_containers(keg):
    b = sleeper(keg)
    id = keg.started(b)
    os.mkdir(b.cgroup_path() + "/sub")
    keg.exec(id, "/guest", "sleep", GUEST_SECONDS, flags=["--detach", "--cgroup", "sub", "--pid-file", keg.path("pid")])
    assert read(b.cgroup_path() + "/sub/cgroup.procs").split() == [read(keg.path("pid"))]
    assert sorted(keg.cmd("ps", id).out.split()[1:]) == sorted([str(keg.state(id)["pid"]), read(keg.path("pid"))])
    missing = keg.exec(id, "/guest", "true", flags=["--cgroup", "other"])
    assert missing.code == 1 and "other" in missing.err, missing


@test
def exec_refuses_a_cgroup_that_is_not_below_the_containers(keg):
    id = keg.started(sleeper(keg))
    for path in ("..", "../harness", "sub/../..", "/../harness", "a/../../harness"):
        result = keg.exec(id, "/guest", "true", flags=["--cgroup", path])
        assert result.code == 1 and ".." in result.err, (path, result)


@test
def exec_in_a_container_with_a_user_namespace(keg):
    id = keg.started(sleeper(keg).id_maps())
    result = keg.exec(id, "/guest", "then", "id", "--", "namespaces")
    assert result.out.startswith("uid 0 0 0\ngid 0 0 0\n"), result
    pid = keg.state(id)["pid"]
    assert facts(result.out)["user"] == namespace(pid, "user") != namespace("self", "user")
    refused = keg.exec(id, "/guest", "true", flags=["--user", "70000"])
    assert refused.code == 1 and "70000" in refused.err, refused


@test
def two_hundred_execs_leave_nothing(keg):
    id = keg.started(sleeper(keg))
    before = keg.cmd("ps", id).out
    for _ in range(200):
        assert keg.exec(id, "/guest", "true").code == 0
    assert keg.cmd("ps", id).out == before
