"""View of a preview's rows in words, for the table and for the details beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop.model.email_address import is_email
from desktop.model.field_catalogue import field_title
from desktop.model.lookup_query import record_query
from desktop.model.sell_record import SellContact, SellPerson
from desktop.model.sell_validation import ADDRESS_CAUSE, NAME_CAUSE, STATUS_CAUSE
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow, PlanRowState
from desktop.sync.field_labels import UNSET_LABEL, format_field_name, format_value
from desktop.sync.pipeline.eligibility import UNMATCHED_DELETION_CAUSE
from desktop.sync.pipeline.left_out import LEFT_OUT_CAUSE
from desktop.viewmodels import time_format
from desktop.viewmodels.money_format import format_amount
from desktop.viewmodels.syncs.field_text import readable_value
from desktop.viewmodels.syncs.sync_labels import FATE_LABELS

FATE_TONES = {
    PlannedOutcome.CREATE: "info",
    PlannedOutcome.UPDATE: "ok",
    PlannedOutcome.UNCHANGED: "neutral",
    PlannedOutcome.SKIPPED: "neutral",
    PlannedOutcome.CORRECTION: "warn",
    PlannedOutcome.CONFLICT: "bad",
}
_ROW_STATE_LABELS = {
    PlanRowState.SENDING: ("Sending", "info"),
    PlanRowState.ACCEPTED: ("Accepted", "ok"),
    PlanRowState.DONE: ("Written", "ok"),
    PlanRowState.SAME: ("Already set", "neutral"),
    PlanRowState.UNTICKED: ("Left out", "neutral"),
    PlanRowState.PARKED: ("Not written", "warn"),
    PlanRowState.FAILED: ("Refused", "bad"),
}
# Of rows that a run had not got to when it was cancelled or stopped.
_LABELS_AFTER_RUN = {
    PlanRowState.PLANNED: ("Not sent", "neutral"),
    PlanRowState.SENDING: ("Unconfirmed", "warn"),
}
# What became of the others is no news: they are as the preview said.
_STATES_WITH_DETAIL = (PlanRowState.PARKED, PlanRowState.FAILED, PlanRowState.UNTICKED)
CORRECTABLE_FIELDS = ("email", "name", "phone")


@dataclass(frozen=True)
class ConflictSideView:
    """One side of a preview's conflict: its service, its value with its time, whether picked."""

    side: str
    text: str
    is_picked: bool


@dataclass(frozen=True)
class FieldChangeView:
    """One field of a preview's row, old → new; `is_dimmed`: not written; `sides` of a conflict."""

    field: str
    name: str
    old: str
    new: str
    reason: str
    is_dimmed: bool
    is_ticked: bool
    can_tick: bool
    sides: tuple[ConflictSideView, ...] = ()

    @property
    def value_text(self) -> str:
        """A preview field's old and new as one text, the same in the row and its details."""
        if self.old == self.new:
            return self.old
        if self.is_dimmed:
            return f"{self.old} (not {self.new})"
        return self.new if self.old == UNSET_LABEL else f"{self.old} → {self.new}"


@dataclass(frozen=True)
class PlanRowView:
    """A preview's row; `address` is the second line, `query` opens the customer's sheet.

    `predicted_value_text` is empty where Sailthru predicts nothing.
    """

    row_number: int
    name: str
    address: str
    query: str
    fate: str
    tone: str
    is_write: bool
    is_ticked: bool
    is_parked: bool
    reason: str
    field_changes: tuple[FieldChangeView, ...]
    predicted_value_text: str = ""

    @property
    def first_conflict(self) -> FieldChangeView | None:
        """The preview row's first field that somebody has to pick a side for."""
        return next((line for line in self.field_changes if line.sides), None)

    @property
    def accessible_text(self) -> str:
        """The preview's row as a sentence, for screen readers."""
        parts = [self.name, self.fate]
        parts += [f"{line.name}: {line.old} to {line.new}" for line in self.field_changes]
        if self.reason:
            parts.append(self.reason)
        return ". ".join(part for part in parts if part)


@dataclass(frozen=True)
class MatchView:
    """A record that a preview's row may be matched with: its id, and facts as (label, value)."""

    record_id: str
    title: str
    facts: tuple[tuple[str, str], ...]
    button: str


@dataclass(frozen=True)
class PlanRowDetail:
    """The details of a preview's row, with what may be decided about it."""

    row_view: PlanRowView
    facts: tuple[tuple[str, str, str], ...]  # label, value, tool tip
    corrections: tuple[tuple[str, str], ...]  # field, its present value
    consequences: tuple[str, ...]
    can_decide: bool
    source_id: str
    can_retry: bool
    can_leave_out: bool = False
    is_of_product: bool = False
    can_include_again: bool = False
    matches: tuple[MatchView, ...] = ()


def build_plan_row_view(
    row: PlanRow,
    sync: Sync,
    now: float,
    people: Mapping[int, str],
    unit: str = "",
    *,
    is_over: bool = False,
) -> PlanRowView:
    """Build a row of the preview's table; `people` are names of Zendesk users by id.

    `unit`: what predictions of this account are in, a currency or `pageviews`. `is_over`: a run
    took the preview and has ended or stopped.
    """
    # Zendesk knows people by name; a Sailthru profile has its address.
    name = people.get(_zendesk_user_id(row, sync) or 0, "") or row.name or row.label
    address = row.address or row.label
    fate, tone = FATE_LABELS[row.fate], FATE_TONES[row.fate]
    # Once a run has the plan, the row's own end tells more than what was planned.
    if row.fate.is_written:
        labels = (_ROW_STATE_LABELS | _LABELS_AFTER_RUN) if is_over else _ROW_STATE_LABELS
        was_left_out = is_over and not row.ticked and row.state is PlanRowState.PLANNED
        state = PlanRowState.UNTICKED if was_left_out else row.state
        fate, tone = labels.get(state, (fate, tone))
    worth = _predicted_value_text(row.worth, unit) if row.worth is not None else ""
    below = address if address != name else _second_line(row, sync)
    return PlanRowView(
        row_number=row.row,
        name=name,
        address=below,
        query=customer_query_for_row(row, sync),
        fate=fate,
        tone=tone,
        is_write=row.fate.is_written,
        is_ticked=row.ticked and row.fate.is_written,
        is_parked=row.fate.is_parked,
        reason=row.detail if row.state in _STATES_WITH_DETAIL and row.detail else _row_reason(row),
        field_changes=_sort_field_changes(
            tuple(_build_field_change(change, row, sync, now) for change in row.changes)
        ),
        predicted_value_text=worth,
    )


def build_plan_row_detail(
    view: PlanRowView,
    row: PlanRow,
    sync: Sync,
    now: float,
    *,
    may: bool,
    candidates: Sequence[SellPerson] = (),
) -> PlanRowDetail:
    """Build the details of a preview's row; `may`: the person at work may decide about it.

    `candidates`: the records of Zendesk Sell that share the row's address.
    """
    facts: list[tuple[str, str, str]] = []
    source, target = sync.source.kind.service.title, sync.target_service.title
    for place, at in ((source, row.source_at), (target, row.target_at)):
        if at is not None:
            words = f"changed {time_format.format_date_and_time(at, now)}"
            facts.append((place, words, time_format.format_full_timestamp(at)))
    if view.predicted_value_text:
        facts.append(("Predicted", view.predicted_value_text, ""))
    if row.evidence:
        facts.append(("Consent", row.evidence, ""))
    if row.target_id:
        facts.append((f"{target} id", row.target_id, ""))
    facts.append((f"{source} id", row.source_id, ""))
    corrections: tuple[tuple[str, str], ...] = ()
    if row.fate is PlannedOutcome.CORRECTION:
        corrections = _correctable_fields(row, sync)
    consequences = tuple(kind.label.format(name=name) for kind, name in row.consequences)
    return PlanRowDetail(
        row_view=view,
        facts=tuple(facts),
        corrections=corrections,
        consequences=consequences,
        can_decide=may,
        source_id=row.source_id,
        can_retry=row.state in (PlanRowState.PARKED, PlanRowState.FAILED) and row.fate.is_written,
        can_leave_out=may and (row.fate.is_written or row.fate.is_parked),
        is_of_product=sync.is_of_products,
        can_include_again=may and row.cause == LEFT_OUT_CAUSE,
        matches=_build_matches(row, candidates, now) if may else (),
    )


def customer_query_for_row(row: PlanRow, sync: Sync) -> str:
    """Format the query by which the search field finds the customer of a preview's row."""
    address = row.address or row.label
    if is_email(address):
        return address
    user_id = _zendesk_user_id(row, sync)
    if user_id is not None:
        return record_query(Service.ZENDESK, str(user_id))
    sid = row.target_id if sync.target_service is Service.SAILTHRU else row.source_id
    return record_query(Service.SAILTHRU, sid) if sid else row.label


def zendesk_user_ids(rows: tuple[PlanRow, ...], sync: Sync) -> tuple[int, ...]:
    """Return the ids of the Zendesk users that a preview's rows are about."""
    found = (_zendesk_user_id(row, sync) for row in rows)
    return tuple(person for person in found if person is not None)


def _zendesk_user_id(row: PlanRow, sync: Sync) -> int | None:
    # Zendesk's ids are 64-bit integers: below 19 digits all fit SQLite's too.
    text = row.source_id if sync.source.kind.service is Service.ZENDESK else row.target_id
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _predicted_value_text(worth: float, unit: str) -> str:
    return f"{worth:,.0f} page views" if unit == "pageviews" else format_amount(worth, unit)


def _second_line(row: PlanRow, sync: Sync) -> str:
    person = _zendesk_user_id(row, sync)
    return f"Zendesk {person}" if person is not None else ""


def _row_reason(row: PlanRow) -> str:
    if row.fate is PlannedOutcome.CREATE and row.evidence:
        return f"consent: {row.evidence}" if "none needed" not in row.evidence else ""
    return (
        row.why
        if row.fate not in (PlannedOutcome.CREATE, PlannedOutcome.UPDATE, PlannedOutcome.CONFLICT)
        else ""
    )


def _build_field_change(
    change: FieldChange, row: PlanRow, sync: Sync, now: float
) -> FieldChangeView:
    sides: tuple[ConflictSideView, ...] = ()
    if change.conflict and not change.choice:
        sides = _build_conflict_sides(change, row, sync, now)
    reason = change.reason
    if change.choice:
        reason = f"{Service(change.choice).title} picked"
    name, old, new = _field_change_texts(change)
    return FieldChangeView(
        field=change.field,
        name=name,
        old=old,
        new=new,
        reason=reason,
        is_dimmed=not change.applies or not change.ticked,
        is_ticked=change.ticked,
        can_tick=change.applies and row.fate.is_written,
        sides=sides,
    )


def _field_change_texts(change: FieldChange) -> tuple[str, str, str]:
    """Return name, old and new of a preview's field; a list or tag stands for its value."""
    kind, dot, name = change.field.partition(".")
    if dot and kind in ("lists", "tags"):
        said = "List" if kind == "lists" else "Tag"
        return (said, UNSET_LABEL, name) if change.new else (said, name, "removed")
    old, new = readable_value(change.old, change.field), readable_value(change.new, change.field)
    return field_title(change.field), old, new


def _build_conflict_sides(
    change: FieldChange, row: PlanRow, sync: Sync, now: float
) -> tuple[ConflictSideView, ...]:
    source = (readable_value(change.new, change.field), row.source_at)
    target = (readable_value(change.old, change.field), row.target_at)
    pairs = {sync.source.kind.service.value: source, sync.target_service.value: target}
    # Sailthru stands second, whichever way the sync goes.
    ordered = sorted(pairs.items(), key=lambda pair: pair[0] == Service.SAILTHRU.value)
    return tuple(
        ConflictSideView(
            side, _side_text(Service(side).title, value, at, now), change.choice == side
        )
        for side, (value, at) in ordered
    )


def _side_text(place: str, value: str, at: float | None, now: float) -> str:
    when = f", {time_format.format_time_or_date(at, now)}" if at is not None else ""
    return f"{place} {value[:60]}{when}"


def _sort_field_changes(lines: tuple[FieldChangeView, ...]) -> tuple[FieldChangeView, ...]:
    """Order a preview row's fields: conflicts to decide, then written, then kept."""
    return tuple(sorted(lines, key=lambda line: (not line.sides, line.is_dimmed)))


def _correctable_fields(row: PlanRow, sync: Sync) -> tuple[tuple[str, str], ...]:
    """Return a preview row's fields that may be corrected, with their values.

    What is missing in Sell comes first, by the source's own names of it; else the address.
    """
    known = {format_field_name(c.field): format_value(c.new, c.field) for c in row.changes}
    known["email"] = row.address
    wanted = _SELL_FIELDS_BY_CAUSE.get(row.cause, ())
    if row.why.startswith("no first name"):
        wanted = tuple(reversed(wanted))
    sources = {mapped.target: mapped.source for mapped in sync.mapping if mapped.on}
    is_sell = sync.source.kind.service is Service.SELL
    missing = (field if is_sell else sources.get(field, "") for field in wanted)
    fields = dict.fromkeys((*filter(None, missing), *CORRECTABLE_FIELDS))
    return tuple((field, known.get(field, "")) for field in fields)


_SELL_FIELDS_BY_CAUSE: Mapping[str, tuple[str, ...]] = {
    NAME_CAUSE: ("last_name", "first_name"),
    STATUS_CAUSE: ("customer_status", "prospect_status"),
    ADDRESS_CAUSE: tuple(f"billing_address.{key}" for key in ("line1", "city", "country")),
}


def _build_matches(
    row: PlanRow, candidates: Sequence[SellPerson], now: float
) -> tuple[MatchView, ...]:
    if row.cause == UNMATCHED_DELETION_CAUSE and row.target_id:
        facts = (("Profile", row.target_id), ("E-mail address", row.label))
        return (MatchView(row.target_id, row.label, facts, "It was theirs"),)
    return tuple(
        MatchView(one.record_id, one.label, _candidate_facts(one, now), "Choose")
        for one in candidates
    )


def _candidate_facts(person: SellPerson, now: float) -> tuple[tuple[str, str], ...]:
    status = (
        f"customer {person.customer_status}, prospect {person.prospect_status}"
        if isinstance(person, SellContact)
        else str(getattr(person, "status", ""))
    )
    at = person.updated_at
    facts = (
        ("Name", person.full_name),
        ("Status", status),
        ("Phone", person.phone or person.mobile or ""),
        ("Title", person.title or ""),
        ("Tags", ", ".join(person.tags)),
        ("Changed", time_format.format_date_and_time(at, now) if at is not None else ""),
    )
    return tuple((name, value or UNSET_LABEL) for name, value in facts)
