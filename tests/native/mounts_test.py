"""The container's file system: rootfs, mounts of every kind, propagation, devices, masked and read-only paths."""

import os
import stat

from harness import linux, test, wait_until
from harness.bundle import Bundle

from _facts import GUEST_SECONDS, mount_table, read

MS_SHARED, MS_SLAVE = 1 << 20, 1 << 19


def output(keg, bundle, *flags):
    result = keg.run(bundle, *flags)
    assert result.code == 0, result
    return result.out


def refusal(keg, bundle):
    result = keg.run(bundle)
    assert result.code == 1 and result.out == "" and os.listdir(keg.root) == [], result
    return result.err


def table(keg, bundle, *flags):
    bundle.guest("mounts")
    return mount_table(output(keg, bundle, *flags))


# --- rootfs ---------------------------------------------------------------------------------


@test
def the_container_sees_its_rootfs_and_nothing_of_the_host(keg):
    b = keg.bundle().file("/etc/mine", "yes")
    b.guest("then", "ls", "/", "--", "cat", "/etc/mine")
    assert output(keg, b).split() == ["dev", "etc", "guest", "proc", "root", "run", "sys", "tmp", "var", "yes"]
    mounts = table(keg, b)
    assert set(mounts) >= {"/", "/proc", "/dev", "/sys", "/dev/pts", "/dev/shm"}
    assert not any(keg.work in point for point in mounts), mounts


@test
def a_rootfs_is_found_by_its_absolute_path_too(keg):
    b = keg.bundle(args=["/guest", "echo", "there"])
    b.config["root"]["path"] = b.rootfs
    assert output(keg, b) == "there\n"
    b.config["root"]["path"] = "missing"
    err = refusal(keg, b)
    assert "/root/path" in err and "missing" in err and "No such file" in err, err
    b.file("/plain")
    b.config["root"]["path"] = "rootfs/plain"
    assert "Not a directory" in refusal(keg, b)


@test
def a_read_only_rootfs_takes_no_file_and_its_mounts_do(keg):
    b = keg.bundle().mount("/data", "tmpfs", "tmpfs")
    b.guest("then", "write", "/made", "x", "--", "write", "/data/made", "x", "--", "cat", "/data/made")
    os.mkdir(b.rootfs + "/data")
    b.config["root"]["readonly"] = True
    result = keg.run(b)
    assert "/made: Read-only file system (EROFS)" in result.err and result.out == "= 1\nx", result
    assert not os.path.exists(b.rootfs + "/made")
    b.config["root"]["readonly"] = False
    assert output(keg, b) == "x" and os.path.exists(b.rootfs + "/made")


@test
def a_bundle_on_overlay_works(keg):
    for name in ("upper", "work", "merged"):
        keg.folder(name)
    b = keg.bundle()
    keg.mount("overlay", keg.path("merged"), "overlay", 0,
              f"lowerdir={b.rootfs},upperdir={keg.path('upper')},workdir={keg.path('work')}")
    b.config["root"]["path"] = keg.path("merged")
    b.guest("then", "write", "/made", "x", "--", "cat", "/made", "--", "rm", "/guest")
    assert output(keg, b) == "x"
    assert read(keg.path("upper", "made")) == "x" and not os.path.exists(b.rootfs + "/made")
    assert stat.S_ISCHR(os.lstat(keg.path("upper", "guest")).st_mode), "a whiteout"
    assert os.path.exists(b.rootfs + "/guest")


@test
def without_pivot_root_the_rootfs_is_moved(keg):
    b = keg.bundle().guest("ls", "/")
    assert "guest" in output(keg, b, "--no-pivot").split()


@test
def without_pivot_root_no_file_system_of_the_host_helps_to_mount_a_new_one(keg):
    """The kernel lets a user namespace have a new proc where one without masks is in the mount namespace."""
    tries = ("busybox unshare -Urmpf sh -c 'busybox mount -t proc proc /root && echo proc'",
             "busybox unshare -Urmn sh -c 'busybox mount -t sysfs sysfs /root && echo sysfs'")
    b = keg.bundle(args=["/bin/sh", "-c", "; ".join(tries) + "; busybox unshare -Ur echo end"], busybox=True)
    b.capabilities("CAP_SETFCAP")  # what `unshare -r` takes since Linux 5.12
    keg.mount("proc", keg.folder("another \\ proc"), "proc")
    for stacked in (False, True):
        if stacked:
            keg.mount("proc", "/proc", "proc")
            keg.mount("tmpfs", keg.path("another \\ proc"), "tmpfs")
        before = linux.mounts()
        for flags in ((), ("--no-pivot",)):
            result = keg.run(b, *flags)
            assert result.out == "end\n" and result.err.count("permission denied") == 2, (flags, result)
        assert linux.mounts() == before
    b.id_maps()
    result = keg.run(b, "--no-pivot")
    assert result.out == "end\n" and result.err.count("permission denied") == 2, result


@test
def without_pivot_root_nothing_shared_can_be_let_go_of(keg):
    b = keg.bundle()
    b.linux["rootfsPropagation"] = "rshared"
    result = keg.run(b, "--no-pivot")
    assert result.code == 1 and "/linux/rootfsPropagation" in result.err and "--no-pivot" in result.err, result


@test
def without_a_mount_namespace_nothing_is_done_to_the_hosts_mounts(keg):
    b = keg.bundle().without_namespace("mount")
    b.config["mounts"], b.linux["maskedPaths"], b.linux["readonlyPaths"] = [], [], []
    b.guest("echo", "there")
    before = linux.mounts()
    assert output(keg, b) == "there\n"
    for key, value in (("readonlyPaths", ["/etc"]), ("maskedPaths", ["/etc"]), ("rootfsPropagation", "rshared")):
        b.linux[key] = value
        assert f"/linux/{key}" in refusal(keg, b)
        del b.linux[key]
    b.config["root"]["readonly"] = True
    assert "/root/readonly" in refusal(keg, b)
    b.config["root"]["readonly"] = False
    b.mount("/data", "tmpfs", "tmpfs")
    assert "/mounts" in refusal(keg, b)
    assert linux.mounts() == before


@test
def without_a_mount_namespace_a_terminal_is_not_bound_on_dev_console(keg):
    b = keg.bundle().without_namespace("mount").guest("then", "isatty", "--", "sleep", GUEST_SECONDS).terminal()
    b.config["mounts"], b.linux["maskedPaths"], b.linux["readonlyPaths"] = [], [], []
    os.mkdir(b.rootfs + "/dev/pts")
    keg.mount("devpts", b.rootfs + "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666")
    before = linux.mounts()
    console = keg.console()
    assert keg.create(b, "--console-socket", console.path).code == 0
    console.accept()
    keg.start(b.id)
    console.read_until("1 1 1")
    assert linux.mounts() == before and not os.path.exists(b.rootfs + "/dev/console")


@test
def a_mount_namespace_that_is_joined_stays_as_it_is(keg):
    """Its other processes keep their root and their mounts; the container goes on in a copy."""
    owner = keg.popen(["unshare", "-m", "sleep", GUEST_SECONDS])
    wait_until(lambda: read(f"/proc/{owner.pid}/comm") == "sleep\n", "the namespace is there")
    before = read(f"/proc/{owner.pid}/mountinfo"), os.stat(f"/proc/{owner.pid}/root/.")
    b = keg.bundle().namespace("mount", f"/proc/{owner.pid}/ns/mnt").guest("ls", "/")
    for flags in ((), ("--no-pivot",)):
        assert "guest" in output(keg, b, *flags).split()
        after = read(f"/proc/{owner.pid}/mountinfo"), os.stat(f"/proc/{owner.pid}/root/.")
        assert after[0] == before[0] and os.path.samestat(after[1], before[1]), flags


@test
def a_root_that_is_no_mount_point_is_explained(keg):
    top = keg.folder("top")
    b = Bundle(keg, top + "/bundle", ["/guest", "true"], False, True)
    b.write("inside")
    for name in ("bin", "lib", "lib64"):
        os.symlink("usr/" + name, f"{top}/{name}")
    for name in ("/usr", "/proc", "/sys", "/dev", os.path.dirname(keg.program)):
        os.makedirs(top + name)
        keg.mount(name, top + name, None, linux.MS_BIND | linux.MS_REC)
    result = keg.wait(keg.popen(["chroot", top, keg.program, "--root", "/run", "run", "--bundle", "/bundle", "inside"]))
    assert result.code == 1 and "no mount point" in result.err, result


@test
def a_rootfs_with_mounts_below_it_keeps_them(keg):
    b = keg.bundle()
    keg.mount("tmpfs", os.path.join(b.rootfs, "var"), "tmpfs")
    b.file("/var/below", "there").guest("cat", "/var/below")
    assert output(keg, b) == "there"


@test
def the_propagation_of_the_rootfs_is_what_was_asked_for(keg):
    """And where every mount of the host is shared, as systemd makes them, none comes or goes there."""
    keg.mount("tmpfs", keg.folder("disk"), "tmpfs")
    for word, optional in ((None, []), ("private", []), ("rprivate", []), ("slave", ["master"]), ("rslave", ["master"]),
                           ("shared", ["shared"]), ("rshared", ["shared"]), ("unbindable", ["unbindable"]),
                           ("runbindable", ["unbindable"])):
        linux.mount("none", "/", None, linux.MS_REC | MS_SHARED)
        before = linux.mounts()
        b = Bundle(keg, keg.path("disk", word or "none"), ["/guest", "sleep", GUEST_SECONDS], False, True)
        if word:
            b.linux["rootfsPropagation"] = word
        id = keg.started(b)
        mounts = mount_table(keg.exec(id, "/guest", "mounts").out)
        while_it_runs = linux.mounts()
        assert keg.delete(id, "--force").code == 0
        after = linux.mounts()
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
        assert while_it_runs == before and after == before, f"{word}: mounts of the host came or went"
        found = [name for name in mounts["/"]["optional"] if name != "propagate_from"]
        assert found == optional, (word, mounts["/"])


@test
def a_mount_keeps_its_own_propagation_below_a_recursive_one_of_the_rootfs(keg):
    keg.mount("tmpfs", keg.folder("disk"), "tmpfs")
    linux.mount("none", keg.path("disk"), None, MS_SHARED)
    for word, own, optional in (("rslave", "rshared", ["shared", "master"]), ("rprivate", "rslave", ["master"]),
                                ("rshared", "rprivate", []), ("rprivate", "rshared", ["shared"])):
        b = keg.bundle().bind(keg.path("disk"), "/data", own)
        b.linux["rootfsPropagation"] = word
        found = table(keg, b)["/data"]["optional"]
        print(word, own, found)
        if own == "rshared":
            assert "shared" in found, (word, own, found)
        else:
            assert "shared" not in found, (word, own, found)


@test
def an_unknown_propagation_of_the_rootfs_is_refused(keg):
    b = keg.bundle()
    b.linux["rootfsPropagation"] = "viral"
    err = refusal(keg, b)
    assert "viral" in err and "/linux/rootfsPropagation" in err, err


# --- bind mounts ----------------------------------------------------------------------------


@test
def a_bind_mount_brings_a_folder_or_a_file(keg):
    keg.file("source/inside", "folder")
    keg.file("plain", "file")
    b = keg.bundle().bind(keg.path("source"), "/new/folder").bind(keg.path("plain"), "/etc/plain")
    b.guest("then", "cat", "/new/folder/inside", "/etc/plain", "--", "write", "/new/folder/made", "x")
    assert output(keg, b) == "folderfile"
    assert read(keg.path("source", "made")) == "x"


@test
def a_relative_source_is_below_the_bundle(keg):
    b = keg.bundle().mount("/data", "bind", "beside", ["bind"]).guest("cat", "/data/f")
    os.mkdir(os.path.join(b.path, "beside"))
    with open(os.path.join(b.path, "beside/f"), "w") as f:
        f.write("beside")
    assert output(keg, b) == "beside"


@test
def a_bind_mount_is_known_by_its_options_alone(keg):
    keg.file("source/inside", "x")
    b = keg.bundle()
    b.config["mounts"].append({"destination": "/data", "source": keg.path("source"), "options": ["bind", "ro"]})
    mounts = table(keg, b)
    assert "ro" in mounts["/data"]["options"]
    b.config["mounts"][-1] = {"destination": "/data", "source": keg.path("source")}
    assert f"/mounts/{len(b.config['mounts']) - 1}" in refusal(keg, b)


@test
def missing_sources_and_wrong_kinds_are_refused_by_name(keg):
    at = len(keg.bundle().config["mounts"])
    err = refusal(keg, keg.bundle().bind("/no/such/source", "/data"))
    assert f"/mounts/{at}" in err and "/no/such/source" in err and "No such file" in err, err
    keg.file("plain")
    keg.folder("folder")
    err = refusal(keg, keg.bundle().bind(keg.path("plain"), "/tmp"))
    assert f"/mounts/{at}" in err and " on /tmp: " in err and "is a directory, the other is not" in err, err
    err = refusal(keg, keg.bundle().file("/etc/plain").bind(keg.path("folder"), "/etc/plain"))
    assert f"/mounts/{at}" in err and " on /etc/plain: " in err and "is a directory, the other is not" in err, err
    err = refusal(keg, keg.bundle().mount("/data", "nosuchfs", "none"))
    assert f"/mounts/{at}" in err and "nosuchfs" in err, err
    err = refusal(keg, keg.bundle().mount("/data", "tmpfs", "tmpfs", ["flying=1"]))
    assert f"/mounts/{at}" in err and "flying" in err, err


def nest(keg):
    """A folder with a mount in it, itself a shared mount."""
    source = keg.folder("source")
    keg.mount("tmpfs", source, "tmpfs")
    linux.mount("none", source, None, MS_SHARED)
    os.mkdir(os.path.join(source, "sub"))
    keg.mount("tmpfs", os.path.join(source, "sub"), "tmpfs")
    keg.file("source/sub/inside", "inside")
    return source


@test
def rbind_brings_nested_mounts_and_bind_does_not(keg):
    source = nest(keg)
    b = keg.bundle().mount("/r", "bind", source, ["rbind"]).mount("/n", "bind", source, ["bind"])
    b.guest("then", "ls", "/r/sub", "--", "ls", "/n/sub")
    assert output(keg, b) == "inside\n"


@test
def every_propagation_of_a_nested_bind_mount_is_set(keg):
    source = nest(keg)
    linux.mount("none", source + "/sub", None, MS_SHARED)
    rows = (("private", [], None), ("rprivate", [], []), ("slave", ["master"], None), ("rslave", ["master"], ["master"]),
            ("shared", ["shared"], None), ("rshared", ["shared"], ["shared"]), ("unbindable", ["unbindable"], None),
            ("runbindable", ["unbindable"], ["unbindable"]))
    for word, own, nested in rows:
        b = keg.bundle().mount("/data", "bind", source, ["rbind", word])
        b.linux["rootfsPropagation"] = "shared"  # or the source would have lost its peers already
        mounts = table(keg, b)
        found = [name for name in mounts["/data"]["optional"] if name != "propagate_from"]
        assert found == own, (word, mounts["/data"])
        if nested is not None:
            found = [name for name in mounts["/data/sub"]["optional"] if name != "propagate_from"]
            assert found == nested, (word, mounts["/data/sub"])
    b = keg.bundle().mount("/data", "bind", source, ["rbind", "rslave", "shared"])
    b.linux["rootfsPropagation"] = "slave"
    assert sorted(table(keg, b)["/data"]["optional"]) == ["master", "shared"]


@test
def mounts_travel_as_the_propagation_says(keg):
    """The host mounts below a source while the container runs, and the container below its view of it."""
    for word, of_rootfs, into, out in (("rslave", "rslave", True, False), ("rshared", "rshared", True, True),
                                       ("rslave", "rshared", True, False), ("rprivate", "rshared", False, False),
                                       ("rslave", None, False, False)):
        source = keg.folder(f"{word}-{of_rootfs}")
        keg.mount("tmpfs", source, "tmpfs")
        linux.mount("none", source, None, MS_SHARED)
        for name in ("from_host", "from_container"):
            os.mkdir(os.path.join(source, name))
        b = keg.bundle(args=["/guest", "sleep", GUEST_SECONDS]).mount("/data", "bind", source, ["rbind", word])
        b.capabilities("CAP_SYS_ADMIN")
        if of_rootfs:
            b.linux["rootfsPropagation"] = of_rootfs
        id = keg.started(b)
        linux.mount("tmpfs", source + "/from_host", "tmpfs")
        assert keg.exec(id, "/guest", "mount", "tmpfs", "/data/from_container", "tmpfs").code == 0
        inside = mount_table(keg.exec(id, "/guest", "mounts").out)
        outside = [point for point, _, _ in linux.mounts()]
        assert ("/data/from_host" in inside) == into, (word, of_rootfs)
        assert (source + "/from_container" in outside) == out, (word, of_rootfs)
        assert keg.delete(id, "--force").code == 0
        linux.umount(source + "/from_host", linux.MNT_DETACH)
        if out:
            linux.umount(source + "/from_container", linux.MNT_DETACH)


@test
def attributes_are_set_on_the_mount_or_on_all_below_it(keg):
    source = nest(keg)
    b = keg.bundle().mount("/one", "bind", source, ["rbind", "ro", "nosuid", "nodev", "noexec", "noatime"])
    b.mount("/all", "bind", source, ["rbind", "rro", "rnosuid", "rnodev", "rnoexec"])
    mounts = table(keg, b)
    assert {"ro", "nosuid", "nodev", "noexec", "noatime"} <= set(mounts["/one"]["options"])
    assert "rw" in mounts["/one/sub"]["options"] and "noexec" not in mounts["/one/sub"]["options"]
    for point in ("/all", "/all/sub"):
        assert {"ro", "nosuid", "nodev", "noexec"} <= set(mounts[point]["options"]), point
    b = keg.bundle().mount("/one", "bind", source, ["rbind", "ro"])
    b.guest("then", "write", "/one/x", "x", "--", "write", "/one/sub/x", "x")
    assert keg.run(b).err.count("EROFS") == 1
    keg.file("source/made", "the host's own mount stays writable")


@test
def a_tmpfs_has_its_options(keg):
    b = keg.bundle().mount("/data", "tmpfs", "tmpfs", ["size=64k", "mode=1750", "uid=5", "gid=6", "nosuid", "ro"])
    mounts = table(keg, b)
    assert mounts["/data"]["type"] == "tmpfs" and {"nosuid", "ro"} <= set(mounts["/data"]["options"])
    assert "size=64k" in mounts["/data"]["super"]
    assert output(keg, b.guest("stat", "/data")).startswith("d 1750 5 6 ")


@test
def tmpcopyup_brings_what_the_image_has(keg):
    b = keg.bundle().file("/etc/app/conf", "setting", 0o640).file("/etc/app/deep/er", "x")
    os.chown(b.rootfs + "/etc/app/conf", 7, 8)
    os.symlink("conf", b.rootfs + "/etc/app/link")
    b.mount("/etc/app", "tmpfs", "tmpfs", ["tmpcopyup"])
    b.guest("then", "cat", "/etc/app/conf", "--", "stat", "/etc/app/conf", "--", "readlink", "/etc/app/link", "--", "ls",
            "/etc/app/deep", "--", "write", "/etc/app/new", "x")
    b.capabilities("CAP_DAC_OVERRIDE")
    assert output(keg, b) == "setting- 0640 7 8 7 0:0\nconf\ner\n"
    assert not os.path.exists(b.rootfs + "/etc/app/new")


@test
def later_mounts_cover_earlier_ones(keg):
    keg.file("a/which", "a")
    keg.file("b/which", "b")
    b = keg.bundle().bind(keg.path("a"), "/data").bind(keg.path("b"), "/data").guest("cat", "/data/which")
    assert output(keg, b) == "b"


@test
def a_bind_mount_maps_ids(keg):
    """Idmapped without a user namespace of the container: 0 outside is shown as 1000."""
    source = keg.folder("source")
    keg.mount("tmpfs", source, "tmpfs")
    keg.file("source/of_root", "x")
    rows = [{"containerID": 0, "hostID": 1000, "size": 10}]
    b = keg.bundle().mount("/data", "bind", source, ["bind"], uidMappings=rows, gidMappings=rows)
    assert output(keg, b.guest("stat", "/data/of_root")).startswith("- 0644 1000 1000 ")


@test
def a_bind_mount_maps_ids_into_the_user_namespace(keg):
    source = keg.folder("source")
    keg.mount("tmpfs", source, "tmpfs")
    keg.file("source/of_root", "x")
    b = keg.bundle().id_maps().mount("/plain", "bind", source, ["bind"]).mount("/mapped", "bind", source, ["bind", "idmap"])
    for name in ("plain", "mapped"):
        os.mkdir(os.path.join(b.rootfs, name))
    b.guest("then", "stat", "/plain/of_root", "/mapped/of_root", "--", "write", "/mapped/made", "x")
    lines = output(keg, b).splitlines()
    assert lines[0].startswith("- 0644 65534 65534 ") and lines[1].startswith("- 0644 0 0 "), lines
    made = os.stat(keg.path("source", "made"))
    assert (made.st_uid, made.st_gid) == (0, 0)


@test
def without_a_mount_list_the_container_runs(keg):
    b = keg.bundle(args=["/guest", "ls", "/proc"])
    b.linux["maskedPaths"] = b.linux["readonlyPaths"] = []
    b.config["mounts"] = []
    assert output(keg, b) == ""
    del b.config["mounts"]
    assert output(keg, b) == ""


@test
def a_rootfs_without_folders_gets_them(keg):
    b = keg.bundle()
    for name in ("dev", "etc", "proc", "root", "run", "sys", "tmp", "var"):
        os.rmdir(os.path.join(b.rootfs, name))
    assert {"proc", "dev", "sys"} <= set(output(keg, b.guest("ls", "/")).split())


@test
def the_cgroup_file_system_shows_the_containers_own(keg):
    b = keg.bundle(args=["/guest", "cat", "/sys/fs/cgroup/cgroup.procs"])
    assert output(keg, b) == "1\n"
    mounts = table(keg, keg.bundle())
    assert mounts["/sys/fs/cgroup"]["type"] == "cgroup2" and "ro" in mounts["/sys/fs/cgroup"]["options"]


# --- devices --------------------------------------------------------------------------------


@test
def the_default_devices_and_links_are_there(keg):
    b = keg.bundle().guest("then", "stat", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
                           "--", "readlink", "/dev/fd", "--", "readlink", "/dev/stdin", "--", "readlink", "/dev/ptmx",
                           "--", "open", "rw", "/dev/null", "--", "open", "r", "/dev/urandom")
    lines = output(keg, b).splitlines()
    for line, device in zip(lines, ("1:3", "1:5", "1:7", "1:8", "1:9", "5:0")):
        assert line == f"c 0666 0 0 0 {device}", line
    assert lines[6:] == ["/proc/self/fd", "/proc/self/fd/0", "pts/ptmx", "ok", "ok"], lines


@test
def devices_of_the_configuration_are_made(keg):
    b = keg.bundle().guest("then", "stat", "/dev/mine", "/dev/sub/block", "/dev/fifo", "/dev/null")
    b.linux["devices"] = [
        {"path": "/dev/mine", "type": "c", "major": 1, "minor": 5, "fileMode": 0o640, "uid": 5, "gid": 6},
        {"path": "/dev/sub/block", "type": "b", "major": 7, "minor": 0, "fileMode": 0o600},
        {"path": "/dev/fifo", "type": "p", "fileMode": 0o622},
        {"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 0o600}]
    assert output(keg, b).splitlines() == ["c 0640 5 6 0 1:5", "b 0600 0 0 0 7:0", "p 0622 0 0 0 0:0", "c 0600 0 0 0 1:3"]
    b.linux["devices"] = [{"path": "/dev/x", "type": "x", "major": 1, "minor": 3}]
    assert "/linux/devices/0/type" in refusal(keg, b)


@test
def a_folder_that_is_bound_on_dev_stays_as_it_is(keg):
    for options in ((), ("ro",)):
        dev = keg.folder("dev" + "".join(options))
        os.mknod(dev + "/null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        b = keg.bundle().without_mount("/dev").without_mount("/dev/pts").without_mount("/dev/shm").without_mount("/dev/mqueue")
        b.mount("/dev/", "bind", dev, ["bind", *options]).guest("ls", "/dev")
        b.linux["devices"] = [{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "uid": 5, "gid": 6},
                              {"path": "/dev/mine", "type": "c", "major": 1, "minor": 5},
                              {"path": "/root/mine", "type": "c", "major": 1, "minor": 5}]
        assert output(keg, b) == "null\n"
        st = os.stat(dev + "/null")
        assert os.listdir(dev) == ["null"] and (st.st_mode & 0o7777, st.st_uid, st.st_gid) == (0o600, 0, 0), st
        assert stat.S_ISCHR(os.stat(b.rootfs + "/root/mine").st_mode)
    b.mount("/dev", "tmpfs", "tmpfs")  # on top of the bound one
    assert "mine" in output(keg, b).split() and os.listdir(dev) == ["null"]


@test
def the_terminal_covers_the_console_of_a_folder_that_is_bound_on_dev(keg):
    """And makes none there: the folder is somebody else's."""
    dev = keg.folder("dev")
    os.mkdir(dev + "/pts")
    for exists in (False, True):
        if exists:
            os.mknod(dev + "/console", 0o600 | stat.S_IFCHR, os.makedev(5, 1))
        b = keg.bundle().terminal()
        b.config["mounts"] = [m for m in b.config["mounts"] if not m["destination"].startswith("/dev")]
        b.bind(dev, "/dev").mount("/dev/pts", "devpts", "devpts", ["newinstance", "ptmxmode=0666"])
        b.guest("then", "ls", "/dev", "--", "stat", *["/dev/console"] * exists, "/dev/pts/ptmx", "--", "echo", "end")
        console = keg.console()
        assert keg.create(b, "--console-socket", console.path).code == 0
        console.accept()
        keg.start(b.id)
        text = console.read_until("end")
        assert ("console" in text, " 136:" in text) == (exists, exists), text
        keg.wait_status(b.id, "stopped")
        assert sorted(os.listdir(dev)) == ["console"] * exists + ["pts"]
    assert os.stat(dev + "/console").st_rdev == os.makedev(5, 1)


@test
def devices_in_a_user_namespace_are_the_hosts(keg):
    b = keg.bundle().id_maps().guest("then", "stat", "/dev/null", "--", "open", "rw", "/dev/null", "--", "open", "w",
                                     "/dev/full")
    lines = output(keg, b).splitlines()
    assert lines[0].startswith("c 0666 ") and lines[0].endswith(" 1:3") and lines[1:] == ["ok", "ok"], lines


# --- masked and read-only paths -------------------------------------------------------------


@test
def masked_paths_are_empty(keg):
    b = keg.bundle().file("/etc/secret", "secret").file("/etc/dir/secret", "x").file("/etc/dir2/secret", "x")
    b.linux["maskedPaths"] = ["/etc/secret", "/etc/dir", "/etc/dir2", "/etc/missing", "/etc/secret/below"]
    b.guest("then", "cat", "/etc/secret", "--", "stat", "/etc/secret", "--", "ls", "/etc/dir", "--", "ls", "/etc/dir2",
            "--", "write", "/etc/dir/x", "x", "--", "ls", "/etc")
    result = keg.run(b)
    assert "EROFS" in result.err and result.out == "c 0666 0 0 0 1:3\n= 1\ndir\ndir2\nsecret\n", result
    assert os.listdir(b.rootfs + "/etc/dir") == ["secret"]


@test
def the_paths_that_the_specification_masks_are_empty(keg):
    b = keg.bundle()
    assert "/proc/sys" in b.linux["readonlyPaths"]
    files = [path for path in b.linux["maskedPaths"] if os.path.isfile(path)]
    folders = [path for path in b.linux["maskedPaths"] if os.path.isdir(path)]
    assert files and folders
    b.guest("then", "stat", *files, "--", "ls", folders[0], "--", "open-write", "/proc/sys/kernel/hostname", "x")
    result = keg.run(b)
    assert "EROFS" in result.err and result.out == "c 0666 0 0 0 1:3\n" * len(files) + "= 1\n", result


@test
def read_only_paths_take_no_writing(keg):
    b = keg.bundle().file("/etc/dir/file", "old").file("/etc/plain", "old")
    b.linux["readonlyPaths"] = ["/etc/dir", "/etc/plain", "/etc/missing"]
    b.guest("then", "write", "/etc/dir/file", "new", "--", "write", "/etc/plain", "new", "--", "write", "/etc/other", "new",
            "--", "cat", "/etc/dir/file", "/etc/plain")
    result = keg.run(b)
    assert result.err.count("EROFS") == 2 and result.out.endswith("oldold"), result
    assert os.path.exists(b.rootfs + "/etc/other")
    wait_until(lambda: not os.listdir(keg.root), "the container is gone")
