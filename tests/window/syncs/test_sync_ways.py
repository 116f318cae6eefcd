"""Two ways to run, and a process that ends before it has begun."""

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from desktop.app.start import Start
from tests.window.desk import Key
from tests.window.syncs.sync_desk import SyncDesk


def menu(desk: SyncDesk) -> QMenu:
    found = [m for m in desk.view.findChildren(QMenu, "Ways to run") if m.isVisible()]
    assert found, "no menu is open"
    return found[-1]


async def test_a_full_rebuild_reads_everybody_and_a_catch_up_who_changed(desk: SyncDesk) -> None:
    await desk.add()
    desk.view.activateWindow()
    desk.click("Run now")
    first = await desk.ended()
    read = desk.house.store.plans.get(first.plan).read
    assert read > 5

    await desk.until(desk.page.head.run.isEnabled)
    desk.click("Ways to run")
    await desk.until(lambda: menu(desk))
    words = [action.text() for action in menu(desk).actions() if action.text()]
    assert words[0].startswith("Catch up: reads who changed since the last run")
    assert words[3].startswith("Full rebuild: reads everybody again")
    # What is told cannot be chosen: the keyboard goes from act to act.
    QTest.keyClick(menu(desk), Key.Key_Down)
    assert menu(desk).activeAction().text() == "Preview a catch-up"
    QTest.keyClick(menu(desk), Key.Key_Down)
    QTest.keyClick(menu(desk), Key.Key_Return)
    await desk.until(lambda: len(desk.house.store.runs.of_goal(first.goal)) == 2, 20)
    second = await desk.ended()
    assert desk.house.store.plans.get(second.plan).read < read

    await desk.until(desk.page.head.run.isEnabled)
    desk.click("Ways to run")
    await desk.until(lambda: menu(desk))
    for _ in range(3):
        QTest.keyClick(menu(desk), Key.Key_Down)
    assert menu(desk).activeAction().text() == "Preview a full rebuild"
    writes = len(desk.sandbox.writes())
    QTest.keyClick(menu(desk), Key.Key_Return)
    await desk.until(lambda: desk.models.page.sync().open_plan is not None, 40)
    assert desk.house.store.plans.get(desk.open_plan()).read == read
    assert len(desk.sandbox.writes()) == writes


async def test_a_process_that_ends_before_it_begins_says_why(desk: SyncDesk) -> None:
    await desk.add()
    await desk.leave()
    await desk.begin(Start(lent={**desk._lent(), "FAIRLEAD_ZENDESK_TOKEN": "revoked"}))
    desk.view.activateWindow()
    await desk.press_preview()
    await desk.until(lambda: "It did not start." in desk.texts(desk.page), 20)
    said = desk.texts(desk.page)
    assert "Zendesk" in said.partition("It did not start.")[2]
    assert "half a minute" not in said
    assert desk.page.head.preview.isEnabled()
    desk.shot("not-started")
