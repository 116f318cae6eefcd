"""Takes back what delivered events changed in Zendesk, as far as it can be taken back.

The last request first: what an update changed is set back where it is unchanged since, and who was
taken out of an organisation joins it again. What was created, and everything about tickets'
comments and events of users, is named and left.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from desktop.clients.zendesk.event_calls import ZendeskEventCalls
from desktop.events.plan_membership import MEMBERSHIPS_PATH
from desktop.events.plan_organization import UPSERT_ORGANIZATION_PATH
from desktop.events.plan_ticket import TICKETS_PATH
from desktop.events.plan_user import USERS_PATH, user_value
from desktop.kit.errors import AppError, NotFound
from desktop.model.erased_people import ERASED_LABEL, ErasedPeople, person_keys
from desktop.model.json_value import Json
from desktop.model.sent_event_request import SentEventRequest, WrittenField
from desktop.model.value_equivalence import equivalent
from desktop.store.sent_event_request_repository import SentEventRequestRepository
from desktop.sync.event_retries import stops_delivery
from desktop.writing.event_requests import EventRequestGateway

# What Zendesk does not take back: an address stays beside the others.
_NOT_SET_BACK = frozenset({"email"})
_TICKET_FIELDS = frozenset({"status", "tags"})


BodyMaker = Callable[[Mapping[str, Json]], Mapping[str, Json]]


class RollbackState(Enum):
    """What becomes of one request of an event in a rollback.

    ALREADY: it is so already. CHANGED: somebody changed it since. KEPT: it can't be taken back.
    """

    PLANNED = "planned"
    UNDONE = "undone"
    ALREADY = "already"
    CHANGED = "changed"
    KEPT = "kept"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """What has become of the request, for people."""
        return _STATE_LABELS[self]


_STATE_LABELS = {
    RollbackState.PLANNED: "would be set back",
    RollbackState.UNDONE: "set back",
    RollbackState.ALREADY: "is as before",
    RollbackState.CHANGED: "changed since, left",
    RollbackState.KEPT: "can't be set back",
    RollbackState.FAILED: "failed",
}


@dataclass(frozen=True)
class RollbackStep:
    """One request of an event and what taking it back does; `request` is method, path and body."""

    write: SentEventRequest
    state: RollbackState
    text: str
    request: tuple[str, str, Mapping[str, Json]] | None = None


@dataclass(frozen=True)
class RollbackPreview:
    """What a rollback would do: `steps` of its `requests`, but those that were not compared yet."""

    requests: int
    steps: tuple[RollbackStep, ...]
    event_ids: list[int]

    @property
    def totals(self) -> Counter[RollbackState]:
        """The compared requests by what becomes of them."""
        return Counter(step.state for step in self.steps)

    @property
    def more(self) -> int:
        """How many requests were not compared with Zendesk."""
        return self.requests - len(self.steps)


@dataclass
class EventRollback:
    """Plans and makes the rollback of events' requests; each is read again right before.

    `erased` are the people about whom nothing is written.
    """

    writes: SentEventRequestRepository
    calls: ZendeskEventCalls
    gateway: EventRequestGateway
    erased: ErasedPeople
    _is_dry_run: bool = False
    # In a dry run: fields that an earlier step would have set back, by record.
    _planned: dict[tuple[str, int], dict[str, Json]] = field(default_factory=dict)

    async def run(self, event_ids: Sequence[int], *, dry_run: bool) -> list[RollbackStep]:
        """Take back the requests of these events, the last one first. Raises what stops it all."""
        return await self._run(await self.writes.list_newest_first(event_ids), dry_run=dry_run)

    async def preview(self, event_ids: Sequence[int], limit: int) -> RollbackPreview:
        """Compare the newest requests of these events with Zendesk; nothing is sent.

        `limit` of those for which Zendesk has to be asked: what was made stays in any case.
        """
        writes = await self.writes.list_newest_first(event_ids)
        asked = [one for one in writes if _can_be_set_back(one)]
        left = {one.id for one in asked[limit:]}
        steps = await self._run([one for one in writes if one.id not in left], dry_run=True)
        return RollbackPreview(len(writes), tuple(steps), sorted({one.event_id for one in asked}))

    async def _run(
        self, writes: Sequence[SentEventRequest], *, dry_run: bool
    ) -> list[RollbackStep]:
        steps = []
        self._is_dry_run = dry_run
        for write in writes:
            try:
                step = await self._plan(write)
                if step.request is not None and not dry_run:
                    step = await self._send(step)
            except AppError as error:
                if stops_delivery(error):
                    raise
                step = RollbackStep(write, RollbackState.FAILED, str(error))
            steps.append(step)
        return steps

    async def _send(self, step: RollbackStep) -> RollbackStep:
        if step.request is None:
            return step
        method, path, body = step.request
        await self.gateway.send(method, path, body)
        after = await self._plan(step.write)
        # What somebody changed meanwhile, or can't be set back, is left: the rest is as it was.
        if after.request is not None:
            text = f"Zendesk accepted it and does not show it: {after.text}"
            return RollbackStep(step.write, RollbackState.FAILED, text)
        await self.writes.mark_undone(step.write.id)
        return RollbackStep(step.write, RollbackState.UNDONE, step.text)

    async def _plan(self, write: SentEventRequest) -> RollbackStep:
        if write.is_edited:
            text = f"{write.who}: it is not certain what stood before: left"
            return RollbackStep(write, RollbackState.KEPT, text)
        if write.effect == "remove":
            return await self._plan_joining(write)
        if not _can_be_set_back(write):
            return RollbackStep(write, RollbackState.KEPT, _describe_left(write))
        try:
            if write.record == "user":
                return await self._plan_user(write)
            if write.record == "organization":
                return await self._plan_organization(write)
            return await self._plan_ticket(write)
        except NotFound:
            text = f"{write.who}: not in Zendesk any more"
            return RollbackStep(write, RollbackState.CHANGED, text)

    async def _plan_user(self, write: SentEventRequest) -> RollbackStep:
        user = await self.calls.client.show_user(write.user_id or 0)
        keys = person_keys(
            addresses=list(user.emails),
            user_ids=[str(user.id)],
            external_ids=[user.external_id or ""],
        )
        if self.erased.is_erased(keys):
            return RollbackStep(write, RollbackState.KEPT, f"{ERASED_LABEL}: nothing is sent")
        seen = {
            one.field: list(user.emails) if one.field == "email" else user_value(user, one.field)
            for one in write.changes
        }
        return self._judge(
            write, user.id, seen, "PUT", f"{USERS_PATH}/{user.id}", lambda fields: {"user": fields}
        )

    async def _plan_organization(self, write: SentEventRequest) -> RollbackStep:
        found = await self.calls.show_organization(write.record_id or 0)
        seen = {
            one.field: found.fields.get(one.field.partition(".")[2])
            if one.field.startswith("organization_fields.")
            else _plain(getattr(found, one.field, None))
            for one in write.changes
        }
        return self._judge(
            write,
            found.id,
            seen,
            "POST",
            UPSERT_ORGANIZATION_PATH,
            lambda fields: {"organization": {"id": found.id, **fields}},
        )

    async def _plan_ticket(self, write: SentEventRequest) -> RollbackStep:
        ticket = await self.calls.show_ticket(write.record_id or 0)
        if ticket.status == "closed":
            text = f"{write.who}: ticket {ticket.id} is closed and takes no changes"
            return RollbackStep(write, RollbackState.KEPT, text)
        seen: dict[str, Json] = {"status": ticket.status, "tags": list(ticket.tags)}
        return self._judge(
            write,
            ticket.id,
            seen,
            "PUT",
            f"{TICKETS_PATH}/{ticket.id}",
            lambda fields: {
                "ticket": {**fields, "safe_update": True, "updated_stamp": ticket.updated_stamp}
            },
        )

    async def _plan_joining(self, write: SentEventRequest) -> RollbackStep:
        user_id, organization_id = write.user_id or 0, write.record_id or 0
        memberships = await self.calls.list_memberships(user_id)
        if any(one.organization_id == organization_id for one in memberships):
            return RollbackStep(write, RollbackState.ALREADY, f"{write.who}: is a member again")
        body: dict[str, Json] = {"user_id": user_id, "organization_id": organization_id}
        text = f"{write.who}: joins organisation {organization_id} again; tickets stay as they are"
        request = ("POST", MEMBERSHIPS_PATH, {"organization_membership": body})
        return RollbackStep(write, RollbackState.PLANNED, text, request)

    def _judge(
        self,
        write: SentEventRequest,
        record_id: int,
        seen: Mapping[str, Json],
        method: str,
        path: str,
        make_body: BodyMaker,
    ) -> RollbackStep:
        """Decide field by field: set back, left as somebody changed it since, or can't be."""
        planned = self._planned.setdefault((write.record, record_id), {})
        back: list[WrittenField] = []
        kept: list[str] = []
        is_changed = False
        for one in write.changes:
            is_known = one.field not in _NOT_SET_BACK and (
                write.record != "ticket" or one.field in _TICKET_FIELDS
            )
            now = planned.get(one.field, seen.get(one.field))
            if not is_known:
                kept.append(f"{_short_name(one.field)} stays")
            elif equivalent(one.field, one.old, now):
                continue
            elif equivalent(one.field, one.new, now):
                back.append(one)
            else:
                is_changed = True
                kept.append(f"{_short_name(one.field)} was changed since")
        words = [f"{_short_name(one.field)} → {_shown(one.old)}" for one in back]
        text = f"{write.who}: {', '.join([*words, *kept]) or 'is as it was before'}"
        if not back:
            state = RollbackState.ALREADY
            if kept:
                state = RollbackState.CHANGED if is_changed else RollbackState.KEPT
            return RollbackStep(write, state, text)
        if self._is_dry_run:
            planned.update({one.field: one.old for one in back})
        return RollbackStep(
            write, RollbackState.PLANNED, text, (method, path, make_body(_document(back)))
        )


def _can_be_set_back(write: SentEventRequest) -> bool:
    return write.effect == "remove" or (write.effect == "update" and bool(write.changes))


def _document(fields: Sequence[WrittenField]) -> dict[str, Json]:
    """Return the old values as Zendesk takes them: custom fields under their own key."""
    document: dict[str, Json] = {}
    custom: dict[str, dict[str, Json]] = {}
    for one in fields:
        root, _, key = one.field.partition(".")
        if key:
            custom.setdefault(root, {})[key] = one.old
        else:
            # A list is emptied by an empty one.
            document[root] = [] if one.old is None and isinstance(one.new, list) else one.old
    return {**document, **custom}


def _describe_left(write: SentEventRequest) -> str:
    label = {
        ("create", "user"): "the new user stays",
        ("create", "organization"): "the new organisation stays",
        ("create", "ticket"): f"ticket {write.record_id or ''} stays".replace("  ", " "),
        ("add", "membership"): "stays in the organisation",
        ("track", "event"): "the event stays",
        ("update", "ticket"): f"the comment on ticket {write.record_id} stays",
    }.get((write.effect, write.record), "stays as it is")
    return f"{write.who}: {label}"


def _plain(value: object) -> Json:
    return list(value) if isinstance(value, tuple) else value  # type: ignore[return-value]


def _short_name(name: str) -> str:
    return name.partition(".")[2] or name


def _shown(value: Json) -> str:
    if value in (None, "", []):
        return "empty"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
