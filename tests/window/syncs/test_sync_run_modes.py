"""Two ways to run, and a process that ends before it has begun."""

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from desktop.app.startup.startup_window import LaunchOptions
from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_driver import Key


def menu(desk: SyncPageDriver) -> QMenu:
    found = [m for m in desk.view.findChildren(QMenu, "Ways to run") if m.isVisible()]
    assert found, "no menu is open"
    return found[-1]


async def test_full_rebuild_reads_all_and_catch_up_reads_changed(window: SyncPageDriver) -> None:
    await window.add_preset()
    window.view.activateWindow()
    window.click("Run now")
    first = await window.wait_for_run_end()
    read = window.house.store.plans.get.blocking(first.plan).source_record_count
    assert read > 5

    await window.wait_until(window.page.header.run_button.isEnabled)
    window.click("Ways to run")
    await window.wait_until(lambda: menu(window))
    words = [action.text() for action in menu(window).actions() if action.text()]
    assert words[0].startswith("Catch up: reads the people who changed since the last run")
    assert words[3].startswith("Full rebuild: reads everybody again")
    # What is told cannot be chosen: the keyboard goes from act to act.
    QTest.keyClick(menu(window), Key.Key_Down)
    assert menu(window).activeAction().text() == "Preview a catch-up"
    QTest.keyClick(menu(window), Key.Key_Down)
    QTest.keyClick(menu(window), Key.Key_Return)
    await window.wait_until(
        lambda: len(window.house.store.runs.list_runs.blocking(first.sync)) == 2, 20
    )
    second = await window.wait_for_run_end()
    assert window.house.store.plans.get.blocking(second.plan).source_record_count < read

    await window.wait_until(window.page.header.run_button.isEnabled)
    window.click("Ways to run")
    await window.wait_until(lambda: menu(window))
    for _ in range(3):
        QTest.keyClick(menu(window), Key.Key_Down)
    assert menu(window).activeAction().text() == "Preview a full rebuild"
    writes = len(window.sandbox.logged_writes())
    QTest.keyClick(menu(window), Key.Key_Return)
    await window.wait_until(lambda: window.models.page.selected_sync().open_plan is not None, 40)
    assert window.house.store.plans.get.blocking(window.open_plan_id()).source_record_count == read
    assert len(window.sandbox.logged_writes()) == writes


async def test_run_process_exiting_early_is_explained(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.close_window()
    await window.open_window(
        LaunchOptions(
            run_environment={**window._run_environment(), "FAIRLEAD_ZENDESK_TOKEN": "revoked"}
        )
    )
    window.view.activateWindow()
    await window.press_preview()
    await window.wait_until(lambda: "It did not start." in window.visible_texts(window.page), 20)
    said = window.visible_texts(window.page)
    assert "Zendesk" in said.partition("It did not start.")[2]
    assert "half a minute" not in said
    assert window.page.header.preview_button.isEnabled()
    window.save_screenshot("not-started")
