"""The page Activity at work in a workspace, and changes of one customer."""

from desktop.app.container import WorkspaceServices
from desktop.app.team_approvals import TeamApprovals
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.model.edit import UNDO_WINDOW_S, EditRequest, EditTarget, waits_for_undo
from desktop.model.service import Service
from desktop.panels.activity_page import ActivityPage
from desktop.viewmodels.activity.activity_page_model import ActivityPageModel
from desktop.viewmodels.team_approvals_model import TeamApprovalsModel
from desktop.viewmodels.team_lead_requests_model import TeamLeadRequestsModel
from tests.support.window_workspace import await_with_timeout, delete_qt_objects

MARIA_SID = "5e9f3c1b2a4d6e8f00713401"


class ActivityPageDriver:
    """A connected workspace, the model and its page."""

    def __init__(self, house: WorkspaceServices) -> None:
        self.house = house
        live, clock = house.session, house.context.clock
        self.model = ActivityPageModel(
            live,
            house.store,
            house.undo,
            house.editor,
            house.bus,
            clock,
            house.pauses,
            house.address_watch,
            house.team,
        )
        self.team_lead_requests = TeamLeadRequestsModel(
            live, house.team_lead_requests, house.editor, house.store, house.bus, clock
        )
        self.approvals = TeamApprovalsModel(live, TeamApprovals(house), house.bus, clock)
        self.page = ActivityPage(self.model, self.team_lead_requests, self.approvals)

    async def submit_edit(self, *intents: EditRequest, wait: bool = False) -> list[str]:
        # Past the rules: what is listed may have been allowed at another time.
        house = self.house
        delays_s = [UNDO_WINDOW_S if wait and waits_for_undo(one) else 0.0 for one in intents]
        actor, now = house.session.actor, house.context.clock.now()
        edits = await house.store.outbox.enqueue(
            intents, actor.name, now, delays_s, actor_key=actor.key
        )
        house.bus.publish(
            ChangeSet.of(Topic.OUTBOX, Topic.CUSTOMER, ids=[one.target.id for one in intents])
        )
        return [edit.id for edit in edits]

    async def deliver_edits(self) -> None:
        await await_with_timeout(self.house.build_edit_sender().send_due())

    async def close_page(self) -> None:
        await self.model.close()
        await self.team_lead_requests.close()
        await self.approvals.close()
        self.page.close()
        await delete_qt_objects(self.page, self.model, self.team_lead_requests, self.approvals)

    def edit_states(self) -> list[str]:
        rows = [self.model.table_model.row_at(i) for i in range(self.model.table_model.rowCount())]
        return [row.state for row in rows if row is not None]


def edit_of_maria(kind: object, name: str, old: object, new: object, **more: object) -> EditRequest:
    target = EditTarget(Service.SAILTHRU, MARIA_SID, "maria@lopez.example")
    return EditRequest(kind, target, name, old, new, **more)  # type: ignore[arg-type]
