"""What Zendesk Sell knows of one customer: contacts, leads, deals, and the names they refer to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.sell_record import SellContact, SellDeal, SellLead


@dataclass(frozen=True)
class SellCustomerRecords:
    """A customer's records in Sell; several contacts may share an address, by id.

    `owners` are users and `stages` the stages of deals, by id. `are_deals_read` is false while
    they are still being read, and where they could not be.
    """

    contacts: tuple[SellContact, ...] = ()
    leads: tuple[SellLead, ...] = ()
    deals: tuple[SellDeal, ...] = ()
    owners: Mapping[int, str] = field(default_factory=dict)
    stages: Mapping[int, str] = field(default_factory=dict)
    are_deals_read: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether Sell has neither a contact nor a lead of the customer."""
        return not self.contacts and not self.leads
