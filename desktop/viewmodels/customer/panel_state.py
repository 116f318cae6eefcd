"""State of a customer panel: ready, loading, empty, failed or not connected; note of its age."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from desktop.kit.errors import ServiceUnreachable
from desktop.model.customer_sheet import SheetPart, SheetPartState
from desktop.viewmodels import time_format
from desktop.viewmodels.tone import Tone

# Older than this an age is said in amber: what decides is never grey.
STALE_AFTER_S = 3600.0


class PanelStatus(Enum):
    """The status of a customer panel: READY shows its body, others a sentence and one next step."""

    READY = "ready"
    LOADING = "loading"
    EMPTY = "empty"
    FAILED = "failed"
    UNAVAILABLE = "off"


@dataclass(frozen=True)
class PanelState:
    """A customer panel's state; `note` stands right of its title, amber (`warn`) where it is old.

    `text` and `hint` are shown where there is no body; `can_retry` offers to ask again.
    """

    status: PanelStatus = PanelStatus.READY
    note: str = ""
    tone: Tone = "muted"
    text: str = ""  # what happened, in a sentence
    hint: str = ""  # what to do about it
    can_retry: bool = False

    def with_note(self, note: str) -> "PanelState":
        """Return the panel's state with another note; an amber note, of the whole, stays."""
        return replace(self, note=note) if self.tone == "muted" else self


def build_panel_state(
    part: SheetPart[Any],
    service: str,
    now: float,
    *,
    absent: str,
    hint: str = "",
    leads: bool = False,
) -> PanelState:
    """Build a customer panel's state from one part of the sheet; `absent`: the text for no value.

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
        details = " ".join(s for s in (error.message, error.hint) if s)
        return PanelState(PanelStatus.FAILED, text=error.title, hint=details, can_retry=True)
    return PanelState(PanelStatus.EMPTY, text=absent, hint=hint)


def _age_note(part: SheetPart[Any], service: str, now: float) -> tuple[str, Tone]:
    if part.value is None or part.read_at is None:
        return "", "muted"
    age = time_format.format_age(part.read_at, now)
    if part.state is SheetPartState.FAILED:
        cause = "offline" if isinstance(part.error, ServiceUnreachable) else "not refreshed"
        return f"{service} {cause} · {age}", "warn"
    is_old = now - part.read_at > STALE_AFTER_S
    is_amber = is_old and part.state is not SheetPartState.LOADING
    return f"{service} · {age}", "warn" if is_amber else "muted"
