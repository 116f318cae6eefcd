"""What the commands and the page of events need of an open workspace's services."""

from desktop.app.container import WorkspaceServices
from desktop.clients.zendesk.event_calls import ZendeskEventCalls
from desktop.events.action_store import ActionStore
from desktop.events.kept_directory import KeptDirectory
from desktop.events.live_directory import LiveDirectory
from desktop.events.zendesk_directory import ZendeskDirectory
from desktop.kit.errors import (
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
    UserDecisionNeeded,
)
from desktop.model.lookup_query import LookupQuery, LookupQueryKind


def build_action_store(services: WorkspaceServices) -> ActionStore:
    """Build the store of the workspace's actions of events."""
    return ActionStore(services.store.event_actions, services.context.clock)


def build_event_calls(services: WorkspaceServices) -> ZendeskEventCalls:
    """Build the Zendesk calls of events. Raises UserDecisionNeeded without Zendesk."""
    zendesk = services.session.clients.zendesk
    if zendesk is None:
        raise UserDecisionNeeded(
            "Zendesk is not connected.", "Events go to Zendesk alone.", "Connect it in Settings."
        )
    return ZendeskEventCalls(zendesk)


async def open_directory(services: WorkspaceServices) -> ZendeskDirectory:
    """Return what answers about Zendesk: Zendesk itself, or what is kept where it is away."""
    directory = LiveDirectory(build_event_calls(services))
    try:
        await directory.load_fields()
    except (ServiceUnreachable, ResponseTimeout, ServiceError):
        nobody = LookupQuery(LookupQueryKind.ZENDESK_ID, "0")
        kept = services.lookup.cached_sheet(nobody).user_fields.value
        return KeptDirectory(services.store, kept)
    return directory
