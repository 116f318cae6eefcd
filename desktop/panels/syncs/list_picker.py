"""Pick Sailthru lists: names in a line, and a searchable list with type and count."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.model.sailthru_profile import SailthruList
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import ROW_HEIGHT
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.text_field import NamesField, TextField
from desktop.viewmodels.form import FieldValue
from desktop.viewmodels.syncs.mapping_editor_model import MappingEditorModel

_SMART_REASON = "Sailthru computes who is on a smart list."


class ListPicker(QWidget):
    """A form control whose value is a tuple of list names; smart ones only where `takes_smart`."""

    chosen = Signal(object)

    def __init__(
        self, name: str, placeholder: str, model: MappingEditorModel, *, takes_smart: bool
    ) -> None:
        super().__init__()
        self._model = model
        self._takes_smart = takes_smart
        self._dialog: ListPickerDialog | None = None
        self.field = NamesField(name, placeholder, max_length=2000)
        self.choose_button = secondary_button(
            "Choose…", name=f"Choose {name[:1].lower()}{name[1:]}"
        )
        row = hbox(self.field, self.choose_button)
        row.setStretchFactor(self.field, 1)
        self.setLayout(row)
        self.setFocusProxy(self.field)
        self.field.chosen.connect(self.chosen)
        self.choose_button.clicked.connect(self._on_choose)

    def value(self) -> FieldValue:
        """Return the names of the lists."""
        return self.field.value()

    def set_value(self, value: FieldValue) -> None:
        """Show the names of lists without reporting them."""
        self.field.set_value(value)

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable, or disable with the reason."""
        self.field.set_enabled(enabled, reason)
        self.choose_button.set_enabled(enabled, reason)

    def _on_choose(self) -> None:
        names = self.field.value()
        picked = tuple(str(name) for name in names) if isinstance(names, tuple) else ()
        dialog = ListPickerDialog(self._model, picked, takes_smart=self._takes_smart, parent=self)
        dialog.picked.connect(self._on_picked)
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()

    def _on_picked(self, names: tuple[str, ...]) -> None:
        self.field.set_value(names)
        self.chosen.emit(names)


class ListPickerDialog(QDialog):
    """Every list of the account; those picked before stand first and stay when searched past."""

    picked = Signal(tuple)  # the names, those picked before in their order

    def __init__(
        self,
        model: MappingEditorModel,
        names: tuple[str, ...],
        *,
        takes_smart: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._names = names
        self._takes_smart = takes_smart
        self.setWindowTitle("Choose lists")
        self.setAccessibleName("Choose lists")
        self.setObjectName("Choose lists")
        self.search_field = TextField("Find a list", "Find a list")
        self.table = QTreeWidget()
        self.table.setAccessibleName("Lists of the account")
        self.table.setHeaderLabels(["List", "Type", "People"])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self.table.headerItem().setTextAlignment(2, right)
        head = self.table.header()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.state_label = label("", "muted", wrap=True)
        self.use_button = primary_button("Use these lists")
        cancel = secondary_button("Cancel")
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(10))
        column.addWidget(label("Choose lists", "heading"))
        column.addWidget(self.search_field)
        column.addWidget(self.table, 1)
        column.addWidget(self.state_label)
        column.addLayout(hbox(1, cancel, self.use_button))
        self.search_field.chosen.connect(self._on_searched)
        self.search_field.returnPressed.connect(self.table.setFocus)
        self.table.itemChanged.connect(self._on_ticked)
        self.use_button.clicked.connect(self._on_use)
        cancel.clicked.connect(self.reject)
        model.lists_read.connect(self._show_lists)
        self._show_lists()
        model.read_lists()
        self.search_field.setFocus()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(460), fonts.scaled(480))

    def _show_lists(self) -> None:
        lists, error = self._model.lists, self._model.lists_error
        known = {each.name: each for each in lists}
        gone = [name for name in self._names if name not in known]
        order = sorted(lists, key=lambda each: (each.name not in self._names, each.name.casefold()))
        self.table.blockSignals(True)
        self.table.clear()
        for name in gone:
            self._add_row(name, None)
        for each in order:
            self._add_row(each.name, each)
        self.table.blockSignals(False)
        self.table.resizeColumnToContents(1)
        self.table.resizeColumnToContents(2)
        self._on_searched(self.search_field.text())
        if not lists:
            self.state_label.setText(error or "Reading the lists of the account…")
            self.state_label.set_tone("bad" if error else "muted")

    def _add_row(self, name: str, known: SailthruList | None) -> None:
        item = QTreeWidgetItem(self.table)
        item.setText(0, name)
        item.setSizeHint(0, QSize(0, fonts.scaled(ROW_HEIGHT)))
        is_smart = known is not None and known.smart
        kind = "smart" if is_smart else "natural"
        item.setText(1, kind if known is not None or not self._model.lists else "not found")
        # The count is refreshed nightly (docs/sailthru.md 5).
        if known is not None and known.count is not None:
            item.setText(2, f"{known.count:,}")
        item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        is_picked = name in self._names
        item.setCheckState(0, Qt.CheckState.Checked if is_picked else Qt.CheckState.Unchecked)
        if is_smart and not self._takes_smart and not is_picked:
            item.setDisabled(True)
            item.setText(1, "smart, computed by Sailthru")
            item.setToolTip(0, _SMART_REASON)

    def _items(self) -> list[QTreeWidgetItem]:
        found = (self.table.topLevelItem(place) for place in range(self.table.topLevelItemCount()))
        return [item for item in found if item is not None]

    def _on_searched(self, text: object) -> None:
        wanted = str(text).strip().casefold()
        shown = 0
        for item in self._items():
            hides = wanted not in item.text(0).casefold()
            item.setHidden(hides)
            shown += not hides
        if self._model.lists:
            self.state_label.set_tone("muted")
            self.state_label.setText(
                f"{shown:,} of {len(self._items()):,} lists, {len(self._names):,} chosen"
            )

    def _on_ticked(self, item: QTreeWidgetItem, _column: int) -> None:
        name = item.text(0)
        others = tuple(each for each in self._names if each != name)
        is_on = item.checkState(0) is Qt.CheckState.Checked
        self._names = (*others, name) if is_on else others
        self._on_searched(self.search_field.text())

    def _on_use(self) -> None:
        self.picked.emit(self._names)
        self.accept()
