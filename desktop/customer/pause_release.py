"""Ends pauses of marketing: once the customer's last ticket is solved, or the last day has passed.

Done wherever a window, a scheduled run or `fairlead pause --release` is awake on this computer.
Only what the pause put on is taken back.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.model.edit import Edit, EditRequest
from desktop.model.marketing_pause import PauseTerms, parse_pause_terms
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

# Each costs a call; the others have their turn in the next passes.
_MAX_TICKET_READS = 20


@dataclass(frozen=True)
class ActivePause:
    """A pause that goes on, as far as this computer knows: its edit and terms.

    `end` is the edit that is to end it: still open, or failed. `is_overdue`: its last day has
    passed, and it goes on.
    """

    edit: Edit
    terms: PauseTerms
    end: Edit | None = None
    is_overdue: bool = False


class PauseRelease:
    """Finds the pauses of a workspace that are over, and queues their ends."""

    def __init__(
        self,
        store: WorkspaceStore,
        services: Callable[[], ServiceClients],
        clock: Clock,
        bus: ChangeBus,
    ) -> None:
        self._store = store
        self._services = services
        self._clock = clock
        self._bus = bus
        # A process for each pass would begin with the same ones every time.
        self._first_read = random.randrange(1_000_000)

    async def list_active(self) -> tuple[ActivePause, ...]:
        """Return the pauses made on this computer that go on, the oldest first."""
        today = self._today()
        pauses = [
            (edit, parse_pause_terms(edit.request.new), end)
            for edit, end in await self._store.outbox.list_pauses()
        ]
        return tuple(
            ActivePause(edit, terms, end, terms.is_over(today))
            for edit, terms, end in pauses
            if terms is not None
        )

    async def queue_due(self) -> tuple[Edit, ...]:
        """Queue the end of each pause that is over; returns those edits. Raises StorageError.

        A pause whose tickets cannot be read now goes on until its last day.
        """
        made: list[Edit] = []
        by_ticket: list[tuple[ActivePause, int]] = []
        for pause in await self.list_active():
            if pause.end is not None:
                # On its way, or a person has to retry it.
                continue
            if pause.is_overdue:
                made += await self._queue_end(pause, "The last day of the pause has passed.")
            elif pause.terms.user_id is not None:
                by_ticket.append((pause, pause.terms.user_id))
        first = self._first_read % max(1, len(by_ticket))
        self._first_read += _MAX_TICKET_READS
        for pause, user_id in (by_ticket[first:] + by_ticket[:first])[:_MAX_TICKET_READS]:
            if await self._has_no_open_ticket(user_id):
                made += await self._queue_end(pause, "The customer's last ticket is solved.")
        return tuple(made)

    async def _has_no_open_ticket(self, user_id: int) -> bool:
        zendesk = self._services().zendesk
        if zendesk is None:
            return False
        try:
            page = await zendesk.list_requested_tickets(user_id)
            tickets = page.tickets
            if page.has_more and not any(ticket.is_unsolved for ticket in tickets):
                # The newest changed come first: an old one may have waited for longer.
                tickets = await zendesk.list_every_requested_ticket(user_id)
        except AppError as error:
            log.info("The tickets of a paused customer could not be read: %s", error.code)
            return False
        return not any(ticket.is_unsolved for ticket in tickets)

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now()).astimezone().date()

    async def _queue_end(self, pause: ActivePause, reason: str) -> tuple[Edit, ...]:
        done, now = pause.edit.request, self._clock.now()
        request = EditRequest(
            done.kind, done.target, done.name, done.new, None,
            reason=reason, ticket=done.ticket, undoes=pause.edit.id,
        )  # fmt: skip
        # Whoever paused it has decided on the end as well: nobody needs to be at work for it.
        edits = await self._store.outbox.enqueue(
            [request], pause.edit.actor, now, [0.0], actor_key=pause.edit.actor_key
        )
        self._bus.publish(ChangeSet.of(Topic.OUTBOX, Topic.CUSTOMER, ids=[done.target.id]))
        return edits
