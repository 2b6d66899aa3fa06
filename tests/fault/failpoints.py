"""SIGKILL at every named point of every command: `delete --force` then leaves nothing.

REACHES says which command meets which point; each test finds out anew and compares, and one test
compares the table with the program's own list, so that no point stays without a test.

A process other than the first of a pid namespace kills itself; that one exits with 137.
"""

import os
import signal
import socket

from harness import test, wait_until

import _world
from _world import World, armed, ready

CREATION = {
    "create.after_cgroup", "create.after_config", "create.after_delegation", "create.after_devices",
    "create.after_intent", "create.after_limits", "create.after_process_recorded", "create.after_state_directory",
    "create.before_process_recorded", "create.ready", "file.replace.renamed", "file.replace.write",
    "file.replace.written", "hook.running", "idmap.holder_made", "init.after_barrier", "init.after_pivot",
    "init.at_barrier", "init.before_exec", "init.before_pivot", "init.begins", "launch.after_clone",
    "launch.after_id_maps", "launch.after_stage", "launch.before_clone", "launch.parent_at_barrier",
    "launch.released", "stage.after_clone", "stage.begins", "state.directory_made",
}
DELETION = {
    "delete.after_cgroup", "delete.after_kill", "delete.before_state", "hook.running", "state.directory_emptied",
}
REACHES = {
    "create": CREATION | {"create.after_fifo", "create.released", "init.started"},
    "run": CREATION,
    "start": {"hook.running", "start.after_release", "start.before_release", "start.fifo_removed"},
    "exec": {
        "exec.ready", "file.replace.renamed", "file.replace.write", "file.replace.written", "init.after_barrier",
        "init.at_barrier", "init.before_exec", "init.begins", "launch.after_clone", "launch.after_stage",
        "launch.before_clone", "launch.parent_at_barrier", "launch.released", "stage.after_clone", "stage.begins",
    },
    "delete": DELETION,
    "delete --force": DELETION,
}


def names(keg):
    result = keg.cmd("--version", env=armed("list"))
    assert result.code == 0, result
    return sorted(result.out.split())


def compare(command, reached):
    assert reached == REACHES[command], \
        f"{command}: not reached {sorted(REACHES[command] - reached)}, not in the table {sorted(reached - REACHES[command])}"


@test
def every_failpoint_is_reached_by_some_command(keg):
    known = set().union(*REACHES.values())
    listed = set(names(keg))
    assert known == listed, f"no command reaches {sorted(listed - known)}; there is no {sorted(known - listed)}"


def made(keg, command, bundle, id, *flags, env=None):
    """Runs create or run; (Result, the child whose output is the container's)."""
    bundle.write(id)
    child = keg.start_cmd(command, "--bundle", bundle.path, *flags, id, env=env)
    return keg.wait(child), child


def started(keg, bundle, id):
    """A running container that met no failpoint."""
    result, child = made(keg, "run", bundle, id, "--detach")
    assert result.code == 0, result
    assert ready(keg, id, child)


@test(bound_s=600)
def killed_while_it_creates(keg):
    world, reached = World(keg), set()
    for kind in _world.KINDS:
        bundle = kind(keg)
        started(keg, bundle, "whole")
        world.delete("whole", "no failpoint")
        for point in names(keg):
            id = f"{kind.__name__}-{point}"
            result, child = made(keg, "create", bundle, id, "--pid-file", keg.path("pid"), env=armed(point + ":kill"))
            if result.code == 0:
                keg.start(id)
                if not ready(keg, id, child):
                    reached.add(point)
            else:
                reached.add(point)
                # Created or not: the start is refused, or it runs, or it was about to die with its creator.
                if keg.start(id).code == 0:
                    ready(keg, id, child)
            world.delete(id, point)
    compare("create", reached)


@test(bound_s=600)
def killed_while_it_runs(keg):
    world, reached = World(keg), set()
    for kind in _world.KINDS:
        bundle = kind(keg)
        started(keg, bundle, "whole")
        world.delete("whole", "no failpoint")
        for point in names(keg):
            id = f"{kind.__name__}-{point}"
            result, child = made(keg, "run", bundle, id, "--detach", env=armed(point + ":kill"))
            if result.code != 0 or not ready(keg, id, child):
                reached.add(point)
            world.delete(id, point)
    compare("run", reached)


@test(bound_s=600)
def killed_while_it_starts(keg):
    world, reached, bundle = World(keg), set(), _world.plain(keg)
    for point in names(keg):
        result, _ = made(keg, "create", bundle, point)
        assert result.code == 0, result
        if keg.cmd("start", point, env=armed(point + ":kill")).code != 0:
            reached.add(point)
        world.delete(point, point)
    compare("start", reached)


@test(bound_s=600)
def killed_while_it_executes(keg):
    world, reached = World(keg), set()
    for kind in _world.KINDS:
        id = kind.__name__
        started(keg, kind(keg), id)
        alive = World(keg)
        for point in names(keg):
            result = keg.exec(id, "/guest", "true", flags=["--pid-file", keg.path("pid")], env=armed(point + ":kill"))
            if result.code != 0:
                reached.add(point)
            alive.check(f"exec: {point}")
            assert keg.status(id) == "running", point
            again = keg.exec(id, "/guest", "echo", "fine")
            assert (again.code, again.out) == (0, "fine\n"), f"after {point}: {again}"
        world.delete(id, "exec")
    compare("exec", reached)


@test(bound_s=600)
def killed_while_it_deletes(keg):
    world, reached, bundle = World(keg), set(), _world.plain(keg)
    for point in names(keg):
        started(keg, bundle, point)
        assert keg.kill(point, "KILL").code == 0
        keg.wait_status(point, "stopped")
        killed = keg.cmd("delete", point, env=armed(point + ":kill"))
        if killed.code != 0:
            reached.add(point)
            assert os.path.exists(os.path.join(keg.root, point)), f"{point}: the directory goes last"
            again = keg.delete(point)
            assert again.code == 0, f"delete, repeated after {point}: {again}"
        world.delete(point, point)
    compare("delete", reached)


@test(bound_s=600)
def killed_while_it_deletes_by_force(keg):
    world, reached, bundle = World(keg), set(), _world.plain(keg)
    for point in names(keg):
        started(keg, bundle, point)
        if keg.cmd("delete", "--force", point, env=armed(point + ":kill")).code != 0:
            reached.add(point)
        world.delete(point, point)
    compare("delete --force", reached)


@test
def a_hook_does_not_outlive_the_command_that_runs_it(keg):
    world = World(keg)
    for hook, command in (("createRuntime", "create"), ("poststart", "start"), ("poststop", "delete")):
        bundle = keg.bundle(["/guest", "pause"]).hook(hook, keg.context.guest, "sleep", "1000")
        if command != "create":
            assert made(keg, "create", bundle, hook)[0].code == 0
        if command == "delete":
            assert keg.kill(hook, "KILL").code == 0
            keg.wait_status(hook, "stopped")
        flags = ["--bundle", bundle.write(hook).path] if command == "create" else []
        killed = keg.cmd(command, *flags, hook, env=armed("hook.running:kill"))
        assert killed.code == -signal.SIGKILL, killed
        if command == "delete":  # it would run the hook again
            os.unlink(os.path.join(keg.root, hook, "config.json"))
        world.delete(hook, hook)


@test(needs=["program:ip"])
def an_interface_given_away_is_here_under_its_name_or_gone(keg):
    world, outcomes = World(keg), set()
    for point in sorted(REACHES["create"]):
        added = keg.sh("ip", "link", "add", "given", "type", "veth", "peer", "name", "stays")
        assert added.code == 0, added
        bundle = _world.plain(keg)
        bundle.linux["netDevices"] = {"given": {"name": "eth0"}}
        made(keg, "create", bundle, point, env=armed(point + ":kill"))
        deleted = keg.delete(point, "--force")
        assert deleted.code == 0, deleted

        def names_here():
            return {name for _, name in socket.if_nameindex()} - {"lo"}
        # The kernel takes a namespace apart, and both ends of the veth with it, in its own time.
        wait_until(lambda: names_here() in (set(), {"given", "stays"}), f"{point}: {names_here()} is all or nothing")
        outcomes.add(bool(names_here()))
        if names_here():
            assert keg.sh("ip", "link", "delete", "given").code == 0
        world.check(point)
    assert outcomes == {True, False}, "killed before the gift, and after it"
