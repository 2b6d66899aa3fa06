"""Result lines, the language between a tier and ./check.

    ok ID
    not ok ID
        why, indented
    skip ID: reason

An id is TIER/FILE/NAME. Everything else a tier prints is kept in its log only.
"""

import re
from typing import NamedTuple

LINE = re.compile(r"^(ok|not ok|skip) (\S+?)(?:: (.*))?$")


class Skip(NamedTuple):
    reason: str
    shown_by: str
    where: str


class Results:
    def __init__(self):
        self.passed, self.failed, self.skipped = [], [], {}

    def add(self, line):
        """Take one line; its kind when it is a result, else None."""
        found = LINE.match(line)
        if not found:
            return None
        kind, test_id, reason = found.groups()
        if kind == "ok":
            self.passed.append(test_id)
        elif kind == "not ok":
            self.failed.append(test_id)
        else:
            self.skipped[test_id] = reason or ""
        return kind

    def count(self):
        return len(self.passed) + len(self.failed) + len(self.skipped)


def read_expected(path):
    """({id: Skip}, [what is wrong with the file])."""
    expected, errors = {}, []
    with open(path) as f:
        for number, line in enumerate(f, 1):
            where = f"{path.rsplit('/', 2)[-2]}/{path.rsplit('/', 1)[-1]}:{number}"
            if not line.strip() or line.startswith("#"):
                continue
            fields = [field.strip() for field in line.split("|")]
            if len(fields) != 3 or not all(fields):
                errors.append(f"{where}: a line is ID | reason | ID of the test that shows the same")
            elif any(c in fields[0] + fields[2] for c in "*?[ ") or fields[0].count("/") < 2 or fields[2].count("/") < 2:
                errors.append(f"{where}: no patterns, no tiers: two whole test ids")
            elif fields[0].split("/")[0] == fields[2].split("/")[0]:
                errors.append(f"{where}: the test that shows the same is of the same tier")
            elif fields[0] in expected:
                errors.append(f"{where}: {fields[0]} is named twice")
            else:
                expected[fields[0]] = Skip(fields[1], fields[2], where)
    return expected, errors


def judge_skips(results, expected, full, ci):
    """What is wrong with the skips of a run: a list of lines, each one failure.

    full: every tier ran, so that the test that shows the same must have passed, and a line for a
    test that no longer exists is told. ci: a skip that no line names is a failure."""
    wrong = []
    passed = set(results.passed)
    known = passed | set(results.failed) | set(results.skipped)
    for test_id, reason in results.skipped.items():
        if test_id in expected:
            if full and expected[test_id].shown_by not in passed:
                wrong.append(f"{test_id} is skipped, but {expected[test_id].shown_by}, which shows the same, did not pass")
        elif ci:
            wrong.append(f"{test_id} is skipped, and tests/expected-skips.txt does not name it: {reason}")
    if full:
        wrong += [f"{skip.where}: there is no test {test_id}" for test_id, skip in expected.items() if test_id not in known]
    return wrong
