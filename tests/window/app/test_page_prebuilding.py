"""The page Sync is built while nothing else happens, and takes its parts in at once."""

from PySide6.QtWidgets import QWidget

from desktop.panels.syncs.sync_page import SyncPage
from tests.support.window_driver import CTRL, Key, WindowDriver


async def test_sync_page_is_prebuilt_in_steps(prebuilding_window: WindowDriver) -> None:
    window = prebuilding_window
    pages = window.window.page_factory
    assert pages is not None
    await window.wait_until(lambda: "sync" in window.view._pages)
    page = window.view._pages["sync"]
    assert isinstance(page, SyncPage)
    assert page is pages.sync_page
    assert not page.isVisible()
    built = set(page.findChildren(QWidget))
    window.press(Key.Key_2, CTRL)
    assert page.isVisible()
    # Opening it builds nothing: what it is made of stood before.
    assert {type(w) for w in set(page.findChildren(QWidget)) - built} == set()
