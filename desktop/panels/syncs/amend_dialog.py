"""A sync's name, labels and description."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.parts.button import primary, secondary
from desktop.panels.parts.label import label
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.head import HeadView


class AmendDialog(QDialog):
    """`amended` carries name, description and labels."""

    amended = Signal(str, str, tuple)

    def __init__(self, view: HeadView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About this sync")
        self.setAccessibleName("About this sync")
        self.setObjectName("About this sync")
        self.setMinimumWidth(fonts.scaled(420))
        self.title = QLineEdit(view.title)
        self.title.setMaxLength(80)
        self.labels = QLineEdit(", ".join(view.labels))
        self.labels.setPlaceholderText("Separated by commas")
        self.labels.setMaxLength(200)
        self.description = QPlainTextEdit(view.description)
        self.description.setTabChangesFocus(True)
        self.description.setFixedHeight(fonts.scaled(84))
        form = QFormLayout()
        form.setHorizontalSpacing(fonts.scaled(12))
        form.setVerticalSpacing(fonts.scaled(8))
        for name, field in (
            ("Name", self.title),
            ("Labels", self.labels),
            ("Description", self.description),
        ):
            field.setAccessibleName(f"{name} of the sync")
            field.setObjectName(f"{name} of the sync")
            form.addRow(label(name), field)
        save = primary("Save", name="Save")
        cancel = secondary("Cancel")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(save)
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(10))
        column.addWidget(label("About this sync", "title"))
        column.addLayout(form)
        column.addLayout(row)
        cancel.clicked.connect(self.reject)
        save.clicked.connect(self._on_save)
        self.title.returnPressed.connect(self._on_save)

    def _on_save(self) -> None:
        if not self.title.text().strip():
            self.title.setFocus()
            return
        labels = tuple(part.strip() for part in self.labels.text().split(",") if part.strip())
        words = self.description.toPlainText().strip()
        self.amended.emit(self.title.text().strip(), words, labels)
        self.accept()
