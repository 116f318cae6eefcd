"""The screenshot tour's station of events: a file is simulated, actions are changed, mapped."""

import tempfile
from pathlib import Path

from desktop.app.screenshot_tour.sample_events import sample_delivery, sample_events
from desktop.app.screenshot_tour.tour_driver import NARROW_SIZE, WIDE_SIZE, TourDriver
from desktop.events.event_action import ActionKind
from desktop.model.event_source import EventSourceKind, UnattendedSwitch
from desktop.panels.events.clear_events_dialog import ClearEventsDialog
from desktop.panels.events.event_choice_dialog import RollbackDialog
from desktop.panels.events.events_page import EventsPage
from desktop.viewmodels.events.event_row import EventFilter

_MIXED = 'type = "track" and event = "Article Read" or event = "Video Played"'

# As `fairlead events serve` leaves it where another program has its port.
_PORT_TAKEN = (
    "Port 8711 is taken by nginx (process 4711). End that program, or serve at another: fairlead"
    " events serve --port 8712. Point the senders there."
)


async def capture_events(driver: TourDriver, theme: str) -> None:
    """Picture the Events page with a simulated file, one of its removals, and the Actions tab."""
    window = driver.window.main_window
    window.show_page("events")
    page = window.findChild(EventsPage)
    if page is None:
        return
    model = page._model  # noqa: SLF001 - the tour waits for what the page shows
    await driver.save_screenshot(f"events-empty-{theme}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.jsonl"
        path.write_text(sample_events(), encoding="utf-8")
        page.open_path(str(path))
        await driver.wait_until(
            lambda: page.table.model().rowCount() > 0, "No file was simulated in time."
        )
        page.table.select_row(2)
        await driver.save_screenshot(f"events-{theme}")
        window.resize(*NARROW_SIZE)
        await driver.save_screenshot(f"events-narrow-{theme}")
        window.resize(*WIDE_SIZE)
        model.set_filter(EventFilter.ACTIONS, "")
        await driver.wait_until(lambda: model.actions.is_read, "The actions were not read.")
        model.actions.set_trigger(ActionKind.TRACK_EVENT, _MIXED)
        model.actions.set_on(ActionKind.UPDATE_TICKET, on=False)
        await driver.save_screenshot(f"events-actions-{theme}")
        window.resize(*NARROW_SIZE)
        await driver.save_screenshot(f"events-actions-narrow-{theme}")
        window.resize(*WIDE_SIZE)
        page.open_mapping(ActionKind.UPSERT_USER)
        drawer = page.mapping_drawer
        if drawer is not None:
            drawer.mapping_table.row_chosen.emit(3)
            await driver.save_screenshot(f"events-mapping-{theme}")
            window.resize(*NARROW_SIZE)
            await driver.save_screenshot(f"events-mapping-narrow-{theme}")
            window.resize(*WIDE_SIZE)
            drawer.view_control.chosen.emit("json")
            await driver.save_screenshot(f"events-mapping-json-{theme}")
            drawer.view_control.chosen.emit("form")
            drawer.slide_out()
        for kind in (ActionKind.TRACK_EVENT, ActionKind.UPDATE_TICKET):
            model.actions.discard(kind)
        page.actions_tab.banner.clear()
        await _capture_sources(driver, page, theme, folder)
    await _capture_delivery(driver, page, theme)
    model.set_filter(EventFilter.SIMULATION, "")


async def _capture_delivery(driver: TourDriver, page: EventsPage, theme: str) -> None:
    """Picture a pasted delivery and its slip of the userId; in the second theme: sent before."""
    model = page._model  # noqa: SLF001 - the tour waits for what the page shows
    model.simulation.paste(sample_delivery())
    await driver.wait_until(
        lambda: model.simulation.simulated is not None, "Nothing was simulated in time."
    )
    await driver.save_screenshot(f"events-pasted-{theme}")
    if not model.simulation.delivery_refusal():
        model.simulation.deliver()
        await driver.wait_until(lambda: not model.delivery.is_running, "Nothing was delivered.")
        await driver.save_screenshot(f"events-delivered-{theme}")
    model.set_filter(EventFilter.CORRECTION, "")
    await driver.wait_until(lambda: page.table.model().rowCount() > 0, "Nothing was parked.")
    page.table.select_row(0)
    await driver.save_screenshot(f"events-correction-{theme}")
    window = driver.window.main_window
    window.resize(*NARROW_SIZE)
    page.open_detail()
    await driver.save_screenshot(f"events-correction-narrow-{theme}")
    page.close_detail()
    window.resize(*WIDE_SIZE)
    await _capture_log(driver, page, theme)


async def _capture_log(driver: TourDriver, page: EventsPage, theme: str) -> None:
    """Picture what was delivered, and what would be set back or cleared of it."""
    model = page._model  # noqa: SLF001 - the tour waits for what the page shows
    model.set_filter(EventFilter.LOG, "")
    await driver.wait_until(lambda: page.table.model().rowCount() > 0, "Nothing is in the log.")
    await driver.save_screenshot(f"events-log-{theme}")
    window = driver.window.main_window
    page.rollback_button.click()
    await driver.wait_until(lambda: model.rollback.found is not None, "Nothing was compared.")
    if (dialog := window.findChild(RollbackDialog)) is not None:
        await driver.save_screenshot(f"events-set-back-{theme}", dialog)
        dialog.close()
    page.clear_button.click()
    await driver.wait_until(lambda: model.clearing.found is not None, "Nothing was counted.")
    if (asked := window.findChild(ClearEventsDialog)) is not None:
        await driver.save_screenshot(f"events-clear-{theme}", asked)
        asked.close()


async def _capture_sources(driver: TourDriver, page: EventsPage, theme: str, folder: str) -> None:
    """Picture a watched folder, and an intake that delivers by itself; take both away again."""
    services = driver.window.services.event_sources
    await services.add("Website", EventSourceKind.FOLDER, folder)
    await services.add("Shop", EventSourceKind.HTTP)
    await services.set_unattended("Shop", UnattendedSwitch(200, ("shoe_size",)))
    shop = await services.get("Shop")
    await driver.window.services.store.event_sources.put_trouble(shop.id, _PORT_TAKEN)
    model = page._model  # noqa: SLF001 - the tour waits for what the page shows
    model.set_filter(EventFilter.SOURCES, "")
    await driver.wait_until(lambda: len(page.sources_tab.cards) == 2, "No sources were read.")
    window = driver.window.main_window
    await driver.save_screenshot(f"events-sources-{theme}")
    window.resize(*NARROW_SIZE)
    await driver.save_screenshot(f"events-sources-narrow-{theme}")
    window.resize(*WIDE_SIZE)
    for name in ("Website", "Shop"):
        await services.remove(name)
