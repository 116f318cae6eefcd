"""The dialog that asks where an exported list is saved, as CSV or JSON."""

from PySide6.QtCore import QDir, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

_FILE_FORMATS = {"CSV table (*.csv)": "csv", "JSON (*.json)": "json"}


def documents_folder() -> str:
    """Return the folder in which a save dialog begins: Documents, or the home.

    Qt would begin in the folder that the program was started in.
    """
    places = QStandardPaths.StandardLocation
    documents = QStandardPaths.writableLocation(places.DocumentsLocation)
    if documents and QDir(documents).exists():
        return documents
    return QStandardPaths.writableLocation(places.HomeLocation)


class ExportFileDialog(QFileDialog):
    """The system's save dialog for a list's export; the window goes on while it is open."""

    file_chosen = Signal(str, str)  # path; csv or json

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
        self.setDefaultSuffix(_FILE_FORMATS.get(name, "csv"))

    def _on_file_selected(self, path: str) -> None:
        # By the name that was typed, which may differ from the filter.
        self.file_chosen.emit(path, "json" if path.lower().endswith(".json") else "csv")
