"""What may be done: the switch for changes and the table of role and permission."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.model.permission import Permission, Role
from desktop.panels.settings.card_layout import LabelledControl, show_error_banner, small_note
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import ROW_HEIGHT
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import label
from desktop.panels.widgets.switch import Switch
from desktop.viewmodels.settings.permissions_model import PermissionsModel, PermissionSwitchView


class PermissionsCard(Card):
    """Draws the permissions; every switch acts at once."""

    def __init__(self, model: PermissionsModel, title: str = "Changes and permissions") -> None:
        super().__init__(title)
        self._model = model
        view = model.view()
        self.changes_switch = Switch("Changes are on")
        self.changes_switch.chosen.connect(model.set_changes_on)
        self._changes_row = LabelledControl(
            "Changes are on", view.changes_text, self.changes_switch
        )
        self._banner = Banner()
        self._banner.hide()
        self._why_not = small_note()
        self.permission_switches: dict[tuple[Role, Permission], Switch] = {}
        self.body.setSpacing(fonts.scaled(6))
        self.add(self._banner)
        self.add(self._changes_row)
        self.add(self._why_not)
        self.add(self._create_table())
        self.add(small_note(view.limits_notice))
        model.changed.connect(self._on_changed)
        self._on_changed()

    def _create_table(self) -> QWidget:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(fonts.scaled(12))
        grid.setVerticalSpacing(fonts.scaled(2))
        grid.setColumnStretch(0, 1)
        view = self._model.view()
        for place, words in enumerate(view.roles):
            grid.addWidget(label(words, "title"), 0, place + 1, Qt.AlignmentFlag.AlignHCenter)
        for number, (words, extra, cells) in enumerate(view.rows, start=1):
            line = 2 * number
            grid.addWidget(label(words, wrap=True), line, 0)
            grid.setRowMinimumHeight(line, fonts.scaled(ROW_HEIGHT))
            for place, cell in enumerate(cells):
                switch = self._create_switch(cell)
                grid.addWidget(switch, line, place + 1, Qt.AlignmentFlag.AlignHCenter)
            if extra:
                grid.addWidget(small_note(extra), line + 1, 0)
        return holder

    def _create_switch(self, cell: PermissionSwitchView) -> Switch:
        switch = Switch(cell.name)
        self.permission_switches[cell.role, cell.permission] = switch
        switch.chosen.connect(self._on_permission_switched)
        return switch

    def _on_changed(self) -> None:
        view = self._model.view()
        self.changes_switch.set_on(view.changes_on)
        self.changes_switch.set_enabled(
            not view.changes_disabled_reason, view.changes_disabled_reason
        )
        self._changes_row.help_label.setText(view.changes_text)
        self._why_not.setText(view.note)
        self._why_not.set_tone("warn")
        self._why_not.setVisible(bool(view.note))
        show_error_banner(self._banner, view.error)
        for _, _, cells in view.rows:
            for cell in cells:
                switch = self.permission_switches[cell.role, cell.permission]
                switch.set_on(cell.is_on)
                switch.set_enabled(not cell.disabled_reason, cell.disabled_reason)

    def _on_permission_switched(self, on: bool) -> None:
        sender = self.sender()
        for (role, permission), switch in self.permission_switches.items():
            if switch is sender:
                self._model.set_permission(role, permission, on)
                return
