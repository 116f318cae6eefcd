"""Form fields of the settings: which control edits a setting, its value as text and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json
from desktop.model.name_splitting import NameSplitRule
from desktop.settings import settings_table, sync_settings
from desktop.settings.setting_definition import Setting, SettingKind
from desktop.viewmodels.form import FieldKind, FormField

_CHOICE_LABELS: Mapping[str, str] = {
    **{rule.value: rule.label[:1].upper() + rule.label[1:] for rule in NameSplitRule},
    "ecommerce": "E-commerce: predicted revenue",
    "publisher": "Publisher: predicted page views",
    "oauth": "In the browser",
    "token": "API token",
    "left_to_right": "Left to right",
    "right_to_left": "Right to left",
    "none": "Without Zendesk",
    settings_table.COLOUR_OF_KIND: "By the kind",
    "starttls": "STARTTLS",
    "tls": "TLS",
}
_FIELD_KINDS = {
    SettingKind.FLAG: FieldKind.SWITCH,
    SettingKind.NUMBER: FieldKind.NUMBER,
    SettingKind.TABLE: FieldKind.LINES,
}
# As many choices fit beside each other in a segmented control; more go into a drop-down.
_MAX_SEGMENTS = 3
_MAX_SEGMENT_LENGTH = 14


def build_setting_field(setting: Setting[Any]) -> FormField:
    """Declare the form field of one setting, addressed by the key of the setting."""
    choices = tuple((key, _choice_text(setting, key)) for key in setting.choices)
    help_ = setting.help
    if setting.kind is SettingKind.TABLE:
        help_ = f"{help_} {table_format_hint(setting)}"
    return FormField(
        setting.key,
        setting.label,
        _field_kind(setting, choices),
        help=help_,
        choices=choices,
        minimum=setting.minimum or 0,
        maximum=setting.maximum or 0,
        reports_on_leave=True,
    )


def _field_kind(setting: Setting[Any], choices: tuple[tuple[str, str], ...]) -> FieldKind:
    if setting.kind is SettingKind.CHOICE:
        short = all(len(text) <= _MAX_SEGMENT_LENGTH for _, text in choices)
        return FieldKind.SEGMENTS if short and len(choices) <= _MAX_SEGMENTS else FieldKind.CHOICE
    return _FIELD_KINDS.get(setting.kind, FieldKind.TEXT)


def _choice_text(setting: Setting[Any], key: str) -> str:
    if setting is sync_settings.MAIL_SECURITY and key == "none":
        return "None"
    return _CHOICE_LABELS.get(key, key.capitalize())


# Tables whose rows are texts.
_LINES_OF_TEXT = (
    settings_table.OPTOUT_REASONS,
    settings_table.DATA_LISTS,
    settings_table.REPORT_PHRASES,
    settings_table.REPORT_MAIL_TO,
)


def control_value_of(setting: Setting[Any], value: Json) -> bool | int | str:
    """Convert a stored setting into what its form control shows; tables become lines."""
    if setting.kind is SettingKind.TABLE:
        return "\n".join(_format_table_lines(value))
    if isinstance(value, bool | int | str):
        return value
    return ""


def parse_control_value(setting: Setting[Any], typed: bool | int | str) -> Json:
    """Parse what a setting's form control holds. Raises InvalidInput for a line that is wrong."""
    if setting.kind is not SettingKind.TABLE or not isinstance(typed, str):
        return typed
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if setting is settings_table.SEGMENT_LISTS:
        return dict(_parse_segment_line(line) for line in lines)
    if setting in _LINES_OF_TEXT:
        return lines
    if setting is settings_table.VALUE_THRESHOLDS:
        return dict(_parse_threshold_line(line) for line in lines)
    return [_parse_prediction_line(line) for line in lines]


def table_format_hint(setting: Setting[Any]) -> str:
    """Say in the settings form how the lines of a table setting are written."""
    if setting is settings_table.SEGMENT_LISTS:
        return "One per line: list name = segment from 1 to 4"
    if setting is settings_table.OPTOUT_REASONS:
        return "One per line, with the placeholders of the notes below."
    if setting is settings_table.DATA_LISTS:
        return "One name per line."
    if setting is settings_table.REPORT_MAIL_TO:
        return "One e-mail address per line."
    if setting is settings_table.REPORT_PHRASES:
        return "One word or phrase per line; a star at the end finds beginnings."
    if setting is settings_table.VALUE_THRESHOLDS:
        return "One per line: segment = least number. For example: 4 = 1000"
    return "One per line: var, unit, days. For example: rev_365, USD, 365"


def _format_table_lines(value: Json) -> Sequence[str]:
    if isinstance(value, Mapping):
        return [f"{name} = {_format_number(number)}" for name, number in value.items()]
    if isinstance(value, list):
        return [
            f"{item.get('var')}, {item.get('unit')}, {item.get('horizon_days')}"
            for item in value
            if isinstance(item, Mapping)
        ] or [item for item in value if isinstance(item, str)]
    return []


def _parse_segment_line(line: str) -> tuple[str, Json]:
    name, equals, number = line.rpartition("=")
    if not equals or not number.strip().isdigit():
        raise InvalidInput(f"“{line[:60]}” is not a list name, an = and a segment from 1 to 4.")
    return name.strip(), int(number)


def _parse_threshold_line(line: str) -> tuple[str, Json]:
    segment, equals, number = line.partition("=")
    try:
        amount = float(number.strip().replace(",", ""))
    except ValueError:
        amount = -1.0
    if not equals or amount < 0:
        raise InvalidInput(f"“{line[:60]}” is not a segment, an = and a number.")
    return segment.strip(), amount


def _format_number(value: Json) -> str:
    # 1000.0 was typed as 1000.
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _parse_prediction_line(line: str) -> dict[str, Json]:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 3 or not parts[2].isdigit():
        raise InvalidInput(f"“{line[:60]}” is not var, unit, days with commas between.")
    return {"var": parts[0], "unit": parts[1], "horizon_days": int(parts[2])}
