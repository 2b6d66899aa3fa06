"""Root file systems and mounts of every type that a container asks for; who sees whose mounts."""

import os

from harness import linux, test, wait_until

MS_SHARED = 1 << 20


def mount_table(text):
    """{mount point: (type, [options], [optional fields], super options)} of a mountinfo text."""
    found = {}
    for line in text.splitlines():
        fields = line.split()
        if "-" in fields[6:] or "-" in fields:
            dash = fields.index("-")
            found[fields[4]] = (fields[dash + 1], fields[5].split(","), fields[6:dash], fields[dash + 3].split(","))
    return found


def overlay(keg, *layers):
    """An overlay in the test's work folder: (upper, merged)."""
    upper, work, merged = (keg.folder(n) for n in ("upper", "work", "merged"))
    keg.mount("overlay", merged, "overlay",
              data=f"lowerdir={':'.join(layers)},upperdir={upper},workdir={work}")
    return upper, merged


# --- the root --------------------------------------------------------------------------------------


@test
def a_root_on_overlay_is_written_to_its_upper_folder(keg):
    b = keg.bundle(args=["/guest", "then", "write", "/etc/made", "by the container", "--", "mounts"])
    upper, merged = overlay(keg, b.rootfs)
    b.config["root"]["path"] = merged
    result = keg.run(b)
    assert result.code == 0, result.err
    assert mount_table(result.out)["/"][0] == "overlay"
    with open(upper + "/etc/made") as f:
        assert f.read() == "by the container"
    assert not os.path.exists(b.rootfs + "/etc/made")


@test
def a_read_only_root_on_overlay_takes_no_writes_and_its_mounts_do(keg):
    b = keg.bundle(args=["/guest", "then", "write", "/data/x", "1", "--", "write", "/etc/x", "1"])
    _, merged = overlay(keg, b.rootfs)
    b.config["root"] = {"path": merged, "readonly": True}
    b.mount("/data", "tmpfs", "tmpfs")
    result = keg.run(b)
    assert result.code == 1 and result.out == "= 1\n" and "EROFS" in result.err, result


@test
def a_user_namespace_has_its_root_on_overlay(keg):
    b = keg.bundle(args=["/guest", "then", "write", "/tmp/made", "x", "--", "stat", "/tmp/made"]).id_maps()
    upper, merged = overlay(keg, b.rootfs)
    b.config["root"]["path"] = merged
    result = keg.run(b)
    assert result.code == 0 and result.out.split()[2] == "0", result
    assert os.stat(upper + "/tmp/made").st_uid == 100000


@test
def a_root_can_be_a_tmpfs(keg):
    b = keg.bundle(args=["/guest", "then", "write", "/made", "x", "--", "mounts"], rootfs=False)
    os.mkdir(b.rootfs)
    keg.mount("tmpfs", b.rootfs, "tmpfs", data="size=32m")
    b.make_rootfs(False)
    result = keg.run(b)
    assert result.code == 0 and mount_table(result.out)["/"][0] == "tmpfs", result
    assert os.path.exists(b.rootfs + "/made")


@test
def a_root_that_is_a_mount_point_with_mounts_below_brings_them(keg):
    b = keg.bundle(args=["/guest", "then", "cat", "/data/below", "--", "ls", "/data"], rootfs=False)
    os.mkdir(b.rootfs)
    keg.mount("tmpfs", b.rootfs, "tmpfs", data="size=32m")
    b.make_rootfs(False)
    os.mkdir(b.rootfs + "/data")
    keg.mount("tmpfs", b.rootfs + "/data", "tmpfs")
    b.file("/data/below", "seen\n")
    result = keg.run(b)
    assert (result.code, result.out) == (0, "seen\nbelow\n"), result


@test(vm=dict(rootfs="tmpfs"))
def containers_run_on_a_machine_whose_root_is_tmpfs(keg):
    result = keg.run(keg.bundle(args=["/guest", "then", "pids", "--", "mounts"]))
    assert result.code == 0 and result.out.startswith("pid 1\n"), result


def on_initramfs(keg, b, *flags):
    """keg run where / is the rootfs that the kernel booted with, which cannot be pivoted.

    That rootfs lies below every machine's root: a process that lets go of the root of its own mount
    namespace and enters the namespace again stands on it. What keg needs is carried over.
    """
    b.write(keg.new_id())
    out = keg.path(f"initramfs.{keg.new_id()}")
    pid = os.fork()
    if pid == 0:
        try:
            linux.unshare(linux.CLONE_NEWNS)
            output = os.open(out, os.O_WRONLY | os.O_CREAT)
            namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
            kept = {path: linux.open_tree(path) for path in ("/proc", "/sys", "/dev", "/keg", "/var")}
            linux.umount("/", linux.MNT_DETACH)
            linux.setns(namespace)
            for path, fd in kept.items():
                os.makedirs(path, exist_ok=True)
                linux.move_mount(fd, path)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.execv(keg.program, keg.argv("run", "--bundle", b.path, *flags, keg.new_id()))
        finally:
            os._exit(99)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with open(out) as f:
        text = f.read()
    print(f"on an initramfs: {code}: {text}")
    return code, text


@test
def where_the_root_cannot_be_pivoted_no_pivot_helps(keg):
    b = keg.bundle(args=["/guest", "then", "ls", "/", "--", "mounts"])
    code, text = on_initramfs(keg, b)
    assert code == 1 and "--no-pivot" in text, text
    code, text = on_initramfs(keg, b, "--no-pivot")
    assert code == 0, text
    assert "guest" in text.splitlines() and "keg" not in text.splitlines()
    table = mount_table(text)
    assert table["/proc"][0] == "proc" and "/var" not in table


@test
def no_pivot_works_with_a_read_only_root_and_a_user_namespace(keg):
    for b in (keg.bundle(args=["/guest", "write", "/x", "1"]), keg.bundle(args=["/guest", "write", "/x", "1"]).id_maps()):
        b.config["root"]["readonly"] = True
        code, text = on_initramfs(keg, b, "--no-pivot")
        assert code == 1 and "EROFS" in text, text


# --- mounts of every type --------------------------------------------------------------------------


@test
def every_type_of_file_system_is_mounted(keg):
    b = keg.bundle(args=["/guest", "mounts"]).namespace("cgroup")
    b.config["mounts"] = []
    for n in ("lower", "upper", "work"):
        keg.folder(n)
    rows = (
        ("/proc", "proc", ["hidepid=2", "nosuid"]),
        ("/dev", "tmpfs", ["nosuid", "mode=755", "size=1m"]),
        ("/dev/pts", "devpts", ["newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        ("/dev/mqueue", "mqueue", ["noexec"]),
        ("/sys", "sysfs", ["ro", "nosuid"]),
        ("/sys/fs/cgroup", "cgroup2", ["ro"]),
        ("/m/cgroup", "cgroup", ["rw"]),
        ("/m/ramfs", "ramfs", []),
        ("/m/tmpfs", "tmpfs", ["size=2m", "nr_inodes=50", "mode=1700", "noatime"]),
        ("/m/overlay", "overlay", [f"{n}dir={keg.path(n)}" for n in ("lower", "upper", "work")]),
        ("/m/debugfs", "debugfs", []),
        ("/m/bpf", "bpf", ["mode=0700"]),
    )
    for point, kind, options in rows:
        b.mount(point, kind, kind, options)
    result = keg.run(b)
    assert result.code == 0, result.err
    table = mount_table(result.out)
    for point, kind, options in rows:
        assert table[point][0] == {"cgroup": "cgroup2"}.get(kind, kind), point
        assert ("ro" if "ro" in options else "rw") in table[point][1], point
    assert "size=2048k" in table["/m/tmpfs"][3] and "nr_inodes=50" in table["/m/tmpfs"][3]
    assert "mode=1700" in table["/m/tmpfs"][3] and "noatime" in table["/m/tmpfs"][1]
    assert "hidepid=invisible" in table["/proc"][3]


@test(alone=True)
def a_container_that_shares_the_cgroup_namespace_leaves_the_options_of_the_hierarchy_alone(keg):
    def options():
        with open("/proc/self/mountinfo") as f:
            return mount_table(f.read())["/sys/fs/cgroup"][3]

    assert keg.sh("mount", "-o", "remount,nsdelegate,memory_recursiveprot", "/sys/fs/cgroup").code == 0
    keg.at_end(keg.sh, "mount", "-o", "remount", "/sys/fs/cgroup")
    before = options()
    assert "nsdelegate" in before
    for ids in (False, True):
        b = keg.bundle(args=["/guest", "then", "mounts", "--", "ls", "/sys/fs/cgroup" + keg.cgroup])
        b.without_namespace("cgroup")
        if ids:
            b.id_maps()
        result = keg.run(b)
        assert result.code == 0, result.err
        kind, flags, _, _ = mount_table(result.out)["/sys/fs/cgroup"]
        assert kind == "cgroup2" and {"ro", "nosuid", "nodev", "noexec"} <= set(flags), flags
        assert "harness" in result.out.splitlines()
        assert options() == before, ids


@test
def a_disk_is_mounted_by_its_type(keg):
    # The machine's own payload disk is the one ext4 at hand, read-only to begin with.
    with open("/proc/self/mountinfo") as f:
        source = next(line.split()[line.split().index("-") + 2] for line in f if line.split()[4] == "/keg")
    b = keg.bundle(args=["/guest", "ls", "/data/tests/vm"]).mount("/data", "ext4", source, ["ro", "nodev"])
    result = keg.run(b)
    assert result.code == 0 and "machine.py" in result.out.splitlines(), result


@test
def an_overlay_of_many_layers_has_options_longer_than_fsconfig_takes(keg):
    layers = [keg.folder(f"a-layer-with-a-name-of-some-length-{n:03}") for n in range(20)]
    for n, layer in enumerate(layers):
        keg.file(f"{os.path.basename(layer)}/file", f"{n}\n")
        keg.file(f"{os.path.basename(layer)}/of-{n}")
    lower = ":".join(layers)
    assert len(lower) > 1500
    for more in ([], [f"upperdir={keg.folder('upper')}", f"workdir={keg.folder('work')}"]):
        b = keg.bundle(args=["/guest", "then", "cat", "/data/file", "--", "ls", "/data", "--",
                             "write", "/data/made", "x"])
        b.mount("/data", "overlay", "overlay", [f"lowerdir={lower}", *more, "nodev"])
        result = keg.run(b)
        lines = result.out.splitlines()
        assert lines[0] == "0" and {f"of-{n}" for n in range(20)} <= set(lines), result
        assert result.code == (0 if more else 1), result
    assert os.path.exists(keg.path("upper/made"))


@test
def a_type_that_the_kernel_does_not_know_is_named(keg):
    result = keg.run(keg.bundle().mount("/data", "nosuchfs", "none"))
    assert result.code != 0 and "nosuchfs" in result.err and "/mounts/" in result.err, result.err


@test
def an_option_that_a_file_system_does_not_know_is_named_with_the_kernel_s_words(keg):
    result = keg.run(keg.bundle().mount("/data", "tmpfs", "tmpfs", ["nosuchoption=1"]))
    assert result.code != 0 and "nosuchoption" in result.err, result.err


# --- propagation -----------------------------------------------------------------------------------


def shared_folder(keg):
    """A mount of the host that is shared, on a tmpfs."""
    folder = keg.folder("shared")
    keg.mount("tmpfs", folder, "tmpfs")
    linux.mount("none", folder, None, MS_SHARED)
    for name in ("before", "after", "inside"):
        os.mkdir(f"{folder}/{name}")
    return folder


def paused(keg, folder, root, *options):
    b = keg.bundle(args=["/guest", "pause"]).bind(folder, "/data", *options)
    if root:
        b.linux["rootfsPropagation"] = root
    b.capabilities("CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE")
    keg.started(b)
    return b


def sees(keg, b, point):
    return point in mount_table(keg.exec(b.id, "/guest", "mounts").out)


def host_sees(point):
    return any(p == point for p, _, _ in linux.mounts())


@test
def a_slave_sees_what_the_host_mounts_and_keeps_its_own(keg):
    folder = shared_folder(keg)
    b = paused(keg, folder, "rslave", "rslave")
    keg.mount("tmpfs", folder + "/after", "tmpfs")
    assert sees(keg, b, "/data/after")
    assert keg.exec(b.id, "/guest", "mount", "x", "/data/inside", "tmpfs").code == 0
    assert sees(keg, b, "/data/inside") and not host_sees(folder + "/inside")


@test
def a_shared_mount_gives_and_takes(keg):
    folder = shared_folder(keg)
    b = paused(keg, folder, "rshared", "rshared")
    keg.mount("tmpfs", folder + "/after", "tmpfs")
    assert sees(keg, b, "/data/after")
    assert keg.exec(b.id, "/guest", "mount", "x", "/data/inside", "tmpfs").code == 0
    assert host_sees(folder + "/inside")
    assert keg.exec(b.id, "/guest", "umount", "/data/inside").code == 0
    assert not host_sees(folder + "/inside")


@test
def a_private_mount_has_no_part_in_either(keg):
    folder = shared_folder(keg)
    b = paused(keg, folder, None, "rprivate")
    keg.mount("tmpfs", folder + "/after", "tmpfs")
    assert not sees(keg, b, "/data/after")
    assert keg.exec(b.id, "/guest", "mount", "x", "/data/inside", "tmpfs").code == 0
    assert not host_sees(folder + "/inside")


@test
def the_root_has_the_propagation_that_was_asked_for(keg):
    for word, field in (("shared", "shared:"), ("rshared", "shared:"), ("private", None), ("unbindable", "unbindable"),
                        (None, None)):
        b = keg.bundle(args=["/guest", "mounts"])
        if word:
            b.linux["rootfsPropagation"] = word
        result = keg.run(b)
        assert result.code == 0, (word, result.err)
        fields = mount_table(result.out)["/"][2]
        assert [f.startswith(field) for f in fields] == [True] if field else fields == [], (word, fields)


@test
def no_propagation_of_the_root_lets_a_mount_of_the_container_out(keg):
    # Everything of the host is shared here, as systemd leaves it.
    keg.mount(keg.work, keg.work, None, linux.MS_BIND)
    linux.mount("none", keg.work, None, MS_SHARED)
    before = linux.mounts()
    for word in ("shared", "rshared", "slave", "rslave", "private", None):
        b = keg.bundle(args=["/guest", "then", "mount", "x", "/tmp", "tmpfs", "--", "mounts"])
        b.capabilities("CAP_SYS_ADMIN")
        b.mount("/data", "tmpfs", "tmpfs")
        if word:
            b.linux["rootfsPropagation"] = word
        result = keg.run(b)
        assert result.code == 0, (word, result)
        wait_until(lambda: linux.mounts() == before, f"the mounts of the host are as before {word}", 5)
