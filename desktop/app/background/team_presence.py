"""Tells the team which customers are open here, and the sheet who has them open elsewhere."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import AppError
from desktop.model.team import Colleague

log = logging.getLogger(__name__)

# Three times as often as a customer counts as open without another word.
POLL_S = 20.0
ShowColleagues = Callable[[Mapping[str, tuple[Colleague, ...]]], None]


class TeamPresence:
    """One window's presence in its team; `wake_up` is set when tabs or other desks change.

    `list_open_ids` returns the Zendesk user ids and sids of the customers open in the window.
    """

    def __init__(
        self,
        services: WorkspaceServices,
        list_open_ids: Callable[[], Sequence[str]],
        show_colleagues: ShowColleagues,
    ) -> None:
        self._services = services
        self._list_open_ids = list_open_ids
        self._show_colleagues = show_colleagues
        self._told: tuple[str, ...] = ()
        self.wake_up = asyncio.Event()

    def look(self) -> None:
        """Tell at once where other customers are open here than the team was told of."""
        if tuple(self._list_open_ids()) != self._told:
            self.wake_up.set()

    async def run_once(self) -> None:
        """Tell the team what is open here, and show who else has it open.

        Without the team store nobody is shown: who has left since would stay.
        """
        services, ids = self._services, tuple(self._list_open_ids())
        self._told = ids
        if await services.store.team.get() is None:
            return
        found: Mapping[str, tuple[Colleague, ...]] = {}
        try:
            store = await services.team.open()
            if store is not None:
                await store.presence.set_open(ids, services.session.actor.name)
                found = await store.presence.list_others(ids) if ids else {}
        except AppError as error:
            log.info("Who has customers open elsewhere is not known: %s", error.code)
        self._show_colleagues(found)

    async def leave(self) -> None:
        """Tell the team that nobody is open here any more, as the window closes."""
        services = self._services
        if not self._told or await services.store.team.get() is None:
            return
        try:
            store = await services.team.open()
            if store is not None:
                await store.presence.set_open((), services.session.actor.name)
        except AppError as error:
            log.info("The team was not told that the window closes: %s", error.code)
