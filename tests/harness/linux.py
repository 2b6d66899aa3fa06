"""The system calls that Python 3.11 has no function for, and readers of /proc.

Errors: OSError, with the name of the call.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def _call(name, *args):
    if getattr(_libc, name)(*args) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _bytes(text):
    return None if text is None else os.fsencode(text)


def unshare(flags):
    _call("unshare", flags)


def setns(fd, kind=0):
    _call("setns", fd, kind)


def mount(source, target, kind=None, flags=0, data=None):
    _call("mount", _bytes(source), _bytes(target), _bytes(kind), ctypes.c_ulong(flags), _bytes(data))


def open_tree(path):
    """A clone of the mounts at and below a path, attached nowhere: a descriptor."""
    fd = _libc.syscall(428, -100, _bytes(path), 1 | 0x8000 | 0o2000000)  # CLONE, RECURSIVE, CLOEXEC
    if fd < 0:
        raise OSError(ctypes.get_errno(), f"open_tree: {path}")
    return fd


def move_mount(fd, target):
    if _libc.syscall(429, fd, b"", -100, _bytes(target), 4) < 0:  # MOVE_MOUNT_F_EMPTY_PATH
        raise OSError(ctypes.get_errno(), f"move_mount: {target}")


def umount(target, flags=0):
    _call("umount2", _bytes(target), flags)


def die_with_parent():
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def adopt_orphans():
    """Orphaned descendants become children of the caller: prctl(2), PR_SET_CHILD_SUBREAPER."""
    _call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def loopback_up():
    """netdevice(7): set IFF_UP on lo."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(s, 0x8913, request))[1]
        fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", flags | 1))


def processes():
    """{pid: (parent's pid, state, name)} of every process that /proc shows."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", errors="replace") as f:
                text = f.read()
        except OSError:
            continue
        name = text[text.index("(") + 1 : text.rindex(")")]
        rest = text[text.rindex(")") + 2 :].split()
        found[int(entry)] = (int(rest[1]), rest[0], name)
    return found


def descendants(pid):
    """Pids of the living (no zombies) below a process: {pid: name}."""
    table = processes()
    children = {}
    for child, (parent, _, _) in table.items():
        children.setdefault(parent, []).append(child)
    found, queue = {}, [pid]
    while queue:
        for child in children.get(queue.pop(), []):
            queue.append(child)
            if table[child][1] not in "ZX":
                found[child] = table[child][2]
    return found


def mounts():
    """[(mount point, type, source)] of the caller's mount namespace, in mount order."""
    found = []
    with open("/proc/self/mountinfo", errors="surrogateescape") as f:
        for line in f:
            fields = line.split()
            dash = fields.index("-")
            point = fields[4].encode(errors="surrogateescape").decode("unicode_escape")
            found.append((point, fields[dash + 1], fields[dash + 2]))
    return found
