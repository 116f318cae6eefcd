"""Builds the Zendesk app's zip by the script of `packaging/dev.py package`."""

import subprocess
import sys
from pathlib import Path

from tests.support.child_processes import ROOT

SCRIPT = ROOT / "packaging" / "zendesk_app.py"


def run_build(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script that checks and builds the app; its exit code and what it said."""
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def build_app(folder: Path) -> Path:
    """Build the app's zip into a folder and return it."""
    built = run_build("--to", str(folder))
    assert built.returncode == 0, built.stderr
    return Path(built.stdout.strip())
