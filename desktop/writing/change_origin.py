"""Finds in the audit who changed a field last, for the sentence of a write's conflict."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from desktop.model.edit import EditKind
from desktop.model.json_value import Json
from desktop.model.target_record import (
    LIST_PREFIX,
    OPTOUT_FIELD,
    TAG_PREFIX,
    USER_FIELD_PREFIX,
    VAR_PREFIX,
)
from desktop.store.audit_log import AuditEntry
from desktop.writing.outcomes import UNCHANGED_TEXT

_PREFIXES = {
    EditKind.LIST.value: LIST_PREFIX,
    EditKind.SYNC_CHECKBOX.value: USER_FIELD_PREFIX,
    EditKind.VAR.value: VAR_PREFIX,
    EditKind.HEALTH.value: VAR_PREFIX,
    EditKind.SYNC_MARK.value: VAR_PREFIX,
    EditKind.TAG.value: TAG_PREFIX,
}


@dataclass(frozen=True)
class KnownChange:
    """The audited change of one field, by an edit or a sync, that a conflict names."""

    entry: AuditEntry
    new: Json

    def describe_author(self, now: float) -> str:
        """Name a conflict's author: `Ada Admin (10:42)` or `the sync “Tickets” (2 Mar 10:42)`."""
        at, today = (datetime.fromtimestamp(each).astimezone() for each in (self.entry.at, now))
        when = f"{at:%H:%M}" if at.date() == today.date() else f"{at.day} {at:%b %H:%M}"
        if self.entry.kind == "sync":
            title = self.entry.reason.partition(": run")[0] or self.entry.name
            return f"the sync “{title}” ({when})"
        return f"{self.entry.actor} ({when})"


def find_last_change(
    entries: Iterable[AuditEntry], kind: EditKind, name: str
) -> KnownChange | None:
    """Find the audited change of an edit's field among one record's entries, newest first."""
    field = OPTOUT_FIELD if kind is EditKind.OPTOUT else _PREFIXES.get(kind.value, "") + name
    for entry in entries:
        # What was so already was changed by somebody else.
        if entry.result != "done" or entry.is_erased or entry.detail == UNCHANGED_TEXT:
            continue
        if entry.kind == "sync" and isinstance(entry.new, dict) and field in entry.new:
            return KnownChange(entry, entry.new[field])
        own = OPTOUT_FIELD if entry.kind == EditKind.OPTOUT.value else None
        if entry.kind in _PREFIXES:
            own = _PREFIXES[entry.kind] + entry.name
        if own == field:
            return KnownChange(entry, entry.new)
    return None
