"""Below a sync's name: on or off and how often, how far a run is; nothing moves in between."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from desktop.model.sync_run import RunProgress
from desktop.panels.widgets.link_button import LinkButton
from desktop.settings import sync_settings
from desktop.sync.missing_resources import MissingResource
from desktop.viewmodels.syncs.sync_header_view import (
    HeaderInputs,
    _build_message,
    _progress_detail,
    _progress_tip,
)
from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_driver import Key


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (RunProgress(412, 1105, eta_s=121.0), "412 of 1,105, about 2 min left"),
        (RunProgress(0, 217), "0 of 217"),
        (RunProgress(216, 217, eta_s=0.4), "216 of 217"),
        (RunProgress(90, 100, eta_s=12.0, calls=7), "90 of 100, about 12 s left"),
        (RunProgress(12_000), "12,000 so far"),
        (RunProgress(), ""),
    ],
)
def test_progress_says_how_far_and_how_long(progress: RunProgress, text: str) -> None:
    assert _progress_detail(progress) == text


def test_progress_tip_has_calls_and_rate() -> None:
    progress = RunProgress(412, 1105, calls=1, budget="Zendesk: 699 of 700 calls left")
    assert _progress_tip(progress, 12.4) == (
        "1 call · 12 a second · Zendesk: 699 of 700 calls left"
    )


@pytest.mark.parametrize("is_other_missing", [False, True])
def test_lists_that_leads_make_are_no_trouble(is_other_missing: bool) -> None:
    status = MissingResource(
        "target_list", "Zendesk Sell - Leads: New", "…", is_required=False, comes_by_itself=True
    )
    other = MissingResource("list", "Newsletter", "Sailthru has no list “Newsletter”.")
    absences = (status, other) if is_other_missing else (status,)
    snapshot = SimpleNamespace(active_run=None)
    inputs = HeaderInputs(0.0, absences=absences, can_create_missing=True)
    found = _build_message(cast(Any, snapshot), inputs)
    assert found is not None
    assert found.tone == ("warn" if is_other_missing else "info")
    assert ("Something is missing" in found.title) == is_other_missing
    assert "Zendesk Sell - Leads: New" in found.text or is_other_missing


def tops(window: SyncPageDriver) -> tuple[int, int, int]:
    """Where tabs, rows and header begin."""
    page = window.page
    return (
        page.tabs.mapTo(page, QPoint(0, 0)).y(),
        page.plan_tab.mapTo(page, QPoint(0, 0)).y(),
        page.header.height(),
    )


def is_on_page(window: SyncPageDriver) -> bool:
    focus = QApplication.focusWidget()
    return focus is window.page or (focus is not None and window.page.isAncestorOf(focus))


async def test_switching_on_says_how_often_and_offers_this_computer(
    window: SyncPageDriver,
) -> None:
    await window.add_preset(on=False)
    header = window.page.header
    assert header.status_label.text() == "Off. Preview shows what it would do."
    before = tops(window)
    header.enabled_switch.setFocus()
    window.press(Key.Key_Space)
    await window.wait_until(lambda: window.read_sync().on)
    await window.wait_until(lambda: header.status_label.text().startswith("On, every hour."))
    assert header.status_label.text().endswith("Scheduled syncs don't run on this computer.")
    assert tops(window) == before
    window.save_screenshot("sync-on-elsewhere")
    window.click("Run scheduled syncs on this computer", LinkButton)
    await window.wait_until(
        lambda: window.house.session.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
    )
    await window.wait_until(lambda: "On. Runs every hour, next" in header.status_label.text())
    assert not header.run_here_button.isVisible()
    # The link has gone; the keyboard is still on the page.
    assert is_on_page(window)
    assert tops(window) == before
    window.save_screenshot("sync-on-here")


async def test_run_shows_whole_from_start_and_moves_nothing(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    before = tops(window)
    seen: list[tuple[str, bool, tuple[int, int, int]]] = []
    header = window.page.header

    def note() -> None:
        if header.progress_bar.isVisible():
            bar = header.progress_bar
            seen.append((bar.detail_label.full_text(), bar.bar.isVisible(), tops(window)))

    window.models.page.changed.connect(note)
    window.sandbox.set_faults("sailthru:* *:slow=1")
    window.click(window.page.plan_tab.write_button)
    await window.wait_until(header.cancel_button.isVisible)
    # Who aims at Cancel in the moment in which the run ends must hit nothing else.
    cancel = header.cancel_button.geometry()
    for button in (header.preview_button, header.run_button, header.run_menu_button):
        assert not button.isEnabled()
        assert not cancel.intersects(button.geometry())
    await window.wait_for_run_end()
    await window.wait_until(header.run_button.isEnabled)
    assert not header.cancel_button.isVisible()
    for button in (header.preview_button, header.run_button, header.run_menu_button):
        assert not cancel.intersects(button.geometry())
    window.models.page.changed.disconnect(note)
    assert any(" of " in detail and has_bar for detail, has_bar, _ in seen), seen
    assert {where for *_, where in seen} == {before}
    assert tops(window)[0] == before[0]


async def test_cancel_by_keyboard_leaves_it_at_the_sync(window: SyncPageDriver) -> None:
    await window.add_preset()
    header = window.page.header
    window.sandbox.set_faults("zendesk:* *:slow=1")
    header.preview_button.setFocus()
    window.press(Key.Key_Space)
    await window.wait_until(header.cancel_button.isVisible)
    await window.wait_until(header.cancel_button.isEnabled)
    assert is_on_page(window)
    header.cancel_button.setFocus()
    window.press(Key.Key_Space)
    await window.wait_until(lambda: not header.cancel_button.isVisible(), within_s=20)
    assert is_on_page(window)
