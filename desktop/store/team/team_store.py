"""All repositories of one team store, over one connection."""

from dataclasses import dataclass

from desktop.model.team_address import TeamAddress
from desktop.store.database_thread import DatabaseThread
from desktop.store.team.approval_repository import ApprovalRepository
from desktop.store.team.desk_repository import DeskRepository
from desktop.store.team.enrolment_repository import EnrolmentRepository
from desktop.store.team.lease_repository import LeaseRepository
from desktop.store.team.presence_repository import PresenceRepository
from desktop.store.team.relayed_call_repository import RelayedCallRepository
from desktop.store.team.shared_audit import SharedAudit
from desktop.store.team.shared_row_repository import SharedRowRepository
from desktop.store.team.team_database import TeamDatabase
from desktop.store.team.team_key import TeamKey


@dataclass(frozen=True)
class TeamStore:
    """The team store as the desk `desk_id` uses it: desks, record, approvals, leases, rows."""

    desk_id: str
    database: TeamDatabase
    key: TeamKey
    desks: DeskRepository
    enrolment: EnrolmentRepository
    audit: SharedAudit
    approvals: ApprovalRepository
    leases: LeaseRepository
    shared_rows: SharedRowRepository
    presence: PresenceRepository
    requests: RelayedCallRepository

    @property
    def thread(self) -> DatabaseThread:
        """The thread that waits for the team store."""
        return self.database.thread

    def as_desk(self, desk_id: str) -> "TeamStore":
        """Return this team store over the same connection, used by another desk."""
        return _build(self.database, self.key, desk_id)

    def close(self) -> None:
        """Close the team store's connection."""
        self.database.close()


def build_team_store(address: TeamAddress, desk_id: str, *, ca_file: str = "") -> TeamStore:
    """Build a team store for one desk; nothing is connected before the first use."""
    return _build(TeamDatabase(address, ca_file=ca_file), TeamKey(address.key), desk_id)


def _build(database: TeamDatabase, key: TeamKey, desk_id: str) -> TeamStore:
    parts = (database, key, desk_id)
    return TeamStore(
        desk_id,
        database,
        key,
        DeskRepository(*parts),
        EnrolmentRepository(*parts),
        SharedAudit(*parts),
        ApprovalRepository(*parts),
        LeaseRepository(*parts),
        SharedRowRepository(*parts),
        PresenceRepository(*parts),
        RelayedCallRepository(*parts),
    )
