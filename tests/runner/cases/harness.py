"""The harness: what it takes for a failure, shown by running it on tests that do wrong."""

import os

from harness import test
from harness.registry import TESTS

HEAD = """import os, socket, subprocess, sys, time
from harness import skip, test
from harness import linux
"""


def outcome(bare, body, options="fixture=False", code=1):
    """Run one test made of a function body; the harness's output."""
    name = f"tier{bare._next()}"
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    bare.file(f"{name}/planted.py", f"{HEAD}\n@test({options})\ndef planted(bare):\n{lines}")
    result = bare.sh(os.path.join(TESTS, "harness/run"), "--tier", "planted", "--folder", bare.path(name),
                     env={**os.environ, "KEG_TEST_SETTLE_S": "1"})
    assert result.code == code, result
    return result.out


@test(fixture=False)
def a_test_that_leaves_nothing_passes(bare):
    assert outcome(bare, "pass", code=0) == "ok planted/planted/planted\n"


@test(fixture=False)
def a_skip_tells_its_reason(bare):
    assert outcome(bare, "skip('no such thing')", code=0) == "skip planted/planted/planted: no such thing\n"


@test(fixture=False)
def a_failed_assertion_shows_line_values_and_output(bare):
    out = outcome(bare, "answer = 41\nprint('thinking')\nassert answer == 42")
    assert out.startswith("not ok planted/planted/planted\n    AssertionError\n"), out
    for words in ("assert answer == 42", "answer = 41", "thinking"):
        assert words in out, out


@test(fixture=False)
def a_process_left_behind_fails_and_is_killed(bare):
    out = outcome(bare, "pid = subprocess.Popen(['setsid', 'sleep', '1000'], start_new_session=True).pid\n"
                        f"open('{bare.path('pid')}', 'w').write(str(pid))")
    assert "left behind, processes: sleep" in out, out
    with open(bare.path("pid")) as f:
        assert not os.path.exists("/proc/" + f.read())


@test(fixture=False)
def a_mount_left_behind_fails(bare):
    out = outcome(bare, "linux.mount('none', bare.folder('m'), 'tmpfs')")
    assert "left behind, mounts: " in out and "/m (tmpfs)" in out, out


@test(fixture=False)
def a_cgroup_left_behind_fails_and_is_removed(bare):
    out = outcome(bare, "path = bare.context.cgroup_path + '/left'\nos.mkdir(path)\n"
                        f"open('{bare.path('path')}', 'w').write(path)")
    assert "left behind, cgroups: /keg-test-" in out, out
    with open(bare.path("path")) as f:
        assert not os.path.exists(os.path.dirname(f.read()))


@test(fixture=False)
def an_interface_left_behind_fails(bare):
    out = outcome(bare, "assert bare.sh('ip', 'link', 'add', 'v0', 'type', 'veth').code == 0")
    assert "left behind, interfaces: " in out and "v0" in out, out


@test(fixture=False)
def a_file_left_in_root_fails(bare):
    out = outcome(bare, "open(bare.context.root + '/state', 'w')")
    assert "left behind, files in --root: state" in out, out


@test(fixture=False)
def a_test_that_hangs_is_stopped_with_all_it_started(bare):
    out = outcome(bare, "subprocess.Popen(['sleep', '1000'])\ntime.sleep(1000)", "fixture=False, bound_s=2")
    assert "hangs: not done after 2 s" in out and "sleep" in out, out


@test(fixture=False)
def a_test_whose_process_dies_fails(bare):
    assert "ended by itself with -9" in outcome(bare, "os.kill(os.getpid(), 9)")


@test(fixture=False)
def a_failing_clean_up_fails_the_test(bare):
    assert "clean-up: " in outcome(bare, "bare.at_end(os.unlink, '/nonexistent/file')")


@test(fixture=False)
def a_need_that_is_missing_skips(bare):
    out = outcome(bare, "pass", "fixture=False, needs=['program:no-such-program']", code=0)
    assert out == "skip planted/planted/planted: the program no-such-program is not installed\n", out


@test(fixture=False)
def an_unknown_option_or_name_is_refused(bare):
    bare.file("bad/planted.py", HEAD + "\n@test(colour='red')\ndef planted(bare):\n    pass\n")
    result = bare.sh(os.path.join(TESTS, "harness/run"), "--tier", "planted", "--folder", bare.path("bad"))
    assert result.code == 1 and "unknown option colour" in result.err, result
    result = bare.sh(os.path.join(TESTS, "harness/run"), "--tier", "runner", "no_such_test_anywhere")
    assert result.code == 2 and "no_such_test_anywhere" in result.err, result
