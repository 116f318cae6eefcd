"""Direction of texts in a right-to-left window: English stays left to right."""

import unicodedata
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

_LEFT_TO_RIGHT_ISOLATE, _POP_ISOLATE = "\u2066", "\u2069"


@lru_cache(maxsize=4096)
def is_right_to_left(text: str) -> bool:
    """Whether a text's first letter is one of Arabic, Hebrew or another right-to-left script."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL"):
            return True
        if kind == "L":
            return False
    return False


def is_window_mirrored() -> bool:
    """Whether the application's windows begin at the right."""
    return QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft


def isolate(text: str) -> str:
    """Return a control's text for Qt to draw: in a mirrored window English is kept together.

    Two marks that nobody sees do so; Qt would put the “…” of “Change e-mail…” before it.
    """
    if not text or not is_window_mirrored() or is_right_to_left(text):
        return text
    return f"{_LEFT_TO_RIGHT_ISOLATE}{text}{_POP_ISOLATE}"
