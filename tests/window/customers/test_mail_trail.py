"""Did the mail go out?: the drawer beside the tickets, and what it says when nothing is told."""

from desktop.panels.customer.mail_trail_drawer import MailTrailDrawer
from tests.support.accessibility_checks import clipped_texts
from tests.support.window_driver import Key, WindowDriver
from tests.support.window_workspace import lasting_faults


def drawer_of(window: WindowDriver) -> MailTrailDrawer:
    return window.view.findChildren(MailTrailDrawer)[0]


async def test_last_mails_are_told_with_what_became_of_each(window: WindowDriver) -> None:
    await window.look_up("#48213")
    window.click("Did the mail go out?")
    drawer = drawer_of(window)
    await window.wait_for_text("November picks", drawer)
    texts = window.visible_texts(drawer)
    assert "Password reset" in texts
    assert "Bounced" in texts
    assert "What cannot be known" in texts
    for theme in ("LIGHT", "DARK"):
        window.window.theme.choose(type(window.window.theme.choice)[theme])
        for width in (1280, 392):
            window.view.resize(width, 820)
            assert not await lasting_faults(lambda: clipped_texts(drawer))
            window.save_screenshot(f"mail-trail-{theme.lower()}-{width}")
    window.press(Key.Key_Escape)
    assert not drawer.isVisible()


async def test_mail_that_cannot_be_read_is_said_and_asked_for_again(window: WindowDriver) -> None:
    await window.look_up("#48213")
    window.sandbox.add_fault("sailthru:GET /email:page", times=None)
    window.click("Did the mail go out?")
    drawer = drawer_of(window)
    await window.wait_for_text("page", drawer)
    window.sandbox.clear_faults()
    window.click(drawer.again_button)
    await window.wait_for_text("November picks", drawer)


async def test_mail_drawer_closes_with_its_customer_and_is_not_there_without_a_profile(
    window: WindowDriver,
) -> None:
    await window.look_up("#48213")
    window.click("Did the mail go out?")
    drawer = drawer_of(window)
    assert drawer.isVisible()
    window.sheet.open_text("noname@plain.example")
    await window.is_lookup_finished()
    assert not drawer.isVisible()
    assert not window.find_all("Did the mail go out?")
