"""`fairlead data fields`: every field of both services, its coverage, who writes it, its tags."""

import argparse

from desktop.app.cli_output import emit
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.kit.clock import iso_timestamp
from desktop.model.field_facts import FieldFacts
from desktop.model.json_value import Json


@in_workspace()
async def run_fields(services: WorkspaceServices, options: argparse.Namespace) -> int:
    """List the fields that hold the words of the command line."""
    fields = await services.fields.list_fields(" ".join(options.words))
    lines = [line for field in fields for line in _lines(field)]
    return emit(
        {"fields": [_document(field) for field in fields]},
        lines or ["No field holds these words."],
        as_json=options.json,
    )


def _lines(field: FieldFacts) -> tuple[str, ...]:
    coverage = field.coverage
    filled = "not read"
    if coverage is not None:
        filled = f"{coverage.filled:,} of {coverage.total:,} ({coverage.percent} %)"
    details = [
        f"e.g. {', '.join(coverage.samples)}" if coverage and coverage.samples else "",
        f"written by {', '.join(one.text for one in field.writers)}" if field.writers else "",
        f"last {iso_timestamp(field.last_change_at)}" if field.last_change_at else "",
        " ".join(tag for tag in (field.sailthru_tag, field.liquid_tag) if tag),
    ]
    head = f"{field.owner.value:<22} {field.name:<32} {field.type:<12} {filled}"
    return (head, *(f"     {detail}" for detail in details if detail))


def _document(field: FieldFacts) -> Json:
    coverage = field.coverage
    return {
        "of": field.owner.name.lower(),
        "service": field.owner.service.value,
        "field": field.name,
        "title": field.title,
        "type": field.type,
        "filled": coverage.filled if coverage else None,
        "records": coverage.total if coverage else None,
        "samples": list(coverage.samples) if coverage else [],
        "writers": [
            {"kind": one.kind.value, "name": one.name, "at": one.at} for one in field.writers
        ],
        "last_change_at": field.last_change_at,
        "tag_sailthru": field.sailthru_tag or None,
        "tag_liquid": field.liquid_tag or None,
    }
