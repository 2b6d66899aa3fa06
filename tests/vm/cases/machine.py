"""The machine itself: what every other test in it takes for granted."""

import os

from harness import test

CONTROLLERS = {"cpu", "cpuset", "hugetlb", "io", "memory", "misc", "pids", "rdma"}


@test(fixture=False)
def every_cgroup_controller_is_there_and_enabled(bare):
    for name in ("cgroup.controllers", "cgroup.subtree_control"):
        with open("/sys/fs/cgroup/" + name) as f:
            assert set(f.read().split()) >= CONTROLLERS, name


@test(fixture=False)
def modules_that_containers_need_are_loaded(bare):
    for name in ("overlay", "fuse"):
        with open("/proc/filesystems") as f:
            assert name in f.read().split(), name
    for name in ("veth", "bridge", "dummy", "nf_tables", "nft_chain_nat"):
        assert os.path.isdir("/sys/module/" + name), name


@test(fixture=False)
def the_root_file_system_is_one_that_pivot_root_accepts(bare):
    assert root_type() == "ext4"


@test(fixture=False, vm=dict(rootfs="tmpfs"))
def the_root_file_system_is_tmpfs_where_a_test_asks_for_it(bare):
    assert root_type() == "tmpfs"


@test(fixture=False, vm=dict(disks=["32M", "64M"], memory="512M"))
def extra_disks_and_less_memory_come_as_asked(bare):
    sizes = []
    for number in (0, 1):
        with open(f"/sys/block/{os.path.basename(bare.disk(number))}/size") as f:
            sizes.append(int(f.read()) * 512 >> 20)
    assert sizes == [32, 64]
    with open("/proc/meminfo") as f:
        assert int(f.readline().split()[1]) < 520 * 1024


@test(fixture=False)
def a_link_can_be_made_in_the_network_namespace_of_a_test(bare):
    assert bare.sh("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1").code == 0
    assert bare.sh("nft", "add table ip keg-test").code == 0
    assert bare.sh("ip", "link", "del", "v0").code == 0


@test(fixture=False)
def python_has_the_modules_that_tests_use(bare):
    result = bare.sh("python3", "-c", "import ctypes, hashlib, http.server, json, sqlite3, ssl, subprocess")
    assert result.code == 0, result.err


def root_type():
    with open("/proc/mounts") as f:
        return [line.split()[2] for line in f if line.split()[1] == "/"][-1]
