"""Reads what was pasted or dropped into the window: bounded, whatever lies on the clipboard."""

from PySide6.QtCore import QMimeData

from desktop.kit.errors import InvalidInput
from desktop.model.pasted_addresses import MAX_PASTED_BYTES, too_large_error

_PLAIN, _HTML = "text/plain", "text/html"


def read_pasted_text(mime: QMimeData) -> str:
    """Return the text of the clipboard or a drop; of a table with links alone its HTML.

    Raises InvalidInput where it is too large to be a list of addresses: it is not even decoded.
    """
    plain = _read_format(mime, _PLAIN)
    if "@" in plain:
        return plain
    # A column of names that are links has its addresses in the HTML only.
    return _read_format(mime, _HTML) or plain


def dropped_file(mime: QMimeData) -> str:
    """Return the path of the one file that was dropped; empty where it is a text.

    Raises InvalidInput for several files, and for one that is not on this computer.
    """
    urls = mime.urls() if mime.hasUrls() else []
    if not urls:
        return ""
    if len(urls) > 1:
        raise InvalidInput("Drop one file at a time.", "Nothing was looked up.")
    if not urls[0].isLocalFile():
        raise InvalidInput(
            "That is not a file of this computer.", "Nothing was looked up.", "Save it first."
        )
    return urls[0].toLocalFile()


def can_be_pasted(mime: QMimeData) -> bool:
    """Whether something that is dragged over the window is a file or a text."""
    return mime.hasUrls() or mime.hasFormat(_PLAIN) or mime.hasFormat(_HTML)


def _read_format(mime: QMimeData, name: str) -> str:
    if not mime.hasFormat(name):
        return ""
    data = mime.data(name)
    # Asked of Qt's bytes: a Python text of a gigabyte takes seconds and three more gigabytes.
    if data.size() > MAX_PASTED_BYTES:
        raise too_large_error()
    return bytes(data.data()).decode("utf-8", "replace")
