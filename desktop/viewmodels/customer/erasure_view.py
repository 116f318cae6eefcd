"""View of the drawer Erase: what each system holds of a person, the steps, what is waited for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from desktop.customer.erasure_check import ErasureCheck
from desktop.customer.erasure_report import KEPT_TEXTS, STEP_TEXTS, count_words
from desktop.kit.errors import AppError
from desktop.model.email_change import StepState
from desktop.model.erasure import ErasureState, name_tickets
from desktop.model.erasure_steps import ErasureProgress, ErasureStepProgress
from desktop.model.permission import Actor
from desktop.viewmodels.customer.change_step_view import step_chip
from desktop.viewmodels.tone import BannerTone, ChipTone

# What an erasure does in each system, in the order in which it does it.
_BECOMES = {
    "Zendesk": "Deleted, then its data for good. Closed tickets stay, without the name.",
    "Sailthru": "Deleted with lists and fields.",
    "This computer": "Erased. Keyed hashes stay, so that nothing makes the person again.",
}


class ErasureAction(Enum):
    """What the button of the drawer Erase does next."""

    READ_AGAIN = "read_again"
    REQUEST = "request"
    APPROVE = "approve"  # as the second admin, who is at work here
    ASK_ADMIN = "ask_admin"
    RESUME = "resume"
    TRY_TO_END = "try_to_end"
    SAVE_REPORT = "save_report"
    CLOSE = "close"


@dataclass(frozen=True)
class SystemRowView:
    """A row of the checklist: a system, what it holds of the person, and what becomes of it."""

    system: str
    holds: str
    becomes: str


@dataclass(frozen=True)
class ErasureStepView:
    """A step in the drawer Erase: number, words, chip, and why it stopped."""

    number: int
    text: str
    state: str
    tone: ChipTone
    detail: str
    is_done: bool
    is_failed: bool


@dataclass(frozen=True)
class ErasureNoteView:
    """What the drawer Erase says above all else: how far it is, or what stands in the way."""

    tone: BannerTone
    title: str
    text: str = ""


@dataclass(frozen=True)
class ErasureView:
    """What the drawer Erase shows; `confirmation` is the address to type, "" where none is asked.

    `button_reason` says why the button is disabled, or "".
    """

    subtitle: str = ""
    is_loading: bool = False
    note: ErasureNoteView | None = None
    systems: tuple[SystemRowView, ...] = ()
    steps: tuple[ErasureStepView, ...] = ()
    kept: tuple[str, ...] = ()
    close_tickets_text: str = ""
    closes_tickets: bool = False
    confirmation: str = ""
    typed: str = ""
    foot: str = ""
    action: ErasureAction = ErasureAction.CLOSE
    button: str = "Close"
    button_reason: str = ""
    can_export: bool = False
    can_cancel: bool = False


def build_systems(counts: Mapping[str, int], *, is_done: bool = False) -> tuple[SystemRowView, ...]:
    """Build the checklist of an erasure: each system with what it holds, or held."""
    rows = []
    for system, becomes in _BECOMES.items():
        words = ", ".join(count_words(counts, system))
        rows.append(SystemRowView(system, words or "nothing", becomes if words else ""))
    if is_done:
        return tuple(SystemRowView(row.system, row.holds, "") for row in rows)
    return tuple(rows)


def build_erasure_steps(steps: Sequence[ErasureStepProgress]) -> tuple[ErasureStepView, ...]:
    """Build the drawer's list of an erasure's steps, in their order."""
    views = []
    for number, one in enumerate(steps, start=1):
        state, tone = step_chip(one.state, one.ended_at)
        is_done = one.state is StepState.DONE
        is_failed = one.state in (StepState.FAILED, StepState.UNDONE)
        text = STEP_TEXTS[one.step] + (f" ({one.count})" if one.count > 1 else "")
        detail = "" if is_done else one.detail
        views.append(ErasureStepView(number, text, state, tone, detail, is_done, is_failed))
    return tuple(views)


def kept_texts(check: ErasureCheck | None) -> tuple[str, ...]:
    """Return what stays after an erasure, as sentences."""
    others = check.other_addresses if check is not None else ()
    left = [f"{one} stays: only the phone number is the same." for one in others]
    return (*KEPT_TEXTS, *left)


def close_tickets_text(check: ErasureCheck) -> str:
    """Return the words of the box that closes a person's tickets before an erasure, or ""."""
    numbers = check.unclosed_tickets
    what = "ticket" if len(numbers) == 1 else f"{len(numbers)} tickets"
    return f"Close {what} {name_tickets(numbers)} first" if numbers else ""


def build_note(
    progress: ErasureProgress | None, error: AppError | None, obstacle: AppError | None
) -> ErasureNoteView | None:
    """Build what the drawer Erase says above all else; None where nothing is to be said."""
    if error is not None:
        return _note_of(error, "bad")
    if progress is None:
        return _note_of(obstacle, "warn") if obstacle is not None else None
    erasure, stopped = progress.erasure, progress.stopped_at
    if erasure.state is ErasureState.DONE:
        return ErasureNoteView(
            "info",
            "Erased.",
            "Save the report: it holds counts, times and a keyed hash, and nothing of the person.",
        )
    if erasure.state is ErasureState.CANCELLED:
        return ErasureNoteView("info", "The request is withdrawn.", "Nothing was erased.")
    if erasure.state is ErasureState.REQUESTED:
        names = " and ".join(one.name for one in erasure.approvals if one.is_proven)
        return ErasureNoteView(
            "info",
            "It waits for another admin.",
            f"Approved by {names or 'nobody'}. Nothing was erased yet.",
        )
    if stopped is not None:
        number = progress.steps.index(stopped) + 1
        return ErasureNoteView(
            "bad",
            f"The erasure has stopped at step {number}.",
            "What is done stays done. What is below says why; the rest waits.",
        )
    if progress.is_ready_to_end:
        return ErasureNoteView(
            "info",
            "Gone from both services.",
            "What this computer keeps goes once a run that writes it, or a change that is being"
            " sent, has ended.",
        )
    return None


def _note_of(error: AppError, tone: BannerTone) -> ErasureNoteView:
    text = " ".join(part for part in (error.message, error.hint) if part)
    return ErasureNoteView(tone, error.title, text)


def next_action(progress: ErasureProgress, actor: Actor) -> tuple[ErasureAction, str, str]:
    """Return what comes next in an erasure, the button's words, and why it is disabled or ""."""
    erasure = progress.erasure
    if erasure.state is ErasureState.DONE:
        return ErasureAction.SAVE_REPORT, "Save the report…", ""
    if not erasure.is_open:
        return ErasureAction.CLOSE, "Close", ""
    if erasure.state is ErasureState.REQUESTED:
        approved = {one.user_id for one in erasure.approvals if one.is_proven}
        if actor.approver_id in approved:
            return ErasureAction.ASK_ADMIN, "Approval by another admin…", ""
        return ErasureAction.APPROVE, "Approve and erase", ""
    if progress.stopped_at is not None:
        number = progress.steps.index(progress.stopped_at) + 1
        return ErasureAction.RESUME, f"Resume at step {number}", ""
    if progress.is_ready_to_end:
        return ErasureAction.TRY_TO_END, "Try again", ""
    return ErasureAction.CLOSE, "Close", ""
