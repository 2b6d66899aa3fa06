"""check-layers: what it refuses, on a small tree made for each test."""

import os

from harness import test
from harness.registry import TESTS

LAYERS = """base:
oci: base
runtime: base oci
orchestrator: base
orchestrator/store: base
orchestrator/api: base store
paths-in: runtime
path-calls: open mount mkdir
paths-ok: runtime/rootfs.c all # owns path resolution
"""
GOOD = {
    "base/str.c": '#include "base/str.h"\n',
    "base/str.h": "",
    "oci/spec.c": '#include "base/str.h"\n#include "oci/spec-priv.h"\n#include <stdio.h>\n',
    "oci/spec-priv.h": "",
    "runtime/rootfs.c": "int f(void)\n{\n\treturn mount(a, b, c, 0, 0);\n}\n",
    "orchestrator/api/route.c": '#include "orchestrator/store/kv.h"\n',
}


def refusals(bare, files, layers=LAYERS):
    """The lines that check-layers prints for the good tree with these files in it."""
    top = bare.folder(f"tree.{bare._next()}")
    name = os.path.basename(top)
    for path, text in {**GOOD, **files, "tests/layers.txt": layers}.items():
        bare.file(f"{name}/{path}", text)
    result = bare.sh(os.path.join(TESTS, "check-layers"), "--top", top)
    assert (result.code != 0) == bool(result.err), result
    return result.err.splitlines()


def refused(bare, path, text, words, layers=LAYERS):
    lines = refusals(bare, {path: text}, layers)
    assert len(lines) == 1 and words in lines[0], lines
    return lines[0]


@test(fixture=False)
def a_tree_in_order_is_accepted(bare):
    assert refusals(bare, {}) == []


@test(fixture=False)
def an_upward_include_is_refused_with_its_line(bare):
    line = refused(bare, "base/bad.c", '#include <errno.h>\n# include "runtime/plan.h"\n', "may not include runtime/plan.h")
    assert line.startswith("base/bad.c:2: "), line


@test(fixture=False)
def an_include_between_neighbours_that_no_line_allows_is_refused(bare):
    refused(bare, "orchestrator/store/bad.c", '#include "orchestrator/api/route.h"\n', "may not include")
    refused(bare, "orchestrator/api/bad.c", '#include "runtime/plan.h"\n', "may not include")


@test(fixture=False)
def a_private_header_of_another_folder_is_refused(bare):
    refused(bare, "runtime/bad.c", '#include "oci/spec-priv.h"\n', "private to oci/")


@test(fixture=False)
def an_include_without_its_folder_is_refused(bare):
    refused(bare, "base/bad.c", '#include "str.h"\n', "name it with its folder")
    refused(bare, "base/worse.c", '#include "../base/str.h"\n', "name it with its folder")


@test(fixture=False)
def a_call_that_takes_a_path_is_refused_in_the_runtime_only(bare):
    refused(bare, "runtime/bad.c", "int f(void)\n{\n\treturn open(path, 0);\n}\n", "open() takes a path")
    assert refusals(bare, {"base/fine.c": "int x = open(path, 0);\n"}) == []


@test(fixture=False)
def words_that_are_no_calls_are_not_taken_for_calls(bare):
    text = '/* open(x) */\nint x = plan_open(y) + s.open(z) + t->mount(u);\nconst char *m = "mkdir(2)";\n// mount(8)\n'
    assert refusals(bare, {"runtime/fine.c": text}) == []


@test(fixture=False)
def an_exemption_needs_a_reason_a_file_and_a_call(bare):
    refused(bare, "base/str.h", "", "the reason", LAYERS + "paths-ok: base/str.c open\n")
    lines = refusals(bare, {}, LAYERS + "paths-ok: runtime/gone.c open # why\n")
    assert any("does not exist" in line for line in lines), lines
    lines = refusals(bare, {"runtime/plan.c": "int x;\n"}, LAYERS + "paths-ok: runtime/plan.c open # why\n")
    assert any("does not call open" in line for line in lines), lines
