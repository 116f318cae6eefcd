"""The two services Fairlead joins, Sailthru and Zendesk, and how each is called on screen."""

from enum import Enum


class Service(Enum):
    """A service that holds customers' data; the value is what is stored and printed as JSON."""

    SAILTHRU = "sailthru"
    ZENDESK = "zendesk"

    @property
    def title(self) -> str:
        """A service's name as people read it: "Sailthru" or "Zendesk"."""
        return self.value.capitalize()
