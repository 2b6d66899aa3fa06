"""The machine says no: no space, nothing may be written, no memory. One clear message, and nothing left."""

import errno
import os
import shutil

from harness import linux, skip, test

import _world
from _world import World, armed

MS_RDONLY, MS_REMOUNT = 1, 32


def create(keg, bundle, id="c", **options):
    bundle.write(id)
    return keg.cmd("create", "--bundle", bundle.path, id, **options)


def refused(keg, world, result, reason, when):
    assert result.code == 1, f"{when}: {result}"
    assert _world.message_is_clear(result.err) and reason in result.err, f"{when}: {result}"
    world.check(when)


@test
def a_full_state_root(keg):
    """A tmpfs of ever more inodes and pages: create is refused and undone until there is room for all."""
    bundle = _world.plain(keg)
    for option, sizes in (("size", ("4k", "8k", "12k", "16k", "64k")), ("nr_inodes", (2, 3, 4, 5, 6, 64))):
        codes = []
        for size in sizes:
            linux.mount("tmpfs", keg.root, "tmpfs", 0, f"{option}={size}")
            try:
                world = World(keg)
                result = create(keg, bundle)
                codes.append(result.code)
                if result.code == 0:
                    world.delete("c", f"{option}={size}")
                else:
                    refused(keg, world, result, "state: ", f"{option}={size}")
                    assert "No space left on device" in result.err, result
            finally:
                linux.umount(keg.root, linux.MNT_DETACH)
        assert codes[0] == 1 and codes[-1] == 0, codes


@test
def no_space_for_each_file_that_is_replaced(keg):
    world, bundle = World(keg), _world.plain(keg)
    for name in ("ENOSPC", "EIO", "EDQUOT"):
        result = create(keg, bundle, env=armed(f"file.replace.write:errno={name}"))
        refused(keg, world, result, "state: write the status of container `c`: " + os.strerror(getattr(errno, name)), name)


@test
def a_full_disk_does_not_stop_a_delete(keg):
    bundle = _world.plain(keg)
    linux.mount("tmpfs", keg.root, "tmpfs", 0, "size=64k")
    try:
        world = World(keg)
        assert create(keg, bundle).code == 0
        filler = os.path.join(keg.root, ".filler")
        with open(filler, "wb", buffering=0) as f:
            try:
                while f.write(b"x" * 4096):
                    pass
            except OSError as e:
                assert e.errno == errno.ENOSPC, e
        assert keg.start("c").code == 0
        assert keg.delete("c", "--force").code == 0
        os.unlink(filler)
        world.check("deleted")
    finally:
        linux.umount(keg.root, linux.MNT_DETACH)


@test
def a_state_root_that_is_read_only(keg):
    bundle = _world.plain(keg)
    assert create(keg, bundle, "before").code == 0
    linux.mount(keg.root, keg.root, None, linux.MS_BIND)
    linux.mount("none", keg.root, None, linux.MS_BIND | MS_REMOUNT | MS_RDONLY)
    world = World(keg)
    try:
        refused(keg, world, create(keg, bundle), "Read-only file system", "create")
        assert keg.status("before") == "created"
        deleted = keg.delete("before", "--force")
        assert deleted.code == 1 and _world.message_is_clear(deleted.err), deleted
    finally:
        linux.umount(keg.root, linux.MNT_DETACH)
    assert keg.delete("before", "--force").code == 0


@test
def a_state_root_that_is_a_file(keg):
    world, bundle = World(keg), _world.plain(keg)
    bundle.write("c")
    result = keg.sh(keg.program, "--root", keg.file("plain"), "create", "--bundle", bundle.path, "c")
    refused(keg, world, result, "Not a directory", "a file")


@test
def no_memory(keg):
    """An address space of ever more pages: each create either works or is undone, and says why."""
    if not shutil.which("prlimit"):
        skip("the program prlimit is not installed")
    world, bundle = World(keg), _world.plain(keg)
    for number in range(1000):
        bundle.annotation(f"org.example.{number}", "x" * 500)
    bundle.write("c")
    refusals = successes = kilobytes = 0
    while successes < 10:
        kilobytes += 64
        assert kilobytes < 32 * 1024, "a create needs more than 32 MB"
        limit = ["prlimit", f"--as={kilobytes * 1024}"]
        if refusals == 0 and keg.sh(*limit, keg.program, "--version").code != 0:
            continue  # the kernel cannot even map the program
        result = keg.sh(*limit, *keg.argv("create", "--bundle", bundle.path, "c"))
        if result.code == 0:
            successes += 1
            world.delete("c", f"{kilobytes} kB")
        else:
            refusals += 1
            refused(keg, world, result, "emory", f"{kilobytes} kB")
    assert refusals > 5, refusals
