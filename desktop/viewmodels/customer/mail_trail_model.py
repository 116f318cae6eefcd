"""View-model of the drawer Did the mail go out?, for the customer on the sheet."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.kit.text import to_sentence
from desktop.model.mail_trail import MailEntry, MailOutcome, MailTrail
from desktop.model.sailthru_profile import SailthruProfile
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.tone import ChipTone

_OUTCOMES: dict[MailOutcome, tuple[str, ChipTone]] = {
    MailOutcome.SENT: ("Sent", "ok"),
    MailOutcome.SCHEDULED: ("Scheduled", "info"),
    MailOutcome.BOUNCED: ("Bounced", "bad"),
    MailOutcome.SUPPRESSED: ("Held back", "warn"),
    MailOutcome.UNKNOWN: ("Not known", "neutral"),
}

ReadMailTrail = Callable[[SailthruProfile], Awaitable[MailTrail]]


@dataclass(frozen=True)
class MailRowView:
    """An e-mail in the drawer Did the mail go out?: when, what, and what became of it."""

    time: str
    time_tooltip: str
    name: str
    detail: str
    outcome: str
    tone: ChipTone


@dataclass(frozen=True)
class MailTrailView:
    """What the drawer Did the mail go out? shows; `note` says that it reads, or found nothing."""

    subtitle: str = ""
    rows: tuple[MailRowView, ...] = ()
    unknown: tuple[str, ...] = ()
    note: str = ""
    error: str = ""


class MailTrailModel(QObject):
    """The drawer Did the mail go out?: asks Sailthru when opened, for the customer shown."""

    changed = Signal()

    def __init__(
        self, sheet_model: CustomerSheetModel, read_trail: ReadMailTrail, clock: Clock
    ) -> None:
        super().__init__()
        self._sheet_model = sheet_model
        self._read_trail = read_trail
        self._clock = clock
        self._tasks = TaskRegistry(self._on_error)
        self._found: MailTrail | None = None
        self._error: AppError | None = None

    def disabled_reason(self) -> str:
        """Say why nothing can be told of the customer's mail, or ""."""
        sheet = self._sheet_model.sheet
        if sheet is None:
            return "No customer is open."
        return "" if sheet.profile.value is not None else "This customer has no Sailthru profile."

    def begin(self) -> None:
        """Ask Sailthru about the last e-mails of the customer shown."""
        self._found = self._error = None
        self._tasks.start("read", self._read())
        self.changed.emit()

    def view(self) -> MailTrailView:
        """Build what the drawer Did the mail go out? shows."""
        sheet, found, now = self._sheet_model.sheet, self._found, self._clock.now()
        if sheet is None:
            return MailTrailView()
        subtitle = customer_name(sheet)
        if self._error is not None:
            return MailTrailView(subtitle, error=str(self._error))
        if found is None:
            return MailTrailView(subtitle, note="Asking Sailthru…")
        note = "" if found.entries else "Sailthru tells of no e-mail to this customer."
        if found.refused_templates:
            names = ", ".join(f"“{name}”" for name in found.refused_templates)
            note = f"{note} Unsubscribed from single e-mails: {names}.".strip()
        rows = tuple(_row_of(entry, now) for entry in found.entries)
        return MailTrailView(subtitle, rows, found.unknown, note)

    async def close(self) -> None:
        """Cancel what the drawer Did the mail go out? asks and wait for its end."""
        await self._tasks.close()

    async def _read(self) -> None:
        sheet, number = self._sheet_model.sheet, self._sheet_model.customer_number
        if sheet is None or sheet.profile.value is None:
            return
        found = await self._read_trail(sheet.profile.value)
        if number == self._sheet_model.customer_number:
            self._found = found
            self.changed.emit()

    def _on_error(self, error: AppError) -> None:
        self._error = error
        self.changed.emit()


def _row_of(entry: MailEntry, now: float) -> MailRowView:
    words, tone = _OUTCOMES[entry.outcome]
    kind = "Campaign" if entry.is_campaign else "Triggered e-mail"
    details = [kind, entry.reason]
    if entry.opened_at is not None:
        opened = time_format.format_date_and_time(entry.opened_at, now)
        details.append(f"opened {opened} (may be automatic)")
    is_timed = entry.at is not None
    return MailRowView(
        time_format.format_date_and_time(entry.at or 0.0, now) if is_timed else "time not known",
        time_format.format_full_timestamp(entry.at or 0.0) if is_timed else "",
        entry.name,
        to_sentence(", ".join(filter(None, details))),
        words,
        tone,
    )
