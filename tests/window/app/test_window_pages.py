"""The page Sync is built while nothing else happens, and takes its parts in at once."""

from PySide6.QtWidgets import QWidget

from desktop.panels.syncs.sync_page import SyncPage
from tests.window.desk import CTRL, Desk, Key


async def test_the_page_is_built_step_by_step_before_anybody_asks(desk: Desk) -> None:
    pages = desk.window.pages
    assert pages is not None
    await desk.until(lambda: "sync" in desk.view._pages)
    page = desk.view._pages["sync"]
    assert isinstance(page, SyncPage)
    assert page is pages.sync_page
    assert not page.isVisible()
    built = set(page.findChildren(QWidget))
    desk.press(Key.Key_2, CTRL)
    assert page.isVisible()
    # Opening it builds nothing: what it is made of stood before.
    assert {type(w) for w in set(page.findChildren(QWidget)) - built} == set()
