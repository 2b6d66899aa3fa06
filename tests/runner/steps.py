"""For tiers made of commands: each is one test, which passes when its command does."""

import argparse
import os
import re
import signal
import subprocess
import sys

from harness.registry import matches

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("KEG_BUILD", os.path.join(TOP, "build")))


# What make says of that which went well.
NOISE = re.compile(r"^  [A-Z]+ +\S+$|^make.*(is up to date|ing directory|not remade because)")


class Broken(Exception):
    """A step that is no command found something wrong: the text says what."""


def command(*argv, cwd=None, env=None, tail=40):
    """Run a command; Broken with the end of what it said when it fails."""
    done = subprocess.run(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="backslashreplace")
    print(f"$ {' '.join(argv)}\n{done.stdout}", file=sys.stderr)
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if not NOISE.match(line)]
        raise Broken(f"{' '.join(argv[:4])} ended with {done.returncode}\n" + "\n".join(lines[-tail:]))
    return done.stdout


def run(steps):
    """steps: [(id, function, needed)]. A needed one that fails ends the run: the rest could not pass."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    p = argparse.ArgumentParser()
    p.add_argument("--list", action="store_true")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    if a.list:
        print("".join(i + "\n" for i, _, _ in steps), end="")
        return 0
    failed = False
    for test_id, function, needed in steps:
        wanted = not a.names or any(matches(test_id, n) for n in a.names)
        if not wanted and not needed:
            continue
        try:
            function()
            print(f"ok {test_id}", flush=True)
        except Broken as e:
            failed = True
            print(f"not ok {test_id}")
            print("".join(f"    {line}\n" for line in str(e).splitlines()), end="", flush=True)
            if needed:
                break
    return 1 if failed else 0


def c_files():
    """Every .c and .h file that is ours, from the top."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.c", "*.h"], cwd=TOP,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if listed.returncode == 0:
        names = listed.stdout.split("\n")
    else:  # an unpacked archive
        names = []
        for place, folders, files in os.walk(TOP):
            folders[:] = [f for f in folders if f not in ("build", ".git", "autom4te.cache")]
            names += [os.path.relpath(os.path.join(place, f), TOP) for f in files if f.endswith((".c", ".h"))]
    return sorted(n for n in names if n and os.path.exists(os.path.join(TOP, n)))


def make_variable(name, build=BUILD):
    """What a variable of the Makefile is, as words."""
    text = f"include Makefile\nkeg-print:\n\t@echo $({name})\n"
    done = subprocess.run(["make", "-s", "-f", "-", "keg-print"], cwd=build, input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Broken(f"make: {done.stderr.strip()}")
    return done.stdout.split()


def configure_and_make(build, *options, env=None):
    """A build tree that is up to date: everything but the programs of the unit tests."""
    if not os.path.exists(os.path.join(TOP, "configure")):
        command("autoreconf", "-fi", cwd=TOP)
    os.makedirs(build, exist_ok=True)
    if not os.path.exists(os.path.join(build, "Makefile")):
        command(os.path.join(TOP, "configure"), *options, cwd=build, env=env)
    command("make", "-k", "-j", str(os.cpu_count() or 1), cwd=build)


def make_unit_tests(build):
    command("make", "-k", "-j", str(os.cpu_count() or 1), "check", "TESTS=", cwd=build)
