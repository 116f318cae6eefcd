"""The dialogs that ask where an export is saved: a list as CSV or JSON, or a folder."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import MappingProxyType

from PySide6.QtCore import QDir, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.viewmodels.file_export import FileFormat

# The first with the mark by which Excel knows UTF-8, which other programs take for a letter.
_FILE_FORMATS = {
    "CSV table, also for Excel (*.csv)": FileFormat.CSV,
    "CSV table, plain UTF-8 (*.csv)": FileFormat.PLAIN_CSV,
    "JSON (*.json)": FileFormat.JSON,
}
# Of lists that may be of any length.
LONG_LIST_FORMATS = {
    **_FILE_FORMATS,
    "Excel workbook (*.xlsx)": FileFormat.XLSX,
    "JSON Lines (*.jsonl)": FileFormat.JSON_LINES,
}
_ENDINGS = {FileFormat.JSON: "json", FileFormat.XLSX: "xlsx", FileFormat.JSON_LINES: "jsonl"}


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

    def __init__(
        self,
        title: str,
        file_name: str,
        parent: QWidget,
        formats: Mapping[str, FileFormat] = MappingProxyType(_FILE_FORMATS),
    ) -> None:
        """`formats` are the kinds of file by what the dialog calls them, CSV first."""
        super().__init__(parent, title)
        self._formats = formats
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setNameFilters(list(formats))
        self.setDefaultSuffix("csv")
        self.setDirectory(documents_folder())
        self.selectFile(file_name)
        self.filterSelected.connect(self._on_filter_selected)
        self.fileSelected.connect(self._on_file_selected)

    def _on_filter_selected(self, name: str) -> None:
        self.setDefaultSuffix(_ENDINGS.get(self._formats.get(name, FileFormat.CSV), "csv"))

    def _on_file_selected(self, path: str) -> None:
        chosen = self._formats.get(self.selectedNameFilter(), FileFormat.CSV)
        # By the name that was typed, which may differ from the filter.
        ending = PurePath(path).suffix.lower().lstrip(".")
        if ending != _ENDINGS.get(chosen, "csv"):
            named = (one for one in self._formats.values() if _ENDINGS.get(one) == ending)
            chosen = next(named, FileFormat.CSV)
        self.file_chosen.emit(path, chosen.value)
