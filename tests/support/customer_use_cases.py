"""The use cases as one person at this computer has them."""

from desktop.app.container import WorkspaceServices
from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import UndoService
from desktop.model.edit import Edit
from desktop.model.permission import DEFAULT_PERMISSIONS, Actor, PermissionRules, Role
from tests.support.edit_cases import EditedCustomer

AGENT = Actor("Kim Park", Role.AGENT, 7602)
OTHER_AGENT = Actor("Lee Chen", Role.AGENT, 7603)
RULES = PermissionRules(are_changes_enabled=True, permissions=DEFAULT_PERMISSIONS)


class CustomerUseCases:
    """The use cases of one person on the house's store."""

    def __init__(
        self, house: WorkspaceServices, actor: Actor, rules: PermissionRules = RULES
    ) -> None:
        store, clock, bus = house.store, house.context.clock, house.bus
        self.editor = EditService(store, clock, bus, lambda: actor, lambda: rules)
        self.undo = UndoService(store, self.editor, clock, bus, lambda: actor)


async def submit_edit(
    desk: CustomerUseCases | WorkspaceServices, subject: EditedCustomer, *, wait: bool = False
) -> Edit:
    (edit,) = await desk.editor.submit([subject.make_edit()], wait_for_undo=wait)
    return edit
