"""The screenshot tour's station of Privacy: the drawer Erase before and after it was asked for."""

from desktop.app.screenshot_tour.tour_driver import TourDriver


async def capture_privacy(driver: TourDriver, theme: str) -> None:
    """Picture the drawer Erase for the customer shown, and withdraw what was asked for.

    Nothing is erased: the second admin never approves.
    """
    model = driver.window.make_drawer_models().erasure
    driver.window.main_window.customers_page.open_erasure_drawer()
    await driver.wait_until(
        lambda: bool(model.view().systems), "What there is of a customer was not read in time."
    )
    model.set_closes_tickets(True)
    model.type_confirmation(model.view().confirmation)
    await driver.save_screenshot(f"erase-{theme}")
    model.submit()
    await driver.wait_until(lambda: model.view().can_cancel, "Nothing was asked for in time.")
    await driver.save_screenshot(f"erase-requested-{theme}")
    model.cancel_request()
    await driver.wait_until(lambda: not model.view().can_cancel, "It was not withdrawn in time.")
    driver.window.main_window.customers_page.close_erasure_drawer()
