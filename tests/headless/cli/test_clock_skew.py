"""A computer whose clock is days or years off, by libfaketime: it looks up, edits and proves."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.child_processes import ROOT
from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


def run_with_skew(fairlead: FairleadCommand, skew: str, *words: str) -> Any:
    """What a process of its own answers under a clock that is off; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "desktop", *words, "--json"],
        env={**fairlead.environ, "LD_PRELOAD": str(_LIBRARIES[0]), "FAKETIME": skew},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not _LIBRARIES, reason="libfaketime is not installed")
@pytest.mark.parametrize("skew", ["-10y", "+10y"])
def test_edit_is_sent_and_proven_whatever_the_clock_says(
    fairlead: FairleadCommand, customers: CustomerFactory, sandbox: SandboxServers, skew: str
) -> None:
    """Edited with a wrong clock, then with the right one: nothing waits, and nothing conflicts."""
    email = customers.new_email()
    sid = sandbox.create_profile(email, lists={"Newsletter": 1})
    because = ("--reason", "asked us to")
    for is_skewed, level, listed in ((True, "basic", "off"), (False, "all", "on")):
        words = ("edit", email, "--optout", level, "--list", f"Newsletter={listed}", *because)
        if is_skewed:
            found = run_with_skew(fairlead, skew, *words)
        else:
            found = fairlead(*words, "--json").json
        assert {one["state"] for one in found["edits"]} == {"done"}, found
        profile = sandbox.read_profile(sid)
        assert profile is not None
        assert profile["optout_email"] == level
        assert ("Newsletter" in (profile["lists"] or {})) is (listed == "on")
    proven = run_with_skew(fairlead, skew, "audit", "--verify")
    assert proven["verified"] is True, proven
