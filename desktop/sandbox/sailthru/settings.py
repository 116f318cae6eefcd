"""The endpoint `settings`: the best check of credentials (contract 2.8)."""

from collections.abc import Mapping
from typing import Any

from desktop.sandbox.call import Answer, said
from desktop.sandbox.sailthru.book import Book


class Settings:
    """What the account is."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def get(self, _data: Mapping[str, Any]) -> Answer:
        """Return the account's settings."""
        account = self.book.world.account
        primary = [record["name"] for record in self.book.all_lists() if record["primary"]]
        return said(
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
