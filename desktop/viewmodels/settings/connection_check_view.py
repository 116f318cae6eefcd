"""View of one connection check on a settings card (what, result, hint) and of the summary."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from desktop.connect.connection_check import ConnectionCheck, are_needed_checks_ok
from desktop.viewmodels import time_format

CheckTone = Literal["ok", "warn", "bad"]
CheckNoteTone = Literal["muted", "bad"]


@dataclass(frozen=True)
class ConnectionCheckView:
    """A check on a settings card; `tone`: ok, warn (Fairlead works without it) or bad."""

    name: str
    symbol: str
    result_text: str
    tone: CheckTone
    detail: str
    hint: str
    support_request_text: str


def build_check_view(check: ConnectionCheck) -> ConnectionCheckView:
    """Build a settings card's line of one connection check."""
    tone: CheckTone
    # Something Fairlead works without, such as an optional permission of the key.
    symbol, result, tone = "!", "please check", "warn"
    if check.is_ok:
        symbol, result, tone = "✓", "works", "ok"
    elif check.is_needed:
        symbol, result, tone = "✕", "does not work", "bad"
    return ConnectionCheckView(
        check.name, symbol, result, tone, check.detail, check.hint, check.support_text
    )


def checks_note(
    checks: Sequence[ConnectionCheck], *, is_busy: bool, tested_at: float | None
) -> tuple[str, CheckNoteTone]:
    """Sum a settings card's connection checks up: text and tone; `tested_at` is Unix seconds."""
    tone: CheckNoteTone = "muted" if is_busy or are_needed_checks_ok(tuple(checks)) else "bad"
    if is_busy:
        return f"testing, {len(checks)} done", tone
    if not checks:
        return "", "muted"
    failed = sum(not check.is_ok and check.is_needed for check in checks)
    need = "needs" if failed == 1 else "need"
    text = f"{failed} of {len(checks)} {need} attention" if failed else "everything needed works"
    if tested_at is not None:
        text = f"{text}, tested {time_format.format_time_of_day(tested_at)}"
    return text, tone
