"""The change bus: publishes what a write has changed, so that whatever shows it refreshes."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

log = logging.getLogger(__name__)


class Topic(Enum):
    """The kind of data that changed: customers, outbox, audit, syncs, settings …."""

    CUSTOMER = "customer"
    OUTBOX = "outbox"
    AUDIT = "audit"
    SYNC = "sync"
    SERVICE = "service"
    SETTINGS = "settings"
    PERMISSIONS = "permissions"


@dataclass(frozen=True)
class ChangeSet:
    """What one write changed: topics, and the ids of the customers or rows touched."""

    topics: frozenset[Topic]
    ids: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, *topics: Topic, ids: Iterable[str] = ()) -> "ChangeSet":
        """Build a `ChangeSet` from topics and ids."""
        return cls(frozenset(topics), frozenset(ids))

    def has_any(self, *topics: Topic) -> bool:
        """Whether any of these topics changed."""
        return not self.topics.isdisjoint(topics)


ChangeListener = Callable[[ChangeSet], None]


class ChangeBus:
    """Delivers each `ChangeSet` to its listeners, in the thread that publishes it."""

    def __init__(self) -> None:
        self._listeners: list[ChangeListener] = []

    def subscribe(self, listener: ChangeListener) -> Callable[[], None]:
        """Call `listener` on every change; the returned function ends that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def publish(self, changes: ChangeSet) -> None:
        """Call every listener with `changes`; one that raises does not stop the others."""
        # A copy: a listener may unsubscribe itself while it is called.
        for listener in tuple(self._listeners):
            try:
                listener(changes)
            except Exception:
                log.exception("A listener failed on %s", sorted(t.value for t in changes.topics))
