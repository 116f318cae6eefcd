"""Rectangles of the parts of a preview's row, for its delegate and for hit tests."""

from dataclasses import dataclass

from PySide6.QtCore import QRect
from PySide6.QtGui import QFont, QFontMetrics

from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.plan_row_view import FieldChangeView, PlanRowView

# Heights in px at the base font: of a field, of one with the two buttons of a conflict, and of a
# field where one column holds the whole row.
LINE_HEIGHT, _CONFLICT_HEIGHT, NARROW_LINE_HEIGHT = 20, 34, 18
# Names of fields in one column, so that values stand below each other: at least and at most so
# many px at the base font, in between three tenths of the room.
_FIELD_NAME_WIDTHS = (104, 180)
# More are counted in the last line; the details show them all.
MAX_FIELD_LINES = 6


@dataclass(frozen=True)
class PlanRowHit:
    """The part of a preview's row under the mouse: `kind` is name, side (of `field`), or empty."""

    kind: str = ""
    field: str = ""
    side: str = ""


def shown_changes(row: PlanRowView) -> tuple[FieldChangeView, ...]:
    """Return the fields that a preview's row shows, those to decide about first."""
    return row.field_changes[:MAX_FIELD_LINES]


def row_height(row: PlanRowView | None, *, is_single_column: bool) -> int:
    """Return the height in px of a preview's row, as its fields need it; None: not read yet."""
    lines = shown_changes(row) if row is not None else ()
    if is_single_column:
        return fonts.scaled(46 + NARROW_LINE_HEIGHT * max(1, len(lines)))
    content = sum(_CONFLICT_HEIGHT if line.sides else LINE_HEIGHT for line in lines)
    return fonts.scaled(max(50, content + 14))


def field_line_rects(box: QRect, lines: tuple[FieldChangeView, ...]) -> list[QRect]:
    """Return the rectangles of a preview row's fields in Changes, the first beside the name."""
    rects, top = [], box.top() - fonts.scaled(1)
    for line in lines:
        rects.append(QRect(box.left(), top, box.width(), fonts.scaled(LINE_HEIGHT)))
        top += fonts.scaled(_CONFLICT_HEIGHT if line.sides else LINE_HEIGHT)
    return rects


def field_name_width(room: int) -> int:
    """Return how many px of a field's line in a preview's row its name has; `room`: of both."""
    least, most = map(fonts.scaled, _FIELD_NAME_WIDTHS)
    return min(max(least, room * 3 // 10), most)


def name_rect(box: QRect, row: PlanRowView) -> QRect:
    """Return the rectangle of the customer's name in a preview's row, which is a link."""
    metrics = QFontMetrics(fonts.font())
    width = min(metrics.horizontalAdvance(row.name), box.width())
    height = metrics.height() + 2
    return QRect(box.left(), box.top(), width, height)


def side_button_rects(box: QRect, line: FieldChangeView) -> list[QRect]:
    """Return the rectangles of a preview's two conflict buttons beside each other.

    `box` is that of the conflict's line, or of the cell where it is the first.
    """
    # Measured as painted, so that a click hits what is seen.
    metrics = QFontMetrics(fonts.font(weight=QFont.Weight.Medium))
    gap, pad = fonts.scaled(6), fonts.scaled(12)
    left_margin = field_name_width(box.width())
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
