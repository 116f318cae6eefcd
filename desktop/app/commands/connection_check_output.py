"""Prints what was tested, one line each."""

from collections.abc import Iterable

from desktop.app.cli_output import terminal_safe
from desktop.connect.connection_check import ConnectionCheck


def print_checks(checks: Iterable[ConnectionCheck]) -> None:
    """`ok`, `no` or `--` (not needed), the name, and what it means."""
    for check in checks:
        mark = "ok" if check.is_ok else ("no" if check.is_needed else "--")
        print(f"{mark}  {terminal_safe(check.name)}: {terminal_safe(check.detail)}")
        if check.hint and not check.is_ok:
            print(f"    {terminal_safe(check.hint)}")
        if check.support_text and not check.is_ok:
            print("    A text to send:")
            for line in check.support_text.splitlines():
                print(f"      {terminal_safe(line)}")
