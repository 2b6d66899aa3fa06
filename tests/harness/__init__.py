"""What an integration test imports.

    from harness import test, skip

    @test
    def a_container_exits_with_the_code_of_its_process(keg):
        assert keg.run(keg.bundle(args=["/guest", "exit", "3"])).code == 3

    @test(needs=["cgroup:memory"], vm=dict(memory="512M"))
    def a_container_above_its_memory_limit_is_killed(keg):
        ...

A test is a function whose name is a sentence. Its argument is the fixture of
keg.py. Each runs in processes of its own, with a mount namespace, a network
namespace, a cgroup, a work directory and a --root of its own (isolate.py), and
fails when it leaves a process, mount, cgroup, interface or file behind.

The same file under tests/native/ runs natively and in the virtual machine; a
file under tests/vm/cases/ runs in the machine only. tests/harness/run --help
tells how to run one file or one test.

Never: a time as an assertion. A test that hangs is stopped after a bound.
"""

from .registry import skip, test
from .bounds import wait_until

__all__ = ["skip", "test", "wait_until"]
