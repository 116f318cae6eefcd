"""The full counts of the fault tests, which `test` runs only a slice of."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.report import Figure
from tests.bench.timed_process import ROOT

# Where a run that was stopped goes on from, unless another file is named.
_STATE = Path(tempfile.gettempdir()) / "fairlead-bench-faults.json"


def measure(rounds: int, *, state: Path | None = None, scale: float = 1.0) -> list[Figure]:
    """Run `python -m tests.faults`; what a stopped run had done already is not done again."""
    del rounds
    kept = state or _STATE
    command = [sys.executable, "-m", "tests.faults", "--state", str(kept), "--scale", str(scale)]
    ended = subprocess.run(command, cwd=ROOT, check=False)
    if ended.returncode == 0 and state is None:
        # Done to the end: the next run begins anew.
        kept.unlink(missing_ok=True)
    note = "0: nothing lost, doubled, overwritten or emptied"
    return [Figure("fault tests: exit code", ended.returncode, "", 0, note=note)]
