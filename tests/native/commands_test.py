"""What holds for the whole command line: help, options, errors, the log, exit codes, features, the binary itself."""

import json
import os
import struct

from harness import test

from _facts import GUEST_SECONDS, read

COMMANDS = ["create", "delete", "exec", "features", "kill", "list", "pause", "ps", "resume", "run", "spec", "start",
            "state", "update"]


def program_headers(path):
    """elf(5): the types of the program headers of a 64-bit file."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:4] == b"\x7fELF" and data[4] == 2, "no 64-bit ELF file"
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    return [struct.unpack_from("<I", data, offset + i * size)[0] for i in range(count)]


@test
def keg_has_no_program_interpreter(keg):
    PT_LOAD, PT_INTERP = 1, 3
    kinds = program_headers(keg.program)
    assert PT_LOAD in kinds
    if b"__asan_init" in open(keg.program, "rb").read():
        return  # a sanitizer's runtime cannot be linked statically
    assert PT_INTERP not in kinds, "keg is dynamically linked"


# --- help, version --------------------------------------------------------------------------


@test
def help_lists_every_command_and_every_command_has_help(keg):
    for flag in ("--help", "-?"):
        result = keg.cmd(flag)
        assert result.code == 0 and result.err == "", result
        for name in COMMANDS:
            assert f"\t{name} " in result.out, name
    for name in COMMANDS:
        result = keg.cmd(name, "--help")
        assert result.code == 0 and f" {name} " in result.out.splitlines()[0], result


@test
def the_version_has_the_lines_that_callers_read(keg):
    result = keg.sh(keg.program, "--version")
    lines = result.out.splitlines()
    assert result.code == 0 and lines[0].split()[:2] == ["keg", "version"], result
    assert lines[1].startswith("commit: ") and lines[2] == "rundir: /run/keg" and lines[3].startswith("spec: 1.3")
    assert "+SECCOMP" in lines[4].split(), result


@test
def unknown_words_are_refused(keg):
    for args, word in ((["fly"], "fly"), (["--wings", "list"], "wings"), (["list", "--wings"], "wings"),
                       (["run"], "run"), (["state", "a", "b"], "state"), ([], "command"),
                       (["--log-format", "xml", "list"], "xml"), (["--log-level", "loud", "list"], "loud"),
                       (["--cgroup-manager", "magic", "list"], "magic"), (["run", "--bundle"], "bundle"),
                       (["run", "--preserve-fds", "x", "a"], "preserve-fds")):
        result = keg.cmd(*args)
        assert result.code == 1 and result.err.startswith("keg: ") and word in result.err, (args, result)


@test
def options_are_spelled_in_every_way_that_callers_use(keg):
    b = keg.bundle()
    for flags in (["--bundle", b.path], [f"--bundle={b.path}"], ["-b", b.path], [f"-b{b.path}"],
                  ["-no-subreaper", "-b", b.path], ["--no-subreaper", f"--bund={b.path}"],
                  ["--no-new-keyring", "-b", b.path]):
        b.write("spelled")
        result = keg.cmd("run", *flags, "spelled")
        assert result.code == 0, (flags, result)
    for flags in (["--rootless=true"], ["--rootless", "auto"], ["--cgroup-manager=cgroupfs"], ["--debug"],
                  ["--log-level", "warning"]):
        result = keg.cmd("list", global_flags=flags)
        assert result.code == 0, (flags, result)


@test
def the_systemd_manager_is_refused(keg):
    for flags in (["--systemd-cgroup"], ["--cgroup-manager", "systemd"]):
        result = keg.cmd("list", global_flags=flags)
        assert result.code == 1 and "systemd cgroup manager" in result.err, result


@test
def without_a_cgroup_manager_no_cgroup_is_made(keg):
    b = keg.bundle(args=["/guest", "true"])
    b.linux.pop("resources", None)
    result = keg.run(b, "--keep", global_flags=["--cgroup-manager=disabled"])
    assert result.code == 0, result
    assert not os.path.exists(b.cgroup_path())
    assert keg.delete(b.id).code == 0
    b = keg.bundle().resources(pids={"limit": 10})
    result = keg.run(b, global_flags=["--cgroup-manager=disabled"])
    assert result.code == 1 and "/linux/resources" in result.err, result


# --- errors and the log ---------------------------------------------------------------------


@test
def an_error_goes_to_stderr_and_as_json_to_the_log(keg):
    log = keg.path("log")
    flags = ["--log", log, "--log-format", "json"]
    result = keg.cmd("state", "nobody", global_flags=flags)
    assert result.code == 1 and "`nobody` does not exist" in result.err, result
    keg.cmd("state", "no\"body\n", global_flags=flags)
    lines = read(log).splitlines()
    assert len(lines) == 2, lines
    for line in lines:
        entry = json.loads(line)
        assert entry["level"] == "error" and entry["msg"], entry
        assert entry["time"][:2] == "20" and entry["time"][10] == "T", entry
    assert "`nobody` does not exist" in json.loads(lines[0])["msg"]


@test
def an_error_of_the_container_process_reaches_the_log(keg):
    log = keg.path("log")
    b = keg.bundle(args=["no-such-program"])
    keg.create(b, global_flags=["--log", f"file:{log}", "--log-format=json"])
    last = json.loads(read(log).splitlines()[-1])
    assert "executable file `no-such-program` not found in $PATH" in last["msg"], last


@test
def a_log_as_text_has_one_line_for_an_error(keg):
    log = keg.path("log")
    keg.cmd("state", "nobody", global_flags=["--log", log])
    lines = read(log).splitlines()
    assert len(lines) == 1 and " error: " in lines[0] and "`nobody` does not exist" in lines[0], lines


@test
def without_a_log_file_json_goes_to_stderr(keg):
    result = keg.cmd("state", "nobody", global_flags=["--log-format", "json"])
    entry = json.loads(result.err)
    assert entry["level"] == "error" and "`nobody` does not exist" in entry["msg"], result


@test
def a_log_that_cannot_be_opened_is_an_error(keg):
    result = keg.cmd("list", global_flags=["--log", "/no/such/folder/log"])
    assert result.code == 1 and "/no/such/folder/log" in result.err, result


@test
def errors_about_the_program_have_the_words_that_callers_look_for(keg):
    def error_of(*args, mode=None, text="#!/guest\n"):
        b = keg.bundle(args=args).file("/plain", text, mode or 0o644)
        result = keg.run(b)
        assert result.code == 1 and os.listdir(keg.root) == [], result
        return result.err

    assert "executable file `nothing` not found in $PATH" in error_of("nothing")
    missing = error_of("/nothing")
    assert "executable file `/nothing` not found" in missing and "No such file or directory" in missing, missing
    refused = error_of("/plain")
    assert "open executable" in refused and "ermission denied" in refused, refused
    folder = error_of("/tmp")
    assert "open executable" in folder and "ermission denied" in folder and "directory" in folder, folder
    broken = error_of("/plain", mode=0o755, text="#!/no/interpreter\n")
    assert "No such file or directory" in broken and "`/no/interpreter` is missing" in broken, broken
    nonsense = error_of("/plain", mode=0o755, text="neither ELF nor script")
    assert "Exec format error" in nonsense, nonsense


@test
def a_program_is_looked_for_in_the_path_of_the_container(keg):
    b = keg.bundle(args=["tool", "echo", "found"])
    os.makedirs(b.rootfs + "/opt/x")
    os.makedirs(b.rootfs + "/opt/y")
    os.symlink("/guest", b.rootfs + "/opt/y/tool")
    b.process["env"] = ["PATH=/opt/x:/opt/y"]
    assert keg.run(b).out == "found\n"
    b.process["env"] = ["PATH=/opt/x"]
    assert "executable file `tool` not found in $PATH" in keg.run(b).err


@test
def own_failures_end_with_1_and_exec_ends_as_its_command(keg):
    id = keg.started(keg.bundle(args=["/guest", "sleep", GUEST_SECONDS]))
    for command, code in ((["/guest", "exit", "42"], 42), (["/guest", "exit", "255"], 255),
                          (["/guest", "die", "9"], 137), (["/guest", "die", "15"], 143), (["nothing"], 1)):
        assert keg.exec(id, *command).code == code, command


# --- the plan -------------------------------------------------------------------------------


# The order of a start with the default configuration. It is what keeps a container in: masks before its first
# program, descriptors closed before the executable is looked up, rights given up last.
ORDER = ["cgroup", "namespaces", "record", "cgroup-devices", "undumpable", "keyring", "loopback", "hostname",
         "propagation", "rootfs", "mount", "device", "device-links", "readonly", "mask", "session", "pivot",
         "rootfs-seal", "rlimits", "cwd", "home", "user", "descriptors", "executable", "ready", "exec"]


@test
def the_plan_of_the_default_configuration_is_in_order(keg):
    result = keg.run(keg.bundle(), global_flags=["--dry-run"])
    kinds = [line.split()[1] for line in result.out.splitlines()]
    assert [kind for i, kind in enumerate(kinds) if i == 0 or kinds[i - 1] != kind] == ORDER, kinds


@test
def commands_without_a_plan_refuse_a_dry_run(keg):
    id = keg.started(keg.bundle(args=["/guest", "pause"]))
    for command in (["delete", "--force"], ["kill"], ["state"], ["exec"], ["pause"], ["update"]):
        words = ["/guest", "true"] if command == ["exec"] else []
        result = keg.cmd(*command, id, *words, global_flags=["--dry-run"])
        assert result.code == 1 and f"{command[0]}: there is no plan" in result.err, result
    assert keg.status(id) == "running"


@test
def a_dry_run_prints_the_plan_and_makes_nothing(keg):
    b = keg.bundle(args=["/guest", "write", "/made", "x"]).mount("/data", "tmpfs", "tmpfs", ["size=1m"])
    b.hook("createRuntime", "/bin/sh", "-c", f"echo > {keg.path('hook')}")
    for command in (keg.run, keg.create):
        result = command(b, global_flags=["--dry-run"])
        assert result.code == 0 and result.err == "", result
        lines = result.out.splitlines()
        for step, pointer in (("/data", "/mounts/7"), ("/guest", "/process/args"), ("/bin/sh", "/hooks/createRuntime/0"),
                              (b.rootfs, "/root/path")):
            assert any(step in line and pointer in line for line in lines), (step, pointer)
        assert os.listdir(keg.root) == [] and not os.path.exists(b.cgroup_path())
        assert not os.path.exists(b.rootfs + "/made") and not os.path.exists(b.rootfs + "/data")
        assert not os.path.exists(keg.path("hook"))


@test
def a_dry_run_refuses_what_a_run_would_refuse(keg):
    b = keg.bundle()
    b.linux["namespaces"].append({"type": "dream"})
    result = keg.run(b, global_flags=["--dry-run"])
    assert result.code == 1 and "/linux/namespaces/" in result.err and result.out == "", result


# --- features -------------------------------------------------------------------------------


@test
def features_has_the_structure_of_the_specification(keg):
    result = keg.cmd("features")
    assert result.code == 0 and result.err == "", result
    f = json.loads(result.out)
    assert f["ociVersionMin"].startswith("1.0") and f["ociVersionMax"].startswith("1.3"), f
    assert f["hooks"] == ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
    assert {"ro", "rw", "rbind", "nosuid", "rro", "idmap", "tmpcopyup", "rslave"} <= set(f["mountOptions"])
    linux = f["linux"]
    assert set(linux["namespaces"]) == {"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"}
    assert {"CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE"} <= set(linux["capabilities"])
    assert linux["cgroup"]["v2"] is True and linux["cgroup"]["systemd"] is False
    assert {"v1", "systemdUser", "rdma"} <= set(linux["cgroup"])
    seccomp = linux["seccomp"]
    assert seccomp["enabled"] is True
    for key, some in (("actions", "SCMP_ACT_NOTIFY"), ("operators", "SCMP_CMP_MASKED_EQ"),
                      ("archs", "SCMP_ARCH_X86_64"), ("knownFlags", "SECCOMP_FILTER_FLAG_LOG"),
                      ("supportedFlags", "SECCOMP_FILTER_FLAG_LOG")):
        assert some in seccomp[key], key
    assert linux["apparmor"]["enabled"] is False and linux["selinux"]["enabled"] is False
    assert linux["intelRdt"]["enabled"] is False and linux["netDevices"]["enabled"] is True
    assert linux["mountExtensions"]["idmap"]["enabled"] is True
    assert "MPOL_BIND" in linux["memoryPolicy"]["modes"], linux["memoryPolicy"]
    assert isinstance(f["potentiallyUnsafeConfigAnnotations"], list)
