"""Which skips a run of ./check accepts."""

from harness import test
from runner.results import Results, judge_skips, read_expected

LINE = "native/limits/memory | no memory controller here | vm/limits/memory\n"


def expected_from(bare, text):
    return read_expected(bare.file(f"tests/expected-skips.{bare._next()}.txt", text))


def ran(*lines):
    results = Results()
    for line in lines:
        results.add(line)
    return results


@test(fixture=False)
def result_lines_are_told_from_all_others(bare):
    results = ran("ok a/b/c", "not ok a/b/d", "    ok a/b/e", "skip a/b/f: why: not", "okay", "ok a b c", "1 passed")
    assert results.passed == ["a/b/c"] and results.failed == ["a/b/d"] and results.skipped == {"a/b/f": "why: not"}


@test(fixture=False)
def an_expected_skip_is_accepted_when_the_other_test_passed(bare):
    expected, errors = expected_from(bare, "# why\n\n" + LINE)
    assert errors == []
    results = ran("skip native/limits/memory: no controller", "ok vm/limits/memory")
    assert judge_skips(results, expected, full=True, ci=True) == []


@test(fixture=False)
def an_expected_skip_fails_when_the_other_test_did_not_pass(bare):
    expected, _ = expected_from(bare, LINE)
    for other in ("not ok vm/limits/memory", "skip vm/limits/memory: no", "ok vm/limits/other"):
        results = ran("skip native/limits/memory: no controller", other)
        assert any("did not pass" in line for line in judge_skips(results, expected, full=True, ci=False)), other


@test(fixture=False)
def an_unknown_skip_fails_in_continuous_integration_only(bare):
    results = ran("skip native/limits/new: because")
    assert judge_skips(results, {}, full=True, ci=False) == []
    assert len(judge_skips(results, {}, full=True, ci=True)) == 1
    assert len(judge_skips(results, {}, full=False, ci=True)) == 1


@test(fixture=False)
def a_line_for_a_test_that_is_gone_is_told_on_full_runs(bare):
    expected, _ = expected_from(bare, LINE)
    assert len(judge_skips(ran("ok vm/limits/memory"), expected, full=True, ci=False)) == 1
    assert judge_skips(ran("ok vm/limits/memory"), expected, full=False, ci=False) == []


@test(fixture=False)
def patterns_tiers_and_half_lines_are_refused(bare):
    for line in ("native/limits/* | r | vm/limits/a", "native | r | vm/limits/a", "native/limits | r | vm/limits/a",
                 "native/limits/a | r", "native/limits/a | | vm/limits/a", "native/limits/a | r | native/limits/b",
                 LINE + LINE.strip()):
        _, errors = expected_from(bare, line + "\n")
        assert len(errors) == 1, (line, errors)
