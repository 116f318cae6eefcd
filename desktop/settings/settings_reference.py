"""Writes the reference of all settings as Markdown, from the settings table."""

import json
from itertools import groupby
from typing import Any

from desktop.settings.setting_definition import Setting, SettingKind
from desktop.settings.settings_table import ALL_SETTINGS


def settings_markdown() -> str:
    """Return the settings in Markdown, a table per section: key, meaning, values, default."""
    parts = []
    for section, rows in groupby(ALL_SETTINGS, key=lambda row: row.section):
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
    default = json.dumps(row.serialize(row.default), ensure_ascii=False)
    marks = "".join(
        f" *{word}*"
        for word, on in (("admin", row.is_admin_only), ("next start", row.needs_restart))
        if on
    )
    if row.permission is not None:
        marks += f" *needs the right to {row.permission.label}*"
    words = f"**{row.label}.** {row.help}{marks}".replace("|", "\\|")
    return f"| `{row.key}` | {words} | {_values(row)} | `{default}` |"


def _values(row: Setting[Any]) -> str:
    if row.kind is SettingKind.FLAG:
        return "true, false"
    if row.kind is SettingKind.NUMBER:
        return f"{row.minimum}–{row.maximum}"
    return ", ".join(row.choices) if row.choices else row.kind.value
