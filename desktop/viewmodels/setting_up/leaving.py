"""Disconnecting this workspace: what goes, what stays, and what still waits, said before."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.connect import disconnect
from desktop.connect.desk import Desk
from desktop.connect.roles import may_change
from desktop.kit.errors import AppError, NotPermitted
from desktop.kit.text import plural
from desktop.settings import table
from desktop.viewmodels.setting_up.local import LocalData
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, trouble_of
from desktop.viewmodels.settings_office import SettingsOffice, person
from desktop.viewmodels.tasks import Tasks

_STAYS = (
    "What stays on this computer: the record of changes, the syncs with their history, and the"
    " settings of the window. The permissions go back to their defaults, and changes are switched"
    " off until an admin switches them on again."
)


@dataclass(frozen=True)
class LeavingView:
    """`why_not` says why it may not be done here; `connected` whether there is anything to leave.

    `goes`, `waits` and `stays` are what the question says.
    """

    connected: bool
    why_not: str
    goes: str
    waits: str
    stays: str
    busy: str
    trouble: Trouble


class LeavingModel(QObject):
    """`told` says how it ended."""

    changed = Signal()
    told = Signal(str)

    def __init__(self, office: SettingsOffice, desk: Desk, local: LocalData) -> None:
        super().__init__()
        self._office, self._desk, self._local = office, desk, local
        self.tasks = Tasks(self._on_trouble)
        self._busy = ""
        self._trouble = NONE

    def view(self) -> LeavingView:
        """Build the card and its question."""
        waiting = self._local.open_count()
        waits = ""
        if waiting:
            count = plural(waiting, "change still waits", "changes still wait")
            waits = f"{count} to be sent: kept, and sent once this account is connected again."
        return LeavingView(
            connected=self._office.connected or self._office.configured,
            why_not=self._why_not(),
            goes="Zendesk is signed out, and Sailthru's key and secret are erased here. Customers"
            " kept on this computer are deleted; Zendesk and Sailthru keep them.",
            waits=waits,
            stays=_STAYS,
            busy=self._busy,
            trouble=self._trouble,
        )

    def refresh(self) -> None:
        """Something it is made from is another."""
        self.changed.emit()

    def leave(self) -> None:
        """Do it; the person has been asked."""
        if not self.tasks.runs("leave"):
            self.tasks.start("leave", self._leave())

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    def _why_not(self) -> str:
        return may_change(table.ZENDESK_BASE_URL, person(self._office), self._office.values).reason

    async def _leave(self) -> None:
        why_not = self._why_not()
        if why_not:
            raise NotPermitted("This workspace cannot be disconnected here.", why_not)
        self._trouble, self._busy = NONE, "Disconnecting…"
        self.changed.emit()
        goodbye = await disconnect.disconnect(self._desk)
        await self._office.disconnect()
        await self._local.forget_customers()
        self._office.reload()
        await self._office.connect()
        self._busy = ""
        self.changed.emit()
        self.told.emit(f"This workspace is disconnected. {goodbye.words}")

    def _on_trouble(self, error: AppError) -> None:
        self._trouble, self._busy = trouble_of(error), ""
        self.changed.emit()
