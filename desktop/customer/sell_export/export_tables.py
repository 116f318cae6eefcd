"""What an export of Zendesk Sell holds, table by table, and how a record becomes a CSV row."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop.model.json_value import Json
from desktop.model.sell_record import SellCustomField

CUSTOM_FIELDS = "custom_fields"
LINKS = "links"


@dataclass(frozen=True)
class SellExportTable:
    """A list of Sell that is exported whole; `fields_of` has custom fields of that resource.

    An optional one may be missing in an account or a plan: that is noted, and the rest goes on.
    """

    name: str
    path: str
    fields_of: str = ""
    is_optional: bool = False


EXPORT_TABLES = (
    SellExportTable("users", "/v2/users"),
    SellExportTable("contacts", "/v2/contacts", fields_of="contact"),
    SellExportTable("leads", "/v2/leads", fields_of="lead"),
    SellExportTable("deals", "/v2/deals", fields_of="deal"),
    SellExportTable("notes", "/v2/notes"),
    SellExportTable("tasks", "/v2/tasks"),
    SellExportTable("tags", "/v2/tags"),
    SellExportTable("products", "/v2/products", is_optional=True),
    SellExportTable("orders", "/v2/orders", is_optional=True),
    SellExportTable("lead_statuses", "/v2/lead_statuses", is_optional=True),
    SellExportTable("lead_sources", "/v2/lead_sources", is_optional=True),
    SellExportTable("deal_sources", "/v2/deal_sources", is_optional=True),
    SellExportTable("loss_reasons", "/v2/loss_reasons", is_optional=True),
    SellExportTable("pipelines", "/v2/pipelines", is_optional=True),
    SellExportTable("stages", "/v2/stages", is_optional=True),
    SellExportTable("text_messages", "/v2/text_messages", is_optional=True),
    SellExportTable("visits", "/v2/visits", is_optional=True),
)
# Said in the manifest, so that nobody takes the export for more than it is.
NOT_INCLUDED = (
    "files and documents attached to records",
    "e-mails that were sent from Sell",
    "call recordings",
    "line items of orders",
    "sequences and their enrollments",
)


def with_fields_by_id(
    record: Mapping[str, Json], fields: Sequence[SellCustomField]
) -> Mapping[str, Json]:
    """Return a Sell record whose custom fields also stand under their ids: names may change."""
    by_name = record.get("custom_fields")
    if not fields or not isinstance(by_name, Mapping):
        return record
    by_id: dict[str, Json] = {
        str(field.id): by_name[field.name] for field in fields if field.name in by_name
    }
    return {**record, "custom_fields_by_id": by_id}


def flatten_record(record: Mapping[str, Json], fields: Sequence[SellCustomField]) -> dict[str, str]:
    """Flatten a Sell record to the cells of a CSV row, by column name.

    An address becomes a column for each part, a custom field one that is named by id and name.
    """
    names = {field.name: f"custom field {field.id}: {field.name}" for field in fields}
    row: dict[str, str] = {}
    for key, value in record.items():
        if key == "custom_fields_by_id":
            continue
        if isinstance(value, Mapping):
            is_custom = key == "custom_fields"
            for name, inner in value.items():
                column = names.get(name, f"custom field: {name}") if is_custom else f"{key}.{name}"
                row[column] = cell_text(inner)
        else:
            row[key] = cell_text(value)
    return row


def cell_text(value: Json) -> str:
    """Return a JSON value as the text of a CSV cell; a list of plain values is joined."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)
