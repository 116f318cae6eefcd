"""Where the parts of a row stand: shared by painting and by the mouse."""

from dataclasses import dataclass

from PySide6.QtCore import QRect
from PySide6.QtGui import QFont, QFontMetrics

from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.plan_row import FieldLine, RowView

LINE = 20
FIELD = 104


@dataclass(frozen=True)
class Hit:
    """What the mouse is over: `kind` is name, side, fix or nothing; `side` of `field`."""

    kind: str = ""
    field: str = ""
    side: str = ""


def row_height(lines: int, *, whole: bool) -> int:
    """How high every row of a preview is, by the fields shown in one."""
    if whole:
        return fonts.scaled(46 + 18 * lines)
    return fonts.scaled({1: 50, 2: 54}.get(lines, 74))


def line_boxes(box: QRect, count: int) -> list[QRect]:
    """The lines of fields in the column of changes; the first stands beside the name."""
    height = fonts.scaled(LINE)
    top = box.top() - fonts.scaled(1)
    return [QRect(box.left(), top + height * n, box.width(), height) for n in range(count)]


def name_box(box: QRect, row: RowView) -> QRect:
    """The customer's name, a link."""
    metrics = QFontMetrics(fonts.font())
    width = min(metrics.horizontalAdvance(row.name), box.width())
    height = metrics.height() + 2
    return QRect(box.left(), box.top(), width, height)


def side_boxes(box: QRect, line: FieldLine, from_left: int) -> list[QRect]:
    """The two buttons of a conflict, beside each other."""
    metrics = QFontMetrics(fonts.font(weight=QFont.Weight.Medium))
    gap, pad = fonts.scaled(6), fonts.scaled(12)
    room = max(0, (box.width() - from_left - gap) // 2)
    height = fonts.scaled(28)
    top = box.top() - fonts.scaled(3)
    found, left = [], box.left() + from_left
    wanted = [metrics.horizontalAdvance(side.words) + 2 * pad for side in line.sides]
    if sum(wanted) > 2 * room:
        # The shorter one keeps its words; the other takes what is left.
        shorter = min(*wanted, room)
        wanted = [width if width == shorter else 2 * room - shorter for width in wanted]
    for width in wanted:
        found.append(QRect(left, top, width, height))
        left += width + gap
    return found
