"""Which Sailthru profile an address change is of, where another one stands at the new address."""

from desktop.customer.new_address_check import EmailCheck
from desktop.customer.service_clients import ServiceClients
from desktop.kit.errors import NotFound
from desktop.model.email_change import EmailConflictPolicy
from desktop.model.permission import Actor
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.draft_and_link_repository import ProfileLink

_DECISIONS = (EmailConflictPolicy.MERGE, EmailConflictPolicy.KEEP)


async def read_profile_of_change(
    clients: ServiceClients, sid: str, shown: SailthruProfile | None
) -> SailthruProfile | None:
    """Read the profile that an address change is of, where the sheet shows another one.

    Once the new address is the primary one in Zendesk, the profile at it is found first.
    """
    if clients.sailthru is None or not sid or (shown is not None and shown.sid == sid):
        return shown
    try:
        return await clients.sailthru.get_user(sid, key="sid")
    except NotFound:
        return shown


def link_decided_on(
    user: ZendeskUser | None,
    profile: SailthruProfile | None,
    check: EmailCheck,
    policy: EmailConflictPolicy | None,
    actor: Actor,
    now: float,
) -> ProfileLink | None:
    """Link user and profile where somebody decided about the profile at the new address.

    By address alone that one would count as the customer's from then on. `now` is Unix seconds.
    """
    is_decided = check.needs_choice and policy in _DECISIONS
    if not is_decided or user is None or profile is None:
        return None
    return ProfileLink(user.id, profile.sid, actor.name, now)
