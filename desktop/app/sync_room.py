"""Gives the page “Sync” its room: the workspace, and runs as processes of their own."""

from collections.abc import Mapping

from desktop.app.detached import Detached
from desktop.app.runs import sync_names
from desktop.app.wiring import House
from desktop.kit.bus import Bus
from desktop.settings import table
from desktop.sync.goals import Goals
from desktop.viewmodels.syncs.room import Room


def sync_room(house: House, lent: Mapping[str, str]) -> Room:
    """The room of one open house; `lent` goes to the runs' environment."""
    live = house.live
    # Counting a million rows takes a while, and nobody else is to wait for it.
    store = house.store.beside()
    return Room(
        office=live,
        store=store,
        # Of its own: it is called on the database's thread, where no listener may be told.
        goals=Goals(
            store,
            house.ground.clock,
            Bus(),
            lambda: live.actor,
            lambda: live.rules,
            lambda: live.values.get(table.TIMEZONE),
        ),
        bus=house.bus,
        clock=house.ground.clock,
        names=lambda: sync_names(house),
        start=Detached(house, lent).start,
    )
