"""The screenshot tour's stations on the Reports page: why opt-outs jumped."""

from collections.abc import Awaitable, Callable

from desktop.app.screenshot_tour.sample_optouts import (
    PART_UNDO_NOTE,
    add_optouts,
    add_part_undo,
)
from desktop.app.screenshot_tour.tour_driver import TourDriver
from desktop.audience.optout_report import OPENED_KEY
from desktop.model.permission import Actor, Role
from desktop.model.report_period import BucketSize
from desktop.panels.batches.batch_page import BatchPage
from desktop.panels.reports.report_dialogs import CountedPeopleDialog
from desktop.panels.reports.reports_page import ReportsPage
from desktop.viewmodels.reports.reports_page_model import DEFAULT_TILES

_PHRASE = "refund"
_SECOND_ADMIN, _PEOPLE = Actor("Bo Berg", Role.ADMIN, 7604), 38
_STATES = ("health", "value", "runs", "opt-outs", "new-tickets", "satisfaction-by-agent")


async def capture_reports(
    driver: TourDriver, save: Callable[[str], Awaitable[None]], ending: str = ""
) -> None:
    """Picture the tiles, the opt-outs by cause and who is behind them, weeks, and states.

    Everybody's data are kept already. The opt-outs of two months are added once.
    """
    view, services = driver.window.main_window, driver.window.services
    data = services.data_store
    if await data.profile_reports.find_first_reading("optout") is None:
        zone = services.reports.zone
        # On the database's thread, as one piece: nothing is to send them.
        await services.store.run(
            add_optouts, services.store, data, services.context.clock.now(), zone
        )
    view.show_page("reports")
    page = view.findChild(ReportsPage)
    if page is None:
        return
    model = page.model

    async def wait() -> None:
        await driver.wait_until(lambda: model.is_counted, "The reports were not counted in time.")

    if model.phrases != (_PHRASE,):
        # A changed setting puts the window's theme back to the one in the settings.
        theme = driver.window.theme.choice
        model.set_phrases(_PHRASE)
        driver.window.theme.choose(theme)
    model.refresh()
    await wait()
    model.choose("opt-outs")
    report = model.report("opt-outs")
    if report is not None and report.series:
        peak = report.series[0].values
        model.set_cursor(peak.index(max(peak)))
    await save(f"reports{ending}")
    model.show_people(OPENED_KEY)
    await driver.wait_until(
        lambda: page.findChild(CountedPeopleDialog) is not None, "Nobody was listed in time."
    )
    dialog = page.findChild(CountedPeopleDialog)
    if dialog is not None:
        await driver.save_screenshot(f"reports-people{ending}", dialog)
        dialog.reject()
    await _capture_part_undo(driver, save, ending)
    view.show_page("reports")
    model.set_size(BucketSize.WEEK)
    await wait()
    model.choose("tickets-by-agent")
    await save(f"reports-by-week{ending}")
    model.set_size(BucketSize.DAY)
    model.set_tiles(_STATES)
    await wait()
    model.choose("health")
    await save(f"reports-states{ending}")
    model.set_tiles(DEFAULT_TILES)
    await wait()


async def _capture_part_undo(
    driver: TourDriver, save: Callable[[str], Awaitable[None]], ending: str
) -> None:
    """Picture the undo for those who still read their mail: previewed, and approved by an admin."""
    services, view = driver.window.services, driver.window.main_window
    store, now = services.store, services.context.clock.now()
    batch_id = await store.run(add_part_undo, store, now)
    view.show_page("bulk")
    page = view.findChild(BatchPage)
    if page is None:
        return
    page.model.open_batch(batch_id)

    def says(words: str) -> bool:
        shown = page.model.view()
        return shown is not None and shown.message is not None and words in shown.message.title

    await driver.wait_until(lambda: says("loosened"), "The undo was not previewed in time.")
    await save(f"part-undo{ending}")
    for admin, is_admin in ((services.session.actor, False), (_SECOND_ADMIN, True)):
        await store.batch_approvals.add(
            batch_id,
            admin,
            now,
            is_admin=is_admin,
            people=_PEOPLE,
            note=PART_UNDO_NOTE,
        )
    page.model.open_batch(batch_id)
    await driver.wait_until(lambda: says("Approved by"), "The approval was not shown in time.")
    await save(f"part-undo-approved{ending}")
    # An open one is used again: the next pictures begin with one that nobody has approved.
    await store.edit_batches.stop(batch_id, now)
