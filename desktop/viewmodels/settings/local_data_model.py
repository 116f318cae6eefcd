"""Whom this computer keeps, for how long, and forgetting them now."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.stored_data_inventory import StoredDataItem, list_stored_data
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.settings.local_databases import LocalDatabases
from desktop.viewmodels.task_registry import TaskRegistry


@dataclass(frozen=True)
class LocalDataView:
    """`count` is None until it was counted."""

    count: int | None
    count_text: str
    forget_question: str
    places: tuple[StoredDataItem, ...]
    error: ErrorMessage


class LocalDataModel(QObject):
    """`told` says how many records went."""

    changed = Signal()
    message_posted = Signal(str)

    def __init__(
        self,
        connection_config: ConnectionConfig,
        local_databases: LocalDatabases,
        bus: ChangeBus | None = None,
    ) -> None:
        super().__init__()
        self._connection_config, self._local_databases, self._bus = (
            connection_config,
            local_databases,
            bus,
        )
        self.tasks = TaskRegistry(self._on_error)
        self._count: int | None = None
        self._error = NO_ERROR

    def view(self) -> LocalDataView:
        """Build the card."""
        count = self._count
        kept = format_count(count or 0, "customer is", "customers are") + " kept on this computer."
        return LocalDataView(
            count=count,
            count_text="Counting…" if count is None else kept if count else "No customer is kept.",
            forget_question=f"This will delete {format_count(count or 0, 'customer', 'customers')} from this "  # noqa: E501
            "computer. Zendesk and Sailthru keep them. Changes that wait, and the record of "
            "changes, stay.",
            places=list_stored_data(self._connection_config),
            error=self._error,
        )

    def count_customers(self) -> None:
        """Count again."""
        if not self.tasks.is_running("count"):
            self.tasks.start("count", self._count_customers())

    def forget_customers(self) -> None:
        """Forget every customer kept here."""
        if not self.tasks.is_running("forget"):
            self.tasks.start("forget", self._forget_customers())

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    async def _count_customers(self) -> None:
        self._count = await self._local_databases.count_customers()
        self.changed.emit()

    async def _forget_customers(self) -> None:
        self._error = NO_ERROR
        before = self._count or await self._local_databases.count_customers()
        await self._local_databases.forget_customers()
        if self._bus is not None:
            self._bus.publish(ChangeSet.of(Topic.CUSTOMER))
        await self._count_customers()
        gone = before - (self._count or 0)
        self.message_posted.emit(
            f"{format_count(gone, 'customer', 'customers')} deleted from this computer."
        )

    def _on_error(self, error: AppError) -> None:
        self._error = to_error_message(error)
        self.changed.emit()
