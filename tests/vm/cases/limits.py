"""linux.resources, as the container feels them.

What is measured is a count or a ratio with room to spare; the one time that counts is a lower
bound, of a container that has to wait for its limit.
"""

import os
import time

from harness import test, wait_until

MIB = 1 << 20


def read(bundle, name):
    with open(os.path.join(bundle.cgroup_path(), name)) as f:
        return f.read().strip()


def table(bundle, name):
    """A file of "key value" lines as a dict of numbers."""
    return {key: int(value) for key, value in (line.split() for line in read(bundle, name).splitlines())}


def device_number(path):
    number = os.stat(path).st_rdev
    return {"major": os.major(number), "minor": os.minor(number)}


# --- memory ----------------------------------------------------------------------------------------


@test
def a_container_above_its_memory_limit_ends_with_137_and_the_kill_is_counted(keg):
    b = keg.bundle(args=["/guest", "memhog", 64 * MIB]).resources(memory={"limit": 16 * MIB})
    assert keg.run(b, "--keep").code == 137
    events = table(b, "memory.events")
    assert events["oom_kill"] >= 1 and events["max"] > 0, events
    assert keg.delete(b.id).code == 0


@test
def a_container_below_its_memory_limit_lives(keg):
    b = keg.bundle(args=["/guest", "memhog", 16 * MIB]).resources(memory={"limit": 64 * MIB})
    result = keg.run(b)
    assert (result.code, result.out) == (0, f"touched {16 * MIB}\n"), result.err


@test
def a_child_that_is_killed_for_memory_does_not_end_the_container(keg):
    b = keg.bundle(args=["/guest", "pause"]).resources(memory={"limit": 16 * MIB})
    keg.started(b)
    assert keg.exec(b.id, "/guest", "memhog", 64 * MIB).code == 137
    assert keg.status(b.id) == "running"
    assert table(b, "memory.events")["oom_kill"] == 1


@test
def a_memory_limit_too_small_to_start_in_is_named_as_the_reason(keg):
    b = keg.bundle().resources(memory={"limit": 4096})
    result = keg.run(b)
    assert result.code != 0
    assert "memory" in result.err and "limit" in result.err, result.err


@test
def whatever_the_memory_limit_a_start_succeeds_or_blames_it(keg):
    """137: the program itself was killed; before that there is a message."""
    for kib in (0, 16, 64, 128, 256, 512, 1024, 4096):
        result = keg.run(keg.bundle().resources(memory={"limit": kib << 10}))
        assert result.code in (0, 137) or "memory" in result.err, (kib, result)
    assert result.code == 0, result.err


@test
def swap_is_what_the_limit_of_both_leaves_above_memory(keg):
    for swap, expected in ((96 * MIB, str(32 * MIB)), (64 * MIB, "0"), (-1, "max")):
        b = keg.bundle().resources(memory={"limit": 64 * MIB, "swap": swap, "reservation": 8 * MIB})
        assert keg.create(b).code == 0
        assert read(b, "memory.max") == str(64 * MIB)
        assert read(b, "memory.low") == str(8 * MIB)
        assert read(b, "memory.swap.max") == expected, swap
        assert keg.delete(b.id, "--force").code == 0


@test
def a_limit_of_both_below_memory_is_refused(keg):
    b = keg.bundle().resources(memory={"limit": 64 * MIB, "swap": 32 * MIB})
    result = keg.run(b)
    assert result.code != 0 and "/linux/resources/memory/swap" in result.err, result.err


# --- processor -------------------------------------------------------------------------------------


@test(alone=True)
def a_quota_bounds_the_processor_time_that_the_container_gets(keg):
    b = keg.bundle(args=["/guest", "spin", 3]).resources(cpu={"quota": 20000, "period": 100000})
    result = keg.run(b, "--keep")
    assert result.code == 0, result.err
    stat = table(b, "cpu.stat")
    assert read(b, "cpu.max") == "20000 100000"
    assert stat["nr_throttled"] >= 5, stat
    # A fifth of three seconds is 600 ms.
    assert int(result.out) < 1500, result.out
    assert keg.delete(b.id).code == 0


@test(alone=True)
def of_two_that_want_one_processor_the_one_with_ten_times_the_weight_gets_more(keg):
    heavy = keg.bundle(args=["/guest", "spin", 1000]).resources(cpu={"cpus": "1"}, unified={"cpu.weight": "1000"})
    light = keg.bundle(args=["/guest", "spin", 1000]).resources(cpu={"cpus": "1"}, unified={"cpu.weight": "100"})
    for b in (light, heavy):
        keg.started(b)
    before = [table(b, "cpu.stat")["usage_usec"] for b in (light, heavy)]
    used = [0, 0]

    def enough():
        used[:] = [table(b, "cpu.stat")["usage_usec"] - n for b, n in zip((light, heavy), before)]
        return sum(used) > 3_000_000

    wait_until(enough, "three seconds of processor time are used")
    assert used[1] > 3 * used[0], used


@test
def shares_become_a_weight_and_a_container_can_be_idle(keg):
    for shares, weight in ((2, "1"), (1024, "100"), (262144, "10000")):
        b = keg.bundle().resources(cpu={"shares": shares})
        assert keg.create(b).code == 0
        assert read(b, "cpu.weight") == weight
        assert keg.delete(b.id, "--force").code == 0
    b = keg.bundle().resources(cpu={"shares": 512, "idle": 1})
    assert keg.create(b).code == 0
    assert read(b, "cpu.idle") == "1"


@test
def a_burst_is_set_beside_its_quota(keg):
    b = keg.bundle().resources(cpu={"quota": 50000, "period": 100000, "burst": 30000})
    assert keg.create(b).code == 0
    assert (read(b, "cpu.max"), read(b, "cpu.max.burst")) == ("50000 100000", "30000")


@test
def a_cpuset_is_what_the_container_may_run_on(keg):
    for cpus, seen in (("0", "0\n"), ("1", "1\n"), ("0-1", "0\n1\n")):
        result = keg.run(keg.bundle(args=["/guest", "affinity"]).resources(cpu={"cpus": cpus, "mems": "0"}))
        assert (result.code, result.out) == (0, seen), result.err


@test
def a_processor_that_this_host_does_not_have_is_refused(keg):
    result = keg.run(keg.bundle().resources(cpu={"cpus": "77"}))
    assert result.code != 0 and "/linux/resources/cpu/cpus" in result.err, result.err


# --- processes -------------------------------------------------------------------------------------


@test
def no_more_processes_than_pids_max_can_be_had(keg):
    result = keg.run(keg.bundle(args=["/guest", "forks", 100]).resources(pids={"limit": 20}))
    assert (result.code, result.out) == (0, "19 EAGAIN\n"), result.err


@test
def a_process_that_a_limit_of_pids_keeps_out_is_told_why(keg):
    b = keg.bundle(args=["/guest", "pause"]).resources(pids={"limit": 1})
    keg.started(b)
    result = keg.exec(b.id, "/guest", "true")
    assert result.code != 0 and "pids.max" in result.err, result.err


@test
def a_fork_bomb_under_pids_max_is_gone_after_delete(keg):
    b = keg.bundle(args=["/guest", "forkbomb"]).resources(pids={"limit": 100})
    keg.started(b)
    wait_until(lambda: table(b, "pids.events")["max"] > 0, "the bomb meets its limit")
    assert int(read(b, "pids.current")) <= 100
    assert keg.delete(b.id, "--force").code == 0
    assert not os.path.exists(b.cgroup_path())
    assert keg.state(b.id) is None


@test
def a_container_of_many_processes_is_paused_as_a_whole(keg):
    b = keg.bundle(args=["/guest", "forkbomb"]).resources(pids={"limit": 200})
    keg.started(b)
    wait_until(lambda: table(b, "pids.events")["max"] > 0, "the bomb meets its limit")
    assert keg.cmd("pause", b.id).code == 0
    assert keg.status(b.id) == "paused"
    assert table(b, "cgroup.events")["frozen"] == 1
    used = table(b, "cpu.stat")["usage_usec"]
    time.sleep(0.3)
    assert table(b, "cpu.stat")["usage_usec"] == used
    assert keg.cmd("resume", b.id).code == 0
    assert keg.status(b.id) == "running"
    wait_until(lambda: table(b, "cpu.stat")["usage_usec"] > used, "the processes go on")


@test
def a_paused_container_is_deleted_by_force(keg):
    b = keg.bundle(args=["/guest", "pause"])
    keg.started(b)
    assert keg.cmd("pause", b.id).code == 0
    assert keg.delete(b.id, "--force").code == 0
    assert not os.path.exists(b.cgroup_path())


# --- devices, huge pages ---------------------------------------------------------------------------


@test(vm=dict(disks=["32M"]))
def a_write_limit_makes_the_container_wait_for_its_disk(keg):
    disk = device_number(keg.disk())
    b = keg.bundle(args=["/guest", "dd", "/dev/disk", 4 * MIB])
    b.linux["devices"] = [{"path": "/dev/disk", "type": "b", **disk}]
    b.resources(devices=[{"allow": False}, {"allow": True, "type": "b", "access": "rw", **disk}],
                blockIO={"throttleWriteBpsDevice": [{**disk, "rate": MIB}]})
    result = keg.run(b, "--keep")
    assert result.code == 0, result.err
    assert read(b, "io.max") == f"{disk['major']}:{disk['minor']} rbps=max wbps={MIB} riops=max wiops=max"
    # Four MiB at one MiB a second.
    assert int(result.out) > 2000, result.out
    assert keg.delete(b.id).code == 0


@test(vm=dict(disks=["32M"]))
def every_kind_of_disk_limit_is_set_and_lifted(keg):
    disk = device_number(keg.disk())
    kinds = {"throttleReadBpsDevice": "rbps", "throttleWriteBpsDevice": "wbps",
             "throttleReadIOPSDevice": "riops", "throttleWriteIOPSDevice": "wiops"}
    b = keg.bundle().resources(blockIO={kind: [{**disk, "rate": 100000 + n}] for n, kind in enumerate(kinds)})
    assert keg.create(b).code == 0
    words = " ".join(f"{word}={100000 + n}" for n, word in enumerate(kinds.values()))
    assert read(b, "io.max") == f"{disk['major']}:{disk['minor']} {words}"
    update = '{"blockIO": {"throttleReadBpsDevice": [{"major": %(major)d, "minor": %(minor)d, "rate": 0}]}}' % disk
    assert keg.cmd("update", "--resources", "-", b.id, stdin=update).code == 0
    assert "rbps=max wbps=100001" in read(b, "io.max")


@test
def a_weight_for_disks_is_set_in_the_file_that_this_kernel_has(keg):
    b = keg.bundle().resources(blockIO={"weight": 500})
    assert keg.create(b).code == 0
    seen = {n: read(b, n) for n in ("io.bfq.weight", "io.weight") if os.path.exists(f"{b.cgroup_path()}/{n}")}
    # One weight of v1 is one of BFQ; io.weight counts to ten thousand.
    assert "default 500" in seen.get("io.bfq.weight", "") or "default 4950" in seen.get("io.weight", ""), seen


@test
def what_only_v1_had_is_refused_by_name(keg):
    for resources, pointer in (
        ({"memory": {"swappiness": 10}}, "/memory/swappiness"),
        ({"memory": {"disableOOMKiller": True}}, "/memory/disableOOMKiller"),
        ({"memory": {"kernel": MIB}}, "/memory/kernel"),
        ({"cpu": {"realtimeRuntime": 1000}}, "/cpu/realtimeRuntime"),
        ({"cpu": {"realtimePeriod": 1000}}, "/cpu/realtimePeriod"),
        ({"blockIO": {"leafWeight": 100}}, "/blockIO/leafWeight"),
        ({"rdma": {"mlx5_1": {"hcaHandles": 3}}}, "/rdma/mlx5_1"),
    ):
        result = keg.run(keg.bundle().resources(**resources))
        assert result.code != 0 and "/linux/resources" + pointer in result.err, (pointer, result.err)


@test
def a_disk_that_is_not_there_is_refused_with_its_number(keg):
    b = keg.bundle().resources(blockIO={"throttleReadBpsDevice": [{"major": 250, "minor": 250, "rate": 1000}]})
    result = keg.run(b)
    assert result.code != 0 and "throttleReadBpsDevice/0" in result.err and "250:250" in result.err, result.err


@test(alone=True)
def huge_pages_above_their_limit_cannot_be_had(keg):
    with open("/proc/sys/vm/nr_hugepages") as f:
        before = f.read()

    def pages(text):
        with open("/proc/sys/vm/nr_hugepages", "w") as f:
            f.write(text)

    keg.at_end(pages, before)
    pages("8")
    # mmap(0, SIZE, READ|WRITE, PRIVATE|ANONYMOUS|HUGETLB, -1, 0)
    b = keg.bundle(args=["/guest", "then", "syscall", 9, 0, 2 * MIB, 3, 0x40022, -1, 0, "--",
                         "syscall", 9, 0, 4 * MIB, 3, 0x40022, -1, 0])
    b.resources(hugepageLimits=[{"pageSize": "2MB", "limit": 2 * MIB}])
    result = keg.run(b, "--keep")
    first, second = result.out.splitlines()
    assert int(first) > 0 and second == "-1 ENOMEM", result
    assert read(b, "hugetlb.2MB.max") == read(b, "hugetlb.2MB.rsvd.max") == str(2 * MIB)
    assert keg.delete(b.id).code == 0


@test
def a_size_of_huge_pages_that_this_host_does_not_have_is_refused(keg):
    result = keg.run(keg.bundle().resources(hugepageLimits=[{"pageSize": "64KB", "limit": MIB}]))
    assert result.code != 0 and "/linux/resources/hugepageLimits/0" in result.err, result.err


# --- unified ---------------------------------------------------------------------------------------


@test
def unified_keys_are_written_as_they_are_and_have_the_last_word(keg):
    b = keg.bundle().resources(
        memory={"limit": 64 * MIB}, pids={"limit": 30},
        unified={"memory.max": str(48 * MIB), "memory.high": str(40 * MIB), "cpu.weight": "77",
                 "cgroup.max.descendants": "5", "pids.max": "31"})
    assert keg.create(b).code == 0
    for name, value in b.linux["resources"]["unified"].items():
        assert read(b, name) == value, name


@test
def a_unified_key_that_no_cgroup_has_is_refused(keg):
    result = keg.run(keg.bundle().resources(unified={"memory.no-such-file": "1"}))
    assert result.code != 0 and "memory.no-such-file" in result.err, result.err
