"""The system's fixed-width font on widgets that show code: triggers, requests, JSON."""

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QWidget


def use_fixed_font(widget: QWidget) -> None:
    """Give a widget the fixed-width font; its size follows the zoom as before."""
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    widget.setStyleSheet(f'font-family: "{fixed.family()}"')
