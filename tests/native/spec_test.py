"""spec: a configuration to start from, and that it works."""

import json
import os
import shutil
import pty
import sys

from harness import test, wait_until

from _facts import read

RUN_AS_NOBODY = "import os, sys; os.setgroups([]); os.setresgid(65534, 65534, 65534);" \
                " os.setresuid(65534, 65534, 65534); os.execv(sys.argv[1], sys.argv[1:])"


def written(keg, *flags, **options):
    folder = keg.folder("spec")
    result = keg.cmd("spec", *flags, cwd=folder, **options)
    assert result == (0, "", ""), result
    return json.loads(read(os.path.join(folder, "config.json")))


@test
def spec_writes_what_the_specification_requires(keg):
    config = written(keg)
    assert config["ociVersion"].startswith("1.") and config["root"] == {"path": "rootfs", "readonly": True}
    process = config["process"]
    assert process["args"] == ["sh"] and process["cwd"] == "/" and process["terminal"] is True
    assert process["user"] == {"uid": 0, "gid": 0} and process["noNewPrivileges"] is True
    assert any(row.startswith("PATH=") for row in process["env"])
    sets = process["capabilities"]
    assert sets["bounding"] == sets["effective"] == sets["permitted"] and not sets.get("inheritable"), sets
    kinds = {row["type"] for row in config["linux"]["namespaces"]}
    assert kinds == {"pid", "network", "ipc", "uts", "cgroup", "mount"}, kinds
    points = [row["destination"] for row in config["mounts"]]
    assert points == ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"], points
    assert "/proc/kcore" in config["linux"]["maskedPaths"] and "/proc/sys" in config["linux"]["readonlyPaths"]
    assert config["linux"]["resources"]["devices"] == [{"allow": False, "access": "rwm"}]


@test
def spec_writes_where_it_is_told(keg):
    keg.folder("bundle")
    assert keg.cmd("spec", "--bundle", keg.path("bundle")) == (0, "", "")
    assert keg.cmd("spec", "-b", keg.path("bundle"), "--file", "other.json") == (0, "", "")
    assert read(keg.path("bundle", "config.json")) == read(keg.path("bundle", "other.json"))
    result = keg.cmd("spec", "--bundle", keg.path("missing"))
    assert result.code == 1 and "missing" in result.err and "No such file" in result.err, result


@test
def spec_keeps_a_file_that_is_there(keg):
    keg.file("spec/config.json", "mine")
    result = keg.cmd("spec", cwd=keg.path("spec"))
    assert result.code == 1 and "config.json already exists" in result.err, result
    assert read(keg.path("spec/config.json")) == "mine"


@test
def the_specs_container_runs_as_it_is(keg):
    """Unchanged: a shell on a terminal, found in $PATH, on a read-only rootfs."""
    b = keg.bundle(busybox=True)
    assert keg.cmd("spec", cwd=b.path).code == 0
    keg._ids.append("shell")
    console = keg.console()
    argv = keg.argv("--cgroup-manager=disabled", "run", "--bundle", b.path, "shell")
    config = json.loads(read(b.path + "/config.json"))
    config["linux"].pop("resources")  # the cgroup would lie beside the test's own
    b.write_text(json.dumps(config))
    pid, console.master = pty.fork()
    if pid == 0:
        os.execv(argv[0], argv)
    console.read_until("# ")
    console.write("echo $((6 * 7)) $TERM; echo > /made; exit 17\r")
    console.read_until("Read-only file system")
    wait_until(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT), "keg ends")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 17
    assert b"42 xterm" in console.text, console.text


@test
def a_rootless_spec_maps_the_caller(keg):
    config = written(keg, "--rootless")
    linux = config["linux"]
    assert {row["type"] for row in linux["namespaces"]} >= {"user", "mount", "pid"}
    assert linux["uidMappings"] == [{"containerID": 0, "hostID": os.geteuid(), "size": 1}]
    assert linux["gidMappings"] == [{"containerID": 0, "hostID": os.getegid(), "size": 1}]
    assert not any("gid=" in option for row in config["mounts"] for option in row.get("options", [])), "gid 5 has no map"
    assert "resources" not in linux


@test
def the_rootless_specs_container_runs_without_privilege(keg):
    b = keg.bundle(args=["/guest", "then", "id", "--", "write", "/tmp/made", "x", "--", "cat", "/proc/self/uid_map"])
    for name in ("root.nobody", "spec.nobody"):
        os.chown(keg.folder(name), 65534, 65534)
    for place, folders, files in os.walk(b.rootfs):
        for name in ["", *folders, *files]:
            os.chown(os.path.join(place, name), 65534, 65534)

    program = shutil.copy(keg.program, keg.path("keg"))  # the build may be below a folder of root's

    def as_nobody(*args):
        return keg.sh(sys.executable, "-c", RUN_AS_NOBODY, program, "--root", keg.path("root.nobody"), *args,
                      cwd=keg.path("spec.nobody"))

    assert as_nobody("spec", "--rootless").code == 0
    config = json.loads(read(keg.path("spec.nobody", "config.json")))
    assert config["linux"]["uidMappings"][0]["hostID"] == 65534
    config["process"].update(args=b.process["args"], terminal=False)
    config["root"]["readonly"] = False
    b.write_text(json.dumps(config))
    os.chmod(b.path, 0o755)
    result = as_nobody("--cgroup-manager=disabled", "run", "--bundle", b.path, "rootless")
    assert result.code == 0, result
    assert result.out.startswith("uid 0 0 0\ngid 0 0 0\n") and result.out.split()[-3:] == ["0", "65534", "1"], result
    assert os.stat(b.rootfs + "/tmp/made").st_uid == 65534
