"""Model of the card “Team store”: join or leave a team, and how its desks stand."""

from dataclasses import dataclass

from desktop.connect.team_connection import TeamConnection
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InvalidInput
from desktop.kit.text import format_count
from desktop.model.team import SyncLease, TeamDesk, TeamMembership
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage, to_error_message
from desktop.viewmodels.time_format import format_elapsed
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol, current_actor

_ADMINS_ONLY = "Only an admin, signed in to Zendesk, may do that."


@dataclass(frozen=True)
class TeamDeskView:
    """A row of the card “Team store”: a computer of the team, which may be revoked from here."""

    id: str
    name: str
    detail: str
    is_revocable: bool = False


@dataclass(frozen=True)
class TeamStoreView:
    """View of the card “Team store”; `refusal`: why nothing may be changed here, or ""."""

    is_joined: bool
    status_text: str
    desks: tuple[TeamDeskView, ...]
    shares_rows: bool
    refusal: str
    busy_text: str
    error: ErrorMessage


class TeamStoreModel(CardModel):
    """Model of the card “Team store”; an address typed there goes to the keyring, unheld."""

    def __init__(
        self, workspace: WorkspaceSettingsProtocol, team: TeamConnection, clock: Clock
    ) -> None:
        super().__init__()
        self._workspace, self._team, self._clock = workspace, team, clock
        self._membership: TeamMembership | None = None
        self._desks: tuple[TeamDesk, ...] = ()
        self._leases: tuple[SyncLease, ...] = ()
        self._waiting = 0
        self._shares_rows = False

    def view(self) -> TeamStoreView:
        """Build the view of the card “Team store”."""
        return TeamStoreView(
            is_joined=self._membership is not None,
            status_text=self._status_text(),
            desks=tuple(map(self._desk_view, self._desks)),
            shares_rows=self._shares_rows,
            refusal=self._refusal(),
            busy_text=self._busy_text,
            error=self._error,
        )

    def load_status(self) -> None:
        """Read, for the card “Team store”, whether this computer belongs to a team, and to whose.

        The store itself is asked too; that it is away is told as an error of the card.
        """
        self.tasks.start_once("status", self._load_status())

    def join(self, address: str) -> None:
        """Join the team store at the address typed on the card."""
        self._start_work("work", self._join(address), "Connecting to the team store…")

    def leave(self) -> None:
        """Leave the team, by the card's button; what was handed in stays there."""
        self._start_work("work", self._leave(), "Leaving…")

    async def invite(self, name: str, person: str = "") -> str:
        """Make a one-time code for one more computer; as secret as a password until it is used.

        `person`: the Zendesk user id of whoever works there without a Sailthru key, or "".
        """
        if person and not person.isdecimal():
            raise InvalidInput(
                f"“{person[:40]}” is no Zendesk user id.",
                "It is the number in their profile's address.",
            )
        return await self._team.invite(name, self._workspace.actor, person=person)

    def revoke(self, desk_id: str) -> None:
        """End a computer of the team from afar, by its row's button on the card."""
        self._start_work("work", self._revoke(desk_id), "Revoking…")

    async def _load_status(self) -> None:
        try:
            await self._read()
        except AppError as error:
            self._desks, self._error = (), to_error_message(error)
        self.changed.emit()

    async def _read(self) -> None:
        self._membership = await self._team.find_membership()
        self._desks, self._waiting = (), 0
        if self._membership is None:
            return
        self._waiting = await self._team.count_waiting()
        store = await self._team.open()
        if store is not None:
            self._desks = await store.desks.list_all()
            self._leases = await store.leases.list_all()
            self._shares_rows = await store.shared_rows.is_on()

    async def _join(self, address: str) -> None:
        if not address.strip():
            raise InvalidInput("Enter the address of the team store.")
        await self._team.join(address, self._workspace.actor)
        count = await self._team.hand_in_audit()
        await self._read()
        text = format_count(count, "change", "changes")
        text = f"Joined. {text} of this computer's record handed in."
        if await self._team.use_worker(self._workspace.change_settings):
            await self._workspace.connect()
            text += " Sailthru is reached through your team's worker."
        self._finish_work(text)

    async def _leave(self) -> None:
        await self._team.leave(self._workspace.actor)
        await self._read()
        self._finish_work("This computer works alone again. What it handed in stays there.")

    def share_rows(self, is_on: bool) -> None:
        """Switch sharing rows on or off for the whole team, by the card's switch."""
        busy = "Handing in…" if is_on else "Deleting what was shared…"
        self._start_work("work", self._share_rows(is_on), busy)

    async def _share_rows(self, is_on: bool) -> None:
        await self._team.share_rows(is_on=is_on, actor=self._workspace.actor)
        await self._read()
        self._finish_work(
            "Shared with your team from now on."
            if is_on
            else "Deleted from the team store. Each computer keeps its own."
        )

    async def _revoke(self, desk_id: str) -> None:
        desk, login = await self._team.revoke(desk_id, self._workspace.actor)
        await self._read()
        self._finish_work(f"{desk.name} is out of the team. {login.sentence}")

    def _status_text(self) -> str:
        if self._membership is None:
            return ""
        text = f"Joined: {self._membership.store_label}"
        if self._waiting:
            text += f", {format_count(self._waiting, 'change', 'changes')} not handed in yet"
        return text

    def _refusal(self) -> str:
        actor = current_actor(self._workspace)
        is_admin = actor is not None and actor.is_confirmed_admin
        return self._busy_text or ("" if is_admin else _ADMINS_ONLY)

    def _desk_view(self, desk: TeamDesk) -> TeamDeskView:
        membership = self._membership
        is_here = membership is not None and desk.id == membership.desk_id
        age = format_elapsed(desk.seen_at, self._clock.now())
        seen = "seen now" if age == "now" else f"seen {age} ago"
        entries = format_count(desk.entry_count, "change", "changes")
        if desk.revoked_at is not None:
            return TeamDeskView(desk.id, desk.name, f"revoked by {desk.revoked_by} · {entries}")
        parts = [
            f"joined by {desk.joined_by}",
            entries,
            "this computer" if is_here else seen,
        ]
        if desk.acts_for:
            parts.append("answers for an admin")
        syncs = [lease.sync for lease in self._leases if lease.desk == desk.id]
        if syncs:
            parts.append(f"runs {', '.join(syncs)}")
        return TeamDeskView(desk.id, desk.name, " · ".join(parts), is_revocable=not is_here)
