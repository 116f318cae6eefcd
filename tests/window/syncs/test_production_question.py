"""A production workspace asks once more before more than 50 people are written; others do not."""

import pytest
from PySide6.QtWidgets import QPushButton

from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanState
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from tests.support.sync_page_driver import TO_SAILTHRU, SyncPageDriver
from tests.support.window_driver import Key

KIND = "workspace.kind"


async def show_plan(window: SyncPageDriver, count: int, state: PlanState = PlanState.READY) -> None:
    """A preview of so many people, as a process would have left it."""
    store = window.house.store
    sync, now = store.syncs.get.blocking(TO_SAILTHRU), window.house.context.clock.now()
    plan = store.plans.begin.blocking(sync, "Ada", now)
    rows = [
        PlanRow(n, PlannedOutcome.UPDATE, str(90_000 + n), f"sid{n}", f"p{n}@many.example", "")
        for n in range(1, count + 1)
    ]
    store.plans.add_rows.blocking(plan, rows)
    store.plans.finish.blocking(plan, state=state, read=count, breaches=(), mark="")
    window.models.page.refresh()
    await window.wait_until(lambda: window.models.plan.table_model.rowCount() == count)


def started_writes(window: SyncPageDriver, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    started: list[str] = []
    monkeypatch.setattr(window.models.page, "start_write", started.append)
    return started


def question(window: SyncPageDriver) -> ConfirmationDialog:
    dialog = window.front_dialog()
    assert isinstance(dialog, ConfirmationDialog)
    return dialog


async def test_production_write_over_fifty_is_typed_and_passes_for_that_number(
    window: SyncPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.add_preset()
    window.house.session.change_settings({KIND: "production"})
    await show_plan(window, 60)
    started = started_writes(window, monkeypatch)
    # A ready preview shows no banner: nothing was held back yet.
    assert window.models.plan.view().limit_stop is None  # type: ignore[union-attr]
    window.click(window.page.plan_tab.write_button)
    dialog = question(window)
    assert "This is production: 60 people would be changed" in window.visible_texts(dialog)
    window.save_screenshot("production-question", dialog)
    assert not dialog.confirm_button.isEnabled()
    assert dialog.field is not None
    dialog.field.setText("60")
    window.click(dialog.confirm_button)
    plan = window.open_plan_id()
    await window.wait_until(lambda: started == [plan])
    (given,) = window.house.store.plans.approvals.list_of_plan.blocking(plan)
    assert (given.limit_code, given.people) == ("production", 60)


async def test_run_now_in_production_asks_for_what_is_ticked_and_for_all(
    window: SyncPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.add_preset()
    window.house.session.change_settings({KIND: "production"})
    await show_plan(window, 60)
    started = started_writes(window, monkeypatch)
    window.models.plan.tick_rows(list(range(1, 21)), False)
    await window.wait_until(
        lambda: "20 left out of this preview only" in window.visible_texts(window.page)
    )
    window.click(window.page.header.run_button)
    dialog = question(window)
    assert "This is production." in window.visible_texts(dialog)
    # 40 are no bulk change; all 60 are.
    assert dialog.confirm_button.isEnabled()
    assert not dialog.alternative_button.isEnabled()
    assert dialog.field is not None
    dialog.field.setText("60")
    window.click(dialog.alternative_button)
    plan = window.open_plan_id()
    await window.wait_until(lambda: started == [plan])
    assert window.house.store.plans.count_ticked.blocking(plan) == 60
    (given,) = window.house.store.plans.approvals.list_of_plan.blocking(plan)
    assert (given.limit_code, given.people) == ("production", 60)


async def test_run_that_production_stopped_is_let_pass_from_the_banner(
    window: SyncPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.add_preset()
    window.house.session.change_settings({KIND: "production"})
    await show_plan(window, 60, PlanState.STOPPED)
    started = started_writes(window, monkeypatch)
    await window.wait_for_text("Nothing written. This is production: 60 people would be changed")
    assert not window.find_all("Show the 60", QPushButton)
    window.click("Allow once and write…", QPushButton)
    dialog = question(window)
    assert dialog.field is not None
    dialog.field.setText("60")
    window.click(dialog.confirm_button)
    await window.wait_until(lambda: started == [window.open_plan_id()])


async def test_sandbox_asks_as_before(
    window: SyncPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.add_preset()
    await show_plan(window, 60)
    started_writes(window, monkeypatch)
    window.click(window.page.plan_tab.write_button)
    dialog = question(window)
    assert "production" not in window.visible_texts(dialog)
    assert dialog.confirm_button.isEnabled()
    window.press(Key.Key_Escape)
    # Switched meanwhile, the open preview asks by the new kind.
    window.house.session.change_settings({KIND: "production"})
    await window.wait_until(
        lambda: window.models.plan.view().confirmation.text_to_type == "60"  # type: ignore[union-attr]
    )
