"""Prints runs and plans for `fairlead sync`: their JSON rows, text lines, totals and exit codes."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from desktop.app.cli_output import EXIT_CODES, ExitCode, emit
from desktop.kit.shell_quoting import pasteable
from desktop.model.json_value import Json
from desktop.model.sync_plan import Plan, PlannedOutcome, PlanRow
from desktop.model.sync_run import RUN_OUTCOMES, Run, RunState
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.field_labels import format_value
from desktop.sync.plan_limit_check import find_limit_breaches

# Rows that change nothing are counted, and listed only where they are asked for.
_LISTED_OUTCOMES = (
    PlannedOutcome.CREATE,
    PlannedOutcome.UPDATE,
    PlannedOutcome.CORRECTION,
    PlannedOutcome.CONFLICT,
)


def format_left_off(count: int, shown: int) -> tuple[str, ...]:
    """Say how many of a plan's or run's `count` rows are not printed below the `shown` ones."""
    if count <= shown:
        return ()
    return (f"        … and {count - shown:,} more: --rows {count} shows them all.",)


def format_totals(totals: Mapping[str, Json], names: Iterable[str] = RUN_OUTCOMES) -> str:
    """Format totals for `fairlead sync` as “2 created, 0 updated, …” in the order of `names`."""
    return ", ".join(f"{totals.get(name, 0)} {name}" for name in names)


def emit_run(run: Run, *, unused_preview: str = "", as_json: bool) -> int:
    """Print how `fairlead sync run` ended, and return its exit code.

    `unused_preview` is the id of a preview that was open: its ticks and picks did not count.
    """
    totals = format_totals(run.totals)
    lines = [f"Run {run.id} of {run.sync}: {run.state.value}. {totals}."]
    if run.error:
        lines.append(run.error)
    if unused_preview:
        command = pasteable("sync", "run", run.sync, "--plan", unused_preview)
        lines.append(
            f"The open preview was not used, nor its ticks and picks: {command} writes exactly"
            " what it shows."
        )
    document: dict[str, Json] = {**run.as_json(), "unused_preview": unused_preview or None}
    return emit(document, lines, as_json=as_json, exit_code=run_exit_code(run))


# Refused in the middle of a run: scripts know such a run as failed, though the same refusal of a
# command is wrong usage or needs a person.
_REFUSED_MIDWAY = frozenset({"bad_input", "unfit", "not_permitted", "rejected"})


def run_exit_code(run: Run) -> int:
    """Return the exit code of a run: of its error, else of its failed or parked rows."""
    if run.state is RunState.DONE:
        if run.totals.get("failed"):
            return ExitCode.FAILED
        return ExitCode.NEEDS_PERSON if run.totals.get("parked") else ExitCode.DONE
    if run.state is RunState.FAILED:
        if run.error_code in _REFUSED_MIDWAY:
            return ExitCode.FAILED
        return EXIT_CODES.get(run.error_code, ExitCode.FAILED)
    return ExitCode.NEEDS_PERSON


async def emit_plan(
    plan: Plan,
    store: WorkspaceStore,
    now: float,
    *,
    row_count: int,
    with_skipped: bool = False,
    as_json: bool,
    confirmed_over: int | None = None,
    more: Mapping[str, Json] = MappingProxyType({}),
    more_lines: Iterable[str] = (),
) -> int:
    """Print a plan for `fairlead sync`: consequences, limits it breaks, first rows; return 0.

    `with_skipped` also lists skipped rows with their reasons. `confirmed_over`: the number of
    people over which the workspace's kind asks once more. `more` goes into the JSON document,
    `more_lines` behind the text.
    """
    skipped = (PlannedOutcome.SKIPPED,) if with_skipped else ()
    listed = PlanRowFilter(fates=(*_LISTED_OUTCOMES, *skipped))
    rows = await store.plans.list_rows(plan.id, listed, limit=row_count)
    document: dict[str, Json] = {
        **plan.as_json(),
        **more,
        "ticked": await store.plans.count_ticked(plan.id),
        "rows": [plan_row_to_json(row) for row in rows],
    }
    totals = format_totals(plan.totals, plan.totals)
    lines = [f"Plan {plan.id} of {plan.sync}: {totals}. Nothing was written."]
    if plan.target_reading is not None:
        lines.append(f"  {plan.target_reading.sentence}")
    for noticed in plan.consequence_counts:
        label = noticed.consequence.label.format(name=noticed.name)
        lines.append(f"  {noticed.people:,} {label}")
    sync = await store.plans.get_planned_sync(plan.id)
    breaches = await store.run(find_limit_breaches, store, sync, plan, now, confirmed_over)
    lines += [f"  {breach.message}" for breach in breaches]
    for row in rows:
        lines += _plan_row_lines(row)
    lines += format_left_off(await store.plans.count_rows(plan.id, listed), row_count)
    return emit(document, [*lines, *more_lines], as_json=as_json)


def _plan_row_lines(row: PlanRow) -> list[str]:
    lines = [f"{row.row:>6}  {row.fate.value:<10} {row.label}  {row.why}"]
    for change in row.changes:
        mark = " " if change.applies and change.ticked else "·"
        old, new = (format_value(value, change.field) for value in (change.old, change.new))
        lines.append(f"        {mark} {change.field}: {old} → {new}  {change.reason}")
    return lines


def plan_row_to_json(row: PlanRow) -> dict[str, Json]:
    """Build a plan row's JSON, as `fairlead sync plan`, `show` and `resolve` print it."""
    return {
        "row": row.row,
        "fate": row.fate.value,
        "source": row.source_id,
        "target": row.target_id or None,
        "customer": row.label,
        "why": row.why,
        "evidence": row.evidence,
        "ticked": row.ticked,
        "state": row.state.value,
        "detail": row.detail,
        "changes": [
            {
                "field": c.field,
                "old": c.old,
                "new": c.new,
                "applies": c.applies and c.ticked,
                "reason": c.reason,
                "conflict": c.conflict and not c.choice,
            }
            for c in row.changes
        ],
        "consequences": [{"kind": k.value, "name": name} for k, name in row.consequences],
    }
