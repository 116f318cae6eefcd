"""People's decisions on plan rows of Zendesk Sell: which of several is synced, whose one was.

On the database's thread.
"""

from dataclasses import dataclass

from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput
from desktop.model.match_keys import hash_email
from desktop.model.sell_record import SellPerson, SellRecordKind, is_organization
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.pipeline.eligibility import UNMATCHED_DELETION_CAUSE
from desktop.sync.pipeline.shared_address import SHARED_ADDRESS_CAUSE
from desktop.sync.sync_context import sell_kind_of, sell_kinds_of

_MATCH_CAUSES = (SHARED_ADDRESS_CAUSE, UNMATCHED_DELETION_CAUSE)


def may_be_matched(row: PlanRow) -> bool:
    """Whether a row of a sync with Sell may be decided by a match, made now or made anew."""
    return row.cause in _MATCH_CAUSES or row.fate is PlannedOutcome.SKIPPED


@dataclass(frozen=True)
class SellPlanRowDecisions:
    """Finds what a row of a sync with Sell may be matched with, and stores what was chosen."""

    store: WorkspaceStore
    clock: Clock

    def list_candidates(self, sync: Sync, row: PlanRow) -> tuple[SellPerson, ...]:
        """List the contacts or leads of Sell that share the address of a plan's row; by id.

        Also of one that is skipped for another: a choice can be made anew.
        """
        is_shared = row.cause == SHARED_ADDRESS_CAUSE or row.fate is PlannedOutcome.SKIPPED
        if not is_shared or not sell_kinds_of(sync):
            return ()
        kind, key = sell_kind_of(sync), self._address_key(sync, row)
        ids = self.store.sell_feeds.find_by_email_hash.blocking(kind, [key]).get(key, ())
        people = self.store.sell_feeds.list_by_id.blocking(kind, ids)
        persons = tuple(one for one in people if not is_organization(one))
        return persons if len(persons) > 1 else ()

    def choose(self, sync: Sync, row: PlanRow, match: str, actor: str) -> None:
        """Store a row's match: the Sell record to be synced, or the profile a deleted one had.

        The next plan goes by it. Raises InvalidInput for what is none of the row's.
        """
        now = self.clock.now()
        if row.cause == UNMATCHED_DELETION_CAUSE:
            if not row.target_id or match != row.target_id:
                raise self._no_match(match, (row.target_id,) if row.target_id else ())
            self.store.sell_pairs.save.blocking(row.source_id, match, now)
            return
        candidates = tuple(one.record_id for one in self.list_candidates(sync, row))
        if match not in candidates:
            raise self._no_match(match, candidates)
        kind: SellRecordKind = sell_kind_of(sync)
        key = self._address_key(sync, row)
        self.store.sell_pairs.choose.blocking(kind, key, match, actor, now)

    def _address_key(self, sync: Sync, row: PlanRow) -> str:
        """Return the md5 of a row's address; a list's export tells no more than that of it."""
        if sync.source.kind.service is not Service.SAILTHRU or "@" in row.label:
            return hash_email(row.label)
        for name in sync.source.lists:
            profile = self.store.feeds.get_profile.blocking(name, row.source_id)
            if profile is not None and profile.email_hash:
                return profile.email_hash.lower()
        return ""

    @staticmethod
    def _no_match(match: str, candidates: tuple[str, ...]) -> InvalidInput:
        known = ", ".join(candidates) or "none; correct the record, or leave it out"
        return InvalidInput(
            f"“{match[:60]}” is none of this row’s candidates.",
            "Nothing was changed.",
            f"They are: {known}.",
        )
