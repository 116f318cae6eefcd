"""The tab Plan at 200 %: its page scrolls, and nothing in it is squeezed."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QScrollArea

from desktop.panels.theme.application_theme import ApplicationTheme
from desktop.panels.widgets.scroll_area import scroll_into_view
from tests.support.accessibility_checks import clipped_texts
from tests.support.sync_page_driver import SyncPageDriver
from tests.window.app.test_window_layout import overlapping
from tests.window.syncs.test_sync_plan_table import made_plan, row


@pytest.fixture(autouse=True)
def _usual_appearance(qapp: QApplication) -> Iterator[None]:
    yield
    ApplicationTheme(qapp).deleteLater()


async def test_zoomed_plan_scrolls_and_shows_three_rows(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    made_plan(window, [row(number) for number in range(40)])
    await window.wait_until(lambda: window.models.plan.table_model.rowCount() == 40)
    window.house.session.change_settings({"window.zoom": 200})
    tab = window.page.plan_tab
    for size in [(1280, 820), (1024, 640)]:
        window.view.resize(*size)
        window.page.open_detail()
        await window.wait_until(lambda: not clipped_texts(tab))
        window.save_screenshot(f"plan-200-{size[0]}")
        assert overlapping(tab) == []
        rows = window.rows
        assert rows.viewport().height() >= 3 * rows.verticalHeader().defaultSectionSize()
        area = next(a for a in window.page.findChildren(QScrollArea) if a.isAncestorOf(tab))
        assert area.verticalScrollBar().maximum() > 0
        # The keyboard brings the last button into sight.
        scroll_into_view(tab.export_button)
        button = tab.export_button
        seen = button.visibleRegion().boundingRect()
        assert seen.size() == button.size()
