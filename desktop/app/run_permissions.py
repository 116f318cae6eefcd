"""Finds whose rights a run process asks: a schedule has those of who switched it on."""

from dataclasses import replace

from desktop.app.container import WorkspaceServices
from desktop.app.workspace_session import ACTOR_RECHECK_S
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.kit.errors import AppError, NotFound, NotPermitted
from desktop.model.permission import Actor, Permission, PermissionDecision
from desktop.model.sync import Sync
from desktop.settings.permission_rules import leads_from
from desktop.sync.plan_limit_check import is_recent_rollback
from desktop.sync.sync_runner import RunRequest
from desktop.writing.optout_door import (
    OptOutChange,
    RowPermits,
    corrected_reason,
    permit_loosening_if,
)


async def find_run_permissions(
    services: WorkspaceServices, sync: Sync, request: RunRequest
) -> RowPermits:
    """Return whose permissions a run process asks before a row: the starter's or the schedule's.

    A scheduled run is judged by whoever switched the sync on, with the role that Zendesk says they
    have now; where that cannot be found out, it writes nothing. Of a record that somebody
    else may have corrected since it writes profile data and tags alone, and stricter opt-outs.
    """
    if request.why != "schedule":
        return await _find_person_permits(services, request)
    switcher = _Switcher(services, sync.name)
    await switcher.find()
    permit = permit_loosening_if(lambda: switcher.decide(sync, Permission.OPT_IN))

    def is_corrected(source_id: str) -> bool:
        # Asked for each row: the plan takes in what was corrected while it read for an hour.
        return services.store.sync_state.is_corrected.blocking(sync.name, source_id)

    def permit_scheduled(change: OptOutChange) -> str:
        if change.is_loosening and is_corrected(change.source_id):
            return corrected_reason(Permission.OPT_IN)
        return permit(change)

    return RowPermits(
        permit_scheduled,
        lambda right: switcher.decide(sync, right).reason,
        is_corrected,
        switcher.recheck,
        services.row_permits.own_rights,
    )


async def find_rule_actor(
    services: WorkspaceServices, sync: Sync, request: RunRequest
) -> Actor | None:
    """Find by whose rights a rule's run looks people up: as `find_run_permissions`."""
    if request.why != "schedule":
        return services.session.actor
    return await find_colleague(services, await services.store.syncs.find_switcher(sync.name))


class _Switcher:
    """Who switched a sync on, for a scheduled run process, with their role in Zendesk now."""

    def __init__(self, services: WorkspaceServices, sync_name: str) -> None:
        self._services = services
        self._sync_name = sync_name
        self._asked_at = 0.0
        self._actor: Actor | None = None
        self._error: AppError | None = None

    async def find(self) -> None:
        """Find in the audit who switched the run's sync on, and ask Zendesk for their role."""
        self._asked_at = self._services.context.clock.monotonic()
        key = await self._services.store.syncs.find_switcher(self._sync_name)
        try:
            self._actor, self._error = await _ask_for_colleague(self._services, key), None
        except AppError as error:
            self._actor, self._error = None, error

    async def recheck(self) -> None:
        """Ask anew for a run process, at most once a minute, whose rights count for it."""
        await self._services.session.recheck_actor()
        if self._services.context.clock.monotonic() - self._asked_at >= ACTOR_RECHECK_S:
            await self.find()

    def decide(self, sync: Sync, right: Permission) -> PermissionDecision:
        """Decide whether who switched a scheduled run's sync on may do this now."""
        if self._error is not None:
            return PermissionDecision(
                False,
                f"Zendesk could not be asked who switched “{sync.title}” on, and whether they may"
                f" {right.label}: {self._error.title} The next run asks again.",
            )
        return _decide_for(self._services, sync, self._actor, right)


async def _find_person_permits(services: WorkspaceServices, request: RunRequest) -> RowPermits:
    """Return the permits of a run that a person started; their own of 24 h they may take back.

    Only levels that the run had made stricter and nobody has changed since are in such a plan.
    """
    permits, store = services.row_permits, services.store
    if request.plan_id is None:
        return permits
    plan = await store.plans.get(request.plan_id)
    if not plan.is_rollback or not is_recent_rollback(store, plan, services.context.clock.now()):
        return permits
    key = await store.runs.find_actor_key(plan.rolled_back_run)
    if not key or key != services.session.actor.key:
        return permits
    permit = permits.optout
    return replace(permits, optout=lambda change: permit(replace(change, is_own_restore=True)))


def _decide_for(
    services: WorkspaceServices, sync: Sync, actor: Actor | None, right: Permission
) -> PermissionDecision:
    if actor is None:
        return PermissionDecision(
            False,
            f"It is not certain who switched “{sync.title}” on, and whether they may"
            f" {right.label}. Somebody who may can switch it on anew.",
        )
    decision = services.current_settings.check(right, actor)
    if decision.is_allowed:
        return decision
    return PermissionDecision(
        False,
        f"{actor.name} switched “{sync.title}” on and may not {right.label}."
        " Somebody who may can switch it on anew, or apply the row by hand.",
    )


async def find_colleague(services: WorkspaceServices, key: str) -> Actor | None:
    """Find the colleague who switched a schedule on; None also where Zendesk can't be asked."""
    try:
        return await _ask_for_colleague(services, key)
    except AppError:
        return None


async def _ask_for_colleague(services: WorkspaceServices, key: str) -> Actor | None:
    """Find the colleague who switched a schedule on, as Zendesk knows them now."""
    session = services.session
    if key and key == session.actor.key:
        return session.actor
    zendesk = session.clients.zendesk
    if zendesk is None or not key.isdigit():
        return None
    try:
        user = await zendesk.show_user(int(key))
    except NotFound:
        return None
    # Who was deleted or suspended since has no rights left to lend.
    if not user.active or user.suspended:
        return None
    try:
        return actor_from_zendesk_user(user, leads_from(session.values))
    except NotPermitted:
        # A customer by now.
        return None
