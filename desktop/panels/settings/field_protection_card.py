"""Card of the fields that a data source may change, may fill where empty, or never touches."""

from PySide6.QtWidgets import QWidget

from desktop.model.field_mapping import FieldProtection
from desktop.model.service import Service
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import elided_label, label
from desktop.viewmodels.settings.field_protection_model import (
    PROTECTION_LABELS,
    FieldProtectionModel,
    ProtectedFieldRow,
)

_INTRO = (
    "Which fields its records may change. Only what a sync's mapping names is ever written; here is"
    " each of these fields."
)
_NONE = "No sync writes a field from it yet. Each sync's Mapping says it for every field too."
_OPTIONS = [(one.value, text) for one, text in PROTECTION_LABELS.items()]


class FieldProtectionCard(SettingsCard):
    """Widget of the card of protected fields, for what one service's records change."""

    def __init__(self, model: FieldProtectionModel, service: Service) -> None:
        super().__init__("Fields")
        self._model, self._service = model, service
        self._shown: tuple[ProtectedFieldRow, ...] | None = None
        self._rows: QWidget | None = None
        self._place = vbox()
        self._empty = label(_NONE, "muted", wrap=True)
        self.dropdowns: dict[DropdownField, ProtectedFieldRow] = {}
        self.add_rows(label(_INTRO, wrap=True), self._empty, self._place, self.error_banner)
        model.changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self) -> None:
        rows = self._model.rows(self._service)
        if rows == self._shown:
            return
        self._shown = rows
        if self._rows is not None:
            delete_widget(self._rows)
        self.dropdowns = {}
        self._rows = QWidget()
        self._rows.setLayout(vbox(*map(self._create_row, rows), spacing=6))
        self._place.addWidget(self._rows)
        self._empty.setVisible(not rows)

    def _create_row(self, row: ProtectedFieldRow) -> QWidget:
        dropdown = DropdownField(f"Protection of {row.text}", _OPTIONS)
        dropdown.set_value(row.protection.value)
        refusal = self._model.refusal()
        dropdown.set_enabled(not refusal, refusal)
        dropdown.chosen.connect(self._on_chosen)
        self.dropdowns[dropdown] = row
        line = hbox(elided_label(row.text), dropdown)
        line.setStretch(0, 1)
        holder = QWidget()
        holder.setLayout(line)
        return holder

    def _on_chosen(self, value: object) -> None:
        sender = self.sender()
        if isinstance(sender, DropdownField):
            self._model.protect(self.dropdowns[sender], FieldProtection(str(value)))
