"""Finds tests: which files belong to a tier, which functions in them are tests.

A test's id is TIER/FILE/FUNCTION, FILE being the path below the tier's folder
without ".py". It is unique within a tier; two files that give one id are refused.
"""

import importlib.util
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Tier -> the folders (below tests/) that its tests come from.
FOLDERS = {
    "native": ["native"],
    "vm": ["native", "vm/cases"],
    "fault": ["fault"],
    "peers": ["peers"],
    "runner": ["runner/cases"],
}

# What @test accepts, with the values that hold when a test does not say.
OPTIONS = {
    "needs": [],        # names of needs.py; a missing one skips the test
    "only": None,       # the one tier that a test of a shared file runs in
    "vm": {},           # the machine it wants: memory=, rootfs=, disks=, kernel_args=
    "netns": "private", # "host": the network namespace of whoever started the run
    "alone": False,     # no other test beside it: it measures
    "bound_s": None,    # for one that is expected to take longer than others
    "fixture": True,    # False: no keg binary is needed, the function takes a Bare
    "leaks": True,      # False: it kills its own supervisor's view of the world on purpose
}
VM_OPTIONS = {"memory": "1G", "rootfs": "ext4", "disks": [], "kernel_args": ""}

_found = []


class Skip(Exception):
    """Raised by skip(): the test cannot run here."""


def skip(reason):
    raise Skip(reason)


class Test:
    def __init__(self, function, options):
        unknown = set(options) - set(OPTIONS)
        unknown |= {f"vm.{name}" for name in set(options.get("vm", {})) - set(VM_OPTIONS)}
        if unknown:
            raise ValueError(f"{function.__name__}: unknown option {', '.join(sorted(unknown))}")
        self.function = function
        self.name = function.__name__
        self.id = None
        self.__dict__.update({**OPTIONS, **options})
        self.vm = {**VM_OPTIONS, **self.vm}


def test(function=None, **options):
    """Decorator, with or without options: registers a test, leaves the function as it is."""
    if function is None:
        return lambda f: test(f, **options)
    _found.append(Test(function, options))
    return function


def _files(folder):
    for place, folders, names in os.walk(os.path.join(TESTS, folder)):
        folders[:] = sorted(d for d in folders if not d.startswith(("__", ".")))
        for name in sorted(names):
            if name.endswith(".py") and not name.startswith("_"):
                yield os.path.join(place, name)


def _load(path, module_name):
    """The tests of one file, in the order in which it defines them."""
    del _found[:]
    spec = importlib.util.spec_from_file_location(module_name, path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(path))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return list(_found)


def discover(tier):
    """All tests of a tier. Ends the program when two share an id or a file does not load."""
    by_id = {}
    for folder in FOLDERS.get(tier, [tier]):
        base = os.path.join(TESTS, folder)
        for path in _files(folder):
            stem = os.path.relpath(path, base)[: -len(".py")]
            for found in _load(path, "keg_tests." + folder + "." + stem.replace("/", ".")):
                if found.only not in (None, tier):
                    continue
                found.id = f"{tier}/{stem}/{found.name}"
                if found.id in by_id:
                    sys.exit(f"{path}: the id {found.id} is taken by another file or function")
                by_id[found.id] = found
    return list(by_id.values())


def matches(test_id, wanted):
    """Does a name given by a person mean this test? It is an id, or whole parts of one in a row."""
    return f"/{wanted.strip('/')}/" in f"/{test_id}/"


def select(tests, names):
    """The tests that any of the names means, all when there are none; and the names that mean none."""
    if not names:
        return tests, []
    chosen = [t for t in tests if any(matches(t.id, name) for name in names)]
    lost = [n for n in names if not any(matches(t.id, n) for t in tests)]
    return chosen, lost
