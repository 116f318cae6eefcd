"""The view-models of the page Sync and its tabs over one context."""

from dataclasses import dataclass

from desktop.viewmodels.syncs.left_out_model import LeftOutModel
from desktop.viewmodels.syncs.mapping_editor_model import MappingEditorModel
from desktop.viewmodels.syncs.plan_model import PlanModel
from desktop.viewmodels.syncs.run_history_model import RunHistoryModel
from desktop.viewmodels.syncs.schedule_model import ScheduleModel
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel


@dataclass(frozen=True)
class SyncPageModels:
    """The page Sync's model (`page`) and its tabs', each for a part of the sync selected there."""

    page: SyncPageModel
    plan: PlanModel
    history: RunHistoryModel
    schedule: ScheduleModel
    mapping: MappingEditorModel
    left_out: LeftOutModel

    async def close(self) -> None:
        """Cancel what the page Sync runs in this window, then close its database connection."""
        for model in (self.plan, self.history, self.schedule, self.mapping, self.left_out):
            await model.close()
        await self.page.close()
        self.page.context.close()


def build_sync_page_models(context: SyncPageContext) -> SyncPageModels:
    """Build the page Sync's model and one for each tab, connected to it."""
    page = SyncPageModel(context)
    return SyncPageModels(
        page,
        PlanModel(page),
        RunHistoryModel(page),
        ScheduleModel(page),
        MappingEditorModel(page),
        LeftOutModel(page),
    )
