"""Context manager that lays a widget out once after many changes."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLayout, QWidget

# From a row of a card up to the window: each asks its parent only once it is laid out itself.
_MAX_LAYOUT_DEPTH = 8


@contextmanager
def batch_layout(widget: QWidget) -> Iterator[None]:
    """Disable all layouts below `widget` inside the block, and lay all of it out on leaving.

    Qt lays the whole window out for each widget that is shown in it. And it asks the parents one
    turn after the children: each turn would be painted, the page shifting under the eye.
    """
    # Layouts that were disabled before stay disabled.
    still = [layout for layout in widget.findChildren(QLayout) if layout.isEnabled()]
    for layout in still:
        layout.setEnabled(False)
    try:
        yield
    finally:
        for layout in still:
            layout.setEnabled(True)
            _request_layout(layout)
        for _ in range(_MAX_LAYOUT_DEPTH):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)


def _request_layout(layout: QLayout) -> None:
    """Ask anew for a layout whose own request came while its widget was hidden.

    Qt drops that one, since showing the widget lays it out; but not while the layout is disabled.
    """
    owner = layout.parent()
    if isinstance(owner, QWidget):
        QCoreApplication.postEvent(owner, QEvent(QEvent.Type.LayoutRequest))
