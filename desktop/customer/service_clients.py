"""The clients of a workspace's services, and the account's own field names and name rule."""

from dataclasses import dataclass

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sell.client import SellClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.model.name_splitting import NameSplitRule


@dataclass(frozen=True)
class ServiceClients:
    """The service clients that look-ups use; None where one is not connected."""

    sailthru: SailthruClient | None
    zendesk: ZendeskClient | None
    sell: SellClient | None = None


@dataclass(frozen=True)
class AccountFieldNames:
    """The account's names for the vars, list, field and tag that Fairlead writes.

    `name_split` is how Zendesk's one name becomes a first and a last name. `value_vars` are those
    of Sailthru's customer value and predictions, which are read alone.
    """

    health_var: str
    mark_var: str
    smart_list: str
    box_field: str
    highvalue_tag: str
    paused_var: str = "zendesk_paused"
    paused_list: str = "Support - paused"
    name_split: NameSplitRule = NameSplitRule.FIRST_SPACE
    value_vars: frozenset[str] = frozenset()
