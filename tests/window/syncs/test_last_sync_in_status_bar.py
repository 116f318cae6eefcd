"""The status bar says when a sync ran last and how it ended, to whoever may run syncs."""

from dataclasses import replace

from desktop.model.permission import Role
from desktop.model.sync_run import RunState
from tests.support.sync_page_driver import TO_SAILTHRU, SyncPageDriver
from tests.support.window_driver import CTRL, Key


def note(window: SyncPageDriver) -> str:
    item = window.view.status_bar._items.get("last-sync")
    return item.accessibleName() if item is not None else ""


async def end_run(window: SyncPageDriver, state: RunState, **totals: int) -> None:
    """A run as its process would have left it."""
    runs, now = window.house.store.runs, window.house.context.clock.now()
    run = runs.begin.blocking(TO_SAILTHRU, "manual", "Ada", now - 60)
    runs.end.blocking(run.id, state, now, totals)
    window.models.page.refresh()


async def test_status_bar_says_how_the_last_sync_ended(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    assert note(window) == ""
    for state, words in (
        (RunState.FAILED, "Last sync failed "),
        (RunState.DONE, "Last sync "),
        (RunState.WAITING, "Last sync waits for you since "),
        (RunState.CANCELLED, "Last sync cancelled "),
    ):
        window.view.show_page("sync")
        await end_run(window, state, updated=7)

        def is_told(words: str = words) -> bool:
            rest = note(window).removeprefix(words)
            return note(window).startswith(words) and rest[:2].isdigit()

        await window.wait_until(is_told)
        tip = window.view.status_bar.item("last-sync").accessibleDescription()
        assert tip.startswith("Zendesk to Sailthru, ")
        assert tip.endswith(": 7 updated")
        window.press(Key.Key_1, CTRL)
        window.save_screenshot(f"last-sync-{state.value}")
        window.click(window.view.status_bar.item("last-sync"))
        assert window.view.current_page == "sync"


async def test_status_bar_tells_an_agent_of_no_sync(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    await end_run(window, RunState.DONE)
    await window.wait_until(lambda: note(window))
    session = window.house.session
    session._actor = replace(session.actor, role=Role.AGENT)
    assert window.window.status_model.last_run_note()[0] == ""
