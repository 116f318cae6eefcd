"""Order the Tab stops of a window as it is read: columns from the left, each top down."""

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QAbstractSpinBox, QComboBox, QLayout, QWidget

# Each is one stop, however many widgets Qt makes it of.
_SINGLE_STOP_WIDGETS = (QComboBox, QAbstractItemView, QAbstractSpinBox)


def apply_visual_tab_order(window: QWidget) -> None:
    """Chain every visible stop of Tab below `window` as it is read."""
    for before, after in pairwise(tab_stops(window)):
        QWidget.setTabOrder(before, after)


def tab_stops(widget: QWidget) -> list[QWidget]:
    """Return the visible stops of Tab in `widget`, itself included, in reading order."""
    found = [widget] if widget.focusPolicy() & Qt.FocusPolicy.TabFocus else []
    if isinstance(widget, _SINGLE_STOP_WIDGETS):
        return found
    for child in _children_in_reading_order(widget):
        found += tab_stops(child)
    return found


def _children_in_reading_order(parent: QWidget) -> list[QWidget]:
    """Return the visible children, those beside each other column by column."""
    children = [
        child
        for child in parent.children()
        if isinstance(child, QWidget) and not child.isWindow() and child.isVisibleTo(parent)
    ]
    children.sort(key=lambda child: child.y())
    bands: list[list[QWidget]] = []
    bottom = -1
    for child in children:
        box = child.geometry()
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


def set_tab_order_by_layout(part: QWidget) -> list[QWidget]:
    """Make Tab go as the eye does, by the order of the layouts; returns the stops."""
    stops = list(_layout_order_stops(part))
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)
    return stops


def first_usable_control(part: QWidget) -> QWidget | None:
    """Where the keyboard begins: the first control that shows and may be used."""
    return next((s for s in set_tab_order_by_layout(part) if s.isVisible() and s.isEnabled()), None)


def _layout_order_stops(part: QWidget) -> Iterator[QWidget]:
    if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.focusProxy() is None:
        yield part
    layout = part.layout()
    if layout is not None:
        yield from _layout_tab_stops(layout)


def _layout_tab_stops(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        widget, inner = (item.widget(), item.layout()) if item is not None else (None, None)
        if widget is not None:
            yield from _layout_order_stops(widget)
        elif inner is not None:
            yield from _layout_tab_stops(inner)
