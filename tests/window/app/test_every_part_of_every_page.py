"""Every page with all its tabs, where everybody's data is kept: no text, button or choice is cut.

At 1000 by 700: dark, and with letters 40 % wider, as another language's texts or font would be.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from desktop.app.screenshot_tour.sample_events import sample_events
from desktop.panels.audience.audience_tabs import ACTIVITY, AudienceTabs
from desktop.panels.events.events_page import EventsPage
from desktop.panels.settings_page import SettingsPage
from desktop.panels.syncs.sync_page import SyncPage
from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.sync.sync_presets import ZENDESK_TO_SAILTHRU
from desktop.viewmodels.events.event_row import EventFilter
from tests.support.reports_page_driver import ReportsPageDriver
from tests.support.window_workspace import lasting_faults
from tests.window.app.test_pages_in_each_appearance import page_faults, widen_letters

SIZE = (1000, 700)
_LAYOUT_TURNS = 8  # from a widget up to the window


@pytest.fixture(autouse=True)
def _usual_appearance(qapp: QApplication) -> Iterator[None]:
    """The application's font, colours and direction are every test's."""
    yield
    ApplicationTheme(qapp).deleteLater()


@pytest.mark.parametrize("appearance", ["dark", "letters-140"])
async def test_every_part_of_every_page_fits(
    everybody_window: ReportsPageDriver, appearance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = everybody_window
    if appearance == "dark":
        window.house.session.change_settings({"window.theme": ThemeChoice.DARK.value})
    else:
        widen_letters(monkeypatch)
        # Another zoom, so that the font is made anew.
        window.house.session.change_settings({"window.zoom": 110})
    await window.open_reports()
    window.view.resize(*SIZE)
    found = []
    async for part in parts(window):
        shown = window.view.page_stack.currentWidget()
        assert shown is not None
        # Laid out first: what was never laid out has no fault.
        for _ in range(_LAYOUT_TURNS):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        faults = await lasting_faults(lambda shown=shown: page_faults(window, shown))
        window.save_screenshot(f"{part}-{appearance}")
        found += [f"{part}: {fault}" for fault in faults]
    assert not found, "\n".join(found)


async def parts(window: ReportsPageDriver) -> AsyncIterator[str]:
    """Show each page, and each of its tabs, one after the other; yields their names."""
    show_page = window.view.show_page
    show_page("customers")
    if window.sheet.sheet is None:
        await window.look_up("#48213")
    yield "customers"
    show_page("audience")
    audience = window.view.findChild(AudienceTabs)
    assert audience is not None
    model = audience.people.model
    await window.wait_until(lambda: bool(model.total) and not model.tasks.is_running("people"))
    yield "audience"
    audience.show_tab(ACTIVITY)
    yield "audience-activity"
    show_page("reports")
    for name in window.model.tiles:
        window.model.choose(name)
        yield f"reports-{name}"
    show_page("sync")
    sync = window.view.findChild(SyncPage)
    assert sync is not None
    assert window.window.page_factory is not None
    syncs = window.window.page_factory.sync_models.page
    if syncs.selected_name != ZENDESK_TO_SAILTHRU:
        syncs.add(ZENDESK_TO_SAILTHRU)
        await window.wait_until(lambda: syncs.selected_sync() is not None)
    for tab in ("Plan", "Mapping", "Schedule", "History"):
        sync.show_tab(tab)
        yield f"sync-{tab.lower()}"
    show_page("events")
    events = window.view.findChild(EventsPage)
    assert events is not None
    simulation = events._model.simulation
    if simulation.simulated is None:
        simulation.paste(sample_events())
        await window.wait_until(lambda: simulation.simulated is not None)
    for each in EventFilter:
        events.filter_control.set_value(each.name)
        events._on_filter("")
        yield f"events-{each.name.lower()}"
    for page in ("bulk", "activity"):
        show_page(page)
        yield page
    show_page("settings")
    settings = window.view.findChild(SettingsPage)
    assert settings is not None
    for section, _ in SettingsPage.SECTIONS:
        settings.show_section(section)
        yield f"settings-{section}"
