"""Publishes what other processes have committed to the databases, by SQLite's data_version."""

from desktop.app.container import WorkspaceServices
from desktop.kit.change_bus import ChangeSet, Topic

# A run's progress and another window's edits show within a second.
POLL_S = 1.0


class DatabaseChangePublisher:
    """Publishes a changed SQLite data_version on the bus: another process has committed.

    SQLite changes it only for commits of other connections, so our own do not come back
    (https://www.sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self._seen: tuple[int, int] | None = None

    async def publish_changes(self) -> None:
        """Ask SQLite's data_version of both databases once. Raises StorageError."""
        store = self._services.store
        versions = await store.run(store.data_versions)
        if self._seen is not None and versions != self._seen:
            # Which rows is not known: everything another process may write is read again.
            changes = ChangeSet.of(
                Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT, Topic.SYNC, Topic.BATCH
            )
            self._services.bus.publish(changes)
        self._seen = versions
