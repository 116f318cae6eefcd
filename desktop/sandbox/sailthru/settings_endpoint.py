"""The endpoint `settings`: the best check of credentials (contract 2.8)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.http_messages import SandboxResponse, json_response
from desktop.sandbox.sailthru.repository import SailthruRepository


class SettingsEndpoint:
    """What the account is."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository

    def get(self, _data: Mapping[str, Any]) -> SandboxResponse:
        """Return the account's settings."""
        account = self.repository.state.account
        primary = [record["name"] for record in self.repository.all_lists() if record["primary"]]
        return json_response(
            {
                "id": 99999,
                "name": "Acme Stores",
                "domains": {"link": "link.acme.example", "horizon": "horizon.acme.example"},
                "from_emails": ["hello@acme.example", "offers@acme.example"],
                "lists_primary": primary,
                "timezone": account.timezone,
                "beacon_image": "https://link.acme.example/beacon.gif",
                "message_cookie_duration": 30,
                "features": {
                    "spm_enabled": 1,
                    "predictions": int(account.predictions),
                    "autotag_enabled": 1,
                },
            }
        )
