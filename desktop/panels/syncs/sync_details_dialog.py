"""The dialog that edits a sync's name, labels and description."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.viewmodels.syncs.sync_header_view import SyncHeaderView


class SyncDetailsDialog(ScrollingDialog):
    """Dialog of a sync's name, labels and description; an empty name is not saved."""

    details_changed = Signal(str, str, tuple)  # name, description, labels

    def __init__(self, view: SyncHeaderView, parent: QWidget | None = None) -> None:
        super().__init__("About this sync", parent, width=420)
        self.setObjectName("About this sync")
        self.name_field = QLineEdit(view.title)
        self.name_field.setMaxLength(80)
        self.labels_field = QLineEdit(", ".join(view.labels))
        self.labels_field.setPlaceholderText("Separated by commas")
        self.labels_field.setMaxLength(200)
        self.description_field = QPlainTextEdit(view.description)
        # Tab leaves the field, as everywhere else in the window.
        self.description_field.setTabChangesFocus(True)
        self.description_field.setFixedHeight(fonts.scaled(84))
        form = QFormLayout()
        form.setHorizontalSpacing(fonts.scaled(12))
        form.setVerticalSpacing(fonts.scaled(8))
        for name, field in (
            ("Name", self.name_field),
            ("Labels", self.labels_field),
            ("Description", self.description_field),
        ):
            field.setAccessibleName(f"{name} of the sync")
            field.setObjectName(f"{name} of the sync")
            form.addRow(label(name), field)
        save = primary_button("Save", name="Save")
        cancel = secondary_button("Cancel")
        self.content.addLayout(form)
        self.add_buttons(cancel, save)
        cancel.clicked.connect(self.reject)
        save.clicked.connect(self._on_save)
        self.name_field.returnPressed.connect(self._on_save)

    def _on_save(self) -> None:
        if not self.name_field.text().strip():
            self.name_field.setFocus()
            return
        labels = tuple(part.strip() for part in self.labels_field.text().split(",") if part.strip())
        description = self.description_field.toPlainText().strip()
        self.details_changed.emit(self.name_field.text().strip(), description, labels)
        self.accept()
