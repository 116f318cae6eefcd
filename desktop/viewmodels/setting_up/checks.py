"""Tests of connections, told one by one: what was tested, whether it works, what to do."""

from dataclasses import dataclass

from desktop.connect.check import Check


@dataclass(frozen=True)
class CheckView:
    """`tone` is ok, warn (the app can live without) or bad; `mark` says the same as a sign."""

    name: str
    mark: str
    said: str
    tone: str
    detail: str
    hint: str
    letter: str


def check_view(check: Check) -> CheckView:
    """Make one line of it."""
    if check.ok:
        mark, said, tone = "✓", "works", "ok"
    elif check.needed:
        mark, said, tone = "✕", "does not work", "bad"
    else:
        mark, said, tone = "!", "worth a look", "warn"
    return CheckView(check.name, mark, said, tone, check.detail, check.hint, check.letter)


def summary(checks: tuple[Check, ...], *, running: bool) -> str:
    """How the test stands, in a few words."""
    bad = sum(not c.ok and c.needed for c in checks)
    if running:
        return f"testing, {len(checks)} done"
    if not checks:
        return ""
    if bad:
        return f"{bad} of {len(checks)} need you"
    return "everything needed works"
