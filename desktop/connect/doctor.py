"""`fairlead doctor` and “Test connection”: every connection and permission, one check each."""

from dataclasses import dataclass

from desktop.clients.zendesk.credentials import ZendeskCredentials
from desktop.connect import sailthru_key_checks, zendesk_account_checks
from desktop.connect.connection_check import (
    CheckCollector,
    ConnectionCheck,
    OnCheck,
    are_needed_checks_ok,
    failed_check,
)
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.identity_and_roles import effective_permission_rules, sailthru_only_actor
from desktop.connect.oauth_token_manager import OAuthTokenManager
from desktop.connect.reachability_check import check_reachability
from desktop.connect.support_texts import request_api_key_text, request_oauth_client_text
from desktop.connect.temporary_clients import TemporaryClients
from desktop.kit.errors import AppError, KeyringError
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Permission
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues


@dataclass(frozen=True)
class DoctorReport:
    """All checks; `ok` when everything needed works. `actor` is who is at work, if known."""

    checks: tuple[ConnectionCheck, ...]
    actor: Actor | None = None

    @property
    def is_ok(self) -> bool:
        """Whether everything needed works."""
        return are_needed_checks_ok(self.checks)

    def as_json(self) -> dict[str, Json]:
        """As in `fairlead doctor --json`."""
        return {"ok": self.is_ok, "checks": [check.as_json() for check in self.checks]}


async def run_doctor(config: ConnectionConfig, on_check: OnCheck | None = None) -> DoctorReport:
    """Test all of one workspace; raises nothing that belongs into a check."""
    checks = CheckCollector(on_check)
    values = _check_settings(config, checks)
    if values is None or not await _check_keyring(config, checks):
        return DoctorReport(checks.results())
    services = config.temporary_clients(values)
    actor = await _examine_zendesk(config, values, services, checks)
    await _examine_sailthru(config, values, services, checks, actor)
    return DoctorReport(checks.results(), actor)


def _check_settings(config: ConnectionConfig, checks: CheckCollector) -> SettingsValues | None:
    try:
        loaded = config.settings_file.load()
    except AppError as error:
        checks.add(failed_check("Settings", error))
        return None
    if loaded.notice is not None:
        checks.add(failed_check("Settings", loaded.notice))
    for notice in loaded.values.notices:
        checks.add(
            ConnectionCheck("Settings", False, notice, "Set it again in Settings.", is_needed=False)
        )
    policy = loaded.values.policy
    if policy.is_active or policy.notices:
        names = ", ".join(str(path) for path in policy.sources)
        detail = f"Managed by your organisation: {names}." if names else "A policy is ignored."
        checks.add(
            ConnectionCheck(
                "Policy",
                not policy.notices,
                detail,
                " ".join(policy.notices),
                policy.is_fail_closed,
            )
        )
    return loaded.values


async def _check_keyring(config: ConnectionConfig, checks: CheckCollector) -> bool:
    try:
        await config.sailthru_credentials()
    except KeyringError as error:
        checks.add(failed_check("Keyring", error))
        return False
    checks.add(ConnectionCheck("Keyring", True, "The keys can be read."))
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
        and not config.environment_secrets.has_zendesk_token
    ):
        checks.add(
            ConnectionCheck(
                Service.ZENDESK.title,
                True,
                "Not connected: this workspace is Sailthru only.",
                is_needed=False,
            )
        )
        return sailthru_only_actor(values, config.computer_user)
    if not base_url:
        checks.add(
            ConnectionCheck(
                Service.ZENDESK.title,
                False,
                "No account is set.",
                "Enter it in Settings › Zendesk.",
            )
        )
        return None
    if not await check_reachability(
        Service.ZENDESK.title, base_url, services, config.clock, checks
    ):
        return None
    async with services.transport(Service.ZENDESK.title, base_url) as transport:
        try:
            credentials = await config.zendesk_credentials(values, transport)
        except AppError as error:
            checks.add(failed_check("Zendesk: sign-in", error))
            return None
        if credentials is None:
            checks.add(not_signed_in_check(values))
            return None
        actor = await check_zendesk_account(services, base_url, credentials, values, checks)
        if isinstance(credentials, OAuthTokenManager):
            await zendesk_account_checks.check_oauth_scopes(
                transport, credentials, config.clock, checks
            )
        else:
            zendesk_account_checks.check_api_token_end(config.clock, checks)
    return actor


async def check_zendesk_account(
    services: TemporaryClients,
    base_url: str,
    credentials: ZendeskCredentials,
    values: SettingsValues,
    checks: CheckCollector,
) -> Actor | None:
    """Sign-in, role and field of a Zendesk account that can be reached."""
    async with services.zendesk(base_url, credentials) as client:
        actor = await zendesk_account_checks.check_zendesk_user(client, checks)
        if actor is not None:
            await zendesk_account_checks.check_sync_checkbox(client, values, checks)
        return actor


def not_signed_in_check(values: SettingsValues) -> ConnectionCheck:
    """Say that the sign-in is still to come."""
    if values.get(settings_table.ZENDESK_AUTH) == "oauth" and not values.get(
        settings_table.ZENDESK_CLIENT_ID
    ):
        return ConnectionCheck(
            "Zendesk: sign-in",
            False,
            "There is no OAuth client to sign in with.",
            "Ask a Zendesk admin for one; the text to send is ready to copy.",
            support_text=request_oauth_client_text(),
        )
    return ConnectionCheck(
        "Zendesk: sign-in",
        False,
        "Nobody is signed in.",
        "Open Fairlead and sign in to Zendesk under Settings › Connections.",
    )


async def _examine_sailthru(
    config: ConnectionConfig,
    values: SettingsValues,
    services: TemporaryClients,
    checks: CheckCollector,
    actor: Actor | None,
) -> None:
    uri = values.get(settings_table.SERVICE_URI)
    key = await config.sailthru_credentials()
    if key is None:
        checks.add(
            ConnectionCheck(
                "Sailthru: key",
                False,
                "There is no key and secret yet.",
                "In Sailthru: Settings › Setup › API and Postbacks, behind the lock; or ask "
                "Sailthru for a key of its own, the text to send is ready to copy.",
                support_text=request_api_key_text(),
            )
        )
        return
    if not await check_reachability(Service.SAILTHRU.title, uri, services, config.clock, checks):
        return
    if not values.get(settings_table.HAS_DEDICATED_KEY):
        checks.add(
            ConnectionCheck(
                "Sailthru: own key",
                False,
                "Nobody has confirmed that this key is only for Fairlead.",
                "Do not use the main account key: it cannot be withdrawn alone.",
                is_needed=False,
                support_text=request_api_key_text(),
            )
        )
    async with services.sailthru(uri, key) as client:
        let_in, account = await sailthru_key_checks.check_sailthru_sign_in(client, checks)
        if not let_in:
            return
        await sailthru_key_checks.check_endpoints(client, checks, runs=_may_run(values, actor))
        if account is not None:
            sailthru_key_checks.check_account_settings(account, values, checks)
        await sailthru_key_checks.check_smart_list(client, values, checks)


def _may_run(values: SettingsValues, actor: Actor | None) -> bool:
    # Nobody known: ask for all, so that an admin's first test is complete.
    if actor is None:
        return True
    return effective_permission_rules(values, connected=True).permissions[actor.role][
        Permission.RUNS
    ]
