"""Whose right counts when a run loosens an opt-out: a schedule has that of who switched it on."""

from desktop.app.container import WorkspaceServices
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.kit.errors import AppError
from desktop.model.permission import Actor, Permission, PermissionDecision
from desktop.model.sync import Sync
from desktop.model.target_record import OPTOUT_FIELD
from desktop.sync.sync_runner import RunRequest
from desktop.writing.optout_door import OptOutChange, OptOutPermit, permit_loosening_if

_CORRECTED_REASON = (
    "A person has corrected this record, and a scheduled run has not their right to"
    f" {Permission.OPT_IN.label}. Somebody who may can apply the row by hand."
)


async def find_optout_permit(
    services: WorkspaceServices, sync: Sync, request: RunRequest
) -> OptOutPermit:
    """Return what is asked before the run loosens an opt-out.

    A scheduled run is judged by whoever switched the sync on, with the role that Zendesk says they
    have now; where that cannot be found out, it loosens nothing. Nor does it by a record that
    somebody else may have corrected since.
    """
    writes_levels = any(row.on and row.target == OPTOUT_FIELD for row in sync.mapping)
    if request.why != "schedule" or not writes_levels:
        return services.permit_optout
    actor = await _find_actor(services, sync.switched_on_by)
    permit = permit_loosening_if(lambda: _decide_for(services, sync, actor))
    corrected = await services.store.sync_state.corrections_by_source(sync.name)

    def permit_scheduled(change: OptOutChange) -> str:
        if change.is_loosening and change.source_id in corrected:
            return _CORRECTED_REASON
        return permit(change)

    return permit_scheduled


def _decide_for(services: WorkspaceServices, sync: Sync, actor: Actor | None) -> PermissionDecision:
    if actor is None:
        return PermissionDecision(
            False,
            f"It is not certain who switched “{sync.title}” on, and whether they may"
            f" {Permission.OPT_IN.label}. Somebody who may can switch it on anew.",
        )
    decision = services.check_now(Permission.OPT_IN, actor)
    if decision.is_allowed:
        return decision
    return PermissionDecision(
        False,
        f"{actor.name} switched “{sync.title}” on and may not {Permission.OPT_IN.label}."
        " Somebody who may can switch it on anew, or apply the row by hand.",
    )


async def _find_actor(services: WorkspaceServices, key: str) -> Actor | None:
    """The colleague of this key as Zendesk knows them now; None where nobody can say."""
    session = services.session
    if key == session.actor.key:
        return session.actor
    zendesk = session.clients.zendesk
    if zendesk is None or not key.isdigit():
        return None
    try:
        user = await zendesk.show_user(int(key))
        # Who was deleted or suspended since has no rights left to lend.
        return actor_from_zendesk_user(user) if user.active and not user.suspended else None
    except AppError:
        return None
