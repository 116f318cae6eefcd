"""How a panel stands as a whole: loading, ready, empty, failed, not connected; and its age."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from desktop.kit.errors import Offline
from desktop.model.sheet import Part, PartState
from desktop.viewmodels import moment

# Older than this an age is said in amber: what decides is never grey.
STALE_S = 3600.0


class FrameState(Enum):
    """READY shows the body. Every other state has one sentence, and one next step."""

    READY = "ready"
    LOADING = "loading"
    EMPTY = "empty"
    FAILED = "failed"
    OFF = "off"


@dataclass(frozen=True)
class Frame:
    """`note` stands small at the right of the title; `tone` is "", "warn" or "bad".

    `text` and `hint` are shown where there is no body; `retry` offers to ask again.
    """

    state: FrameState = FrameState.READY
    note: str = ""
    tone: str = ""
    text: str = ""
    hint: str = ""
    retry: bool = False


def frame(
    part: Part[Any], service: str, now: float, *, absent: str, hint: str = "", leads: bool = False
) -> Frame:
    """The frame of a panel that shows one part; `absent` is said where the service has none.

    Of several panels over one part only the one that `leads` tells a failure whole, with Retry.
    """
    note, tone = _note(part, service, now)
    if part.value is not None:
        return Frame(FrameState.READY, note, tone)
    if part.state in (PartState.LOADING, PartState.NOT_ASKED):
        return Frame(FrameState.LOADING)
    if part.state is PartState.OFF:
        return Frame(FrameState.OFF, text=f"{service} is not connected here.")
    if part.state is PartState.FAILED and part.error is not None:
        error = part.error
        if not leads:
            return Frame(FrameState.OFF, text=f"Not read from {service} yet.")
        more = " ".join(s for s in (error.message, error.hint) if s)
        return Frame(FrameState.FAILED, text=error.title, hint=more, retry=True)
    return Frame(FrameState.EMPTY, text=absent, hint=hint)


def _note(part: Part[Any], service: str, now: float) -> tuple[str, str]:
    if part.value is None or part.read_at is None:
        return "", ""
    age = moment.age(part.read_at, now)
    if part.state is PartState.FAILED:
        why = "offline" if isinstance(part.error, Offline) else "not refreshed"
        return f"{service} {why} · {age}", "warn"
    old = now - part.read_at > STALE_S
    return f"{service} · {age}", "warn" if old and part.state is not PartState.LOADING else ""
