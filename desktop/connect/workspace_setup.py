"""Sets a workspace up from a document: checks it against the services, then stores it.

Credentials that are refused, or a service that cannot be reached, store nothing. A refused
endpoint is reported and does not keep the rest from being stored: agents' keys lack `job`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desktop.clients.sailthru.protocol import SailthruCredentials
from desktop.clients.zendesk.credentials import ApiTokenCredentials
from desktop.connect.account_move import AccountMoveNeeded, describe_kept, is_other_account
from desktop.connect.account_move_permission import (
    actor_without_zendesk,
    require_admin_for_other_account,
    was_connected,
)
from desktop.connect.audit_key import load_audit_signer
from desktop.connect.connection_check import (
    CheckCollector,
    ConnectionCheck,
    OnCheck,
    are_needed_checks_ok,
)
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.data_source_connections import (
    hold_new_events,
    note_data_source_connections,
    require_may_connect_again,
)
from desktop.connect.identity_and_roles import check_setting_change, named_lead
from desktop.connect.local_data_service import LocalDataService
from desktop.connect.mail_password import require_password_not_led_away
from desktop.connect.reachability_check import check_reachability
from desktop.connect.sailthru_key_checks import check_sailthru_key
from desktop.connect.sell_revocation import (
    read_sell_sign_in,
    revoke_replaced_sell_sign_in,
)
from desktop.connect.sell_setup import (
    check_sell_setup,
    choose_sell_sign_in,
    drop_unkept_sell_secrets,
    store_sell_secrets,
)
from desktop.connect.setup_document import SetupDocument, parse_setup_document
from desktop.connect.zendesk_account import erase_zendesk_secrets
from desktop.connect.zendesk_account_checks import check_zendesk_account, not_signed_in_check
from desktop.kit.errors import InvalidInput, NotPermitted
from desktop.model.account import Account
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Role
from desktop.model.sailthru_profile import SailthruAccount
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.mail_server_address import mail_address
from desktop.settings.permission_rules import leads_from
from desktop.settings.setting_definition import Setting
from desktop.settings.settings_file import SettingsValues
from desktop.vault.bound_secrets import store_api_token, store_bound_secrets
from desktop.vault.secret import SELL_SECRETS, Secret


@dataclass(frozen=True)
class SetupReport:
    """What a set-up checked, whether it was stored, and what was left out."""

    workspace: str
    checks: tuple[ConnectionCheck, ...]
    is_stored: bool
    is_unreachable: bool
    actor: Actor | None = None
    notes: tuple[str, ...] = ()
    has_refused_settings: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether the workspace's set-up is stored and everything needed works."""
        return self.is_stored and are_needed_checks_ok(self.checks)

    def as_json(self) -> dict[str, Json]:
        """The set-up's report as JSON, which `fairlead setup --json` prints."""
        return {
            "workspace": self.workspace,
            "ok": self.is_ok,
            "stored": self.is_stored,
            "role": self.actor.role.value if self.actor else None,
            "checks": [check.as_json() for check in self.checks],
            "notes": list(self.notes),
        }


@dataclass
class _SetupOutcome:
    """The results of a set-up's checks so far: refused, unreachable, actor, Sailthru account."""

    is_refused: bool = False
    is_unreachable: bool = False
    actor: Actor | None = None
    # Sailthru's id of the account; empty where the key may not read it.
    sailthru_account: str = ""

    @property
    def is_good(self) -> bool:
        return not (self.is_refused or self.is_unreachable)


async def set_up_workspace(
    document: Json, config: ConnectionConfig, on_check: OnCheck | None = None
) -> SetupReport:
    """Check a set-up document against the services, then store it for the workspace of `config`.

    Raises InvalidInput for a document that cannot be used, UserDecisionNeeded when another
    workspace has the Zendesk account, KeyringError when there is no place for secrets.
    """
    setup = parse_setup_document(document)
    await config.seal.load(makes_key=False)
    file = config.settings_file
    before = file.load().values
    settings, notes = _without_managed(setup, before)
    _choose_sign_in_method(setup, before, settings)
    choose_sell_sign_in(setup, before, settings)
    values = before.with_changes(settings)
    _require_complete(setup, values)
    if values.get(settings_table.ZENDESK_AUTH) != "none":
        base_url = values.get(settings_table.ZENDESK_BASE_URL)
        config.workspaces.require_account_unused(base_url, but=config.workspace.name)
    is_connected = await was_connected(config, before)
    if is_connected:
        await config.bind_secrets_to_addresses(before)
    is_account_moved = _is_account_changed(before, values)
    client_id = settings_table.ZENDESK_CLIENT_ID
    if is_account_moved and client_id.key not in settings and not before.is_managed(client_id):
        # One account's OAuth client is not another's.
        settings[client_id.key] = None
        values = values.with_changes({client_id.key: ""})
    key, token = await _collect_credentials(
        setup, config, values, is_account_moved=is_account_moved
    )
    checks = CheckCollector(on_check)
    # Who was in charge before decides, not what the document says about itself, and before
    # anything is sent: leaving Zendesk makes nobody an admin.
    outcome = _SetupOutcome(
        actor=await actor_without_zendesk(config, before, is_connected=is_connected)
    )
    if is_connected:
        await require_admin_for_other_account(config, before, values, outcome.actor)
    await _check_zendesk(config, values, token, checks, outcome, is_account_moved=is_account_moved)
    if outcome.actor is not None:
        # By what an admin has named, and not by what this document says.
        outcome.actor = named_lead(outcome.actor, leads_from(before))
    if outcome.is_good:
        await _check_sailthru(config, values, key, settings, checks, outcome)
    secrets = dict(setup.secrets)
    refused: tuple[str, ...] = ()
    if outcome.is_good:
        require_may_connect_again(before, setup.secrets, outcome.actor)
        require_password_not_led_away(config, before, settings, outcome.actor)
        settings, refused = _filter_admin_settings(
            settings, before, outcome.actor, was_connected=is_connected
        )
        settings |= hold_new_events(before, settings, was_connected=is_connected)
        # Sell's token goes where this person may lead it, and nowhere else.
        values = _with_kept_sell_settings(values, before.with_changes(settings))
        is_sell_given = not setup.secrets.keys().isdisjoint(SELL_SECRETS)
        # Without a secret of Sell the one that is kept goes on, also where it is renewed meanwhile.
        former_sell = await read_sell_sign_in(config, before) if is_sell_given else None
        await check_sell_setup(config, values, secrets, settings, checks)
        if values.get(settings_table.ZENDESK_AUTH) == "none" and not is_connected:
            settings[settings_table.SAILTHRU_ONLY_OWNER.key] = config.computer_user
        notes += refused
        if outcome.actor is not None and outcome.actor.role is Role.ADMIN:
            # What was just checked is sealed as well: a seal that was lost is whole again.
            used = (*settings_table.CONNECTION_SETTINGS, settings_table.ZENDESK_EMAIL)
            settings |= {
                row.key: row.serialize(values.get(row))
                for row in used
                if values.is_set(row) and not values.is_managed(row) and row.key not in settings
            }
        moved_to = await _find_account_move(setup, config, before, values, key, outcome)
        if moved_to is not None:
            # First: killed after this, what is connected is another account than the workspace's,
            # nothing is sent, and the same set-up goes on from here.
            local, signer = LocalDataService(config.workspace), await load_audit_signer(config)
            await local.move_to_account(moved_to, config.clock.now(), signer)
        else:
            # Another address of the same account: the environment's secrets may go there from now.
            seen = _seen_account(values, key, outcome)
            await LocalDataService(config.workspace).remember_account(seen, config.clock.now())
        # The seal's key first: secrets without one are taken for those of an earlier version.
        await config.seal.load()
        notes += await drop_unkept_sell_secrets(config, before, secrets, settings)
        await _store_secrets(secrets, config, before, values)
        # Once more: what was just stored proves the seal too.
        await config.seal.load()
        settings |= note_data_source_connections(config, before, values, secrets, outcome.actor)
        file.change(settings)
        await config.seal.keep_number()
        notes += await revoke_replaced_sell_sign_in(
            config, file.load().values, former_sell, setup.secrets.get(Secret.SELL_REFRESH)
        )
    return SetupReport(
        config.workspace.name,
        checks.results(),
        outcome.is_good,
        outcome.is_unreachable,
        outcome.actor,
        (*setup.notes, *notes),
        has_refused_settings=bool(refused),
    )


async def _find_account_move(
    setup: SetupDocument,
    config: ConnectionConfig,
    before: SettingsValues,
    values: SettingsValues,
    key: SailthruCredentials | None,
    outcome: _SetupOutcome,
) -> Account | None:
    """Return the account a set-up would move the workspace to; None: it stays with its own.

    Raises UserDecisionNeeded where the move would drop something and nobody has said so, and
    NotPermitted where somebody else than an admin has.
    """
    uri = values.get(settings_table.SERVICE_URI)
    seen = _seen_account(values, key, outcome)
    former = Account(
        before.get(settings_table.ZENDESK_BASE_URL),
        sailthru_service_uri=before.get(settings_table.SERVICE_URI)
        if before.is_set(settings_table.SERVICE_URI)
        else "",
    )
    local = LocalDataService(config.workspace)
    if key is None:
        is_other = await is_other_account(local, former, seen, None)
    else:
        async with config.temporary_clients(values).sailthru(uri, key) as client:
            is_other = await is_other_account(local, former, seen, client)
    if not is_other:
        return None
    kept = await local.count_kept()
    if not kept.is_nothing:
        if not setup.moves_account:
            raise AccountMoveNeeded(kept)
        # Nobody known, such as before the browser's sign-in, is no admin either.
        if outcome.actor is None or outcome.actor.role is not Role.ADMIN:
            raise NotPermitted(
                "Only an admin can move this workspace to another account.",
                f"It would drop {describe_kept(kept)}. Nothing was changed.",
                "Set up a workspace of its own with `--workspace NAME`.",
            )
    return seen


def _seen_account(
    values: SettingsValues, key: SailthruCredentials | None, outcome: _SetupOutcome
) -> Account:
    has_zendesk = values.get(settings_table.ZENDESK_AUTH) != "none"
    return Account(
        values.get(settings_table.ZENDESK_BASE_URL) if has_zendesk else "",
        outcome.sailthru_account,
        values.get(settings_table.SERVICE_URI) if key else "",
    )


def _choose_sign_in_method(
    setup: SetupDocument, before: SettingsValues, settings: dict[str, Json]
) -> None:
    """Choose `zendesk.auth` for a set-up without it: an API token means token, else browser."""
    key = settings_table.ZENDESK_AUTH.key
    if key in setup.settings or before.is_managed(settings_table.ZENDESK_AUTH):
        return
    if Secret.ZENDESK_TOKEN in setup.secrets:
        settings[key] = "token"
    elif setup.settings.get(settings_table.ZENDESK_BASE_URL.key) and (
        before.get(settings_table.ZENDESK_AUTH) == "none"
    ):
        settings[key] = "oauth"


def _require_complete(setup: SetupDocument, values: SettingsValues) -> None:
    how = values.get(settings_table.ZENDESK_AUTH)
    if how != "none" and not values.get(settings_table.ZENDESK_BASE_URL):
        raise InvalidInput(
            "“zendesk.base_url” is missing.",
            "It says which Zendesk account to connect.",
            "Add it, such as https://acme.zendesk.com.",
        )
    if Secret.ZENDESK_TOKEN in setup.secrets and not values.get(settings_table.ZENDESK_EMAIL):
        raise InvalidInput("“zendesk.api_token” needs “zendesk.email”, the address of an agent.")


async def _collect_credentials(
    setup: SetupDocument,
    config: ConnectionConfig,
    values: SettingsValues,
    *,
    is_account_moved: bool,
) -> tuple[SailthruCredentials | None, ApiTokenCredentials | None]:
    # What the document leaves out may be in the vault, or in the environment.
    secrets = setup.secrets
    if Secret.SAILTHRU_KEY in secrets:
        sailthru: SailthruCredentials | None = SailthruCredentials(
            secrets[Secret.SAILTHRU_KEY], secrets[Secret.SAILTHRU_SECRET]
        )
    else:
        sailthru = await config.sailthru_credentials(values.get(settings_table.SERVICE_URI))
    zendesk = None
    is_server = config.environment_secrets.has_zendesk_client and not is_account_moved
    if values.get(settings_table.ZENDESK_AUTH) == "token" and not is_server:
        token, email = secrets.get(Secret.ZENDESK_TOKEN), values.get(settings_table.ZENDESK_EMAIL)
        if token is None and not is_account_moved:
            # A token of the environment is used by whom the environment names.
            email = config.environment_secrets.zendesk_email or email
            token = await config.api_token(email, values.get(settings_table.ZENDESK_BASE_URL))
        if token is None:
            raise InvalidInput(
                "“zendesk.api_token” is missing.",
                "The sign-in is set to “token”, and none is kept for this workspace.",
                "Add it, or set “zendesk.auth” to “oauth”.",
            )
        zendesk = ApiTokenCredentials(email, token)
    if sailthru is None and values.get(settings_table.ZENDESK_AUTH) == "none":
        raise InvalidInput(
            "The set-up names no service.",
            "It needs “sailthru” with api_key and api_secret, or “zendesk” with base_url.",
            "See `fairlead setup --help`.",
        )
    return sailthru, zendesk


async def _check_zendesk(
    config: ConnectionConfig,
    values: SettingsValues,
    token: ApiTokenCredentials | None,
    checks: CheckCollector,
    outcome: _SetupOutcome,
    *,
    is_account_moved: bool,
) -> None:
    base_url = values.get(settings_table.ZENDESK_BASE_URL)
    if values.get(settings_table.ZENDESK_AUTH) == "none" or not base_url:
        return
    outcome.actor = None
    services = config.temporary_clients(values)
    if not await check_reachability(
        Service.ZENDESK.title, base_url, services, config.clock, checks
    ):
        outcome.is_unreachable = True
        return
    if token is not None:
        outcome.actor = await check_zendesk_account(services, base_url, token, values, checks)
        outcome.is_refused = outcome.actor is None
        return
    async with services.transport(Service.ZENDESK.title, base_url) as transport:
        credentials = (
            None if is_account_moved else await config.zendesk_credentials(values, transport)
        )
        if credentials is None:
            checks.add(not_signed_in_check(values))
            return
        outcome.actor = await check_zendesk_account(services, base_url, credentials, values, checks)
        if config.environment_secrets.has_zendesk_client:
            # Nobody can sign in later instead, as a person could in the browser.
            outcome.is_refused = outcome.actor is None


async def _check_sailthru(
    config: ConnectionConfig,
    values: SettingsValues,
    key: SailthruCredentials | None,
    settings: dict[str, Json],
    checks: CheckCollector,
    outcome: _SetupOutcome,
) -> None:
    if key is None:
        return
    services = config.temporary_clients(values)
    uri = values.get(settings_table.SERVICE_URI)
    if not await check_reachability(Service.SAILTHRU.title, uri, services, config.clock, checks):
        outcome.is_unreachable = True
        return

    def adopt_timezone(account: SailthruAccount) -> SettingsValues:
        outcome.sailthru_account = account.account_id or ""
        # Nobody chose one: the account's own is right.
        if account.timezone and not values.is_set(settings_table.TIMEZONE):
            return _with_timezone(values, account.timezone, settings)
        return values

    async with services.sailthru(uri, key) as client:
        needs_jobs = outcome.actor is None or outcome.actor.role is Role.ADMIN
        outcome.is_refused = not await check_sailthru_key(
            client, values, checks, needs_jobs=needs_jobs, on_account=adopt_timezone
        )


def _with_timezone(
    values: SettingsValues, timezone: str, settings: dict[str, Json]
) -> SettingsValues:
    try:
        settings[settings_table.TIMEZONE.key] = settings_table.TIMEZONE.validate(timezone)
    except InvalidInput:
        # A zone this computer does not know; the comparison that follows says so.
        return values
    return values.with_changes(settings)


def _without_managed(
    setup: SetupDocument, before: SettingsValues
) -> tuple[dict[str, Json], tuple[str, ...]]:
    kept, notes = {}, []
    for key, value in setup.settings.items():
        if before.is_managed(settings_table.SETTINGS_BY_KEY[key]):
            notes.append(f"“{key}” is managed by your organisation and was left out.")
        else:
            kept[key] = value
    return kept, tuple(notes)


def _filter_admin_settings(
    settings: Mapping[str, Json],
    before: SettingsValues,
    actor: Actor | None,
    *,
    was_connected: bool,
) -> tuple[dict[str, Json], tuple[str, ...]]:
    """Return a set-up's settings this actor may change, and notes about those only admins may.

    Where nobody is known yet (the browser's sign-in comes later), only what leads to the first
    connection is kept: what widens rights waits for an admin.
    """
    if actor is not None and actor.role is Role.ADMIN:
        return dict(settings), ()
    kept, notes = {}, []
    for key, value in settings.items():
        row = settings_table.SETTINGS_BY_KEY[key]
        is_free = not row.is_admin_only and row.permission is None
        is_connection = row in (*settings_table.CONNECTION_SETTINGS, *settings_table.SELL_SETTINGS)
        is_first_address = is_connection and not was_connected
        is_given = row.permission is not None and check_setting_change(row, actor, before)
        if is_free or is_first_address or (is_given and is_given.is_allowed):
            kept[key] = value
        elif not _is_unchanged(row, value, before):
            notes.append(f"“{key}” needs an admin and was not changed.")
    return kept, tuple(notes)


def _with_kept_sell_settings(values: SettingsValues, kept: SettingsValues) -> SettingsValues:
    rows: tuple[Setting[Any], ...] = settings_table.SELL_SETTINGS
    return values.with_changes({row.key: row.serialize(kept.get(row)) for row in rows})


def _is_unchanged(row: Setting[Any], value: Json, before: SettingsValues) -> bool:
    return bool(row.serialize(before.get(row)) == value)


def _is_account_changed(before: SettingsValues, values: SettingsValues) -> bool:
    old = before.get(settings_table.ZENDESK_BASE_URL)
    return bool(old) and old != values.get(settings_table.ZENDESK_BASE_URL)


async def _store_secrets(
    secrets: Mapping[Secret, str],
    config: ConnectionConfig,
    before: SettingsValues,
    values: SettingsValues,
) -> None:
    if _is_account_changed(before, values):
        await erase_zendesk_secrets(config.vault)
    hosts = {
        values.get(settings_table.SERVICE_URI): (Secret.SAILTHRU_KEY, Secret.SAILTHRU_SECRET),
        values.get(settings_table.ZENDESK_BASE_URL): (Secret.ZENDESK_TOKEN,),
        mail_address(values): (Secret.SMTP_PASSWORD,),
    }
    overrides = config.environment_secrets.secrets
    for host, bound in hosts.items():
        # What the environment gives needs no keyring, and a server may have none.
        given = {
            secret: secrets[secret]
            for secret in bound
            if secret in secrets and overrides.get(secret) != secrets[secret]
        }
        token = given.pop(Secret.ZENDESK_TOKEN, None)
        if token is not None:
            email = values.get(settings_table.ZENDESK_EMAIL)
            await store_api_token(config.vault, token, host, email)
        if given:
            await store_bound_secrets(config.vault, given, host)
    await store_sell_secrets(config, secrets, values.get(settings_table.SELL_BASE_URL))
