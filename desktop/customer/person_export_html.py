"""Renders everything known of one person as one readable HTML page: tables, nothing loaded."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from desktop.customer.erasure_report import render_page

_MAX_DEPTH = 4
_TITLES = {
    "mirror.db": "This computer: what the services said",
    "fairlead.db": "This computer: what was done",
    "data.db": "This computer: everybody's data",
    "history.db": "This computer: what was over time",
}


def render_person_page(document: Mapping[str, Any]) -> str:
    """Render a person's export, as `PersonExport.document` holds it, as one HTML page."""
    zendesk, sailthru = document["zendesk"], document["sailthru"]
    sections = [
        (
            "About this export",
            [
                ("Made", document["made_at"]),
                ("By", document["made_by"]),
                ("Asked for", document["asked"]),
                *(("Not in it", note) for note in document["notes"]),
            ],
        )
    ]
    sections += [("Zendesk: user", list(_rows_of(user))) for user in zendesk["users"]]
    sections += [
        (
            f"Zendesk: ticket #{ticket.get('id')} {ticket.get('subject') or ''}",
            list(_rows_of(ticket)),
        )
        for ticket in zendesk["tickets"]
    ]
    sections += [("Zendesk: event", list(_rows_of(event))) for event in zendesk["events"]]
    sections += [("Sailthru: profile", list(_rows_of(one))) for one in sailthru["profiles"]]
    for kind, records in (document["sell"] or {}).items():
        sections += [(f"Zendesk Sell: {kind}", list(_rows_of(one))) for one in records]
    for file, tables in document["this_computer"].items():
        for table, rows in tables.items():
            for number, row in enumerate(rows, start=1):
                title = f"{_TITLES.get(file, file)}: {table} {number} of {len(rows)}"
                sections.append((title, list(_rows_of(row))))
    return render_page("Everything known of one person", sections)


def _rows_of(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a record as label and text, those within others by their path."""
    yield from _flatten(record, "")


def _flatten(value: object, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    is_open = bool(value) and depth < _MAX_DEPTH
    if isinstance(value, Mapping) and is_open:
        for name, inner in value.items():
            yield from _flatten(inner, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(value, list | tuple) and is_open:
        for place, inner in enumerate(value, start=1):
            yield from _flatten(inner, f"{path} {place}", depth + 1)
    elif isinstance(value, str):
        yield path, value
    elif value is not None and value not in ({}, []):
        yield path, json.dumps(value, ensure_ascii=False)
