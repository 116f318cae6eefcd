"""The doctor: checks a workspace's settings, keyring, connections and permissions."""

from dataclasses import dataclass

from desktop.connect.connection_check import (
    CheckCollector,
    ConnectionCheck,
    OnCheck,
    are_needed_checks_ok,
)
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.identity_and_roles import effective_permission_rules, sailthru_only_actor
from desktop.connect.local_data_service import LocalDataService
from desktop.connect.oauth_token_manager import OAuthTokenManager
from desktop.connect.reachability_check import check_reachability
from desktop.connect.sailthru_key_checks import check_sailthru_key
from desktop.connect.sell_account_checks import check_sell_account, no_sell_credentials_check
from desktop.connect.support_request_texts import request_api_key_text
from desktop.connect.team_connection import open_team_store
from desktop.connect.temporary_clients import TemporaryClients
from desktop.connect.zendesk_account_checks import (
    check_api_token_end,
    check_oauth_scopes,
    check_zendesk_account,
    not_signed_in_check,
)
from desktop.kit.errors import AppError, KeyringError, StorageError
from desktop.kit.text import format_count
from desktop.model.account import Account
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Permission
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.sealed_settings import SealState
from desktop.settings.settings_file import SettingsValues
from desktop.vault.bound_secrets import SecretForOtherHost


@dataclass(frozen=True)
class DoctorReport:
    """The doctor's connection checks, and the signed-in person where known."""

    checks: tuple[ConnectionCheck, ...]
    actor: Actor | None = None

    @property
    def is_ok(self) -> bool:
        """Whether everything the doctor needs works."""
        return are_needed_checks_ok(self.checks)

    def as_json(self) -> dict[str, Json]:
        """The doctor's report as JSON, which `fairlead doctor --json` prints."""
        return {"ok": self.is_ok, "checks": [check.as_json() for check in self.checks]}


async def run_doctor(config: ConnectionConfig, on_check: OnCheck | None = None) -> DoctorReport:
    """Run the doctor's checks of one workspace; faults become failed checks, not exceptions."""
    checks = CheckCollector(on_check)
    await config.seal.load()
    values = _check_settings(config, checks)
    # Without settings or keys every other check would fail for that reason alone.
    if values is None or not await _check_keyring(config, checks):
        return DoctorReport(checks.results())
    services = config.temporary_clients(values)
    actor = await _examine_zendesk(config, values, services, checks)
    await _examine_sailthru(config, values, services, checks, actor)
    await _examine_sell(config, values, services, checks)
    await _examine_team_store(config, checks)
    return DoctorReport(checks.results(), actor)


def _check_settings(config: ConnectionConfig, checks: CheckCollector) -> SettingsValues | None:
    try:
        loaded = config.settings_file.load()
    except AppError as error:
        checks.report_error("Settings", error)
        return None
    if loaded.notice is not None:
        checks.report_error("Settings", loaded.notice)
    for notice in loaded.values.notices:
        checks.report("Settings", False, notice, "Set it again in Settings.", is_needed=False)
    outside = loaded.values.outside_changes.error
    if outside is not None and loaded.notice is None:
        checks.report_error("Settings: changed outside", outside)
    if loaded.values.seal_state is SealState.UNKEYED and config.environment_secrets.secrets:
        checks.report(
            "Settings: proof",
            True,
            "No key proves who changed the settings.",
            "FAIRLEAD_AUDIT_KEY, the same for everybody here, would.",
            is_needed=False,
        )
    policy = loaded.values.policy
    if policy.is_active or policy.notices:
        names = ", ".join(str(path) for path in policy.sources)
        detail = f"Managed by your organisation: {names}." if names else "A policy is ignored."
        is_ok, hint = not policy.notices, " ".join(policy.notices)
        checks.report("Policy", is_ok, detail, hint, is_needed=policy.is_fail_closed)
    return loaded.values


async def _check_keyring(config: ConnectionConfig, checks: CheckCollector) -> bool:
    try:
        await config.has_sailthru_key()
    except KeyringError as error:
        checks.report_error("Keyring", error)
        return False
    checks.report("Keyring", True, "The keys can be read.")
    return True


async def _examine_zendesk(
    config: ConnectionConfig,
    values: SettingsValues,
    services: TemporaryClients,
    checks: CheckCollector,
) -> Actor | None:
    base_url = values.get(settings_table.ZENDESK_BASE_URL)
    if (
        values.get(settings_table.ZENDESK_AUTH) == "none"
        and not config.environment_secrets.has_zendesk_sign_in
    ):
        checks.report(
            Service.ZENDESK.title,
            True,
            "Not connected: this workspace is Sailthru only.",
            is_needed=False,
        )
        return sailthru_only_actor(
            values, config.computer_user, was_in_zendesk=await _was_in_zendesk(config, checks)
        )
    if not base_url:
        checks.report(
            Service.ZENDESK.title,
            False,
            "No account is set.",
            "Enter it in Settings › Connections.",
        )
        return None
    if not await check_reachability(
        Service.ZENDESK.title, base_url, services, config.clock, checks
    ):
        return None
    async with services.transport(Service.ZENDESK.title, base_url) as transport:
        try:
            config.require_account_of(values, await _read_account(config))
            credentials = await config.zendesk_credentials(values, transport)
        except AppError as error:
            checks.report_error("Zendesk: sign-in", error)
            return None
        if credentials is None:
            checks.add(not_signed_in_check(values))
            return None
        actor = await check_zendesk_account(services, base_url, credentials, values, checks)
        if isinstance(credentials, OAuthTokenManager):
            await check_oauth_scopes(transport, credentials, config.clock, checks)
        else:
            check_api_token_end(config.clock, checks)
    return actor


async def _was_in_zendesk(config: ConnectionConfig, checks: CheckCollector) -> bool:
    try:
        return await config.was_signed_in_to_zendesk()
    except StorageError as error:
        checks.report_error("Database", error)
        # A file that can't be read makes nobody an admin.
        return True


async def _read_account(config: ConnectionConfig) -> Account | None:
    if not config.environment_secrets.secrets:
        return None
    try:
        account, _sids = await LocalDataService(config.workspace).read_account()
    except StorageError:
        # A damaged file must not keep the doctor from looking.
        return None
    return account


async def _examine_sailthru(
    config: ConnectionConfig,
    values: SettingsValues,
    services: TemporaryClients,
    checks: CheckCollector,
    actor: Actor | None,
) -> None:
    uri = values.get(settings_table.SERVICE_URI)
    if not await config.has_sailthru_key():
        checks.report(
            "Sailthru: key",
            False,
            "There is no key and secret yet.",
            "In Sailthru: Settings › Setup › API and Postbacks, behind the lock; or ask "
            "Sailthru for a key of its own, the text to send is ready to copy.",
            support_text=request_api_key_text(),
        )
        return
    if not await check_reachability(Service.SAILTHRU.title, uri, services, config.clock, checks):
        return
    try:
        config.require_account_of(values, await _read_account(config))
        key = await config.sailthru_credentials(uri)
    except SecretForOtherHost as error:
        checks.report_error("Sailthru: key", error)
        return
    if key is None:
        return
    if not values.get(settings_table.HAS_DEDICATED_KEY):
        checks.report(
            "Sailthru: own key",
            False,
            "Nobody has confirmed that this key is only for Fairlead.",
            "Do not use the main account key: it cannot be withdrawn alone.",
            is_needed=False,
            support_text=request_api_key_text(),
        )
    async with services.sailthru(uri, key) as client:
        needs_jobs = _may_run(values, actor)
        await check_sailthru_key(client, values, checks, needs_jobs=needs_jobs)


async def _examine_sell(
    config: ConnectionConfig,
    values: SettingsValues,
    services: TemporaryClients,
    checks: CheckCollector,
) -> None:
    title = Service.SELL.title
    if not values.get(settings_table.SELL_ENABLED):
        # Optional: nothing is said of it where nobody has connected it.
        return
    uri = values.get(settings_table.SELL_BASE_URL)
    async with services.transport(title, uri) as transport:
        try:
            config.require_account_of(values, await _read_account(config))
            credentials = await config.sell_credentials(values, transport)
        except SecretForOtherHost as error:
            checks.report_error(f"{title}: token", error)
            return
        if credentials is None:
            checks.add(no_sell_credentials_check(values))
            return
        if not await check_reachability(title, uri, services, config.clock, checks):
            return
        async with services.sell(uri, credentials) as client:
            await check_sell_account(client, config.clock, checks)


async def _examine_team_store(config: ConnectionConfig, checks: CheckCollector) -> None:
    """Check the team store, where the workspace belongs to a team."""
    local = LocalDataService(config.workspace)
    try:
        membership = await local.read_team_membership()
        if membership is None:
            return
        account, _sids = await local.read_account()
        store = await open_team_store(config, membership, account or Account())
        try:
            desks = await store.desks.list_all()
        finally:
            store.close()
    except AppError as error:
        checks.report_error("Team store", error)
        return
    who = format_count(len(desks), "desk", "desks")
    checks.report("Team store", True, f"{membership.store_label}, {who}.", is_needed=False)


def _may_run(values: SettingsValues, actor: Actor | None) -> bool:
    # Nobody known: ask for all, so that an admin's first test is complete.
    if actor is None:
        return True
    return effective_permission_rules(values, connected=True).permissions[actor.role][
        Permission.RUNS
    ]
