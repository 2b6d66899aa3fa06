"""What earlier container runtimes were broken by: each attack, and that it gains nothing here."""

import hashlib
import os

from harness import linux, test, wait_until

from _facts import GUEST_SECONDS, capability_names, facts, read


def refusal(keg, bundle):
    result = keg.run(bundle)
    assert result.code == 1 and os.listdir(keg.root) == [], result
    return result.err


def sleeper(keg):
    return keg.bundle(args=["/guest", "sleep", GUEST_SECONDS])


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


# --- the runtime's own binary (CVE-2019-5736) -----------------------------------------------

OVERWRITE = """
while :; do
    for p in /proc/[0-9]*; do
        [ $p = /proc/1 ] || [ $p = /proc/$$ ] || { echo overwritten > $p/exe && echo $p >> /tmp/won; } 2>/dev/null
    done
done
"""


@test
def the_binary_cannot_be_written_through_proc_exe_of_an_exec(keg):
    b = keg.bundle(args=["/bin/sh", "-c", OVERWRITE], busybox=True).bind(keg.folder("tmp"), "/tmp")
    b.config["root"]["readonly"] = True  # its own programs it could overwrite between two executions
    b.capabilities("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN")
    before = digest(keg.program)
    id = keg.started(b)
    for _ in range(60):
        keg.exec(id, "/proc/self/exe", "--version")
        keg.exec(id, "/guest", "true")
    assert digest(keg.program) == before, "the host's binary was overwritten"
    won = read(keg.path("tmp", "won")).split() if os.path.exists(keg.path("tmp", "won")) else []
    assert won == [], won


@test
def the_binary_cannot_be_written_through_proc_exe_of_a_created_container(keg):
    b = keg.bundle(args=["/proc/self/exe", "--version"])
    b.capabilities("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN")
    before = digest(keg.program)
    b.guest("true")
    keg.create(b)
    for mode in ("w", "rw"):
        result = keg.exec(b.id, "/guest", "open", mode, "/proc/1/exe")
        assert result.code == 1 and any(name in result.err for name in ("EROFS", "ETXTBSY", "EACCES")), result
    assert digest(keg.program) == before


@test
def executing_ones_own_binary_gains_nothing(keg):
    before = digest(keg.program)
    keg.run(keg.bundle(args=["/proc/self/exe", "--version"]))
    b = keg.bundle(args=["/script"]).file("/script", "#!/proc/self/exe\n", 0o755)
    keg.run(b)
    assert digest(keg.program) == before


@test
def the_runtime_inside_is_closed_to_the_containers_processes(keg):
    b = sleeper(keg)
    keg.create(b)
    for link in ("exe", "cwd", "root", "fd/0"):
        result = keg.exec(b.id, "/guest", "readlink", f"/proc/1/{link}")
        assert result.code == 1 and "EACCES" in result.err, (link, result)
    assert "EACCES" in keg.exec(b.id, "/guest", "open", "r", "/proc/1/mem").err


# --- symlinks in the image ------------------------------------------------------------------


@test
def a_symlink_in_the_place_of_proc_or_sys_is_refused(keg):
    for name, target in (("proc", "/tmp"), ("proc", "../tmp"), ("sys", "/tmp"), ("sys", "tmp")):
        b = keg.bundle()
        os.rmdir(os.path.join(b.rootfs, name))
        os.symlink(target, os.path.join(b.rootfs, name))
        err = refusal(keg, b)
        assert f"/{name}" in err and "symlink" in err, err
        assert os.listdir(b.rootfs + "/tmp") == []


def trap(keg, bundle):
    """Symlinks in the rootfs that lead to a folder of the host, in every way; the folder's path."""
    outside = keg.folder("outside")
    keg.file("outside/victim", "host")
    up = "../" * 20
    for name, target in (("absolute", outside), ("relative", up + outside.lstrip("/")), ("chain", "absolute"),
                         ("loop", "loop"), ("slash", "/"), ("above", up)):
        os.symlink(target, os.path.join(bundle.rootfs, name))
    return outside


TARGETS = ["/absolute/x", "/relative/x", "/chain/x", "/absolute", "/relative", "/tmp/../../../../x", "/../../x",
           "/slash/x", "/above/x", "/tmp//./x/", "/chain/../../../x", "/absolute/victim"]


@test
def mount_targets_with_dots_and_symlinks_stay_inside(keg):
    for kind in ("tmpfs", "folder", "file"):
        for target in TARGETS:
            if kind != "file" and target.endswith("victim"):
                continue
            b = keg.bundle()
            outside = trap(keg, b)
            before = linux.mounts(), sorted(os.listdir("/"))
            if kind == "tmpfs":
                b.mount(target, "tmpfs", "tmpfs")
            else:
                b.mount(target, "bind", keg.folder("source") if kind == "folder" else keg.file("plain"), ["bind"])
            result = keg.run(b)
            assert result.code in (0, 1), (kind, target, result)
            assert os.listdir(outside) == ["victim"] and read(outside + "/victim") == "host", (kind, target)
            assert (linux.mounts(), sorted(os.listdir("/"))) == before, (kind, target)
    err = refusal(keg, b.mount("/loop/x", "tmpfs", "tmpfs"))
    assert "symbolic links" in err and "/loop/x" in err, err


@test
def a_mount_through_a_symlink_lands_inside(keg):
    b = keg.bundle(args=["/guest", "mounts"])
    outside = trap(keg, b)
    b.mount("/absolute/x", "tmpfs", "inside")
    result = keg.run(b)
    assert result.code == 0 and f" {outside}/x " in result.out, result
    assert os.path.isdir(b.rootfs + outside + "/x"), "the target is made below the rootfs"


@test
def devices_and_folders_with_symlinks_stay_inside(keg):
    for change in ("device", "cwd", "mask", "readonly", "tmpcopyup"):
        for target in TARGETS:
            b = keg.bundle()
            outside = trap(keg, b)
            before = sorted(os.listdir("/"))
            if change == "device":
                b.linux["devices"] = [{"path": target, "type": "c", "major": 1, "minor": 3}]
            elif change == "cwd":
                b.cwd(target)
            elif change == "mask":
                b.linux["maskedPaths"] = [target]
            elif change == "readonly":
                b.linux["readonlyPaths"] = [target]
            else:
                b.mount(target, "tmpfs", "tmpfs", ["tmpcopyup"])
            result = keg.run(b)
            assert result.code in (0, 1), (change, target, result)
            assert os.listdir(outside) == ["victim"] and read(outside + "/victim") == "host", (change, target)
            assert sorted(os.listdir("/")) == before, (change, target)


@test
def dev_of_the_image_as_a_symlink_stays_inside(keg):
    outside = keg.folder("outside")
    for name, target in (("dev", outside), ("dev", "../" * 20 + outside.lstrip("/")), ("dev", "/tmp")):
        b = keg.bundle(args=["/guest", "open", "rw", "/dev/null"]).without_mount("/dev/pts").without_mount("/dev/shm")
        b.without_mount("/dev/mqueue").without_mount("/dev")
        os.rmdir(os.path.join(b.rootfs, name))
        os.symlink(target, os.path.join(b.rootfs, name))
        result = keg.run(b)
        assert result.code in (0, 1) and os.listdir(outside) == [], (target, result)


@test
def entries_of_dev_that_are_there_already_are_never_followed(keg):
    victim = keg.file("victim", "host")
    outside = keg.folder("outside")
    for name in ("null", "console", "pts", "shm", "fd", "ptmx", "mqueue"):
        b = keg.bundle().without_mount("/dev")
        if name != "null":
            b.terminal()
        os.symlink(victim if name in ("null", "console", "fd", "ptmx") else outside, b.rootfs + f"/dev/{name}")
        console = keg.console()
        result = keg.run(b, *([] if name == "null" else ["--console-socket", console.path]))
        assert result.code in (0, 1), (name, result)
        assert read(victim) == "host" and os.listdir(outside) == [], name
        assert os.stat(victim).st_uid == 0 and not os.path.ismount(victim), name


# --- masked paths over a swapped /dev/null (CVE-2025-31133) ---------------------------------


@test
def masks_are_the_real_null_device_whatever_the_containers_dev_has(keg):
    for what in ("symlink", "file", "fifo", "other"):
        folder = keg.folder(f"dev.{what}")
        null = os.path.join(folder, "null")
        if what == "symlink":
            os.symlink("/proc/sys/kernel/core_pattern", null)
        elif what == "file":
            with open(null, "w") as f:
                f.write("swapped")
        elif what == "fifo":
            os.mkfifo(null)
        else:
            os.mknod(null, 0o20666, os.makedev(1, 11))
        b = keg.bundle(args=["/guest", "then", "stat", "/etc/secret", "--", "cat", "/etc/secret"])
        b.file("/etc/secret", "secret")
        b.without_mount("/dev").bind(folder, "/dev")
        b.config["mounts"].sort(key=lambda row: len(row["destination"]) if row["destination"] != "/dev" else 0)
        for name in ("/dev/pts", "/dev/shm", "/dev/mqueue"):
            b.without_mount(name)
        b.linux["maskedPaths"] = ["/etc/secret"]
        result = keg.run(b)
        if result.code == 0:
            assert result.out == "c 0666 0 0 0 1:3\n", (what, result)
        else:
            assert result.code == 1 and "secret" not in result.out and "swapped" not in result.out, (what, result)
            assert "/dev/null" in result.err, (what, result)


# --- leaked descriptors (CVE-2024-21626) ----------------------------------------------------


@test
def a_working_directory_through_a_descriptor_is_refused(keg):
    fd = os.open("/", os.O_PATH)
    os.dup2(fd, 23)
    for number in list(range(3, 12)) + [fd, 23]:
        for cwd in (f"/proc/self/fd/{number}", f"/proc/self/fd/{number}/tmp", f"/proc/1/fd/{number}"):
            result = keg.run(keg.bundle(args=["/guest", "ls"]).cwd(cwd), pass_fds=(fd, 23))
            assert result.code == 1 and result.out == "" and "/process/cwd" in result.err, (cwd, result)
    b = keg.bundle(args=["/guest", "ls"]).cwd("/trick")
    os.symlink("/proc/self/fd/23", b.rootfs + "/trick")
    result = keg.run(b, pass_fds=(fd, 23))
    assert result.code == 1 and result.out == "", result


@test
def a_working_directory_of_exec_through_a_descriptor_is_refused(keg):
    os.dup2(os.open("/", os.O_PATH), 23)
    b = sleeper(keg)
    os.symlink("/proc/self/fd/23", b.rootfs + "/trick")
    id = keg.started(b)
    for cwd in [f"/proc/self/fd/{number}" for number in (3, 4, 5, 6, 7, 8, 23)] + ["/trick"]:
        result = keg.exec(id, "/guest", "ls", flags=["--cwd", cwd], pass_fds=(23,))
        assert result.code == 1 and result.out == "" and "cwd" in result.err, (cwd, result)


@test
def only_the_three_streams_reach_the_program(keg):
    os.dup2(os.open("/", os.O_PATH), 23)
    os.dup2(23, 900)
    b = keg.bundle(args=["/guest", "fds"])
    assert set(facts(keg.run(b, pass_fds=(23, 900)).out)) == {"0", "1", "2"}
    b = sleeper(keg)
    id = keg.started(b, pass_fds=(23, 900))
    assert sorted(os.listdir(f"/proc/{keg.state(id)['pid']}/fd")) == ["0", "1", "2"]
    out = keg.exec(id, "/guest", "fds", pass_fds=(23, 900)).out
    assert set(facts(out)) == {"0", "1", "2"}
    console = keg.console()
    child = keg.start_cmd("exec", "--tty", "--console-socket", console.path, id, "/guest", "fds", pass_fds=(23,))
    console.accept().read_until("2 /dev/pts/")
    assert keg.wait(child).code == 0 and len(console.text.splitlines()) == 3, console.text


@test
def a_program_through_a_leaked_descriptor_is_refused(keg):
    os.dup2(os.open("/", os.O_PATH), 23)
    path = f"/proc/self/fd/23{keg.context.guest}"
    result = keg.run(keg.bundle(args=[path, "echo", "outside"]), pass_fds=(23,))
    assert result.code == 1 and "outside" not in result.out, result
    id = keg.started(sleeper(keg))
    result = keg.exec(id, path, "echo", "outside", pass_fds=(23,))
    assert result.code == 1 and "outside" not in result.out, result


# --- privileges -----------------------------------------------------------------------------


@test
def inheritable_capabilities_of_the_caller_stay_outside(keg):
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, data) == 0
    data[2] |= 1 << 5 | 1 << 13  # CAP_KILL, CAP_NET_RAW
    assert libc.capset(header, data) == 0
    b = keg.bundle(args=["/guest", "caps"])
    sets = capability_names(keg.run(b).out)
    assert sets["inheritable"] == sets["ambient"] == set(), sets
    id = keg.started(sleeper(keg))
    for flags in ([], ["--cap", "CAP_KILL"]):
        sets = capability_names(keg.exec(id, "/guest", "caps", flags=flags).out)
        assert sets["inheritable"] == sets["ambient"] == set(), (flags, sets)
    path = keg.file("process.json", '{"args": ["/guest", "caps"], "cwd": "/"}')
    sets = capability_names(keg.cmd("exec", "--process", path, id).out)
    assert all(not names for names in sets.values()), sets


@test
def users_of_exec_are_read_exactly_or_refused(keg):
    id = keg.started(sleeper(keg).user(1000, 1000))
    for spec, expected in (("1", "1 0"), ("1:2", "1 2"), ("0:0", "0 0"), ("4294967294", "4294967294 0"), ("007", "7 0")):
        inside = facts(keg.exec(id, "/guest", "id", flags=["--user", spec]).out)
        assert f"{inside['uid'].split()[0]} {inside['gid'].split()[0]}" == expected, spec
    for spec in (":1", "1:", "-1", "4294967295", "4294967296", "99999999999999999999", " 1", "1 ", "0x1", "1a", "", ":",
                 "root", "1:2:3", "1:-1", "+1"):
        result = keg.exec(id, "/guest", "id", flags=[f"--user={spec}"])
        assert result.code == 1 and result.out == "", (spec, result)
        assert f"`{spec}`" in result.err, (spec, result)


# --- names that are paths -------------------------------------------------------------------


@test
def ids_that_are_paths_are_refused(keg):
    b = keg.bundle().write("x")
    for id in ("..", ".", "../x", "a/b", "/x", "", "a b", "a\nb", ".hidden", "a" * 1025, "ä", "x\x1b[0m"):
        for command in (["run", "--bundle", b.path, "--", id], ["create", "--bundle", b.path, "--", id],
                        ["state", "--", id], ["delete", "--force", "--", id], ["kill", "--", id], ["start", "--", id],
                        ["exec", "--", id, "/guest"]):
            result = keg.cmd(*command)
            assert result.code == 1 and result.out == "" and " ID" in result.err, (id, command, result)
    assert os.listdir(keg.root) == [] and os.path.isdir(keg.work)
    for id in ("a", "A-1_b.c+d", "0", "+", "_x", "a" * 128):
        b.write(id)
        assert keg.cmd("run", "--bundle", b.path, id).code == 0, id


@test
def a_console_socket_that_is_no_socket_is_refused(keg):
    b = keg.bundle().terminal()
    for path in (keg.file("plain"), "/", "", "x" * 200):
        result = keg.create(b, f"--console-socket={path}")
        assert result.code == 1 and "console socket" in result.err, (path, result)
        assert os.listdir(keg.root) == []
    wait_until(lambda: not linux.descendants(os.getpid()), "nothing is left")
