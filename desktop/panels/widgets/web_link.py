"""The one rule for links that leave the window: web pages alone are opened, in the browser."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def parse_web_address(url: str) -> QUrl | None:
    """Parse the address of a web page; None for anything but http and https with a host.

    Addresses come from tickets, settings and packages: a file, a share of the network or another
    program's scheme must not be handed to the system.
    """
    address = QUrl(url, QUrl.ParsingMode.StrictMode)
    is_web_page = address.isValid() and address.scheme() in ("https", "http")
    return address if is_web_page and address.host() else None


def open_web_page(url: str) -> bool:
    """Open a web page in the system's browser; False, and nothing opened, for any other link."""
    address = parse_web_address(url)
    return address is not None and QDesktopServices.openUrl(address)
