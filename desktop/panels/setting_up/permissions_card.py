"""What may be done: the switch for changes and the table of role and permission."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.model.permission import Permission, Role
from desktop.panels.parts.banner import Banner
from desktop.panels.parts.card import Card
from desktop.panels.parts.label import label
from desktop.panels.parts.switch import Switch
from desktop.panels.setting_up.rows import Labelled, note, show_trouble
from desktop.panels.theme import fonts
from desktop.panels.theme.tokens import ROW
from desktop.viewmodels.permissions_form import CellView, PermissionsModel


class PermissionsCard(Card):
    """Draws the permissions; every switch acts at once."""

    def __init__(self, model: PermissionsModel, title: str = "Changes and permissions") -> None:
        super().__init__(title)
        self._model = model
        view = model.view()
        self.changes = Switch("Changes are on")
        self.changes.chosen.connect(model.set_changes)
        self._changes = Labelled("Changes are on", view.changes_words, self.changes)
        self._banner = Banner()
        self._banner.hide()
        self._why_not = note()
        self.switches: dict[tuple[Role, Permission], Switch] = {}
        self.body.setSpacing(fonts.scaled(6))
        self.add(self._banner)
        self.add(self._changes)
        self.add(self._why_not)
        self.add(self._table())
        self.add(note(view.honesty))
        model.changed.connect(self._on_changed)
        self._on_changed()

    def _table(self) -> QWidget:
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
            grid.setRowMinimumHeight(line, fonts.scaled(ROW))
            for place, cell in enumerate(cells):
                switch = self._switch(cell)
                grid.addWidget(switch, line, place + 1, Qt.AlignmentFlag.AlignHCenter)
            if extra:
                grid.addWidget(note(extra), line + 1, 0)
        return holder

    def _switch(self, cell: CellView) -> Switch:
        switch = Switch(cell.name)
        self.switches[cell.role, cell.permission] = switch
        switch.chosen.connect(self._on_cell)
        return switch

    def _on_changed(self) -> None:
        view = self._model.view()
        self.changes.set_on(view.changes)
        self.changes.set_enabled(not view.changes_why_not, view.changes_why_not)
        self._changes.help_label.setText(view.changes_words)
        self._why_not.setText(view.note)
        self._why_not.set_tone("warn")
        self._why_not.setVisible(bool(view.note))
        show_trouble(self._banner, view.trouble)
        for _, _, cells in view.rows:
            for cell in cells:
                switch = self.switches[cell.role, cell.permission]
                switch.set_on(cell.on)
                switch.set_enabled(not cell.why_not, cell.why_not)

    def _on_cell(self, on: bool) -> None:
        sender = self.sender()
        for (role, permission), switch in self.switches.items():
            if switch is sender:
                self._model.set_cell(role, permission, on)
                return
