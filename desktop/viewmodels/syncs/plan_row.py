"""A row of a preview as the table and its details show it."""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.model.edit import Service
from desktop.model.goal import Goal
from desktop.model.plan import Fate, FieldChange, PlanRow, RowState
from desktop.model.query import is_email
from desktop.sync.wording import UNSET, field_words, value_words
from desktop.viewmodels import moment
from desktop.viewmodels.money import amount
from desktop.viewmodels.syncs.words import FATES, PLACES

TONES = {
    Fate.CREATE: "info",
    Fate.UPDATE: "ok",
    Fate.UNCHANGED: "neutral",
    Fate.SKIPPED: "neutral",
    Fate.CORRECTION: "warn",
    Fate.CONFLICT: "bad",
}
_STATES = {
    RowState.SENDING: ("Sending", "info"),
    RowState.ACCEPTED: ("Accepted", "ok"),
    RowState.DONE: ("Written", "ok"),
    RowState.SAME: ("Was so already", "neutral"),
    RowState.UNTICKED: ("Left out", "neutral"),
    RowState.PARKED: ("Not written", "warn"),
    RowState.FAILED: ("Refused", "bad"),
}
# What became of the others is no news: they are as the preview said.
_TELLING = (RowState.PARKED, RowState.FAILED, RowState.UNTICKED)
CORRECTABLE = ("email", "name", "phone")


@dataclass(frozen=True)
class SideView:
    """One side of a conflict: whose, its value, when it changed; `picked` says it stands."""

    side: str
    words: str
    picked: bool


@dataclass(frozen=True)
class FieldLine:
    """One field: old → new with the reason. `dim`: it is not written. `sides` in a conflict."""

    field: str
    name: str
    old: str
    new: str
    reason: str
    dim: bool
    ticked: bool
    may_tick: bool
    sides: tuple[SideView, ...] = ()


@dataclass(frozen=True)
class RowView:
    """One row. `address` is the second line; `query` opens the customer's sheet.

    `worth`: what is predicted of them, in words; empty where nothing is.
    """

    row: int
    name: str
    address: str
    query: str
    fate: str
    tone: str
    writes: bool
    ticked: bool
    parked: bool
    why: str
    lines: tuple[FieldLine, ...]
    worth: str = ""

    @property
    def conflict(self) -> FieldLine | None:
        """The first field somebody has to pick a side for."""
        return next((line for line in self.lines if line.sides), None)

    @property
    def spoken(self) -> str:
        """The row as a sentence, for screen readers."""
        parts = [self.name, self.fate]
        parts += [f"{line.name}: {line.old} to {line.new}" for line in self.lines]
        if self.why:
            parts.append(self.why)
        return ". ".join(part for part in parts if part)


@dataclass(frozen=True)
class RowDetail:
    """Everything about one row, beside the table."""

    view: RowView
    facts: tuple[tuple[str, str, str], ...]  # label, value, tool tip
    corrections: tuple[tuple[str, str], ...]  # field, its present value
    consequences: tuple[str, ...]
    may_decide: bool
    source: str
    retry: bool


def view_of(
    row: PlanRow, goal: Goal, now: float, people: Mapping[int, str], unit: str = ""
) -> RowView:
    """A row as the table shows it; `people` are Zendesk's names by user id.

    `unit`: what predictions of this account are in, a currency or `pageviews`.
    """
    name = people.get(_zendesk_id(row, goal) or 0, "") or row.label
    address = row.address or row.label
    fate, tone = FATES[row.fate], TONES[row.fate]
    if row.state in _STATES and row.fate.writes:
        fate, tone = _STATES[row.state]
    worth = _worth_words(row.worth, unit) if row.worth is not None else ""
    below = address if address != name else _second_line(row, goal)
    return RowView(
        row=row.row,
        name=name,
        address=" · ".join(part for part in (worth, below) if part),
        query=query_of(row, goal),
        fate=fate,
        tone=tone,
        writes=row.fate.writes,
        ticked=row.ticked and row.fate.writes,
        parked=row.fate.parked,
        why=row.detail if row.state in _TELLING and row.detail else _why(row),
        lines=_ordered(tuple(_line(change, row, goal, now) for change in row.changes)),
        worth=worth,
    )


def detail_of(view: RowView, row: PlanRow, goal: Goal, now: float, *, may: bool) -> RowDetail:
    """What stands beside the table for the chosen row."""
    facts: list[tuple[str, str, str]] = []
    source, target = PLACES[goal.source.kind.service], PLACES[goal.target]
    for place, at in ((source, row.source_at), (target, row.target_at)):
        if at is not None:
            words = f"changed {moment.date_and_time(at, now)}"
            facts.append((place, words, moment.full(at)))
    if view.worth:
        facts.append(("Predicted", view.worth, ""))
    if row.evidence:
        facts.append(("Consent", row.evidence, ""))
    if row.target_id:
        facts.append((f"{target} id", row.target_id, ""))
    facts.append((f"{source} id", row.source_id, ""))
    corrections: tuple[tuple[str, str], ...] = ()
    if row.fate is Fate.CORRECTION:
        corrections = _correctable(row)
    told = tuple(kind.words.format(name=name) for kind, name in row.consequences)
    return RowDetail(
        view=view,
        facts=tuple(facts),
        corrections=corrections,
        consequences=told,
        may_decide=may,
        source=row.source_id,
        retry=row.state in (RowState.PARKED, RowState.FAILED) and row.fate.writes,
    )


def query_of(row: PlanRow, goal: Goal) -> str:
    """What the search field finds this customer by."""
    address = row.address or row.label
    if is_email(address):
        return address
    person = _zendesk_id(row, goal)
    if person is not None:
        return f"zendesk:{person}"
    sid = row.target_id if goal.target is Service.SAILTHRU else row.source_id
    return f"sid:{sid}" if sid else row.label


def zendesk_ids(rows: tuple[PlanRow, ...], goal: Goal) -> tuple[int, ...]:
    """The Zendesk people these rows are about."""
    found = (_zendesk_id(row, goal) for row in rows)
    return tuple(person for person in found if person is not None)


def _zendesk_id(row: PlanRow, goal: Goal) -> int | None:
    text = row.source_id if goal.source.kind.service is Service.ZENDESK else row.target_id
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _worth_words(worth: float, unit: str) -> str:
    return f"{worth:,.0f} page views" if unit == "pageviews" else amount(worth, unit)


def _second_line(row: PlanRow, goal: Goal) -> str:
    person = _zendesk_id(row, goal)
    return f"Zendesk {person}" if person is not None else ""


def _why(row: PlanRow) -> str:
    if row.fate is Fate.CREATE and row.evidence:
        return f"consent: {row.evidence}" if "none needed" not in row.evidence else ""
    return row.why if row.fate not in (Fate.CREATE, Fate.UPDATE, Fate.CONFLICT) else ""


def _line(change: FieldChange, row: PlanRow, goal: Goal, now: float) -> FieldLine:
    sides: tuple[SideView, ...] = ()
    if change.conflict and not change.choice:
        sides = _sides(change, row, goal, now)
    reason = change.reason
    if change.choice:
        reason = f"{PLACES[Service(change.choice)]} picked"
    name, old, new = _words(change)
    return FieldLine(
        field=change.field,
        name=name,
        old=old,
        new=new,
        reason=reason,
        dim=not change.applies or not change.ticked,
        ticked=change.ticked,
        may_tick=change.applies and row.fate.writes,
        sides=sides,
    )


def _words(change: FieldChange) -> tuple[str, str, str]:
    """Name, old and new; a list or tag is named where its value would stand."""
    kind, dot, name = change.field.partition(".")
    if dot and kind in ("lists", "tags"):
        said = "list" if kind == "lists" else "tag"
        return (said, UNSET, name) if change.new else (said, name, "removed")
    return field_words(change.field), value_words(change.old), value_words(change.new)


def _sides(change: FieldChange, row: PlanRow, goal: Goal, now: float) -> tuple[SideView, ...]:
    from_zendesk = goal.source.kind.service is Service.ZENDESK
    source = (value_words(change.new, change.field), row.source_at)
    target = (value_words(change.old, change.field), row.target_at)
    pairs = {"zendesk": source, "sailthru": target}
    if not from_zendesk:
        pairs = {"zendesk": target, "sailthru": source}
    return tuple(
        SideView(side, _side_words(PLACES[Service(side)], value, at, now), change.choice == side)
        for side, (value, at) in pairs.items()
    )


def _side_words(place: str, value: str, at: float | None, now: float) -> str:
    when = f", {moment.stamp(at, now)}" if at is not None else ""
    return f"{place} {value[:60]}{when}"


def _ordered(lines: tuple[FieldLine, ...]) -> tuple[FieldLine, ...]:
    """What is to be picked first, then what is written, then what is kept."""
    return tuple(sorted(lines, key=lambda line: (not line.sides, line.dim)))


def _correctable(row: PlanRow) -> tuple[tuple[str, str], ...]:
    """Which fields may be typed anew; an address that is none comes first."""
    known = {field_words(c.field): value_words(c.new, c.field) for c in row.changes}
    known["email"] = row.address
    return tuple((field, known.get(field, "")) for field in CORRECTABLE)
