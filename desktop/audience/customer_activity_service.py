"""Lists what customers did, for the person at work: who may, whose, and page by page."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from heapq import nlargest

from desktop.audience.audience_service import AudienceRights, nobody_read_error
from desktop.events.event import Event
from desktop.events.event_description import describe_event
from desktop.events.event_text_splitter import EventText
from desktop.events.event_validation import make_event
from desktop.kit.errors import InvalidInput, NotPermitted
from desktop.model.customer_activity import (
    ActivityPosition,
    CustomerActivity,
    CustomerActivityFilter,
)
from desktop.model.permission import Permission
from desktop.store.customer_activity_repository import ActivityQuery, EventActivityRepository
from desktop.store.data_workspace_store import DataStore

PAGE_ROWS = 100


class CustomerActivityService:
    """The use cases of the list of what customers did."""

    def __init__(
        self,
        get_store: Callable[[], DataStore],
        events: EventActivityRepository,
        rights: AudienceRights,
    ) -> None:
        self._get_store = get_store
        self._events = events
        self._rights = rights

    @property
    def may_name_agents(self) -> bool:
        """Whether the person at work may see which agent a ticket is with."""
        return self._rights.check(Permission.AGENT_REPORTS).is_allowed

    def require_view(self, wanted: CustomerActivityFilter) -> None:
        """Raise NotPermitted where the actor may not see what customers did; or nothing is read.

        Raises InvalidInput for a phrase without a letter.
        """
        decision = self._rights.check(Permission.AUDIENCE)
        if not decision.is_allowed:
            raise NotPermitted("You may not see what everybody did.", decision.reason)
        if wanted.agent and not self.may_name_agents:
            decision = self._rights.check(Permission.AGENT_REPORTS)
            raise NotPermitted("You may not filter by agents.", decision.reason)
        if wanted.phrase and not any(one.isalnum() for one in wanted.phrase):
            raise InvalidInput(
                f"“{wanted.phrase[:40]}” has no letter or digit.", "", "Give a word or a phrase."
            )
        if not self._rights.has_data():
            raise nobody_read_error()

    async def list_page(
        self,
        wanted: CustomerActivityFilter,
        *,
        after: ActivityPosition | None = None,
        limit: int = PAGE_ROWS,
    ) -> tuple[CustomerActivity, ...]:
        """List customers' activity behind a position (None: the newest of all), newest first."""
        self.require_view(wanted)
        store = self._get_store()
        people, sids = None, None
        if wanted.person.strip():
            people, sids = await store.activity.find_people(wanted.person)
        agents = await store.activity.find_agents(wanted.agent) if wanted.agent.strip() else None
        query = ActivityQuery(wanted, people, sids, agents)
        found = list(await store.activity.list_page(query, after, limit))
        found += await self._list_events(store, query, after, limit)
        page = nlargest(limit, found, key=lambda one: one.position)
        if not self.may_name_agents:
            page = [replace(one, agent="", agent_id=None) for one in page]
        return tuple(page)

    async def _list_events(
        self, store: DataStore, query: ActivityQuery, after: ActivityPosition | None, limit: int
    ) -> Sequence[CustomerActivity]:
        keys = None
        if query.people is not None:
            keys = await store.activity.list_external_ids(sorted(query.people))
        rows = await self._events.list_page(query, keys, after, limit)
        names = await store.activity.describe_people(
            [one.person_id for one, _ in rows if one.person_id], [key for _, key in rows]
        )
        found = []
        for one, key in rows:
            person = names.get(one.person_id) or names.get(key)
            user_id, name, email = person or (0, "", "")
            event = make_event(EventText(1, one.text))
            title = describe_event(event) if isinstance(event, Event) else "Event"
            found.append(
                replace(
                    one,
                    person_id=user_id,
                    name=name or key,
                    email=email,
                    title=f"{title}, {one.title}",
                )
            )
        return found
