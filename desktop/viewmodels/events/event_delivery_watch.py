"""Watches a process that delivers events: how much is done, how long it takes, what is left."""

from collections.abc import Callable

from desktop.kit.errors import AppError, UserDecisionNeeded
from desktop.kit.text import format_duration
from desktop.model.event_delivery import DeliveryState
from desktop.store.event_query_repository import EventQueryRepository
from desktop.viewmodels.events.simulation_input import DeliveryProcess

# Below this share a rate says nothing yet.
_MIN_DONE = 3
ROLLBACK_TITLE = "Setting back…"
# The exit code of a delivery of which some events wait for a person.
_NEEDS_PERSON = 3


class EventDeliveryWatch:
    """One delivery under way: of the source of this name, `total` requests, begun at `begun_at`."""

    def __init__(
        self,
        process: DeliveryProcess,
        queries: EventQueryRepository,
        source_name: str,
        total: int,
        begun_at: float,
        get_now: Callable[[], float],
        source_id: int | None = None,
        *,
        title: str = "Delivering…",
    ) -> None:
        """`source_id`: of a source that is stored already, whose delivery goes on."""
        self.title = title
        self.process, self._queries = process, queries
        self.source_name, self.total, self.begun_at = source_name, total, begun_at
        self._get_now = get_now
        self.source_id = source_id
        self._since = 0.0
        self.states: dict[tuple[int, str], DeliveryState] = {}

    @property
    def is_running(self) -> bool:
        """Whether the watched process of a delivery of events still runs."""
        return self.process.exit_code is None

    @property
    def done_count(self) -> int:
        """How many deliveries have ended, whatever became of them."""
        return sum(state.has_ended for state in self.states.values())

    @property
    def has_failed(self) -> bool:
        """Whether its process has ended without delivering all that it could."""
        return self.process.exit_code not in (None, 0, _NEEDS_PERSON)

    @property
    def is_rollback(self) -> bool:
        """Whether the watched process rolls events back instead of delivering."""
        return self.title == ROLLBACK_TITLE

    @property
    def error(self) -> AppError:
        """Why it has failed, as its process has said."""
        said = self.process.last_output()
        return UserDecisionNeeded(
            "The delivery has stopped.", said, "What is left waits here and can be delivered again."
        )

    def count(self, *states: DeliveryState) -> int:
        """How many deliveries are in one of these states."""
        return sum(state in states for state in self.states.values())

    async def poll(self) -> bool:
        """Read what has changed since the last time; whether anything has."""
        if self.source_id is None and self.source_name:
            self.source_id = await self._queries.find_newest_source(self.source_name, self.begun_at)
        if self.source_id is None:
            return False
        found = await self._queries.list_delivery_states(self.source_id, self._since)
        new = {key: state for key, (state, _) in found.items() if self.states.get(key) != state}
        self.states |= new
        # Those of the same moment come again: two may be written at once.
        self._since = max([self._since, *(at for _, at in found.values())])
        return bool(new)

    def describe_progress(self) -> str:
        """Describe a delivery under way: "Delivering… 120 of 902, about 4 min left"."""
        if not self.states or not self.total:
            return self.title
        done = min(self.done_count, self.total)
        text = f"Delivering… {done:,} of {self.total:,}"
        elapsed = self._get_now() - self.begun_at
        if done >= _MIN_DONE and done < self.total and elapsed > 0:
            text += f", about {format_duration(elapsed / done * (self.total - done))} left"
        return text
