"""Tests of connections, told one by one: what was tested, whether it works, what to do."""

from dataclasses import dataclass

from desktop.connect.connection_check import ConnectionCheck


@dataclass(frozen=True)
class ConnectionCheckView:
    """`tone` is ok, warn (the app can live without) or bad; `mark` says the same as a sign."""

    name: str
    symbol: str
    result_text: str
    tone: str
    detail: str
    hint: str
    support_request_text: str


def build_check_view(check: ConnectionCheck) -> ConnectionCheckView:
    """Make one line of it."""
    if check.is_ok:
        mark, said, tone = "✓", "works", "ok"
    elif check.is_needed:
        mark, said, tone = "✕", "does not work", "bad"
    else:
        mark, said, tone = "!", "worth a look", "warn"
    return ConnectionCheckView(
        check.name, mark, said, tone, check.detail, check.hint, check.support_text
    )


def summarise_checks(checks: tuple[ConnectionCheck, ...], *, running: bool) -> str:
    """How the test stands, in a few words."""
    bad = sum(not c.is_ok and c.is_needed for c in checks)
    if running:
        return f"testing, {len(checks)} done"
    if not checks:
        return ""
    if bad:
        return f"{bad} of {len(checks)} need you"
    return "everything needed works"
