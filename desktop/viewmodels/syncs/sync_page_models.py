"""The view-models of the page Sync and its tabs over one context."""

from dataclasses import dataclass

from desktop.viewmodels.syncs.mapping_editor_model import MappingEditorModel
from desktop.viewmodels.syncs.plan_model import PlanModel
from desktop.viewmodels.syncs.run_history_model import RunHistoryModel
from desktop.viewmodels.syncs.schedule_model import ScheduleModel
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel


@dataclass(frozen=True)
class SyncPageModels:
    """`page` leads; the others each show a part of the sync that it has selected."""

    page: SyncPageModel
    plan: PlanModel
    history: RunHistoryModel
    schedule: ScheduleModel
    mapping: MappingEditorModel

    async def close(self) -> None:
        """Cancel what runs in this window, then close the page's store connection."""
        for model in (self.plan, self.history, self.schedule, self.mapping):
            await model.close()
        await self.page.close()
        self.page.context.close()


def build_sync_page_models(context: SyncPageContext) -> SyncPageModels:
    """Build a model for each tab, connected to the page's."""
    page = SyncPageModel(context)
    return SyncPageModels(
        page, PlanModel(page), RunHistoryModel(page), ScheduleModel(page), MappingEditorModel(page)
    )
