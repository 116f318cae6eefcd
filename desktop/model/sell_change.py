"""A change that Zendesk Sell's Sync API tells of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.json_value import Json


@dataclass(frozen=True)
class SellChange:
    """One item of a device's queue in Sell; it comes again until its key is acknowledged.

    `kind` is contact, lead, deal …; `event` created, updated or deleted. Items come in no order,
    so that one with a lower `revision` than is known is an older one.
    """

    kind: str
    id: int
    event: str
    ack_key: str
    revision: int
    data: Mapping[str, Json] = field(default_factory=dict, repr=False)

    @property
    def is_deleted(self) -> bool:
        """Whether Sell has deleted the record."""
        return self.event == "deleted"
