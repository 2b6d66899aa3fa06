"""What a test can need from the machine, and how to find out whether it is there.

A row is a prefix and a function; "cgroup:memory" calls the row "cgroup" with
"memory". The function returns None, or the reason why a test must be skipped.
"""

import os
import shutil


def _cgroup(name, context):
    with open(os.path.join(context.cgroup_mount, "cgroup.controllers")) as f:
        if name in f.read().split():
            return None
    return f"this machine's cgroup2 has no {name} controller"


def _capability(name, _context):
    number = {"sys_resource": 24, "sys_admin": 21, "mknod": 27, "net_admin": 12}[name]
    with open("/proc/self/status") as f:
        effective = next(int(line.split()[1], 16) for line in f if line.startswith("CapEff:"))
    return None if effective >> number & 1 else f"the tests run without CAP_{name.upper()}"


def _program(name, _context):
    return None if shutil.which(name) else f"the program {name} is not installed"


def _filesystem(name, _context):
    with open("/proc/filesystems") as f:
        known = name in f.read().split()
    return None if known else f"this kernel has no {name} filesystem loaded"


def _disk(number, _context):
    return None if disk_path(int(number)) else f"there is no extra disk {number}"


def _path(name, _context):
    return None if os.path.exists(name) else f"{name} does not exist"


TABLE = {
    "cgroup": _cgroup,
    "cap": _capability,
    "program": _program,
    "fs": _filesystem,
    "disk": _disk,
    "path": _path,
}


def disk_path(number):
    """The device of the machine's extra disk, by the serial the runner gave it, or None."""
    for name in os.listdir("/sys/block"):
        try:
            with open(f"/sys/block/{name}/serial") as f:
                if f.read().strip() == f"keg-extra{number}":
                    return f"/dev/{name}"
        except OSError:
            continue
    return None


def missing(need, context):
    kind, _, name = need.partition(":")
    return TABLE[kind](name, context)
