"""Dialogs of sources of events: add one, rename it, and the new write key, shown once."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from desktop.model.event_source import EventSourceKind
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.export_file_dialog import documents_folder
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.panels.widgets.text_field import TextField

_KINDS = (
    EventSourceKind.FOLDER,
    EventSourceKind.HTTP,
    EventSourceKind.FILE,
    EventSourceKind.PIPE,
)
_HELP = {
    EventSourceKind.FOLDER: "Whole files in it are taken in while Fairlead is open; none is moved"
    " or deleted.",
    EventSourceKind.HTTP: "Libraries of Segment's form post to `fairlead events serve`,"
    " with a write key.",
    EventSourceKind.FILE: "Files and pastes that you deliver under this name.",
    EventSourceKind.PIPE: "A program hands events over on the command line.",
}


class AddEventSourceDialog(ScrollingDialog):
    """Asks for the name and the kind of a new source; stays open where it is refused."""

    source_given = Signal(str, object, str)  # name, kind, folder

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Add a source", parent, width=440)
        self.name_field = TextField("Name of the source", "Website")
        self.kind_dropdown = DropdownField(
            "Kind of source", tuple((kind.value, kind.label) for kind in _KINDS)
        )
        self.kind_dropdown.set_value(EventSourceKind.FOLDER.value)
        self.folder_field = TextField("Folder to watch", "/data/events", max_length=1_000)
        self.folder_button = secondary_button("Choose…", name="Choose the folder")
        self._help = label("", "note", wrap=True)
        self.error_label = label("", tone="bad", wrap=True)
        self.error_label.hide()
        self.cancel_button = secondary_button("Cancel")
        self.add_button = primary_button("Add", name="Add the source")
        self._folder_row = QWidget()
        self._folder_row.setLayout(hbox(self.folder_field, self.folder_button))
        for part in (
            *(label("Name", "muted"), self.name_field, label("Kind", "muted")),
            *(self.kind_dropdown, self._folder_row, self._help, self.error_label),
        ):
            self.content.addWidget(part)
        self.add_buttons(self.cancel_button, self.add_button)
        self.cancel_button.clicked.connect(self.reject)
        self.add_button.clicked.connect(self._on_add)
        self.kind_dropdown.chosen.connect(self._on_kind)
        self.name_field.textChanged.connect(self._on_typed)
        self.folder_button.clicked.connect(self._on_choose)
        self._on_kind("")
        self._on_typed("")
        self.name_field.setFocus()

    def show_error(self, sentence: str) -> None:
        """Show in the dialog why the source of events was not added."""
        self.error_label.setText(sentence)
        self.error_label.setVisible(bool(sentence))

    def _kind(self) -> EventSourceKind:
        return EventSourceKind(self.kind_dropdown.value())

    def _on_kind(self, _key: str) -> None:
        self._folder_row.setVisible(self._kind() is EventSourceKind.FOLDER)
        self._help.setText(_HELP[self._kind()])

    def _on_typed(self, text: str) -> None:
        self.add_button.set_enabled(bool(text.strip()), "Give it a name.")
        self.add_button.setDefault(bool(text.strip()))

    def _on_choose(self) -> None:
        dialog = QFileDialog(self, "Watch a folder", documents_folder())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder_field.setText)
        dialog.open()

    def _on_add(self) -> None:
        kind = self._kind()
        folder = self.folder_field.text() if kind is EventSourceKind.FOLDER else ""
        self.source_given.emit(self.name_field.text(), kind, folder)


class RenameEventSourceDialog(ScrollingDialog):
    """Dialog that renames a named source of events."""

    renamed = Signal(str, str)  # the name before, the new one

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__("Rename the source", parent)
        self._name = name
        self.name_field = TextField("New name")
        self.name_field.setText(name)
        self.cancel_button = secondary_button("Cancel")
        self.rename_button = primary_button("Rename", name="Rename the source")
        self.content.addWidget(self.name_field)
        self.add_buttons(self.cancel_button, self.rename_button)
        self.cancel_button.clicked.connect(self.reject)
        self.rename_button.clicked.connect(self._on_rename)
        self.rename_button.setDefault(True)
        self.name_field.setFocus()
        self.name_field.selectAll()

    def _on_rename(self) -> None:
        self.renamed.emit(self._name, self.name_field.text())
        self.accept()


class WriteKeyDialog(ScrollingDialog):
    """Shows the new write key of a source once; it is nowhere else to be seen."""

    def __init__(self, name: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__("New write key", parent)
        self._key = key
        self.content.addWidget(
            label(
                f"Give it to what sends events to {name}. It is shown once; the key before no"
                " longer counts.",
                wrap=True,
            )
        )
        self.key_field = TextField("Write key")
        self.key_field.setText(key)
        self.key_field.setReadOnly(True)
        self.content.addWidget(self.key_field)
        self.copy_button = secondary_button("Copy", name="Copy the write key")
        self.done_button = primary_button("Done")
        self.add_buttons(self.copy_button, self.done_button)
        self.copy_button.clicked.connect(self._on_copy)
        self.done_button.clicked.connect(self.accept)

    def _on_copy(self) -> None:
        QApplication.clipboard().setText(self._key)
        self.copy_button.set_text("Copied")
