"""What is known of one change, and what may still be done about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop.customer.edit import Editor
from desktop.customer.undo import (
    is_own_fresh_optout,
    not_restored,
    nothing_to_restore,
    restored,
)
from desktop.kit.clock import iso
from desktop.model.edit import Edit, EditKind, EditState, same
from desktop.model.json_value import Json
from desktop.model.permission import Actor
from desktop.store.audit import AuditRow
from desktop.viewmodels import moment
from desktop.viewmodels.activity_row import (
    ActivityRow,
    new_words,
    old_words,
    service_words,
    short_words,
    value_words,
    why,
)


@dataclass(frozen=True)
class Act:
    """One thing to do; `why_not` is the reason while it may not be done."""

    key: str
    text: str
    why_not: str = ""


@dataclass(frozen=True)
class Reality:
    """What stands at the service now: read live, or as kept with its age."""

    value: Json = None
    known: bool = False
    words: str = ""
    stale: bool = False


@dataclass(frozen=True)
class DetailView:
    """`facts` are (label, value, tip); `sides` of a conflict are wanted, before and now."""

    id: str
    title: str
    state: str
    state_tone: str
    facts: tuple[tuple[str, str, str], ...]
    message: str
    sides: tuple[tuple[str, str], ...] = ()
    sides_note: str = ""
    acts: tuple[Act, ...] = ()
    undo_note: str = ""
    history: tuple[tuple[str, str], ...] = ()


def detail(
    edit: Edit,
    row: ActivityRow,
    audit: Sequence[AuditRow],
    reality: Reality | None,
    editor: Editor,
    actor: Actor,
    now: float,
) -> DetailView:
    """Build it; `reality` is given for a conflict."""
    acts = tuple(_acts(edit, row, reality, editor, actor, now))
    takes_back = any(act.key == "undo" and not act.why_not for act in acts)
    return DetailView(
        id=edit.id,
        title=short_words(edit),
        state=row.state,
        state_tone=row.state_tone,
        facts=tuple(_facts(edit, now)),
        message=edit.detail,
        sides=_sides(edit, reality) if edit.state is EditState.CONFLICT else (),
        sides_note=reality.words if reality is not None else "",
        acts=acts,
        undo_note=not_restored(edit) if takes_back else "",
        history=_history(edit, audit, now),
    )


def _history(edit: Edit, audit: Sequence[AuditRow], now: float) -> tuple[tuple[str, str], ...]:
    """Each time it was closed; a single time says nothing that the state does not."""
    ends = [row for row in audit if row.edit == edit.id]
    if len(ends) < 2:
        return ()
    return tuple(
        (moment.date_and_time(end.at, now), f"{end.result.capitalize()}. {end.detail}".strip())
        for end in ends
    )


def details_text(edit: Edit, row: ActivityRow) -> str:
    """Everything about a change in lines, for a ticket or a colleague."""
    intent = edit.intent
    lines = (
        ("Change", row.change),
        ("State", row.state + (f": {edit.detail}" if edit.detail else "")),
        ("Customer", intent.target.label),
        ("Target", f"{service_words(edit)} {intent.target.id}"),
        ("By", edit.actor),
        ("Wanted at", iso(edit.created_at)),
        ("Last moved at", iso(edit.updated_at or edit.created_at)),
        ("Reason", why(edit)),
        ("Tries", str(edit.tries)),
        ("Reference", f"edit {edit.id} · {edit.idem_key}"),
    )
    return "\n".join(f"{name}: {value}" for name, value in lines if value)


def _facts(edit: Edit, now: float) -> list[tuple[str, str, str]]:
    intent = edit.intent
    facts = [("Customer", intent.target.label, f"{service_words(edit)} {intent.target.id}")]
    if intent.kind is not EditKind.CREATE and edit.state is not EditState.CONFLICT:
        facts += [("Before", old_words(edit), ""), ("Wanted", new_words(edit), "")]
    facts += [
        ("By", edit.actor, ""),
        (
            "Wanted at",
            moment.date_and_time(edit.created_at, now),
            moment.full(edit.created_at),
        ),
    ]
    if edit.state.final and edit.updated_at:
        closed = moment.date_and_time(edit.updated_at, now)
        facts.append(("Closed at", closed, moment.full(edit.updated_at)))
    elif edit.state is EditState.WAITING:
        facts.append(("Goes out at", f"{moment.local(edit.not_before):%H:%M:%S}", ""))
    if why(edit):
        facts.append(("Reason", why(edit), ""))
    if edit.tries > 1:
        facts.append(("Tries", str(edit.tries), ""))
    facts.append(("Service", service_words(edit), ""))
    facts.append(("Reference", f"edit {edit.id}", edit.idem_key))
    return facts


def _sides(edit: Edit, reality: Reality | None) -> tuple[tuple[str, str], ...]:
    now = "not known yet"
    if reality is not None and reality.known:
        now = value_words(edit.intent.kind, reality.value)
    return (
        ("Wanted here", new_words(edit)),
        ("It was then", old_words(edit)),
        (f"{service_words(edit)} says now", now),
    )


def _acts(
    edit: Edit,
    row: ActivityRow,
    reality: Reality | None,
    editor: Editor,
    actor: Actor,
    now: float,
) -> list[Act]:
    state = edit.state
    acts: list[Act] = []
    if state is EditState.CONFLICT:
        acts.append(Act("apply", "Apply anyway", _why_not_apply(edit, reality, editor)))
    if state in (EditState.QUEUED, EditState.UNKNOWN, EditState.FAILED):
        allowed = editor.may(edit.intent)
        again = state is EditState.FAILED and not allowed.allowed
        acts.append(Act("retry", "Retry", allowed.reason if again else ""))
    if state in (EditState.QUEUED, EditState.WAITING):
        acts.append(Act("discard", "Discard"))
    if row.attention:
        acts.append(Act("leave", "Leave it"))
    if state is EditState.DONE:
        acts.append(Act("undo", "Undo", _why_not_undo(edit, editor, actor, now)))
    acts.append(Act("open", "Open customer"))
    acts.append(Act("copy", "Copy details"))
    return acts


def _why_not_apply(edit: Edit, reality: Reality | None, editor: Editor) -> str:
    verdict = editor.may(edit.intent)
    if not verdict.allowed:
        return verdict.reason
    if reality is None or not reality.known:
        return "What stands there now has to be read first."
    if same(reality.value, edit.intent.new):
        return "It is so already: there is nothing to apply."
    return ""


def _why_not_undo(edit: Edit, editor: Editor, actor: Actor, now: float) -> str:
    refused = nothing_to_restore(edit)
    if refused is not None:
        return f"{refused.title} {refused.message}"
    back = restored(edit)
    if is_own_fresh_optout(edit, back, actor, now):
        return ""
    verdict = editor.may(back)
    return "" if verdict.allowed else verdict.reason
