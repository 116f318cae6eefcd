"""Goes on with undos of batches whose process has ended: a person wants each of them done."""

from collections.abc import Callable

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import AppError

POLL_S = 20.0


class BatchUndoResumer:
    """Starts `fairlead undo --batch ID` for an undo that stopped halfway, once in this window.

    What it has done stays done; where it fails, the page Many at once says why.
    """

    def __init__(
        self,
        services: WorkspaceServices,
        start_undo: Callable[[str], object],
        show_error: Callable[[AppError], None],
    ) -> None:
        self._services = services
        self._start_undo = start_undo
        self._show_error = show_error
        self._started: set[str] = set()

    async def run_once(self) -> None:
        """Look once for undos that have stopped. Raises StorageError."""
        if not self._services.session.is_connected:
            return
        for batch_id in await self._services.store.edit_batches.list_unfinished_undos():
            if batch_id in self._started:
                continue
            self._started.add(batch_id)
            try:
                self._start_undo(batch_id)
            except AppError as error:
                self._show_error(error)
