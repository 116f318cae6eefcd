"""The clients of a workspace's two services, and the account's own field names."""

from dataclasses import dataclass

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.client import ZendeskClient


@dataclass(frozen=True)
class ServiceClients:
    """The two clients of a workspace; None where a service is not connected."""

    sailthru: SailthruClient | None
    zendesk: ZendeskClient | None


@dataclass(frozen=True)
class AccountFieldNames:
    """The account's names for the vars, list, field and tag that Fairlead writes."""

    health_var: str
    mark_var: str
    smart_list: str
    box_field: str
    highvalue_tag: str
