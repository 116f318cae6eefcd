"""Context manager that lays a widget out once after many changes."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLayout, QWidget

# From a row of a card up to the window: each asks its parent only once it is laid out itself.
_MAX_LAYOUT_DEPTH = 8


@contextmanager
def batch_layout(widget: QWidget) -> Iterator[None]:
    """Disable all Qt layouts below `widget` inside the block, and lay it out once on leaving.

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
        # Qt drops a request that comes while a widget is hidden, since showing it lays it out; but
        # not while the layout is disabled. Layouts that nothing has changed in return at once.
        for layout in reversed(still):
            layout.activate()
        for _ in range(_MAX_LAYOUT_DEPTH):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
