"""View of one edit's details on the page Activity: facts, both sides of a conflict, actions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import (
    inverse_request,
    newer_change_refusal,
    undo_loss_warning,
    undo_refusal,
)
from desktop.kit.clock import iso_timestamp
from desktop.model.edit import Edit, EditKind, EditState, is_own_recent_optout, is_same_json
from desktop.model.json_value import Json
from desktop.model.permission import Actor
from desktop.store.audit_log import AuditEntry
from desktop.viewmodels import time_format
from desktop.viewmodels.activity.activity_row import (
    ActivityRow,
    edit_reason,
    edit_title,
    edit_value_text,
    new_value_text,
    old_value_text,
)
from desktop.viewmodels.tone import ChipTone


class ActivityAction(Enum):
    """Something a person may do about a row of the page Activity; the value is its label."""

    APPLY = "Apply anyway"
    RETRY = "Retry"
    UNDO = "Undo"
    DISCARD = "Discard"
    LEAVE = "Leave it"
    SHOW_RUN = "Show the run"
    OPEN_CUSTOMER = "Open customer"
    COPY = "Copy details"


@dataclass(frozen=True)
class OfferedAction:
    """An action on a row of the page Activity, with the reason why it is disabled (or empty)."""

    action: ActivityAction
    disabled_reason: str = ""


@dataclass(frozen=True)
class CurrentServiceValue:
    """A conflict's value at the service, on the page Activity: read live, or cached and stale."""

    value: Json = None
    is_known: bool = False
    text: str = ""
    is_stale: bool = False


@dataclass(frozen=True)
class ActivityDetailView:
    """All texts of an edit's details on the page Activity.

    `facts` are (label, value, tool tip); `conflict_sides` the values wanted, before and now;
    `history` each time the edit was closed, in words.
    """

    id: str
    title: str
    state: str
    state_tone: ChipTone
    facts: tuple[tuple[str, str, str], ...]
    message: str
    conflict_sides: tuple[tuple[str, str], ...] = ()
    conflict_note: str = ""
    actions: tuple[OfferedAction, ...] = ()
    undo_note: str = ""
    history: tuple[tuple[str, str], ...] = ()


def build_detail_view(
    edit: Edit,
    row: ActivityRow,
    audit: Sequence[AuditEntry],
    current_value: CurrentServiceValue | None,
    editor: EditService,
    actor: Actor,
    now: float,
) -> ActivityDetailView:
    """Build an edit's details for the page Activity; only a conflict has a `current_value`."""
    offered = tuple(_offer_actions(edit, row, audit, current_value, editor, actor, now))
    return ActivityDetailView(
        id=edit.id,
        title=edit_title(edit),
        state=row.state,
        state_tone=row.state_tone,
        facts=tuple(_build_facts(edit, now)),
        message=row.detail,
        conflict_sides=_build_conflict_sides(edit, current_value)
        if edit.state is EditState.CONFLICT
        else (),
        conflict_note=current_value.text if current_value is not None else "",
        actions=offered,
        undo_note=undo_loss_warning(edit) if OfferedAction(ActivityAction.UNDO) in offered else "",
        history=_build_history(edit, audit, now),
    )


def _build_history(
    edit: Edit, audit: Sequence[AuditEntry], now: float
) -> tuple[tuple[str, str], ...]:
    """Each time the edit was closed, for its details; a single time says no more than its state."""
    # Retried or undone, an edit is closed more than once.
    ends = [row for row in audit if row.edit == edit.id]
    if len(ends) < 2:
        return ()
    return tuple(
        (
            time_format.format_date_and_time(end.at, now),
            f"{end.result.capitalize()}. {end.detail}".strip(),
        )
        for end in ends
    )


def format_detail_text(edit: Edit, row: ActivityRow) -> str:
    """Format an edit's details on the page Activity as lines, to paste into a ticket."""
    target = edit.request.target
    lines = (
        ("Change", row.change_text),
        ("State", row.state + (f": {edit.detail}" if edit.detail else "")),
        ("Customer", target.label),
        ("Target", f"{target.service.title} {target.id}"),
        ("By", edit.actor),
        ("Changed", iso_timestamp(edit.created_at)),
        ("Last updated", iso_timestamp(edit.updated_at or edit.created_at)),
        ("Reason", edit_reason(edit)),
        ("Attempts", str(edit.tries)),
        ("Reference", f"edit {edit.id} · {edit.idem_key}"),
    )
    return "\n".join(f"{name}: {value}" for name, value in lines if value)


def _build_facts(edit: Edit, now: float) -> list[tuple[str, str, str]]:
    target = edit.request.target
    facts = [("Customer", target.label, f"{target.service.title} {target.id}")]
    if edit.request.kind is not EditKind.CREATE and edit.state is not EditState.CONFLICT:
        facts += [("Before", old_value_text(edit), ""), ("New value", new_value_text(edit), "")]
    facts += [
        ("By", edit.actor, ""),
        (
            "Changed",
            time_format.format_date_and_time(edit.created_at, now),
            time_format.format_full_timestamp(edit.created_at),
        ),
    ]
    if edit.state.is_final and edit.updated_at:
        closed = time_format.format_date_and_time(edit.updated_at, now)
        facts.append(("Finished", closed, time_format.format_full_timestamp(edit.updated_at)))
    elif edit.state is EditState.WAITING:
        facts.append(("Sends at", f"{time_format.to_local_time(edit.not_before):%H:%M:%S}", ""))
    if edit_reason(edit):
        facts.append(("Reason", edit_reason(edit), ""))
    if edit.tries > 1:
        facts.append(("Attempts", str(edit.tries), ""))
    facts.append(("Service", target.service.title, ""))
    facts.append(("Reference", f"edit {edit.id}", edit.idem_key))
    return facts


def _build_conflict_sides(
    edit: Edit, current_value: CurrentServiceValue | None
) -> tuple[tuple[str, str], ...]:
    now = "not known yet"
    if current_value is not None and current_value.is_known:
        now = edit_value_text(edit.request.kind, current_value.value)
    return (
        ("New value", new_value_text(edit)),
        ("Value before", old_value_text(edit)),
        (f"{edit.request.target.service.title} now", now),
    )


def _offer_actions(
    edit: Edit,
    row: ActivityRow,
    audit: Sequence[AuditEntry],
    current_value: CurrentServiceValue | None,
    editor: EditService,
    actor: Actor,
    now: float,
) -> Iterator[OfferedAction]:
    state = edit.state
    if state is EditState.CONFLICT:
        yield OfferedAction(
            ActivityAction.APPLY, _apply_disabled_reason(edit, current_value, editor)
        )
    if state in (EditState.QUEUED, EditState.UNKNOWN, EditState.FAILED):
        # A queued edit was allowed when it was made; a failed one begins anew.
        verdict = editor.permission_for(edit.request)
        refused = state is EditState.FAILED and not verdict.is_allowed
        yield OfferedAction(ActivityAction.RETRY, verdict.reason if refused else "")
    if state in (EditState.QUEUED, EditState.WAITING):
        yield OfferedAction(ActivityAction.DISCARD)
    if row.needs_attention:
        yield OfferedAction(ActivityAction.LEAVE)
    if state is EditState.DONE:
        reason = _undo_disabled_reason(edit, audit, editor, actor, now)
        yield OfferedAction(ActivityAction.UNDO, reason)
    yield OfferedAction(ActivityAction.OPEN_CUSTOMER)
    yield OfferedAction(ActivityAction.COPY)


def _apply_disabled_reason(
    edit: Edit, current_value: CurrentServiceValue | None, editor: EditService
) -> str:
    verdict = editor.permission_for(edit.request)
    if not verdict.is_allowed:
        return verdict.reason
    # Applying over a value that nobody has seen would undo somebody's work.
    if current_value is None or not current_value.is_known:
        return "Read the current value first."
    if is_same_json(current_value.value, edit.request.new):
        return "Nothing to apply: it already has this value."
    return ""


def _undo_disabled_reason(
    edit: Edit, audit: Sequence[AuditEntry], editor: EditService, actor: Actor, now: float
) -> str:
    refused = undo_refusal(edit) or newer_change_refusal(edit, audit, now)
    if refused is not None:
        return str(refused)
    inverse = inverse_request(edit)
    # Taking back one's own stricter opt-out within a day needs no further permission.
    if is_own_recent_optout(edit, inverse, actor.key, now):
        return ""
    verdict = editor.permission_for(inverse)
    return "" if verdict.is_allowed else verdict.reason
