"""The use cases as one person at this computer has them."""

from desktop.app.wiring import House
from desktop.customer.edit import Editor
from desktop.customer.undo import Undo
from desktop.model.edit import Edit
from desktop.model.permission import DEFAULTS, Actor, Role, Rules
from tests.faults.kinds import Subject

AGENT = Actor("Kim Park", Role.AGENT, 7602)
OTHER = Actor("Lee Chen", Role.AGENT, 7603)
RULES = Rules(changes=True, table=DEFAULTS)


class Desk:
    """The use cases of one person on the house's store."""

    def __init__(self, house: House, actor: Actor, rules: Rules = RULES) -> None:
        store, clock, bus = house.store, house.ground.clock, house.bus
        self.editor = Editor(store, clock, bus, lambda: actor, lambda: rules)
        self.undo = Undo(store, self.editor, clock, bus, lambda: actor)


async def want(desk: Desk | House, subject: Subject, *, wait: bool = False) -> Edit:
    (edit,) = await desk.editor.submit([subject.intent()], wait_for_undo=wait)
    return edit
