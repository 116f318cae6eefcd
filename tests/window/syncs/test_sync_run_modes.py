"""Two ways to run, and a process that ends before it has begun."""

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from desktop.app.startup.launch_options import LaunchOptions
from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_driver import Key


def menu(desk: SyncPageDriver) -> QMenu:
    found = [m for m in desk.view.findChildren(QMenu, "Ways to run") if m.isVisible()]
    assert found, "no menu is open"
    return found[-1]


async def test_full_rebuild_reads_all_and_catch_up_reads_changed(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    desk.view.activateWindow()
    desk.click("Run now")
    first = await desk.wait_for_run_end()
    read = desk.house.store.plans.get(first.plan).source_record_count
    assert read > 5

    await desk.wait_until(desk.page.header.run_button.isEnabled)
    desk.click("Ways to run")
    await desk.wait_until(lambda: menu(desk))
    words = [action.text() for action in menu(desk).actions() if action.text()]
    assert words[0].startswith("Catch up: reads who changed since the last run")
    assert words[3].startswith("Full rebuild: reads everybody again")
    # What is told cannot be chosen: the keyboard goes from act to act.
    QTest.keyClick(menu(desk), Key.Key_Down)
    assert menu(desk).activeAction().text() == "Preview a catch-up"
    QTest.keyClick(menu(desk), Key.Key_Down)
    QTest.keyClick(menu(desk), Key.Key_Return)
    await desk.wait_until(lambda: len(desk.house.store.runs.list_runs(first.sync)) == 2, 20)
    second = await desk.wait_for_run_end()
    assert desk.house.store.plans.get(second.plan).source_record_count < read

    await desk.wait_until(desk.page.header.run_button.isEnabled)
    desk.click("Ways to run")
    await desk.wait_until(lambda: menu(desk))
    for _ in range(3):
        QTest.keyClick(menu(desk), Key.Key_Down)
    assert menu(desk).activeAction().text() == "Preview a full rebuild"
    writes = len(desk.sandbox.logged_writes())
    QTest.keyClick(menu(desk), Key.Key_Return)
    await desk.wait_until(lambda: desk.models.page.selected_sync().open_plan is not None, 40)
    assert desk.house.store.plans.get(desk.open_plan_id()).source_record_count == read
    assert len(desk.sandbox.logged_writes()) == writes


async def test_run_process_exiting_early_is_explained(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    await desk.close_window()
    await desk.open_window(
        LaunchOptions(
            run_environment={**desk._run_environment(), "FAIRLEAD_ZENDESK_TOKEN": "revoked"}
        )
    )
    desk.view.activateWindow()
    await desk.press_preview()
    await desk.wait_until(lambda: "It did not start." in desk.visible_texts(desk.page), 20)
    said = desk.visible_texts(desk.page)
    assert "Zendesk" in said.partition("It did not start.")[2]
    assert "half a minute" not in said
    assert desk.page.header.preview_button.isEnabled()
    desk.save_screenshot("not-started")
