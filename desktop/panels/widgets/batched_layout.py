"""Context manager that lays widgets out once after many changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLayout, QWidget

# From a row of a card up to the window: each asks its parent only once it is laid out itself.
_MAX_LAYOUT_DEPTH = 8


@contextmanager
def batch_layout(*widgets: QWidget) -> Iterator[Callable[[QWidget], None]]:
    """Disable all Qt layouts below `widgets` inside the block, and lay them out once on leaving.

    Yields a function that takes in one more widget: to hold a whole page's layouts for one panel
    takes longer than the panel itself.

    Qt lays the whole window out for each widget that is shown in it. And it asks the parents one
    turn after the children: each turn would be painted, the page shifting under the eye.
    """
    still: list[QLayout] = []

    def hold(widget: QWidget) -> None:
        # Layouts that were disabled before stay disabled.
        found = [layout for layout in widget.findChildren(QLayout) if layout.isEnabled()]
        for layout in found:
            layout.setEnabled(False)
        still.extend(found)

    for each in widgets:
        hold(each)
    try:
        yield hold
    finally:
        for layout in still:
            layout.setEnabled(True)
        # Qt drops a request that comes while a widget is hidden, since showing it lays it out; but
        # not while the layout is disabled. Layouts that nothing has changed in return at once.
        for layout in reversed(still):
            layout.activate()
        for _ in range(_MAX_LAYOUT_DEPTH):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
