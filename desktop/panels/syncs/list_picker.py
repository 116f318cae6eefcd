"""Pick Sailthru lists: names in a line, and a searchable list with type and count."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QTreeWidgetItem, QWidget

from desktop.kit.text import fold_text
from desktop.model.sailthru_profile import SailthruList
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.picker_row import PickerRow
from desktop.panels.widgets.search_list_dialog import SearchListDialog
from desktop.panels.widgets.text_field import NamesField
from desktop.viewmodels.syncs.mapping_editor_model import MappingEditorModel

_SMART_REASON = "Sailthru computes who is on a smart list."


class ListPicker(PickerRow):
    """A form control for names of Sailthru lists; smart ones only where `takes_smart`."""

    def __init__(
        self, name: str, placeholder: str, model: MappingEditorModel, *, takes_smart: bool
    ) -> None:
        super().__init__(
            NamesField(name, placeholder, max_length=2000),
            secondary_button("Choose…", name=f"Choose {name[:1].lower()}{name[1:]}"),
        )
        self._model = model
        self._takes_smart = takes_smart
        self._dialog: ListPickerDialog | None = None

    def _on_choose(self) -> None:
        names = self.field.value()
        picked = tuple(str(name) for name in names) if isinstance(names, tuple) else ()
        dialog = ListPickerDialog(self._model, picked, takes_smart=self._takes_smart, parent=self)
        dialog.picked.connect(self._on_picked)
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()


class ListPickerDialog(SearchListDialog):
    """Dialog of the account's lists; those picked before stand first and are never hidden."""

    picked = Signal(tuple)  # the names, those picked before in their order

    def __init__(
        self,
        model: MappingEditorModel,
        names: tuple[str, ...],
        *,
        takes_smart: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Choose lists",
            "Find a list",
            "Lists of the account",
            ("List", "Type", "People"),
            "Use these lists",
            parent,
        )
        self._model = model
        self._names = names
        self._takes_smart = takes_smart
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self.table.headerItem().setTextAlignment(2, right)
        self.search_field.returnPressed.connect(self.table.setFocus)
        self.table.itemChanged.connect(self._on_ticked)
        self.use_button.clicked.connect(self._on_use)
        model.lists_read.connect(self._show_lists)
        self._show_lists()
        model.read_lists()

    def apply_search(self, _text: object = "") -> int:
        """Hide Sailthru lists of other names in the dialog, and count those shown and chosen."""
        shown = super().apply_search()
        if self._model.lists:
            self.state_label.set_tone("muted")
            self.state_label.setText(
                f"{shown:,} of {len(self.rows()):,} lists, {len(self._names):,} chosen"
            )
        return shown

    def _show_lists(self) -> None:
        lists, error = self._model.lists, self._model.lists_error
        known = {each.name: each for each in lists}
        gone = [name for name in self._names if name not in known]
        order = sorted(lists, key=lambda each: (each.name not in self._names, fold_text(each.name)))
        self.table.blockSignals(True)
        self.table.clear()
        for name in gone:
            self._add_list(name, None)
        for each in order:
            self._add_list(each.name, each)
        self.table.blockSignals(False)
        self.fit_columns()
        self.apply_search()
        if not lists:
            self.state_label.setText(error or "Reading the lists of the account…")
            self.state_label.set_tone("bad" if error else "muted")

    def _add_list(self, name: str, known: SailthruList | None) -> None:
        is_smart = known is not None and known.smart
        kind = "smart" if is_smart else "natural"
        item = self.add_row(
            name, kind if known is not None or not self._model.lists else "not found"
        )
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

    def _on_ticked(self, item: QTreeWidgetItem, _column: int) -> None:
        name = item.text(0)
        others = tuple(each for each in self._names if each != name)
        is_on = item.checkState(0) is Qt.CheckState.Checked
        self._names = (*others, name) if is_on else others
        self.apply_search()

    def _on_use(self) -> None:
        self.picked.emit(self._names)
        self.accept()
