"""How a panel stands as a whole: loading, ready, empty, failed, not connected; and its age."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from desktop.kit.errors import ServiceUnreachable
from desktop.model.customer_sheet import SheetPart, SheetPartState
from desktop.viewmodels import time_format

# Older than this an age is said in amber: what decides is never grey.
STALE_AFTER_S = 3600.0


class PanelStatus(Enum):
    """READY shows the body. Every other state has one sentence, and one next step."""

    READY = "ready"
    LOADING = "loading"
    EMPTY = "empty"
    FAILED = "failed"
    UNAVAILABLE = "off"


@dataclass(frozen=True)
class PanelState:
    """`note` stands small at the right of the title; `tone` is "", "warn" or "bad".

    `text` and `hint` are shown where there is no body; `retry` offers to ask again.
    """

    status: PanelStatus = PanelStatus.READY
    note: str = ""
    tone: str = ""
    text: str = ""
    hint: str = ""
    can_retry: bool = False


def build_panel_state(
    part: SheetPart[Any],
    service: str,
    now: float,
    *,
    absent: str,
    hint: str = "",
    leads: bool = False,
) -> PanelState:
    """The frame of a panel that shows one part; `absent` is said where the service has none.

    Of several panels over one part only the one that `leads` tells a failure whole, with Retry.
    """
    note, tone = _age_note(part, service, now)
    if part.value is not None:
        return PanelState(PanelStatus.READY, note, tone)
    if part.state in (SheetPartState.LOADING, SheetPartState.NOT_ASKED):
        return PanelState(PanelStatus.LOADING)
    if part.state is SheetPartState.OFF:
        return PanelState(PanelStatus.UNAVAILABLE, text=f"{service} is not connected here.")
    if part.state is SheetPartState.FAILED and part.error is not None:
        error = part.error
        if not leads:
            return PanelState(PanelStatus.UNAVAILABLE, text=f"Not read from {service} yet.")
        more = " ".join(s for s in (error.message, error.hint) if s)
        return PanelState(PanelStatus.FAILED, text=error.title, hint=more, can_retry=True)
    return PanelState(PanelStatus.EMPTY, text=absent, hint=hint)


def _age_note(part: SheetPart[Any], service: str, now: float) -> tuple[str, str]:
    if part.value is None or part.read_at is None:
        return "", ""
    age = time_format.format_age(part.read_at, now)
    if part.state is SheetPartState.FAILED:
        why = "offline" if isinstance(part.error, ServiceUnreachable) else "not refreshed"
        return f"{service} {why} · {age}", "warn"
    old = now - part.read_at > STALE_AFTER_S
    return f"{service} · {age}", "warn" if old and part.state is not SheetPartState.LOADING else ""
