"""Opens the two files of the data workspace: `data.db`, which can be read again, `history.db`."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from desktop.kit.errors import StorageError
from desktop.store.account_repository import AccountRepository
from desktop.store.audience_people_repository import AudiencePeopleRepository
from desktop.store.customer_activity_repository import CustomerActivityRepository
from desktop.store.data_source_repository import DataSourceRepository
from desktop.store.database_thread import DatabaseThread
from desktop.store.field_facts_repository import FieldFactsRepository
from desktop.store.integrity_check_record import is_checked_once
from desktop.store.kept_comment_repository import KeptCommentRepository
from desktop.store.kept_person_repository import KeptPersonRepository
from desktop.store.kept_profile_repository import KeptProfileRepository
from desktop.store.kept_ticket_repository import KeptTicketRepository
from desktop.store.profile_report_repository import ProfileReportRepository
from desktop.store.report_notice_repository import ReportNoticeRepository
from desktop.store.retention_repository import RetentionRepository
from desktop.store.rule_event_repository import RuleEventRepository
from desktop.store.segment_presence_repository import SegmentPresenceRepository
from desktop.store.sqlite_database import Database
from desktop.store.sqlite_errors import is_file_unusable
from desktop.store.ticket_report_repository import TicketReportRepository
from desktop.store.ticket_rollup_repository import TicketRollupRepository

log = logging.getLogger(__name__)

DATA_FILE, HISTORY_FILE = "data.db", "history.db"
# Checking four gigabytes a day takes longer than reading them anew is likely to be needed.
_TRUSTED_FROM_BYTES = 200_000_000
_CACHE_KIB = 32_768


@dataclass(frozen=True)
class DataStore:
    """The repositories of the data workspace, over a database thread of their own."""

    sources: DataSourceRepository
    people: KeptPersonRepository
    tickets: KeptTicketRepository
    profiles: KeptProfileRepository
    rollups: TicketRollupRepository
    # Over a connection and a thread of its own: a long count holds up no page that is stored.
    audience: AudiencePeopleRepository
    ticket_reports: TicketReportRepository
    profile_reports: ProfileReportRepository
    rule_events: RuleEventRepository
    field_facts: FieldFactsRepository
    retention: RetentionRepository
    report_notices: ReportNoticeRepository
    comments: KeptCommentRepository
    segment_presence: SegmentPresenceRepository
    activity: CustomerActivityRepository
    data_db: Database
    history_db: Database
    audience_db: Database

    def close(self) -> None:
        """Finish the data workspace's database calls, and close `data.db` and `history.db`."""
        self.audience_db.thread.close()
        self.data_db.thread.close()
        self.audience_db.close()
        self.data_db.close()
        self.history_db.close()


def open_data_store(folder: Path, accounts: AccountRepository | None = None) -> DataStore:
    """Open the two files of the data workspace in `folder`; where needed, make or migrate them.

    A damaged `data.db` is put aside and read anew; a damaged `history.db` is left untouched and
    refused: it holds what nobody can tell again. Raises StorageError.
    """
    thread = DatabaseThread()
    history = Database(folder / HISTORY_FILE, "history", synchronous="FULL", thread=thread)
    try:
        data = _open_or_rebuild(folder / DATA_FILE, thread)
    except StorageError:
        history.close()
        raise
    rollups = TicketRollupRepository(history)
    reading = data.open_second_connection()
    return DataStore(
        sources=DataSourceRepository(data, accounts),
        people=KeptPersonRepository(data, rollups),
        tickets=KeptTicketRepository(data, rollups),
        profiles=KeptProfileRepository(data, rollups),
        rollups=rollups,
        audience=AudiencePeopleRepository(reading),
        audience_db=reading,
        ticket_reports=TicketReportRepository(history, data),
        profile_reports=ProfileReportRepository(history, data),
        rule_events=RuleEventRepository(history, data),
        field_facts=FieldFactsRepository(reading),
        retention=RetentionRepository(data, history),
        report_notices=ReportNoticeRepository(history),
        comments=KeptCommentRepository(data),
        segment_presence=SegmentPresenceRepository(history),
        activity=CustomerActivityRepository(reading, history),
        data_db=data,
        history_db=history,
    )


def _open_or_rebuild(path: Path, thread: DatabaseThread) -> Database:
    try:
        # Found damaged in use, its record goes, and it is checked before it is used again.
        is_trusted = (
            path.exists() and path.stat().st_size > _TRUSTED_FROM_BYTES and is_checked_once(path)
        )
        return Database(
            path,
            "data",
            synchronous="NORMAL",
            thread=thread,
            checked=is_trusted,
            cache_kib=_CACHE_KIB,
        )
    except StorageError as error:
        if not is_file_unusable(error):
            raise
    log.warning("The data file was damaged; it is put aside and read anew from the services")
    put_aside(path)
    return Database(path, "data", synchronous="NORMAL", thread=thread, cache_kib=_CACHE_KIB)


def find_put_aside(folder: Path) -> tuple[Path, ...]:
    """Find what is left of damaged data files, logs too: nobody can tell who stands in them."""
    return tuple(sorted(folder.glob(f"{DATA_FILE}.damaged-*")))


def has_data_files(folder: Path) -> bool:
    """Whether anything of the data workspace lies in a workspace's folder."""
    known = (folder / DATA_FILE, folder / HISTORY_FILE)
    return any(path.exists() for path in known) or bool(find_put_aside(folder))


def put_aside(path: Path) -> None:
    """Rename a damaged SQLite file with its log, so that a new one can take its place."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(path.with_name(f"{path.name}.damaged-{stamp}{suffix}"))
