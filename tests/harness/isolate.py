"""Runs one test where it can break nothing, and finds out what it left behind.

    runner ── supervisor ── worker: fixture, test function, clean-up
                  │
                  ├ own session, mount namespace (private), network namespace
                  ├ own cgroup   keg-test-PID/harness; containers go beside harness
                  ├ own folder   work/, with root/ for keg --root
                  └ subreaper    every orphan of the test, containers included, is its child

The supervisor looks at mounts, processes, cgroups, interfaces and files before the
worker starts and after it ended; what is more (or less) than before fails the test.
It then removes everything by force, so that one bad test does not spoil the next.
A worker that does not end within its bound is killed, and so is all it started.
"""

import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback

from . import linux, needs
from .bounds import SETTLE_S, TEST_S
from .registry import Skip

RESULT_LIMIT = 48 * 1024  # below a pipe's capacity: the worker never waits for its reader


class Context:
    """What a run gives each of its tests: paths of programs, the place for work, one cgroup."""

    def __init__(self, keg, guest, build, work_base, verbose=False):
        self.keg, self.guest, self.build, self.work_base = keg, guest, build, work_base
        self.verbose = verbose
        self.work = self.root = self.cgroup_mount = self.cgroup = None

    @property
    def cgroup_path(self):
        """The directory of the test's cgroup; self.cgroup is its name in the hierarchy."""
        return self.cgroup_mount + self.cgroup


def cgroup2_mount():
    for point, kind, _ in linux.mounts():
        if kind == "cgroup2":
            return point
    return None


def _snapshot(context, worker):
    """What must be the same before and after: {kind: sorted list of names}."""
    below = linux.descendants(os.getpid())
    if worker:
        below.pop(worker, None)
    groups = []
    for place, folders, _ in os.walk(context.cgroup_mount):
        for name in folders:
            path = os.path.join(place, name)[len(context.cgroup_mount):]
            if path.startswith(context.cgroup + "/"):
                groups.append(path)
    files = []
    for place, folders, names in os.walk(context.root):
        files += [os.path.relpath(os.path.join(place, n), context.root) for n in folders + names]
    return {
        "mounts": sorted(f"{point} ({kind})" for point, kind, _ in linux.mounts()),
        "processes": sorted(f"{name} [{pid}]" for pid, name in below.items()),
        "cgroups": sorted(groups),
        "interfaces": sorted(name for _, name in socket.if_nameindex()),
        "files in --root": sorted(files),
    }


def _difference(before, after):
    lines = []
    for kind, names in before.items():
        more = [n for n in after[kind] if n not in names]
        less = [n for n in names if n not in after[kind]]
        if more:
            lines.append(f"left behind, {kind}: {', '.join(more[:20])}")
        if less:
            lines.append(f"gone, {kind}: {', '.join(less[:20])}")
        if not more and not less and len(names) != len(after[kind]):
            lines.append(f"{kind}: {len(names)} before, {len(after[kind])} after")
    return lines


def _kill_descendants():
    """SIGKILL to everything below, until nothing is: a fork bomb needs several rounds."""
    for _ in range(200):
        below = linux.descendants(os.getpid())
        if not below:
            return True
        for pid in below:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        _reap()
        time.sleep(0.01)
    return False


def _reap(worker=None):
    """Collect every dead child; the worker's status when it is among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == 0:
            return None
        if pid == worker:
            return status


def _remove_cgroups(path):
    try:
        with open(os.path.join(path, "cgroup.kill"), "w") as f:
            f.write("1")
    except OSError:
        pass
    for place, folders, _ in os.walk(path, topdown=False):
        for name in folders:
            try:
                os.rmdir(os.path.join(place, name))
            except OSError:
                pass
    for _ in range(100):
        try:
            os.rmdir(path)
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)


def _remove_work(work):
    """Unmount what is below and delete; leave it when something stays mounted there."""
    for point, _, _ in reversed(linux.mounts()):
        if point.startswith(work + "/"):
            try:
                linux.umount(point, linux.MNT_DETACH)
            except OSError:
                pass
    if not any(p.startswith(work + "/") for p, _, _ in linux.mounts()):
        shutil.rmtree(work, ignore_errors=True)


def _worker(test, context, out):
    """Run the function; write {"status", "reason" | "detail"} and leave."""
    from .fixture import Bare, Keg

    linux.die_with_parent()
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    fixture = None
    result = {"status": "ok"}
    try:
        for need in test.needs:
            reason = needs.missing(need, context)
            if reason:
                raise Skip(reason)
        fixture = Keg(context) if test.fixture else Bare(context)
        test.function(fixture)
    except Skip as e:
        result = {"status": "skip", "reason": str(e)}
    except BaseException as e:
        result = {"status": "not ok", "detail": _explain(e)}
    try:
        if fixture:
            fixture.clean_up()
    except BaseException as e:
        detail = "clean-up: " + _explain(e)
        if result["status"] == "not ok":
            detail = result["detail"] + "\n" + detail
        result = {"status": "not ok", "detail": detail}
    if "detail" in result:
        result["detail"] = result["detail"][:RESULT_LIMIT // 4]
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(out, json.dumps(result).encode())
    os._exit(0)


def _explain(e):
    """The line that failed, with the values of its local variables when it is a bare assert."""
    lines = [f"{type(e).__name__}: {e}"] if str(e) else [type(e).__name__]
    frames = [f for f in traceback.extract_tb(e.__traceback__) if "/harness/" not in f.filename]
    for frame in frames or traceback.extract_tb(e.__traceback__):
        lines.append(f"at {os.path.basename(frame.filename)}:{frame.lineno}: {frame.line}")
    if isinstance(e, AssertionError) and not str(e):
        tb = e.__traceback__
        while tb.tb_next:
            tb = tb.tb_next
        for name, value in tb.tb_frame.f_locals.items():
            lines.append(f"  {name} = {repr(value)[:1500]}")
    return "\n".join(lines)


def _supervise(test, context, out):
    linux.die_with_parent()
    linux.adopt_orphans()
    os.setsid()
    waited_for = {signal.SIGCHLD, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_SETMASK, waited_for)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    linux.unshare(linux.CLONE_NEWNS)
    try:
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    except OSError as e:
        raise OSError(e.errno, "make mounts private: / is no mount point, so nothing here can pivot_root either; "
                      "in a chroot, bind mount its folder on itself before entering it") from None
    if test.netns == "private":
        linux.unshare(linux.CLONE_NEWNET)
        linux.loopback_up()

    context.work = tempfile.mkdtemp(prefix="keg-test-", dir=context.work_base)
    os.chmod(context.work, 0o755)
    context.root = os.path.join(context.work, "root")
    os.mkdir(context.root, 0o700)
    context.cgroup_mount = cgroup2_mount()
    if not context.cgroup_mount:
        context.cgroup_mount = os.path.join(context.work, "cgroup2")
        os.mkdir(context.cgroup_mount)
        linux.mount("cgroup2", context.cgroup_mount, "cgroup2")
    # A run that was killed may have left one with our pid: the folder's random name is this run's alone.
    context.cgroup = f"/keg-test-{os.getpid()}-{os.path.basename(context.work)[len('keg-test-'):]}"
    os.mkdir(context.cgroup_path)
    os.mkdir(context.cgroup_path + "/harness")
    with open(context.cgroup_path + "/harness/cgroup.procs", "w") as f:
        f.write("0")

    before = _snapshot(context, None)
    reader, writer = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(reader)
        try:
            _worker(test, context, writer)
        finally:
            os._exit(70)
    os.close(writer)

    bound = test.bound_s or TEST_S
    deadline = time.monotonic() + bound
    status = stopped = None
    while status is None and not stopped and time.monotonic() < deadline:
        status = _reap(worker)
        if status is None:
            info = signal.sigtimedwait(waited_for, min(1, max(0.01, deadline - time.monotonic())))
            stopped = info and info.si_signo == signal.SIGTERM
    if stopped:
        result = {"status": "not ok", "detail": "the run was interrupted"}
    elif status is None:
        below = ", ".join(f"{n} [{p}]" for p, n in linux.descendants(os.getpid()).items())
        result = {"status": "not ok", "detail": f"hangs: not done after {bound} s; running: {below}"}
    else:
        text = os.read(reader, RESULT_LIMIT)
        code = os.waitstatus_to_exitcode(status)
        result = json.loads(text) if text else {
            "status": "not ok", "detail": f"the test's process ended by itself with {code}"}
    os.close(reader)

    if test.leaks:
        deadline = time.monotonic() + (SETTLE_S if result["status"] == "ok" else 0)
        while True:
            _reap()
            found = _difference(before, _snapshot(context, None))
            if not found or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        if found and result["status"] == "ok":
            result = {"status": "not ok", "detail": "\n".join(found)}
        elif found:
            result["detail"] = "\n".join([result.get("detail", "")] + found)

    if not _kill_descendants():
        result["detail"] = result.get("detail", "") + "\nprocesses are left that SIGKILL does not end"
    with open(context.cgroup_mount + "/cgroup.procs", "w") as f:
        f.write("0")
    _remove_cgroups(context.cgroup_path)
    os.chdir("/")
    _remove_work(context.work)
    os.write(out, json.dumps(result).encode())


def start(test, context, log_path):
    """Fork the supervisor of one test; (pid, fd from which its result can be read once)."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    try:
        os.close(reader)
        log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(null)
        os.close(log)
        try:
            _supervise(test, context, writer)
        except BaseException:
            detail = "the harness itself: " + traceback.format_exc()
            os.write(writer, json.dumps({"status": "not ok", "detail": detail[:8000]}).encode())
    finally:
        os._exit(0)


def finish(pid, reader):
    """The result of a supervisor that has written it or died."""
    text = os.read(reader, 2 * RESULT_LIMIT)
    os.close(reader)
    os.waitpid(pid, 0)
    if not text:
        return {"status": "not ok", "detail": "the supervisor of the test died"}
    return json.loads(text)
