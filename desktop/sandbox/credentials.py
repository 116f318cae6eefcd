"""The keys of both imitated accounts; the same seed has the same keys."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

OAUTH_CLIENT_ID = "fairlead_desktop"
ADMIN_EMAIL = "ada@acme.example"
SECOND_ADMIN_EMAIL = "bo@acme.example"
AGENT_EMAIL = "kim@acme.example"


@dataclass(frozen=True)
class SandboxCredentials:
    """What `fairlead setup` needs to connect."""

    api_key: str
    api_secret: str
    agent_api_key: str
    agent_api_secret: str
    api_token: str
    agent_api_token: str
    second_admin_api_token: str

    @property
    def zendesk_tokens(self) -> tuple[str, ...]:
        """The API tokens Zendesk takes."""
        return (self.api_token, self.agent_api_token, self.second_admin_api_token)

    def connection_document(self, sailthru: str, zendesk: str) -> dict[str, Any]:
        """Return the object of the first line on stdout."""
        return {
            "sailthru": {
                "service_uri": sailthru,
                "api_key": self.api_key,
                "api_secret": self.api_secret,
                "agent_api_key": self.agent_api_key,
                "agent_api_secret": self.agent_api_secret,
            },
            "zendesk": {
                "base_url": zendesk,
                "email": ADMIN_EMAIL,
                "api_token": self.api_token,
                "agent_email": AGENT_EMAIL,
                "agent_api_token": self.agent_api_token,
                "second_admin_email": SECOND_ADMIN_EMAIL,
                "second_admin_api_token": self.second_admin_api_token,
                "oauth_client_id": OAUTH_CLIENT_ID,
            },
        }


def make_credentials(seed: int) -> SandboxCredentials:
    """Derive every key from the seed."""

    def key(name: str) -> str:
        return blake2b(f"{seed} {name}".encode(), digest_size=16).hexdigest()

    return SandboxCredentials(
        key("sailthru key"),
        key("sailthru secret"),
        key("sailthru agent key"),
        key("sailthru agent secret"),
        key("zendesk token") + key("zendesk token, second half")[:8],
        key("zendesk agent token") + key("zendesk agent token, second half")[:8],
        key("zendesk second admin token") + key("zendesk second admin token, second half")[:8],
    )
