"""The screenshot tour's stations on the Audience page."""

from collections.abc import Awaitable, Callable

from desktop.app.screenshot_tour.tour_driver import TourDriver
from desktop.audience.condition_parser import parse_expression
from desktop.panels.audience.audience_page import AudiencePage
from desktop.panels.audience.audience_tabs import ACTIVITY, PEOPLE, AudienceTabs
from desktop.viewmodels.audience.customer_activity_model import ActivityGroup

_LISTS = ("Newsletter", "VIP Offers", "Winback")
_UNHAPPY = (
    "open_tickets >= 1 and last_ticket within 60 days and tag is not staff and"
    ' (health is frustrated or rating is bad or text contains "refund")'
)
_SEGMENTS = {
    "Unhappy, with an open ticket": _UNHAPPY,
    "High value": "value >= 4",
    "Bad rating": "rating is bad",
    "Not in Sailthru as read": "list is not read",
}


async def keep_and_read_everybody(driver: TourDriver) -> None:
    """Have the demo keep everybody's data, read it, and save the tour's segments; once."""
    services, theme = driver.window.services, driver.window.theme.choice
    if services.current_settings.keeps_everybody():
        return
    await services.keep_everybody(_LISTS)
    # The window takes its theme from the settings whenever they change.
    driver.window.theme.choose(theme)
    await services.data.refresh()
    for name, where in _SEGMENTS.items():
        await services.audience.save_segment(name, parse_expression(where))


async def capture_audience(
    driver: TourDriver, save: Callable[[str], Awaitable[None]], ending: str = ""
) -> None:
    """Picture the page before anybody was read, everybody, a segment, a condition being added."""
    view, services = driver.window.main_window, driver.window.services
    if not services.current_settings.keeps_everybody():
        view.show_page("audience")
        await save(f"audience-nobody-read{ending}")
        await keep_and_read_everybody(driver)
    view.show_page("audience")
    page = view.findChild(AudiencePage)
    if page is None:
        return
    model = page.model
    model.reload()

    async def wait() -> None:
        await driver.wait_until(
            lambda: (
                not model.is_counting
                and not model.tasks.is_running("explain")
                and (not model.total or model.person is not None)
            ),
            "The people were not found in time.",
        )

    await wait()
    model.choose_segment("")
    await wait()
    await save(f"audience{ending}")
    model.choose_segment("Unhappy, with an open ticket")
    await wait()
    await save(f"audience-segment{ending}")
    model.set_is_any(True)
    await wait()
    page.condition_card.form.open_new(())
    await save(f"audience-changed{ending}")
    page.condition_card.close_form()
    model.put_condition(None, (), parse_expression("tag is nowhere").items[0])  # type: ignore[arg-type]
    model.set_is_any(False)
    await wait()
    await save(f"audience-nobody-matches{ending}")
    model.choose_segment("")
    await wait()
    if ending:
        page.open_detail()
        await save(f"audience-person{ending}")
        page.close_detail()
    await _capture_customer_activity(driver, save, ending)


async def _capture_customer_activity(
    driver: TourDriver, save: Callable[[str], Awaitable[None]], ending: str
) -> None:
    """Picture what customers did: everything, one entry whole, and a phrase of one person."""
    tabs = driver.window.main_window.findChild(AudienceTabs)
    if tabs is None:
        return
    tabs.show_tab(ACTIVITY)
    tab, model = tabs.activity, tabs.activity.model

    async def wait() -> None:
        await driver.wait_until(
            lambda: bool(model.list_state().summary) and not model.tasks.is_running("read"),
            "What customers did was not read in time.",
        )

    await wait()
    tab.table.select_row(0)
    await save(f"customer-activity{ending}")
    tab.search_field.setText("refund")
    tab.filter_control.set_value(ActivityGroup.TICKETS.name)
    model.set_filter(ActivityGroup.TICKETS, "refund")
    await wait()
    tab.table.select_row(0)
    if ending:
        tab.open_detail()
    await save(f"customer-activity-phrase{ending}")
    if ending:
        tab.close_detail()
    tab.clear_filters()
    tabs.show_tab(PEOPLE)
