"""The models of the page “Sync”, put together over one room."""

from dataclasses import dataclass

from desktop.viewmodels.syncs.mapping_editor_model import MappingEditorModel
from desktop.viewmodels.syncs.plan_model import PlanModel
from desktop.viewmodels.syncs.run_history_model import RunHistoryModel
from desktop.viewmodels.syncs.schedule_model import ScheduleModel
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel


@dataclass(frozen=True)
class SyncPageModels:
    """`page` leads; the others show a part of what it has chosen."""

    page: SyncPageModel
    plan: PlanModel
    history: RunHistoryModel
    schedule: ScheduleModel
    mapping: MappingEditorModel

    async def close(self) -> None:
        """End what runs in this window."""
        for model in (self.plan, self.history, self.schedule, self.mapping):
            await model.close()
        await self.page.close()
        self.page.context.close()


def build_sync_page_models(context: SyncPageContext) -> SyncPageModels:
    """One model for each part."""
    page = SyncPageModel(context)
    return SyncPageModels(
        page, PlanModel(page), RunHistoryModel(page), ScheduleModel(page), MappingEditorModel(page)
    )
