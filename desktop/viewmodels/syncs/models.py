"""The models of the page “Sync”, put together over one room."""

from dataclasses import dataclass

from desktop.viewmodels.syncs.history import HistoryModel
from desktop.viewmodels.syncs.mapping import MappingModel
from desktop.viewmodels.syncs.page import SyncsModel
from desktop.viewmodels.syncs.plan import PlanModel
from desktop.viewmodels.syncs.room import Room
from desktop.viewmodels.syncs.schedule import ScheduleModel


@dataclass(frozen=True)
class SyncModels:
    """`page` leads; the others show a part of what it has chosen."""

    page: SyncsModel
    plan: PlanModel
    history: HistoryModel
    schedule: ScheduleModel
    mapping: MappingModel

    async def close(self) -> None:
        """End what runs in this window."""
        for model in (self.plan, self.history, self.schedule, self.mapping):
            await model.close()
        await self.page.close()
        self.page.room.close()


def make_models(room: Room) -> SyncModels:
    """One model for each part."""
    page = SyncsModel(room)
    return SyncModels(
        page, PlanModel(page), HistoryModel(page), ScheduleModel(page), MappingModel(page)
    )
