"""The configurations that podman, containerd, crun and runc write, run with every one of their limits.

Only what belongs to the machine they were made on is changed: the root, the program, sources of bind
mounts, hooks and labels.
"""

import json
import os

from harness import test

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../data/configs")


def bundle(keg, name, *args):
    b = keg.bundle(args=[])
    with open(os.path.join(DATA, name + ".json")) as f:
        b.config = f_config = json.load(f)
    b.process, b.linux = f_config["process"], f_config["linux"]
    f_config["root"]["path"] = "rootfs"
    f_config["mounts"] = [m for m in f_config["mounts"] if m["type"] != "bind"]
    f_config.pop("hooks", None)
    for namespace in b.linux["namespaces"]:
        namespace.pop("path", None)
    for holder, key in ((b.process, "apparmorProfile"), (b.process, "selinuxLabel"), (b.linux, "mountLabel"),
                        (b.linux, "cgroupsPath")):
        holder.pop(key, None)
    for mount in f_config["mounts"]:
        # Root of a user namespace is nobody in this root, and cannot make a mount point.
        os.makedirs(b.rootfs + mount["destination"], exist_ok=True)
    b.process.update(terminal=False, cwd="/", args=["/guest", *map(str, args)])
    return b


def test_of(name):
    def function(keg):
        b = bundle(keg, name, "then", "id", "--", "nnp", "--", "rlimits")
        result = keg.run(b)
        assert result.code == 0, result.err
        user = b.process["user"]
        assert f"uid {user['uid']} {user['uid']} {user['uid']}" in result.out
        assert f"gid {user['gid']} {user['gid']} {user['gid']}" in result.out
        assert f"no_new_privs {int(b.process.get('noNewPrivileges', False))}" in result.out
        assert f"seccomp {2 if b.linux.get('seccomp') else 0}" in result.out
        for limit in b.process.get("rlimits", []):
            soft, hard = (-1 if n == (1 << 64) - 1 else n for n in (limit["soft"], limit["hard"]))
            assert f"{limit['type']} {soft} {hard}" in result.out, limit

    function.__name__ = "the_configuration_" + name.replace("-", "_") + "_runs"
    return test(function, needs=["cap:sys_resource"])


for _name in sorted(os.listdir(DATA)):
    if _name.endswith(".json"):
        test_of(_name[: -len(".json")])


@test
def the_limits_of_a_podman_container_end_in_its_cgroup(keg):
    b = bundle(keg, "podman-userns-limits", "pause")
    resources = b.linux["resources"]
    keg.started(b)

    def read(name):
        with open(f"{b.cgroup_path()}/{name}") as f:
            return f.read().strip()

    assert read("memory.max") == str(resources["memory"]["limit"])
    assert read("pids.max") == str(resources["pids"]["limit"])
    with open(f"/proc/{keg.state(b.id)['pid']}/uid_map") as f:
        rows = [[int(n) for n in line.split()] for line in f]
    assert rows == [[m["containerID"], m["hostID"], m["size"]] for m in b.linux["uidMappings"]]
