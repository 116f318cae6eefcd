"""What the commands and the page of events need of an open workspace's services."""

from collections.abc import Callable, Iterable
from pathlib import Path

from desktop.app.container import WorkspaceServices
from desktop.app.unattended_sources import UnattendedSources
from desktop.clients.zendesk.event_calls import ZendeskEventCalls
from desktop.events.action_store import ActionStore
from desktop.events.event_intake import read_events
from desktop.events.kept_directory import KeptDirectory
from desktop.events.live_directory import LiveDirectory
from desktop.events.planned_request import NoChange, PlannedRequest
from desktop.events.simulation import SimulationCounts, compile_actions, simulate
from desktop.events.zendesk_directory import ZendeskDirectory
from desktop.kit.errors import (
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
    UserDecisionNeeded,
)
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.settings import sync_settings
from desktop.sync.event_delivery import DeliveryOptions, EventDeliverer
from desktop.sync.event_rollback import EventRollback
from desktop.sync.event_sender import EventSender
from desktop.writing.event_requests import EventRequestGateway
from desktop.writing.write_protocol import Checkpoint

# Events planned between two turns of the window: some five milliseconds of processor.
_WINDOW_STEP = 40


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


async def open_live_directory(services: WorkspaceServices) -> LiveDirectory:
    """Return what asks Zendesk, with the fields that it defines. Raises what Zendesk raises."""
    directory = LiveDirectory(build_event_calls(services))
    await directory.load_fields()
    return directory


async def build_deliverer(
    services: WorkspaceServices,
    directory: LiveDirectory,
    *,
    removals: bool = False,
    removal_source: int | None = None,
    removal_events: Iterable[int] = (),
    is_unattended: bool = False,
    checkpoint: Checkpoint = lambda _name: None,
) -> EventDeliverer:
    """Build what delivers the workspace's stored events, by the rights of who is at work.

    `removals`: somebody has ticked them, of this source and of these events where they are given:
    what others have stored meanwhile is not sent along. `is_unattended`: only what an admin lets be
    delivered by itself, within its limits. `checkpoint` is called at named points;
    tests end the process there.
    """
    session = services.session
    timeout_s = session.values.get(sync_settings.JOB_TIMEOUT_MINUTES) * 60.0
    clock, store = services.context.clock, services.store
    gateway = EventRequestGateway(
        build_event_calls(services), clock, services.find_run_refusal, timeout_s, checkpoint
    )
    sender = EventSender(
        store.event_queue, store.event_writes, directory, gateway, clock, session.actor.signature
    )
    return EventDeliverer(
        queue=store.event_queue,
        writes=store.event_writes,
        sender=sender,
        actions=compile_actions(await build_action_store(services).get_actions()),
        directory=directory,
        gateway=gateway,
        clock=clock,
        options=DeliveryOptions(removals, removal_source, frozenset(removal_events)),
        recheck=session.recheck_actor,
        load_erased=store.erased_people.load,
        find_unattended=UnattendedSources(services).find if is_unattended else None,
    )


async def build_rollback(services: WorkspaceServices) -> EventRollback:
    """Build what takes back what delivered events changed, by the rights of who is at work."""
    calls = build_event_calls(services)
    gateway = EventRequestGateway(
        calls, services.context.clock, services.find_run_refusal, job_timeout_s=0.0
    )
    erased = await services.store.erased_people.load()
    return EventRollback(services.store.event_writes, calls, gateway, erased)


async def simulate_file(
    services: WorkspaceServices,
    path: Path,
    on_planned: Callable[[PlannedRequest | NoChange], None],
) -> tuple[SimulationCounts, bool]:
    """Simulate a file of events for the window; also returns whether Zendesk answered.

    Raises OSError for a file that cannot be opened.
    """
    actions = compile_actions(await build_action_store(services).get_actions())
    with path.open("rb") as source:
        directory = await open_directory(services)
        counts = await simulate(
            read_events(source), actions, directory, on_planned, events_per_step=_WINDOW_STEP
        )
    return counts, directory.is_live


async def open_directory(services: WorkspaceServices) -> ZendeskDirectory:
    """Return what answers about Zendesk: Zendesk itself, or what is kept where it is away."""
    try:
        return await open_live_directory(services)
    except (ServiceUnreachable, ResponseTimeout, ServiceError):
        nobody = LookupQuery(LookupQueryKind.ZENDESK_ID, "0")
        kept = services.lookup.cached_sheet(nobody).user_fields.value
        return KeptDirectory(services.store, kept)
