"""Model of the card “Test connections”: each check of the doctor as it ends, and the summary."""

from dataclasses import dataclass

from desktop.connect.connection_check import ConnectionCheck
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.doctor import run_doctor
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.connection_check_view import (
    CheckNoteTone,
    ConnectionCheckView,
    build_check_view,
    checks_note,
)
from desktop.viewmodels.settings.error_message import ErrorMessage


@dataclass(frozen=True)
class ConnectionTestView:
    """What the card “Test connections” shows: the checks so far and the sentence about them."""

    checks: tuple[ConnectionCheckView, ...]
    is_busy: bool
    note: str
    note_tone: CheckNoteTone
    error: ErrorMessage


class ConnectionTestModel(CardModel):
    """Runs the doctor's checks for the card “Test connections”; emits `changed` after each."""

    def __init__(self, connection_config: ConnectionConfig) -> None:
        super().__init__()
        self._connection_config = connection_config
        self._checks: list[ConnectionCheck] = []
        self._tested_at: float | None = None

    def view(self) -> ConnectionTestView:
        """Build the view of the card “Test connections”."""
        is_busy = bool(self._busy_text)
        note, tone = checks_note(self._checks, is_busy=is_busy, tested_at=self._tested_at)
        views = tuple(build_check_view(check) for check in self._checks)
        return ConnectionTestView(views, is_busy, note, tone, self._error)

    def start_test(self) -> None:
        """Start the card “Test connections”'s checks of every permission; those under way go on."""
        if not self._busy_text:
            self._checks.clear()
        self._start_work("test", self._run_test())

    async def _run_test(self) -> None:
        await run_doctor(self._connection_config, self._on_check)
        self._tested_at = self._connection_config.clock.now()
        self._finish_work()

    def _on_check(self, check: ConnectionCheck) -> None:
        self._checks.append(check)
        self.changed.emit()
