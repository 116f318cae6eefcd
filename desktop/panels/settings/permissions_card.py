"""Card with the switch for changes and the table of switches, permission by role."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.model.permission import Permission, Role
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import ROW_HEIGHT
from desktop.panels.widgets.form import Form
from desktop.panels.widgets.label import label
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.text_field import TextField
from desktop.panels.widgets.visibility import set_shown
from desktop.settings import settings_table
from desktop.viewmodels.form import FieldKind, FormField, FormState
from desktop.viewmodels.settings.permissions_model import PermissionsModel, PermissionSwitchView

_CENTERED = Qt.AlignmentFlag.AlignHCenter
_CHANGES = FormField("changes", "Changes are on", FieldKind.SWITCH)
_LEADS = FormField(
    "leads",
    settings_table.LEADS.label,
    help=settings_table.LEADS.help,
    name="Zendesk ids of leads",
    reports_on_leave=True,
)


class PermissionsCard(SettingsCard):
    """Widget of the card “Changes and permissions”; every switch stores at once."""

    def __init__(self, model: PermissionsModel, title: str = "Changes and permissions") -> None:
        super().__init__(title)
        self._model = model
        self._changes_form = Form([_CHANGES])
        self.changes_switch = self._changes_form.control("changes", Switch)
        self.changes_switch.chosen.connect(model.set_changes_on)
        self._leads_form = Form([_LEADS])
        self.leads_field = self._leads_form.control("leads", TextField)
        self.leads_field.chosen.connect(model.set_leads)
        self._disabled_note = label("", "note", wrap=True, tone="warn")
        self.permission_switches: dict[tuple[Role, Permission], Switch] = {}
        self.add_rows(
            self.error_banner,
            self._changes_form,
            self._disabled_note,
            self._create_table(),
            self._leads_form,
            label(model.view().limits_notice, "note", wrap=True),
        )
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
        for column, role_text in enumerate(view.roles, start=1):
            grid.addWidget(label(role_text, "title"), 0, column, _CENTERED)
        for number, (text, note, cells) in enumerate(view.rows, start=1):
            # Each permission has a second row of the grid for its note.
            line = 2 * number
            grid.addWidget(label(text, wrap=True), line, 0)
            grid.setRowMinimumHeight(line, fonts.scaled(ROW_HEIGHT))
            for column, cell in enumerate(cells, start=1):
                grid.addWidget(self._create_switch(cell), line, column, _CENTERED)
            if note:
                grid.addWidget(label(note, "note", wrap=True), line + 1, 0)
        return holder

    def _create_switch(self, cell: PermissionSwitchView) -> Switch:
        switch = Switch(cell.name)
        self.permission_switches[cell.role, cell.permission] = switch
        switch.chosen.connect(self._on_permission_switched)
        return switch

    def _on_changed(self) -> None:
        view = self._model.view()
        self._changes_form.show_state(
            FormState({"changes": view.changes_on}, notes={"changes": view.changes_text})
        )
        # Below the switch in words too: the tool tip alone is for the mouse.
        reason = view.changes_disabled_reason
        self.changes_switch.set_enabled(not reason, reason)
        self._disabled_note.setText(reason)
        set_shown(self._disabled_note, bool(reason))
        self._leads_form.show_state(FormState({"leads": view.leads}))
        self.leads_field.set_enabled(not view.leads_disabled_reason, view.leads_disabled_reason)
        self.show_error(view.error)
        for _, _, cells in view.rows:
            for cell in cells:
                switch = self.permission_switches[cell.role, cell.permission]
                switch.set_value(cell.is_on)
                switch.set_enabled(not cell.disabled_reason, cell.disabled_reason)

    def _on_permission_switched(self, on: bool) -> None:
        sender = self.sender()
        for (role, permission), switch in self.permission_switches.items():
            if switch is sender:
                self._model.set_permission(role, permission, on)
                return
