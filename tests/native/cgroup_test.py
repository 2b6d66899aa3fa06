"""The container's cgroup: where it is, what it limits, how update changes that, and devices."""

import json
import os

from harness import needs, skip, test

from _facts import GUEST_SECONDS, read

MIB = 1 << 20


def sleeper(keg):
    return keg.bundle(args=["/guest", "sleep", GUEST_SECONDS])


def refusal(keg, bundle):
    result = keg.run(bundle)
    assert result.code == 1 and result.out == "" and os.listdir(keg.root) == [], result
    assert os.listdir(keg.cgroup_path) and not os.path.exists(bundle.cgroup_path()), "a cgroup is left"
    return result.err


def value(bundle, file):
    return read(os.path.join(bundle.cgroup_path(), file)).strip()


# --- the cgroup itself ----------------------------------------------------------------------


@test
def the_cgroup_is_where_the_configuration_says(keg):
    b = sleeper(keg)
    b.linux["cgroupsPath"] = f"{keg.cgroup}/deep/er/own"
    id = keg.started(b)
    procs = read(f"{keg.cgroup_path}/deep/er/own/cgroup.procs").split()
    assert procs == [str(keg.state(id)["pid"])]
    assert keg.delete(id, "--force").code == 0
    assert not os.path.exists(f"{keg.cgroup_path}/deep/er/own")
    for name in ("deep/er", "deep"):
        if os.path.exists(f"{keg.cgroup_path}/{name}"):
            os.rmdir(f"{keg.cgroup_path}/{name}")


@test
def a_cgroup_outside_of_the_hierarchy_is_refused(keg):
    for path in ("../escaped", f"{keg.cgroup}/../../escaped", "/..", f"{keg.cgroup}/a/../b"):
        b = keg.bundle()
        b.linux["cgroupsPath"] = path
        result = keg.run(b)
        assert result.code == 1 and "/linux/cgroupsPath" in result.err and ".." in result.err, (path, result)
        assert os.listdir(keg.root) == []


@test
def cgroups_that_the_container_made_go_with_it(keg):
    b = keg.bundle(args=["/guest", "then", "mkdir", "/sys/fs/cgroup/a", "--", "mkdir", "/sys/fs/cgroup/a/b", "--", "write",
                         "/sys/fs/cgroup/a/b/cgroup.procs", "1", "--", "pause"])
    for row in b.config["mounts"]:
        if row["destination"] == "/sys/fs/cgroup":
            row["options"] = ["rw"]
    id = keg.started(b)
    assert keg.delete(id, "--force").code == 0
    assert not os.path.exists(b.cgroup_path())


@test(only="native")
def a_limit_whose_controller_is_missing_is_refused_by_name(keg):
    """In the virtual machine all are there: tests/vm/cases/absent_controllers.py takes some away."""
    rows = {"memory": {"memory": {"limit": 64 * MIB}}, "pids": {"pids": {"limit": 10}}, "cpu": {"cpu": {"shares": 512}},
            "cpuset": {"cpu": {"cpus": "0"}}, "io": {"blockIO": {"weight": 100}}}
    missing = [name for name in rows if needs.missing(f"cgroup:{name}", keg.context)]
    if not missing:
        skip("this machine's cgroup2 has every controller")
    for name in missing:
        err = refusal(keg, keg.bundle().resources(**rows[name]))
        assert f"cgroup controller `{name}` is not available" in err and "/linux/resources/" in err, (name, err)
    id = keg.started(sleeper(keg))
    for name in missing:
        result = keg.cmd("update", "--resources", "-", id, stdin=json.dumps(rows[name]))
        assert result.code == 1 and f"controller `{name}` is not available" in result.err, (name, result)


@test
def limits_that_cannot_be_met_are_refused(keg):
    for resources, words in (({"unified": {"no.such.file": "1"}}, "no.such.file"),
                             ({"unified": {"../cgroup.procs": "1"}}, "../cgroup.procs"),
                             ({"unified": {"a/b": "1"}}, "a/b"), ({"unified": {"": "1"}}, "/linux/resources/unified"),
                             ({"hugepageLimits": [{"pageSize": "3MB", "limit": 0}]}, "/linux/resources/hugepageLimits/0"),
                             ({"hugepageLimits": [{"pageSize": "../2MB", "limit": 0}]}, "/linux/resources/hugepageLimits/0"),
                             ({"rdma": {"a/b": {"hcaHandles": 1}}}, "/linux/resources/rdma")):
        err = refusal(keg, keg.bundle().resources(**resources))
        assert words in err, (resources, err)


# --- update ---------------------------------------------------------------------------------


def updated(keg, flags, **files):
    """Run update with the flags on a running container; each file then has its value."""
    b = sleeper(keg)
    id = keg.started(b)
    result = keg.cmd("update", *flags, id)
    assert result == (0, "", ""), result
    for file, expected in files.items():
        found = value(b, file.replace("__", "."))
        assert found == str(expected), (flags, file, found)
    return b


@test(needs=["cgroup:memory"])
def update_changes_the_memory_limits(keg):
    updated(keg, ["--memory", 64 * MIB], memory__max=64 * MIB)
    updated(keg, ["--memory", 64 * MIB, "--memory-swap", 96 * MIB], memory__max=64 * MIB)
    updated(keg, ["--memory-reservation", 32 * MIB], memory__low=32 * MIB)
    b = updated(keg, ["--memory", 64 * MIB])
    assert keg.cmd("update", "--memory", "-1", b.id).code == 0
    assert value(b, "memory.max") == "max"


@test(needs=["cgroup:cpu"])
def update_changes_the_processor_time(keg):
    b = updated(keg, ["--cpu-quota", 20000, "--cpu-period", 50000], cpu__max="20000 50000")
    assert keg.cmd("update", "--cpu-quota", 10000, b.id).code == 0
    assert value(b, "cpu.max") == "10000 50000", "the period stays"
    updated(keg, ["--cpu-share", 1024], cpu__weight=100)
    updated(keg, ["--cpu-idle", 1], cpu__idle=1)
    updated(keg, ["--cpu-quota", 20000, "--cpu-burst", 10000], cpu__max__burst=10000)


@test(needs=["cgroup:cpuset"])
def update_changes_the_processors(keg):
    updated(keg, ["--cpuset-cpus", 0, "--cpuset-mems", 0], cpuset__cpus=0, cpuset__mems=0)


@test(needs=["cgroup:pids"])
def update_changes_the_number_of_processes(keg):
    b = updated(keg, ["--pids-limit", 7], pids__max=7)
    assert keg.cmd("update", "--pids-limit=-1", b.id).code == 0
    assert value(b, "pids.max") == "max"


@test(needs=["cgroup:io"])
def update_changes_the_weight_of_block_io(keg):
    b = sleeper(keg)
    id = keg.started(b)
    if not any(os.path.exists(f"{b.cgroup_path()}/{name}") for name in ("io.bfq.weight", "io.weight")):
        skip("no I/O scheduler with weights is loaded")
    assert keg.cmd("update", "--blkio-weight", 500, id).code == 0
    weights = [value(b, name) for name in ("io.bfq.weight", "io.weight") if os.path.exists(f"{b.cgroup_path()}/{name}")]
    assert any(weight in ("default 500", "default 4950") for weight in weights), weights


@test(needs=["cgroup:hugetlb"])
def update_takes_a_document_from_a_file_or_standard_input(keg):
    b = sleeper(keg)
    id = keg.started(b)
    name = next((name for name in os.listdir(b.cgroup_path()) if name.startswith("hugetlb.2MB.max")), None)
    if not name:
        skip("this machine has no huge pages of 2 MiB")
    document = {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}]}
    assert keg.cmd("update", "--resources", keg.file("r.json", json.dumps(document)), id) == (0, "", "")
    assert value(b, name) == str(4 * MIB)
    document = {"unified": {name: str(8 * MIB)}}
    assert keg.cmd("update", "-r", "-", id, stdin=json.dumps(document)) == (0, "", "")
    assert value(b, name) == str(8 * MIB)


@test(needs=["cgroup:hugetlb"])
def limits_of_the_configuration_are_set_before_the_program_runs(keg):
    b = keg.bundle(args=["/guest", "cat", "/sys/fs/cgroup/hugetlb.2MB.max"])
    b.resources(hugepageLimits=[{"pageSize": "2MB", "limit": 6 * MIB}])
    assert keg.run(b) == (0, f"{6 * MIB}\n", "")


@test
def broken_updates_are_refused_and_change_nothing(keg):
    id = keg.started(sleeper(keg))
    for flags, stdin, words in ((["--pids-limit", "many"], None, "many"), (["-r", "-"], "{", "line"),
                                (["-r", "-"], '{"pids": {"limit": "x"}}', "/pids/limit"),
                                (["-r", "/no/such/file"], None, "/no/such/file"),
                                (["--l3-cache-schema", "x"], None, "RDT")):
        result = keg.cmd("update", *flags, id, stdin=stdin)
        assert result.code == 1 and words in result.err, (flags, stdin, result)
    keg.kill(id, "KILL")
    keg.wait_status(id, "stopped")
    result = keg.cmd("update", "--pids-limit", "5", id)
    assert result.code == 1 and "stopped" in result.err, result


# --- devices --------------------------------------------------------------------------------

KMSG = {"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11, "fileMode": 0o666}


def device_bundle(keg, *rules):
    b = keg.bundle(args=["/guest", "then", "open", "r", "/dev/kmsg", "--", "open", "w", "/dev/kmsg", "--", "open", "rw",
                         "/dev/null"])
    b.linux["devices"] = [KMSG]
    b.resources(devices=[{"allow": False, "access": "rwm"}, *rules])
    return b.capabilities("CAP_SYSLOG", "CAP_SYS_ADMIN")


@test
def device_rules_deny_and_allow(keg):
    result = keg.run(device_bundle(keg))
    assert result.out == "= 1\n= 1\nok\n" and result.err.count("EPERM") == 2, result
    row = {"allow": True, "type": "c", "major": 1, "minor": 11}
    result = keg.run(device_bundle(keg, {**row, "access": "rw"}))
    assert result.out == "ok\nok\nok\n", result
    result = keg.run(device_bundle(keg, {**row, "access": "w"}))
    assert result.out == "= 1\nok\nok\n", result
    result = keg.run(device_bundle(keg, {"allow": True, "access": "rwm"}, {**row, "allow": False, "access": "r"}))
    assert result.out == "= 1\nok\nok\n", result


@test
def update_changes_the_device_rules(keg):
    b = device_bundle(keg)
    b.guest("sleep", GUEST_SECONDS)
    id = keg.started(b)
    assert keg.exec(id, "/guest", "open", "r", "/dev/kmsg").code == 1
    row = {"allow": True, "type": "c", "major": 1, "minor": 11, "access": "r"}
    result = keg.cmd("update", "-r", "-", id, stdin=json.dumps({"devices": [{"allow": False, "access": "rwm"}, row]}))
    assert result.code == 0, result
    assert keg.exec(id, "/guest", "open", "r", "/dev/kmsg").code == 0
    assert keg.exec(id, "/guest", "open", "w", "/dev/kmsg").code == 1
