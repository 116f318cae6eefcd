"""Model of the card “Data on this computer”: counts what is kept of customers, and erases it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.local_data_service import LocalDataService
from desktop.connect.stored_data_inventory import (
    StoredDataItem,
    describe_kept_data,
    list_stored_data,
)
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.settings import settings_table
from desktop.store.cached_sheet_reader import KeptData
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.time_format import format_full_date

_DAY_S = 86_400.0
# Appends to the audit that so many people are erased; False: no admin is at work, they stay.
NoteEverybody = Callable[[int], Awaitable[bool]]


async def everybody_stays(_people: int) -> bool:
    """Say that everybody's data is not erased: before the set-up ends no admin is known."""
    return False


@dataclass(frozen=True)
class LocalDataView:
    """View of the card “Data on this computer”, with the text of its question."""

    can_erase: bool
    kept_text: str
    erase_question: str
    places: tuple[StoredDataItem, ...]
    error: ErrorMessage


class LocalDataModel(CardModel):
    """Counts and erases local data for its card; without a bus (setup wizard) no window is told."""

    def __init__(
        self,
        connection_config: ConnectionConfig,
        local_databases: LocalDataService,
        bus: ChangeBus | None = None,
        may_stop_runs: Callable[[], bool] = lambda: True,
        note_everybody: NoteEverybody = everybody_stays,
    ) -> None:
        """`note_everybody` appends to the audit that everybody is erased, where an admin asks."""
        super().__init__()
        self._note_everybody = note_everybody
        self._may_stop_runs = may_stop_runs
        self._connection_config = connection_config
        self._local_databases = local_databases
        self._bus = bus
        self._kept: KeptData | None = None

    def view(self) -> LocalDataView:
        """Build the view of the card “Data on this computer”."""
        kept = self._kept
        text = "Counting…" if kept is None else "No customer is kept."
        described = describe_kept_data(kept) if kept else ""
        if kept is not None and not kept.is_nothing:
            since = f", last read on {format_full_date(kept.read_at)}" if kept.read_at else ""
            text = f"Kept on this computer: {described}{since}."
        again = (
            " The people of the audience are erased where an admin asks, else they stay; while this"
            " computer keeps everybody's data, everybody is read again."
            if kept is not None and kept.people
            else ""
        )
        return LocalDataView(
            can_erase=kept is not None and not kept.is_nothing,
            kept_text=text,
            erase_question=f"This will erase {described} from this computer, with the people in"
            " previews and finished runs, which can't be undone as a whole afterwards. It stops a"
            " run under way. Zendesk and Sailthru keep them. Changes that wait, and the record of"
            " changes, stay. Copies that a backup has made are out of reach." + again,
            places=list_stored_data(self._connection_config),
            error=self._error,
        )

    def count_kept(self) -> None:
        """Count again, for its card, what is kept of customers on this computer."""
        self.tasks.start("count", self._count_kept())

    async def count_lost_by_days(self, key: str, days: bool | int | str) -> int:
        """Count for the card the customers, or events, that keeping them for fewer days erases."""
        is_events = key == settings_table.EVENT_DAYS.key
        setting = settings_table.EVENT_DAYS if is_events else settings_table.CACHE_DAYS
        kept_days = self._connection_config.settings_file.load().values.get(setting)
        if isinstance(days, bool) or not str(days).isdecimal() or int(days) >= kept_days:
            return 0
        before = self._connection_config.clock.now() - int(days) * _DAY_S
        if is_events:
            return await self._local_databases.count_delivered_before(before)
        return await self._local_databases.count_not_opened_since(before)

    def erase_kept(self) -> None:
        """Erase what is kept of customers on this computer; the person has been asked."""
        self._start_work("erase", self._erase_kept(), "Erasing…")

    async def _count_kept(self) -> None:
        self._kept = await self._local_databases.summarize_kept()
        self.changed.emit()

    async def _erase_kept(self) -> None:
        before = await self._local_databases.summarize_kept()
        with_everybody = await self._local_databases.has_everybody()
        if with_everybody:
            with_everybody = await self._note_everybody(before.people)
        await self._local_databases.erase_kept(
            may_stop_runs=self._may_stop_runs(), with_everybody=with_everybody
        )
        erased = before if with_everybody else replace(before, people=0)
        # The sheet on screen and the search suggestions forget them too.
        if self._bus is not None:
            self._bus.publish(ChangeSet.of(Topic.CUSTOMER))
        self._kept = await self._local_databases.summarize_kept()
        stays = " Everybody's data stays: only an admin may erase it." if erased != before else ""
        self._finish_work(f"Erased from this computer: {describe_kept_data(erased)}.{stays}")
