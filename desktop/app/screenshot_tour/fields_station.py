"""The screenshot tour's station of the catalogue of fields, over the Audience page."""

from desktop.app.screenshot_tour.audience_station import keep_and_read_everybody
from desktop.app.screenshot_tour.tour_driver import TourDriver
from desktop.panels.audience.audience_page import AudiencePage


async def capture_fields(driver: TourDriver) -> None:
    """Picture every field, and those that a search leaves."""
    await keep_and_read_everybody(driver)
    view = driver.window.main_window
    view.show_page("audience")
    page = view.findChild(AudiencePage)
    if page is None:
        return
    dialog = page.open_fields()
    await driver.wait_until(lambda: page.model.field_facts, "The fields were not counted in time.")
    await driver.save_in_each_theme("fields", dialog)
    dialog.search_field.setText("health")
    dialog.apply_search()
    await driver.save_in_each_theme("fields-found", dialog)
    dialog.close()
