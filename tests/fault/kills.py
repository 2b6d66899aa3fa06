"""SIGKILL at moments that nobody chose: of the creator, and of the container's first process."""

import os
import random
import signal
import time

from harness import linux, test, wait_until

import _world
from _world import World, armed

SEED = 20261
ROUNDS = 50


def create_argv(keg, bundle, id):
    bundle.write(id)
    return ["create", "--bundle", bundle.path, id]


@test(bound_s=600)
def the_creator_killed_at_random_times(keg):
    world, seeded = World(keg), random.Random(SEED)
    for kind in _world.KINDS:
        bundle = kind(keg)
        began = time.monotonic()
        assert keg.cmd(*create_argv(keg, bundle, "whole")).code == 0
        usual_s = time.monotonic() - began
        world.delete("whole", "unharmed")
        killed = 0
        for number in range(ROUNDS // len(_world.KINDS)):
            id = f"{kind.__name__}-{number}"
            child = keg.start_cmd(*create_argv(keg, bundle, id))
            time.sleep(seeded.random() * usual_s)
            child.kill()
            killed += keg.wait(child).code == -signal.SIGKILL
            world.delete(id, f"round {number} of seed {SEED}")
        assert killed, "each create was faster than its killer"


def init_of(child):
    """The container's first process: the youngest living child of a stopped creator."""
    return max(pid for pid, (parent, state, _) in linux.processes().items() if parent == child.pid and state not in "ZX")


def continued(child):
    """Lets a stopped process go on until its end, however often it comes by the point again."""
    def ended():
        if linux.processes()[child.pid][1] == "T":
            os.kill(child.pid, signal.SIGCONT)
        return linux.processes()[child.pid][1] == "Z"
    wait_until(ended, "the creator ends")
    return child


@test(bound_s=600)
def the_first_process_killed_while_the_creator_works(keg):
    """At each point of the creator that comes after the clone, the first process dies."""
    world = World(keg)
    for point in ("launch.after_clone", "launch.parent_at_barrier", "hook.running", "create.before_process_recorded",
                  "create.after_process_recorded", "create.ready"):
        bundle = _world.plain(keg)
        child = keg.start_cmd(*create_argv(keg, bundle, point), env=armed(point + ":stop"))
        wait_until(lambda: linux.processes()[child.pid][1] == "T", f"{point} stops the creator")
        init = init_of(child)
        os.kill(init, signal.SIGKILL)
        wait_until(lambda: linux.processes()[init][1] == "Z", "the first process is dead")
        result = keg.wait(continued(child))
        if result.code == 0:  # all was done: what is left is a container that has stopped
            assert keg.status(point) == "stopped", point
        else:
            assert result.code == 1 and _world.message_is_clear(result.err), f"{point}: {result}"
            assert "first process died" in result.err and "by signal Killed" in result.err, f"{point}: {result}"
            world.check(point)
        world.delete(point, point)


@test
def a_creator_that_waits_for_a_dead_hook_is_told(keg):
    """The hook is killed from outside: the creator says so and undoes all."""
    world = World(keg)
    bundle = keg.bundle(["/guest", "pause"]).hook("createRuntime", keg.context.guest, "sleep", "1000")
    child = keg.start_cmd(*create_argv(keg, bundle, "c"))
    hook = wait_until(lambda: [p for p, (parent, _, name) in linux.processes().items()
                               if parent == child.pid and name == "guest"], "the hook runs")
    os.kill(hook[0], signal.SIGKILL)
    result = keg.wait(child)
    assert result.code == 1 and "/hooks/createRuntime/0: " in result.err and "killed by signal 9" in result.err, result
    world.check("the hook died")


@test
def the_waiting_run_killed_leaves_a_container_that_can_be_deleted(keg):
    world = World(keg)
    bundle = _world.plain(keg)
    bundle.write("c")
    child = keg.start_cmd("run", "--bundle", bundle.path, "c")
    wait_until(lambda: "ready" in keg.output(child), "it runs")
    child.kill()
    keg.wait(child)
    assert keg.status("c") == "running"
    world.delete("c", "run was killed")
