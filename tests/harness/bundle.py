"""A bundle being made: a rootfs with the guest program, and config.json as a tree to change.

    b = keg.bundle(args=["/guest", "id"])
    b.user(1000, 1000).env("A=b").mount("/data", "tmpfs", "tmpfs", ["size=1m"])
    b.linux["resources"] = {"pids": {"limit": 10}}
    keg.run(b)

Every method returns the bundle. config.json is written when a command uses it; unless
the test set linux.cgroupsPath itself, the container's cgroup lies in the test's own.
"""

import json
import os
import shutil

FOLDERS = ["dev", "etc", "proc", "root", "run", "sys", "tmp", "var"]


class Bundle:
    def __init__(self, keg, path, args, busybox, rootfs):
        self.keg, self.path, self.id = keg, path, None
        self.rootfs = os.path.join(path, "rootfs")
        if rootfs:
            self.make_rootfs(busybox)
        self.config = keg.spec()
        self.config["root"] = {"path": "rootfs", "readonly": False}
        self.process = self.config["process"]
        self.linux = self.config.setdefault("linux", {})
        self.process["terminal"] = False
        self.args(*args)

    def make_rootfs(self, busybox):
        for name in FOLDERS:
            os.makedirs(os.path.join(self.rootfs, name))
        os.chmod(os.path.join(self.rootfs, "tmp"), 0o1777)
        shutil.copy2(self.keg.context.guest, os.path.join(self.rootfs, "guest"))
        if busybox:
            os.mkdir(os.path.join(self.rootfs, "bin"))
            shutil.copy2(shutil.which("busybox"), os.path.join(self.rootfs, "bin/busybox"))
            for name in ("sh", "cat", "ls", "sleep", "mount", "ip"):
                os.symlink("busybox", os.path.join(self.rootfs, "bin", name))

    def args(self, *args):
        self.process["args"] = [str(a) for a in args]
        return self

    def guest(self, *args):
        return self.args("/guest", *args)

    def env(self, *pairs):
        self.process.setdefault("env", []).extend(pairs)
        return self

    def cwd(self, path):
        self.process["cwd"] = path
        return self

    def terminal(self, rows=None, columns=None):
        self.process["terminal"] = True
        if rows:
            self.process["consoleSize"] = {"height": rows, "width": columns}
        return self

    def user(self, uid, gid, groups=(), umask=None):
        self.process["user"] = {"uid": uid, "gid": gid}
        if groups:
            self.process["user"]["additionalGids"] = list(groups)
        if umask is not None:
            self.process["user"]["umask"] = umask
        return self

    def capabilities(self, *names, sets=("bounding", "effective", "permitted")):
        self.process["capabilities"] = {kind: list(names) for kind in sets}
        return self

    def rlimit(self, kind, soft, hard):
        limits = self.process.setdefault("rlimits", [])
        limits[:] = [r for r in limits if r["type"] != kind]
        limits.append({"type": kind, "soft": soft, "hard": hard})
        return self

    def mount(self, destination, kind, source, options=(), **more):
        self.config["mounts"].append(
            {"destination": destination, "type": kind, "source": source, "options": list(options), **more})
        return self

    def bind(self, source, destination, *options):
        return self.mount(destination, "bind", source, ["rbind", *options])

    def without_mount(self, destination):
        self.config["mounts"] = [m for m in self.config["mounts"] if m["destination"] != destination]
        return self

    def namespace(self, kind, path=None):
        self.without_namespace(kind)
        self.linux["namespaces"].append({"type": kind, "path": path} if path else {"type": kind})
        return self

    def without_namespace(self, kind):
        self.linux["namespaces"] = [n for n in self.linux["namespaces"] if n["type"] != kind]
        return self

    def id_maps(self, host_id=100000, size=65536):
        self.namespace("user")
        row = {"containerID": 0, "hostID": host_id, "size": size}
        self.linux["uidMappings"], self.linux["gidMappings"] = [dict(row)], [dict(row)]
        return self

    def resources(self, **kinds):
        self.linux.setdefault("resources", {}).update(kinds)
        return self

    def hook(self, kind, path, *args, env=None, timeout=None):
        row = {"path": path, "args": [os.path.basename(path), *map(str, args)]}
        if env is not None:
            row["env"] = env
        if timeout is not None:
            row["timeout"] = timeout
        self.config.setdefault("hooks", {}).setdefault(kind, []).append(row)
        return self

    def annotation(self, name, value):
        self.config.setdefault("annotations", {})[name] = value
        return self

    def file(self, name, text="", mode=0o644):
        """A file in the rootfs."""
        path = os.path.join(self.rootfs, name.lstrip("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return self

    def cgroup_path(self, id=None):
        """The directory of the container's cgroup, for a bundle that did not set its own."""
        return f"{self.keg.cgroup_path}/{id or self.id}"

    def write(self, id):
        config = self.config
        if "cgroupsPath" not in config["linux"]:
            config = {**config, "linux": {**config["linux"], "cgroupsPath": f"{self.keg.cgroup}/{id}"}}
        self.write_text(json.dumps(config, indent=1))
        return self

    def write_text(self, text):
        """config.json as it is given, for broken ones; commands that take a Bundle overwrite it."""
        with open(os.path.join(self.path, "config.json"), "w") as f:
            f.write(text)
        return self
