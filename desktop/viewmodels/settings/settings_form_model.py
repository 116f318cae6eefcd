"""The settings as a form: every change is checked and stored at once, errors stay at the field."""

from zoneinfo import available_timezones

from PySide6.QtCore import QObject, Signal

from desktop.connect.identity_and_roles import check_setting_change
from desktop.kit.errors import AppError
from desktop.model.json_value import Json
from desktop.settings import settings_table
from desktop.settings.setting_definition import SettingSection
from desktop.viewmodels.settings.error_message import field_error_text
from desktop.viewmodels.settings.setting_field_view import (
    SettingFieldView,
    build_setting_field,
    parse_control_value,
    table_format_hint,
)
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol, current_actor

# What has a card of its own, where more than the value is shown.
_SECTIONS_WITH_OWN_CARD = frozenset(
    {
        SettingSection.SAILTHRU,
        SettingSection.ZENDESK,
        SettingSection.PERMISSIONS,
        SettingSection.DATA,
        SettingSection.ADVANCED,
    }
)


class SettingsFormModel(QObject):
    """`changed` says that values, errors or permissions are others now."""

    changed = Signal()

    def __init__(self, workspace: WorkspaceSettingsProtocol) -> None:
        super().__init__()
        self._workspace = workspace
        self._typed: dict[str, str] = {}
        self._errors: dict[str, str] = {}

    def field_view(self, key: str) -> SettingFieldView:
        """One setting as it stands, or as it was typed while that cannot be used."""
        typed = self._typed.get(key)
        return build_setting_field(
            settings_table.SETTINGS_BY_KEY[key],
            self._workspace,
            typed=typed,
            error=self._errors.get(key, ""),
        )

    def plain_setting_keys(self) -> tuple[tuple[SettingSection, tuple[str, ...]], ...]:
        """Sections that are nothing but fields, with their keys in the table's order."""
        found: dict[SettingSection, list[str]] = {}
        for row in settings_table.ALL_SETTINGS:
            if row.section not in _SECTIONS_WITH_OWN_CARD and not row.is_advanced:
                found.setdefault(row.section, []).append(row.key)
        return tuple((section, tuple(keys)) for section, keys in found.items())

    def advanced_setting_keys(self) -> tuple[str, ...]:
        """What stays hidden under Advanced."""
        return tuple(row.key for row in settings_table.ALL_SETTINGS if row.is_advanced)

    def table_hint(self, key: str) -> str:
        """Say how a table is written."""
        return table_format_hint(settings_table.SETTINGS_BY_KEY[key])

    def time_zones(self) -> tuple[str, ...]:
        """All that this computer knows, for completing what is typed."""
        return tuple(sorted(available_timezones()))

    def change_setting(self, key: str, typed: bool | int | str) -> bool:
        """Check and store; refused, the sentence stands at the field and nothing is stored."""
        setting = settings_table.SETTINGS_BY_KEY[key]
        if key not in self._errors and typed == self.field_view(key).value:
            return True
        verdict = check_setting_change(
            setting, current_actor(self._workspace), self._workspace.values
        )
        try:
            if not verdict.is_allowed:
                self._reject(key, typed, verdict.reason)
                return False
            value: Json = parse_control_value(setting, typed)
            self._workspace.change_settings({key: setting.validate(value)})
        except AppError as error:
            self._reject(key, typed, field_error_text(error))
            return False
        self._typed.pop(key, None)
        self._errors.pop(key, None)
        self.changed.emit()
        return True

    def reset_setting(self, key: str) -> None:
        """Take one setting back to its default."""
        verdict = check_setting_change(
            settings_table.SETTINGS_BY_KEY[key],
            current_actor(self._workspace),
            self._workspace.values,
        )
        self._typed.pop(key, None)
        self._errors.pop(key, None)
        try:
            if verdict.is_allowed:
                self._workspace.change_settings({key: None})
        except AppError as error:
            self._errors[key] = field_error_text(error)
        self.changed.emit()

    def refresh(self) -> None:
        """Permissions or values changed elsewhere."""
        self.changed.emit()

    def _reject(self, key: str, typed: bool | int | str, reason: str) -> None:
        if isinstance(typed, str):
            self._typed[key] = typed
        self._errors[key] = reason
        self.changed.emit()
