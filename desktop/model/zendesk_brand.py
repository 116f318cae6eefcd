"""A brand of a Zendesk account: the same account at hosts of its own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ZendeskBrand:
    """A Zendesk brand and the hosts at which it shows the account's tickets and users."""

    id: int
    hosts: frozenset[str]
