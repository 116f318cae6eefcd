"""What the page Sync says by itself moves nothing that somebody may be about to click."""

from dataclasses import replace

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QWidget

from desktop.kit.errors import InvalidInput
from desktop.viewmodels.syncs.sync_header_view import MessageAction, SyncMessageView
from tests.support.accessibility_checks import clipped_texts
from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_workspace import lasting_faults

LONG = SyncMessageView(
    "bad",
    "The last run stopped before it was done.",
    "Zendesk does not accept connections. It refused the call. " * 4,
    ((MessageAction.RESUME, "Resume"), (MessageAction.SHOW_HISTORY, "Show the run")),
)


def places(window: SyncPageDriver) -> dict[str, QRect]:
    """Where everything is that can be clicked, and the first rows."""
    page, tab = window.page, window.page.plan_tab
    header = page.header
    shown: dict[str, QWidget] = {
        "preview": header.preview_button,
        "run": header.run_button,
        "switch": header.enabled_switch,
        "tabs": page.tabs,
        "list": page.sync_list,
        "search": tab.search_field,
        "counts": tab.count_filter,
        "export": tab.export_button,
        "discard": tab.discard_button,
        "write": tab.write_button,
    }
    found = {
        name: QRect(widget.mapTo(window.view, QPoint()), widget.size())
        for name, widget in shown.items()
    }
    for row in range(3):
        inside = tab.table.visualRect(tab.table.model().index(row, 1))
        found[f"row {row}"] = inside.translated(tab.table.viewport().mapTo(window.view, QPoint()))
    return found


async def test_banner_moves_nothing_on_the_page_sync(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    await window.pause(0.1)
    page, tab = window.page, window.page.plan_tab
    before = places(window)
    for kind in ("error", "limit", "outcome", "message"):
        if kind == "error":
            page._on_failed(
                InvalidInput("It cannot be done.", "Because. " * 30, "Do something else.")
            )
            banner: QWidget = page.error_banner
        elif kind == "message":
            banner = page.header.message_banner
            view = window.models.page.header_view()
            assert view is not None
            page.header.show_header(replace(view, message=LONG))
        else:
            banner = tab.limit_banner if kind == "limit" else tab.outcome_banner
            banner.show_view(LONG)  # type: ignore[attr-defined]
        # At once: the page draws what its models say again and again.
        for _ in range(3):
            QApplication.sendPostedEvents()
        assert banner.isVisible(), kind
        assert places(window) == before, kind
        window.save_screenshot(f"banner-{kind}")
        banner.hide()


async def test_message_of_a_narrow_page_is_whole(window: SyncPageDriver) -> None:
    await window.add_preset()
    page, header = window.page, window.page.header
    window.view.resize(392, 860)
    page.open_detail()
    view = window.models.page.header_view()
    assert view is not None
    header.show_header(replace(view, message=LONG))
    assert header.narrow_message_banner.isVisible()
    assert not header.message_banner.isVisible()
    assert header.narrow_message_banner.message_label.text() == LONG.text
    assert await lasting_faults(lambda: clipped_texts(header)) == []
    window.view.resize(1280, 820)
    await window.wait_until(header.message_banner.isVisible)
    assert not header.narrow_message_banner.isVisible()


async def test_window_banner_stands_over_the_pages_own(window: SyncPageDriver) -> None:
    await window.add_preset()
    window.view.show_error(InvalidInput("That is no address."))
    window.page._on_failed(InvalidInput("It cannot be done."))
    own, banner = window.page.error_banner, window.view.banner

    def top(widget: QWidget) -> int:
        return widget.mapTo(window.view, QPoint()).y()

    await window.wait_until(lambda: top(banner) + banner.height() <= top(own))
    window.page.error_banner.clear()
    await window.wait_until(lambda: top(banner) > top(own) - 1)
    await window.pause(0)
    floor = top(window.page) + window.page.height()
    assert top(banner) + banner.height() == floor
