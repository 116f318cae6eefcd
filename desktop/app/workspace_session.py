"""The connection and identity of one open workspace: clients, actor, permission rules, settings.

The one mutable object among a workspace's services: the others ask it at the moment of need.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from desktop.clients.rate_limiter import INTERACTIVE_SHARE
from desktop.clients.service_status import ServiceState, ServiceStatus
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.identity_and_roles import (
    actor_from_zendesk_user,
    effective_permission_rules,
    last_known_actor,
    resolve_identity,
)
from desktop.connect.mail_password import require_password_not_led_away
from desktop.customer.service_clients import AccountFieldNames, ServiceClients
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.errors import AppError, AuthenticationError, NotPermitted
from desktop.model.account import Account, judge_sid_answers, needs_sid_probe
from desktop.model.follow_budget import FollowBudget
from desktop.model.json_value import Json
from desktop.model.name_splitting import NameSplitRule
from desktop.model.permission import Actor, PermissionRules
from desktop.settings import settings_table
from desktop.settings.managed_policy import ManagedPolicy
from desktop.settings.permission_rules import customer_value_source_from, leads_from
from desktop.settings.settings_file import SettingsValues
from desktop.settings.window_state import WindowState, WindowStateFile

if TYPE_CHECKING:
    from desktop.app.service_connections import ServiceConnections
    from desktop.clients.relay_transport import AskRelay
    from desktop.store.account_repository import AccountRepository
    from desktop.store.audit_log import AuditLog
    from desktop.store.database_thread import DatabaseThread

log = logging.getLogger(__name__)

# Seconds; one call of some hundred a minute that Zendesk's smallest plan allows.
ACTOR_RECHECK_S = 60.0


class WorkspaceSession:
    """The session of one open workspace: its connections, signed-in actor and settings.

    `settings_error` is what is wrong with the settings file, `connection_error` why signing in
    did not work; `predictions` whether the Sailthru account has predicted values (None: unknown).
    """

    def __init__(
        self,
        connection_config: ConnectionConfig,
        bus: ChangeBus,
        database_thread: "DatabaseThread | None" = None,
        accounts: "AccountRepository | None" = None,
        audit: "AuditLog | None" = None,
    ) -> None:
        """`database_thread` keeps what the session's clients read; `disconnect` waits for it.

        `accounts` knows which account the workspace is set up for; `audit` is signed from
        connecting on.
        """
        self._audit = audit
        # How a computer without Sailthru's key reaches it; set where the team is known.
        self.ask_relay: AskRelay | None = None
        self._accounts = accounts
        self.connection_config = connection_config
        self._database_thread = database_thread
        self._settings_file = connection_config.settings_file
        self._bus = bus
        self._connection: ServiceConnections | None = None
        # The one whose keys Sailthru has told the account of, which is the workspace's own.
        self._confirmed_connection: ServiceConnections | None = None
        self.connection_number = 0  # of the sign-in: what was begun before another is not its
        self._service_states: dict[str, ServiceState] = {}
        loaded = self._settings_file.load()
        self.values: SettingsValues = loaded.values
        self.settings_error: AppError | None = loaded.notice
        self.connection_error: AppError | None = None
        self.predictions: bool | None = None
        self._actor_asked_at = 0.0
        # Whether a sign-in of this workspace stands; without one the rules are the defaults.
        self._is_signed_in = False
        self._cached_rules: tuple[SettingsValues, bool, PermissionRules] | None = None
        # Who was signed in last may be named, but grants nothing until Zendesk says so again.
        self._actor = last_known_actor(
            WindowStateFile(connection_config.workspace.state_path).read()
        )

    @property
    def clients(self) -> ServiceClients:
        """The session's Sailthru and Zendesk clients; None before connecting or if not set up."""
        return self._connection.clients if self._connection else ServiceClients(None, None)

    @property
    def is_connected(self) -> bool:
        """Whether the session has a client of at least one service."""
        clients = self.clients
        return clients.sailthru is not None or clients.zendesk is not None

    @property
    def is_configured(self) -> bool:
        """Whether this session's workspace was ever set up (without asking the keyring)."""
        addresses = (settings_table.ZENDESK_BASE_URL, settings_table.SERVICE_URI)
        return any(self.values.is_set(setting) for setting in addresses)

    @property
    def actor(self) -> Actor:
        """The session's actor with their role; before Zendesk confirms it, the last one known."""
        return self._actor

    @property
    def confirmed_actor(self) -> Actor | None:
        """The session's actor, where Zendesk has told who that is at this connection; else None."""
        return self._actor if self._is_signed_in and self.connection_error is None else None

    @property
    def rules(self) -> PermissionRules:
        """The session's permission rules; before connecting the defaults stand, never widened."""
        # Asked for by every panel at every change; building them parses some forty settings.
        values, connected = self.values, self._is_signed_in
        if self._cached_rules is None or self._cached_rules[:2] != (values, connected):
            self._cached_rules = (
                values,
                connected,
                effective_permission_rules(values, connected=connected),
            )
        return self._cached_rules[2]

    @property
    def service_states(self) -> tuple[ServiceState, ...]:
        """The latest state (live, slow, offline, refused) of each service of the session."""
        return tuple(self._service_states.values())

    def account_names(self) -> AccountFieldNames:
        """Return the names of the vars, list, field and tag that this session's account uses."""
        get = self.values.get
        return AccountFieldNames(
            health_var=get(settings_table.HEALTH_VAR),
            mark_var=get(settings_table.SYNC_MARK_VAR),
            smart_list=get(settings_table.SYNC_SMART_LIST),
            box_field=get(settings_table.SYNC_CHECKBOX_FIELD),
            highvalue_tag=get(settings_table.HIGHVALUE_TAG),
            paused_var=get(settings_table.PAUSED_VAR),
            paused_list=get(settings_table.PAUSED_LIST),
            name_split=NameSplitRule(get(settings_table.NAME_SPLIT)),
            value_vars=customer_value_source_from(self.values).vars,
        )

    def reload_settings(self) -> None:
        """Read the session's settings file again, after a dialog or process has changed it."""
        self._read_settings()
        self._bus.publish(ChangeSet.of(Topic.SETTINGS, Topic.PERMISSIONS))

    def use_policy(self, policy: ManagedPolicy) -> None:
        """Have the session work under the managed policy as it is now; nothing if the same."""
        if policy != self.values.policy:
            self._settings_file.use_policy(policy)
            self.reload_settings()

    def _read_settings(self) -> None:
        loaded = self._settings_file.load()
        self.values, self.settings_error = loaded.values, loaded.notice

    def change_settings(self, changes: Mapping[str, Json]) -> None:
        """Store session settings, all or none. Raises InvalidInput, NotPermitted, StorageError."""
        require_password_not_led_away(
            self.connection_config, self.values, changes, self.confirmed_actor
        )
        self.values = self._settings_file.change(changes)
        self._bus.publish(ChangeSet.of(Topic.SETTINGS, Topic.PERMISSIONS))

    async def connect(self, *, for_runs: bool = False, signs_audit: bool = True) -> None:
        """Connect the session: clients from settings and vault, then who is signed in.

        `for_runs`: with a run's retry policy and connections, and a quarter of every rate limit
        left to people. `signs_audit`: load the audit's key meanwhile. Raises KeyringError and
        InvalidInput; a service that is away is no error, `service_states` says so.
        """
        await self.open_connections(for_runs=for_runs)
        await self.sign_in(signs_audit=signs_audit)

    async def open_connections(self, *, for_runs: bool = False) -> None:
        """Build the session's clients alone; `sign_in` has to follow. Errors as `connect`."""
        # Imported here: httpx takes 150 ms, and a first paint connects nothing.
        from desktop.app.service_connections import RUN_TRANSPORT_OPTIONS, open_service_connections
        from desktop.clients.request_pipeline import INTERACTIVE_RETRY_POLICY, RUN_RETRY_POLICY

        # Before anything is sent: where to, and as whom, may have been edited in the file.
        await self.connection_config.seal.load()
        self._read_settings()
        if self._accounts is not None and self.connection_config.environment_secrets.secrets:
            account = await self._accounts.get_current()
            self.connection_config.require_account_of(self.values, account)
        # The old connection serves until the new one is there: nobody sees none in between.
        opened = await open_service_connections(
            self.connection_config,
            self.values,
            self._on_service_state,
            retry_policy=RUN_RETRY_POLICY if for_runs else INTERACTIVE_RETRY_POLICY,
            transport_options=RUN_TRANSPORT_OPTIONS if for_runs else None,
            ask_relay=self.ask_relay,
        )
        await self._close_connection()
        # A service that was signed out is not to stay in the status bar.
        self._service_states.clear()
        self._connection = opened
        self.connection_number += 1
        self._bus.publish(ChangeSet.of(Topic.SERVICE, Topic.PERMISSIONS))

    async def sign_in(self, *, signs_audit: bool) -> None:
        """Identify the session's actor, and with `signs_audit` load the audit's key meanwhile."""
        if signs_audit:
            # Beside the services' answers it costs no time.
            await asyncio.gather(self.identify(), self.load_audit_key())
        else:
            await self.identify()

    async def load_audit_key(self) -> None:
        """Have this session's process sign its new audit rows, where the vault has a key."""
        # Imported here: a lookup writes no audit.
        from desktop.connect.audit_key import load_audit_key

        if self._audit is not None:
            in_team = await self._audit.is_handed_in()
            await load_audit_key(self.connection_config, self._audit.signer, in_team=in_team)

    async def identify(self) -> None:
        """Ask Zendesk for the session's actor, Sailthru for the account; publish both."""
        # Both at once: together they are the wait before the window says “connected”.
        _, account = await asyncio.gather(self._identify_actor(), self._read_account())
        await self._require_own_account(account)
        self._bus.publish(ChangeSet.of(Topic.SERVICE, Topic.PERMISSIONS))

    async def disconnect(self) -> None:
        """Close the session's connections; permissions fall back to their defaults.

        Published before they are closed, so that whoever still reads stops. Returns only when
        everything read has been written: the caller may go on to erase it.
        """
        connection, self._connection = self._connection, None
        self._is_signed_in = False
        if connection is None:
            return
        self._bus.publish(ChangeSet.of(Topic.SERVICE, Topic.PERMISSIONS))
        await connection.close()
        if self._database_thread is not None:
            await self._database_thread.run(_flush_marker)

    async def _close_connection(self) -> None:
        connection, self._connection = self._connection, None
        self._is_signed_in = False
        if connection is not None:
            await connection.close()

    def retry_sign_in(self) -> None:
        """Let the session's requests go out again after a refused sign-in, as a person asks."""
        if self._connection is not None:
            for tracker in self._connection.trackers:
                tracker.reset_refusal()

    @property
    def request_count(self) -> int:
        """The number of HTTP requests that this session has sent since connecting."""
        return self._connection.request_count if self._connection else 0

    def describe_rate_budget(self) -> str:
        """Describe the session's tightest rate limit; empty while none is known."""
        return self._connection.describe_rate_budget() if self._connection else ""

    def has_spare_rate_budget(self) -> bool:
        """Whether half of the session's Zendesk calls per minute are left."""
        return self.zendesk_budget_share() >= 0.5

    def zendesk_budget_share(self) -> float:
        """Return the share of the session's Zendesk calls per minute that is left, 0 to 1."""
        return self._connection.zendesk_budget_share() if self._connection else 1.0

    def zendesk_calls_per_minute(self) -> float:
        """Return the calls a minute that runs may make, a quarter left to people; 0: not known."""
        limit = self._connection.zendesk_call_limit() if self._connection else None
        return (limit or 0) * (1 - INTERACTIVE_SHARE)

    def follow_budget(self) -> FollowBudget:
        """Return what this desk may ask Zendesk for Follow Zendesk, by the number of desks."""
        limit = self._connection.zendesk_call_limit() if self._connection else None
        return FollowBudget(self.values.get(settings_table.DESK_COUNT), limit)

    async def _identify_actor(self) -> None:
        zendesk = self.clients.zendesk
        file = WindowStateFile(self.connection_config.workspace.state_path)
        state = file.read()
        self._actor_asked_at = self.connection_config.clock.monotonic()
        try:
            found = await resolve_identity(
                self.values,
                zendesk,
                state,
                self.connection_config.computer_user,
                # Only where nobody else says who is an admin is it looked up.
                was_in_zendesk=zendesk is None
                and await self.connection_config.was_signed_in_to_zendesk(),
                now=self.connection_config.clock.now(),
            )
        except NotPermitted as error:
            # An end user's sign-in: shown nothing that only agents may see.
            self._actor = last_known_actor(state)
            self.connection_error, self._is_signed_in = error, False
            return
        credential = self._connection.token_fingerprint if self._connection else ""
        self._actor = replace(found.actor, credential=credential)
        self.connection_error = found.error
        is_sailthru_only = zendesk is None and self.clients.sailthru is not None
        is_refused = isinstance(found.error, AuthenticationError | NotPermitted)
        self._is_signed_in = (is_sailthru_only and found.is_confirmed) or (
            zendesk is not None and not is_refused
        )
        if found.is_confirmed and zendesk is not None:
            actor = found.actor
            self._save_last_actor(
                file,
                replace(
                    state,
                    last_user_name=actor.name,
                    last_user_id=actor.id,
                    last_user_role=actor.role.value,
                    last_user_at=self.connection_config.clock.now(),
                ),
            )

    async def recheck_actor(self, *, at_once: bool = False) -> None:
        """Ask Zendesk anew who is signed in and with which role, at most once a minute.

        A run works for hours: a role that was taken away, or a sign-in that ended, holds from then
        on. While Zendesk is away nothing changes: the requests of the run tell that themselves.
        `at_once`: however short ago it was asked; then that Zendesk is away is raised too.
        """
        zendesk, now = self.clients.zendesk, self.connection_config.clock.monotonic()
        if zendesk is None or (not at_once and now - self._actor_asked_at < ACTOR_RECHECK_S):
            return
        self._actor_asked_at = now
        try:
            actor = actor_from_zendesk_user(await zendesk.me(), leads_from(self.values))
        except (AuthenticationError, NotPermitted) as error:
            self.connection_error, self._is_signed_in = error, False
        except AppError as error:
            log.info("Zendesk did not say who is signed in: %s", error.code)
            if at_once:
                raise
        else:
            self._actor = replace(actor, credential=self._actor.credential)

    def _save_last_actor(self, file: WindowStateFile, state: WindowState) -> None:
        try:
            file.write(state)
        except AppError as error:
            log.info("Who is signed in could not be remembered: %s", error.code)

    async def _read_account(self) -> Account:
        """Which accounts the session is connected to, as far as settings and Sailthru tell."""
        get, sailthru = self.values.get, self.clients.sailthru
        seen = Account(
            zendesk_base_url=get(settings_table.ZENDESK_BASE_URL) if self.clients.zendesk else "",
            sailthru_service_uri=get(settings_table.SERVICE_URI) if sailthru else "",
        )
        if sailthru is None:
            return seen
        try:
            account = await sailthru.get_account()
        except AppError as error:
            # A key without the settings endpoint still serves customers.
            log.info("Sailthru did not tell its settings: %s", error.code)
            return seen
        self.predictions = account.predictions
        return replace(seen, sailthru_account=account.account_id or "")

    async def _require_own_account(self, seen: Account) -> None:
        """Close the session's connection where it leads to another account than the workspace's."""
        if self._accounts is None:
            return
        is_confirmed = self._connection is self._confirmed_connection
        if self._connection is not None and is_confirmed and not seen.sailthru_account:
            # Sailthru told the account to these very keys: now it is away, or was for a moment.
            return
        from desktop.connect.account_move import find_known_sids, other_account_connected_error

        kept, answers = await self._accounts.get_current(), None
        sailthru = self.clients.sailthru
        if kept is not None and sailthru is not None and needs_sid_probe(kept, seen):
            sids = await self._accounts.list_remembered_sids()
            answers = judge_sid_answers(await find_known_sids(sailthru, sids))
        now = self.connection_config.clock.now()
        if await self._accounts.connect(seen, now, sids_answer=answers):
            if seen.sailthru_account:
                self._confirmed_connection = self._connection
            return
        await self._close_connection()
        self._service_states.clear()
        self.connection_error = other_account_connected_error(kept or Account(), seen)

    def _on_service_state(self, state: ServiceState) -> None:
        # Unknown until the first answer: the status bar shows no state rather than a guess.
        if state.status is not ServiceStatus.UNKNOWN:
            self._service_states[state.service] = state
        self._bus.publish(ChangeSet.of(Topic.SERVICE))


def _flush_marker() -> None:
    """Do nothing on the database thread: its queue is in order, so all before is written."""
