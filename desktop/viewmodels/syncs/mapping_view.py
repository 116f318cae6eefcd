"""A mapping as its editor shows it: rows in words, what is wrong, and what they would do."""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.model.conversion import loses_cents
from desktop.model.edit import Service
from desktop.model.goal import Goal, SourceKind
from desktop.model.instant import FieldValue, Instant
from desktop.model.mapping import MappingRow, Operator, Prefer, Protection, SourceType, validate
from desktop.model.plan import FieldChange, PlanRow
from desktop.sync.wording import field_words, value_words
from desktop.viewmodels import moment
from desktop.viewmodels.syncs.words import FATES, PLACES

TYPES = (
    (SourceType.FIELD, "Field"),
    (SourceType.IDENTIFIER, "Identifier"),
    (SourceType.LISTS, "Lists they are on"),
    (SourceType.STAGES, "Stages they are in"),
    (SourceType.SEEN, "Seen tickets"),
    (SourceType.OPTOUT, "Opt-out"),
    (SourceType.TEXT, "Fixed text"),
)
OPERATORS = (
    (Operator.SET, "Set"),
    (Operator.SET_IF_EMPTY, "Set if empty"),
    (Operator.ADD, "Add to the list"),
    (Operator.SUM, "Add to the number"),
)
PREFERS = (
    (Prefer.SOURCE, "the source's value"),
    (Prefer.TARGET, "the target's value"),
    (Prefer.ASK, "ask: a conflict"),
)
PROTECTIONS = (
    (Protection.OPEN, "may be written"),
    (Protection.IF_EMPTY, "only filled when empty"),
    (Protection.NEVER, "never written"),
)
_TYPE_WORDS = dict(TYPES)
_OPERATOR_WORDS = dict(OPERATORS)
_PERSON = (
    "email", "first_name", "last_name", "name", "phone", "external_id", "id", "tags",
    "organization", "time_zone", "locale", "created_at", "updated_at",
)  # fmt: skip
_TICKETS = (
    "last_ticket_id", "last_ticket_status", "last_ticket_priority", "last_ticket_subject",
    "last_ticket_created_time", "ticket_count", "open_ticket_count",
)  # fmt: skip
_PROFILE = (
    "sid", "email", "extid", "engagement", "optout", "lists", "value.segment", "value.amount",
)  # fmt: skip


@dataclass(frozen=True)
class MappingLine:
    """One row in words. `result` is what it would do to the customer that is tried."""

    on: bool
    source: str
    operator: str
    target: str
    result: str
    result_tone: str
    wrong: str


def line_of(row: MappingRow, goal: Goal, tried: "Tried | None") -> MappingLine:
    """One row of the editor."""
    wrong = " ".join(validate((row,), goal.target))
    result, tone = ("", "muted")
    if tried is not None and row.on and not wrong:
        result, tone = tried.result_of(row)
    return MappingLine(
        on=row.on,
        source=source_words(row),
        operator=_OPERATOR_WORDS[row.operator],
        target=field_words(row.target) or "not chosen",
        result=result,
        result_tone=tone,
        wrong=wrong,
    )


def source_words(row: MappingRow) -> str:
    """Where a row's value comes from."""
    if row.type is SourceType.TEXT:
        return f"“{row.source}”"
    if row.type in (SourceType.FIELD, SourceType.IDENTIFIER):
        return field_words(row.source) or "not chosen"
    return _TYPE_WORDS[row.type]


def source_fields(goal: Goal, fields: Mapping[str, FieldValue]) -> tuple[str, ...]:
    """Fields that may be read: the usual ones, and what the customer tried has."""
    usual = _PROFILE if goal.source.kind is SourceKind.SAILTHRU_LISTS else (*_PERSON, *_TICKETS)
    return tuple(dict.fromkeys((*usual, *sorted(fields))))


def target_fields(goal: Goal, there: Mapping[str, FieldValue]) -> tuple[str, ...]:
    """Fields that may be written: what the customer tried has, and the forms of others."""
    if goal.target is Service.SAILTHRU:
        usual: tuple[str, ...] = ("vars.", "lists.", "optout")
    else:
        usual = ("user_fields.", "name", "phone", "external_id", "notes", "details", "tags")
    return tuple(dict.fromkeys((*sorted(there), *usual)))


@dataclass(frozen=True)
class Tried:
    """The customer tried: who, how it would go, and the fields on both sides."""

    name: str
    row: PlanRow
    fields: Mapping[str, FieldValue]
    there: Mapping[str, FieldValue]
    goal: Goal

    @property
    def words(self) -> str:
        """What would become of the customer as a whole."""
        why = f": {self.row.why}" if self.row.why else ""
        return f"{self.name}: {FATES[self.row.fate].lower()}{why}"

    def result_of(self, mapped: MappingRow) -> tuple[str, str]:
        """What one row of the mapping would do, in words, and their tone."""
        change = next((c for c in self.row.changes if c.field == mapped.target), None)
        if change is None:
            value = self.there.get(mapped.target)
            if mapped.source not in self.fields and mapped.type is SourceType.FIELD:
                return "the source says nothing", "muted"
            if value is None:
                return "nothing to write", "muted"
            return f"{_shown(value)}, as it is", "muted"
        return _change_words(change, mapped, self.fields)


def _change_words(
    change: FieldChange, mapped: MappingRow, fields: Mapping[str, FieldValue]
) -> tuple[str, str]:
    old, new = value_words(change.old, change.field), value_words(change.new, change.field)
    if change.conflict:
        return f"conflict: {old} or {new}", "bad"
    if not change.applies:
        return change.reason or f"{old}, kept", "muted"
    cents = loses_cents(fields.get(mapped.source)) and not mapped.keep_decimals
    words = new if change.old is None else f"{old} → {new}"
    if cents:
        return f"{words} (rounded from {_shown(fields.get(mapped.source))})", "warn"
    return words, "text"


def _shown(value: FieldValue) -> str:
    return moment.full_date(value.at) if isinstance(value, Instant) else value_words(value)


def direction_words(goal: Goal) -> tuple[str, str]:
    """The two places, source first."""
    return PLACES[goal.source.kind.service], PLACES[goal.target]
