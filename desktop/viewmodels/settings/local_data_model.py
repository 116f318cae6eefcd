"""Model of the card “Data on this computer”: counts the customers kept here and forgets them."""

from dataclasses import dataclass

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.local_databases import LocalDatabases
from desktop.connect.stored_data_inventory import StoredDataItem, list_stored_data
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.text import format_count
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage


@dataclass(frozen=True)
class LocalDataView:
    """`count` is None until the customers were counted."""

    count: int | None
    count_text: str
    forget_question: str
    places: tuple[StoredDataItem, ...]
    error: ErrorMessage


class LocalDataModel(CardModel):
    """Without a bus (in the setup wizard) nobody else shows customers."""

    def __init__(
        self,
        connection_config: ConnectionConfig,
        local_databases: LocalDatabases,
        bus: ChangeBus | None = None,
    ) -> None:
        super().__init__()
        self._connection_config = connection_config
        self._local_databases = local_databases
        self._bus = bus
        self._count: int | None = None

    def view(self) -> LocalDataView:
        """Build the view of the card with the data kept on this computer."""
        count = self._count
        text = "Counting…" if count is None else "No customer is kept."
        if count:
            text = format_count(count, "customer is", "customers are") + " kept on this computer."
        return LocalDataView(
            count=count,
            count_text=text,
            forget_question=f"This will delete {format_count(count or 0, 'customer', 'customers')}"
            " from this computer. Zendesk and Sailthru keep them. Changes that wait, and the record"
            " of changes, stay.",
            places=list_stored_data(self._connection_config),
            error=self._error,
        )

    def count_customers(self) -> None:
        """Count the customers kept here again."""
        self.tasks.start_once("count", self._count_customers())

    def forget_customers(self) -> None:
        """Forget every customer kept here; the person has been asked."""
        self._start_work("forget", self._forget_customers())

    async def _count_customers(self) -> None:
        self._count = await self._local_databases.count_customers()
        self.changed.emit()

    async def _forget_customers(self) -> None:
        before = self._count or await self._local_databases.count_customers()
        await self._local_databases.forget_customers()
        # The sheet on screen and the search suggestions forget them too.
        if self._bus is not None:
            self._bus.publish(ChangeSet.of(Topic.CUSTOMER))
        self._count = await self._local_databases.count_customers()
        gone = format_count(before - self._count, "customer", "customers")
        self._finish_work(f"{gone} deleted from this computer.")
