"""The dialog about one Sailthru list: what it is, who writes it, and its changes made here."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.dialog import Dialog
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.customer.lists_view import ListDetailsView
from desktop.viewmodels.key_value_row import KeyValueRow


class ListDetailsDialog(Dialog):
    """Dialog of what is known about one Sailthru list, which has no address to open."""

    changes_requested = Signal(str)  # name of the list

    def __init__(self, view: ListDetailsView, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = view.name
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(view.name)
        self.setAccessibleName(f"List {view.name}")
        self.setObjectName("List")
        self.setMinimumWidth(fonts.scaled(340))
        # A name may be as long as a sentence.
        self.setMaximumWidth(fonts.scaled(460))
        facts = KeyValueTable("About this list", label_width=110)
        facts.set_rows([KeyValueRow(name, value) for name, value in view.facts])
        self.copy_button = secondary_button("Copy name", name="Copy the list's name")
        self.changes_button = secondary_button("Show its changes", name="Show the list's changes")
        close = primary_button("Close")
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(10))
        column.addWidget(label(view.name, "heading", wrap=True))
        column.addWidget(facts)
        column.addLayout(hbox(self.copy_button, self.changes_button, 1, close))
        self.copy_button.clicked.connect(self._on_copy)
        self.changes_button.clicked.connect(self._on_changes)
        close.clicked.connect(self.accept)
        close.setFocus()

    def _on_copy(self) -> None:
        QApplication.clipboard().setText(self._name)
        announce(self, "Copied")

    def _on_changes(self) -> None:
        self.changes_requested.emit(self._name)
        self.accept()
