"""The change bus: a mutation says once what it changed; whoever shows that refreshes."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

log = logging.getLogger(__name__)


class Topic(Enum):
    """What kind of thing changed."""

    CUSTOMER = "customer"
    OUTBOX = "outbox"
    AUDIT = "audit"
    SYNC = "sync"
    SERVICE = "service"
    SETTINGS = "settings"
    PERMISSIONS = "permissions"


@dataclass(frozen=True)
class ChangeSet:
    """What one mutation changed: topics, and the ids of the customers or rows touched."""

    topics: frozenset[Topic]
    ids: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, *topics: Topic, ids: Iterable[str] = ()) -> "ChangeSet":
        """Build from plain arguments."""
        return cls(frozenset(topics), frozenset(ids))

    def has_any(self, *topics: Topic) -> bool:
        """Whether any of these topics changed."""
        return not self.topics.isdisjoint(topics)


ChangeListener = Callable[[ChangeSet], None]


class ChangeBus:
    """Delivers changes to listeners, in the thread that publishes them."""

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
        """Tell everybody; one listener's failure does not keep the news from the others."""
        for listener in tuple(self._listeners):
            try:
                listener(changes)
            except Exception:
                log.exception("A listener failed on %s", sorted(t.value for t in changes.topics))
