"""Whom this computer keeps, for how long, and forgetting them now."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.connect.desk import Desk
from desktop.connect.stored import Place, places
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.errors import AppError
from desktop.kit.text import plural
from desktop.viewmodels.setting_up.local import LocalData
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, trouble_of
from desktop.viewmodels.tasks import Tasks


@dataclass(frozen=True)
class DataView:
    """`count` is None until it was counted."""

    count: int | None
    words: str
    question: str
    places: tuple[Place, ...]
    trouble: Trouble


class DataModel(QObject):
    """`told` says how many records went."""

    changed = Signal()
    told = Signal(str)

    def __init__(self, desk: Desk, local: LocalData, bus: Bus | None = None) -> None:
        super().__init__()
        self._desk, self._local, self._bus = desk, local, bus
        self.tasks = Tasks(self._on_trouble)
        self._count: int | None = None
        self._trouble = NONE

    def view(self) -> DataView:
        """Build the card."""
        count = self._count
        kept = plural(count or 0, "customer is", "customers are") + " kept on this computer."
        return DataView(
            count=count,
            words="Counting…" if count is None else kept if count else "No customer is kept.",
            question=f"This will delete {plural(count or 0, 'customer', 'customers')} from this "
            "computer. Zendesk and Sailthru keep them. Changes that wait, and the record of "
            "changes, stay.",
            places=places(self._desk),
            trouble=self._trouble,
        )

    def count(self) -> None:
        """Count again."""
        if not self.tasks.runs("count"):
            self.tasks.start("count", self._recount())

    def forget(self) -> None:
        """Forget every customer kept here."""
        if not self.tasks.runs("forget"):
            self.tasks.start("forget", self._forget())

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    async def _recount(self) -> None:
        self._count = await self._local.customer_count()
        self.changed.emit()

    async def _forget(self) -> None:
        self._trouble = NONE
        before = self._count or await self._local.customer_count()
        await self._local.forget_customers()
        if self._bus is not None:
            self._bus.publish(Changes.of(Topic.CUSTOMER))
        await self._recount()
        gone = before - (self._count or 0)
        self.told.emit(f"{plural(gone, 'customer', 'customers')} deleted from this computer.")

    def _on_trouble(self, error: AppError) -> None:
        self._trouble = trouble_of(error)
        self.changed.emit()
