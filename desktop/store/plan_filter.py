"""Which rows of a plan are meant, and how that is said in SQL."""

from dataclasses import dataclass

from desktop.model.plan import Consequence, Fate, RowState
from desktop.store.plan_row import encode, plan_number


@dataclass(frozen=True)
class RowFilter:
    """Which rows of a plan are shown; nothing given: all that would change or need a person."""

    fates: tuple[Fate, ...] = ()
    consequence: Consequence | None = None
    name: str | None = None
    text: str = ""
    states: tuple[RowState, ...] = ()


def where_of(plan_id: str, chosen: RowFilter) -> tuple[str, tuple[object, ...]]:
    """The condition of a WHERE, and its values. Raises BadInput for what is no plan."""
    parts, values = ["plan = ?"], [plan_number(plan_id)]
    more: list[object] = []
    if chosen.fates:
        parts.append("fate IN (SELECT value FROM json_each(?))")
        more.append(encode([fate.value for fate in chosen.fates]))
    if chosen.states:
        parts.append("state IN (SELECT value FROM json_each(?))")
        more.append(encode([state.value for state in chosen.states]))
    if chosen.consequence is not None:
        parts.append(
            "row IN (SELECT n.row FROM plan_noticed n WHERE n.plan = ? AND n.consequence = ?"
            " AND (? IS NULL OR n.name = ?))"
        )
        more += [plan_number(plan_id), chosen.consequence.value, chosen.name, chosen.name]
    if chosen.text:
        parts.append("(instr(lower(label), ?) OR instr(lower(address), ?) OR instr(source, ?))")
        more += [chosen.text.lower()] * 3
    return " AND ".join(parts), (*values, *more)
