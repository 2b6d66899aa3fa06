"""How long anything here may take before it counts as hanging.

A time is never an assertion: each bound is about ten times what is expected on
a slow machine, and more where the processor is emulated (KEG_TEST_SLOW=1, which
the virtual machine's init sets).
"""

import os
import time

SLOW = os.environ.get("KEG_TEST_SLOW") == "1"

TEST_S = 600 if SLOW else 120
COMMAND_S = 300 if SLOW else 60
SETTLE_S = int(os.environ.get("KEG_TEST_SETTLE_S", 30 if SLOW else 10))


def wait_until(condition, what, seconds=None):
    """Poll condition() until it is true; return its value or fail naming what."""
    deadline = time.monotonic() + (seconds or COMMAND_S)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds or COMMAND_S} s")
        time.sleep(0.02)
