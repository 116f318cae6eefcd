"""`fairlead data retention` and `fairlead data purge`: how long activity is kept, and what goes."""

import argparse
from collections.abc import Iterator, Mapping, Sequence

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.json_lines_printer import JsonLinesPrinter
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import require_admin
from desktop.app.container import WorkspaceServices
from desktop.audience.retention_service import OnPurged, RetentionRow
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_count
from desktop.model.json_value import Json
from desktop.model.retention import ActivityType, RetentionDays, RetentionImpact, describe_days
from desktop.model.retention_text import describe_impact
from desktop.settings import settings_table


@in_workspace()
async def run_retention(services: WorkspaceServices, options: argparse.Namespace) -> int:
    """Show for how long activity is kept, or what a change does; `--confirm ROWS` makes it."""
    if not options.words:
        rows = await services.retention.list_rows()
        return emit(
            {"retention": [_row_document(row) for row in rows]},
            list(_row_lines(rows)),
            as_json=options.json,
        )
    require_admin(services, "decide how long activity is kept")
    impact = await services.retention.find_impact(_parse_days(options.words))
    document: dict[str, Json] = {"impact": _impact_document(impact), "confirmed": False}
    lines = list(describe_impact(impact))
    if options.confirm is None:
        lines.append(f"Nothing was changed. To do it: add --confirm {impact.total_rows}.")
        return emit(document, lines, as_json=options.json, exit_code=ExitCode.NEEDS_PERSON)
    if options.confirm.replace(",", "") != str(impact.total_rows):
        raise InvalidInput(
            f"“{options.confirm[:40]}” is not the number of rows that would be dropped.",
            "Nothing was changed.",
            f"{format_count(impact.total_rows, 'row', 'rows')} would be: --confirm"
            f" {impact.total_rows}.",
        )
    await services.retention.confirm(impact)
    purged = await services.retention.purge(on_piece=_progress(options))
    document |= {"confirmed": True, "purged": _purged_document(purged)}
    return emit(document, [*lines, _purged_line(purged)], as_json=options.json)


@in_workspace()
async def run_purge(services: WorkspaceServices, options: argparse.Namespace) -> int:
    """Delete what is older than an admin has confirmed; goes on where one was cut short."""
    require_admin(services, "purge activity")
    purged = await services.retention.purge(on_piece=_progress(options))
    return emit({"purged": _purged_document(purged)}, [_purged_line(purged)], as_json=options.json)


def _progress(options: argparse.Namespace) -> OnPurged:
    printer = JsonLinesPrinter() if options.progress else None

    def show(purged: Mapping[ActivityType, int]) -> None:
        if printer is not None:
            printer.print_line({"purged": _purged_document(purged)})

    return show


def _parse_days(words: Sequence[str]) -> RetentionDays:
    known = {one.value: one for one in ActivityType}
    found: dict[ActivityType, int] = {}
    for word in words:
        name, _, days = word.partition("=")
        if name not in known:
            raise InvalidInput(
                f"“{word[:40]}” is no type of activity with its days.",
                "Nothing was changed.",
                f"Give them as TYPE=DAYS; there are: {', '.join(known)}. 0 days: without limit.",
            )
        setting = settings_table.RETENTION_DAYS[known[name]]
        found[known[name]] = setting.parse(int(days) if days.isdecimal() else days)
    return found


def _row_document(row: RetentionRow) -> dict[str, Json]:
    mark = row.mark
    return {
        "type": row.type.value,
        "days": row.days,
        "confirmed_days": None if mark is None else mark.days,
        "confirmed_by": None if mark is None else mark.confirmed_by,
        "confirmed_at": None if mark is None else mark.confirmed_at,
        "complete_from": None if mark is None else mark.complete_from,
        "purged_before": None if mark is None else mark.purged_before,
        "rows": row.rows,
        "oldest_at": row.oldest_at,
        "expired": row.expired,
        "waiting": row.waiting,
    }


def _row_lines(rows: Sequence[RetentionRow]) -> Iterator[str]:
    for row in rows:
        oldest = f", the oldest of {iso_timestamp(row.oldest_at)[:10]}" if row.oldest_at else ""
        yield (
            f"{row.type.label}: kept {describe_days(row.days)}."
            f" {format_count(row.rows, *row.type.kept_noun)}{oldest}."
        )
        if row.expired:
            yield f"  {format_count(row.expired, 'row', 'rows')} older: `fairlead data purge`."
        if row.waiting:
            yield (
                f"  {format_count(row.waiting, 'row', 'rows')} older, and nobody has confirmed that"
                f" they go: `fairlead data retention {row.type.value}={row.days}`."
            )


def _impact_document(impact: RetentionImpact) -> dict[str, Json]:
    return {
        "days": {one.value: days for one, days in impact.days.items()},
        "before": {one.value: days for one, days in impact.before.items()},
        "rows": {one.value: rows for one, rows in impact.rows.items()},
        "total_rows": impact.total_rows,
        "people": impact.people,
        "segments": [
            {"name": one.name, "leaving": one.leaving, "entering": one.entering}
            for one in impact.segments
        ],
        "lists": sorted({name for one in impact.syncs for name in one.lists}),
        "vars": sorted({name for one in impact.syncs for name in one.vars}),
        "syncs": [
            {"sync": one.title, "segment": one.segment, "on": one.is_on} for one in impact.syncs
        ],
    }


def _purged_document(purged: Mapping[ActivityType, int]) -> dict[str, Json]:
    return {one.value: rows for one, rows in purged.items()}


def _purged_line(purged: Mapping[ActivityType, int]) -> str:
    parts = [format_count(rows, *one.noun) for one, rows in purged.items() if rows]
    if not parts:
        return "Nothing is older than it is kept."
    return f"Dropped from this computer: {', '.join(parts)}. Zendesk keeps them."
