"""Links that leave the window: web pages alone are opened."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from desktop.panels.widgets.web_link import open_web_page, parse_web_address

_BAD_SCHEMES = (
    "file", "ftp", "sftp", "smb", "data", "javascript", "vbscript", "mailto", "tel", "ssh", "git",
    "ws", "chrome", "about", "view-source", "ms-settings", "ms-word", "search-ms", "shell", "jar",
    "fairlead", "steam", "x-apple.systempreferences",
)  # fmt: skip
_BAD_ADDRESSES = (
    *(f"{scheme}://host/path" for scheme in _BAD_SCHEMES),
    "file:///etc/passwd", "file:/etc/passwd", r"\\server\share", r"C:\Windows\System32\calc.exe",
    "//server/share", "/etc/passwd", "acme.zendesk.com", "", " ", "https:", "https://", "http:///x",
    "https:/acme.example", "javascript:alert(1)", "data:text/html,<script>", "https://a b/",
    "https://%zz/", "http://[::1", "--help", "https://host:99999999/",
)  # fmt: skip


class OpenedPages(QObject):
    """What would be handed to the system."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.addresses.append(url.toString())


@pytest.fixture
def opened() -> Iterator[OpenedPages]:
    taker = OpenedPages()
    schemes = ("http", "https", *_BAD_SCHEMES)
    for scheme in schemes:
        QDesktopServices.setUrlHandler(scheme, taker, "open")
    yield taker
    for scheme in schemes:
        QDesktopServices.unsetUrlHandler(scheme)


@pytest.mark.parametrize("url", _BAD_ADDRESSES)
def test_what_is_no_web_page_is_not_opened(url: str, opened: OpenedPages) -> None:
    assert parse_web_address(url) is None
    assert not open_web_page(url)
    assert opened.addresses == []


@pytest.mark.parametrize(
    "url", ["https://acme.zendesk.com/agent/tickets/1", "HTTP://127.0.0.1:80/"]
)
def test_web_page_is_opened(url: str, opened: OpenedPages) -> None:
    assert open_web_page(url)
    assert opened.addresses == [QUrl(url).toString()]
