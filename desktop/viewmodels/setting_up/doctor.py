"""“Test connections”: every connection and permission, one line each, as they are found out."""

from PySide6.QtCore import QObject, Signal

from desktop.connect.check import Check, all_well
from desktop.connect.desk import Desk
from desktop.connect.doctor import examine
from desktop.kit.errors import AppError
from desktop.viewmodels import moment
from desktop.viewmodels.setting_up.checks import CheckView, check_view, summary
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, trouble_of
from desktop.viewmodels.tasks import Tasks


class DoctorModel(QObject):
    """`changed` after each line."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.tasks = Tasks(self._on_trouble)
        self._checks: list[Check] = []
        self.busy = False
        self._at: float | None = None
        self.trouble: Trouble = NONE

    def checks(self) -> tuple[CheckView, ...]:
        """Give all lines so far."""
        return tuple(check_view(check) for check in self._checks)

    def note(self) -> tuple[str, str]:
        """How the test stands, and the tone of saying so."""
        checks = tuple(self._checks)
        words = summary(checks, running=self.busy)
        if self._at is not None and not self.busy:
            words = f"{words}, tested {moment.clock(self._at)}"
        return words, "muted" if self.busy or all_well(checks) else "bad"

    def test(self) -> None:
        """Begin; while a test runs a second one is not begun."""
        if self.busy:
            return
        self.busy, self.trouble = True, NONE
        self._checks.clear()
        self.tasks.start("test", self._test())
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    async def _test(self) -> None:
        await examine(self._desk, self._on_check)
        self.busy, self._at = False, self._desk.clock.now()
        self.changed.emit()

    def _on_check(self, check: Check) -> None:
        self._checks.append(check)
        self.changed.emit()

    def _on_trouble(self, error: AppError) -> None:
        self.busy, self.trouble = False, trouble_of(error)
        self.changed.emit()
