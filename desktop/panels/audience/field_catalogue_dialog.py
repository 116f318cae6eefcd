"""The dialog of every field: type, coverage, samples, who writes it, and its merge tags to copy."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QTreeWidgetItem, QWidget

from desktop.model.field_facts import FieldFacts
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.search_list_dialog import SEARCHED_TOO, SearchListDialog
from desktop.viewmodels.audience.audience_page_model import AudiencePageModel
from desktop.viewmodels.audience.field_catalogue_text import (
    coverage_text,
    field_details,
    last_change_text,
    writers_text,
)

_COLUMNS = ("Field", "Belongs to", "Type", "Filled", "Written by", "Last change")
_ALL_COLUMNS_MIN_WIDTH = 700
_FIELD = Qt.ItemDataRole.UserRole + 1


class FieldCatalogueDialog(SearchListDialog):
    """Dialog of the catalogue of fields; what is chosen is described below the table."""

    def __init__(self, model: AudiencePageModel, parent: QWidget | None = None) -> None:
        super().__init__(
            "Fields of Zendesk and Sailthru",
            "Find a field, a type or who writes it",
            "Fields",
            _COLUMNS,
            "Copy Liquid tag",
            parent,
            cancel="Close",
        )
        self._model = model
        self.sailthru_button = secondary_button("Copy Sailthru tag")
        self.buttons.insertWidget(self.buttons.count() - 1, self.sailthru_button)
        self.sailthru_button.clicked.connect(self._on_copy_sailthru)
        self.use_button.clicked.connect(self._on_copy_liquid)
        self.table.currentItemChanged.connect(self._show_details)
        self.search_field.returnPressed.connect(self.table.setFocus)
        model.fields_read.connect(self.show_fields)
        self.show_fields()
        model.read_fields()

        # By itself a dialog takes no more than two thirds of the screen.
        self.resize(self.sizeHint().boundedTo(self.screen().availableSize()))

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(860), fonts.scaled(600))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Both stand in the details too.
        is_narrow = self.width() < fonts.scaled(_ALL_COLUMNS_MIN_WIDTH)
        for place in (4, 5):
            self.table.setColumnHidden(place, is_narrow)

    def show_fields(self) -> None:
        """Draw the fields that the model has read, or why it has none."""
        now = self._model.now
        self.table.clear()
        for field in self._model.field_facts:
            item = self.add_row(
                field.title,
                field.owner.value,
                field.type,
                coverage_text(field),
                writers_text(field),
                last_change_text(field, now),
            )
            item.setData(0, SEARCHED_TOO, f"{field.name}\n{field.type}\n{writers_text(field)}")
            item.setData(0, _FIELD, field)
            item.setToolTip(0, field.name)
        self.fit_columns()
        self.apply_search()

    def apply_search(self, _text: object = "") -> int:
        """Hide the fields without the searched words, and choose the first of the others."""
        shown = super().apply_search()
        current = self.table.currentItem()
        if current is None or current.isHidden():
            first = next((item for item in self.rows() if not item.isHidden()), None)
            if first is not None:
                self.table.setCurrentItem(first)
        self._show_details()
        return shown

    def _chosen(self) -> FieldFacts | None:
        item: QTreeWidgetItem | None = self.table.currentItem()
        found = item.data(0, _FIELD) if item is not None and not item.isHidden() else None
        return found if isinstance(found, FieldFacts) else None

    def _show_details(self, *_items: object) -> None:
        field = self._chosen()
        error = self._model.fields_error
        nothing = (
            "No field holds these words." if self._model.field_facts else "Counting the fields…"
        )
        self.state_label.set_tone("bad" if error else "muted")
        self.state_label.setText(error or (field_details(field) if field else nothing))
        for button, tag, where in (
            (self.sailthru_button, field.sailthru_tag if field else "", "an e-mail of Sailthru"),
            (self.use_button, field.liquid_tag if field else "", "a template of a mapping"),
        ):
            button.set_enabled(
                bool(tag),
                f"{field.title} cannot be read in {where}." if field else "Choose a field first.",
            )

    def _on_copy_sailthru(self) -> None:
        field = self._chosen()
        self._copy(field.sailthru_tag if field is not None else "")

    def _on_copy_liquid(self) -> None:
        field = self._chosen()
        self._copy(field.liquid_tag if field is not None else "")

    def _copy(self, tag: str) -> None:
        if tag:
            QApplication.clipboard().setText(tag)
            announce(self, f"Copied {tag}")
            self.state_label.setText(f"Copied {tag}")
