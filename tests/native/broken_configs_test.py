"""What a broken config.json is answered with: one clear line, and nothing left behind.

A case is a row of CASES: a function that breaks a good bundle, and the golden file
tests/data/broken/NAME with what `keg run` and `keg create` must both say and exit with.
Only the bundle's folder and the test's cgroup are replaced in it. Where a message was meant
to change, KEG_GOLDEN=write writes the files anew; read the difference before committing it.

The harness finds what is left behind (processes, mounts, cgroups, interfaces, state files).
"""

import json
import os
import re

from harness import test

GOLDEN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "broken")

CASES = {}
# `run` waits for the container and is its terminal.
COMMANDS = {"terminal_without_console_socket": ("create",)}
# There is no member to point at.
WHOLE_DOCUMENT = {"empty_file", "not_json", "comment", "not_an_object", "invalid_utf8", "one_gigabyte_line", "no_config",
                  "config_is_a_folder"}


def case(function):
    CASES[function.__name__] = function
    return function


# --- the document is no JSON ------------------------------------------------------------------
# These return the bytes of config.json.


@case
def empty_file(b):
    return b""


@case
def not_json(b):
    return b"ociVersion: 1.0.2\n"


@case
def cut_off(b):
    return json.dumps(b.config, indent=1)[:300].encode()


@case
def trailing_comma(b):
    return b'{\n "ociVersion": "1.0.2",\n "process": {\n  "args": ["/guest", "true",],\n  "cwd": "/"\n }\n}\n'


@case
def duplicate_key(b):
    return b'{"ociVersion": "1.0.2", "root": {"path": "rootfs"}, "linux": {"sysctl": {"a.b": "1", "a.b": "2"}}}'


@case
def invalid_utf8(b):
    return b'{\n "ociVersion": "1.0.2",\n "hostname": "caf\xe9"\n}\n'


@case
def nul_in_a_text(b):
    return b'{"ociVersion": "1.0.2", "process": {"cwd": "/", "args": ["/guest\\u0000"]}, "root": {"path": "rootfs"}}'


@case
def nested_too_deeply(b):
    return b'{"ociVersion": "1.0.2", "hooks": ' + b"[" * 100000


@case
def comment(b):
    return b'{ "ociVersion": "1.0.2" /* the version */ }'


@case
def not_an_object(b):
    return b'["ociVersion", "1.0.2"]'


@case
def one_gigabyte_line(b):
    with open(os.path.join(b.path, "config.json"), "wb") as f:
        f.write(b'{"ociVersion": "')
        f.truncate(1 << 30)


@case
def no_config(b):
    os.rename(os.path.join(b.path, "config.json"), os.path.join(b.path, "config.yaml"))


@case
def config_is_a_folder(b):
    os.unlink(os.path.join(b.path, "config.json"))
    os.mkdir(os.path.join(b.path, "config.json"))


# --- members of the wrong type, missing, or with unknown words ------------------------------------
# These change b.config.


@case
def no_version(b):
    del b.config["ociVersion"]


@case
def version_of_the_future(b):
    b.config["ociVersion"] = "2.0.0"


@case
def wrong_type_of_a_number(b):
    b.resources(memory={"limit": "1G"})


@case
def wrong_type_in_an_array(b):
    b.process["capabilities"]["bounding"] = ["CAP_KILL", "CAP_CHOWN", 7]


@case
def wrong_type_of_an_array(b):
    b.mount("/data", "tmpfs", "tmpfs")
    b.config["mounts"][-1]["options"] = {"size": "1m"}


@case
def wrong_type_deep_down(b):
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]},
        {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": True, "op": "SCMP_CMP_EQ"}]}]}


@case
def number_out_of_range(b):
    b.process["user"] = {"uid": 4294967296, "gid": 0}


@case
def negative_number(b):
    b.rlimit("RLIMIT_NOFILE", -1, 1024)


@case
def fraction(b):
    b.resources(pids={"limit": 10.5})


@case
def no_process(b):
    del b.config["process"]


@case
def no_args(b):
    b.args()


@case
def no_cwd(b):
    del b.process["cwd"]


@case
def relative_cwd(b):
    b.cwd("tmp")


@case
def no_root(b):
    del b.config["root"]


@case
def unknown_capability(b):
    b.capabilities("CAP_KILL", "CAP_FLY")


@case
def unknown_namespace(b):
    b.namespace("universe")


@case
def namespace_twice(b):
    b.linux["namespaces"].append({"type": "network"})
    b.linux["namespaces"].append({"type": "network"})


@case
def unknown_rlimit(b):
    b.rlimit("RLIMIT_PATIENCE", 1, 1)


@case
def rlimit_twice(b):
    b.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}] * 2


@case
def soft_limit_above_the_hard_one(b):
    b.rlimit("RLIMIT_NOFILE", 2048, 1024)


@case
def oom_score_out_of_range(b):
    b.process["oomScoreAdj"] = 5000


@case
def environment_without_equals(b):
    b.env("PATH")


@case
def unknown_seccomp_action(b):
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_EXPLODE"}


@case
def unknown_seccomp_architecture(b):
    b.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PDP11"]}


@case
def unknown_propagation(b):
    b.linux["rootfsPropagation"] = "sideways"


@case
def unknown_scheduler(b):
    b.process["scheduler"] = {"policy": "SCHED_LOTTERY"}


@case
def unknown_io_priority(b):
    b.process["ioPriority"] = {"class": "IOPRIO_CLASS_VIP", "priority": 1}


@case
def unknown_personality(b):
    b.linux["personality"] = {"domain": "OS2"}


@case
def unknown_device_type(b):
    b.linux["devices"] = [{"path": "/dev/x", "type": "z", "major": 1, "minor": 3}]


@case
def device_without_numbers(b):
    b.linux["devices"] = [{"path": "/dev/x", "type": "c"}]


@case
def unknown_device_access(b):
    b.resources(devices=[{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "access": "rx"}])


# --- user namespaces, control groups, sysctl -------------------------------------------------------


@case
def id_map_of_size_zero(b):
    b.id_maps(size=0)


@case
def id_maps_overlap(b):
    b.id_maps()
    b.linux["uidMappings"].append({"containerID": 10, "hostID": 300000, "size": 5})


@case
def id_map_beyond_the_end(b):
    b.id_maps(host_id=4294967000, size=65536)


@case
def id_map_without_user_namespace(b):
    b.linux["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 65536}]


@case
def user_namespace_with_half_an_id_map(b):
    b.namespace("user")
    b.linux["uidMappings"] = [{"containerID": 0, "hostID": 1000, "size": 1}]


@case
def cgroup_path_upwards(b):
    b.linux["cgroupsPath"] = f"{b.keg.cgroup}/../../etc"


@case
def unified_key_upwards(b):
    b.resources(unified={"../cgroup.procs": "0"})


@case
def sysctl_of_the_host(b):
    b.linux["sysctl"] = {"kernel.panic": "1"}


@case
def sysctl_upwards(b):
    b.linux["sysctl"] = {"net.ipv4/../../kernel/panic": "1"}


@case
def sysctl_of_the_hosts_network(b):
    b.without_namespace("network").linux["sysctl"] = {"net.ipv4.ip_forward": "1"}


@case
def unknown_sysctl(b):
    b.linux["sysctl"] = {"net.ipv4.warp_speed": "9"}


@case
def time_offsets_without_time_namespace(b):
    b.linux["timeOffsets"] = {"monotonic": {"secs": 5}}


@case
def namespace_that_is_not_there(b):
    b.namespace("network", "/run/netns/nowhere")


@case
def namespace_of_another_kind(b):
    b.namespace("network", "/proc/self/ns/uts")


@case
def namespace_that_is_a_file(b):
    b.namespace("ipc", os.path.join(b.path, "config.json"))


@case
def network_device_that_is_not_there(b):
    b.linux["netDevices"] = {"nowhere0": {}}


# --- root file system and mounts ---------------------------------------------------------------------


@case
def no_rootfs(b):
    b.config["root"]["path"] = "no-rootfs"


@case
def rootfs_is_a_file(b):
    b.config["root"]["path"] = "rootfs/guest"


@case
def mount_target_upwards(b):
    b.mount("/../../../escape", "tmpfs", "tmpfs", ["bogus"])


@case
def mount_target_is_a_loop(b):
    os.symlink("/loop", os.path.join(b.rootfs, "loop"))
    b.mount("/loop", "tmpfs", "tmpfs")


@case
def mount_target_behind_a_file(b):
    b.mount("/guest/data", "tmpfs", "tmpfs")


@case
def mount_target_is_a_magic_link(b):
    os.symlink("/proc/1/root/tmp", os.path.join(b.rootfs, "out"))
    b.mount("/out", "tmpfs", "tmpfs")


@case
def mount_target_links_to_a_magic_link_of_the_host(b):
    os.symlink("/proc/self/fd/3", os.path.join(b.rootfs, "out"))
    b.mount("/out/tmp", "tmpfs", "tmpfs")


@case
def proc_on_a_link(b):
    b.without_mount("/proc")
    os.rmdir(os.path.join(b.rootfs, "proc"))
    os.symlink("/tmp", os.path.join(b.rootfs, "proc"))
    b.config["mounts"].insert(0, {"destination": "/proc", "type": "proc", "source": "proc"})


@case
def unknown_mount_option(b):
    b.mount("/data", "tmpfs", "tmpfs", ["nosuid", "bogus"])


@case
def mount_option_with_a_bad_value(b):
    b.mount("/data", "tmpfs", "tmpfs", ["nosuid", "size=plenty"])


@case
def unknown_file_system(b):
    b.mount("/data", "bogusfs", "none")


@case
def bind_source_that_is_not_there(b):
    b.bind(os.path.join(b.path, "nowhere"), "/data")


@case
def file_bound_on_a_folder(b):
    b.bind(os.path.join(b.path, "config.json"), "/etc")


# --- hooks and the process ---------------------------------------------------------------------------


@case
def hook_timeout(b):
    b.hook("createRuntime", b.keg.context.guest, "sleep", "300", timeout=1)


@case
def hook_timeout_of_zero(b):
    b.hook("createRuntime", b.keg.context.guest, "true", timeout=0)


@case
def relative_hook(b):
    b.hook("prestart", "bin/hook")


@case
def hook_that_is_not_there(b):
    b.hook("createRuntime", "/nowhere/hook")


@case
def hook_that_fails(b):
    b.hook("createRuntime", b.keg.context.guest, "true")
    b.hook("createRuntime", b.keg.context.guest, "exit", "3")


@case
def hook_in_the_container_that_is_not_there(b):
    b.hook("createContainer", "/nowhere/hook")


@case
def program_that_is_not_there(b):
    b.args("/nowhere/program")


@case
def program_that_is_not_in_path(b):
    b.args("nowhere")


@case
def program_that_is_a_folder(b):
    b.args("/tmp")


@case
def program_that_is_not_executable(b):
    b.file("/script", "echo hello\n", 0o644).args("/script")


@case
def cwd_is_a_file(b):
    b.cwd("/guest")


@case
def unknown_security_label(b):
    b.process["apparmorProfile"] = "no-such-profile"


@case
def terminal_without_console_socket(b):
    b.terminal()


# --- the test of each --------------------------------------------------------------------------------


def normalised(bundle, text):
    for path, name in ((bundle.path, "BUNDLE"), (bundle.keg.context.guest, "GUEST"), (bundle.keg.work, "WORK"),
                       (bundle.keg.cgroup, "/CGROUP")):
        text = text.replace(path, name)
    return text


def answer(keg, bundle, command):
    """Exit status and stderr, as the golden file has them."""
    result = keg.cmd(command, "--bundle", bundle.path, "broken")
    assert result.out == "", result.out
    return normalised(bundle, f"{result.code}\n{result.err}")


def break_bundle(keg, change):
    bundle = keg.bundle()
    bundle.write("broken")
    raw = change(bundle)
    if raw is not None:
        with open(os.path.join(bundle.path, "config.json"), "wb") as f:
            f.write(raw)
    elif os.path.isfile(os.path.join(bundle.path, "config.json")) and \
            os.path.getsize(os.path.join(bundle.path, "config.json")) < 1 << 20:
        bundle.write("broken")
    return bundle


def check(keg, name, change):
    bundle = break_bundle(keg, change)
    path = os.path.join(GOLDEN, name)
    said = {command: answer(keg, bundle, command) for command in COMMANDS.get(name, ("create", "run"))}
    assert os.listdir(keg.root) == [], os.listdir(keg.root)
    assert not os.path.exists(bundle.cgroup_path("broken"))
    if os.environ.get("KEG_GOLDEN") == "write":
        with open(path, "w") as f:
            f.write(said["create"])
    for command, text in said.items():
        print(f"{command}: {text}")
    with open(path) as f:
        golden = f.read()
    for command, text in said.items():
        assert text == golden, f"keg {command} says\n{text}instead of\n{golden}"
        code, _, message = text.partition("\n")
        assert int(code) != 0
        pointer = "" if name in WHOLE_DOCUMENT else r"/[^ ]*: "
        assert re.fullmatch(rf"keg: [a-z]+: {pointer}[^\n]+\n", message), \
            f"not one line with phase and JSON pointer: {message!r}"


for _name, _change in CASES.items():
    def _function(keg, name=_name, change=_change):
        check(keg, name, change)
    _function.__name__ = _name
    test(_function)


@test
def an_absolute_symlink_in_a_mount_target_stays_below_the_root(keg):
    b = keg.bundle(args=["/guest", "ls", keg.path("host")])
    outside = keg.folder("host")
    os.symlink(outside, os.path.join(b.rootfs, "data"))
    b.mount("/data/inside", "tmpfs", "tmpfs")
    result = keg.run(b)
    assert (result.code, result.out) == (0, "inside\n"), result
    assert os.listdir(outside) == []
    assert os.path.isdir(b.rootfs + outside + "/inside")
