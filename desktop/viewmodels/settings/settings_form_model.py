"""Form model of the settings: checks and stores each change at once, keeps errors by field."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from PySide6.QtCore import QObject, Signal

from desktop.customer.ticket_follower import FAST_POLL_S
from desktop.kit.errors import AppError
from desktop.model.json_value import Json
from desktop.settings import settings_table
from desktop.settings.setting_definition import Setting, SettingSection
from desktop.viewmodels.form import FormField, FormState
from desktop.viewmodels.settings.error_message import field_error_text
from desktop.viewmodels.settings.setting_form_fields import (
    build_setting_field,
    control_value_of,
    parse_control_value,
)
from desktop.viewmodels.workspace_settings_protocol import (
    WorkspaceSettingsProtocol,
    setting_disabled_reason,
)

# What has a card of its own, where more than the value is shown.
_SECTIONS_WITH_OWN_CARD = frozenset(
    {
        SettingSection.SAILTHRU,
        SettingSection.ZENDESK,
        SettingSection.SELL,
        SettingSection.PERMISSIONS,
        SettingSection.TEXTS,
        SettingSection.DATA,
        SettingSection.ADVANCED,
    }
)


class _TimeZones:
    """The names of all time zones; some 600 files are listed for them, when they are asked for."""

    def __iter__(self) -> Iterator[str]:
        return iter(_list_time_zones())


@cache
def _list_time_zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


class SettingsFormModel(QObject):
    """The settings form; emits `changed` after a change of values, errors or permissions."""

    changed = Signal()

    def __init__(self, workspace: WorkspaceSettingsProtocol) -> None:
        super().__init__()
        self._workspace = workspace
        self._typed: dict[str, str] = {}  # refused texts by key: they stay in their fields
        self._errors: dict[str, str] = {}

    def fields(self, keys: Iterable[str]) -> list[FormField]:
        """Declare the form fields of these settings keys."""
        return [build_setting_field(settings_table.SETTINGS_BY_KEY[key]) for key in keys]

    def state(self, keys: Iterable[str]) -> FormState:
        """Build the settings form's values, errors and reasons, by key.

        What was typed and refused stays in its field, with the error below it.
        """
        settings = [settings_table.SETTINGS_BY_KEY[key] for key in keys]
        reasons = {s.key: setting_disabled_reason(self._workspace, s) for s in settings}
        return FormState(
            values={s.key: self._control_value(s) for s in settings},
            errors=dict(self._errors),
            disabled_reasons=reasons,
            notes=self._notes(settings),
            completions={settings_table.TIMEZONE.key: _TimeZones()},
        )

    def _notes(self, settings: Iterable[Setting[Any]]) -> dict[str, str]:
        notes = {s.key: "Takes effect at the next start." for s in settings if s.needs_restart}
        if settings_table.DESK_COUNT in settings:
            budget = self._workspace.follow_budget()
            notes[settings_table.DESK_COUNT.key] = budget.describe(FAST_POLL_S)
        return notes

    def plain_setting_keys(self) -> tuple[tuple[SettingSection, tuple[str, ...]], ...]:
        """Return the settings sections that are nothing but a form, with their keys in order."""
        sections: dict[SettingSection, list[str]] = {}
        for setting in settings_table.ALL_SETTINGS:
            if setting.section not in _SECTIONS_WITH_OWN_CARD and not setting.is_advanced:
                sections.setdefault(setting.section, []).append(setting.key)
        return tuple((section, tuple(keys)) for section, keys in sections.items())

    def advanced_setting_keys(self) -> tuple[str, ...]:
        """Return the settings keys of the section “Advanced”."""
        return tuple(setting.key for setting in settings_table.ALL_SETTINGS if setting.is_advanced)

    def change_setting(self, key: str, typed: bool | int | str) -> bool:
        """Check and store a setting's form field; False where refused, with the error there."""
        setting = settings_table.SETTINGS_BY_KEY[key]
        # Leaving a field that was not touched stores nothing.
        if key not in self._errors and typed == self._control_value(setting):
            return True
        reason = setting_disabled_reason(self._workspace, setting)
        try:
            if reason:
                self._reject(key, typed, reason)
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
        """Reset one setting of the form to its default, where the person may."""
        reason = setting_disabled_reason(self._workspace, settings_table.SETTINGS_BY_KEY[key])
        self._typed.pop(key, None)
        self._errors.pop(key, None)
        try:
            if not reason:
                self._workspace.change_settings({key: None})
        except AppError as error:
            self._errors[key] = field_error_text(error)
        self.changed.emit()

    def refresh(self) -> None:
        """Tell the settings forms that permissions or values changed elsewhere."""
        self.changed.emit()

    def _control_value(self, setting: Setting[Any]) -> bool | int | str:
        if setting.key in self._typed:
            return self._typed[setting.key]
        return control_value_of(setting, setting.serialize(self._workspace.values.get(setting)))

    def _reject(self, key: str, typed: bool | int | str, reason: str) -> None:
        if isinstance(typed, str):
            self._typed[key] = typed
        self._errors[key] = reason
        self.changed.emit()
