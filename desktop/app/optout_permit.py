"""Whose right counts when a run loosens an opt-out: a schedule has that of who switched it on."""

from desktop.app.container import WorkspaceServices
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.kit.errors import AppError
from desktop.model.permission import Actor, Permission, PermissionDecision, check_permission
from desktop.model.sync import Sync
from desktop.model.target_record import OPTOUT_FIELD
from desktop.sync.sync_runner import RunRequest
from desktop.writing.optout_door import OptOutPermit, permit_loosening_if


async def find_optout_permit(
    services: WorkspaceServices, sync: Sync, request: RunRequest
) -> OptOutPermit:
    """Return what is asked before the run loosens an opt-out.

    A scheduled run is judged by whoever switched the sync on, with the role that Zendesk says they
    have now; where that cannot be found out, it loosens nothing.
    """
    writes_levels = any(row.on and row.target == OPTOUT_FIELD for row in sync.mapping)
    by = sync.switched_on_by
    if request.why != "schedule" or not writes_levels or by == services.session.actor.key:
        return services.permit_optout
    decision = await _decide_for(services, sync, by)
    return permit_loosening_if(lambda: decision)


async def _decide_for(services: WorkspaceServices, sync: Sync, by: str) -> PermissionDecision:
    actor = await _find_actor(services, by)
    if actor is None:
        return PermissionDecision(
            False,
            f"It is not certain who switched “{sync.title}” on, and whether they may"
            f" {Permission.OPT_IN.label}. Somebody who may can switch it on anew.",
        )
    decision = check_permission(Permission.OPT_IN, actor, services.session.rules)
    if decision.is_allowed:
        return decision
    return PermissionDecision(
        False,
        f"{actor.name} switched “{sync.title}” on and may not {Permission.OPT_IN.label}."
        " Somebody who may can switch it on anew, or apply the row by hand.",
    )


async def _find_actor(services: WorkspaceServices, key: str) -> Actor | None:
    """The colleague of this key as Zendesk knows them now; None where nobody can say."""
    zendesk = services.session.clients.zendesk
    if zendesk is None or not key.isdigit():
        return None
    try:
        user = await zendesk.show_user(int(key))
        # Who was deleted or suspended since has no rights left to lend.
        return actor_from_zendesk_user(user) if user.active and not user.suspended else None
    except AppError:
        return None
