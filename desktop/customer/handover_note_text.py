"""Composes the hand-over note: what was changed at a customer here, and why."""

from collections.abc import Sequence

from desktop.model.customer_sheet import CustomerSheet
from desktop.model.edit import Edit, EditKind, EditState
from desktop.model.json_value import Json
from desktop.model.marketing_pause import parse_pause_terms
from desktop.model.optout_level import LEVEL_NOT_KNOWN_LABEL, OptOutLevel
from desktop.store.workspace_store import WorkspaceStore

# What was changed longer ago belongs to another conversation.
_WITHIN_S = 12 * 3600.0
_MAX_EDITS = 200


async def compose_handover_note(
    store: WorkspaceStore, sheet: CustomerSheet, now: float, ticket: int | None
) -> str:
    """Say in a hand-over note what was changed at the customer here within 12 hours.

    What an earlier note on this ticket says already is left out; empty where nothing is left.
    `now` is Unix seconds.
    """
    user, profile = sheet.user.value, sheet.profile.value
    ids = {str(user.id) if user is not None else "", profile.sid if profile is not None else ""}
    recent = [
        edit
        for edit in await store.outbox.list_recent(_MAX_EDITS)
        if edit.request.target.id in ids - {""} and now - edit.created_at <= _WITHIN_S
    ]
    # What was taken back within that time, and what took it back, are no news to colleagues.
    known = {edit.id for edit in recent}
    undoing = [edit for edit in recent if edit.request.undoes in known and _is_made(edit)]
    taken_back = {edit.id for edit in undoing} | {edit.request.undoes for edit in undoing}
    edits = [
        edit
        for edit in recent
        if _is_made(edit) and edit.request.kind is not EditKind.NOTE and edit.id not in taken_back
    ]
    notes = [
        edit
        for edit in recent
        if _is_made(edit) and edit.request.kind is EditKind.NOTE and edit.request.ticket == ticket
    ]
    lines = [
        line
        for edit in reversed(edits)
        if (line := describe_change(edit)) and not _is_told(line, edit, notes)
    ]
    return "\n".join(dict.fromkeys(lines))


def _is_told(line: str, edit: Edit, notes: Sequence[Edit]) -> bool:
    """Return whether a note that was written after a change has this line about it."""
    return any(
        note.created_at >= edit.created_at and line in str(note.request.new).splitlines()
        for note in notes
    )


def _is_made(edit: Edit) -> bool:
    """Return whether an edit was made, or may yet be."""
    return edit.state not in (EditState.UNDONE, EditState.FAILED, EditState.CONFLICT)


def describe_change(edit: Edit) -> str:
    """Describe in a hand-over note's line what an edit changes, and why; "" for a small step."""
    request = edit.request
    words = _change_text(request.kind, request.name, request.old, request.new)
    if not words:
        return ""
    if edit.state is not EditState.DONE:
        words += " (not confirmed yet)"
    reason = request.reason.strip().rstrip(".")
    return f"{words}. Reason: {reason}." if reason else f"{words}."


def _change_text(kind: EditKind, name: str, old: Json, new: Json) -> str:
    if kind is EditKind.OPTOUT:
        return f"Opt-out: {_level(new)} (before: {_level(old)})"
    if kind is EditKind.LIST:
        return f"{'Added to' if new else 'Taken off'} the list {name}"
    if kind is EditKind.PAUSE:
        terms = parse_pause_terms(new)
        return f"Marketing paused until {terms.until:%d %b %Y}" if terms else "Pause ended"
    if kind is EditKind.HEALTH:
        return f"Health: {new or 'none'} (before: {old or 'none'})"
    if kind is EditKind.CREATE:
        return "Sailthru profile created"
    if kind is EditKind.PRIMARY_EMAIL:
        return f"E-mail address: {new} (before: {old})"
    if kind in (EditKind.PROFILE_EMAIL, EditKind.SELL_EMAIL):
        where = "Sailthru" if kind is EditKind.PROFILE_EMAIL else "Zendesk Sell"
        return f"Address in {where}: {new}" + (", two profiles merged" if name else "")
    if kind is EditKind.SYNC_CHECKBOX:
        return f"Sync to Sailthru: {'on' if new else 'off'}"
    if kind is EditKind.SYNC_MARK:
        return f"Sync to Zendesk: {'on' if new else 'off'}"
    if kind is EditKind.TAG:
        return f"Tag {name} {'added' if new else 'removed'} in Zendesk"
    if kind is EditKind.VAR:
        return f"{name}: {'cleared' if new is None else new}"
    return ""


def _level(value: Json) -> str:
    return OptOutLevel(str(value)).label if value is not None else LEVEL_NOT_KNOWN_LABEL
