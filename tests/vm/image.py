"""What the machine boots: a kernel, an initramfs and two read-only disks.

    kernel      Debian's cloud kernel, the newest that this machine's apt sources have;
                downloaded and unpacked, never installed
    initramfs   busybox, the one module needed to see a disk, initramfs-init
    base        ext4: busybox, Python, iproute2 ... from installed Debian packages, kernel modules
    payload     ext4, mounted on /keg: keg and test programs in build/, the tests tree in tests/

Everything lies in a cache folder, each under a name that has a hash of its inputs in it; an
image with the same inputs is used again, others of its kind are removed. Disks are made by
`mke2fs -d`: no loop device, no mount.
"""

import contextlib
import fcntl
import glob
import hashlib
import lzma
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)

# Debian packages whose files, with those of what they depend on, make the base image.
PACKAGES = ["busybox-static", "iproute2", "kmod", "nftables", "python3"]

# Dependencies that no test uses: they exist for package management or are large.
LEFT_OUT = re.compile(r"^(perl|debconf|dpkg|tar|mailcap|media-types|tzdata|adduser|passwd|init-system-helpers)")
LEFT_OUT_FILES = re.compile(
    r"^/usr/(share/(doc|man|locale|lintian|info|bash-completion|bug|python3/debpython)/"
    r"|lib/python3/dist-packages/.*/tests?/|lib/python3\.\d+/(test|idlelib|tkinter|ensurepip|lib2to3|pydoc_data)/)")

# Modules that are on the disk, by path below kernel/; what they depend on comes with them.
MODULES = [
    "net/netfilter/", "net/ipv4/netfilter/", "net/ipv6/netfilter/", "net/bridge/", "net/sched/",
    "net/802/", "net/8021q/", "net/llc/", "drivers/net/veth", "drivers/net/dummy", "drivers/net/vxlan",
    "drivers/net/tun", "drivers/net/ifb", "drivers/net/ipvlan/", "drivers/net/macvlan", "net/ipv4/udp_tunnel",
    "fs/overlayfs/", "fs/fuse/", "fs/squashfs/", "fs/erofs/", "fs/xfs/", "fs/nls/", "drivers/block/loop",
    "drivers/block/virtio_blk", "drivers/block/brd", "drivers/block/zram/", "drivers/block/null_blk/",
    "drivers/char/hw_random/virtio", "fs/binfmt_misc", "lib/libcrc32c", "arch/x86/crypto/crc32",
    "net/unix/", "net/netlink/", "net/packet/",
]

# Of those, loaded before any test: a container cannot load a module when it needs one.
LOADED = ["overlay", "veth", "bridge", "dummy", "nf_tables", "nft_chain_nat", "nft_ct", "nft_masq", "tun", "loop", "fuse"]


class Refused(Exception):
    """The machine cannot be made here; the text says why."""


def _run(*argv, **options):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        raise Refused(f"{' '.join(argv[:3])}: {done.stderr.strip()[-1000:]}")
    return done.stdout


@contextlib.contextmanager
def _locked(folder):
    """One maker at a time in a cache folder."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def _digest(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _text(path):
    with open(path) as f:
        return f.read()


def _cached(folder, kind, key, make):
    """The path KIND-KEY in the folder, made by make(path) when it is not there yet."""
    path = os.path.join(folder, f"{kind}-{key}")
    with _locked(folder):
        if not os.path.exists(path):
            part = os.path.join(folder, f"part-{kind}")
            _remove(part)
            make(part)
            os.rename(part, path)
            for old in glob.glob(os.path.join(folder, f"{kind}-*")):
                if old != path:
                    _remove(old)
    return path


def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


# --- kernel --------------------------------------------------------------------------------------


def _version_key(name):
    return [int(n) for n in re.findall(r"\d+", name)]


def kernel(cache):
    """The folder of an unpacked kernel package. KEG_VM_KERNEL names another package."""
    name = os.environ.get("KEG_VM_KERNEL")
    if not name:
        names = _run("apt-cache", "pkgnames", "linux-image-").split()
        names = [n for n in names if re.fullmatch(r"linux-image-\d[^_]*-cloud-amd64", n)]
        # A name stays in apt's lists after its package left the suites: only one that has a candidate counts.
        for name in sorted(names, key=_version_key, reverse=True):
            if re.search(r"Candidate: \d", _run("apt-cache", "policy", name)):
                break
        else:
            raise Refused("apt knows no linux-image-*-cloud-amd64 (apt-get update?)")

    def make(part):
        os.makedirs(part)
        _run("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", name, cwd=part)
        package, = glob.glob(os.path.join(part, "*.deb"))
        _run("dpkg-deb", "-x", package, part)
        os.unlink(package)

    return _cached(cache, "kernel", name[len("linux-image-"):], make)


def vmlinuz(kernel_folder):
    return glob.glob(os.path.join(kernel_folder, "boot/vmlinuz-*"))[0]


def _modules_folder(kernel_folder):
    return glob.glob(os.path.join(kernel_folder, "lib/modules/*"))[0]


def _unpack_module(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(source, "rb") as f, open(target, "wb") as out:
        data = f.read()
        out.write(lzma.decompress(data) if source.endswith(".xz") else data)


def _plain_name(path):
    return path[:-3] if path.endswith(".xz") else path


def copy_modules(kernel_folder, stage):
    """The modules of MODULES and their dependencies, uncompressed: unpacking costs the machine time."""
    source = _modules_folder(kernel_folder)
    version = os.path.basename(source)
    needs = {}
    paths = {}
    for place, _, names in os.walk(os.path.join(source, "kernel")):
        for name in names:
            if ".ko" in name:
                path = os.path.relpath(os.path.join(place, name), source)
                paths[name.split(".ko")[0].replace("-", "_")] = path
    for name, path in paths.items():
        full = os.path.join(source, path)
        data = lzma.open(full).read() if path.endswith(".xz") else open(full, "rb").read()
        found = re.search(rb"\0depends=([^\0]*)\0", data)
        needs[name] = [n for n in (found.group(1).decode() if found else "").replace("-", "_").split(",") if n]
    queue = [n for n, p in paths.items() if any(p.startswith("kernel/" + m) for m in MODULES)]
    wanted = set()
    while queue:
        name = queue.pop()
        if name in paths and name not in wanted:
            wanted.add(name)
            queue += needs[name]
    target = os.path.join(stage, "usr/lib/modules", version)
    for name in wanted:
        _unpack_module(os.path.join(source, paths[name]), os.path.join(target, _plain_name(paths[name])))
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        if os.path.exists(os.path.join(source, name)):
            shutil.copy(os.path.join(source, name), target)
    # depmod looks for lib/modules below the base it is given.
    _run("depmod", "-b", stage, version)


# --- initramfs -----------------------------------------------------------------------------------


def initramfs(cache, kernel_folder):
    busybox = _busybox()
    init = os.path.join(HERE, "initramfs-init")

    def make(part):
        stage = part + ".d"
        _remove(stage)
        for name in ("bin", "dev", "new", "proc", "sys"):
            os.makedirs(os.path.join(stage, name))
        shutil.copy(busybox, os.path.join(stage, "bin/busybox"))
        shutil.copy(init, os.path.join(stage, "init"))
        module = glob.glob(os.path.join(_modules_folder(kernel_folder), "kernel/drivers/block/virtio_blk.ko*"))[0]
        _unpack_module(module, os.path.join(stage, "virtio_blk.ko"))
        names = "\n".join(sorted(_walk(stage)))
        with open(part, "wb") as out:
            subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=stage, input=names.encode(),
                           stdout=out, check=True)
        _remove(stage)

    return _cached(cache, "initramfs", _digest(kernel_folder, _text(init), _stamp(busybox), _text(__file__)), make)


def _walk(top):
    for place, folders, names in os.walk(top):
        for name in folders + names:
            yield os.path.relpath(os.path.join(place, name), top)


def _busybox():
    path = shutil.which("busybox")
    if not path:
        raise Refused("busybox is not installed (Debian: busybox-static)")
    return path


# --- disks ---------------------------------------------------------------------------------------


def _mke2fs(stage, path, spare_bytes=0):
    """An ext4 image of a folder, with little room left."""
    bytes_used = count = 0
    for name in _walk(stage):
        count += 1
        bytes_used += -(-os.lstat(os.path.join(stage, name)).st_size // 4096) * 4096 + 512
    size_kib = (bytes_used * 11 // 10 + spare_bytes) // 1024 + 8192
    _run("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal,^resize_inode", "-m", "0", "-N", str(count + 256),
         "-d", stage, path, f"{size_kib}k")


def _closure(names):
    """Installed packages that the named ones need, themselves included: {name: version}."""
    table, provided = {}, {}
    fields = ("db:Status-Abbrev", "Package", "Version", "Pre-Depends", "Depends", "Provides")
    for line in _run("dpkg-query", "-W", "-f", "\\t".join("${%s}" % f for f in fields) + "\\n").splitlines():
        status, name, version, *depends, provides = line.split("\t")
        if not status.startswith("ii"):
            continue
        table[name] = (version, ",".join(depends))
        for virtual in provides.split(","):
            provided.setdefault(virtual.split("(")[0].strip(), name)
    found, queue = {}, list(names)
    while queue:
        name = queue.pop()
        if name in found or LEFT_OUT.match(name):
            continue
        if name not in table:
            raise Refused(f"the Debian package {name} is not installed")
        version, depends = table[name]
        found[name] = version
        for clause in depends.split(","):
            options = [re.split(r"[ (:]", o.strip())[0] for o in clause.split("|") if o.strip()]
            options = [o if o in table else provided.get(o) for o in options]
            options = [o for o in options if o]
            if options:
                queue.append(options[0])
    return found


def _copy_packages(names, stage):
    """The files of packages, below a merged /usr."""
    for name in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(os.path.join(stage, "usr", name), exist_ok=True)
        os.symlink("usr/" + name, os.path.join(stage, name))
    folders = set()
    for path in _run("dpkg", "-L", *sorted(names)).splitlines():
        if not path.startswith("/") or path == "/." or LEFT_OUT_FILES.match(path + "/") or LEFT_OUT_FILES.match(path):
            continue
        path = re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", path)
        target = stage + path
        if os.path.isdir(path) and not os.path.islink(path):
            os.makedirs(target, exist_ok=True)
            folders.add(path)
        elif os.path.lexists(path) and not os.path.lexists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(path, target, follow_symlinks=False)
    # Compiled Python is made when a package is installed, and belongs to none; without it each start costs seconds.
    for folder in folders:
        cache = os.path.join(folder, "__pycache__")
        if folder.startswith("/usr/lib/python3") and os.path.isdir(cache):
            shutil.copytree(cache, stage + cache, dirs_exist_ok=True)


def base_disk(cache, kernel_folder, packages=()):
    """The disk with the system on it; `packages` are Debian packages that a tier wants besides."""
    closure = _closure([*PACKAGES, *packages])
    key = _digest(kernel_folder, _text(__file__), _stamp(_busybox()), *(f"{n} {v}" for n, v in sorted(closure.items())))
    kind = "base" if not packages else "base+" + "+".join(sorted(packages))

    def make(part):
        stage = part + ".d"
        _remove(stage)
        os.makedirs(stage)
        _copy_packages(closure, stage)
        for name in ("dev", "etc", "keg", "mnt", "proc", "root", "run", "sys", "tmp", "var", "usr/bin"):
            os.makedirs(os.path.join(stage, name), exist_ok=True)
        for name in _run(_busybox(), "--list").split():
            if not any(os.path.lexists(os.path.join(stage, "usr", d, name)) for d in ("bin", "sbin")):
                os.symlink("busybox", os.path.join(stage, "usr/bin", name))
        for name, text in (
            ("passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"),
            ("group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"),
            ("hosts", "127.0.0.1 localhost keg-vm\n::1 localhost\n"),
            ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
            ("subuid", "root:100000:65536\n"),
            ("subgid", "root:100000:65536\n"),
        ):
            with open(os.path.join(stage, "etc", name), "w") as f:
                f.write(text)
        copy_modules(kernel_folder, stage)
        _mke2fs(stage, part)
        _remove(stage)

    return _cached(cache, kind, key, make)


def _stamp(path):
    st = os.stat(path)
    return f"{path} {st.st_mtime_ns} {st.st_size} {st.st_mode}"


def _payload_files(build):
    """(file, its place below /keg): keg, the programs of tests/ and the tests tree."""
    keg = os.path.join(build, "keg")
    if os.path.exists(keg):
        yield keg, "build/keg"
    for place, folders, names in os.walk(os.path.join(build, "tests")):
        folders[:] = [d for d in folders if d not in ("unit", "fuzz", ".deps", ".libs")]
        for name in names:
            path = os.path.join(place, name)
            if os.access(path, os.X_OK) and not name.endswith((".o", ".a", ".la", ".log", ".trs")):
                yield path, os.path.join("build", os.path.relpath(path, build))
    for place, folders, names in os.walk(TESTS):
        folders[:] = [d for d in folders if d not in ("unit", "fuzz", "__pycache__")]
        for name in names:
            path = os.path.join(place, name)
            yield path, "tests/" + os.path.relpath(path, TESTS)


def payload_disk(cache, build, extra=()):
    """The disk with what is tested on it. extra: (file or folder, its place below /keg)."""
    files = sorted(_payload_files(build))
    stamps = [_stamp(path) + " " + place for path, place in files if os.path.exists(path)]
    for path, place in extra:
        stamps.append(_stamp(path) + " " + place)
        if os.path.isdir(path):
            stamps += [str(os.lstat(os.path.join(path, n)).st_mtime_ns) + n for n in sorted(_walk(path))]

    def make(part):
        stage = part + ".d"
        _remove(stage)
        os.makedirs(os.path.join(stage, "build"))
        for path, place in files:
            target = os.path.join(stage, place)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.exists(path):
                shutil.copy2(path, target)
        for path, place in extra:
            target = os.path.join(stage, place)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.isdir(path):
                shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy2(path, target)
        _mke2fs(stage, part)
        _remove(stage)

    kind = "payload" + _digest(build, *(p for _, p in extra))
    return _cached(cache, kind, _digest(_text(__file__), *stamps), make)
