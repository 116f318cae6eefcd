"""Prints what was tested, one line each."""

from collections.abc import Iterable

from desktop.app.output import plain
from desktop.connect.check import Check


def print_checks(checks: Iterable[Check]) -> None:
    """`ok`, `no` or `--` (not needed), the name, and what it means."""
    for check in checks:
        mark = "ok" if check.ok else ("no" if check.needed else "--")
        print(f"{mark}  {plain(check.name)}: {plain(check.detail)}")
        if check.hint and not check.ok:
            print(f"    {plain(check.hint)}")
        if check.letter and not check.ok:
            print("    A text to send:")
            for line in check.letter.splitlines():
                print(f"      {plain(line)}")
