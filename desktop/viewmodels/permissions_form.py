"""What may be done: the switch for changes, and the table of role and permission."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.connect.roles import HONESTY, may_change
from desktop.kit.errors import AppError
from desktop.kit.text import translate
from desktop.model.permission import Permission, Role
from desktop.settings import table
from desktop.settings.setting import Setting
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, trouble_of
from desktop.viewmodels.settings_office import SettingsOffice, person

CHANGES_OFF = translate("Permissions", "While this is off nothing is written to any service.")
CHANGES_ON = translate("Permissions", "People here may write what the table below allows.")
ROLE_WORDS = {
    Role.ADMIN: translate("Permissions", "Admins"),
    Role.AGENT: translate("Permissions", "Agents"),
}
_NOTES = {
    Permission.LIST_REMOVE: translate("Permissions", "List management by agents"),
    Permission.OPT_IN: translate("Permissions", "needs a ticket and a reason each time"),
    Permission.RUNS: translate("Permissions", "for marketers; needs a Sailthru key with “job”"),
}


@dataclass(frozen=True)
class CellView:
    """One switch of the table; `name` is what screen readers call it."""

    role: Role
    permission: Permission
    name: str
    on: bool
    why_not: str = ""


@dataclass(frozen=True)
class PermissionsView:
    """`rows` pair a permission's words and note with its cells, in the order of `roles`."""

    changes: bool
    changes_words: str
    changes_why_not: str
    roles: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[CellView, ...]], ...]
    honesty: str
    note: str
    trouble: Trouble


class PermissionsModel(QObject):
    """Each switch stores at once; only an admin may, and nothing a policy has fixed."""

    changed = Signal()

    def __init__(self, office: SettingsOffice) -> None:
        super().__init__()
        self._office = office
        self._trouble = NONE

    def view(self) -> PermissionsView:
        """Build the card."""
        values = self._office.values
        on = values.get(table.CHANGES)
        rows = tuple(
            (
                permission.words[0].upper() + permission.words[1:],
                _NOTES.get(permission, ""),
                tuple(self._cell(role, permission) for role in Role),
            )
            for permission in Permission
        )
        why_not = self._why_not(table.CHANGES)
        return PermissionsView(
            changes=on,
            changes_words=CHANGES_ON if on else CHANGES_OFF,
            changes_why_not=why_not,
            roles=tuple(ROLE_WORDS[role] for role in Role),
            rows=rows,
            honesty=HONESTY,
            note=why_not,
            trouble=self._trouble,
        )

    def set_changes(self, on: bool) -> None:
        """Switch changes on or off."""
        self._store(table.CHANGES, on)

    def set_cell(self, role: Role, permission: Permission, on: bool) -> None:
        """Allow or refuse one thing to one role."""
        self._store(table.permission_setting(role, permission), on)

    def refresh(self) -> None:
        """Roles or rules are others now."""
        self.changed.emit()

    def _cell(self, role: Role, permission: Permission) -> CellView:
        setting = table.permission_setting(role, permission)
        return CellView(
            role,
            permission,
            f"{ROLE_WORDS[role]} may {permission.words}",
            self._office.values.get(setting),
            self._why_not(setting),
        )

    def _why_not(self, setting: Setting[bool]) -> str:
        verdict = may_change(setting, person(self._office), self._office.values)
        return "" if verdict.allowed else verdict.reason

    def _store(self, setting: Setting[bool], on: bool) -> None:
        self._trouble = NONE
        why_not = self._why_not(setting)
        if why_not:
            self._trouble = Trouble(why_not)
        else:
            try:
                self._office.change({setting.key: on})
            except AppError as error:
                self._trouble = trouble_of(error)
        self.changed.emit()
