"""The machine's runner, when the machine does not end well."""

import os

from harness import test
from harness.registry import TESTS

PANIC = """from harness import test

@test(fixture=False, alone=True)
def before(bare):
    pass

@test(fixture=False, alone=True)
def deadly(bare):
    with open("/proc/sysrq-trigger", "w") as f:
        f.write("c")

@test(fixture=False, alone=True)
def after(bare):
    pass
"""


# In our own network namespace the machine's kernel could not be downloaded.
@test(fixture=False, netns="host", needs=["program:qemu-system-x86_64"])
def a_panic_fails_the_test_that_ran_and_the_others_get_a_new_machine(bare):
    bare.file("planted/t.py", PANIC)
    result = bare.sh(os.path.join(TESTS, "vm/run"), "--build", bare.build, "--folder", bare.path("planted"))
    lines = [line for line in result.out.splitlines() if not line.startswith(" ")]
    assert lines == ["ok vm/t/before", "not ok vm/t/deadly", "ok vm/t/after"], result
    assert "sysrq triggered crash" in result.out and result.code == 1, result


@test(fixture=False, needs=["program:qemu-system-x86_64"])
def a_name_that_means_no_test_is_refused(bare):
    result = bare.sh(os.path.join(TESTS, "vm/run"), "--build", bare.build, "no_such_test_anywhere")
    assert result.code == 2 and "no_such_test_anywhere" in result.err, result
