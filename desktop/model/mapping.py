"""What a mapping row makes of one field: what is written, what is kept, and why. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from desktop.model.edit import Service
from desktop.model.instant import FieldValue
from desktop.model.json_value import Json


class Operator(Enum):
    """How a value meets the one that is there."""

    SET = "set"
    SET_IF_EMPTY = "set_if_empty"
    ADD = "add"
    SUM = "sum"


class SourceType(Enum):
    """Where a row's value comes from (S2-44 to S2-50)."""

    FIELD = "field"
    IDENTIFIER = "identifier"
    LISTS = "lists"
    STAGES = "stages"
    SEEN = "seen"
    OPTOUT = "optout"
    TEXT = "text"


class Prefer(Enum):
    """Whose value stands where both sides have one of their own."""

    ASK = "ask"
    SOURCE = "source"
    TARGET = "target"


class Protection(Enum):
    """What a sync may do to the target field at all (S1-11)."""

    OPEN = "open"
    IF_EMPTY = "if_empty"
    NEVER = "never"


class Absent(Enum):
    """A value that is not there, which is neither null nor ""."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True)
class MappingRow:
    """One row. `source` is a field of the source record, the constant for TEXT, and for LISTS
    and STAGES the names that count, separated by commas (empty: all)."""

    source: str
    target: str
    operator: Operator = Operator.SET
    type: SourceType = SourceType.FIELD
    keep_decimals: bool = False
    prefer: Prefer = Prefer.SOURCE
    protection: Protection = Protection.OPEN
    on: bool = True


@dataclass(frozen=True)
class FieldResult:
    """What one row does to one record; becomes `plan.FieldChange`.

    `reason` is empty where there is nothing to explain. `known` is the last value both had.
    """

    field: str
    old: Json
    new: Json
    applies: bool
    reason: str
    conflict: bool = False
    known: Json = None


Convert = Callable[[FieldValue, MappingRow], Json]


def apply_row(
    row: MappingRow,
    source: Mapping[str, FieldValue],
    target: Mapping[str, FieldValue],
    *,
    convert: Convert,
    known: Json | Absent = ABSENT,
    service: Service | None = None,
) -> FieldResult | None:
    """What `row` makes of the target field; None: the source says nothing, so nothing is done."""
    raise NotImplementedError


def validate(rows: Sequence[MappingRow], target: Service) -> tuple[str, ...]:
    """What is wrong with a mapping, a sentence each; empty: nothing."""
    raise NotImplementedError
