"""What the kernel makes of linux.resources: every member in its file, limits that hold, updates."""

import os

from harness import test, wait_until

MB = 1 << 20


def placed(keg, bundle, name="limited"):
    """The bundle with a cgroup of a known name; its directory on the host."""
    bundle.linux["cgroupsPath"] = f"{keg.cgroup}/{name}"
    return os.path.join(keg.cgroup_path, name)


def content(folder, name):
    with open(os.path.join(folder, name)) as f:
        return f.read().strip()


def counter(folder, name, key):
    return int(dict(line.split() for line in content(folder, name).splitlines())[key])


@test(needs=["cgroup:memory"])
def every_member_of_resources_is_in_the_file_the_kernel_has_for_it(keg):
    b = keg.bundle(args=["/guest", "pause"])
    folder = placed(keg, b)
    b.resources(
        memory={"limit": 64 * MB, "swap": 96 * MB, "reservation": 16 * MB},
        cpu={"shares": 2048, "quota": 50000, "period": 200000, "burst": 10000, "cpus": "0", "mems": "0"},
        pids={"limit": 33},
        hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MB}],
        unified={"memory.high": str(48 * MB), "cgroup.max.depth": "3"})
    keg.started(b)
    for name, value in {
        "memory.max": str(64 * MB), "memory.low": str(16 * MB), "memory.high": str(48 * MB),
        "cpu.weight": "174", "cpu.max": "50000 200000", "cpu.max.burst": "10000",
        "cpuset.cpus": "0", "cpuset.mems": "0", "pids.max": "33",
        "hugetlb.2MB.max": str(4 * MB), "hugetlb.2MB.rsvd.max": str(4 * MB), "cgroup.max.depth": "3",
    }.items():
        assert content(folder, name) == value, f"{name}: {content(folder, name)}"
    if os.path.exists(os.path.join(folder, "memory.swap.max")):
        assert content(folder, "memory.swap.max") == str(32 * MB)


@test(needs=["cgroup:io"], vm=dict(disks=["64M"]))
def io_limits_are_those_of_the_device(keg):
    number = os.stat(keg.disk(0)).st_rdev
    device = {"major": os.major(number), "minor": os.minor(number)}
    b = keg.bundle(args=["/guest", "pause"])
    folder = placed(keg, b)
    b.resources(blockIO={
        "throttleReadBpsDevice": [{**device, "rate": MB}], "throttleWriteBpsDevice": [{**device, "rate": 2 * MB}],
        "throttleReadIOPSDevice": [{**device, "rate": 30}], "throttleWriteIOPSDevice": [{**device, "rate": 0}]})
    keg.started(b)
    want = f"{device['major']}:{device['minor']} rbps={MB} wbps={2 * MB} riops=30 wiops=max"
    assert content(folder, "io.max") == want


@test(needs=["cgroup:memory"])
def a_process_above_the_memory_limit_is_killed_and_counted(keg):
    b = keg.bundle(args=["/guest", "memhog", 64 * MB, "stay"])
    folder = placed(keg, b)
    b.resources(memory={"limit": 16 * MB, "swap": 16 * MB})
    keg.create(b)
    assert keg.start(b.id).code == 0
    keg.wait_status(b.id, "stopped")
    assert counter(folder, "memory.events", "oom_kill") >= 1
    again = keg.bundle(args=["/guest", "memhog", 64 * MB])
    again.resources(memory={"limit": 16 * MB, "swap": 16 * MB})
    assert keg.run(again).code == 137


@test(needs=["cgroup:cpu"])
def a_cpu_quota_throttles(keg):
    b = keg.bundle(args=["/guest", "spin", 2])
    b.resources(cpu={"quota": 20000, "period": 100000})
    result = keg.run(b)
    # 400 ms is the quota's; without one it would be most of two seconds.
    assert result.code == 0 and int(result.out) < 1000, result.out


@test(needs=["cgroup:pids"])
def no_more_processes_than_the_limit_run(keg):
    b = keg.bundle(args=["/guest", "forks", 50])
    b.resources(pids={"limit": 10})
    result = keg.run(b)
    assert result.code == 0 and int(result.out.split()[0]) == 9, result.out


@test(needs=["cgroup:pids"])
def a_fork_bomb_is_gone_after_delete_force(keg):
    b = keg.bundle(args=["/guest", "forkbomb"])
    folder = placed(keg, b)
    b.resources(pids={"limit": 100})
    keg.started(b)
    wait_until(lambda: counter(folder, "pids.events", "max") > 0, "the bomb meets its limit")
    assert keg.delete(b.id, "--force").code == 0
    assert not os.path.exists(folder)


@test(needs=["cgroup:memory", "cgroup:pids", "cgroup:cpu"])
def an_update_changes_what_it_names_and_nothing_else(keg):
    b = keg.bundle(args=["/guest", "pause"])
    folder = placed(keg, b)
    b.resources(memory={"limit": 64 * MB}, pids={"limit": 20}, cpu={"quota": 50000, "period": 100000})
    id = keg.started(b)
    assert keg.cmd("update", "--memory", str(80 * MB), id).code == 0
    assert content(folder, "memory.max") == str(80 * MB)
    assert keg.cmd("update", "--pids-limit", "30", "--cpu-quota", "60000", id).code == 0
    assert content(folder, "pids.max") == "30"
    assert content(folder, "cpu.max") == "60000 100000"
    assert content(folder, "memory.max") == str(80 * MB)
    assert keg.cmd("update", "--cpu-quota", "-1", id).code == 0
    assert content(folder, "cpu.max") == "max 100000"


@test
def a_controller_that_nobody_has_is_refused_by_name(keg):
    b = keg.bundle()
    folder = placed(keg, b)
    b.resources(unified={"foo.bar": "1"})
    result = keg.run(b)
    assert result.code != 0
    assert "the requested cgroup controller `foo` is not available" in result.err
    assert not os.path.exists(folder)


@test
def what_the_kernel_refuses_names_file_and_value(keg):
    b = keg.bundle()
    folder = placed(keg, b)
    b.resources(unified={"memory.DOESNTEXIST": "baz"})
    result = keg.run(b)
    assert result.code != 0
    assert "write `baz` to memory.DOESNTEXIST: No such file or directory" in result.err
    assert not os.path.exists(folder)


@test
def pause_freezes_and_resume_thaws(keg):
    b = keg.bundle(args=["/guest", "pause"])
    folder = placed(keg, b)
    id = keg.started(b)
    assert keg.cmd("pause", id).code == 0
    assert counter(folder, "cgroup.events", "frozen") == 1
    assert keg.status(id) == "paused"
    assert keg.cmd("resume", id).code == 0
    assert counter(folder, "cgroup.events", "frozen") == 0
    assert keg.status(id) == "running"
