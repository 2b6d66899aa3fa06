"""Namespaces: new ones, the host's, and those that others have, by path."""

import os
import time

from harness import linux, test

from _facts import GUEST_SECONDS, facts, namespace, read

# The name in config.json -> the name in /proc/PID/ns.
KINDS = {"cgroup": "cgroup", "ipc": "ipc", "mount": "mnt", "network": "net", "pid": "pid", "uts": "uts"}


def output(keg, bundle):
    result = keg.run(bundle)
    assert result.code == 0, result
    return result.out


def refusal(keg, bundle):
    result = keg.run(bundle)
    assert result.code == 1 and result.out == "" and os.listdir(keg.root) == [], result
    return result.err


def sleeper(keg):
    return keg.bundle(args=["/guest", "sleep", GUEST_SECONDS])


@test
def a_container_has_the_namespaces_of_the_configuration_and_no_others(keg):
    b = keg.bundle(args=["/guest", "namespaces"]).namespace("user").namespace("time")
    b.id_maps()
    inside = facts(output(keg, b))
    assert all(value != namespace("self", kind) for kind, value in inside.items()), inside
    for left_out in ("ipc", "network", "uts", "cgroup"):
        b = keg.bundle(args=["/guest", "namespaces"]).without_namespace(left_out)
        if left_out == "uts":
            b.config.pop("hostname")
        inside = facts(output(keg, b))
        for name, kind in KINDS.items():
            assert (inside[kind] == namespace("self", kind)) == (name == left_out), (left_out, name)
        assert inside["user"] == namespace("self", "user") and inside["time"] == namespace("self", "time")


@test
def namespaces_of_another_container_are_joined_by_path(keg):
    first = sleeper(keg)
    pid = keg.state(keg.started(first))["pid"]
    for name, kind in KINDS.items():
        if name == "mount":
            continue
        b = keg.bundle(args=["/guest", "namespaces"]).namespace(name, f"/proc/{pid}/ns/{kind}")
        inside = facts(output(keg, b))
        assert inside[kind] == namespace(pid, kind), name
        others = [other for other in KINDS.values() if other != kind]
        assert all(inside[other] != namespace(pid, other) for other in others), name


@test
def a_pod_of_two_containers_shares_net_ipc_uts_and_pid(keg):
    first = keg.bundle(args=["/guest", "reap"])
    first.config["hostname"] = "pod"
    pid = keg.state(keg.started(first))["pid"]
    second = sleeper(keg)
    for name in ("network", "ipc", "uts", "pid"):
        second.namespace(name, f"/proc/{pid}/ns/{KINDS[name]}")
    second.config.pop("hostname")
    id = keg.started(second)
    assert keg.exec(id, "/guest", "hostname").out.splitlines()[0] == "pod"
    pids = facts(keg.exec(id, "/guest", "pids").out)
    assert int(pids["pid"]) > 2
    seen = [name for name in keg.exec(id, "/guest", "ls", "/proc").out.split() if name.isdigit()]
    assert "1" in seen and len(seen) == 3, seen
    joined = keg.state(id)["pid"]
    assert namespace(joined, "pid") == namespace(pid, "pid")
    assert keg.kill(id, "KILL").code == 0
    keg.wait_status(id, "stopped")
    assert keg.status(first.id) == "running"


@test
def the_user_namespace_of_another_container_is_joined(keg):
    first = sleeper(keg).id_maps()
    pid = keg.state(keg.started(first))["pid"]
    b = keg.bundle(args=["/guest", "then", "namespaces", "--", "id", "--", "cat", "/proc/self/uid_map"]).user(5, 6)
    b.namespace("user", f"/proc/{pid}/ns/user")
    out = output(keg, b)
    inside = facts(out)
    assert inside["user"] == namespace(pid, "user") != namespace("self", "user")
    assert inside["uid"] == "5 5 5" and out.split()[-3:] == ["0", "100000", "65536"], out


@test
def a_path_to_the_wrong_kind_or_to_nothing_is_refused(keg):
    b = keg.bundle()
    at = len(b.linux["namespaces"]) - 1
    for name, path, words in (("ipc", "/proc/self/ns/net", "net"), ("ipc", "/no/such/ns", "No such file"),
                              ("ipc", "/etc/passwd", "/etc/passwd"), ("ipc", "/proc/self/ns", "/proc/self/ns")):
        err = refusal(keg, keg.bundle().namespace(name, path))
        assert f"/linux/namespaces/{at}/path" in err and words in err, err
    b = keg.bundle()
    b.linux["namespaces"].append({"type": "pid"})
    err = refusal(keg, b)
    assert f"/linux/namespaces/{at + 1}" in err and "pid" in err, err
    b = keg.bundle()
    b.linux["namespaces"].append({"type": "dream"})
    err = refusal(keg, b)
    assert f"/linux/namespaces/{at + 1}/type" in err and "dream" in err, err


# --- what they are filled with --------------------------------------------------------------


@test
def the_host_and_domain_names_are_the_containers_own(keg):
    b = keg.bundle(args=["/guest", "hostname"])
    b.config["hostname"], b.config["domainname"] = "own-host", "own.domain"
    host = os.uname().nodename
    assert output(keg, b) == "own-host\nown.domain\n"
    assert os.uname().nodename == host
    err = refusal(keg, b.without_namespace("uts"))
    assert "/hostname" in err and "uts" in err, err


@test
def a_new_network_has_a_loopback_that_is_up(keg):
    b = keg.bundle(args=["/guest", "cat", "/sys/class/net/lo/flags"])
    assert int(output(keg, b), 16) & 1


@test
def kernel_parameters_are_set_in_the_containers_namespaces_alone(keg):
    paths = {"net.ipv4.ip_default_ttl": "77", "kernel.msgmax": "4321", "net.ipv4.conf.lo.forwarding": "1"}
    files = ["/proc/sys/" + name.replace(".", "/") for name in paths]
    before = [read(path) for path in files]
    b = keg.bundle(args=["/guest", "cat", *files])
    b.linux["sysctl"] = paths
    assert output(keg, b).split() == list(paths.values())
    assert [read(path) for path in files] == before
    for name, kind in (("net.ipv4.ip_default_ttl", "network"), ("kernel.msgmax", "ipc"), ("vm.swappiness", None),
                       ("kernel.panic", None), ("fs.file-max", None), ("net.ipv4.../../kernel.panic", None)):
        b = keg.bundle()
        b.linux["sysctl"] = {name: "50"}
        if kind:
            b.without_namespace(kind)
        err = refusal(keg, b)
        assert "/linux/sysctl/" in err, (name, err)


@test
def the_cgroup_namespace_hides_where_the_cgroup_is(keg):
    b = keg.bundle(args=["/guest", "cat", "/proc/self/cgroup"])
    line = [line for line in output(keg, b).splitlines() if line.startswith("0::")]
    assert line == ["0::/"], line
    line = [line for line in output(keg, b.without_namespace("cgroup")).splitlines() if line.startswith("0::")]
    assert line[0].startswith(f"0::{keg.cgroup}/"), line


@test
def without_a_pid_namespace_the_program_is_a_process_of_the_host(keg):
    b = sleeper(keg).without_namespace("pid")
    id = keg.started(b)
    pid = keg.state(id)["pid"]
    assert facts(keg.exec(id, "/guest", "namespaces").out)["pid"] == namespace("self", "pid")
    assert namespace(pid, "pid") == namespace("self", "pid")
    assert keg.kill(id, "TERM").code == 0
    keg.wait_status(id, "stopped")


@test
def all_processes_of_a_pid_namespace_end_with_the_first(keg):
    b = keg.bundle(args=["/guest", "then", "fork", "sleep", GUEST_SECONDS, "--", "sleep", "0.1"])
    result = keg.run(b)
    assert result.code == 0 and not linux.descendants(os.getpid()), result


@test
def the_clocks_of_a_time_namespace_are_moved(keg):
    b = keg.bundle(args=["/guest", "clocks"]).namespace("time")
    b.linux["timeOffsets"] = {"monotonic": {"secs": 1 << 30, "nanosecs": 5}, "boottime": {"secs": 1 << 29}}
    before = {"monotonic": time.clock_gettime(time.CLOCK_MONOTONIC), "boottime": time.clock_gettime(time.CLOCK_BOOTTIME)}
    seen = facts(output(keg, b))
    after = {"monotonic": time.clock_gettime(time.CLOCK_MONOTONIC), "boottime": time.clock_gettime(time.CLOCK_BOOTTIME)}
    for clock, offset in (("monotonic", 1 << 30), ("boottime", 1 << 29)):
        assert int(before[clock]) <= int(seen[clock]) - offset <= after[clock] + 1, (clock, seen)
    err = refusal(keg, b.without_namespace("time"))
    assert "/linux/timeOffsets" in err and "time" in err, err


# --- user namespaces ------------------------------------------------------------------------


@test
def ids_are_mapped(keg):
    b = sleeper(keg)
    b.namespace("user")
    b.linux["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 1000},
                              {"containerID": 2000, "hostID": 300000, "size": 5}]
    b.linux["gidMappings"] = [{"containerID": 0, "hostID": 200000, "size": 1000}]
    b.user(7, 8, groups=[9])
    id = keg.started(b)
    pid = keg.state(id)["pid"]
    assert [line.split() for line in read(f"/proc/{pid}/uid_map").splitlines()] == [["0", "100000", "1000"],
                                                                                   ["2000", "300000", "5"]]
    assert [line.split() for line in read(f"/proc/{pid}/gid_map").splitlines()] == [["0", "200000", "1000"]]
    status = facts(read(f"/proc/{pid}/status").replace("\t", " "))
    assert status["Uid:"].split()[0] == "100007" and status["Gid:"].split()[0] == "200008"
    assert status["Groups:"].split() == ["200009"]
    assert keg.exec(id, "/guest", "id").out == "uid 7 7 7\ngid 8 8 8\ngroups 9\n"
    assert keg.exec(id, "/guest", "id", flags=["-u", "2004:0"]).out.startswith("uid 2004 2004 2004\n")


@test
def many_maps_are_written_whole(keg):
    b = keg.bundle(args=["/guest", "cat", "/proc/self/uid_map"]).namespace("user")
    rows = [{"containerID": 10 * i, "hostID": 100000 + 20 * i, "size": 10} for i in range(100)]
    b.linux["uidMappings"] = b.linux["gidMappings"] = rows
    lines = output(keg, b).splitlines()
    assert [line.split() for line in lines] == [[str(10 * i), str(100000 + 20 * i), "10"] for i in range(100)]


@test
def files_of_the_host_are_nobodys_in_a_user_namespace(keg):
    b = keg.bundle(args=["/guest", "then", "stat", "/guest", "--", "write", "/guest", "x", "--", "write", "/tmp/made", "x"])
    result = keg.run(b.id_maps())
    assert result.out.startswith("- 0755 65534 65534 ") and "EACCES" in result.err, result
    assert os.stat(b.rootfs + "/tmp/made").st_uid == 100000
    assert os.path.getsize(b.rootfs + "/guest") > 10


@test
def root_of_a_user_namespace_has_its_capabilities_only_there(keg):
    b = keg.bundle(args=["/guest", "then", "mount", "tmpfs", "/tmp", "tmpfs", "--", "open-write",
                         "/proc/sys/kernel/core_pattern", "x"])
    b.linux["readonlyPaths"] = []
    b.id_maps().capabilities("CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE")
    before = read("/proc/sys/kernel/core_pattern")
    result = keg.run(b)
    assert result.err.count("guest: ") == 1 and "/proc/sys/kernel/core_pattern: Permission denied" in result.err, result
    assert read("/proc/sys/kernel/core_pattern") == before


@test
def broken_maps_are_refused(keg):
    for rows, words in (([], "/linux/uidMappings"),
                        ([{"containerID": 0, "hostID": 0, "size": 0}], "/linux/uidMappings/0/size"),
                        ([{"containerID": 0, "hostID": 100000, "size": 10}] * 2, "/linux/uidMappings")):
        b = keg.bundle().id_maps()
        b.linux["uidMappings"] = rows
        err = refusal(keg, b)
        assert words in err, (rows, err)
    b = keg.bundle().id_maps()
    b.without_namespace("user")
    err = refusal(keg, b)
    assert "/linux/uidMappings" in err, err


@test
def a_user_without_a_map_is_refused(keg):
    err = refusal(keg, keg.bundle().id_maps(size=10).user(10, 0))
    assert "/process/user" in err and "10" in err, err
