"""Follow Zendesk: opens the requester of the ticket the agent has just viewed."""

import asyncio

from PySide6.QtCore import QObject, Signal

from desktop.customer.follow import Follow
from desktop.kit.errors import AppError
from desktop.model.query import Query, QueryKind
from desktop.viewmodels.office import Office
from desktop.viewmodels.sheet import SheetModel
from desktop.viewmodels.tasks import Tasks


class FollowModel(QObject):
    """On or off, and why it cannot be on. Never replaces a sheet with unsaved input."""

    changed = Signal()
    held = Signal(int)  # a ticket that was not opened because something is half-typed

    def __init__(self, follow: Follow, office: Office, sheet: SheetModel) -> None:
        super().__init__()
        self._follow = follow
        self._office = office
        self._sheet = sheet
        self._on = False
        self.visible = True
        self._tasks = Tasks(self._on_trouble)

    @property
    def on(self) -> bool:
        """Whether it follows."""
        return self._on

    @property
    def why_not(self) -> str:
        """Why it cannot be switched on; empty where it can."""
        if self._office.services.zendesk is None:
            return "Zendesk is not connected."
        return ""

    def set_on(self, on: bool) -> None:
        """Begin or end."""
        self._on = on and not self.why_not
        if self._on:
            self._tasks.start("follow", self._run())
        else:
            self._tasks.cancel("follow")
        self.changed.emit()

    def moved(self) -> None:
        """Somebody did something here."""
        self._follow.moved()

    async def close(self) -> None:
        """End it."""
        await self._tasks.close()

    async def _run(self) -> None:
        while True:
            # With nobody open yet, the ticket viewed last is what one is looking at.
            ticket = await self._follow.ask(newest_now=self._sheet.sheet is None)
            if ticket is not None:
                if self._sheet.unsaved:
                    self.held.emit(ticket.id)
                else:
                    self._sheet.open_query(Query(QueryKind.TICKET, str(ticket.id)))
            await asyncio.sleep(self._follow.wait_s(visible=self.visible))

    def _on_trouble(self, error: AppError) -> None:
        del error  # the status bar says how Zendesk is doing
        self._on = False
        self.changed.emit()
