"""The documentation of the settings, written from the table."""

import json
from itertools import groupby
from typing import Any

from desktop.settings.setting import Kind, Setting
from desktop.settings.table import TABLE


def markdown() -> str:
    """Return a Markdown table per section: key, what it does, values, default."""
    parts = []
    for section, rows in groupby(TABLE, key=lambda row: row.section):
        lines = [
            f"### {section.value}",
            "",
            "| key | what it does | values | default |",
            "| --- | --- | --- | --- |",
            *(_line(row) for row in rows),
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _line(row: Setting[Any]) -> str:
    default = json.dumps(row.dump(row.default), ensure_ascii=False)
    marks = "".join(
        f" *{word}*" for word, on in (("admin", row.admin), ("next start", row.restart)) if on
    )
    words = f"**{row.label}.** {row.help}{marks}".replace("|", "\\|")
    return f"| `{row.key}` | {words} | {_values(row)} | `{default}` |"


def _values(row: Setting[Any]) -> str:
    if row.kind is Kind.FLAG:
        return "true, false"
    if row.kind is Kind.NUMBER:
        return f"{row.least}–{row.most}"
    return ", ".join(row.choices) if row.choices else row.kind.value
