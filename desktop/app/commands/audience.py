"""`fairlead audience`: people of the data workspace by conditions, saved segments, export."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.audience.audience_service import PAGE_ROWS
from desktop.audience.condition_parser import format_expression, parse_expression
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_count
from desktop.model.audience_condition import (
    AUDIENCE_FIELDS,
    CUSTOM_PREFIX,
    AudienceCondition,
    AudienceGroup,
    join_all,
)
from desktop.model.audience_person import (
    DEFAULT_COLUMNS,
    AudienceColumn,
    AudienceOrder,
    AudiencePerson,
    ConditionCount,
    PeopleColumn,
    parse_people_column,
)
from desktop.model.json_value import Json
from desktop.viewmodels.audience.person_text import cell_text, people_format, person_document
from desktop.viewmodels.file_export import FileFormat, export_pages

_DEFAULT_LIMIT = 50
_FILE_OPTIONS = {
    "csv": (FileFormat.CSV, "as a table"),
    "xlsx": (FileFormat.XLSX, "as an Excel workbook"),
    "jsonl": (FileFormat.JSON_LINES, "as a JSON object a line"),
}
_SEGMENT_ACTIONS = ("save", "list", "remove")
_COLUMN_NAMES = ", ".join(column.value for column in AudienceColumn)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="segment save|list|remove [NAME]",
        help="save the conditions under a name, list the saved segments, or remove one",
    )
    parser.add_argument(
        "--where",
        metavar="EXPR",
        action="append",
        default=[],
        help="conditions, as in 'open_tickets >= 1 and tag is not staff'; several all have to"
        f" hold. Fields: {', '.join(AUDIENCE_FIELDS)}, field.KEY",
    )
    parser.add_argument("--segment", metavar="NAME", help="the conditions of a saved segment too")
    parser.add_argument("--columns", metavar="A,B", help=f"the columns to show, of {_COLUMN_NAMES}")
    parser.add_argument(
        "--sort",
        metavar="COLUMN",
        default="",
        help="sort by a column, COLUMN:desc for the largest first; by default the newest ticket",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=int,
        default=_DEFAULT_LIMIT,
        help=f"at most so many people; more than {PAGE_ROWS} are an export: a right of its own",
    )
    for name, kind in _FILE_OPTIONS.items():
        parser.add_argument(
            f"--{name}",
            metavar="FILE",
            help=f"write everybody who matches to a file, {kind[1]}; a right of its own",
        )


@in_workspace()
async def _run(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if services.session.connection_error is not None:
        raise services.session.connection_error
    services.audience.require_view()
    if options.words:
        return await _work_on_segments(services, options)
    group, notes = await _read_conditions(services, options)
    order, columns = _parse_order(options.sort), _parse_columns(options.columns)
    for name, (file_format, _) in _FILE_OPTIONS.items():
        if file := getattr(options, name):
            return await _export(services, options, group, order, columns, Path(file), file_format)
    if options.limit < 0:
        raise InvalidInput("--limit is below zero.", "Nobody was looked up.", "Name a number.")
    audience = services.audience
    coverage = await audience.read_coverage()
    total = await audience.count(group)
    if min(options.limit, total) > PAGE_ROWS:
        # As good as a file: the same right, and the same entry in the record of changes.
        await audience.note_export(group, min(options.limit, total), [c.value for c in columns])
    people: list[AudiencePerson] = []
    async for page in audience.iter_people(group, order, options.limit):
        people += page
    counts = [(one, await audience.count_condition(one)) for one in group.conditions()]
    now = services.context.clock.now()
    return emit(
        {
            "total": total,
            "rows": [person_document(person, columns) for person in people],
            "conditions": [_condition_document(*one) for one in counts],
            "where": format_expression(group),
            "notes": list(notes),
            "coverage": {
                "people": coverage.people,
                "zendesk_users": coverage.zendesk_users,
                "profiles_read": coverage.profiles,
                "lists": list(coverage.lists),
                "zendesk_age_s": _age(coverage.zendesk_at, now),
                "sailthru_age_s": _age(coverage.sailthru_at, now),
            },
        },
        [*notes, *_lines(total, people, columns, counts, now)],
        as_json=options.json,
    )


def _age(at: float | None, now: float) -> int | None:
    return None if at is None else round(now - at)


async def _read_conditions(
    services: WorkspaceServices, options: argparse.Namespace
) -> tuple[AudienceGroup, tuple[str, ...]]:
    """Read the conditions of a command; beside them what is to be said of the lists they name."""
    groups = [await services.audience.get_segment(options.segment)] if options.segment else []
    group = join_all([*groups, *map(parse_expression, options.where)])
    return await services.audience.spell_lists(group)


def _parse_columns(text: str | None) -> tuple[PeopleColumn, ...]:
    if text is None:
        return DEFAULT_COLUMNS
    return tuple(_parse_column(name) for name in text.split(",") if name.strip())


def _parse_column(name: str) -> PeopleColumn:
    try:
        return parse_people_column(name.strip())
    except ValueError:
        raise InvalidInput(
            f"There is no column “{name.strip()}”.", "Nobody was listed.",
            f"There are {_COLUMN_NAMES}, and {CUSTOM_PREFIX}KEY of a user field.",
        ) from None  # fmt: skip


def _parse_order(text: str) -> AudienceOrder:
    if not text:
        return AudienceOrder()
    name, _, way = text.partition(":")
    if way not in ("", "asc", "desc"):
        raise InvalidInput(
            f"“{way}” is no way to sort.", "Nobody was listed.", "Write :asc or :desc."
        )
    column = _parse_column(name)
    if not isinstance(column, AudienceColumn) or not column.is_sortable:
        raise InvalidInput(
            f"People can't be sorted by {column.label}.", "Nobody was listed.",
            "Sort by another column, such as name.",
        )  # fmt: skip
    return AudienceOrder(column, is_descending=way == "desc")


def _condition_document(condition: AudienceCondition, count: ConditionCount) -> Json:
    return {
        "where": format_expression(AudienceGroup((condition,))),
        "people": count.people,
        "not_read": count.not_read,
    }


def _lines(
    total: int,
    people: Sequence[AudiencePerson],
    columns: Sequence[PeopleColumn],
    counts: Sequence[tuple[AudienceCondition, ConditionCount]],
    now: float,
) -> Iterator[str]:
    for condition, count in counts:
        where = format_expression(AudienceGroup((condition,)))
        unread = f" ({count.not_read:,} not read)" if count.not_read else ""
        yield f"{where}: {count.people:,}{unread}"
    yield f"{format_count(total, 'person matches', 'people match')}."
    for person in people:
        yield "  " + " | ".join(cell_text(person, column, now) for column in columns)
    if len(people) < total:
        yield f"  … and {total - len(people):,} more (--limit, or --csv FILE for everybody)"


async def _export(
    services: WorkspaceServices,
    options: argparse.Namespace,
    group: AudienceGroup,
    order: AudienceOrder,
    columns: Sequence[PeopleColumn],
    path: Path,
    file_format: FileFormat,
) -> int:
    audience = services.audience
    await audience.read_coverage()
    total = await audience.count(group)
    await audience.note_export(group, total, [column.value for column in columns])
    count = await export_pages(
        path, audience.iter_people(group, order), people_format(columns), file_format=file_format
    )
    return emit(
        {"total": total, "rows": count, "file": str(path)},
        [f"Saved {format_count(count, 'person', 'people')} to {path}."],
        as_json=options.json,
    )


async def _work_on_segments(services: WorkspaceServices, options: argparse.Namespace) -> int:
    audience, words = services.audience, options.words
    action = words[1] if len(words) > 1 else ""
    if words[0] != "segment" or action not in _SEGMENT_ACTIONS:
        raise InvalidInput(
            f"“{' '.join(words)}” is no action of `fairlead audience`.",
            "Nothing was done.",
            "There are: segment save NAME, segment list, segment remove NAME.",
        )
    if action == "list":
        segments = await audience.list_segments()
        return emit(
            {
                "segments": [
                    {
                        "name": one.name,
                        "where": one.expression,
                        "saved_at": one.saved_at,
                        "saved_by": one.saved_by,
                        "used_by": list(one.used_by),
                    }
                    for one in segments
                ]
            },
            [
                f"{one.name}: {one.expression or 'everybody'}"
                f" ({one.saved_by}, {iso_timestamp(one.saved_at)}"
                f"{f'; {one.use_text}' if one.use_text else ''})"
                for one in segments
            ]
            or ["No segment is saved yet."],
            as_json=options.json,
        )
    name = " ".join(words[2:])
    if action == "remove":
        was_there = await audience.remove_segment(name)
        line = f"Removed “{name}”." if was_there else f"There is no segment “{name}”."
        return emit({"removed": was_there}, [line], as_json=options.json)
    group, notes = await _read_conditions(services, options)
    saved = await audience.save_segment(name, group)
    total = await audience.count(group)
    return emit(
        {"segment": saved.name, "where": saved.expression, "total": total, "notes": list(notes)},
        [*notes, f"Saved “{saved.name}”: {format_count(total, 'person', 'people')}."],
        as_json=options.json,
    )


COMMANDS = {"audience": CliCommand(_add_arguments, _run)}
