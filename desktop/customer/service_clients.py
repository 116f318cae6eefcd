"""The two services as the customer use cases see them; None where a side is not connected."""

from dataclasses import dataclass

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.client import ZendeskClient


@dataclass(frozen=True)
class ServiceClients:
    """The clients of a workspace."""

    sailthru: SailthruClient | None
    zendesk: ZendeskClient | None


@dataclass(frozen=True)
class AccountFieldNames:
    """How this account calls the things Fairlead writes (settings with the house's defaults)."""

    health_var: str
    mark_var: str
    smart_list: str
    box_field: str
    highvalue_tag: str
