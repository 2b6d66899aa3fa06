"""What a test must find as it was after its container is gone, and the containers that the tests make."""

import os
import re
import socket

from harness import linux, wait_until
from harness.bounds import SETTLE_S


class World:
    """Processes, mounts, cgroups, interfaces and files in --root, as they were when it was made."""

    def __init__(self, keg):
        self.keg = keg
        self.before = self.look()

    def look(self):
        keg = self.keg
        below = linux.descendants(os.getppid())  # the supervisor adopts every orphan of the test
        below.pop(os.getpid(), None)
        files, groups = [], []
        for place, folders, names in os.walk(keg.root):
            files += [os.path.relpath(os.path.join(place, n), keg.root) for n in folders + names]
        for place, folders, _ in os.walk(keg.cgroup_path):
            groups += [os.path.relpath(os.path.join(place, n), keg.cgroup_path) for n in folders]
        return {
            "processes": {f"{name} [{pid}]" for pid, name in below.items()},
            "mounts": sorted(f"{point} ({kind})" for point, kind, _ in linux.mounts()),
            "cgroups": set(groups),
            "interfaces": {name for _, name in socket.if_nameindex()},
            "files": set(files),
        }

    def check(self, when):
        """Waits for the dying; then everything is as it was."""
        def difference():
            now = self.look()
            return {kind: (self.before[kind], now[kind]) for kind in now if now[kind] != self.before[kind]}
        try:
            wait_until(lambda: not difference(), "", SETTLE_S)
        except AssertionError:
            raise AssertionError(f"{when}: before and after differ: {difference()}") from None

    def delete(self, id, when):
        """delete --force, where it was killed or not, leaves nothing; a plain one then says so."""
        keg = self.keg
        known = os.path.exists(os.path.join(keg.root, id))
        first = keg.delete(id, "--force")
        if known:
            assert first.code == 0 and first.err == "", f"{when}: delete --force: {first}"
        self.check(when)
        again = keg.delete(id)
        assert again.code == 1 and f"container `{id}` does not exist" in again.err, f"{when}: {again}"


def hooks(b, **more):
    for kind in ("createRuntime", "poststart", "poststop"):
        b.hook(kind, b.keg.context.guest, "true", **more)
    return b.hook("createContainer", b.keg.context.guest, "true").hook("startContainer", "/guest", "true")


def plain(keg):
    """Its own namespaces, hooks, a limit that needs no controller, device rules."""
    b = hooks(keg.bundle(["/guest", "then", "echo", "ready", "--", "pause"]))
    return b.resources(unified={"cgroup.max.descendants": "100"},
                       devices=[{"allow": False, "access": "rwm"}])


def mapped(keg):
    """A user and a time namespace: more processes take part in the start. An idmapped mount."""
    b = keg.bundle(["/guest", "then", "echo", "ready", "--", "pause"])
    os.chmod(b.path, 0o755)
    b.id_maps().namespace("time")
    b.linux["timeOffsets"] = {"boottime": {"secs": 100}}
    b.namespace("cgroup")
    source = os.path.join(b.path, "shared")
    os.mkdir(source)
    os.mkdir(os.path.join(b.rootfs, "shared"))
    rows = [{"containerID": 0, "hostID": 200000, "size": 1000}]
    return b.mount("/shared", "bind", source, ["bind"], uidMappings=rows, gidMappings=rows)


KINDS = (plain, mapped)


def armed(point):
    return {**os.environ, "KEG_FAILPOINT": point}


def ready(keg, id, child):
    """True once the container's program runs; False when it died before."""
    return wait_until(lambda: "ready" if "ready" in keg.output(child) else
                      "dead" if keg.status(id) in ("stopped", None) else None, f"container {id} runs or dies") == "ready"


def message_is_clear(text):
    return re.fullmatch(r"keg: [a-z]+: [^\n]+\n", text) is not None
