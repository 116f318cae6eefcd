"""One setting as a person edits it: label, help, value in words, and why it may not be changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop.connect.roles import may_change
from desktop.kit.errors import BadInput
from desktop.kit.text import translate
from desktop.model.json_value import Json
from desktop.settings import sync_settings, table
from desktop.settings.setting import Kind, Setting
from desktop.viewmodels.settings_office import SettingsOffice, person

CHOICE_WORDS: Mapping[str, str] = {
    "ecommerce": translate("Settings", "E-commerce: predicted revenue"),
    "publisher": translate("Settings", "Publisher: predicted page views"),
    "oauth": translate("Settings", "In the browser"),
    "token": translate("Settings", "API token"),
    "none": translate("Settings", "Without Zendesk"),
    "system": translate("Settings", "System"),
    "starttls": "STARTTLS",
    "tls": "TLS",
}
# Where one word means another thing for one setting.
_OWN_WORDS: Mapping[tuple[str, str], str] = {
    (sync_settings.MAIL_SECURITY.key, "none"): translate("Settings", "None"),
}


@dataclass(frozen=True)
class FieldView:
    """`why_not` is empty where it may be changed; `error` is the sentence for a refused value.

    `value` is a flag, a number, a choice's key, or text (a table has one entry per line).
    """

    key: str
    kind: Kind
    label: str
    help: str
    value: bool | int | str
    choices: tuple[tuple[str, str], ...] = ()
    least: int = 0
    most: int = 0
    why_not: str = ""
    error: str = ""
    note: str = ""
    changed: bool = False


def field_view(
    setting: Setting[Any], office: SettingsOffice, *, typed: str | None = None, error: str = ""
) -> FieldView:
    """Build it; `typed` is what stands in the field while it cannot be used."""
    values = office.values
    verdict = may_change(setting, person(office), values)
    value = words_of(setting, setting.dump(values.get(setting))) if typed is None else typed
    note = "Takes effect at the next start." if setting.restart else ""
    return FieldView(
        key=setting.key,
        kind=setting.kind,
        label=setting.label,
        help=setting.help,
        value=value,
        choices=tuple(
            (key, _OWN_WORDS.get((setting.key, key)) or choice_words(key))
            for key in setting.choices
        ),
        least=setting.least or 0,
        most=setting.most or 0,
        why_not="" if verdict.allowed else verdict.reason,
        error=error,
        note=note,
        changed=values.chosen(setting),
    )


def choice_words(key: str) -> str:
    """What the window calls one of a few."""
    return CHOICE_WORDS.get(key, key.capitalize())


def words_of(setting: Setting[Any], value: Json) -> bool | int | str:
    """Show a stored value in its control."""
    if setting.kind is Kind.TABLE:
        return "\n".join(_lines(value))
    if isinstance(value, bool | int | str):
        return value
    return ""


def json_of(setting: Setting[Any], typed: bool | int | str) -> Json:
    """Read what a control holds. Raises BadInput for a table whose lines make no sense."""
    if setting.kind is not Kind.TABLE or not isinstance(typed, str):
        return typed
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if setting is table.SEGMENT_LISTS:
        return dict(_segment(line) for line in lines)
    return [_prediction(line) for line in lines]


def table_hint(setting: Setting[Any]) -> str:
    """Say how the lines of a table are written."""
    if setting is table.SEGMENT_LISTS:
        return translate("Settings", "One per line: list name = segment from 1 to 4")
    return translate("Settings", "One per line: var, unit, days. For example: rev_365, USD, 365")


def _lines(value: Json) -> Sequence[str]:
    if isinstance(value, Mapping):
        return [f"{name} = {segment}" for name, segment in value.items()]
    if isinstance(value, list):
        return [
            f"{item.get('var')}, {item.get('unit')}, {item.get('horizon_days')}"
            for item in value
            if isinstance(item, Mapping)
        ]
    return []


def _segment(line: str) -> tuple[str, Json]:
    name, equals, number = line.rpartition("=")
    if not equals or not number.strip().isdigit():
        raise BadInput(f"“{line[:60]}” is not a list name, an = and a segment from 1 to 4.")
    return name.strip(), int(number)


def _prediction(line: str) -> dict[str, Json]:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 3 or not parts[2].isdigit():
        raise BadInput(f"“{line[:60]}” is not var, unit, days with commas between.")
    return {"var": parts[0], "unit": parts[1], "horizon_days": int(parts[2])}
