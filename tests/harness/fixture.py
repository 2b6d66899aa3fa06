"""What a test gets: the runtime under test, bundles, and things that undo themselves.

Keg runs `keg --root TMP ...` with its output in files, never in pipes: a container
that outlives the command keeps them open, and nobody waits for it. Every command
and its outcome goes to the test's log, which is shown when the test fails.
"""

import json
import os
import re
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import termios
import fcntl
import time
from typing import NamedTuple

from . import linux, needs
from .bounds import COMMAND_S, wait_until
from .bundle import Bundle
from .registry import skip


class Result(NamedTuple):
    code: int
    out: str
    err: str


class Bare:
    """The part of the fixture that needs no runtime: a folder, clean-up, programs to run."""

    def __init__(self, context):
        self.context = context
        self.work = context.work
        self.build = context.build
        self._undo = []
        self._count = 0

    def at_end(self, function, *args):
        """Call function(*args) when the test is over; the last one registered comes first."""
        self._undo.append((function, args))

    def clean_up(self):
        errors = []
        while self._undo:
            function, args = self._undo.pop()
            try:
                function(*args)
            except Exception as e:
                errors.append(f"{getattr(function, '__name__', function)}: {e}")
        if errors:
            raise AssertionError("; ".join(errors))

    def path(self, *names):
        return os.path.join(self.work, *names)

    def folder(self, name):
        os.makedirs(self.path(name), exist_ok=True)
        return self.path(name)

    def file(self, name, text="", mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w" if isinstance(text, str) else "wb") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def _next(self):
        self._count += 1
        return self._count

    def popen(self, argv, stdin=None, env=None, cwd=None, pass_fds=(), new_session=False):
        """Start a program with its output in files. Killed at the end if it still runs."""
        number = self._next()
        out = self.path(f"out.{number}")
        err = self.path(f"err.{number}")
        print("$", shlex.join(map(str, argv)), flush=True)
        with open(out, "wb") as o, open(err, "wb") as e:
            child = subprocess.Popen(
                [str(a) for a in argv], stdout=o, stderr=e, env=env, cwd=cwd or self.work,
                stdin=subprocess.PIPE if isinstance(stdin, (bytes, str)) else stdin or subprocess.DEVNULL,
                pass_fds=pass_fds, start_new_session=new_session)
        child.out_path, child.err_path = out, err
        if isinstance(stdin, (bytes, str)):
            try:
                child.stdin.write(stdin.encode() if isinstance(stdin, str) else stdin)
                child.stdin.close()
            except BrokenPipeError:
                pass
        self.at_end(self._end, child)
        return child

    @staticmethod
    def _end(child):
        if child.poll() is None:
            child.kill()
            child.wait()

    def output(self, child):
        """What a started program (and whoever inherited its stdout) has written so far."""
        with open(child.out_path, errors="backslashreplace") as f:
            return f.read()

    def wait(self, child, timeout=None):
        try:
            code = child.wait(timeout or COMMAND_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            raise AssertionError(f"hangs: {shlex.join(map(str, child.args))}") from None
        with open(child.err_path, errors="backslashreplace") as f:
            result = Result(code, self.output(child), f.read())
        for name, text in (("out", result.out), ("err", result.err)):
            if text:
                print(f"  {name}: " + text.rstrip("\n")[:4000].replace("\n", "\n       "))
        print(f"  code: {code}", flush=True)
        return result

    def sh(self, *argv, **options):
        """Run a program to its end: Result(code, out, err)."""
        timeout = options.pop("timeout", None)
        return self.wait(self.popen(argv, **options), timeout)

    def mount(self, source, target, kind=None, flags=0, data=None):
        """Mount in the test's namespace until the test is over."""
        linux.mount(source, target, kind, flags, data)
        self.at_end(linux.umount, target, linux.MNT_DETACH)

    def disk(self, number=0):
        """The machine's extra disk (vm=dict(disks=["64M"])); skips where there is none."""
        path = needs.disk_path(number)
        if not path:
            skip(f"there is no extra disk {number} here")
        return path


class Keg(Bare):
    def __init__(self, context):
        super().__init__(context)
        self.program = context.keg
        self.root = context.root
        self.cgroup = context.cgroup            # of the test, as config.json names it
        self.cgroup_path = context.cgroup_path  # the same as a directory of the host
        self._ids = []
        self._spec = None
        if not os.access(self.program, os.X_OK):
            raise AssertionError(f"there is no runtime to test at {self.program}")
        self.at_end(self._delete_all)

    # --- bundles ---------------------------------------------------------------------------

    def spec(self):
        """What `keg spec` writes, as a new tree of dicts and lists."""
        if self._spec is None:
            folder = self.folder(f"spec.{self._next()}")
            result = self.cmd("spec", cwd=folder)
            assert result.code == 0, f"keg spec: {result.err}"
            with open(os.path.join(folder, "config.json")) as f:
                self._spec = f.read()
        return json.loads(self._spec)

    def bundle(self, args=("/guest", "true"), busybox=False, rootfs=True):
        """A new bundle: rootfs with /guest in it (and busybox), config.json from `keg spec`."""
        return Bundle(self, self.folder(f"bundle.{self._next()}"), list(args), busybox, rootfs)

    def new_id(self):
        return f"c{os.getpid()}-{self._next()}"

    # --- commands --------------------------------------------------------------------------

    def argv(self, *args, global_flags=()):
        return [self.program, "--root", self.root, *global_flags, *args]

    def start_cmd(self, *args, global_flags=(), **options):
        """Start `keg --root TMP ARGS` and return the Popen; wait(child) gives its Result."""
        return self.popen(self.argv(*args, global_flags=global_flags), **options)

    def cmd(self, *args, timeout=None, **options):
        """Run `keg --root TMP ARGS` to its end: Result(code, out, err)."""
        return self.wait(self.start_cmd(*args, **options), timeout)

    def _with_bundle(self, command, bundle, flags, id, options):
        id = id or self.new_id()
        bundle.write(id)
        bundle.id = id
        self._ids.append(id)
        return self.start_cmd(command, "--bundle", bundle.path, *flags, id, **options)

    def run(self, bundle, *flags, id=None, timeout=None, **options):
        return self.wait(self._with_bundle("run", bundle, flags, id, options), timeout)

    def start_run(self, bundle, *flags, id=None, **options):
        """`keg run` in the background: Popen, with the container's id in bundle.id."""
        return self._with_bundle("run", bundle, flags, id, options)

    def create(self, bundle, *flags, id=None, timeout=None, **options):
        """`keg create`; the container's own output is in self.container_out(bundle)."""
        child = self._with_bundle("create", bundle, flags, id, options)
        bundle.child = child
        return self.wait(child, timeout)

    def container_out(self, bundle):
        return self.output(bundle.child)

    def start(self, id):
        return self.cmd("start", id)

    def kill(self, id, *args):
        return self.cmd("kill", id, *args)

    def delete(self, id, *flags):
        return self.cmd("delete", *flags, id)

    def exec(self, id, *args, flags=(), **options):
        return self.cmd("exec", *flags, id, *args, **options)

    def state(self, id):
        """The state document of a container, or None when keg knows no such one."""
        result = self.cmd("state", id)
        return json.loads(result.out) if result.code == 0 else None

    def status(self, id):
        state = self.state(id)
        return state["status"] if state else None

    def wait_status(self, id, status):
        wait_until(lambda: self.status(id) == status, f"container {id} becomes {status}")

    def started(self, bundle, *flags, **options):
        """Create and start; fails the test when either does. Returns the id."""
        for result in (self.create(bundle, *flags, **options), self.start(bundle.id)):
            assert result.code == 0, result.err
        return bundle.id

    def console(self):
        """A listening --console-socket: Console, with .path; accept() gets the terminal."""
        console = Console(self.path(f"console.{self._next()}"))
        self.at_end(console.close)
        return console

    # --- clean-up --------------------------------------------------------------------------

    def _delete_all(self):
        errors = []
        for id in reversed(self._ids):
            if os.path.exists(os.path.join(self.root, id)):
                result = self.cmd("delete", "--force", id)
                if result.code != 0:
                    errors.append(f"delete --force {id}: {result.code}: {result.err.strip()}")
        if errors:
            raise AssertionError("; ".join(errors))


class Console:
    """The other end of --console-socket: receives the terminal's master and talks to it."""

    def __init__(self, path):
        self.path = path
        self.master = None
        self.text = b""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(1)
        self._listener.settimeout(COMMAND_S)

    def accept(self):
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(COMMAND_S)
            self.name, fds, _, _ = socket.recv_fds(connection, 4096, 4)
        assert len(fds) == 1, f"{len(fds)} descriptors came over the console socket"
        self.master = fds[0]
        return self

    def write(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)

    def read_until(self, pattern):
        """Everything read so far, once it has the regular expression in it; EOF fails."""
        deadline = time.monotonic() + COMMAND_S
        while not re.search(pattern.encode(), self.text):
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            try:
                more = os.read(self.master, 4096) if ready else b""
            except OSError:  # EIO: the last slave is closed
                more = b""
            if not more:
                raise AssertionError(f"the terminal never said {pattern!r}, only {self.text!r}")
            self.text += more
        return self.text.decode(errors="backslashreplace")

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self):
        self._listener.close()
        if self.master is not None:
            os.close(self.master)
            self.master = None
        if os.path.exists(self.path):
            os.unlink(self.path)
