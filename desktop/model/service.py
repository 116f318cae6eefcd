"""The services Fairlead joins: Sailthru, Zendesk and Zendesk Sell, and their names on screen."""

from enum import Enum


class Service(Enum):
    """A service that holds customers' data; the value is what is stored and printed as JSON."""

    SAILTHRU = "sailthru"
    ZENDESK = "zendesk"
    SELL = "sell"

    @property
    def title(self) -> str:
        """A service's name as people read it: "Sailthru", "Zendesk" or "Zendesk Sell"."""
        return "Zendesk Sell" if self is Service.SELL else self.value.capitalize()
