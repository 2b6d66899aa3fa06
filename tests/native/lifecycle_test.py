"""create, start, state, kill, delete, run, list, ps, pause and resume: a container from nothing to nothing."""

import json
import os
import re
import signal
import subprocess

from harness import linux, test, wait_until
from harness.bounds import COMMAND_S

from _facts import GUEST_SECONDS, alive, read


def sleeper(keg):
    return keg.bundle(args=["/guest", "sleep", GUEST_SECONDS])


# --- create, start, state -------------------------------------------------------------------


@test
def a_container_is_created_started_killed_and_deleted(keg):
    b = keg.bundle(args=["/guest", "then", "echo", "hello", "--", "pause"])
    created = keg.create(b, "--pid-file", keg.path("pid"))
    assert created.code == 0 and not created.err, created
    state = keg.state(b.id)
    assert state["status"] == "created"
    assert keg.container_out(b) == "", "the program runs before start"
    assert read(keg.path("pid")) == str(state["pid"])
    assert keg.start(b.id).code == 0
    wait_until(lambda: keg.container_out(b) == "hello\npausing\n", "the program says that it waits")
    assert keg.status(b.id) == "running"
    assert keg.state(b.id)["pid"] == state["pid"]
    assert keg.kill(b.id, "TERM").code == 0
    keg.wait_status(b.id, "stopped")
    assert keg.container_out(b) == "hello\npausing\nsignal TERM\n= 143\n"
    assert keg.state(b.id)["pid"] == 0
    assert keg.delete(b.id).code == 0
    assert keg.state(b.id) is None
    assert not os.path.exists(b.cgroup_path())


@test
def the_state_document_says_what_the_specification_asks_for(keg):
    b = sleeper(keg).annotation("org.example/key", "a \"quoted\" value")
    id = keg.started(b)
    state = keg.state(id)
    assert re.fullmatch(r"1\.\d+\.\d+", state["ociVersion"]), state
    assert state["id"] == id and state["bundle"] == b.path and state["status"] == "running"
    assert state["annotations"] == {"org.example/key": "a \"quoted\" value"}
    assert state["rootfs"] == b.rootfs and state["owner"] == "root"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", state["created"]), state
    assert read(f"/proc/{state['pid']}/cmdline").split("\0")[:2] == ["/guest", "sleep"]


@test
def the_state_of_a_missing_container_is_refused(keg):
    result = keg.cmd("state", "nobody")
    assert result.code == 1 and result.out == "", result
    assert "`nobody` does not exist" in result.err, result
    for command in (["start", "nobody"], ["kill", "nobody"], ["delete", "nobody"], ["pause", "nobody"],
                    ["resume", "nobody"], ["ps", "nobody"], ["exec", "nobody", "/guest"],
                    ["update", "--pids-limit", "5", "nobody"]):
        result = keg.cmd(*command)
        assert result.code == 1 and "`nobody` does not exist" in result.err, (command, result)
    assert keg.cmd("delete", "--force", "nobody") == (0, "", ""), "callers repeat it"


@test
def a_name_that_is_taken_is_refused_and_its_owner_stays(keg):
    id = keg.started(sleeper(keg))
    pid = keg.state(id)["pid"]
    for command in (keg.create, keg.run):
        result = command(sleeper(keg), id=id)
        assert result.code == 1 and f"`{id}` already exists" in result.err, result
    assert keg.status(id) == "running" and keg.state(id)["pid"] == pid and alive(pid)


@test
def start_is_refused_but_for_a_created_container(keg):
    id = keg.started(sleeper(keg))
    running = keg.start(id)
    assert running.code == 1 and "running" in running.err, running
    keg.kill(id, "KILL")
    keg.wait_status(id, "stopped")
    stopped = keg.start(id)
    assert stopped.code == 1 and "stopped" in stopped.err, stopped


@test
def a_container_that_cannot_be_created_leaves_nothing(keg):
    b = keg.bundle(args=["/no-such-program"])
    result = keg.create(b, "--pid-file", keg.path("pid"))
    assert result.code == 1, result
    assert os.listdir(keg.root) == [] and not os.path.exists(b.cgroup_path())
    assert keg.state(b.id) is None


@test
def another_configuration_file_and_the_current_folder_are_taken(keg):
    b = keg.bundle(args=["/guest", "echo", "other"])
    b.write("other")
    os.rename(os.path.join(b.path, "config.json"), os.path.join(b.path, "other.json"))
    result = keg.cmd("run", "--config", "other.json", "other", cwd=b.path)
    assert (result.code, result.out) == (0, "other\n"), result


# --- run ------------------------------------------------------------------------------------


@test
def run_ends_with_the_exit_status_of_the_program(keg):
    for status in (0, 1, 3, 255):
        result = keg.run(keg.bundle(args=["/guest", "exit", status]))
        assert result.code == status and result.err == "", result


@test
def run_ends_with_128_and_the_signal_that_ended_the_program(keg):
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1):
        b = keg.bundle(args=["/guest", "die", int(number)]).without_namespace("pid")
        assert keg.run(b).code == 128 + number


@test
def run_passes_signals_on_to_the_program(keg):
    b = keg.bundle(args=["/guest", "pause"])
    child = keg.start_run(b)
    wait_until(lambda: keg.output(child) == "pausing\n", "the program waits")
    child.send_signal(signal.SIGHUP)
    result = keg.wait(child)
    assert (result.code, result.out) == (128 + signal.SIGHUP, "pausing\nsignal HUP\n"), result


@test
def run_connects_the_three_streams(keg):
    result = keg.run(keg.bundle(args=["/guest", "then", "cat", "--", "error", "to stderr"]), stdin="from outside")
    assert result == (0, "from outside", "to stderr\n")


@test
def run_deletes_the_container_at_its_end_unless_told_to_keep_it(keg):
    b = keg.bundle()
    assert keg.run(b).code == 0
    assert keg.state(b.id) is None and not os.path.exists(b.cgroup_path())
    b = keg.bundle()
    assert keg.run(b, "--keep").code == 0
    assert keg.status(b.id) == "stopped"
    assert keg.delete(b.id).code == 0


@test
def run_with_keep_ends_with_the_exit_status_of_the_program(keg):
    b = keg.bundle(args=["/guest", "exit", "7"])
    assert keg.run(b, "--keep").code == 7


@test
def a_detached_run_leaves_a_running_container(keg):
    b = keg.bundle(args=["/guest", "pause"])
    result = keg.run(b, "--detach", "--pid-file", keg.path("pid"))
    assert result.code == 0 and result.err == "", result
    state = keg.state(b.id)
    assert state["status"] == "running" and read(keg.path("pid")) == str(state["pid"])
    keg.kill(b.id)
    keg.wait_status(b.id, "stopped")
    assert keg.status(b.id) == "stopped", "a detached container waits for its delete"
    assert keg.delete(b.id).code == 0


@test
def a_program_that_ends_before_anybody_looks_is_stopped(keg):
    b = keg.bundle()
    keg.run(b, "--detach")
    keg.wait_status(b.id, "stopped")
    state = keg.state(b.id)
    assert state["pid"] == 0, state


# --- kill -----------------------------------------------------------------------------------


@test
def signals_are_named_in_every_way(keg):
    for word, name in (("USR1", "USR1"), ("SIGUSR2", "USR2"), ("1", "HUP"), ("int", "INT"), (None, "TERM")):
        b = keg.bundle(args=["/guest", "pause"])
        id = keg.started(b)
        wait_until(lambda: keg.container_out(b) == "pausing\n", "the program waits")
        assert keg.kill(id, *([word] if word else [])).code == 0, word
        keg.wait_status(id, "stopped")
        assert keg.container_out(b) == f"pausing\nsignal {name}\n", word
        assert keg.delete(id).code == 0


@test
def realtime_signals_have_names(keg):
    id = keg.started(sleeper(keg))
    for word in ("SIGRTMIN", "SIGRTMIN+3", "RTMAX-1", "64"):
        result = keg.kill(id, word)
        assert result.code == 0, (word, result)


@test
def an_unknown_signal_is_refused(keg):
    id = keg.started(sleeper(keg))
    for word in ("SIGNOTHING", "-1", "65", "999999999999", "9x", "RTMIN+99", ""):
        result = keg.cmd("kill", "--", id, word)
        assert result.code == 1 and f"unknown signal {word}" in result.err, (word, result)
    assert keg.status(id) == "running"


@test
def kill_of_a_stopped_container_fails(keg):
    b = keg.bundle()
    keg.run(b, "--keep")
    result = keg.kill(b.id, "KILL")
    assert result.code == 1 and "stopped" in result.err, result
    assert keg.cmd("kill", "--all", b.id, "KILL").code == 0


@test
def kill_of_a_created_container_ends_it(keg):
    b = sleeper(keg)
    keg.create(b)
    assert keg.kill(b.id, "KILL").code == 0
    keg.wait_status(b.id, "stopped")


@test
def kill_all_reaches_every_process(keg):
    b = keg.bundle(args=["/guest", "then", "fork", "sleep", GUEST_SECONDS, "--", "fork", "sleep", GUEST_SECONDS, "--",
                         "sleep", GUEST_SECONDS])
    b.without_namespace("pid")
    id = keg.started(b)
    wait_until(lambda: len(keg.cmd("ps", id).out.split()) == 4, "three processes run")
    pids = [int(word) for word in keg.cmd("ps", id).out.split()[1:]]
    assert keg.cmd("kill", "--all", id, "KILL").code == 0
    wait_until(lambda: not any(alive(pid) for pid in pids), "no process is left")


@test
def a_first_process_that_ignores_sigterm_needs_sigkill(keg):
    b = keg.bundle(args=["/guest", "ignore-term"])
    id = keg.started(b)
    wait_until(lambda: keg.container_out(b) == "ignoring\n", "the program ignores the signal")
    pid = keg.state(id)["pid"]
    assert keg.kill(id, "TERM").code == 0
    refused = keg.delete(id)
    assert refused.code == 1 and "running" in refused.err, refused
    assert keg.status(id) == "running" and alive(pid)
    assert keg.kill(id, "KILL").code == 0
    keg.wait_status(id, "stopped")
    assert keg.delete(id).code == 0


# --- delete ---------------------------------------------------------------------------------


@test
def delete_of_a_running_container_needs_force(keg):
    b = sleeper(keg)
    id = keg.started(b)
    pid = keg.state(id)["pid"]
    refused = keg.delete(id)
    assert refused.code == 1 and "running" in refused.err, refused
    assert alive(pid)
    assert keg.delete(id, "--force").code == 0
    assert not alive(pid) and keg.state(id) is None and not os.path.exists(b.cgroup_path())


@test
def delete_of_a_created_container_needs_no_force(keg):
    b = sleeper(keg)
    keg.create(b)
    pid = keg.state(b.id)["pid"]
    assert keg.delete(b.id).code == 0
    assert not alive(pid) and keg.state(b.id) is None and not os.path.exists(b.cgroup_path())


@test
def delete_by_force_ends_every_process_of_a_container_without_a_pid_namespace(keg):
    b = keg.bundle(args=["/guest", "then", "fork", "ignore-term", "--", "ignore-term"]).without_namespace("pid")
    id = keg.started(b)
    wait_until(lambda: len(keg.cmd("ps", id).out.split()) == 3, "two processes run")
    pids = [int(word) for word in keg.cmd("ps", id).out.split()[1:]]
    assert keg.delete(id, "--force").code == 0
    assert not any(alive(pid) for pid in pids)


@test
def kill_and_delete_take_a_regular_expression(keg):
    ids = [keg.started(sleeper(keg), id=name) for name in ("web-1", "web-2", "db-1")]
    assert keg.cmd("kill", "--regex", "^web-", "KILL").code == 0
    for id in ids[:2]:
        keg.wait_status(id, "stopped")
    assert keg.status("db-1") == "running"
    assert keg.cmd("delete", "--regex", "^web-").code == 0
    assert [keg.state(id) is None for id in ids] == [True, True, False]
    broken = keg.cmd("delete", "--regex", "[")
    assert broken.code == 1 and "regular expression" in broken.err, broken


# --- list, ps -------------------------------------------------------------------------------


@test
def list_shows_containers_as_table_json_and_ids(keg):
    assert json.loads(keg.cmd("list", "--format", "json").out) == []
    b = sleeper(keg)
    keg.create(b, id="waits")
    keg.started(sleeper(keg), id="a-longer-name-that-makes-the-table-wide")
    ids = ["a-longer-name-that-makes-the-table-wide", "waits"]
    assert sorted(keg.cmd("list", "--quiet").out.split()) == ids
    rows = json.loads(keg.cmd("list", "--format=json").out)
    assert sorted(row["id"] for row in rows) == ids
    for row in rows:
        state = keg.state(row["id"])
        assert {key: row[key] for key in ("pid", "status", "bundle", "created", "owner")} == \
            {key: state[key] for key in ("pid", "status", "bundle", "created", "owner")}, row
    table = keg.cmd("list").out.splitlines()
    assert table[0].split() == ["NAME", "PID", "STATUS", "BUNDLE", "PATH", "CREATED", "OWNER"]
    row = next(line.split() for line in table if line.startswith("waits "))
    assert row[1:4] == [str(keg.state("waits")["pid"]), "created", b.path]
    column = table[0].index("PID")
    assert all(line[column - 1] == " " and line[column].isdigit() for line in table[1:]), table
    refused = keg.cmd("list", "--format", "yaml")
    assert refused.code == 1 and "yaml" in refused.err, refused


@test
def ps_shows_pids_in_both_formats(keg):
    id = keg.started(keg.bundle(args=["/guest", "then", "fork", "sleep", GUEST_SECONDS, "--", "sleep", GUEST_SECONDS]))
    wait_until(lambda: len(keg.cmd("ps", id).out.split()) == 3, "two processes run")
    table = keg.cmd("ps", id).out.split()
    assert table[0] == "PID"
    pids = json.loads(keg.cmd("ps", "--format", "json", id).out)
    assert pids == [int(word) for word in table[1:]] and keg.state(id)["pid"] in pids
    assert all(b"/guest" in open(f"/proc/{pid}/cmdline", "rb").read() for pid in pids)
    assert keg.cmd("ps", "--format", "xml", id).code == 1


# --- pause, resume --------------------------------------------------------------------------


@test
def a_paused_container_stands_still_until_it_is_resumed(keg):
    b = keg.bundle(args=["/guest", "pause"])
    id = keg.started(b)
    wait_until(lambda: keg.container_out(b) == "pausing\n", "the program waits")
    assert keg.cmd("pause", id).code == 0
    assert keg.status(id) == "paused"
    assert "frozen 1" in read(b.cgroup_path() + "/cgroup.events")
    keg.kill(id, "USR1")
    again = keg.cmd("pause", id)
    assert again.code == 1 and "paused" in again.err, again
    refused = keg.exec(id, "/guest", "true")
    assert refused.code == 1 and "paused" in refused.err, refused
    assert keg.container_out(b) == "pausing\n", "a frozen program took a signal"
    assert keg.cmd("resume", id).code == 0
    keg.wait_status(id, "stopped")
    assert keg.container_out(b) == "pausing\nsignal USR1\n"


@test
def resume_of_a_running_container_fails(keg):
    id = keg.started(sleeper(keg))
    result = keg.cmd("resume", id)
    assert result.code == 1 and "running" in result.err, result


@test
def a_paused_container_is_deleted_by_force(keg):
    b = sleeper(keg)
    id = keg.started(b)
    pid = keg.state(id)["pid"]
    keg.cmd("pause", id)
    assert keg.delete(id, "--force").code == 0
    assert not alive(pid) and not os.path.exists(b.cgroup_path())


# --- many -----------------------------------------------------------------------------------


def everything_counted(keg):
    groups = sum(1 for _ in os.walk(keg.cgroup_path))
    below = [pid for pid in linux.descendants(os.getppid()) if pid != os.getpid()]  # the supervisor adopts orphans
    namespaces = {os.readlink(f"/proc/{pid}/ns/{kind}") for pid in below for kind in ("mnt", "net", "pid")}
    return {"mounts": len(linux.mounts()), "cgroups": groups, "files": len(os.listdir(keg.root)),
            "processes": len(below), "namespaces": len(namespaces)}


@test(bound_s=1800)
def three_hundred_cycles_leave_the_counts_where_they_were(keg):
    b = sleeper(keg).write("cycle")

    def quietly(*args):
        code = subprocess.call(keg.argv(*args), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=COMMAND_S)
        assert code == 0, args

    before = everything_counted(keg)
    for cycle in range(300):
        quietly("create", "--bundle", b.path, "cycle")
        quietly("start", "cycle")
        if cycle == 0:
            during = everything_counted(keg)
            assert all(during[kind] > before[kind] for kind in ("processes", "namespaces", "cgroups", "files")), during
        quietly("kill", "cycle", "KILL")
        quietly("delete", "--force", "cycle")
    wait_until(lambda: everything_counted(keg) == before, f"the counts are {before} again")
