"""keg update: each resource of a running container, as its cgroup and its processes have it then."""

import json
import os

from harness import test, wait_until

MIB = 1 << 20


def read(bundle, name):
    with open(os.path.join(bundle.cgroup_path(), name)) as f:
        return f.read().strip()


def running(keg, **resources):
    b = keg.bundle(args=["/guest", "pause"]).resources(**resources)
    keg.started(b)
    return b


def update(keg, b, *flags):
    result = keg.cmd("update", *flags, b.id)
    assert result.code == 0, result.err


def update_json(keg, b, resources):
    return keg.cmd("update", "--resources", "-", b.id, stdin=json.dumps(resources))


@test
def every_flag_ends_in_its_file(keg):
    b = running(keg, memory={"limit": 64 * MIB})
    for flags, files in (
        (["--memory", 128 * MIB], {"memory.max": str(128 * MIB)}),
        (["--memory", 96 * MIB, "--memory-swap", 160 * MIB],
         {"memory.max": str(96 * MIB), "memory.swap.max": str(64 * MIB)}),
        (["--memory-swap", -1], {"memory.swap.max": "max"}),
        (["--memory-reservation", 8 * MIB], {"memory.low": str(8 * MIB)}),
        (["--memory", -1], {"memory.max": "max"}),
        (["--cpu-share", 2], {"cpu.weight": "1"}),
        (["--cpu-quota", 30000], {"cpu.max": "30000 100000"}),
        (["--cpu-period", 50000], {"cpu.max": "30000 50000"}),
        (["--cpu-burst", 20000], {"cpu.max.burst": "20000"}),
        (["--cpu-quota", 10000, "--cpu-burst", 5000], {"cpu.max": "10000 50000", "cpu.max.burst": "5000"}),
        (["--cpu-quota", -1], {"cpu.max": "max 50000"}),
        (["--cpu-idle", 1], {"cpu.idle": "1"}),
        (["--cpu-idle", 0, "--cpu-share", 1024], {"cpu.idle": "0", "cpu.weight": "100"}),
        (["--cpuset-cpus", "1"], {"cpuset.cpus": "1", "cpuset.cpus.effective": "1"}),
        (["--cpuset-mems", "0"], {"cpuset.mems": "0"}),
        (["--pids-limit", 17], {"pids.max": "17"}),
        (["--pids-limit", -1], {"pids.max": "max"}),
    ):
        update(keg, b, *flags)
        assert {name: read(b, name) for name in files} == files, flags


@test
def a_document_changes_what_it_names_and_nothing_else(keg):
    b = running(keg, memory={"limit": 64 * MIB}, pids={"limit": 30}, cpu={"shares": 1024})
    assert update_json(keg, b, {"memory": {"limit": 80 * MIB}}).code == 0
    assert [read(b, n) for n in ("memory.max", "pids.max", "cpu.weight")] == [str(80 * MIB), "30", "100"]
    assert update_json(keg, b, {"pids": {"limit": 40}, "hugepageLimits": [{"pageSize": "2MB", "limit": 0}],
                                "unified": {"memory.high": str(70 * MIB)}}).code == 0
    assert [read(b, n) for n in ("memory.max", "pids.max", "hugetlb.2MB.max", "memory.high")] == \
        [str(80 * MIB), "40", "0", str(70 * MIB)]


@test
def a_document_comes_from_a_file_too(keg):
    b = running(keg)
    path = keg.file("resources.json", json.dumps({"pids": {"limit": 12}}))
    update(keg, b, "--resources", path)
    assert read(b, "pids.max") == "12"


@test
def what_was_updated_is_felt_inside(keg):
    b = running(keg, pids={"limit": 100}, memory={"limit": 256 * MIB})
    update(keg, b, "--cpuset-cpus", "0", "--pids-limit", "10", "--memory", 16 * MIB)
    assert keg.exec(b.id, "/guest", "affinity").out == "0\n"
    # pause, forks itself, eight children
    assert keg.exec(b.id, "/guest", "forks", 50).out == "8 EAGAIN\n"
    assert keg.exec(b.id, "/guest", "memhog", 64 * MIB).code == 137
    update(keg, b, "--cpuset-cpus", "1", "--pids-limit", "20", "--memory", 256 * MIB)
    assert keg.exec(b.id, "/guest", "affinity").out == "1\n"
    assert keg.exec(b.id, "/guest", "forks", 50).out == "18 EAGAIN\n"
    assert keg.exec(b.id, "/guest", "memhog", 64 * MIB).code == 0


@test
def a_device_that_an_update_takes_away_cannot_be_opened_any_more(keg):
    fuse = {"type": "c", "major": 10, "minor": 229}
    b = keg.bundle(args=["/guest", "pause"])
    b.linux["devices"] = [{"path": "/dev/fuse", **fuse}]
    b.resources(devices=[{"allow": False}, {"allow": True, "access": "rw", **fuse}])
    keg.started(b)
    assert keg.exec(b.id, "/guest", "open", "rw", "/dev/fuse").out == "ok\n"
    assert update_json(keg, b, {"devices": [{"allow": False}]}).code == 0
    assert "EPERM" in keg.exec(b.id, "/guest", "open", "rw", "/dev/fuse").err
    assert keg.exec(b.id, "/guest", "open", "rw", "/dev/null").out == "ok\n"
    assert update_json(keg, b, {"devices": [{"allow": False}, {"allow": True, "access": "r", **fuse}]}).code == 0
    assert keg.exec(b.id, "/guest", "open", "r", "/dev/fuse").out == "ok\n"
    assert "EPERM" in keg.exec(b.id, "/guest", "open", "w", "/dev/fuse").err


@test
def a_limit_below_what_is_used_is_refused_where_that_is_asked_for(keg):
    b = keg.bundle(args=["/guest", "memhog", 32 * MIB, "stay"]).resources(memory={"limit": 64 * MIB})
    child = keg.start_run(b)
    wait_until(lambda: "touched" in keg.output(child), "the memory is used")
    refused = update_json(keg, b, {"memory": {"limit": 16 * MIB, "checkBeforeUpdate": True}})
    assert refused.code != 0 and "usage" in refused.err, refused.err
    assert read(b, "memory.max") == str(64 * MIB)
    assert update_json(keg, b, {"memory": {"limit": 48 * MIB, "checkBeforeUpdate": True}}).code == 0
    assert read(b, "memory.max") == str(48 * MIB)
    # Without the question the kernel reclaims, then kills.
    assert update_json(keg, b, {"memory": {"limit": 16 * MIB, "checkBeforeUpdate": False}}).code == 0
    assert keg.wait(child).code == 137


@test
def an_update_that_cannot_be_is_refused_and_changes_nothing(keg):
    b = running(keg, memory={"limit": 64 * MIB}, pids={"limit": 30})
    for resources, pointer in (
        ({"pids": {"limit": 5}, "memory": {"swap": 10 * MIB, "limit": 32 * MIB}}, "/memory/swap"),
        ({"pids": {"limit": 5}, "cpu": {"idle": 3}}, "/cpu/idle"),
        ({"pids": {"limit": 5}, "memory": {"swappiness": 50}}, "/memory/swappiness"),
        ({"pids": {"limit": 5}, "hugepageLimits": [{"pageSize": "2 MB", "limit": 0}]}, "/hugepageLimits/0/pageSize"),
    ):
        result = update_json(keg, b, resources)
        assert result.code != 0 and pointer in result.err, result.err
    assert (read(b, "pids.max"), read(b, "memory.max")) == ("30", str(64 * MIB))
    assert keg.cmd("update", "--pids-limit", "many", b.id).code != 0
    assert read(b, "pids.max") == "30"


@test
def a_stopped_container_has_nothing_to_update(keg):
    b = keg.bundle()
    assert keg.run(b, "--keep").code == 0
    result = keg.cmd("update", "--pids-limit", "5", b.id)
    assert result.code != 0 and b.id in result.err, result.err
    assert keg.delete(b.id).code == 0


@test
def a_paused_container_can_be_updated(keg):
    b = running(keg)
    assert keg.cmd("pause", b.id).code == 0
    update(keg, b, "--pids-limit", "5")
    assert read(b, "pids.max") == "5"
    assert keg.status(b.id) == "paused"
    assert keg.cmd("resume", b.id).code == 0
