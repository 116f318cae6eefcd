"""View-model of the export of everything known of a customer: from the menu and from Erase."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.customer.person_export import PersonExportService
from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.file_export import format_json, write_private_files
from desktop.viewmodels.task_registry import TaskRegistry


class PersonExportModel(QObject):
    """Writes the export of the customer shown into a folder of its own; one at a time."""

    started = Signal()
    saved = Signal(str)  # the folder
    failed = Signal(object)  # AppError

    def __init__(
        self, sheet_model: CustomerSheetModel, export: PersonExportService, clock: Clock
    ) -> None:
        super().__init__()
        self._sheet_model = sheet_model
        self._export = export
        self._clock = clock
        self._tasks = TaskRegistry(self.failed.emit)

    def export_into(self, folder: str) -> None:
        """Export the customer shown into a new folder below this one."""
        self._tasks.start_once("export", self._write(Path(folder)))

    async def close(self) -> None:
        """Cancel the export under way and wait for its end: no half of it stays."""
        await self._tasks.close()

    async def _write(self, parent: Path) -> None:
        sheet = self._sheet_model.sheet
        if sheet is None or not sheet.is_found:
            raise InvalidInput("No customer is open.", "Nothing was exported.")
        self.started.emit()
        export = await self._export.read(sheet)
        at = time_format.to_local_time(self._clock.now())
        files = {
            "person.json": format_json(export.document),
            "person.html": export.render_page(),
        }
        # Nobody's name: folders are seen over shoulders, and are named in backups.
        folder = parent / f"customer-export-{at:%Y-%m-%d-%H%M%S}"
        await write_private_files(folder, files)
        self.saved.emit(str(folder))
