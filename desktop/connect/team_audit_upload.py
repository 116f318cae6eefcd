"""Hands a desk's audit in to the team store, each row once, whatever ends it in between."""

import logging
import platform
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from desktop import __version__
from desktop.model.team import TeamMembership

if TYPE_CHECKING:
    from desktop.store.team.team_store import TeamStore
    from desktop.store.team_membership_repository import TeamMembershipRepository

log = logging.getLogger(__name__)

# So many rows of the audit are handed in within one transaction.
BATCH_ROWS = 500


@dataclass(frozen=True)
class TeamAuditUpload:
    """Hands rows of `fairlead.db` in; `checkpoint` is called at named points (fault tests)."""

    memberships: "TeamMembershipRepository"
    checkpoint: Callable[[str], None] = field(default=lambda _name: None)

    async def hand_in(
        self, store: "TeamStore", membership: TeamMembership
    ) -> "tuple[TeamStore, int]":
        """Hand in, in order, the rows that the team store lacks; returns how many.

        Where to go on is asked of the team store, not of the number kept here: restored from an
        older backup it lacks rows that were handed in, and what its syncs remembered since. Returns
        the store of another desk where the file was restored from a copy: its record goes on as
        that one's.
        """
        await store.desks.touch(__version__)
        newest = await store.audit.find_newest_own()
        if newest is not None and await self.memberships.find_hash(newest[0]) != newest[1]:
            store, membership = await self._continue_as_new_desk(store, membership)
            newest = None
        after = newest[0] if newest is not None else await self._find_beginning(store, membership)
        if after < membership.handed_in_seq:
            log.warning("The team store lacks rows that it had: they are handed in again")
            await store.leases.forget_memory()
        count = 0
        while rows := await self.memberships.list_unhanded(after, BATCH_ROWS):
            self.checkpoint("read")
            await store.audit.hand_in(rows)
            self.checkpoint("handed in")
            after, count = int(rows[-1]["seq"]), count + len(rows)
        if after != membership.handed_in_seq:
            await self.memberships.set_handed_in(membership.desk_id, after)
        self.checkpoint("noted")
        return store, count

    async def _find_beginning(self, store: "TeamStore", membership: TeamMembership) -> int:
        """Return behind which row a desk without any in the team store begins.

        That is the newest one that another desk, whose record it goes on with, has there.
        """
        until = membership.handed_in_seq
        if not until:
            return 0
        before = await store.audit.list_continued_hashes(until)
        here = await self.memberships.list_hashes()
        return max((seq for seq, known in before.items() if here.get(seq) == known), default=0)

    async def _continue_as_new_desk(
        self, store: "TeamStore", membership: TeamMembership
    ) -> "tuple[TeamStore, TeamMembership]":
        """Go on under a new desk from the newest row that both have."""
        handed, here = await store.audit.list_own_hashes(), await self.memberships.list_hashes()
        common = max((seq for seq, known in handed.items() if here.get(seq) == known), default=0)
        changed = replace(membership, desk_id=str(uuid.uuid4()), handed_in_seq=common)
        await store.desks.continue_as(
            changed.desk_id, computer_name(), membership.joined_by, __version__
        )
        self.checkpoint("new desk")
        await self.memberships.save(changed)
        return store.as_desk(changed.desk_id), changed


def computer_name() -> str:
    """Return what people of a team call this computer."""
    return platform.node() or "A computer"
