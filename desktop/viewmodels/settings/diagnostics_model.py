"""Model of the diagnostics dialog: the report, and the file it is saved to."""

from dataclasses import dataclass
from pathlib import Path

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.diagnostics_report import build_diagnostics_report
from desktop.viewmodels.file_export import write_private_file
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage


@dataclass(frozen=True)
class DiagnosticsView:
    """What the diagnostics dialog shows: the report so far, and why it can't be saved yet."""

    report: str
    note: str
    can_save: bool
    error: ErrorMessage


class DiagnosticsModel(CardModel):
    """Builds the diagnostics report, which is shown before it is saved anywhere."""

    def __init__(self, connection_config: ConnectionConfig, log_folder: Path) -> None:
        super().__init__()
        self._connection_config, self._log_folder = connection_config, log_folder
        self._report = ""

    def view(self) -> DiagnosticsView:
        """Build the view of the diagnostics dialog."""
        note = self._busy_text or "Nothing is sent. Read it, save it, and send it yourself."
        can_save = bool(self._report) and not self._busy_text
        return DiagnosticsView(self._report, note, can_save, self._error)

    def start_report(self) -> None:
        """Start to build the report anew: connections, files and log as they are now."""
        if not self._busy_text:
            self._report = ""
        self._start_work("report", self._build(), "Checking connections, reading files…")

    def save(self, path: str) -> None:
        """Start to save the shown report, readable by this person alone."""
        self._start_work("save", self._save(Path(path)), "Saving…")

    async def _build(self) -> None:
        self._report = await build_diagnostics_report(self._connection_config, self._log_folder)
        self._finish_work()

    async def _save(self, path: Path) -> None:
        await write_private_file(path, self._report)
        self._finish_work(f"Saved to {path}.")
