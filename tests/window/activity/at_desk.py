"""The page Activity at work in a workspace, and changes of one customer."""

from desktop.app.wiring import House
from desktop.model.edit import Intent, Service, Target
from desktop.panels.activity_page import ActivityPage
from desktop.viewmodels.activity import ActivityModel
from tests.window.at_work import bury, soon

MARIA = "5e9f3c1b2a4d6e8f00713401"


class AtDesk:
    """A connected workspace, the model and its page."""

    def __init__(self, house: House) -> None:
        self.house = house
        live, clock = house.live, house.ground.clock
        self.model = ActivityModel(live, house.store, house.undo, house.editor, house.bus, clock)
        self.page = ActivityPage(self.model)

    async def want(self, *intents: Intent, wait: bool = False) -> list[str]:
        # Past the rules: what is listed may have been allowed at another time.
        edits = await self.house.editor.enqueue(intents, wait_for_undo=wait)
        return [edit.id for edit in edits]

    async def send(self) -> None:
        await soon(self.house.deliverer().deliver_due())

    async def leave(self) -> None:
        await self.model.close()
        self.page.close()
        await bury(self.page, self.model)

    def states(self) -> list[str]:
        rows = [self.model.table.row(i) for i in range(self.model.table.rowCount())]
        return [row.state for row in rows if row is not None]


def on_maria(kind: object, name: str, old: object, new: object, **more: object) -> Intent:
    target = Target(Service.SAILTHRU, MARIA, "maria@lopez.example")
    return Intent(kind, target, name, old, new, **more)  # type: ignore[arg-type]
