"""Rectangles of the parts of a preview row, for the delegate and for hit tests."""

from dataclasses import dataclass

from PySide6.QtCore import QRect
from PySide6.QtGui import QFont, QFontMetrics

from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.plan_row_view import FieldChangeView, PlanRowView

LINE_HEIGHT = 20
# Names of fields in one column, so that values stand below each other.
FIELD_NAME_WIDTH = 104


@dataclass(frozen=True)
class PlanRowHit:
    """The part of a preview's row under the mouse: `kind` is name, side (of `field`), or empty."""

    kind: str = ""
    field: str = ""
    side: str = ""


def row_height(lines: int, *, is_single_column: bool) -> int:
    """Return the height in px of the preview table's rows, by the fields shown in one."""
    if is_single_column:
        return fonts.scaled(46 + 18 * lines)
    return fonts.scaled({1: 50, 2: 54}.get(lines, 74))


def field_line_rects(box: QRect, count: int) -> list[QRect]:
    """Return the rectangles of a preview row's field lines in the column Changes."""
    height = fonts.scaled(LINE_HEIGHT)
    top = box.top() - fonts.scaled(1)
    return [QRect(box.left(), top + height * n, box.width(), height) for n in range(count)]


def name_rect(box: QRect, row: PlanRowView) -> QRect:
    """Return the rectangle of the customer's name in a preview's row, which is a link."""
    metrics = QFontMetrics(fonts.font())
    width = min(metrics.horizontalAdvance(row.name), box.width())
    height = metrics.height() + 2
    return QRect(box.left(), box.top(), width, height)


def side_button_rects(box: QRect, line: FieldChangeView, left_margin: int) -> list[QRect]:
    """Return the rectangles of the two side buttons of a conflict in a preview's row."""
    # Measured as painted, so that a click hits what is seen.
    metrics = QFontMetrics(fonts.font(weight=QFont.Weight.Medium))
    gap, pad = fonts.scaled(6), fonts.scaled(12)
    room = max(0, (box.width() - left_margin - gap) // 2)
    height = fonts.scaled(28)
    top = box.top() - fonts.scaled(3)
    found, left = [], box.left() + left_margin
    wanted = [metrics.horizontalAdvance(side.text) + 2 * pad for side in line.sides]
    if sum(wanted) > 2 * room:
        # The shorter one keeps its words; the other takes what is left.
        shorter = min(*wanted, room)
        wanted = [width if width == shorter else 2 * room - shorter for width in wanted]
    for width in wanted:
        found.append(QRect(left, top, width, height))
        left += width + gap
    return found
