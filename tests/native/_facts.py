"""How tests read what /guest and the kernel say."""

import os

GUEST_SECONDS = "1000"  # for a container that is meant to outlive its test

CAPABILITIES = {"chown": 0, "dac_override": 1, "kill": 5, "net_bind_service": 10, "net_admin": 12, "net_raw": 13,
                "sys_chroot": 18, "sys_admin": 21, "sys_resource": 24, "mknod": 27, "audit_write": 29}


def facts(text):
    """{first word: the rest} of each line."""
    return dict(line.partition(" ")[::2] for line in text.splitlines())


def capability_names(text):
    """`/guest caps` as {set: names}; bits that CAPABILITIES does not have stay numbers."""
    names = {number: name for name, number in CAPABILITIES.items()}
    return {kind: {names.get(bit, bit) for bit in range(64) if int(mask, 16) >> bit & 1}
            for kind, mask in facts(text).items()}


def mount_table(text):
    """mountinfo as {mount point: {"options", "optional", "type", "source", "super"}}; the topmost mount counts."""
    table = {}
    for line in text.splitlines():
        fields = line.split()
        dash = fields.index("-")
        table[fields[4]] = {"options": fields[5].split(","), "optional": [f.split(":")[0] for f in fields[6:dash]],
                            "type": fields[dash + 1], "source": fields[dash + 2],
                            "super": fields[dash + 3].split(",")}
    return table


def namespace(pid, kind):
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def read(path):
    with open(path) as f:
        return f.read()


def alive(pid):
    """Does a process exist that is no zombie?"""
    try:
        return read(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
