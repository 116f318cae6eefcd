"""The change bus: publishes what a write has changed, so that whatever shows it refreshes."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

log = logging.getLogger(__name__)


class Topic(Enum):
    """A topic on the change bus: customers, outbox, audit, syncs, batches …."""

    CUSTOMER = "customer"
    OUTBOX = "outbox"
    AUDIT = "audit"
    SYNC = "sync"
    BATCH = "batch"
    SERVICE = "service"
    SETTINGS = "settings"
    PERMISSIONS = "permissions"
    TEAM = "team"


@dataclass(frozen=True)
class ChangeSet:
    """What one write changed, for the change bus: topics, ids of customers or rows."""

    topics: frozenset[Topic]
    ids: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, *topics: Topic, ids: Iterable[str] = ()) -> "ChangeSet":
        """Build a change bus's `ChangeSet` from topics and ids."""
        return cls(frozenset(topics), frozenset(ids))

    def has_any(self, *topics: Topic) -> bool:
        """Whether a `ChangeSet` has any of these topics."""
        return not self.topics.isdisjoint(topics)


ChangeListener = Callable[[ChangeSet], None]


class ChangeBus:
    """The change bus: delivers each `ChangeSet` in the thread that publishes it."""

    def __init__(self) -> None:
        self._listeners: list[ChangeListener] = []

    def subscribe(self, listener: ChangeListener) -> Callable[[], None]:
        """Subscribe to the change bus; the returned function ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def publish(self, changes: ChangeSet) -> None:
        """Call every listener of the change bus; one that raises does not stop the others."""
        # A copy: a listener may unsubscribe itself while it is called.
        for listener in tuple(self._listeners):
            try:
                listener(changes)
            except Exception:
                log.exception("A listener failed on %s", sorted(t.value for t in changes.topics))
