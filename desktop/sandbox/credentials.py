"""Credentials of the imitated accounts, derived from the seed: the same seed has the same keys."""

from dataclasses import dataclass
from hashlib import blake2b

from desktop.sandbox.http_messages import JsonObject

OAUTH_CLIENT_ID = "fairlead_desktop"
SERVER_CLIENT_ID = "fairlead_server"
SELL_CLIENT_ID = "fairlead_sell"
ADMIN_EMAIL = "ada@acme.example"
SECOND_ADMIN_EMAIL = "bo@acme.example"
AGENT_EMAIL = "kim@acme.example"


@dataclass(frozen=True)
class SandboxCredentials:
    """The API keys of the imitated Sailthru and the API tokens of the imitated Zendesk."""

    api_key: str
    api_secret: str
    agent_api_key: str
    agent_api_secret: str
    api_token: str
    agent_api_token: str
    second_admin_api_token: str
    server_client_secret: str
    sell_token: str
    sell_client_secret: str

    @property
    def zendesk_tokens(self) -> tuple[str, ...]:
        """The API tokens that the sandbox's Zendesk accepts, each for every user."""
        return (self.api_token, self.agent_api_token, self.second_admin_api_token)

    def connection_document(self, sailthru_uri: str, zendesk_uri: str, sell_uri: str) -> JsonObject:
        """Return the sandbox's first line on stdout, from which `fairlead setup` connects."""
        return {
            "sailthru": {
                "service_uri": sailthru_uri,
                "api_key": self.api_key,
                "api_secret": self.api_secret,
                "agent_api_key": self.agent_api_key,
                "agent_api_secret": self.agent_api_secret,
            },
            "zendesk": {
                "base_url": zendesk_uri,
                "email": ADMIN_EMAIL,
                "api_token": self.api_token,
                "agent_email": AGENT_EMAIL,
                "agent_api_token": self.agent_api_token,
                "second_admin_email": SECOND_ADMIN_EMAIL,
                "second_admin_api_token": self.second_admin_api_token,
                "oauth_client_id": OAUTH_CLIENT_ID,
                "server_client_id": SERVER_CLIENT_ID,
                "server_client_secret": self.server_client_secret,
            },
            "sell": {
                "base_url": sell_uri,
                "access_token": self.sell_token,
                "oauth_client_id": SELL_CLIENT_ID,
                "oauth_client_secret": self.sell_client_secret,
            },
        }


def make_credentials(seed: int) -> SandboxCredentials:
    """Derive every key and token of the sandbox from the seed."""

    def key(name: str) -> str:
        return blake2b(f"{seed} {name}".encode(), digest_size=16).hexdigest()

    def token(name: str) -> str:
        # Forty characters, as Zendesk's API tokens have.
        return key(name) + key(f"{name}, second half")[:8]

    return SandboxCredentials(
        key("sailthru key"),
        key("sailthru secret"),
        key("sailthru agent key"),
        key("sailthru agent secret"),
        token("zendesk token"),
        token("zendesk agent token"),
        token("zendesk second admin token"),
        token("zendesk server client secret"),
        # Sixty-four characters, as Sell's access tokens have.
        key("sell token") + key("sell token, second half"),
        key("sell client secret") + key("sell client secret, second half"),
    )
