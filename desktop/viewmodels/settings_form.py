"""The settings as a form: every change is checked and stored at once, errors stay at the field."""

from zoneinfo import available_timezones

from PySide6.QtCore import QObject, Signal

from desktop.connect.roles import may_change
from desktop.kit.errors import AppError
from desktop.model.json_value import Json
from desktop.settings import table
from desktop.settings.setting import Section
from desktop.viewmodels.setting_up.field import FieldView, field_view, json_of, table_hint
from desktop.viewmodels.setting_up.trouble import beside_field
from desktop.viewmodels.settings_office import SettingsOffice, person

# What has a card of its own, where more than the value is shown.
_ELSEWHERE = frozenset(
    {Section.SAILTHRU, Section.ZENDESK, Section.PERMISSIONS, Section.DATA, Section.ADVANCED}
)


class FormModel(QObject):
    """`changed` says that values, errors or permissions are others now."""

    changed = Signal()

    def __init__(self, office: SettingsOffice) -> None:
        super().__init__()
        self._office = office
        self._typed: dict[str, str] = {}
        self._errors: dict[str, str] = {}

    def field(self, key: str) -> FieldView:
        """One setting as it stands, or as it was typed while that cannot be used."""
        typed = self._typed.get(key)
        return field_view(
            table.BY_KEY[key], self._office, typed=typed, error=self._errors.get(key, "")
        )

    def plain_sections(self) -> tuple[tuple[Section, tuple[str, ...]], ...]:
        """Sections that are nothing but fields, with their keys in the table's order."""
        found: dict[Section, list[str]] = {}
        for row in table.TABLE:
            if row.section not in _ELSEWHERE and not row.advanced:
                found.setdefault(row.section, []).append(row.key)
        return tuple((section, tuple(keys)) for section, keys in found.items())

    def advanced(self) -> tuple[str, ...]:
        """What stays hidden under Advanced."""
        return tuple(row.key for row in table.TABLE if row.advanced)

    def table_hint(self, key: str) -> str:
        """Say how a table is written."""
        return table_hint(table.BY_KEY[key])

    def time_zones(self) -> tuple[str, ...]:
        """All that this computer knows, for completing what is typed."""
        return tuple(sorted(available_timezones()))

    def set(self, key: str, typed: bool | int | str) -> bool:
        """Check and store; refused, the sentence stands at the field and nothing is stored."""
        setting = table.BY_KEY[key]
        if key not in self._errors and typed == self.field(key).value:
            return True
        verdict = may_change(setting, person(self._office), self._office.values)
        try:
            if not verdict.allowed:
                self._refuse(key, typed, verdict.reason)
                return False
            value: Json = json_of(setting, typed)
            self._office.change({key: setting.checked(value)})
        except AppError as error:
            self._refuse(key, typed, beside_field(error))
            return False
        self._typed.pop(key, None)
        self._errors.pop(key, None)
        self.changed.emit()
        return True

    def reset(self, key: str) -> None:
        """Take one setting back to its default."""
        verdict = may_change(table.BY_KEY[key], person(self._office), self._office.values)
        self._typed.pop(key, None)
        self._errors.pop(key, None)
        try:
            if verdict.allowed:
                self._office.change({key: None})
        except AppError as error:
            self._errors[key] = beside_field(error)
        self.changed.emit()

    def refresh(self) -> None:
        """Permissions or values changed elsewhere."""
        self.changed.emit()

    def _refuse(self, key: str, typed: bool | int | str, reason: str) -> None:
        if isinstance(typed, str):
            self._typed[key] = typed
        self._errors[key] = reason
        self.changed.emit()
