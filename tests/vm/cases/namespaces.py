"""What a container's namespaces are filled with: clocks, interfaces, kernel parameters."""

import time

from harness import test


def text(path):
    with open(path) as f:
        return f.read().strip()


# --- time ------------------------------------------------------------------------------------------


def clocks(out):
    return {name: int(value) for name, value in (line.split() for line in out.splitlines())}


@test
def clocks_are_moved_by_the_offsets(keg):
    b = keg.bundle(args=["/guest", "pause"]).namespace("time")
    b.linux["timeOffsets"] = {"monotonic": {"secs": 100000, "nanosecs": 5}, "boottime": {"secs": 200000}}
    keg.started(b)
    before = [int(time.clock_gettime(c)) for c in (time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME)]
    seen = clocks(keg.exec(b.id, "/guest", "clocks").out)
    after = [int(time.clock_gettime(c)) + 1 for c in (time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME)]
    assert before[0] + 100000 <= seen["monotonic"] <= after[0] + 100000
    assert before[1] + 200000 <= seen["boottime"] <= after[1] + 200000
    # And for the first process itself, which came into the namespace by being its first child.
    assert keg.exec(b.id, "/guest", "readlink", "/proc/1/ns/time").out == \
        keg.exec(b.id, "/guest", "readlink", "/proc/self/ns/time").out


@test
def the_first_process_sees_the_moved_clocks(keg):
    b = keg.bundle(args=["/guest", "then", "clocks"]).namespace("time")
    b.linux["timeOffsets"] = {"boottime": {"secs": 5000000}}
    result = keg.run(b)
    assert result.code == 0 and clocks(result.out)["boottime"] >= 5000000, result


@test
def clocks_move_in_a_user_namespace_too(keg):
    b = keg.bundle(args=["/guest", "clocks"]).id_maps().namespace("time")
    b.linux["timeOffsets"] = {"monotonic": {"secs": 70000}}
    result = keg.run(b)
    assert result.code == 0 and clocks(result.out)["monotonic"] >= 70000, result


@test
def an_offset_before_the_clock_began_is_refused(keg):
    b = keg.bundle(args=["/guest", "clocks"]).namespace("time")
    b.linux["timeOffsets"] = {"monotonic": {"secs": -100000000}}
    result = keg.run(b)
    assert result.code != 0 and "/linux/timeOffsets" in result.err, result.err


# --- interfaces ------------------------------------------------------------------------------------


def dummy(keg, name="given0"):
    for words in (["link", "add", name, "type", "dummy"], ["addr", "add", "10.11.12.13/24", "dev", name],
                  ["addr", "add", "fd00:11::13/64", "dev", name, "nodad"], ["link", "set", name, "up"]):
        assert keg.sh("ip", *words).code == 0
    keg.at_end(remove, keg, name)
    return name


def remove(keg, name):
    """What a container was given went away with its namespace; what it was not is still here."""
    if name in names(keg):
        assert keg.sh("ip", "link", "del", name).code == 0


def names(keg):
    return {line.split(":")[1].split("@")[0].strip() for line in keg.sh("ip", "-o", "link").out.splitlines()}


@test
def an_interface_moves_in_with_its_addresses_and_a_new_name(keg):
    b = keg.bundle(args=["/bin/busybox", "ip", "addr"], busybox=True)
    b.linux["netDevices"] = {dummy(keg): {"name": "eth9"}}
    result = keg.run(b)
    assert result.code == 0, result.err
    assert "eth9" in result.out and "given0" not in result.out
    line = next(line for line in result.out.splitlines() if "eth9:" in line)
    assert "UP" in line.split("<")[1].split(">")[0].split(",")
    assert "inet 10.11.12.13/24" in result.out and "inet6 fd00:11::13/64" in result.out
    assert "given0" not in names(keg)


@test
def an_interface_moves_in_under_its_own_name(keg):
    b = keg.bundle(args=["/guest", "then", "ls", "/sys/class/net"]).id_maps()
    b.linux["netDevices"] = {dummy(keg): {}}
    result = keg.run(b)
    assert (result.code, result.out) == (0, "given0\nlo\n"), result


@test
def parameters_of_a_given_interface_can_be_set(keg):
    b = keg.bundle(args=["/guest", "cat", "/proc/sys/net/ipv4/conf/eth9/forwarding"])
    b.linux["netDevices"] = {dummy(keg): {"name": "eth9"}}
    b.linux["sysctl"] = {"net.ipv4.conf.eth9.forwarding": "1"}
    result = keg.run(b)
    assert (result.code, result.out) == (0, "1\n"), result


@test
def an_interface_that_is_not_there_is_named(keg):
    b = keg.bundle()
    b.linux["netDevices"] = {"nowhere0": {}}
    result = keg.run(b)
    assert result.code != 0 and "/linux/netDevices/nowhere0" in result.err, result.err


@test
def a_name_that_is_taken_inside_is_refused_and_the_interface_stays(keg):
    b = keg.bundle()
    b.linux["netDevices"] = {dummy(keg): {"name": "lo"}}
    result = keg.run(b)
    assert result.code != 0 and "given0" in result.err, result.err
    assert "given0" in names(keg)


@test
def interfaces_without_a_network_namespace_are_refused(keg):
    b = keg.bundle().without_namespace("network")
    b.linux["netDevices"] = {dummy(keg): {}}
    result = keg.run(b)
    assert result.code != 0 and "/linux/netDevices" in result.err, result.err
    assert "given0" in names(keg)


# --- kernel parameters -----------------------------------------------------------------------------


@test
def parameters_are_set_inside_and_only_there(keg):
    wanted = {"net.ipv4.ip_forward": "1", "net/ipv4/ping_group_range": "0 7", "net.core.somaxconn": "123",
              "kernel.shmmax": "4096000", "kernel.msgmnb": "20000", "fs.mqueue.msg_max": "77",
              "kernel.domainname": "example.test"}
    paths = ["/proc/sys/" + key.replace(".", "/") for key in wanted]
    before = [text(p) for p in paths]
    b = keg.bundle(args=["/guest", "cat", *paths])
    b.linux["sysctl"] = wanted
    result = keg.run(b)
    assert result.code == 0, result.err
    assert [" ".join(line.split()) for line in result.out.splitlines()] == list(wanted.values())
    assert [text(p) for p in paths] == before


@test
def parameters_of_the_network_are_set_in_a_user_namespace(keg):
    b = keg.bundle(args=["/guest", "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"]).id_maps()
    b.linux["sysctl"] = {"net.ipv4.ip_unprivileged_port_start": "80"}
    result = keg.run(b)
    assert (result.code, result.out) == (0, "80\n"), result


@test
def parameters_of_a_namespace_that_is_shared_with_the_host_are_refused(keg):
    for key, kind in (("net.ipv4.ip_forward", "network"), ("kernel.shmmax", "ipc"), ("kernel.domainname", "uts")):
        b = keg.bundle().without_namespace(kind)
        b.config.pop("hostname", None)
        b.linux["sysctl"] = {key: "1"}
        result = keg.run(b)
        assert result.code != 0 and "/linux/sysctl/" + key in result.err, (key, result.err)


@test
def parameters_of_no_namespace_are_refused(keg):
    before = text("/proc/sys/kernel/panic")
    for key in ("kernel.panic", "vm.swappiness", "fs.file-max"):
        b = keg.bundle()
        b.linux["sysctl"] = {key: "7"}
        result = keg.run(b)
        assert result.code != 0 and key in result.err, (key, result.err)
    assert text("/proc/sys/kernel/panic") == before
