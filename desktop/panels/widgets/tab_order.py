"""Order the Tab stops of a window as it is read: columns from the left, each top down."""

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLayout,
    QLineEdit,
    QWidget,
)
from shiboken6 import isValid

from desktop.panels.widgets.layout_children import layout_children

# A property of a control while `move_focus` puts the keyboard on it.
IS_MEANT_FOCUS = "isMeantFocus"
_DIRECT_CHILDREN = Qt.FindChildOption.FindDirectChildrenOnly
# Each is one stop, however many widgets Qt makes it of.
_SINGLE_STOP_WIDGETS = (QComboBox, QAbstractItemView, QAbstractSpinBox)


def apply_visual_tab_order(window: QWidget) -> None:
    """Chain the window's visible Tab stops as read: columns from the left, each top down."""
    for _ in order_tab_stops(window):
        pass


def order_tab_stops(window: QWidget) -> Iterator[None]:
    """Chain a window's visible Tab stops as `apply_visual_tab_order` does, a step at a time.

    A full window takes 20 ms: who iterates may leave off between two steps, and go on later.
    """
    before: QWidget | None = None
    for stop in _walk_tab_stops(window):
        if stop is not None:
            if before is not None and isValid(before):
                QWidget.setTabOrder(before, stop)
            before = stop
        yield


def tab_stops(widget: QWidget) -> list[QWidget]:
    """Return the visible Tab stops in a widget, itself included, in reading order."""
    return [stop for stop in _walk_tab_stops(widget) if stop is not None]


def _walk_tab_stops(widget: QWidget) -> Iterator[QWidget | None]:
    """Yield a widget's visible Tab stops in reading order, and None after each step without one."""
    if not isValid(widget):
        # Deleted since the step before.
        return
    yield widget if widget.focusPolicy() & Qt.FocusPolicy.TabFocus else None
    if isValid(widget) and not isinstance(widget, _SINGLE_STOP_WIDGETS):
        for child in _children_in_reading_order(widget):
            yield from _walk_tab_stops(child)


def _children_in_reading_order(parent: QWidget) -> list[QWidget]:
    """Return a widget's visible children, those beside each other column by column."""
    children = [
        child
        # Not `children()`: to wrap what is no widget takes 13 ms for a line edit's first control.
        for child in parent.findChildren(QWidget, options=_DIRECT_CHILDREN)
        if not child.isWindow() and child.isVisibleTo(parent)
    ]
    children.sort(key=lambda child: child.y())
    bands: list[list[QWidget]] = []
    bottom = -1
    for child in children:
        box = child.geometry()
        # Beside each other is what overlaps by half of its height: edges need not be level.
        if not bands or box.center().y() >= bottom:
            bands.append([])
            bottom = -1
        bands[-1].append(child)
        bottom = max(bottom, box.bottom())
    # Right to left the first column stands at the right.
    way = -1 if parent.isRightToLeft() else 1
    for band in bands:
        band.sort(key=lambda child: (way * _leading_edge(child), child.y()))
    return [child for band in bands for child in band]


def _leading_edge(child: QWidget) -> int:
    box = child.geometry()
    return box.right() if child.isRightToLeft() else box.left()


def set_tab_order_by_layout(widget: QWidget) -> list[QWidget]:
    """Chain the Tab stops in a widget in the order of its layouts; return them.

    Works before anything is shown, when there is no geometry to read yet. Hidden stops are
    included: they may be shown later.
    """
    stops = list(_layout_order_stops(widget))
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)
    return stops


def first_usable_control(widget: QWidget, *, prefers_field: bool = False) -> QWidget | None:
    """Return the first control in a widget that is visible and enabled, for the keyboard.

    `prefers_field`: the first that takes a text, where there is one.
    """
    stops = [s for s in set_tab_order_by_layout(widget) if s.isVisible() and s.isEnabled()]
    fields = (stop for stop in stops if prefers_field and isinstance(stop, QLineEdit))
    return next(fields, next(iter(stops), None))


def move_focus(widget: QWidget) -> None:
    """Put the keyboard on a control on purpose, in place of one that vanishes with it."""
    widget.setProperty(IS_MEANT_FOCUS, True)
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    widget.setProperty(IS_MEANT_FOCUS, False)


def _layout_order_stops(widget: QWidget) -> Iterator[QWidget]:
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None:
        yield widget
    layout = widget.layout()
    if layout is not None:
        yield from _stops_of_layout(layout)


def _stops_of_layout(layout: QLayout) -> Iterator[QWidget]:
    for part in layout_children(layout).values():
        if isinstance(part, QWidget):
            yield from _layout_order_stops(part)
        else:
            yield from _stops_of_layout(part)
