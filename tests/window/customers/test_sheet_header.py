"""The header of a customer in a window beside the browser."""

from PySide6.QtWidgets import QLabel

from desktop.panels.customer.customer_header_panel import CustomerHeaderPanel
from tests.support.window_driver import WindowDriver

ADDRESS = "maria@lopez.example"


async def test_narrow_header_cuts_the_note_before_the_address(window: WindowDriver) -> None:
    await window.look_up("#48213")
    window.view.resize(392, 860)
    shown = next(one for one in window.view.findChildren(QLabel) if one.accessibleName() == ADDRESS)
    await window.wait_until(lambda: shown.text() == ADDRESS)


async def test_chips_stand_below_a_name_that_has_no_room_beside_them(
    window: WindowDriver,
) -> None:
    for address, is_long in (("countess@outer-isles.example", True), (ADDRESS, False)):
        await window.look_up(address)
        header = window.view.findChild(CustomerHeaderPanel)
        assert header is not None
        name, chips = header._name, header._chip_box
        window.view.resize(1000, 700)
        await window.wait_until(
            lambda chips=chips, name=name, is_long=is_long: (
                (chips.y() >= name.geometry().bottom()) is is_long
            )
        )
        is_whole = name.text() == name.full_text()
        assert is_whole or name.width() > header.width() / 2
