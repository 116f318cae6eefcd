"""Explains a customer's opt-out level: what is known to have set it, in order, and what is not.

From the record of changes of this computer (edits, runs, merges), from what Sailthru tells (the
time of the opt-out, engagement, lists), and from tickets and tags in Zendesk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desktop.kit.text import shorten
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.json_value import Json
from desktop.model.optout_level import SAME_OPTOUT_S, OptOutLevel, is_chosen_later
from desktop.model.service import Service
from desktop.model.target_record import OPTOUT_FIELD
from desktop.store.audit_log import AuditEntry
from desktop.store.workspace_store import WorkspaceStore

# A ticket asked within this time before a change may be its reason, seconds.
_TICKET_BEFORE_S = 86400.0
_MAX_AUDIT_ENTRIES = 500
_MAIL_WORDS = (
    *("unsubscribe", "opt out", "opt-out", "optout"),
    *("e-mail", "email", "newsletter", "spam"),
)
_OPTOUT_TAG_PARTS = ("unsubscribe", "opt_out", "optout", "no_mail", "do_not_mail")
_FAIRLEAD = "Fairlead"


@dataclass(frozen=True)
class OptOutCause:
    """A cause of a customer's opt-out; `at` is Unix seconds, None where nobody tells.

    `source` is Fairlead, Sailthru or Zendesk; `sets_level`: it set the level that stands now.
    """

    what: str
    at: float | None
    who: str
    source: str
    sets_level: bool = False

    def as_json(self) -> dict[str, Json]:
        """The opt-out's cause as JSON, an object of `causes` of `fairlead why --json`."""
        return {"what": self.what, "at": self.at, "who": self.who, "source": self.source}


@dataclass(frozen=True)
class OptOutExplanation:
    """The explanation of a customer's opt-out: “Why is this customer opted out?”.

    `level` is None where it was not read. `answer` says it in one sentence; `causes` are newest
    first; `unknown` names what cannot be known, a sentence each.
    """

    level: OptOutLevel | None
    answer: str
    causes: tuple[OptOutCause, ...]
    unknown: tuple[str, ...]


async def explain_optout(store: WorkspaceStore, sheet: CustomerSheet) -> OptOutExplanation:
    """Collect the explanation of a customer's opt-out. Raises StorageError."""
    user, profile = sheet.user.value, sheet.profile.value
    targets = [profile.sid] if profile is not None else []
    targets += [str(user.id)] if user is not None else []
    entries: tuple[AuditEntry, ...] = ()
    if targets:
        entries = await store.audit.list_entries(targets=tuple(targets), limit=_MAX_AUDIT_ENTRIES)
    return build_explanation(sheet, entries)


def build_explanation(sheet: CustomerSheet, entries: Sequence[AuditEntry]) -> OptOutExplanation:
    """Build an opt-out's explanation from a sheet and its audit entries, newest first."""
    profile = sheet.profile.value
    level = profile.optout if profile is not None else None
    # Only the newest: over an older one of the same level somebody else has set it again since.
    newest = next((entry for entry in entries if _written_level(entry) is not None), None)
    stands = newest is not None and level is not None and _written_level(newest) == level.value
    own = [
        cause
        for entry in entries
        if (cause := _cause_of_entry(entry, sets_level=stands and entry is newest)) is not None
    ]
    setter = next((one for one in own if one.sets_level), None)
    told_at = profile.activity.get("optout_time") if profile is not None else None
    is_ours = setter is not None and (setter.at is None or not is_chosen_later(told_at, setter.at))
    causes = own if is_ours else [_without_mark(one) for one in own]
    if told_at is not None and not (is_ours and _is_near(setter, told_at)):
        what = "Opted out before that" if is_ours else "Opted out, not in Fairlead here"
        causes.append(OptOutCause(what, told_at, "", Service.SAILTHRU.title, not is_ours))
    causes += [*_engagement_causes(sheet), *_ticket_causes(sheet, causes), *_tag_causes(sheet)]
    causes.sort(key=lambda one: -(one.at or 0.0))
    return OptOutExplanation(
        level,
        _answer(sheet, level, setter if is_ours else None, told_at),
        tuple(causes),
        tuple(_unknown(sheet, level, is_ours=is_ours)),
    )


def _written_level(entry: AuditEntry) -> Json:
    """Return the opt-out level that an audit entry says was written; None for any other entry."""
    if entry.result != "done":
        return None
    if entry.kind == "sync" and isinstance(entry.new, dict):
        return entry.new.get(OPTOUT_FIELD)
    return entry.new if entry.kind == "optout" else None


def _cause_of_entry(entry: AuditEntry, *, sets_level: bool) -> OptOutCause | None:
    """Describe an audit entry as an opt-out's cause; None for one of anything else."""
    # What was withdrawn has changed nothing.
    if entry.result != "done" or entry.is_erased:
        return None
    reason = f", because: {entry.reason}" if entry.reason.strip() else ""
    number = f"#{entry.ticket}"
    ticket = f" ({number})" if entry.ticket is not None and number not in reason else ""
    if entry.kind == "optout":
        what = f"Set to {_level_text(entry.new)}, before {_level_text(entry.old)}{reason}{ticket}"
        return OptOutCause(what, entry.at, entry.actor, _FAIRLEAD, sets_level)
    if entry.kind == "sync" and isinstance(entry.new, dict) and OPTOUT_FIELD in entry.new:
        new = entry.new[OPTOUT_FIELD]
        what = f"Set to {_level_text(new)} by the sync “{entry.reason or entry.name}”"
        return OptOutCause(what, entry.at, entry.actor, _FAIRLEAD, sets_level)
    if entry.kind == "profile_email" and entry.name:
        what = "Two profiles merged: the stricter level of both stands"
        return OptOutCause(what, entry.at, entry.actor, _FAIRLEAD)
    if entry.kind == "list" and not entry.new:
        what = f"Taken off the list {entry.name}{reason}{ticket}"
        return OptOutCause(what, entry.at, entry.actor, _FAIRLEAD)
    return None


def _engagement_causes(sheet: CustomerSheet) -> Iterator[OptOutCause]:
    profile = sheet.profile.value
    if profile is not None and (profile.engagement or "").lower() == "hardbounce":
        what = "Mail bounced for good: Sailthru sends nothing until the address is set Valid there"
        yield OptOutCause(what, None, "", Service.SAILTHRU.title)


def _ticket_causes(sheet: CustomerSheet, causes: Sequence[OptOutCause]) -> Iterator[OptOutCause]:
    """Return tickets as an opt-out's causes: about mail, or asked shortly before a change."""
    page, user = sheet.tickets.value, sheet.user.value
    moments = [one.at for one in causes if one.at is not None]
    for ticket in page.tickets if page is not None else ():
        at = ticket.created_at
        if at is None:
            continue
        subject = ticket.subject.casefold()
        is_about_mail = any(word in subject for word in _MAIL_WORDS)
        is_before_change = any(0 <= moment - at <= _TICKET_BEFORE_S for moment in moments)
        if is_about_mail or is_before_change:
            what = f"Ticket #{ticket.id} “{shorten(ticket.subject, 80)}”, {ticket.status}"
            name = user.name if user is not None else ""
            yield OptOutCause(what, at, name, Service.ZENDESK.title)


def _tag_causes(sheet: CustomerSheet) -> Iterator[OptOutCause]:
    user = sheet.user.value
    for tag in (user.tags or ()) if user is not None else ():
        if any(part in tag.casefold() for part in _OPTOUT_TAG_PARTS):
            yield OptOutCause(f"Tag {tag}", None, "", Service.ZENDESK.title)


def _answer(
    sheet: CustomerSheet,
    level: OptOutLevel | None,
    setter: OptOutCause | None,
    told_at: float | None,
) -> str:
    profile = sheet.profile.value
    if profile is None:
        return "There is no Sailthru profile, so there is no opt-out."
    if level is None:
        return "Sailthru did not say the level, or said one that is not known here."
    if level is OptOutLevel.NONE:
        return "They are not opted out: they get everything their lists receive."
    if setter is not None:
        return f"{level.label}: {setter.who or 'somebody'} set it in Fairlead."
    if told_at is not None:
        return (
            f"{level.label}: not set on this computer. Sailthru tells when, and not by whom: the"
            " customer’s own unsubscribe link, a spam complaint, an import or a colleague."
        )
    return f"{level.label}: not set on this computer, and Sailthru does not tell when or by whom."


def _unknown(sheet: CustomerSheet, level: OptOutLevel | None, *, is_ours: bool) -> Iterator[str]:
    if sheet.profile.state is SheetPartState.FAILED:
        yield "Sailthru did not answer just now: this is what it said last."
    if level is not None and level is not OptOutLevel.NONE and not is_ours:
        yield (
            "Who changed it elsewhere: unsubscribe links, spam complaints, imports and changes in"
            " Sailthru itself are not told apart by its API."
        )
    yield "Whether single kinds of mail were unsubscribed: Sailthru does not show that by its API."
    yield "What colleagues did in Fairlead on other computers."


def _without_mark(cause: OptOutCause) -> OptOutCause:
    return OptOutCause(cause.what, cause.at, cause.who, cause.source)


def _is_near(cause: OptOutCause | None, at: float) -> bool:
    return cause is not None and cause.at is not None and abs(cause.at - at) <= SAME_OPTOUT_S


def _level_text(value: Json) -> str:
    known = {one.value: one.label for one in OptOutLevel}
    return f"“{known[value]}”" if isinstance(value, str) and value in known else "a level not known"
