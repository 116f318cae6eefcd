"""The filter over a plan's rows, and its SQL condition."""

from dataclasses import dataclass
from enum import Enum

from desktop.kit.text import fold_text
from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanRowState
from desktop.store.plan_row_table import parse_plan_id, to_json


class PlanRowOrder(Enum):
    """The order of a plan's rows; FOUND is the source's own. The value is a word for files."""

    FOUND = "found"
    NAME = "name"
    NAME_DOWN = "name_down"
    OUTCOME = "outcome"
    OUTCOME_DOWN = "outcome_down"
    WORTH = "worth"


# Of plans made before names were kept only the address is known.
NAME_TO_SORT_BY = "CASE name_folded WHEN '' THEN lower(label) ELSE name_folded END"
_FATE = (
    "CASE fate WHEN 'conflict' THEN 0 WHEN 'correction' THEN 1 WHEN 'create' THEN 2"
    " WHEN 'update' THEN 3 WHEN 'skipped' THEN 4 ELSE 5 END"
)
ORDER_BY = {
    PlanRowOrder.FOUND: "row",
    PlanRowOrder.NAME: f"{NAME_TO_SORT_BY}, row",
    PlanRowOrder.NAME_DOWN: f"{NAME_TO_SORT_BY} DESC, row",
    PlanRowOrder.OUTCOME: f"{_FATE}, row",
    PlanRowOrder.OUTCOME_DOWN: f"{_FATE} DESC, row",
    # Last those of whom nothing is predicted.
    PlanRowOrder.WORTH: "worth IS NULL, worth DESC, row",
}


@dataclass(frozen=True)
class PlanRowFilter:
    """A filter over the table `plan_row`; empty: all that would change or need a person."""

    fates: tuple[PlannedOutcome, ...] = ()
    consequence: Consequence | None = None
    name: str | None = None
    search_text: str = ""
    states: tuple[PlanRowState, ...] = ()
    cause: str = ""


def build_where_clause(plan_id: str, chosen: PlanRowFilter) -> tuple[str, tuple[object, ...]]:
    """Build the WHERE clause of a plan row filter and its parameters. Raises InvalidInput."""
    parts, values = ["plan = ?"], [parse_plan_id(plan_id)]
    more: list[object] = []
    if chosen.fates:
        parts.append("fate IN (SELECT value FROM json_each(?))")
        more.append(to_json([fate.value for fate in chosen.fates]))
    if chosen.states:
        parts.append("state IN (SELECT value FROM json_each(?))")
        more.append(to_json([state.value for state in chosen.states]))
    if chosen.cause:
        parts.append("cause = ?")
        more.append(chosen.cause)
    if chosen.consequence is not None:
        parts.append(
            "row IN (SELECT n.row FROM plan_consequence n WHERE n.plan = ? AND n.consequence = ?"
            " AND (? IS NULL OR n.name = ?))"
        )
        more += [parse_plan_id(plan_id), chosen.consequence.value, chosen.name, chosen.name]
    if chosen.search_text:
        parts.append(
            "(instr(name_folded, ?) OR instr(lower(label), ?) OR instr(lower(address), ?)"
            " OR instr(source, ?))"
        )
        more += [fold_text(chosen.search_text), *[chosen.search_text.lower()] * 3]
    return " AND ".join(parts), (*values, *more)
