"""The repair of a hard bounce, step by step, in its drawer."""

from typing import Any

from desktop.panels.customer.why_opted_out_drawer import WhyOptedOutDrawer
from tests.support.accessibility_checks import clipped_texts
from tests.support.window_driver import WindowDriver
from tests.support.window_sandbox import write_profile_officially

_HANA = "hana@bounds.example"
_SID = "5c90d4b1e2f34a0000770717"


def drawer_of(window: WindowDriver) -> WhyOptedOutDrawer:
    return window.view.findChildren(WhyOptedOutDrawer)[0]


async def read_level(window: WindowDriver) -> Any:
    return (await window.read_profile_officially(_SID, optout_email=1))["optout_email"]


async def open_repair(window: WindowDriver) -> WhyOptedOutDrawer:
    await window.look_up(_HANA)
    window.click("Why opted out?")
    drawer = drawer_of(window)
    await window.wait_for_text("Mail to this customer has bounced for good.", drawer)
    return drawer


async def test_bounce_is_repaired_step_by_step_over_a_restart(window: WindowDriver) -> None:
    write_profile_officially(window.sandbox, _SID, optout_email="basic")
    drawer = await open_repair(window)
    assert not clipped_texts(drawer)
    window.save_screenshot("bounce-begin")
    window.click("Begin the repair")
    await window.wait_for_text("Mail bounces until the address is Valid.", drawer)
    window.click("It is Valid: go on")
    await window.wait_until(drawer.repair_section.repair_button.isEnabled)
    assert "Mail bounces until the address is Valid." in window.visible_texts(drawer)
    window.save_screenshot("bounce-waiting")
    await window.reopen_window()
    window.sandbox.control("POST", "mail-status", {"email": _HANA, "status": "valid"})
    assert await read_level(window) == "none"
    # By itself, within minutes; nobody needs to open the customer.
    window.advance_clock(400)
    await window.wait_until(lambda: window.newest_edit_states()[:1] == ["done"], within_s=20)
    assert await read_level(window) == "basic"
    window.advance_clock(400)
    repairs = window.house.store.bounce_repairs
    await window.wait_until(lambda: not repairs.list_open.blocking(), within_s=20)


async def test_bounce_repair_goes_on_by_the_button_and_shows_its_end(
    window: WindowDriver,
) -> None:
    write_profile_officially(window.sandbox, _SID, optout_email="all")
    drawer = await open_repair(window)
    window.click("Begin the repair")
    await window.wait_for_text("Mail bounces until the address is Valid.", drawer)
    await window.wait_until(drawer.repair_section.repair_button.isEnabled)
    window.sandbox.control("POST", "mail-status", {"email": _HANA, "status": "valid"})
    window.click("It is Valid: go on")
    await window.wait_for_text("Mail arrives again, and the opt-out stands.", drawer)
    assert await read_level(window) == "all"
    window.save_screenshot("bounce-done")


async def test_bounce_repair_is_given_up(window: WindowDriver) -> None:
    drawer = await open_repair(window)
    window.click("Begin the repair")
    await window.wait_for_text("Mail bounces until the address is Valid.", drawer)
    window.click("Give the repair up")
    await window.wait_for_text("Mail to this customer has bounced for good.", drawer)
    assert window.house.store.bounce_repairs.list_open.blocking() == ()
