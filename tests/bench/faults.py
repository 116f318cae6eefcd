"""The full counts of the fault tests, which `test` runs only a slice of."""

import importlib.util
import subprocess
import sys

from tests.bench.child import ROOT
from tests.bench.report import Row


def measure(rounds: int) -> list[Row]:
    """Run `python -m tests.faults`, which goes on where it was stopped."""
    del rounds
    if importlib.util.find_spec("tests.faults") is None:
        print("  There are no fault tests in this checkout.")
        return []
    ended = subprocess.run([sys.executable, "-m", "tests.faults", "--full"], cwd=ROOT, check=False)
    return [Row("fault tests: exit code", ended.returncode, "", 0)]
