"""The dialogs that ask where an export is saved: a list as CSV or JSON, or a folder."""

from collections.abc import Callable

from PySide6.QtCore import QDir, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.viewmodels.file_export import FileFormat

# The first with the mark by which Excel knows UTF-8, which other programs take for a letter.
_FILE_FORMATS = {
    "CSV table, also for Excel (*.csv)": FileFormat.CSV,
    "CSV table, plain UTF-8 (*.csv)": FileFormat.PLAIN_CSV,
    "JSON (*.json)": FileFormat.JSON,
}


def documents_folder() -> str:
    """Return the folder in which a save dialog begins: Documents, or the home.

    Qt would begin in the folder that the program was started in.
    """
    places = QStandardPaths.StandardLocation
    documents = QStandardPaths.writableLocation(places.DocumentsLocation)
    if documents and QDir(documents).exists():
        return documents
    return QStandardPaths.writableLocation(places.HomeLocation)


def choose_folder(host: QWidget, title: str, act: Callable[[str], None]) -> None:
    """Open the system's dialog for a folder, and have `act` take it; the window goes on."""
    dialog = QFileDialog(host, title)
    # open(), not exec(): asyncio goes on while the person looks for a folder.
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setDirectory(documents_folder())
    dialog.fileSelected.connect(act)
    dialog.open()


class ExportFileDialog(QFileDialog):
    """The system's save dialog for a list's export; the window goes on while it is open."""

    file_chosen = Signal(str, str)  # path, FileFormat's value

    def __init__(self, title: str, file_name: str, parent: QWidget) -> None:
        super().__init__(parent, title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setNameFilters(list(_FILE_FORMATS))
        self.setDefaultSuffix("csv")
        self.setDirectory(documents_folder())
        self.selectFile(file_name)
        self.filterSelected.connect(self._on_filter_selected)
        self.fileSelected.connect(self._on_file_selected)

    def _on_filter_selected(self, name: str) -> None:
        is_json = _FILE_FORMATS.get(name) is FileFormat.JSON
        self.setDefaultSuffix("json" if is_json else "csv")

    def _on_file_selected(self, path: str) -> None:
        chosen = _FILE_FORMATS.get(self.selectedNameFilter(), FileFormat.CSV)
        # By the name that was typed, which may differ from the filter.
        if path.lower().endswith(".json"):
            chosen = FileFormat.JSON
        elif chosen is FileFormat.JSON:
            chosen = FileFormat.CSV
        self.file_chosen.emit(path, chosen.value)
