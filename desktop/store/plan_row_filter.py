"""The filter over a plan's rows, and its SQL condition."""

from dataclasses import dataclass

from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanRowState
from desktop.store.plan_row_table import parse_plan_id, to_json


@dataclass(frozen=True)
class PlanRowFilter:
    """A filter over the table `plan_row`; empty: all that would change or need a person."""

    fates: tuple[PlannedOutcome, ...] = ()
    consequence: Consequence | None = None
    name: str | None = None
    search_text: str = ""
    states: tuple[PlanRowState, ...] = ()


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
    if chosen.consequence is not None:
        parts.append(
            "row IN (SELECT n.row FROM plan_consequence n WHERE n.plan = ? AND n.consequence = ?"
            " AND (? IS NULL OR n.name = ?))"
        )
        more += [parse_plan_id(plan_id), chosen.consequence.value, chosen.name, chosen.name]
    if chosen.search_text:
        parts.append("(instr(lower(label), ?) OR instr(lower(address), ?) OR instr(source, ?))")
        more += [chosen.search_text.lower()] * 3
    return " AND ".join(parts), (*values, *more)
