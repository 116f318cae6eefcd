"""One setting as a person edits it: label, help, value in words, and why it may not be changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop.connect.identity_and_roles import check_setting_change
from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json
from desktop.settings import settings_table, sync_settings
from desktop.settings.setting_definition import Setting, SettingKind
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol, current_actor

CHOICE_LABELS: Mapping[str, str] = {
    "ecommerce": "E-commerce: predicted revenue",
    "publisher": "Publisher: predicted page views",
    "oauth": "In the browser",
    "token": "API token",
    "none": "Without Zendesk",
    "system": "System",
    "starttls": "STARTTLS",
    "tls": "TLS",
}
# Where one word means another thing for one setting.
_CHOICE_LABELS_BY_SETTING: Mapping[tuple[str, str], str] = {
    (sync_settings.MAIL_SECURITY.key, "none"): "None",
}


@dataclass(frozen=True)
class SettingFieldView:
    """`why_not` is empty where it may be changed; `error` is the sentence for a refused value.

    `value` is a flag, a number, a choice's key, or text (a table has one entry per line).
    """

    key: str
    control_kind: SettingKind
    label: str
    help_text: str
    value: bool | int | str
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int = 0
    maximum: int = 0
    disabled_reason: str = ""
    error: str = ""
    note: str = ""
    is_changed: bool = False


def build_setting_field(
    setting: Setting[Any],
    workspace: WorkspaceSettingsProtocol,
    *,
    typed: str | None = None,
    error: str = "",
) -> SettingFieldView:
    """Build it; `typed` is what stands in the field while it cannot be used."""
    values = workspace.values
    verdict = check_setting_change(setting, current_actor(workspace), values)
    value = (
        control_value_of(setting, setting.serialize(values.get(setting)))
        if typed is None
        else typed
    )
    note = "Takes effect at the next start." if setting.needs_restart else ""
    return SettingFieldView(
        key=setting.key,
        control_kind=setting.kind,
        label=setting.label,
        help_text=setting.help,
        value=value,
        choices=tuple(
            (key, _CHOICE_LABELS_BY_SETTING.get((setting.key, key)) or choice_label(key))
            for key in setting.choices
        ),
        minimum=setting.minimum or 0,
        maximum=setting.maximum or 0,
        disabled_reason="" if verdict.is_allowed else verdict.reason,
        error=error,
        note=note,
        is_changed=values.is_set(setting),
    )


def choice_label(key: str) -> str:
    """What the window calls one of a few."""
    return CHOICE_LABELS.get(key, key.capitalize())


def control_value_of(setting: Setting[Any], value: Json) -> bool | int | str:
    """Show a stored value in its control."""
    if setting.kind is SettingKind.TABLE:
        return "\n".join(_format_table_lines(value))
    if isinstance(value, bool | int | str):
        return value
    return ""


def parse_control_value(setting: Setting[Any], typed: bool | int | str) -> Json:
    """Read what a control holds. Raises InvalidInput for a table whose lines make no sense."""
    if setting.kind is not SettingKind.TABLE or not isinstance(typed, str):
        return typed
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if setting is settings_table.SEGMENT_LISTS:
        return dict(_parse_segment_line(line) for line in lines)
    return [_parse_prediction_line(line) for line in lines]


def table_format_hint(setting: Setting[Any]) -> str:
    """Say how the lines of a table are written."""
    if setting is settings_table.SEGMENT_LISTS:
        return "One per line: list name = segment from 1 to 4"
    return "One per line: var, unit, days. For example: rev_365, USD, 365"


def _format_table_lines(value: Json) -> Sequence[str]:
    if isinstance(value, Mapping):
        return [f"{name} = {segment}" for name, segment in value.items()]
    if isinstance(value, list):
        return [
            f"{item.get('var')}, {item.get('unit')}, {item.get('horizon_days')}"
            for item in value
            if isinstance(item, Mapping)
        ]
    return []


def _parse_segment_line(line: str) -> tuple[str, Json]:
    name, equals, number = line.rpartition("=")
    if not equals or not number.strip().isdigit():
        raise InvalidInput(f"“{line[:60]}” is not a list name, an = and a segment from 1 to 4.")
    return name.strip(), int(number)


def _parse_prediction_line(line: str) -> dict[str, Json]:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 3 or not parts[2].isdigit():
        raise InvalidInput(f"“{line[:60]}” is not var, unit, days with commas between.")
    return {"var": parts[0], "unit": parts[1], "horizon_days": int(parts[2])}
