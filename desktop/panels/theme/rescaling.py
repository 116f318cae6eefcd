"""Rescales the lengths that widgets were built with, when the zoom or the font size changes.

Widgets ask `fonts.scaled` once, while they are built. What Qt keeps of that (margins, gaps, fixed
sizes, rows, columns) is multiplied here; what is asked for while painting follows by itself.
"""

from typing import Protocol, runtime_checkable

from PySide6.QtCore import QMargins, QObject, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHeaderView,
    QLayout,
    QLineEdit,
    QListWidget,
    QWidget,
)
from shiboken6 import isValid

from desktop.panels.widgets.layout_children import layout_children

_MAX_SIZE = 16_777_215  # Qt's QWIDGETSIZE_MAX
_NO_LIMIT = 524_287  # Qt's QLAYOUTSIZE_MAX: from there on no maximum was set
_BASES = "fairleadLengths"
# Set by Qt where the style sheet gives the length, which follows by itself.
_STYLE_SHEET_PREFIX = "_q_stylesheet_"


@runtime_checkable
class RescalesItself(Protocol):
    """A widget that sets all its lengths itself, or a layout with gaps of its own in Python."""

    def rescale_lengths(self, scale: float) -> None:
        """Take over that a length of 1 px of the design is `scale` px now."""
        ...


def rescale_widgets(old: float, new: float) -> None:
    """Multiply the lengths of every widget of the application, from the scale `old` to `new`."""
    for widget in QApplication.allWidgets():
        if isValid(widget):
            _rescale_widget(widget, old, new)
            layout = widget.layout()
            if layout is not None:
                _rescale_layout(layout, old, new)


def arrange_again() -> None:
    """Have widgets that choose their arrangement by their size choose it for the new scale."""
    for widget in QApplication.allWidgets():
        if isValid(widget) and arranges_itself(type(widget)):
            QApplication.sendEvent(widget, QResizeEvent(widget.size(), widget.size()))


def arranges_itself(kind: type) -> bool:
    """Whether a widget class of ours chooses its arrangement, or its columns, by its size."""
    return any(
        "resizeEvent" in vars(each) and each.__module__.startswith("desktop.")
        for each in kind.__mro__
    )


class _Lengths:
    """Lengths of one Qt object, remembered unrounded: zooming to and fro moves nothing."""

    def __init__(self, owner: QObject, old: float, new: float) -> None:
        self._owner, self._old, self._new = owner, old, new
        kept = owner.property(_BASES)
        self._bases: dict[str, tuple[int, float]] = kept if isinstance(kept, dict) else {}

    def rescale(self, name: str, value: int) -> int:
        """Return a length at the new scale; 0 stays 0, and nothing shrinks to it."""
        if value <= 0:
            return value
        applied, base = self._bases.get(name, (0, 0.0))
        if applied != value:
            base = value / self._old
        self._bases[name] = (max(round(base * self._new), 1), base)
        return self._bases[name][0]

    def save(self) -> None:
        """Keep the unrounded lengths with their object."""
        if self._bases:
            self._owner.setProperty(_BASES, self._bases)


def _rescale_widget(widget: QWidget, old: float, new: float) -> None:
    if isinstance(widget, RescalesItself):
        widget.rescale_lengths(new)
        return
    lengths = _Lengths(widget, old, new)
    _rescale_limits(widget, lengths)
    if isinstance(widget, QHeaderView):
        _rescale_header(widget, lengths)
    elif isinstance(widget, QListWidget):
        for row in range(widget.count()):
            hint = widget.item(row).sizeHint()
            if hint.isValid():
                width, height = (lengths.rescale(f"{row}{n}", x) for n, x in _named(hint))
                widget.item(row).setSizeHint(QSize(width, height))
    elif isinstance(widget, QLineEdit):
        widget.setTextMargins(_rescale_margins("text", widget.textMargins(), lengths))
    lengths.save()


def _named(size: QSize) -> tuple[tuple[str, int], tuple[str, int]]:
    return ("w", size.width()), ("h", size.height())


def _rescale_limits(widget: QWidget, lengths: _Lengths) -> None:
    least, most = widget.minimumSize(), widget.maximumSize()
    layout = widget.layout()
    if widget.isWindow() and layout is not None and least == layout.totalMinimumSize():
        # A window's minimum that its layout has set, which does so again.
        return

    def limit(width: str, height: str, size: QSize) -> QSize:
        return QSize(
            *(
                value
                if value >= _NO_LIMIT or widget.property(f"{_STYLE_SHEET_PREFIX}{name}")
                else lengths.rescale(name, value)
                for name, value in ((width, size.width()), (height, size.height()))
            )
        )

    wanted_least, wanted_most = limit("minw", "minh", least), limit("maxw", "maxh", most)
    if (wanted_least, wanted_most) != (least, most):
        # Freed first: Qt would push one limit along with the other.
        widget.setMaximumSize(_MAX_SIZE, _MAX_SIZE)
        widget.setMinimumSize(wanted_least)
        widget.setMaximumSize(wanted_most)


def _rescale_header(header: QHeaderView, lengths: _Lengths) -> None:
    header.setMinimumSectionSize(lengths.rescale("least", header.minimumSectionSize()))
    vertical = header.orientation().name == "Vertical"
    if vertical:
        # Rows have one height; there may be a million of them.
        header.setDefaultSectionSize(lengths.rescale("row", header.defaultSectionSize()))
        if (table := header.parentWidget()) is not None:
            table.updateGeometry()
        return
    table = header.parentWidget()
    if isinstance(table, RescalesItself) or (table is not None and arranges_itself(type(table))):
        return
    modes = (QHeaderView.ResizeMode.Interactive, QHeaderView.ResizeMode.Fixed)
    for section in range(header.count()):
        if header.sectionResizeMode(section) in modes and not header.isSectionHidden(section):
            size = lengths.rescale(f"section {section}", header.sectionSize(section))
            header.resizeSection(section, size)


def _rescale_layout(layout: QLayout, old: float, new: float) -> None:
    # Inner layouts first: one without a gap of its own answers with that of the layout around it.
    parts = layout_children(layout)
    for part in parts.values():
        if isinstance(part, QLayout):
            _rescale_layout(part, old, new)
    lengths = _Lengths(layout, old, new)
    layout.setContentsMargins(_rescale_margins("margin", layout.contentsMargins(), lengths))
    if isinstance(layout, QGridLayout):
        layout.setHorizontalSpacing(lengths.rescale("across", layout.horizontalSpacing()))
        layout.setVerticalSpacing(lengths.rescale("down", layout.verticalSpacing()))
        for row in range(layout.rowCount()):
            height = lengths.rescale(f"row {row}", layout.rowMinimumHeight(row))
            layout.setRowMinimumHeight(row, height)
        for column in range(layout.columnCount()):
            width = lengths.rescale(f"column {column}", layout.columnMinimumWidth(column))
            layout.setColumnMinimumWidth(column, width)
    elif isinstance(layout, RescalesItself):
        layout.rescale_lengths(new)
    else:
        layout.setSpacing(lengths.rescale("gap", layout.spacing()))
    # Only spacers, which Qt deletes with their layout: see `layout_children`.
    for place in set(range(layout.count())) - parts.keys():
        item = layout.itemAt(place)
        spacer = item.spacerItem() if item is not None else None
        if spacer is not None and (hint := spacer.sizeHint()) != QSize(0, 0):
            width, height = (lengths.rescale(f"item {place}{n}", x) for n, x in _named(hint))
            policy = spacer.sizePolicy()
            spacer.changeSize(width, height, policy.horizontalPolicy(), policy.verticalPolicy())
    lengths.save()
    layout.invalidate()


def _rescale_margins(name: str, margins: QMargins, lengths: _Lengths) -> QMargins:
    sides = (margins.left(), margins.top(), margins.right(), margins.bottom())
    return QMargins(*(lengths.rescale(f"{name} {n}", side) for n, side in enumerate(sides)))
