"""What the commands and the page of events need of an open workspace's services."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from desktop.app.container import WorkspaceServices
from desktop.app.event_source_permissions import EventSourcePermissions
from desktop.clients.zendesk.event_calls import ZendeskEventCalls
from desktop.events.action_store import ActionStore
from desktop.events.event import Event
from desktop.events.event_intake import DuplicateEvent
from desktop.events.event_storage_form import stored_form
from desktop.events.live_zendesk_directory import LiveZendeskDirectory
from desktop.events.planned_fields import plan_with_fields
from desktop.events.simulation import compile_actions, simulate
from desktop.events.stored_zendesk_directory import StoredZendeskDirectory
from desktop.events.zendesk_directory import ZendeskDirectory
from desktop.kit.errors import (
    NotPermitted,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
    UserDecisionNeeded,
)
from desktop.model.data_source import DataSourceKind
from desktop.model.event_delivery import DeliveryState
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.settings import sync_settings
from desktop.settings.data_source_records import is_left
from desktop.store.mirror_feed_repository import USERS_FEED
from desktop.store.sent_event_request_repository import EventSelection
from desktop.sync.event_delivery import DeliveryOptions, EventDeliverer
from desktop.sync.event_replay import EventReplay, ReplayPreview
from desktop.sync.event_rollback import EventRollback, RollbackPreview
from desktop.sync.event_sender import EventSender
from desktop.viewmodels.events.event_sample import MAX_SAMPLE_EVENTS
from desktop.viewmodels.events.simulation_input import (
    EventItem,
    PlannedListener,
    SimulationRequest,
    SimulationResult,
)
from desktop.writing.event_requests import EventRequestGateway
from desktop.writing.write_protocol import Checkpoint

# Events planned between two turns of the window: some five milliseconds of processor.
_WINDOW_STEP = 40
# A window asks few requests of Zendesk; the process that sets back reads each record.
_COMPARED_REQUESTS = 200
_ANY_STATE = tuple(state.value for state in DeliveryState)
# States of what can be sent again.
_DELIVERED = ("done", "unchanged", "kept")


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


def require_events_connected(services: WorkspaceServices) -> None:
    """Raise NotPermitted where somebody has disconnected Events: nothing is taken in then."""
    if is_left(services.session.values, DataSourceKind.EVENTS):
        raise NotPermitted(
            "Events are disconnected here.",
            "Nothing was taken in.",
            "`fairlead data source events connect` connects them again.",
        )


async def open_live_directory(services: WorkspaceServices) -> LiveZendeskDirectory:
    """Return what asks Zendesk, with the fields that it defines. Raises what Zendesk raises."""
    directory = LiveZendeskDirectory(build_event_calls(services))
    await directory.load_fields()
    return directory


async def build_deliverer(
    services: WorkspaceServices,
    directory: LiveZendeskDirectory,
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
        build_event_calls(services),
        clock,
        services.current_settings.find_event_refusal,
        timeout_s,
        checkpoint,
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
        find_unattended=EventSourcePermissions(services).find if is_unattended else None,
    )


async def build_rollback(services: WorkspaceServices) -> EventRollback:
    """Build what takes back what delivered events changed, by the rights of who is at work."""
    calls = build_event_calls(services)
    gateway = EventRequestGateway(
        calls, services.context.clock, services.current_settings.find_run_refusal, job_timeout_s=0.0
    )
    erased = await services.store.erased_people.load()
    return EventRollback(services.store.event_writes, calls, gateway, erased)


async def preview_rollback(services: WorkspaceServices, chosen: EventSelection) -> RollbackPreview:
    """Compare what delivered events changed with Zendesk as it is now; nothing is sent."""
    ids = await services.store.event_writes.select_events(chosen, _ANY_STATE)
    return await (await build_rollback(services)).preview(ids, _COMPARED_REQUESTS)


async def preview_replay(services: WorkspaceServices, chosen: EventSelection) -> ReplayPreview:
    """Plan delivered events once more against Zendesk as it is now; nothing is sent.

    Raises what Zendesk raises.
    """
    store = services.store
    ids = await store.event_writes.select_events(chosen, _DELIVERED)
    replay = EventReplay(
        compile_actions(await build_action_store(services).get_actions()),
        await open_live_directory(services),
        build_event_calls(services),
        store.event_writes,
        await store.erased_people.load(),
    )
    rows = tuple(await replay.preview(await store.events.get_many(ids)))
    found = ReplayPreview(len(ids), rows, 0)
    return replace(found, overtaken=await store.events.count_overtaken(found.sent_events))


async def simulate_for_window(
    services: WorkspaceServices,
    request: SimulationRequest,
    on_planned: PlannedListener,
    on_lines: Callable[[int], None],
) -> SimulationResult:
    """Simulate events for the window; what is stored already is told, and not planned again.

    Raises OSError for a file that cannot be opened.
    """
    store = build_action_store(services)
    actions = compile_actions(await store.get_actions(with_drafts=request.with_drafts))
    erased = await services.store.erased_people.load()
    known: list[tuple[int, str]] = []
    events: list[Event] = []

    def take(event: Event) -> None:
        if len(events) < MAX_SAMPLE_EVENTS:
            events.append(event)

    with request.source.open() as source:
        directory = await open_directory(services)
        plan_with_fields(directory, request.user_fields, request.organization_fields)
        items = request.source.iterate(source)
        if request.source.is_deliverable:
            items = _mark_known(services, items, known)
        counts = await simulate(
            _count_lines(items, on_lines),
            actions,
            directory,
            on_planned,
            take,
            erased,
            events_per_step=_WINDOW_STEP,
        )
    kept_at = None
    if not directory.is_live:
        kept_at = (await services.store.feeds.get_state(USERS_FEED)).ended_at
    imports_users = await services.store.event_queries.imports_users()
    return SimulationResult(
        counts, directory.is_live, kept_at, tuple(known), tuple(events), actions, imports_users
    )


def _mark_known(
    services: WorkspaceServices, items: Iterator[EventItem], known: list[tuple[int, str]]
) -> Iterator[EventItem]:
    """Yield events; those that are stored already as duplicates, which `known` takes."""
    find = services.store.event_queries.find_known.blocking
    while step := list(islice(items, _WINDOW_STEP)):
        ids = [stored_form(item).message_id for item in step]
        states = find(ids)
        for item, id_ in zip(step, ids, strict=True):
            state = states.get(id_)
            if state is None or not isinstance(item, Event):
                yield item
            else:
                known.append((item.line, state))
                yield DuplicateEvent(item)


def _count_lines(
    items: Iterator[EventItem], on_lines: Callable[[int], None]
) -> Iterator[EventItem]:
    for number, item in enumerate(items, 1):
        if number % _WINDOW_STEP == 0:
            on_lines(number)
        yield item


async def open_directory(services: WorkspaceServices) -> ZendeskDirectory:
    """Return what answers about Zendesk: Zendesk itself, or what is kept where it is away."""
    try:
        return await open_live_directory(services)
    except (ServiceUnreachable, ResponseTimeout, ServiceError):
        nobody = LookupQuery(LookupQueryKind.ZENDESK_ID, "0")
        kept = services.lookup.cached_sheet(nobody).user_fields.value
        return StoredZendeskDirectory(services.store, kept)
