"""Card with the gallery of data sources: by category, with a search, and what each one needs."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.model.data_source import DataSourceKind
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.settings.data_sources_model import (
    SHOW_ALL,
    DataSourceRow,
    DataSourcesModel,
)

_INTRO = (
    "Where the records of this workspace come from. Each can be connected once; another account"
    " takes a workspace of its own."
)


class DataSourceGalleryCard(SettingsCard):
    """Widget of the gallery; `chosen` carries the data source to open or to set up."""

    chosen = Signal(object)  # DataSourceKind

    def __init__(self, model: DataSourcesModel) -> None:
        super().__init__("Data sources")
        self._model = model
        self._shown: tuple[DataSourceRow, ...] | None = None
        self.search_edit = TextField("Search the data sources", "Name or purpose")
        options = [(one, one) for one in model.categories()]
        self.category_dropdown = DropdownField("Category", options)
        self.category_dropdown.set_value(SHOW_ALL)
        self.buttons: dict[DataSourceKind, QWidget] = {}
        self._rows: QWidget | None = None
        self._place = vbox(spacing=12)
        self._empty = label("No data source has these words.", "muted", wrap=True)
        filters = hbox(self.search_edit, self.category_dropdown)
        filters.setStretch(0, 1)
        self.add_rows(label(_INTRO, wrap=True), filters, self._empty, self._place)
        self.search_edit.typed.connect(self._on_filter)
        self.category_dropdown.chosen.connect(self._on_filter)
        model.changed.connect(self._on_changed)
        self._on_changed()

    def _on_filter(self, _value: object) -> None:
        category = self.category_dropdown.value() or SHOW_ALL
        self._model.search(self.search_edit.text(), str(category))

    def _on_changed(self) -> None:
        rows = self._model.rows()
        if rows == self._shown:
            return
        self._shown = rows
        if self._rows is not None:
            delete_widget(self._rows)
        self.buttons = {}
        self._rows = QWidget()
        self._rows.setLayout(vbox(*self._create_rows(rows), spacing=12))
        self._place.addWidget(self._rows)
        self._empty.setVisible(not rows and bool(self._model.search_text))

    def _create_rows(self, rows: tuple[DataSourceRow, ...]) -> list[QWidget]:
        found: list[QWidget] = []
        category = ""
        for row in rows:
            if row.kind.category != category:
                category = row.kind.category
                found.append(label(category, "title"))
            found.append(self._create_row(row))
        return found

    def _create_row(self, row: DataSourceRow) -> QWidget:
        button = secondary_button(row.action, name=f"{row.action}: {row.name}")
        button.setProperty("kind", row.kind.value)
        button.clicked.connect(self._on_chosen)
        self.buttons[row.kind] = button
        name = hbox(label(row.name, "strong"), Chip(row.state, row.tone))
        name.addStretch(1)
        texts = vbox(name, label(row.text, "note", wrap=True), spacing=2)
        if row.needs:
            texts.addWidget(label(row.needs, "note", wrap=True))
        line = hbox(texts, button)
        line.setStretch(0, 1)
        holder = QWidget()
        holder.setLayout(line)
        return holder

    def _on_chosen(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.chosen.emit(DataSourceKind(str(sender.property("kind"))))
