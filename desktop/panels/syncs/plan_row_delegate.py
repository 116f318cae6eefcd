"""Paint the rows of a preview: tick box, customer, fate, and the fields old → new."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QTableView

from desktop.panels.syncs.plan_row_geometry import (
    LINE_HEIGHT,
    NARROW_LINE_HEIGHT,
    PlanRowHit,
    field_line_rects,
    field_name_width,
    name_rect,
    shown_changes,
    side_button_rects,
)
from desktop.panels.theme.icon import icon_pixmap
from desktop.panels.widgets.list_row_delegate import (
    ALIGN_LEADING,
    CHIP_HEIGHT,
    ELIDE,
    ListRowDelegate,
    ModelIndex,
)
from desktop.panels.widgets.shape_painting import draw_rounded_outline, draw_text, fill_rounded_rect
from desktop.sync.field_labels import UNSET_LABEL
from desktop.viewmodels.syncs.plan_row_view import FieldChangeView, PlanRowView
from desktop.viewmodels.syncs.plan_table_model import CHANGES, CUSTOMER, FATE, TICK, VALUE

_ADDRESS_SIZE = 11


class PlanRowDelegate(ListRowDelegate[PlanRowView]):
    """Paints a preview's row at the places of plan_row_geometry, which hit tests use too."""

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self.is_editable = False
        self.hovered: tuple[int, PlanRowHit] = (-1, PlanRowHit())

    def paint_cell(
        self, painter: QPainter, box: QRect, index: ModelIndex, row: PlanRowView
    ) -> None:
        pad = self.paint_cache.px(6)
        inner = box.adjusted(pad, self.paint_cache.px(5), -pad, -self.paint_cache.px(6))
        column = index.column()
        if column == TICK:
            self._paint_tick_box(painter, box, row)
        elif column == CUSTOMER and self.is_single_column:
            self._paint_single_column(painter, inner, index.row(), row)
        elif column == CUSTOMER:
            self._paint_customer(painter, inner, index.row(), row)
        elif column == VALUE:
            line = QRect(inner.left(), inner.top(), inner.width(), self.paint_cache.px(LINE_HEIGHT))
            self.paint_text(painter, line, row.predicted_value_text, "text")
        elif column == FATE:
            self._paint_fate_chip(painter, inner, row)
        elif column == CHANGES:
            self._paint_changes(painter, inner, index.row(), row)

    def paint_loading(self, painter: QPainter, box: QRect, column: int) -> None:
        """Paint a grey bar for the customer's name in a preview's row that is not read yet."""
        if column != CUSTOMER:
            return
        bar = self.paint_cache.px(9)
        place = QRectF(box.left() + 6, box.top() + self.paint_cache.px(10), box.width() * 0.6, bar)
        fill_rounded_rect(painter, place, bar / 2, self.paint_cache.color("raised"))

    def _paint_tick_box(self, painter: QPainter, box: QRect, row: PlanRowView) -> None:
        left = box.left() + (box.width() - self.paint_cache.px(16)) // 2
        self.paint_tick_box(
            painter,
            QPointF(left, box.top() + self.paint_cache.px(9)),
            is_ticked=row.is_ticked,
            is_enabled=row.is_write and self.is_editable,
        )

    def _paint_customer(self, painter: QPainter, box: QRect, place: int, row: PlanRowView) -> None:
        self._paint_name(painter, box, place, row)
        below = box.adjusted(0, self.paint_cache.px(17), 0, 0)
        below.setHeight(self.paint_cache.px(16))
        # In one column the value stands before the address.
        worth = row.predicted_value_text if self.is_single_column else ""
        text = " · ".join(part for part in (worth, row.address) if part)
        self.paint_text(painter, below, text, "text", size=_ADDRESS_SIZE)

    def _paint_name(self, painter: QPainter, box: QRect, place: int, row: PlanRowView) -> None:
        is_hovered = self.hovered == (place, PlanRowHit("name"))
        painter.setFont(self.paint_cache.font(under=is_hovered))
        painter.setPen(self.paint_cache.color("accent"))
        line = QRect(box.left(), box.top(), box.width(), name_rect(box, row).height())
        text = painter.fontMetrics().elidedText(row.name, ELIDE, line.width())
        draw_text(painter, line, ALIGN_LEADING, text)

    def _paint_fate_chip(self, painter: QPainter, box: QRect, row: PlanRowView) -> None:
        height = self.paint_cache.px(CHIP_HEIGHT)
        pill = QRectF(box.left(), box.top(), box.width(), height)
        self.paint_chip(painter, pill, row.fate, row.tone)

    def _paint_changes(self, painter: QPainter, box: QRect, place: int, row: PlanRowView) -> None:
        shown = shown_changes(row)
        more = len(row.field_changes) - len(shown)
        if not shown:
            only = QRect(box.left(), box.top() - self.paint_cache.px(1), box.width(), 0)
            only.setHeight(self.paint_cache.px(LINE_HEIGHT))
            self._paint_reason_only(painter, only, row)
            return
        for line, where in zip(shown, field_line_rects(box, shown), strict=True):
            last = line is shown[-1]
            if line.sides:
                # A conflict is decided right in the row.
                self._paint_conflict(painter, where, place, line)
                continue
            note = f"+{more} more" if last and more else ""
            why = row.reason if last and not line.reason else ""
            self._paint_field(painter, where, line, note, why)

    def _paint_reason_only(self, painter: QPainter, box: QRect, row: PlanRowView) -> None:
        """Paint why a preview's row has no fields; what needs correction may be fixed here."""
        fix = row.tone == "warn" and self.is_editable
        text = f"{row.reason} · Fix here" if fix else row.reason
        self.paint_text(painter, box, text, "text" if row.is_parked else "muted")

    def _paint_field(
        self, painter: QPainter, box: QRect, line: FieldChangeView, note: str, why: str
    ) -> None:
        """Paint a field in a preview's row: name, value, and the reason in the room left."""
        mirrored = self._view.isRightToLeft()
        name, rest = _split_rect(box, field_name_width(box.width()), mirrored=mirrored)
        self.paint_text(
            painter, name.adjusted(0, 0, -self.paint_cache.px(6), 0), line.name, "muted"
        )
        metrics, gap = self.paint_cache.metrics(), self.paint_cache.px(10)
        if note:
            width = metrics.horizontalAdvance(note)
            rest, end = _split_rect(rest, rest.width() - width, mirrored=mirrored)
            self.paint_text(painter, end, note, "muted", trailing=True)
            rest.adjust(gap if mirrored else 0, 0, 0 if mirrored else -gap, 0)
        reason = line.reason or why
        wanted = metrics.horizontalAdvance(f"{line.old}{line.new}") + 4 * gap
        # A reason keeps two fifths of the room, however long the value is.
        least = rest.width() * 2 // 5
        width = min(metrics.horizontalAdvance(reason), max(rest.width() - wanted, least))
        value, end = _split_rect(rest, rest.width() - width, mirrored=mirrored)
        self.paint_text(painter, end, reason, "muted", trailing=True)
        self._paint_values(painter, value.adjusted(0, 0, -self.paint_cache.px(8), 0), line)

    def _paint_values(self, painter: QPainter, box: QRect, line: FieldChangeView) -> None:
        """Paint a preview field's old value struck through, an arrow, and the new value."""
        if line.is_dimmed:
            self.paint_text(painter, box, line.value_text, "muted")
            return
        if line.old == UNSET_LABEL:
            self.paint_text(painter, box, line.new, "text")
            return
        metrics = self.paint_cache.metrics()
        gap, size = self.paint_cache.px(7), self.paint_cache.px(13)
        room = box.width() - size - 2 * gap
        # A long old value leaves half of the room to the new one.
        old_width = min(metrics.horizontalAdvance(line.old), max(room // 2, 1))
        mirrored = self._view.isRightToLeft()
        old, rest = _split_rect(box, old_width + gap, mirrored=mirrored)
        self.paint_text(painter, old, line.old, "muted", struck=True)
        arrow, new = _split_rect(rest, size + gap, mirrored=mirrored)
        ratio = painter.device().devicePixelRatioF()
        drawn = icon_pixmap("arrow-right", self.paint_cache.color("accent"), size, ratio)
        left = arrow.right() - size + 1 if mirrored else arrow.left()
        painter.drawPixmap(left, arrow.top() + (arrow.height() - size) // 2, drawn)
        self.paint_text(painter, new, line.new, "text")

    def _paint_conflict(
        self, painter: QPainter, box: QRect, place: int, line: FieldChangeView
    ) -> None:
        field = field_name_width(box.width())
        name = QRect(box.left(), box.top(), field - self.paint_cache.px(6), box.height())
        self.paint_text(painter, name, line.name, "muted")
        for side, button in zip(line.sides, side_button_rects(box, line), strict=True):
            over = (
                self.hovered == (place, PlanRowHit("side", line.field, side.side))
                and self.is_editable
            )
            ground = self.paint_cache.color("raised" if over or not self.is_editable else "surface")
            fill_rounded_rect(painter, button, self.paint_cache.px(6), ground)
            draw_rounded_outline(
                painter, button, self.paint_cache.px(6), self.paint_cache.color("control")
            )
            pad = self.paint_cache.px(8)
            inner = button.adjusted(pad, 0, -pad, 0)
            painter.setFont(self.paint_cache.font(medium=True))
            painter.setPen(self.paint_cache.color("text"))
            text = painter.fontMetrics().elidedText(side.text, ELIDE, inner.width())
            draw_text(painter, inner, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_single_column(
        self, painter: QPainter, box: QRect, place: int, row: PlanRowView
    ) -> None:
        metrics = self.paint_cache.metrics(12, medium=True)
        width = min(metrics.horizontalAdvance(row.fate) + self.paint_cache.px(20), box.width() // 2)
        name, chip = _split_rect(box, box.width() - width, mirrored=self._view.isRightToLeft())
        self._paint_fate_chip(painter, chip, row)
        self._paint_customer(painter, name.adjusted(0, 0, -self.paint_cache.px(6), 0), place, row)
        top = box.top() + self.paint_cache.px(36)
        height = self.paint_cache.px(NARROW_LINE_HEIGHT)
        shown = shown_changes(row)
        more = len(row.field_changes) - len(shown)
        if not shown:
            self.paint_text(
                painter, QRect(box.left(), top, box.width(), height), row.reason, "muted"
            )
        for at, line in enumerate(shown):
            where = QRect(box.left(), top + at * height, box.width(), height)
            last = at == len(shown) - 1
            arrow = "pick one" if line.sides else line.value_text
            note = f"  +{more} more" if last and more else ""
            self.paint_text(
                painter, where, f"{line.name}: {arrow}{note}", "muted" if line.is_dimmed else "text"
            )


def _split_rect(box: QRect, first: int, *, mirrored: bool) -> tuple[QRect, QRect]:
    """Split a line of a preview's row after `first` px in reading direction."""
    if mirrored:
        return (
            QRect(box.right() + 1 - first, box.top(), first, box.height()),
            QRect(box.left(), box.top(), box.width() - first, box.height()),
        )
    return (
        QRect(box.left(), box.top(), first, box.height()),
        QRect(box.left() + first, box.top(), box.width() - first, box.height()),
    )
