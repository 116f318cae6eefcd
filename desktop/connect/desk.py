"""One workspace on this computer, with all that connecting needs; wiring builds it."""

from dataclasses import dataclass, field

from desktop.clients.exchange import Transport
from desktop.clients.sailthru.protocol import Credentials as SailthruKey
from desktop.clients.zendesk.credentials import ApiToken, Credentials
from desktop.connect.roles import computer_person
from desktop.connect.services import Services
from desktop.connect.tokens import TokenKeeper
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import BadInput
from desktop.settings import table
from desktop.settings.values import SettingsFile, Values
from desktop.settings.workspace import Workspace, Workspaces
from desktop.vault.environment import EMAIL_VARIABLE, Overrides
from desktop.vault.secret import Secret, Vault


@dataclass(frozen=True)
class Desk:
    """`vault` is the workspace's, with the environment's overrides already in front of it."""

    workspaces: Workspaces
    workspace: Workspace
    vault: Vault
    overrides: Overrides = field(default_factory=Overrides)
    clock: Clock = field(default_factory=SystemClock)
    person: str = field(default_factory=computer_person)

    @property
    def settings(self) -> SettingsFile:
        """The workspace's settings file."""
        return self.workspaces.settings(self.workspace)

    def services(self, values: Values) -> Services:
        """Ways to the services, with the workspace's own certificates."""
        return Services(self.clock, values.get(table.CA_FILE))

    def keeper(self, values: Values, transport: Transport) -> TokenKeeper:
        """Return the keeper of the OAuth tokens; `transport` leads to the workspace's Zendesk."""
        lock = self.workspace.lock_path("sign-in")
        client_id = values.get(table.ZENDESK_CLIENT_ID)
        return TokenKeeper(self.vault, transport, client_id, lock, self.clock)

    async def sailthru_key(self) -> SailthruKey | None:
        """Return the key and secret, or None until both are there."""
        key = await self.vault.get(Secret.SAILTHRU_KEY)
        secret = await self.vault.get(Secret.SAILTHRU_SECRET) if key else None
        return SailthruKey(key, secret) if key and secret else None

    async def zendesk_credentials(self, values: Values, transport: Transport) -> Credentials | None:
        """Return what signs in to Zendesk, or None: signed out, or a workspace without Zendesk.

        A token of the environment comes first. Raises BadInput when its address is missing.
        """
        how = "token" if self.overrides.zendesk_token else values.get(table.ZENDESK_AUTH)
        if how == "token":
            token = await self.vault.get(Secret.ZENDESK_TOKEN)
            email = self.overrides.zendesk_email or values.get(table.ZENDESK_EMAIL)
            if token and not email:
                raise BadInput(
                    "The Zendesk API token has no e-mail address.",
                    "A token works only together with the address of an agent.",
                    f"Enter it in Settings › Zendesk, or set {EMAIL_VARIABLE}.",
                )
            return ApiToken(email, token) if token else None
        if how == "oauth" and await self.vault.get(Secret.ZENDESK_REFRESH):
            return self.keeper(values, transport)
        if how == "oauth" and await self.vault.get(Secret.ZENDESK_ACCESS):
            # An older OAuth client gives tokens that never end and cannot be renewed.
            return self.keeper(values, transport)
        return None
