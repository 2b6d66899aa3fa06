"""Containers beside others: cgroups that are taken, locks that are held, names that come and go."""

import os

from harness import test, wait_until

from _facts import GUEST_SECONDS, read


def sleeper(keg):
    return keg.bundle(args=["/guest", "sleep", GUEST_SECONDS])


@test
def a_cgroup_in_which_others_live_is_refused_and_left_alone(keg):
    first = sleeper(keg)
    id = keg.started(first)
    second = sleeper(keg)
    second.config["linux"]["cgroupsPath"] = f"{keg.cgroup}/{id}"
    result = keg.create(second)
    assert result.code == 1 and "/linux/cgroupsPath" in result.err and "processes of others" in result.err, result
    assert keg.status(id) == "running"
    assert keg.state(second.id) is None


@test
def a_failing_create_takes_over_an_empty_cgroup_and_no_other(keg):
    b = sleeper(keg).bind("/nothing/there", "/data")
    neighbour = sleeper(keg)
    id = keg.started(neighbour)
    b.config["linux"]["cgroupsPath"] = f"{keg.cgroup}/{id}"
    assert keg.create(b).code == 1
    assert keg.status(id) == "running"


@test
def a_failing_create_leaves_no_pid_file(keg):
    b = keg.bundle(args=["/guest", "true"]).hook("poststart", "/bin/false")
    assert keg.run(b, "--pid-file", keg.path("pid")).code == 1
    assert not os.path.exists(keg.path("pid"))


@test
def a_poststart_hook_of_run_may_pause_and_resume_its_container(keg):
    b, id, me = sleeper(keg), keg.new_id(), " ".join(keg.argv())
    b.hook("poststart", "/bin/sh", "-c", f"{me} pause {id} && {me} resume {id} && echo done > {keg.path('done')}")
    result = keg.run(b, "--detach", id=id)
    assert result.code == 0, result
    assert read(keg.path("done")) == "done\n"
    assert keg.status(id) == "running"


@test
def a_container_whose_poststart_hook_failed_is_gone(keg):
    b = sleeper(keg).hook("poststart", "/bin/sh", "-c", "exit 5")
    assert keg.create(b).code == 0
    assert keg.start(b.id).code == 1
    assert keg.state(b.id) is None


@test
def a_name_that_another_command_holds_is_waited_for_with_an_end(keg):
    b = sleeper(keg)
    b.hook("createRuntime", "/bin/sh", "-c", f"echo > {keg.path('began')}; exec sleep {GUEST_SECONDS}")
    id = keg.new_id()
    b.write(id)
    creating = keg.start_cmd("create", "--bundle", b.path, id)
    wait_until(lambda: os.path.exists(keg.path("began")), "the hook runs")
    result = keg.delete(id, "--force")
    assert result.code == 1 and "is busy" in result.err, result
    creating.kill()
    keg.wait(creating)
    assert keg.delete(id, "--force").code == 0


@test
def a_stopped_container_is_told_in_the_words_that_callers_know(keg):
    b = sleeper(keg)
    id = keg.started(b)
    assert keg.kill(id, "KILL").code == 0
    keg.wait_status(id, "stopped")
    result = keg.kill(id, "TERM")
    assert result.code == 1 and "container not running" in result.err, result
