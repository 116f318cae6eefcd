"""Repairs a hard bounce in Sailthru: keeps the opt-out level, and sets it again once mail arrives.

begin ── the level is remembered ── a person sets the address Valid in Sailthru ── check
check ─┬─ it bounces still: wait
├─ the level stands, or was chosen anew: ended
└─ it is looser: an edit sets it again
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from desktop.customer.edit_service import EditService
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    Forbidden,
    InvalidInput,
    NotFound,
    NotPermitted,
    StorageError,
    UserDecisionNeeded,
    ValuesRejected,
)
from desktop.model.bounce_repair import BounceRepair, BounceRepairState
from desktop.model.edit import Edit, EditKind, EditRequest, EditTarget
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.permission import Permission
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

_REASON = "Kept over the repair of a hard bounce"


@dataclass(frozen=True)
class BounceCheck:
    """What a check of a hard bounce found: how far its repair is, the level now, the open edit."""

    state: BounceRepairState
    level: OptOutLevel | None = None
    repair: BounceRepair | None = None
    edit: Edit | None = None


class BounceRepairService:
    """Keeps the opt-out levels of customers whose mail bounced, and sets them again."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        store: WorkspaceStore,
        editor: EditService,
        clock: Clock,
        bus: ChangeBus,
    ) -> None:
        self._services = services
        self._store = store
        self._editor = editor
        self._clock = clock
        self._bus = bus

    async def begin(self, profile: SailthruProfile, label: str) -> BounceCheck:
        """Remember the opt-out level of a customer whose mail bounces, before it is repaired.

        Raises NotPermitted without the right to opt customers out, UserDecisionNeeded where mail
        does not bounce, or the level is not known.
        """
        decision = self._editor.check(Permission.OPT_OUT)
        if not decision.is_allowed:
            raise NotPermitted("A bounce is not repaired here.", decision.reason)
        now = await self._read(profile.sid)
        open_repair = await self._store.bounce_repairs.find_open(profile.sid)
        if open_repair is not None:
            return await self.check(profile.sid)
        if not await self._is_bounced(now):
            raise UserDecisionNeeded(
                "Mail to this customer does not bounce.", "There is nothing to repair."
            )
        if now.optout is None:
            raise UserDecisionNeeded(
                "Sailthru did not say the opt-out level, so it cannot be kept.",
                "Setting the address Valid takes the level away.",
                "Set the level that the customer wants, then repair the bounce.",
            )
        await self._store.bounce_repairs.begin(
            profile.sid, label, now.optout, self._editor.actor.signature, self._clock.now()
        )
        self._publish(profile.sid)
        return await self.check(profile.sid)

    async def check(self, sid: str) -> BounceCheck:
        """Read the profile anew and go on with its repair as far as that can go now.

        Raises what keeps Sailthru from answering, NotPermitted where the level may not be set.
        """
        profile = await self._read(sid)
        repair = await self._store.bounce_repairs.find_open(sid)
        is_bounced = await self._is_bounced(profile)
        if repair is None:
            state = BounceRepairState.BOUNCED if is_bounced else BounceRepairState.NOT_NEEDED
            return BounceCheck(state, profile.optout)
        if is_bounced:
            return BounceCheck(BounceRepairState.WAITING, profile.optout, repair)
        if profile.optout is not None and not is_loosening(repair.level, profile.optout):
            await self._end(repair, f"Sailthru confirmed “{profile.optout.label}”")
            return BounceCheck(BounceRepairState.DONE, profile.optout, repair)
        if await self._was_chosen_since(repair):
            await self._end(repair, "Somebody has chosen another level since")
            return BounceCheck(BounceRepairState.LEFT, profile.optout, repair)
        if await self._was_refused_since(repair):
            # Sailthru has refused it for good: a person retries that edit, in Activity.
            return BounceCheck(BounceRepairState.APPLYING, profile.optout, repair)
        edits = await self._editor.submit([_keeping_request(repair, profile)], wait_for_undo=False)
        return BounceCheck(BounceRepairState.APPLYING, profile.optout, repair, edits[0])

    async def _was_refused_since(self, repair: BounceRepair) -> bool:
        """Whether an edit that sets the kept level again has failed since the repair began."""
        entries = await self._store.audit.list_entries(targets=(repair.sid,), limit=100)
        return any(
            (entry.reason, entry.result) == (_REASON, "failed") and entry.at >= repair.begun_at
            for entry in entries
        )

    async def check_all(self) -> tuple[Edit, ...]:
        """Go on with every repair that has begun; returns the edits that set a level again.

        One that cannot be asked about now waits for the next time. Raises StorageError.
        """
        made = []
        for repair in await self._store.bounce_repairs.list_open():
            try:
                found = await self.check(repair.sid)
            except NotFound:
                await self._end(repair, "The profile is gone")
            except StorageError:
                raise
            except AppError as error:
                log.info("A repair could not go on: %s", error.code)
            else:
                made += [found.edit] if found.edit is not None else []
        return tuple(made)

    async def forget(self, sid: str) -> BounceRepair:
        """End a repair without setting the level again. Raises UserDecisionNeeded without one."""
        repair = await self._store.bounce_repairs.find_open(sid)
        if repair is None:
            raise UserDecisionNeeded("No repair of this customer's bounce has begun.")
        # The level that was kept is set no more once the address is valid: it loosens.
        decision = self._editor.check(Permission.OPT_IN)
        if not decision.is_allowed and repair.level != OptOutLevel.NONE:
            raise NotPermitted("The repair is not given up.", decision.reason)
        await self._end(repair, "Given up")
        return repair

    async def _read(self, sid: str) -> SailthruProfile:
        sailthru = self._services().sailthru
        if sailthru is None:
            raise InvalidInput("Sailthru is not connected.", "Nothing was asked.")
        return await sailthru.get_user(sid, key="sid")

    async def _is_bounced(self, profile: SailthruProfile) -> bool:
        """Whether mail bounces for good, by the engagement or by the older endpoint `email`."""
        if (profile.engagement or "").lower() == "hardbounce":
            return True
        sailthru = self._services().sailthru
        if sailthru is None or not profile.email:
            return False
        try:
            return (await sailthru.get_recent_mail(profile.email)).is_hard_bounced
        except (Forbidden, NotFound, ValuesRejected):
            # The engagement has to do.
            return False

    async def _was_chosen_since(self, repair: BounceRepair) -> bool:
        entries = await self._store.audit.list_entries(targets=(repair.sid,), limit=100)
        return any(
            entry.kind == EditKind.OPTOUT.value
            and entry.result == "done"
            and entry.at >= repair.begun_at
            and entry.reason != _REASON
            for entry in entries
        )

    async def _end(self, repair: BounceRepair, result: str) -> None:
        actor = self._editor.actor.signature
        await self._store.bounce_repairs.end(repair, result, actor, self._clock.now())
        self._publish(repair.sid)

    def _publish(self, sid: str) -> None:
        self._bus.publish(ChangeSet.of(Topic.CUSTOMER, ids=[sid]))


def _keeping_request(repair: BounceRepair, profile: SailthruProfile) -> EditRequest:
    return EditRequest(
        EditKind.OPTOUT,
        EditTarget(Service.SAILTHRU, repair.sid, repair.label),
        "",
        profile.optout.value if profile.optout is not None else None,
        repair.level.value,
        reason=_REASON,
    )
