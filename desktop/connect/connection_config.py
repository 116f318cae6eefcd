"""The configuration that connecting a workspace needs: settings, vault, environment, clock."""

from dataclasses import dataclass, field
from functools import cached_property

from desktop.clients.authorization_header import HeaderCredentials
from desktop.clients.http_messages import Transport
from desktop.clients.sailthru.protocol import SailthruCredentials
from desktop.clients.sell.credentials import AccessTokenCredentials
from desktop.clients.sell.oauth import SellOAuthClient
from desktop.clients.zendesk.client_credentials import ClientCredentials
from desktop.clients.zendesk.credentials import ApiTokenCredentials
from desktop.clients.zendesk.oauth import ZendeskOAuthClient
from desktop.connect.identity_and_roles import computer_account_name
from desktop.connect.local_data_service import LocalDataService
from desktop.connect.oauth_token_manager import OAuthTokenManager
from desktop.connect.temporary_clients import TemporaryClients
from desktop.connect.workspace_settings_seal import WorkspaceSettingsSeal
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import InvalidInput, KeyringError
from desktop.model.account import Account
from desktop.settings import settings_table, sync_settings
from desktop.settings.mail_server_address import mail_address
from desktop.settings.managed_policy import ManagedPolicy
from desktop.settings.settings_file import SettingsFile, SettingsValues
from desktop.settings.window_state import WindowStateFile
from desktop.settings.workspace import Workspace, WorkspaceRegistry
from desktop.vault.bound_secrets import (
    SecretForOtherHost,
    bind_token_email,
    bind_unbound_secrets,
    read_bound_secret,
    require_token_email,
)
from desktop.vault.environment_vault import ZENDESK_EMAIL_VARIABLE, EnvironmentSecrets
from desktop.vault.secret import ZENDESK_SECRETS, Secret, Vault

# The lock file of whoever renews Sell's OAuth tokens.
SELL_LOCK = "sell-sign-in"


@dataclass(frozen=True)
class ConnectionConfig:
    """What a sign-in needs of a workspace: settings, vault, environment, clock."""

    workspaces: WorkspaceRegistry
    workspace: Workspace
    vault: Vault
    environment_secrets: EnvironmentSecrets = field(default_factory=EnvironmentSecrets)
    clock: Clock = field(default_factory=SystemClock)
    computer_user: str = field(default_factory=computer_account_name)

    @cached_property
    def seal(self) -> WorkspaceSettingsSeal:
        """The seal of the workspace's protected settings; to be loaded before a right is asked."""
        return WorkspaceSettingsSeal(self.workspace, self.vault, self.environment_secrets)

    @property
    def settings_file(self) -> SettingsFile:
        """The settings file of the workspace to connect."""
        return self.workspaces.settings_file(self.workspace, self.seal)

    def temporary_clients(self, values: SettingsValues) -> TemporaryClients:
        """Return short-lived clients of both services that trust the workspace's CA file."""
        return TemporaryClients(self.clock, values.get(settings_table.CA_FILE))

    def token_manager(self, values: SettingsValues, transport: Transport) -> OAuthTokenManager:
        """Return the manager of Zendesk's OAuth tokens; `transport` leads to the account."""
        lock = self.workspace.lock_path("sign-in")
        client = ZendeskOAuthClient(values.get(settings_table.ZENDESK_CLIENT_ID))
        return OAuthTokenManager(self.vault, transport, client, lock, self.clock)

    def sell_token_manager(
        self, client: SellOAuthClient, transport: Transport
    ) -> OAuthTokenManager:
        """Return the manager of Sell's OAuth tokens; `transport` leads to Sell's address."""
        lock = self.workspace.lock_path(SELL_LOCK)
        return OAuthTokenManager(self.vault, transport, client, lock, self.clock)

    async def secret_for_host(self, secret: Secret, host: str) -> str | None:
        """Return a stored secret for requests to `host`; None where it was given for another.

        The environment's are for the hosts of this workspace's settings (`require_account_of`); the
        mail server's only for the one that was set in Fairlead. Raises SecretForOtherHost where it
        was given for another host, KeyringError.
        """
        if secret in self.environment_secrets.secrets:
            if secret is Secret.SMTP_PASSWORD:
                self._require_sealed_mail_address(host)
            return await self.vault.get(secret)
        return await read_bound_secret(self.vault, secret, host)

    def _require_sealed_mail_address(self, host: str) -> None:
        if mail_address(self._sealed_values(self.settings_file.load().values.policy)) == host:
            return
        raise _environment_secret_refused(
            Secret.SMTP_PASSWORD, f"The settings name {host}, which nobody has set in Fairlead."
        )

    def _sealed_values(self, policy: ManagedPolicy) -> SettingsValues:
        """The protected settings as they were set in Fairlead; their defaults without a seal."""
        sealed = self.seal.read()
        return SettingsValues(sealed.values if sealed.state.is_trusted else {}, policy)

    async def bind_secrets_to_addresses(self, values: SettingsValues) -> None:
        """Bind secrets stored without a host to the addresses of the settings so far."""
        hosts = {Secret.SAILTHRU_KEY: values.get(settings_table.SERVICE_URI)}
        # A server signs in by its environment, and may have no keyring to ask.
        if not self.environment_secrets.has_zendesk_sign_in:
            zendesk = values.get(settings_table.ZENDESK_BASE_URL)
            hosts |= {
                Secret.ZENDESK_TOKEN: zendesk,
                Secret.ZENDESK_REFRESH: zendesk,
                Secret.ZENDESK_ACCESS: zendesk,
            }
        if values.get(sync_settings.MAIL_HOST) and values.get(sync_settings.MAIL_USER):
            hosts[Secret.SMTP_PASSWORD] = mail_address(values)
        await bind_unbound_secrets(self.vault, hosts, but=self.environment_secrets.secrets)
        email = values.get(settings_table.ZENDESK_EMAIL)
        if Secret.ZENDESK_TOKEN in hosts and email and await self.vault.get(Secret.ZENDESK_TOKEN):
            await bind_token_email(self.vault, email)

    async def api_token(self, email: str, base_url: str) -> str | None:
        """Return the API token for requests to this Zendesk account as this person, or None.

        Raises SecretForOtherHost where it was given for another account or person, KeyringError.
        """
        token = await self.secret_for_host(Secret.ZENDESK_TOKEN, base_url)
        if token is not None and not self.environment_secrets.has_zendesk_token:
            await require_token_email(self.vault, email)
        return token

    def require_account_of(self, values: SettingsValues, account: Account | None) -> None:
        """Raise SecretForOtherHost where the environment's secrets would go to another address.

        `account` is the one that the database says this workspace has: a keyring keeps beside its
        secrets for what they are, an environment cannot, and the settings are their owner's.
        """
        sealed, known = self._sealed_values(values.policy), account or Account()
        addresses = (
            (Secret.ZENDESK_TOKEN, settings_table.ZENDESK_BASE_URL, known.zendesk_base_url),
            (Secret.ZENDESK_CLIENT_SECRET, settings_table.ZENDESK_BASE_URL, known.zendesk_base_url),
            (Secret.SAILTHRU_KEY, settings_table.SERVICE_URI, known.sailthru_service_uri),
            (Secret.SELL_TOKEN, settings_table.SELL_BASE_URL, ""),
            (Secret.SELL_CLIENT_SECRET, settings_table.SELL_BASE_URL, ""),
        )
        for secret, setting, connected in addresses:
            now = values.get(setting)
            # Before the first connection there is what somebody has set in Fairlead.
            address = connected or sealed.get(setting)
            if secret in self.environment_secrets.secrets and now not in ("", address):
                raise _environment_secret_refused(
                    secret,
                    f"This workspace was set up for {address or 'no address'}, and the settings say"
                    f" {now}.",
                )

    def require_sell_address(self, values: SettingsValues) -> None:
        """Raise SecretForOtherHost where the environment's Sell token would go to another address.

        It is for the one that was set in Fairlead, and so is the OAuth client's secret.
        """
        address = self._sealed_values(values.policy).get(settings_table.SELL_BASE_URL)
        now = values.get(settings_table.SELL_BASE_URL)
        for secret in (Secret.SELL_TOKEN, Secret.SELL_CLIENT_SECRET):
            if secret in self.environment_secrets.secrets and now not in ("", address):
                raise _environment_secret_refused(
                    secret, f"This workspace was set up for {address}, and the settings say {now}."
                )

    async def sailthru_credentials(self, service_uri: str) -> SailthruCredentials | None:
        """Return the Sailthru key and secret for this address, or None until both are stored.

        Raises SecretForOtherHost, KeyringError.
        """
        key = await self.secret_for_host(Secret.SAILTHRU_KEY, service_uri)
        # One keyring prompt less where there is no key.
        secret = await self.secret_for_host(Secret.SAILTHRU_SECRET, service_uri) if key else None
        return SailthruCredentials(key, secret) if key and secret else None

    async def sell_token(self, values: SettingsValues) -> str | None:
        """Return the Sell token for the settings' address; None: not connected, or switched off.

        Raises SecretForOtherHost, KeyringError.
        """
        if not values.get(settings_table.SELL_ENABLED):
            return None
        return await self._sell_secret(values, Secret.SELL_TOKEN)

    async def _sell_secret(self, values: SettingsValues, secret: Secret) -> str | None:
        try:
            return await self.secret_for_host(secret, values.get(settings_table.SELL_BASE_URL))
        except KeyringError:
            if not self.environment_secrets.secrets:
                raise
            # A server that has its keys from the environment need not have a keyring: without
            # Sell's token there it does without Sell.
            return None

    async def sell_oauth_client(self, values: SettingsValues) -> SellOAuthClient:
        """Return the OAuth client for the settings' address of Sell; its secret may be missing.

        Raises SecretForOtherHost, KeyringError.
        """
        secret = await self._sell_secret(values, Secret.SELL_CLIENT_SECRET)
        return SellOAuthClient(values.get(settings_table.SELL_CLIENT_ID), secret or "")

    async def sell_credentials(
        self, values: SettingsValues, transport: Transport
    ) -> HeaderCredentials | None:
        """Return the workspace's Sell credentials; None: not connected, or switched off.

        The environment's token comes first. Raises SecretForOtherHost, KeyringError.
        """
        is_given = Secret.SELL_TOKEN in self.environment_secrets.secrets
        if is_given or values.get(settings_table.SELL_AUTH) == "token":
            token = await self.sell_token(values)
            return AccessTokenCredentials(token) if token else None
        if not values.get(settings_table.SELL_ENABLED):
            return None
        for secret in (Secret.SELL_REFRESH, Secret.SELL_ACCESS):
            if await self._sell_secret(values, secret):
                return self.sell_token_manager(await self.sell_oauth_client(values), transport)
        return None

    async def has_sailthru_key(self) -> bool:
        """Whether a Sailthru key and secret are stored, for whatever address."""
        return bool(
            await self.vault.get(Secret.SAILTHRU_KEY)
            and await self.vault.get(Secret.SAILTHRU_SECRET)
        )

    async def was_signed_in_to_zendesk(self) -> bool:
        """Whether anybody has ever signed in to Zendesk in this workspace.

        The window's state remembers who; the database and the keyring remember it too, since
        whoever owns the computer can delete the files without losing the Sailthru key.
        """
        state = WindowStateFile(self.workspace.state_path).read()
        if state.last_user_id is not None:
            return True
        return await LocalDataService(self.workspace).was_in_zendesk() or (
            await self._keeps_trace_of_zendesk()
        )

    async def _keeps_trace_of_zendesk(self) -> bool:
        # Signing out leaves the address; only disconnecting, after which no key is left, takes it.
        traces = (Secret.ZENDESK_HOST, *ZENDESK_SECRETS)
        try:
            for secret in traces:
                if secret not in self.environment_secrets.secrets and await self.vault.get(secret):
                    return True
        except KeyringError:
            # Without a keyring there is no kept key either; the environment's is its owner's.
            return False
        return False

    async def zendesk_credentials(
        self, values: SettingsValues, transport: Transport
    ) -> HeaderCredentials | None:
        """Return the workspace's Zendesk credentials; None: signed out, or without Zendesk.

        The environment's client comes first, then its token. Raises InvalidInput when the token's
        address is missing, SecretForOtherHost.
        """
        given = self.environment_secrets
        if given.has_zendesk_client:
            client_secret = given.secrets[Secret.ZENDESK_CLIENT_SECRET]
            return ClientCredentials(transport, given.zendesk_client_id, client_secret, self.clock)
        how = "token" if given.has_zendesk_token else values.get(settings_table.ZENDESK_AUTH)
        base_url = values.get(settings_table.ZENDESK_BASE_URL)
        if how == "token":
            # The environment's token signs in as anybody: an address that was edited in the file
            # could be an admin's.
            named = self._sealed_values(values.policy) if given.has_zendesk_token else values
            email = given.zendesk_email or named.get(settings_table.ZENDESK_EMAIL)
            token = await self.api_token(email, base_url)
            if token and not email:
                raise InvalidInput(
                    "The Zendesk API token has no e-mail address.",
                    "A token works only together with the address of an agent.",
                    f"Enter it in Settings › Connections, or set {ZENDESK_EMAIL_VARIABLE}.",
                )
            return ApiTokenCredentials(email, token) if token else None
        # OAuth clients made before 2026-04-30 may give access tokens that never end, alone.
        for secret in (Secret.ZENDESK_REFRESH, Secret.ZENDESK_ACCESS):
            if how == "oauth" and await self.secret_for_host(secret, base_url):
                return self.token_manager(values, transport)
        return None


def _environment_secret_refused(secret: Secret, why: str) -> SecretForOtherHost:
    return SecretForOtherHost(
        f"The {secret.label} of the environment is for another address.",
        f"{why} It is not sent there.",
        "Set the address back. `fairlead setup`, or Settings by an admin, leads it elsewhere.",
    )
