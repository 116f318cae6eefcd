"""Opens the two SQLite files of a workspace and gives access to their repositories."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from desktop.kit.errors import StorageError
from desktop.store.account_repository import AccountRepository
from desktop.store.address_difference_repository import AddressDifferenceRepository
from desktop.store.audit_log import AuditLog
from desktop.store.batch_approval_repository import BatchApprovalRepository
from desktop.store.bounce_repair_repository import BounceRepairRepository
from desktop.store.cached_sheet_reader import CachedSheetReader
from desktop.store.customer_cache import CustomerCache
from desktop.store.data_workspace_store import put_aside
from desktop.store.database_thread import DatabaseThread
from desktop.store.draft_and_link_repository import DraftAndLinkRepository
from desktop.store.edit_batch_repository import EditBatchRepository
from desktop.store.email_change_repository import EmailChangeRepository
from desktop.store.erased_people_repository import ErasedPeopleRepository
from desktop.store.erasure_repository import ErasureRepository
from desktop.store.event_action_repository import EventActionRepository
from desktop.store.event_pause_repository import EventPauseRepository
from desktop.store.event_query_repository import EventQueryRepository
from desktop.store.event_queue import EventQueue
from desktop.store.event_repository import EventRepository
from desktop.store.event_source_repository import EventSourceRepository
from desktop.store.mirror_feed_repository import MirrorFeedRepository
from desktop.store.outbox import Outbox
from desktop.store.plan_repository import PlanRepository
from desktop.store.plan_retention import PlanRetention
from desktop.store.plan_row_batch_repository import PlanRowBatchRepository
from desktop.store.process_identity import new_owner_id
from desktop.store.run_repository import RunRepository
from desktop.store.segment_repository import SegmentRepository
from desktop.store.sell_feed_repository import SellFeedRepository
from desktop.store.sell_pair_repository import SellPairRepository
from desktop.store.sell_product_repository import SellProductRepository
from desktop.store.sent_event_request_repository import SentEventRequestRepository
from desktop.store.settings_seal_repository import SettingsSealRepository
from desktop.store.shared_row_journal import SharedRowJournal
from desktop.store.sqlite_database import Database
from desktop.store.sqlite_errors import is_file_unusable
from desktop.store.sync_repository import SyncRepository
from desktop.store.sync_state_repository import SyncStateRepository
from desktop.store.team_lead_request_repository import TeamLeadRequestRepository
from desktop.store.team_membership_repository import TeamMembershipRepository
from desktop.store.unconfirmed_increment_repository import UnconfirmedIncrementRepository
from desktop.store.zendesk_user_lookup import ZendeskUserLookup

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkspaceStore:
    """All repositories of one workspace's two SQLite files.

    What people wanted (`outbox`, `email_changes`, `address_differences`, `bounce_repairs`,
    `team_lead_requests`, `edit_batches`, `batch_approvals`, `erasures`, `audit`,
    `drafts_and_links`), whose team the desk belongs to (`team`) and what it shares
    (`shared_rows`), who was erased (`erased_people`), what syncs are and did (`syncs` …
    `plan_retention`), events and how they act (`events` … `event_writes`), saved segments
    (`segments`), and what services said (`customer_cache`, `feeds`, `sell_feeds`,
    `sell_products`, `zendesk_users`); `sell_pairs` are who is who in Sell.
    """

    accounts: AccountRepository
    settings_seal: SettingsSealRepository
    outbox: Outbox
    email_changes: EmailChangeRepository
    team_lead_requests: TeamLeadRequestRepository
    edit_batches: EditBatchRepository
    batch_approvals: BatchApprovalRepository
    address_differences: AddressDifferenceRepository
    bounce_repairs: BounceRepairRepository
    erasures: ErasureRepository
    erased_people: ErasedPeopleRepository
    audit: AuditLog
    team: TeamMembershipRepository
    shared_rows: SharedRowJournal
    drafts_and_links: DraftAndLinkRepository
    customer_cache: CustomerCache
    sheet_reader: CachedSheetReader
    syncs: SyncRepository
    plans: PlanRepository
    batches: PlanRowBatchRepository
    runs: RunRepository
    sync_state: SyncStateRepository
    unconfirmed_increments: UnconfirmedIncrementRepository
    plan_retention: PlanRetention
    event_actions: EventActionRepository
    events: EventRepository
    event_queue: EventQueue
    segments: SegmentRepository
    event_queries: EventQueryRepository
    event_pauses: EventPauseRepository
    event_sources: EventSourceRepository
    event_writes: SentEventRequestRepository
    feeds: MirrorFeedRepository
    sell_feeds: SellFeedRepository
    sell_products: SellProductRepository
    sell_pairs: SellPairRepository
    zendesk_users: ZendeskUserLookup
    fairlead_db: Database
    mirror_db: Database

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run several `blocking` repository calls on the database's thread, as one piece."""
        return await self.fairlead_db.thread.run(function, *args, **kwargs)

    def data_versions(self) -> tuple[int, int]:
        """Return both files' data_version, which changes when another process has committed."""
        return self.fairlead_db.data_version(), self.mirror_db.data_version()

    def open_second_connection(self) -> "WorkspaceStore":
        """Open the sync repositories on a second connection and thread, for pages of a long plan.

        Closed by `close_beside`; the mirror and the reader stay the first one's.
        """
        other = self.fairlead_db.open_second_connection()
        return replace(
            self,
            erased_people=ErasedPeopleRepository(other),
            syncs=SyncRepository(other),
            plans=PlanRepository(other, self.accounts),
            batches=PlanRowBatchRepository(other, self.accounts),
            runs=RunRepository(other, new_owner_id(), self.accounts),
            sync_state=SyncStateRepository(other),
            sell_pairs=SellPairRepository(other),
            unconfirmed_increments=UnconfirmedIncrementRepository(other),
            plan_retention=PlanRetention(other),
            fairlead_db=other,
        )

    def close_second_connection(self) -> None:
        """Close the store's second connection and its thread."""
        self.fairlead_db.thread.close()
        self.fairlead_db.close()

    def close(self) -> None:
        """Finish the database calls under way; close `fairlead.db` and `mirror.db`."""
        self.fairlead_db.thread.close()
        self.sheet_reader.close()
        self.fairlead_db.close()
        self.mirror_db.close()


def open_store(folder: Path, monotonic: Callable[[], float] | None = None) -> WorkspaceStore:
    """Open the two SQLite files in `folder`; where needed, make or migrate them.

    A damaged or newer mirror is put aside and rebuilt from the services; a damaged `fairlead.db`
    is left untouched and refused: it holds what nobody else knows. `monotonic` measures waits of
    edits (seconds). Raises StorageError.
    """
    thread = DatabaseThread()
    fairlead = Database(folder / "fairlead.db", "fairlead", synchronous="FULL", thread=thread)
    try:
        mirror = _open_or_rebuild_mirror(folder / "mirror.db", thread)
    except StorageError:
        fairlead.close()
        raise
    accounts = AccountRepository(fairlead)
    outbox = Outbox(fairlead, new_owner_id(), accounts, monotonic=monotonic)
    return WorkspaceStore(
        accounts=accounts,
        settings_seal=SettingsSealRepository(fairlead),
        outbox=outbox,
        syncs=SyncRepository(fairlead),
        plans=PlanRepository(fairlead, accounts),
        batches=PlanRowBatchRepository(fairlead, accounts),
        runs=RunRepository(fairlead, new_owner_id(), accounts),
        sync_state=SyncStateRepository(fairlead),
        unconfirmed_increments=UnconfirmedIncrementRepository(fairlead),
        plan_retention=PlanRetention(fairlead),
        event_actions=EventActionRepository(fairlead),
        events=EventRepository(fairlead),
        event_queue=EventQueue(fairlead, new_owner_id(), accounts),
        segments=SegmentRepository(fairlead),
        event_queries=EventQueryRepository(fairlead),
        event_pauses=EventPauseRepository(fairlead),
        event_writes=SentEventRequestRepository(fairlead),
        event_sources=EventSourceRepository(fairlead, new_owner_id()),
        feeds=MirrorFeedRepository(mirror, accounts),
        sell_feeds=SellFeedRepository(mirror),
        sell_products=SellProductRepository(mirror),
        sell_pairs=SellPairRepository(fairlead),
        zendesk_users=ZendeskUserLookup(mirror),
        email_changes=EmailChangeRepository(fairlead),
        team_lead_requests=TeamLeadRequestRepository(fairlead),
        edit_batches=EditBatchRepository(fairlead, new_owner_id(), accounts),
        batch_approvals=BatchApprovalRepository(fairlead),
        address_differences=AddressDifferenceRepository(fairlead),
        bounce_repairs=BounceRepairRepository(fairlead),
        erasures=ErasureRepository(fairlead, outbox, accounts),
        erased_people=ErasedPeopleRepository(fairlead),
        audit=AuditLog(fairlead),
        team=TeamMembershipRepository(fairlead),
        shared_rows=SharedRowJournal(fairlead),
        drafts_and_links=DraftAndLinkRepository(fairlead),
        customer_cache=CustomerCache(mirror),
        sheet_reader=CachedSheetReader(fairlead.path, mirror.path, thread),
        fairlead_db=fairlead,
        mirror_db=mirror,
    )


def _open_or_rebuild_mirror(path: Path, thread: DatabaseThread) -> Database:
    try:
        return Database(path, "mirror", synchronous="NORMAL", thread=thread)
    except StorageError as error:
        if not is_file_unusable(error):
            raise
    log.warning("The mirror was damaged; it is put aside and read anew from the services")
    put_aside(path)
    return Database(path, "mirror", synchronous="NORMAL", thread=thread)
