"""One boot of the machine: QEMU, its disks, and what it says.

    m = Machine(cache, build, memory="512M", disks=["64M"])
    ended = m.run("python3 /keg/tests/harness/run --tier vm", on_line, idle_s=660)

run() gives every line that the command wrote to on_line(line) as it comes, and returns how it
ended: Ended(status, console). status is the command's exit status, or None when the machine hung,
panicked or died; console is the end of what the kernel and the command's stderr said.

Never: leaves a QEMU behind. It is told to die with its parent, and killed when run() is left.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple, Optional

import image

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from harness import linux  # noqa: E402

# A machine that works says "up" in 1 s with KVM, and in 3 s without. Where KVM exists but hangs, this
# is how long finding that out takes, once for a run.
KVM_PROBE_S = 8
BOOT_S = 180
KERNEL_ARGUMENTS = "console=ttyS0 quiet loglevel=4 panic=-1 oops=panic mitigations=off psi=1 random.trust_cpu=on"


class Ended(NamedTuple):
    status: Optional[int]
    why: str
    console: str


def _qemu(kernel_folder, initrd, accelerator, memory, arguments):
    # Not thread=multi: a kernel that patches its code (static keys) while the other processor runs it
    # dies of "Oops: int3" now and then in QEMU 7.2.
    accel = {"kvm": ["-accel", "kvm", "-cpu", "host"],
             "tcg": ["-accel", "tcg,thread=single", "-cpu", "max"]}[accelerator]
    return ["qemu-system-x86_64", "-M", "q35", *accel, "-smp", "2", "-m", memory, "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot", "-nic", "none", "-kernel", image.vmlinuz(kernel_folder),
            "-initrd", initrd, "-append", f"{KERNEL_ARGUMENTS} {arguments}"]


def _disk(name, path, read_only=False):
    only = ",readonly=on" if read_only else ""
    return ["-drive", f"if=none,id={name},file={path},format=raw,cache=unsafe{only}",
            "-device", f"virtio-blk-pci,drive={name},serial=keg-{name}"]


def _start(argv, console):
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                            preexec_fn=linux.die_with_parent)


def _stop(qemu):
    if qemu.poll() is None:
        qemu.kill()
    qemu.wait()


def accelerator(cache):
    """kvm where a machine is up with it within seconds, else tcg. Remembered until the next boot of the host."""
    forced = os.environ.get("KEG_VM_ACCEL")
    if forced:
        return forced
    with open("/proc/sys/kernel/random/boot_id") as f:
        boot = f.read().strip()
    memory = os.path.join(cache, "accelerator")
    if os.path.exists(memory):
        with open(memory) as f:
            known_boot, known = f.read().split()
        if known_boot == boot:
            return known
    found = "kvm" if os.access("/dev/kvm", os.R_OK | os.W_OK) and _kvm_works(cache) else "tcg"
    with open(memory + ".part", "w") as f:
        f.write(f"{boot} {found}\n")
    os.rename(memory + ".part", memory)
    return found


def _kvm_works(cache):
    kernel = image.kernel(cache)
    argv = _qemu(kernel, image.initramfs(cache, kernel), "kvm", "256M", "keg.probe") + ["-serial", "stdio"]
    with tempfile.TemporaryFile() as console:
        qemu = _start(argv, console)
        deadline = time.monotonic() + KVM_PROBE_S
        try:
            while qemu.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            _stop(qemu)
        console.seek(0)
        return b"keg-vm: up" in console.read()


class Machine:
    def __init__(self, cache, build, memory="1G", rootfs="ext4", disks=(), kernel_args="", packages=(), extra=()):
        if not shutil.which("qemu-system-x86_64"):
            raise image.Refused("qemu-system-x86_64 is not installed (Debian: qemu-system-x86)")
        self.cache = cache
        self.memory, self.disks = memory, disks
        self.arguments = f"keg.rootfs={rootfs} {kernel_args}"
        self.kernel = image.kernel(cache)
        self.initrd = image.initramfs(cache, self.kernel)
        self.base = image.base_disk(cache, self.kernel, packages)
        self.payload = image.payload_disk(cache, build, extra)
        self.accelerator = accelerator(cache)

    def _scratch(self, folder, command):
        request = os.path.join(folder, "var", "request")
        os.makedirs(request)
        for name, text in (("command", command), ("modules", "".join(m + "\n" for m in image.LOADED))):
            with open(os.path.join(request, name), "w") as f:
                f.write(text)
        path = os.path.join(folder, "scratch")
        with open(path, "wb") as f:
            f.truncate(4 << 30)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-d",
                        os.path.join(folder, "var"), path], check=True)
        return path

    def _argv(self, folder, command):
        argv = _qemu(self.kernel, self.initrd, self.accelerator, self.memory, self.arguments)
        argv += _disk("base", self.base, True) + _disk("payload", self.payload, True)
        argv += _disk("scratch", self._scratch(folder, command))
        for number, size in enumerate(self.disks):
            path = os.path.join(folder, f"extra{number}")
            subprocess.run(["truncate", "-s", size, path], check=True)
            argv += _disk(f"extra{number}", path)
        return argv

    def run(self, command, on_line, idle_s, logs=None):
        """Boot, run shell text, power off. idle_s: the longest silence that is not a hang."""
        with tempfile.TemporaryDirectory(prefix="keg-vm-") as folder:
            results = os.path.join(folder, "results")
            console = os.path.join(folder, "console")
            argv = self._argv(folder, command) + [
                "-serial", f"file:{console}", "-device", "virtio-serial-pci",
                "-chardev", f"file,id=results,path={results}",
                "-device", "virtserialport,chardev=results,name=keg.results"]
            with open(os.path.join(folder, "qemu"), "wb") as f:
                qemu = _start(argv, f)
            try:
                status, why = self._follow(qemu, results, on_line, idle_s)
            finally:
                _stop(qemu)
            tail = _tail(console) + _tail(os.path.join(folder, "qemu"))
            if logs:
                os.makedirs(logs, exist_ok=True)
                shutil.copy(console, os.path.join(logs, "console"))
                subprocess.run(["debugfs", "-R", f"rdump /log {logs}", os.path.join(folder, "scratch")],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return Ended(status, why, tail)

    @staticmethod
    def _follow(qemu, results, on_line, idle_s):
        """Read the results file as it grows, until the end mark, the end of QEMU, or a hang."""
        pending = b""
        status = None
        heard = time.monotonic()
        bound = BOOT_S
        while not os.path.exists(results) and qemu.poll() is None:
            time.sleep(0.02)
        if not os.path.exists(results):
            return None, "QEMU did not start"
        with open(results, "rb") as f:
            while True:
                running = qemu.poll() is None
                data = f.read()
                if data:
                    heard, bound = time.monotonic(), idle_s
                    *lines, pending = (pending + data).split(b"\n")
                    for line in lines:
                        text = line.decode(errors="backslashreplace")
                        if text.startswith("keg-vm: ended "):
                            status = int(text.split()[2])
                        else:
                            on_line(text)
                elif not running:
                    return status, "" if status is not None else "the machine went off: a panic, or it ran out of memory"
                elif time.monotonic() - heard > bound:
                    return status, f"the machine said nothing for {bound} s"
                else:
                    time.sleep(0.05)

    def shell(self):
        """A person at the machine's console. Leaving the shell powers it off."""
        with tempfile.TemporaryDirectory(prefix="keg-vm-") as folder:
            argv = self._argv(folder, "") + ["-serial", "mon:stdio"]
            return subprocess.call(argv, preexec_fn=linux.die_with_parent)


def _tail(path, lines=40):
    if not os.path.exists(path):
        return ""
    with open(path, errors="backslashreplace") as f:
        kept = [line.rstrip() for line in f if line.strip()]
    return "".join(line + "\n" for line in kept[-lines:])


def end_by_signal(number, _frame):
    """For signal.signal: leave through every finally, so that nothing stays."""
    sys.exit(128 + number)


def install_signals():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end_by_signal)
