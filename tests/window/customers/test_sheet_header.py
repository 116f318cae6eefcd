"""The header of a customer in a window beside the browser."""

from PySide6.QtWidgets import QLabel

from tests.support.window_driver import WindowDriver

ADDRESS = "maria@lopez.example"


async def test_narrow_header_cuts_the_note_before_the_address(window: WindowDriver) -> None:
    await window.look_up("#48213")
    window.view.resize(392, 860)
    shown = next(one for one in window.view.findChildren(QLabel) if one.accessibleName() == ADDRESS)
    await window.wait_until(lambda: shown.text() == ADDRESS)
