"""The part of ./check that comes after the packages: runs tiers, reads their results, judges skips.

A tier is a row of TIERS: a command that prints result lines (results.py). To add one, add a row and write

    tests/NAME/run [ID...]      all its tests, or those of which the arguments are ids or parts of ids
    tests/NAME/run --list       their ids

Each finds the built tree in KEG_BUILD and may leave logs in KEG_LOGS.
"""

import collections
import os
import selectors
import signal
import subprocess
import sys
import time
from typing import NamedTuple

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests"))

from harness import linux  # noqa: E402
from harness.registry import matches  # noqa: E402
from runner import results as res  # noqa: E402

BUILD = os.path.abspath(os.environ.get("KEG_BUILD", os.path.join(TOP, "build")))


class Tier(NamedTuple):
    name: str
    command: list  # the first word is a path below the top
    bound_s: int   # ten times what is expected: then it hangs
    about: str


TIERS = [
    Tier("build", ["tests/runner/build"], 1800, "the build, layout, layers, headers, installation"),
    Tier("runner", ["tests/harness/run", "--tier", "runner"], 600, "the tests' own tools"),
    Tier("unit", ["tests/runner/unit"], 900, "Check programs"),
    Tier("native", ["tests/harness/run", "--tier", "native"], 2400, "containers on this kernel"),
    Tier("vm", ["tests/vm/run"], 3600, "containers on Debian's kernel with every controller"),
    Tier("peers", ["tests/peers/run"], 3600, "suites that others wrote"),
    Tier("fault", ["tests/fault/run"], 2400, "SIGKILL and failures at every named point"),
    Tier("fuzz", ["tests/fuzz/run"], 1800, "every parser that meets foreign bytes"),
    Tier("asan", ["tests/runner/asan"], 3600, "unit and native again, under ASan and UBSan"),
    Tier("clang", ["tests/clang/run"], 1800, "the build with the other compiler"),
    Tier("cross", ["tests/cross/run"], 1800, "keg for aarch64"),
]
# Of the reason of one failure; the log has the rest.
SHOWN_LINES = 60


def logs(tier, name=""):
    path = os.path.join(BUILD, "check-logs", tier.name)
    os.makedirs(path, exist_ok=True)
    return os.path.join(path, name) if name else path


def environment(tier):
    return {**os.environ, "KEG_BUILD": BUILD, "KEG_LOGS": logs(tier), "LC_ALL": "C.UTF-8"}


def argv_of(tier, more):
    return [os.path.join(TOP, tier.command[0]), *tier.command[1:], *more]


def start(tier, more, errors):
    # Its own session, so that Ctrl-C reaches this process alone, which then ends everything in order.
    return subprocess.Popen(argv_of(tier, more), cwd=TOP, env=environment(tier), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
                            preexec_fn=linux.die_with_parent)


def end_everything():
    """Ask every process below this one to end; after 30 s kill what is left."""
    for number, seconds in ((signal.SIGTERM, 30), (signal.SIGKILL, 10)):
        told = set()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            below = linux.descendants(os.getpid())
            if not below:
                return
            for pid in below:
                if pid not in told or number == signal.SIGKILL:
                    told.add(pid)
                    try:
                        os.kill(pid, number)
                    except ProcessLookupError:
                        pass
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
            time.sleep(0.05)


class Printer:
    """Of a tier's lines, those that a person wants to see: failures with their reasons, and skips."""

    def __init__(self):
        self.in_failure, self.lines = False, 0

    def take(self, line, kind):
        if kind:
            self.in_failure, self.lines = kind == "not ok", 0
            if kind != "ok":
                print(line, flush=True)
        elif self.in_failure and line.startswith("    "):
            self.lines += 1
            if self.lines <= SHOWN_LINES:
                print(line, flush=True)
        else:
            self.in_failure = False


def read_lines(stream, deadline):
    """The lines of a pipe as they come; ends at its end, raises TimeoutError at the deadline."""
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0, deadline - time.monotonic())):
                raise TimeoutError
            data = os.read(stream.fileno(), 65536)
            if not data:
                break
            *lines, pending = (pending + data).split(b"\n")
            yield from (line.decode(errors="backslashreplace") for line in lines)
    if pending:
        yield pending.decode(errors="backslashreplace")


def run_tier(tier, names):
    """Run it to its end; its Results. What goes wrong with the tier itself is a failure named after it."""
    results, printer = res.Results(), Printer()
    began = time.monotonic()

    def broken(why, tail=()):
        results.failed.append(f"{tier.name}: {why}")
        print(f"not ok {tier.name}: {why}")
        for line in tail:
            print(f"    {line}")

    with open(logs(tier, "log"), "w") as log, open(logs(tier, "stderr"), "w+") as errors:
        try:
            child = start(tier, names, errors)
        except OSError as e:
            broken(f"cannot be run: {e}")
            return results
        code = None
        try:
            for line in read_lines(child.stdout, began + tier.bound_s):
                log.write(line + "\n")
                printer.take(line, results.add(line))
            code = child.wait(30)
        except (TimeoutError, subprocess.TimeoutExpired):
            end_everything()
            broken(f"hangs: not done after {tier.bound_s} s")
        child.stdout.close()
        errors.seek(0)
        tail = errors.read().splitlines()[-20:]
        if code not in (None, 0) and not results.failed:
            broken(f"ended with {code}, and no test failed", tail)
        elif not results.count():
            broken("ran no test", tail)
    print(f"{tier.name + ':':8} {len(results.passed)} ok, {len(results.failed)} not ok, {len(results.skipped)} skipped "
          f"({time.monotonic() - began:.0f} s)", flush=True)
    return results


def listed(tier):
    done = subprocess.run(argv_of(tier, ["--list"]), cwd=TOP, env=environment(tier), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def plan(wanted):
    """[(tier, names)] for what a person asked for: a tier, an id, or the last part of one."""
    tiers = TIERS
    if not wanted:
        return [(t, []) for t in tiers]
    chosen = []
    for name in wanted:
        first = [t for t in tiers if name == t.name]
        if first:
            chosen.append((first[0], []))
            continue
        found = [(t, [i]) for t in tiers for i in listed(t) if matches(i, name)]
        if not found:
            sys.exit(f"check: {name} is neither a tier ({' '.join(t.name for t in tiers)}) nor a test")
        chosen += found
    merged = {}
    for tier, names in chosen:
        merged.setdefault(tier.name, (tier, []))[1].extend(names)
    return list(merged.values())


def ensure_built(steps):
    """For a part of the tests: bring the build up to date first, quietly unless it fails."""
    build, names = TIERS[0], [tier.name for tier, _ in steps]
    if "build" in names:
        return True
    wanted = ["build/compiles/with_gcc"] + ["build/compiles/unit_tests"] * ("unit" in names)
    with open(logs(build, "log"), "w") as log:
        done = subprocess.run(argv_of(build, wanted), cwd=TOP, env=environment(build),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        log.write(done.stdout)
    if done.returncode != 0:
        print(done.stdout, end="")
    return done.returncode == 0


def run_all(steps, full):
    total = res.Results()
    for tier, names in steps:
        one = run_tier(tier, names)
        total.passed += one.passed
        total.failed += one.failed
        total.skipped.update(one.skipped)
        if tier.name == "build" and "build/compiles/with_gcc" not in one.passed and not names:
            print("not built: the other tiers were not run")
            break
    else:
        expected, errors = res.read_expected(os.path.join(TOP, "tests/expected-skips.txt"))
        for line in errors + res.judge_skips(total, expected, full, os.environ.get("CI") == "true"):
            print(f"not ok {line}")
            total.failed.append(line)
    ids = collections.Counter([*total.passed, *total.failed, *total.skipped])
    for test_id in sorted(i for i, n in ids.items() if n > 1):
        print(f"not ok {test_id}: two tests have this id")
        total.failed.append(test_id)
    return total


def interrupted(number, _frame):
    raise KeyboardInterrupt(number)


def main():
    wanted = sys.argv[1:]
    if wanted == ["--list"]:
        for tier in TIERS:
            print(f"{tier.name:8} {tier.about}")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    linux.adopt_orphans()
    try:
        steps = plan(wanted)
        if wanted and not ensure_built(steps):
            print("0 passed, 1 failed, 0 skipped")
            return 1
        total = run_all(steps, full=not wanted)
    except KeyboardInterrupt as e:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print("interrupted: ending what runs", flush=True)
        end_everything()
        return 128 + (e.args[0] if e.args else signal.SIGINT)
    finally:
        end_everything()
    print(f"{len(total.passed)} passed, {len(total.failed)} failed, {len(total.skipped)} skipped", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
