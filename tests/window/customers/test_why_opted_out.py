"""Why opted out?: the drawer from the timeline, with who, when and what cannot be known."""

from desktop.panels.customer.why_opted_out_drawer import WhyOptedOutDrawer
from tests.support.window_driver import Key, WindowDriver


async def test_why_opted_out_names_the_change_made_here(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    assert not window.find_all("Why opted out?"), "she is not opted out"
    window.click("No marketing e-mail")
    window.click("Stop marketing e-mail")
    await window.wait_until(lambda: window.newest_edit_states()[:1] == ["done"])
    await window.wait_until(lambda: window.find_all("Why opted out?"))
    window.click("Why opted out?")
    (drawer,) = window.view.findChildren(WhyOptedOutDrawer)
    for text in ("set it in Fairlead", "What cannot be known", "Ticket #48213"):
        await window.wait_for_text(text, drawer)
    window.save_screenshot("why-opted-out")
    window.press(Key.Key_Escape)
    assert not drawer.isVisible()
