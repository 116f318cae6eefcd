"""How much processor the window needs to open a page, a tab or a dialog, and to change theme."""

import asyncio
import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget

from desktop.app.runner_factory import build_preset_names
from desktop.events.event_action import ActionKind
from desktop.panels.audience.audience_tabs import ACTIVITY, AudienceTabs
from desktop.panels.events.events_page import EventsPage
from desktop.panels.reports.reports_page import ReportsPage
from desktop.panels.settings_page import SettingsPage
from desktop.panels.syncs.sync_page import SyncPage
from desktop.panels.widgets.drawer import Drawer
from desktop.sync.sync_presets import SAILTHRU_TO_ZENDESK, ZENDESK_TO_SAILTHRU
from tests.bench.report import Figure, median
from tests.bench.window_session import (
    WindowSession,
    run_in_window,
    run_sandbox,
)

OPENING_MS = 100.0
THEME_MS = 200.0
_THEME_CHANGES = 6
_CUSTOMER = "maria@lopez.example"  # one who has something in every panel
# What a page reads from the services and the database has come by then.
_QUIET_S = 0.5

Opening = tuple[str, Callable[[], None]]


def measure(rounds: int) -> list[Figure]:
    """Open everything once, as on a person's first click, then change the theme `rounds` times."""
    found: list[Figure] = []
    with run_sandbox("--customers", "300", "--latency-ms", "5") as said:

        async def act(stage: WindowSession) -> None:
            stage.window.main_window.resize(1280, 820)
            stage.window.main_window.look_up(_CUSTOMER)
            await asyncio.sleep(4 * _QUIET_S)
            await stage.window.services.keep_everybody(["Newsletter"])
            await stage.window.services.data.refresh()
            await _measure_openings(stage, found)
            found.extend(await _measure_theme(stage, rounds or _THEME_CHANGES))

        run_in_window(said, act)
    return found


async def _measure_openings(stage: WindowSession, found: list[Figure]) -> None:
    house = stage.window.services
    for preset in (SAILTHRU_TO_ZENDESK, ZENDESK_TO_SAILTHRU):
        house.syncs.add_preset(preset, build_preset_names(house))
    for name, act in _openings(stage.window.main_window):
        begun = time.thread_time()
        act()
        _paint()
        painted = time.thread_time()
        await asyncio.sleep(_QUIET_S)
        later_ms = (time.thread_time() - painted) * 1000
        note = f"{later_ms:.0f} ms more in the {_QUIET_S} s after it"
        opened_ms = (painted - begun) * 1000
        found.append(Figure(f"{name}: opened, processor", opened_ms, "ms", OPENING_MS, note=note))
        for dialog in _open_dialogs():
            dialog.reject()
        for drawer in stage.window.main_window.findChildren(Drawer):
            if drawer.isVisible():
                drawer.slide_out()
        await asyncio.sleep(_QUIET_S / 2)


def _openings(window: QWidget) -> Iterator[Opening]:
    """Each after the one before it: a page is shown before what is on it."""
    main = window.window()
    customers = main.customers_page
    yield "all fields of a profile", lambda: _press(main, "Show all")
    yield "about a list", lambda: customers.open_list_details("Newsletter")
    yield "drawer Change e-mail", customers.open_email_drawer
    yield "drawer Add note", customers.open_note_drawer
    yield "drawer Why opted out?", customers.open_why_drawer
    yield "drawer Did the mail go out?", customers.open_mail_drawer
    yield "drawer Erase", customers.open_erasure_drawer
    yield "help", main.window_actions["Help"].trigger
    yield "keyboard shortcuts", main.window_actions["Keyboard shortcuts"].trigger
    yield "page Sync", lambda: main.show_page("sync")
    page = main.findChildren(SyncPage)[0]
    for tab in ("Mapping", "Schedule", "History"):
        yield f"tab {tab}", lambda tab=tab: page.show_tab(tab)
    yield "tab Plan again", lambda: page.show_tab("Plan")
    yield "tab Mapping again", lambda: page.show_tab("Mapping")
    yield "field picker", lambda: _press(page, "Choose target field")
    yield "lists picker", lambda: _press(page, "Choose sailthru lists")
    yield "New sync", lambda: _press(page, "New sync…")
    yield "page Audience", lambda: main.show_page("audience")
    audience = main.findChildren(AudienceTabs)[0]
    yield "columns of Audience", audience.people.open_columns
    yield "fields of Audience", audience.open_fields
    yield "export of Audience", lambda: _press(audience, "Export the people")
    yield "tab What customers did", lambda: audience.show_tab(ACTIVITY)
    yield "page Reports", lambda: main.show_page("reports")
    reports = main.findChildren(ReportsPage)[0]
    yield "arrange reports", lambda: _press(reports, "Arrange")
    yield "page Events", lambda: main.show_page("events")
    events = main.findChildren(EventsPage)[0]
    for name in ("Actions", "Sources", "Log", "Needs correction"):
        yield f"events {name}", lambda name=name: _press(events, name)
    yield "mapping of an action", lambda: events.open_mapping(next(iter(ActionKind)))
    yield "page Many at once", lambda: main.show_page("bulk")
    yield "page Activity", lambda: main.show_page("activity")
    yield "page Settings", lambda: main.show_page("settings")
    settings = main.findChildren(SettingsPage)[0]
    for key, title in settings.SECTIONS[1:]:
        yield f"settings {title}", lambda key=key: settings.show_section(key)
    yield "page Customers again", lambda: main.show_page("customers")


def _press(inside: QWidget, name: str) -> None:
    """Click the first visible button whose name begins so."""
    for button in inside.findChildren(QAbstractButton):
        if button.isVisible() and (button.accessibleName() or button.text()).startswith(name):
            button.click()
            return
    raise LookupError(name)


def _paint() -> None:
    """Lay out and paint whatever was just shown or changed."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    for window in QApplication.topLevelWidgets():
        if window.isVisible():
            QCoreApplication.sendPostedEvents(window, QEvent.Type.UpdateRequest.value)
    for dialog in _open_dialogs():
        dialog.repaint()


def _open_dialogs() -> list[QDialog]:
    found = (w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog))
    return [dialog for dialog in found if dialog.isVisible()]


async def _measure_theme(stage: WindowSession, changes: int) -> list[Figure]:
    theme, took = stage.window.theme, []
    light, dark = type(theme.choice)("light"), type(theme.choice)("dark")
    for _ in range(changes):
        begun = time.thread_time()
        theme.choose(light if theme.choice is dark else dark)
        _paint()
        took.append((time.thread_time() - begun) * 1000)
        await asyncio.sleep(_QUIET_S)
    widgets = len(stage.window.main_window.findChildren(QWidget))
    note = f"{len(took)} times over {widgets:,} widgets of all pages, most {max(took):.0f} ms"
    found = [Figure("theme changed, processor", median(took), "ms", THEME_MS, note=note)]
    # A hidden page takes the theme when it is shown: that must not be where the time went.
    for page in ("sync", "activity", "settings", "customers"):
        begun = time.thread_time()
        stage.window.main_window.show_page(page)
        _paint()
        shown_ms = (time.thread_time() - begun) * 1000
        await asyncio.sleep(_QUIET_S)
        name = f"page {page} after a change of theme: shown, processor"
        found.append(Figure(name, shown_ms, "ms", OPENING_MS))
    return found
