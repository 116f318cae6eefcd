"""A workspace's way to its team store: joining, leaving, opening it, handing the audit in.

A workspace belongs to a team where `fairlead.db` says so, or its vault has an address: whoever
takes only one of them away has a workspace that starts nothing by itself, not one that is alone.
"""

import asyncio
import logging
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from desktop import __version__
from desktop.connect.audit_key import load_audit_key
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.team_audit_upload import TeamAuditUpload, computer_name
from desktop.connect.team_row_exchange import exchange_rows
from desktop.kit.errors import AppError, ConflictError, InvalidInput, KeyringError, NotPermitted
from desktop.model.account import Account
from desktop.model.json_value import Json
from desktop.model.permission import Actor
from desktop.model.team import RevokedLogin, TeamDesk, TeamEntry, TeamMembership
from desktop.model.team_address import TeamAddress, parse_team_address
from desktop.settings import settings_table
from desktop.vault.secret import Secret

if TYPE_CHECKING:
    from desktop.store.team.team_store import TeamStore
    from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

# Seconds without asking a store that was away.
_QUIET_S = 30.0
_SHOWN = 100
_PASSWORD_BYTES = 24
AddSecrets = Callable[..., None]


class TeamConnection:
    """The team store of one workspace; `add_secrets` masks what no log may hold."""

    def __init__(
        self, config: ConnectionConfig, local: "WorkspaceStore", add_secrets: AddSecrets
    ) -> None:
        self._config = config
        self._memberships = local.team
        self._accounts = local.accounts
        self._audit = local.audit
        self._journal = local.shared_rows
        self._add_secrets = add_secrets
        self._store: TeamStore | None = None
        self._opening = asyncio.Lock()
        self._quiet_until = 0.0

    async def find_membership(self) -> TeamMembership | None:
        """Return which team this workspace belongs to; None: it works alone.

        Raises ConflictError where it has an address of a team store and has joined none, or where
        the row that says so was written by somebody else than Fairlead.
        """
        membership = await self._memberships.get()
        if membership is None:
            if await self._has_address():
                raise _not_joined()
            return None
        if not membership.is_proven and not self._audit.signer.was_asked:
            # A window asks for its team before it has signed in, which loads the key.
            await load_audit_key(self._config, self._audit.signer, in_team=True)
            membership = await self._memberships.get() or membership
        if not membership.is_proven:
            raise ConflictError(
                "It is not certain which team this computer belongs to.",
                "What says so was changed outside Fairlead.",
                "An admin joins it again: `fairlead team join`.",
            )
        return membership

    async def _has_address(self) -> bool:
        try:
            return await self._config.vault.get(Secret.TEAM_DSN) is not None
        except KeyringError:
            # A server has none, and its environment would have told.
            return False

    async def open(self) -> "TeamStore | None":
        """Return the workspace's team store, connected; None: it works alone.

        Raises TeamStoreAway, TeamStoreRefused, ConflictError for another team's store, InvalidInput
        where the address is gone, NotPermitted for a host that the settings do not allow.
        """
        membership = await self.find_membership()
        if membership is None:
            return None
        if self._store is not None:
            return self._store
        async with self._opening:
            # Several loops of a window ask at once, and all are to get the same one.
            if self._store is None:
                account = await self._accounts.get_current() or Account()
                self._store = await open_team_store(
                    self._config, membership, account, self._add_secrets
                )
                self._audit.signer.use_team_key(self._store.database.address.key)
            return self._store

    async def join(self, text: str, actor: Actor) -> TeamMembership:
        """Join the team store at this address, as an admin; the first desk makes the team.

        The address is kept in the vault, with the team's key. Raises what `open` raises.
        """
        require_team_admin(actor)
        address = check_team_address(self._config, text, self._add_secrets)
        self._require_keepable(address)
        known = await self._memberships.get()
        from desktop.store.team.team_key import new_team_key

        if not address.key:
            address = address.with_key(new_team_key())
            self._add_secrets(*address.secrets)
        store = await _connect(self._config, address, known.desk_id if known is not None else "")
        try:
            address = await self._use_code(store, address)
            desk_id, continued, handed_in = await self._find_desk(store)
            if known is not None and known.is_proven and known.desk_id == desk_id:
                handed_in = known.handed_in_seq
            store = store.as_desk(desk_id)
            account = await self._accounts.get_current() or Account()
            team_id = await store.desks.join(
                computer_name(),
                actor.signature,
                __version__,
                account,
                actor.approver_id,
                continued,
            )
        except BaseException:
            store.close()
            raise
        membership = TeamMembership(
            team_id,
            desk_id,
            address.label,
            actor.signature,
            self._config.clock.now(),
            handed_in,
        )
        if Secret.TEAM_DSN not in self._config.environment_secrets.secrets:
            await self._config.vault.set(Secret.TEAM_DSN, address.text)
        await self._memberships.save(membership)
        await self.close()
        self._store = store
        self._audit.signer.use_team_key(address.key)
        return membership

    async def _use_code(self, store: "TeamStore", address: TeamAddress) -> TeamAddress:
        """Use up the one-time code that `address` may be; returns the address to keep.

        The new password is kept before the old one ends: killed in between, the code still counts.
        Where the environment gives the address, its password stays.
        """
        if Secret.TEAM_DSN in self._config.environment_secrets.secrets:
            await store.enrolment.use_invitation(None)
            return address
        new = replace(address, password=secrets.token_urlsafe(_PASSWORD_BYTES))
        self._add_secrets(*new.secrets)
        before = await self._config.vault.get(Secret.TEAM_DSN)
        await self._config.vault.set(Secret.TEAM_DSN, new.text)
        is_code = False
        try:
            is_code = await store.enrolment.use_invitation(new)
        finally:
            if not is_code and before is None:
                await self._config.vault.delete(Secret.TEAM_DSN)
            elif not is_code and before is not None:
                await self._config.vault.set(Secret.TEAM_DSN, before)
        if is_code:
            store.database.address = new
        return new if is_code else address

    def _require_keepable(self, address: TeamAddress) -> None:
        """Raise InvalidInput where the environment would not give the same address again."""
        given = self._config.environment_secrets.secrets.get(Secret.TEAM_DSN)
        if given is None:
            return
        if not address.key:
            raise InvalidInput(
                "The address of the team store has no key of the team.",
                "This computer takes the address from its environment, where no key can be kept.",
                "Put # and 64 hexadecimal digits behind it, as `openssl rand -hex 32` makes them;"
                " the same at every desk.",
            )
        if parse_team_address(given) != address:
            raise InvalidInput(
                "FAIRLEAD_TEAM_DSN names another team store.",
                "Nothing was joined.",
                "Set the variable to the address to join, or take it away.",
            )

    async def leave(self, actor: Actor) -> None:
        """Leave the team, as an admin; what was handed in stays there."""
        require_team_admin(actor)
        await self.close()
        if Secret.TEAM_DSN not in self._config.environment_secrets.secrets:
            await self._config.vault.delete(Secret.TEAM_DSN)
        await self._memberships.remove()
        await self._journal.switch(is_on=None)

    async def invite(
        self, name: str, actor: Actor, *, person: str = "", is_worker: bool = False
    ) -> str:
        """Make a one-time code with which one more desk joins, as an admin.

        `person`: the Zendesk user id in whose name the desk reaches Sailthru through a worker;
        `is_worker`: the desk is one. Returns the code: as secret as a password until it is used.
        Raises as `open` does.
        """
        store = await self._require_store(actor)
        if not name.strip():
            raise InvalidInput("Say whom or which computer the code is for.")
        await self._note("invited", name.strip(), actor)
        address = await store.enrolment.invite(
            name.strip(), actor.signature, person=person, is_worker=is_worker
        )
        self._add_secrets(*address.secrets)
        return address.text

    async def revoke(self, desk: str, actor: Actor) -> tuple[TeamDesk, RevokedLogin]:
        """End a desk of the team from afar, as an admin: its id, its name, or its id's beginning.

        Its login ends, its syncs are free, and nothing more is written in its name. Raises
        InvalidInput for none, several, or this computer.
        """
        store, membership = await self._require_store(actor), await self.find_membership()
        desks = [one for one in await store.desks.list_all() if one.revoked_at is None]
        found = [one for one in desks if one.name == desk] or [
            one for one in desks if desk and one.id.startswith(desk)
        ]
        if len(found) != 1 or membership is None:
            raise InvalidInput(
                f"{'No' if not found else 'More than one'} computer of the team is “{desk[:40]}”.",
                "Nothing was changed.",
                "`fairlead team` names them; `fairlead team --json` tells the id of each.",
            )
        if found[0].id == membership.desk_id:
            raise InvalidInput("This is that computer.", "", "`fairlead team leave` takes it out.")
        await self._note("revoked", found[0].name, actor)
        return found[0], await store.enrolment.revoke(found[0].id, actor.signature)

    async def use_worker(self, change_settings: Callable[[Mapping[str, Json]], None]) -> bool:
        """Have a desk without Sailthru's key reach it through a worker, where it may.

        It may where it was joined by a code that was made for one person. Returns whether it does.
        """
        values = self._config.settings_file.load().values
        uri = values.get(settings_table.SERVICE_URI)
        store = await self.open()
        if store is None or await self._config.sailthru_credentials(uri) is not None:
            return False
        may_ask = await store.requests.has_person()
        if may_ask:
            change_settings({settings_table.SAILTHRU_THROUGH_TEAM.key: True})
        return may_ask

    async def _require_store(self, actor: Actor) -> "TeamStore":
        require_team_admin(actor)
        store = await self.open()
        if store is None:
            raise InvalidInput("This computer belongs to no team.")
        return store

    async def _note(self, what: str, name: str, actor: Actor) -> None:
        now = self._config.clock.now()
        await self._audit.note_team_act(what=what, name=name, actor=actor.signature, now=now)

    async def hand_in_audit(self) -> int:
        """Hand the rows of the audit that the team store lacks in; returns how many.

        Nothing happens where the workspace works alone. Raises as `open` does.
        """
        store, membership = await self.open(), await self._memberships.get()
        if store is None or membership is None:
            return 0
        self._store, count = await TeamAuditUpload(self._memberships).hand_in(store, membership)
        return count

    async def exchange_rows(self) -> int:
        """Hand in the rows that the team shares, and take others' in; returns how many came.

        Nothing happens where the workspace works alone. Raises as `open` does.
        """
        store = await self.open()
        return 0 if store is None else await exchange_rows(store, self._journal)

    async def share_rows(self, *, is_on: bool, actor: Actor) -> None:
        """Switch sharing rows on or off for the whole team, as an admin."""
        store = await self._require_store(actor)
        await self._note("sharing on" if is_on else "sharing off", "rows", actor)
        await store.shared_rows.switch(is_on=is_on, actor=actor.signature)
        await exchange_rows(store, self._journal)

    async def list_of_customer(self, ids: Sequence[str]) -> tuple[TeamEntry, ...]:
        """List what other desks recorded of whoever has one of these ids, newest first.

        Nothing while the store is away: it is asked again only after half a minute, so that no
        look-up waits for it.
        """
        clock = self._config.clock
        if not ids or clock.monotonic() < self._quiet_until:
            return ()
        if await self._memberships.get() is None:
            return ()
        try:
            store = await self.open()
            if store is None:
                return ()
            return await store.audit.list_entries(people=ids, without_own=True, limit=_SHOWN)
        except AppError as error:
            log.info("What other desks did is not known: %s", error.code)
            self._quiet_until = clock.monotonic() + _QUIET_S
            return ()

    async def count_waiting(self) -> int:
        """Count the rows of the audit that wait to be handed in, also while the store is away."""
        return await self._memberships.count_unhanded()

    async def close(self) -> None:
        """Close the connection to the team store."""
        store, self._store = self._store, None
        if store is not None:
            store.close()

    async def _find_desk(self, store: "TeamStore") -> tuple[str, str, int]:
        """Return the id as which this computer joins, the desk it goes on from, and from where.

        Its record may be there from before: as another desk it would hand it in once more. A desk
        that was revoked, or that another login has, is gone on from as a new one.
        """
        here = await self._memberships.list_hashes()
        ends = await store.audit.list_ends()
        own = [(seq, desk) for desk, (seq, known) in ends.items() if here.get(seq) == known]
        seq, found = max(own, default=(0, ""))
        if not own and here:
            # Restored from a copy since: the chain of that desk begins as this one does.
            found = await store.audit.find_desk_of(here.get(1, ""))
        if found and await store.desks.may_continue(found):
            return found, "", 0
        if found and not seq:
            known = await store.as_desk(found).audit.list_own_hashes()
            seq = max((one for one in known if here.get(one) == known[one]), default=0)
        return str(uuid.uuid4()), found, seq


async def open_team_store(
    config: ConnectionConfig,
    membership: TeamMembership,
    account: Account,
    add_secrets: AddSecrets = lambda *_secrets: None,
) -> "TeamStore":
    """Connect to the team store that a workspace of this account has joined.

    Raises as `TeamConnection.open` does.
    """
    text = await config.vault.get(Secret.TEAM_DSN)
    if text is None:
        raise InvalidInput(
            "The address of the team store is not in the keyring.",
            f"This computer belongs to the team at {membership.store_label}. Scheduled syncs"
            " don't start until it is there.",
            "Join again: `fairlead team join`. To work alone: `fairlead team leave`.",
        )
    address = check_team_address(config, text, add_secrets)
    store = await _connect(config, address, membership.desk_id)
    try:
        await store.desks.require_team(membership.team_id, account)
    except BaseException:
        store.close()
        raise
    return store


async def _connect(config: ConnectionConfig, address: TeamAddress, desk_id: str) -> "TeamStore":
    # Imported here: psycopg is needed by whoever belongs to a team alone.
    from desktop.store.team.team_migrations import require_usable
    from desktop.store.team.team_store import build_team_store

    ca_file = config.settings_file.load().values.get(settings_table.CA_FILE)
    store = build_team_store(address, desk_id, ca_file=ca_file)
    try:
        await store.thread.run(require_usable, store.database)
    except BaseException:
        store.close()
        raise
    return store


def check_team_address(config: ConnectionConfig, text: str, add_secrets: AddSecrets) -> TeamAddress:
    """Parse a team store's address. Raises InvalidInput, NotPermitted where it is another host's.

    `add_secrets` masks what is secret in it, before anything else is done.
    """
    address = parse_team_address(text)
    add_secrets(*address.secrets)
    allowed = config.settings_file.load().values.get(settings_table.TEAM_HOST)
    if allowed and address.host.lower() != allowed.lower():
        raise NotPermitted(
            f"The team store at {address.label} is not allowed here.",
            f"Only one at {allowed} may be used.",
            "Ask an admin, or whoever manages this computer.",
        )
    return address


def require_team_admin(actor: Actor) -> None:
    """Raise NotPermitted for anybody but an admin, confirmed at this moment."""
    if not actor.is_confirmed_admin:
        raise NotPermitted(
            "Only an admin may do that.", "Nothing was changed.", "Ask an admin of Zendesk."
        )


def _not_joined() -> ConflictError:
    return ConflictError(
        "This computer has the address of a team store and belongs to no team yet.",
        "Scheduled syncs don't start meanwhile.",
        "An admin joins it: `fairlead team join`.",
    )
