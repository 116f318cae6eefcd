"""Puts a runner together for this process, from an open house."""

from collections.abc import Callable

from desktop.app.wiring import House
from desktop.model.run import Run
from desktop.settings import sync_settings, table
from desktop.settings.rules import value_source
from desktop.sync.due import Due
from desktop.sync.presets import SyncNames
from desktop.sync.run import Runner
from desktop.sync.tools import Tools, make_tools
from desktop.writing.work import Checkpoint


def tools_of(house: House) -> Tools:
    """What a run works with. Raises NeedsPerson where a service is not connected."""
    values, services = house.live.values, house.live.services
    return make_tools(
        house.store,
        house.ground.clock,
        values.get(table.TIMEZONE),
        value_source(values),
        (services.sailthru, services.zendesk),
        values.get(sync_settings.JOB_MINUTES) * 60.0,
    )


def due_of(house: House) -> Due:
    """What says which goals are due."""
    return Due(house.store, house.ground.clock, lambda: house.live.values.get(table.TIMEZONE))


def sync_names(house: House) -> SyncNames:
    """How this account calls what the presets read and write."""
    names = house.live.names()
    return SyncNames(names.box_field, names.smart_list, names.mark_var, names.highvalue_tag)


def runner_of(
    house: House,
    goal: str,
    on_progress: Callable[[Run], None] = lambda _run: None,
    checkpoint: Checkpoint = lambda _name: None,
) -> Runner:
    """A runner for one goal."""
    return Runner(
        tools_of(house),
        house.workspace.lock_path(f"sync-{goal}"),
        on_progress,
        checkpoint,
        lambda: house.live.calls,
        house.live.budget,
    )
