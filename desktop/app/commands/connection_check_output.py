"""The results of connection checks as text lines, for `fairlead setup` and `fairlead doctor`."""

from collections.abc import Iterable, Iterator

from desktop.connect.connection_check import ConnectionCheck


def connection_check_lines(checks: Iterable[ConnectionCheck]) -> Iterator[str]:
    """Yield a line for each connection check: `ok`, `no` or `--` (not needed), name, meaning."""
    for check in checks:
        mark = "ok" if check.is_ok else ("no" if check.is_needed else "--")
        yield f"{mark}  {check.name}: {check.detail}"
        if check.hint and not check.is_ok:
            yield f"    {check.hint}"
        if check.support_text and not check.is_ok:
            yield "    A text to send:"
            yield from (f"      {line}" for line in check.support_text.splitlines())
