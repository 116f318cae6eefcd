"""Showing and hiding a part of a page at no cost where nothing changes."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

_SAID = Qt.WidgetAttribute.WA_WState_ExplicitShowHide


def set_shown(widget: QWidget, shown: bool) -> None:
    """Show or hide a widget; leave one alone that its parent will show with itself.

    Qt styles and measures whatever `setVisible(True)` names, also on a page that is still being
    built and is styled again when it is put into the window.
    """
    parent = widget.parentWidget()
    if widget.testAttribute(_SAID):
        if widget.isHidden() == shown:
            widget.setVisible(shown)
    elif not shown or (parent is not None and parent.isVisible()):
        widget.setVisible(shown)
