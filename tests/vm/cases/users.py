"""User namespaces: ids inside and outside, idmapped mounts, what such a container may have and do."""

import json
import os

from harness import test, wait_until

HOST = 100000
ALL = ("cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts")
SHORT = {"mount": "mnt", "network": "net"}


def pid_of(keg, b):
    return keg.state(b.id)["pid"]


def status(pid, field):
    with open(f"/proc/{pid}/status") as f:
        return next(line.split()[1:] for line in f if line.startswith(field + ":"))


def maps(*rows):
    return [{"containerID": c, "hostID": h, "size": s} for c, h, s in rows]


def user_bundle(keg, *args, **more):
    b = keg.bundle(args=["/guest", *args], **more).id_maps(HOST)
    # Root of the container is nobody here, and cannot make a mount point.
    os.mkdir(b.rootfs + "/data")
    return b


def type_of(text, point):
    """The file system type and options of a mount point in the text of a mountinfo file."""
    found = None
    for line in text.splitlines():
        fields = line.split()
        if "-" in fields[6:] and fields[4] == point:
            found = fields[fields.index("-") + 1], fields[5]
    return found


@test
def root_of_the_container_is_another_user_outside(keg):
    b = user_bundle(keg, "pause")
    keg.started(b)
    pid = pid_of(keg, b)
    assert status(pid, "Uid") == [str(HOST)] * 4 and status(pid, "Gid") == [str(HOST)] * 4
    inside = keg.exec(b.id, "/guest", "then", "id", "--", "cat", "/proc/self/uid_map")
    assert inside.out.splitlines()[:3] == ["uid 0 0 0", "gid 0 0 0", "groups"], inside
    assert inside.out.splitlines()[3].split() == ["0", str(HOST), "65536"]


@test
def several_ranges_map_each_its_own_ids(keg):
    b = user_bundle(keg, "pause").user(1500, 2, groups=[1600, 3])
    b.linux["uidMappings"] = maps((0, HOST, 1000), (1000, 300000, 1000))
    b.linux["gidMappings"] = maps((0, HOST, 1000), (1000, 400000, 1000))
    keg.started(b)
    pid = pid_of(keg, b)
    assert status(pid, "Uid")[0] == "300500" and status(pid, "Gid")[0] == str(HOST + 2)
    assert sorted(status(pid, "Groups")) == [str(HOST + 3), "400600"]


@test
def an_id_without_a_mapping_is_refused_with_a_hint(keg):
    b = user_bundle(keg, "id").user(70000, 0)
    result = keg.run(b)
    assert result.code != 0 and "70000" in result.err and "mapping" in result.err, result.err


@test
def a_container_can_have_every_namespace_at_once(keg):
    b = user_bundle(keg, "then", "namespaces", "--", "hostname", "--", "mounts")
    for kind in ALL:
        b.namespace(kind)
    b.config["hostname"] = "inside"
    result = keg.run(b)
    assert result.code == 0, result.err
    seen = dict(line.split(" ", 1) for line in result.out.splitlines()[:8])
    for kind in ALL:
        name = SHORT.get(kind, kind)
        assert seen[name] != os.readlink(f"/proc/self/ns/{name}"), kind
    assert "inside" in result.out.splitlines()
    for point, kind in (("/proc", "proc"), ("/sys", "sysfs"), ("/dev", "tmpfs"), ("/dev/pts", "devpts"),
                        ("/dev/mqueue", "mqueue"), ("/sys/fs/cgroup", "cgroup2")):
        assert type_of(result.out, point)[0] == kind, point


@test
def devices_are_bound_from_the_host_and_work(keg):
    names = ("null", "zero", "full", "random", "urandom", "tty")
    b = user_bundle(keg, "then", *sum((["stat", f"/dev/{n}", "--"] for n in names), []), "open", "rw", "/dev/null",
                    "--", "write", "/dev/null", "x", "--", "open", "r", "/dev/zero", "--", "readlink", "/dev/ptmx")
    result = keg.run(b)
    assert result.code == 0, result
    lines = result.out.splitlines()
    assert [line.split()[0] for line in lines[:6]] == ["c"] * 6
    assert [line.split()[-1] for line in lines[:6]] == ["1:3", "1:5", "1:7", "1:8", "1:9", "5:0"]
    assert lines[6:] == ["ok", "ok", "pts/ptmx"]


@test
def a_container_that_shares_the_network_gets_the_sysfs_of_the_host(keg):
    b = user_bundle(keg, "then", "ls", "/sys/class/net", "--", "mounts").without_namespace("network")
    result = keg.run(b)
    assert result.code == 0, result.err
    assert "lo" in result.out.splitlines()
    assert type_of(result.out, "/sys")[0] == "sysfs"
    assert "ro" in type_of(result.out, "/sys")[1].split(",")


@test
def files_of_the_host_that_are_not_mapped_stay_closed(keg):
    secret = keg.file("secret", "secret\n", 0o600)
    b = user_bundle(keg, "cat", "/tmp/secret").bind(secret, "/tmp/secret")
    result = keg.run(b)
    assert result.code == 1 and "EACCES" in result.err, result


# --- idmapped mounts -------------------------------------------------------------------------------


def shared_folder(keg):
    folder = keg.folder("data")
    keg.file("data/of-root", "text\n", 0o600)
    keg.file("data/of-1000", "", 0o600)
    os.chown(keg.path("data/of-1000"), 1000, 1001)
    return folder


LOOK = ("then", "stat", "/data/of-root", "--", "stat", "/data/of-1000", "--", "cat", "/data/of-root", "--",
        "write", "/data/made", "new")


def owners(result):
    return [tuple(line.split()[2:4]) for line in result.out.splitlines()[:2]]


@test
def an_idmapped_mount_shows_the_files_as_the_container_s_own(keg):
    b = user_bundle(keg, *LOOK)
    b.mount("/data", "bind", shared_folder(keg), ["bind"],
            uidMappings=maps((0, HOST, 65536)), gidMappings=maps((0, HOST, 65536)))
    result = keg.run(b)
    assert result.code == 0, result
    assert owners(result) == [("0", "0"), ("1000", "1001")]
    made = os.stat(keg.path("data/made"))
    assert (made.st_uid, made.st_gid) == (0, 0)


@test
def without_a_map_of_its_own_a_mount_takes_the_container_s(keg):
    result = keg.run(user_bundle(keg, *LOOK).mount("/data", "bind", shared_folder(keg), ["bind", "idmap"]))
    assert result.code == 0, result
    assert owners(result) == [("0", "0"), ("1000", "1001")]
    assert os.stat(keg.path("data/made")).st_uid == 0


@test
def an_idmapped_mount_needs_no_user_namespace(keg):
    b = keg.bundle(args=["/guest", "then", "stat", "/data/of-1000", "--", "write", "/data/made", "new"])
    folder = shared_folder(keg)
    os.chown(folder, 1000, 1001)
    b.mount("/data", "bind", folder, ["bind", "idmap=uids=1000-0-1;gids=1001-0-1"])
    result = keg.run(b)
    assert result.code == 0, result
    assert result.out.split()[2:4] == ["0", "0"]
    made = os.stat(keg.path("data/made"))
    assert (made.st_uid, made.st_gid) == (1000, 1001)


@test
def a_recursive_map_reaches_the_mounts_below(keg):
    folder = shared_folder(keg)
    os.mkdir(folder + "/below")
    keg.mount("tmpfs", folder + "/below", "tmpfs")
    keg.file("data/below/file", "", 0o600)
    for word, owner in (("ridmap", "0"), ("idmap", "65534")):
        b = user_bundle(keg, "then", "stat", "/data/of-root", "--", "stat", "/data/below/file")
        result = keg.run(b.bind(folder, "/data", word))
        assert result.code == 0, result
        assert [line.split()[2] for line in result.out.splitlines()] == ["0", owner], word


@test
def a_file_system_that_takes_no_map_is_named(keg):
    b = user_bundle(keg, "true").bind("/proc", "/data", "idmap")
    result = keg.run(b)
    assert result.code != 0 and "/proc" in result.err and "idmapped" in result.err, result.err


@test
def only_a_bind_mount_can_be_mapped(keg):
    b = user_bundle(keg, "true").mount("/data", "tmpfs", "tmpfs", ["idmap"])
    result = keg.run(b)
    assert result.code != 0 and "idmapped" in result.err and "/mounts/" in result.err, result.err


# --- what belongs to others ------------------------------------------------------------------------


@test
def a_user_namespace_of_another_container_can_be_joined(keg):
    first = user_bundle(keg, "pause")
    keg.started(first)
    pid = pid_of(keg, first)
    second = keg.bundle(args=["/guest", "then", "id", "--", "namespaces"])
    second.namespace("user", f"/proc/{pid}/ns/user")
    result = keg.run(second)
    assert result.code == 0, result.err
    assert "uid 0 0 0" in result.out
    assert f"user {os.readlink(f'/proc/{pid}/ns/user')}" in result.out.splitlines()


@test
def namespaces_of_another_user_namespace_can_be_joined_with_it(keg):
    first = user_bundle(keg, "pause")
    for kind in ALL:
        first.namespace(kind)
    first.config["hostname"] = "first"
    keg.started(first)
    pid = pid_of(keg, first)
    second = keg.bundle(args=["/guest", "then", "hostname", "--", "namespaces"])
    del second.config["hostname"]
    for kind in ("user", "uts", "ipc", "network", "pid"):
        second.namespace(kind, f"/proc/{pid}/ns/{SHORT.get(kind, kind)}")
    result = keg.run(second)
    assert result.code == 0, result.err
    assert result.out.splitlines()[0] == "first"
    for kind in ("user", "uts", "ipc", "net", "pid"):
        assert f"{kind} {os.readlink(f'/proc/{pid}/ns/{kind}')}" in result.out.splitlines(), kind


# --- a delegated cgroup ----------------------------------------------------------------------------


@test
def a_container_may_divide_the_cgroup_that_it_was_given(keg):
    b = user_bundle(keg, "then", "cat", "/proc/self/cgroup", "--", "mkdir", "/sys/fs/cgroup/own", "--",
                    "open-write", "/sys/fs/cgroup/own/cgroup.procs", "0", "--",
                    "open-write", "/sys/fs/cgroup/cgroup.subtree_control", "+pids", "--",
                    "mkdir", "/sys/fs/cgroup/other", "--",
                    "open-write", "/sys/fs/cgroup/other/pids.max", "7", "--",
                    "cat", "/proc/self/cgroup", "/sys/fs/cgroup/other/pids.max", "--",
                    "open-write", "/sys/fs/cgroup/pids.max", "max")
    b.namespace("cgroup").without_mount("/sys/fs/cgroup")
    b.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["rw", "nosuid", "noexec", "nodev"])
    b.resources(pids={"limit": 50})
    result = keg.run(b)
    lines = result.out.splitlines()
    # Its own limits are the host's to change: the last word fails, and everything before it worked.
    assert lines == ["0::/", "0::/own", "7", "= 1"], result
    assert "pids.max" in result.err and ("EACCES" in result.err or "EPERM" in result.err), result.err
    assert not os.path.exists(b.cgroup_path())


@test
def what_a_container_left_in_its_cgroup_is_removed_with_it(keg):
    b = user_bundle(keg, "then", "mkdir", "/sys/fs/cgroup/a", "--", "mkdir", "/sys/fs/cgroup/a/b", "--",
                    "open-write", "/sys/fs/cgroup/a/b/cgroup.procs", "0", "--", "pause")
    b.namespace("cgroup").without_mount("/sys/fs/cgroup")
    b.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["rw", "nosuid", "noexec", "nodev"])
    keg.started(b)
    wait_until(lambda: "pausing" in keg.container_out(b), "the container is in its own cgroup")
    assert keg.exec(b.id, "/guest", "exit", "4").code == 4
    assert len(keg.cmd("ps", "--format", "json", b.id).out.split(",")) == 1
    assert keg.delete(b.id, "--force").code == 0
    assert not os.path.exists(b.cgroup_path())


@test
def an_exec_goes_where_the_container_moved_to_when_its_cgroup_was_divided(keg):
    b = user_bundle(keg, "then", "mkdir", "/sys/fs/cgroup/init", "--",
                    "open-write", "/sys/fs/cgroup/init/cgroup.procs", "0", "--",
                    "open-write", "/sys/fs/cgroup/cgroup.subtree_control", "+pids", "--", "pause")
    b.namespace("cgroup").without_mount("/sys/fs/cgroup")
    b.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["rw", "nosuid", "noexec", "nodev"])
    keg.started(b)
    wait_until(lambda: "pausing" in keg.container_out(b), "the container has divided its cgroup")
    result = keg.exec(b.id, "/guest", "cat", "/proc/self/cgroup")
    assert (result.code, result.out) == (0, "0::/init\n"), result
    assert keg.cmd("pause", b.id).code == 0
    assert keg.cmd("resume", b.id).code == 0
    assert keg.kill(b.id, "TERM").code == 0
    keg.wait_status(b.id, "stopped")
    assert keg.delete(b.id).code == 0
    assert not os.path.exists(b.cgroup_path())


# --- without privilege -----------------------------------------------------------------------------


BECOME = "import os, sys; u = int(sys.argv[1]); os.setgroups([]); os.setresgid(u, u, u); os.setresuid(u, u, u); " \
         "os.execv(sys.argv[2], sys.argv[2:])"


def as_user(keg, uid):
    """keg as a user with nothing but a folder of its own: run(command, bundle) -> Result."""
    root = keg.folder("own-root")
    os.chown(root, uid, uid)

    def run(*words):
        return keg.sh("python3", "-IS", "-c", BECOME, uid, keg.program, "--root", root, "--cgroup-manager=disabled",
                      *words)

    return run


def own_bundle(keg, uid, *args):
    b = keg.bundle(args=["/guest", *args])
    b.id_maps()
    b.linux["uidMappings"] = maps((0, uid, 1))
    b.linux["gidMappings"] = maps((0, uid, 1))
    b.linux.pop("resources", None)
    b.without_mount("/sys/fs/cgroup").without_mount("/dev/pts")
    b.mount("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"])
    b.write("own")
    for place, folders, names in os.walk(b.path):
        for name in [".", *folders, *names]:
            os.lchown(os.path.join(place, name), uid, uid)
    return b


@test
def a_user_without_privilege_runs_a_container_of_his_own(keg):
    b = own_bundle(keg, 1000, "then", "id", "--", "write", "/made", "x", "--", "pids", "--", "open", "rw", "/dev/null")
    result = as_user(keg, 1000)("run", "--bundle", b.path, "own")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[:2] == ["uid 0 0 0", "gid 0 0 0"] and "pid 1" in lines and lines[-1] == "ok", result
    assert os.stat(b.rootfs + "/made").st_uid == 1000


@test
def a_user_without_privilege_goes_through_a_whole_life(keg):
    b = own_bundle(keg, 1000, "pause")
    run = as_user(keg, 1000)
    assert run("create", "--bundle", b.path, "own").code == 0
    assert run("start", "own").code == 0
    assert run("exec", "own", "/guest", "exit", "5").code == 5
    assert '"running"' in run("state", "own").out
    assert run("kill", "own", "KILL").code == 0
    wait_until(lambda: '"stopped"' in run("state", "own").out, "the container stops")
    assert run("delete", "own").code == 0


@test
def groups_that_such_a_user_cannot_give_are_refused_with_a_hint(keg):
    b = own_bundle(keg, 1000, "id")
    b.process["user"]["additionalGids"] = [0]
    b.write("own")
    result = as_user(keg, 1000)("run", "--bundle", b.path, "own")
    assert result.code != 0 and "additionalGids" in result.err and "privilege" in result.err, result.err


@test
def the_rootless_document_of_keg_spec_runs_as_it_is(keg):
    for uid in (1000, 0):
        b = keg.bundle(args=["/guest", "id"])
        root = keg.folder(f"root-of-{uid}")
        for place, folders, names in os.walk(b.path):
            for name in [".", *folders, *names]:
                os.lchown(os.path.join(place, name), uid, uid)
        os.chown(root, uid, uid)

        def run(*words):
            return keg.sh("python3", "-IS", "-c", BECOME, uid, keg.program, "--root", root, *words)

        assert run("spec", "--rootless", "--bundle", b.path).code == 0
        with open(b.path + "/config.json") as f:
            config = json.load(f)
        config["process"].update(args=["/guest", "id"], terminal=False)
        b.write_text(json.dumps(config))
        result = run("run", "--bundle", b.path, "own")
        assert result.code == 0 and result.out.startswith("uid 0 0 0"), (uid, result)


@test
def a_limit_that_a_user_without_a_cgroup_asks_for_is_refused(keg):
    b = own_bundle(keg, 1000, "id")
    b.linux["resources"] = {"pids": {"limit": 10}}
    b.write("own")
    result = as_user(keg, 1000)("run", "--bundle", b.path, "own")
    assert result.code != 0 and "/linux/resources" in result.err, result.err
