"""Paints the rows of a preview: the box, the customer, the fate, the fields old → new."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from desktop.panels.parts.paint import fill, outline
from desktop.panels.syncs.row_kit import RowKit
from desktop.panels.syncs.row_shape import FIELD, LINE, Hit, line_boxes, name_box, side_boxes
from desktop.panels.theme.icon import pixmap
from desktop.panels.theme.tokens import RING
from desktop.sync.wording import UNSET
from desktop.viewmodels.syncs.plan_row import FieldLine, RowView
from desktop.viewmodels.syncs.plan_table import CHANGES, CUSTOMER, FATE, ROW_ROLE, TICK

Index = QModelIndex | QPersistentModelIndex
_LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
_TRAILING = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
_ELIDE = Qt.TextElideMode.ElideRight


class RowPainter(QStyledItemDelegate):
    """`whole`: one column holds the row; `lines`: so many fields are shown in one."""

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view
        self.kit = RowKit()
        self.whole = False
        self.lines = 1
        self.editable = False
        self.over: tuple[int, Hit] = (-1, Hit())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell of a row."""
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, self.kit.color("accentbg"))
        painter.setPen(self.kit.color("line"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        row = index.data(ROW_ROLE)
        if isinstance(row, RowView):
            self._cell(painter, box, index, row)
        elif index.column() == CUSTOMER:
            self._awaited(painter, box)
        if index.row() == self._view.currentIndex().row() and self._view.hasFocus():
            self._ring(painter, box, index.column())
        painter.restore()

    def _cell(self, painter: QPainter, box: QRect, index: Index, row: RowView) -> None:
        pad = self.kit.px(6)
        inner = box.adjusted(pad, self.kit.px(5), -pad, -self.kit.px(6))
        column = index.column()
        if column == TICK:
            self._box(painter, box, row)
        elif column == CUSTOMER and self.whole:
            self._whole(painter, inner, index.row(), row)
        elif column == CUSTOMER:
            self._customer(painter, inner, index.row(), row)
        elif column == FATE:
            self._chip(painter, inner, row, self.kit.px(20))
        elif column == CHANGES:
            self._changes(painter, inner, index.row(), row)

    # The parts.

    def _awaited(self, painter: QPainter, box: QRect) -> None:
        """A row that is not read yet: a grey bar where its name will be."""
        bar = self.kit.px(9)
        place = QRectF(box.left() + 6, box.top() + self.kit.px(10), box.width() * 0.6, bar)
        fill(painter, place, bar / 2, self.kit.color("raised"))

    def _box(self, painter: QPainter, box: QRect, row: RowView) -> None:
        size = self.kit.px(16)
        place = QRectF(
            box.left() + (box.width() - size) // 2, box.top() + self.kit.px(9), size, size
        )
        enabled = row.writes and self.editable
        if row.ticked:
            fill(painter, place, self.kit.px(4), self.kit.color("accent" if enabled else "control"))
            mark = pixmap(
                "check", self.kit.color("on_accent"), size, painter.device().devicePixelRatioF()
            )
            painter.drawPixmap(place.topLeft().toPoint(), mark)
            return
        fill(painter, place, self.kit.px(4), self.kit.color("surface" if enabled else "raised"))
        outline(
            painter, place, self.kit.px(4), self.kit.color("control" if enabled else "line"), 1.5
        )

    def _customer(self, painter: QPainter, box: QRect, place: int, row: RowView) -> None:
        self._name(painter, box, place, row)
        below = box.adjusted(0, self.kit.px(17), 0, 0)
        below.setHeight(self.kit.px(16))
        self._draw(painter, below, row.address, "text", size=11)

    def _name(self, painter: QPainter, box: QRect, place: int, row: RowView) -> None:
        font = self.kit.font()
        if self.over == (place, Hit("name")):
            font = QFont(font)
            font.setUnderline(True)
        painter.setFont(font)
        painter.setPen(self.kit.color("accent"))
        line = QRect(box.left(), box.top(), box.width(), name_box(box, row).height())
        text = painter.fontMetrics().elidedText(row.name, _ELIDE, line.width())
        painter.drawText(line, _LEADING, text)

    def _chip(self, painter: QPainter, box: QRect, row: RowView, height: int) -> None:
        pill = QRectF(box.left(), box.top(), box.width(), height)
        ink, ground = self.kit.chip(row.tone)
        fill(painter, pill, height / 2, ground)
        painter.setFont(self.kit.font(12, medium=True))
        painter.setPen(ink)
        text = painter.fontMetrics().elidedText(row.fate, _ELIDE, box.width() - self.kit.px(12))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

    def _changes(self, painter: QPainter, box: QRect, place: int, row: RowView) -> None:
        conflict = row.conflict
        if conflict is not None:
            self._conflict(painter, box, place, row, conflict)
            return
        shown, more = self._shown(row)
        boxes = line_boxes(box, max(1, len(shown) + (not shown)))
        if not shown:
            self._alone(painter, boxes[0], row)
            return
        for place_, (line, where) in enumerate(zip(shown, boxes, strict=False)):
            last = place_ == len(shown) - 1
            note = f"+{more} more" if last and more else ""
            why = row.why if last and not line.reason else ""
            self._field(painter, where, line, note, why)

    def _shown(self, row: RowView) -> tuple[tuple[FieldLine, ...], int]:
        shown = row.lines[: self.lines]
        return shown, len(row.lines) - len(shown)

    def _alone(self, painter: QPainter, box: QRect, row: RowView) -> None:
        """A row without fields says why; what needs correction may be fixed here."""
        fix = row.tone == "warn" and self.editable
        text = f"{row.why} · Fix here" if fix else row.why
        self._draw(painter, box, text, "text" if row.parked else "muted")

    def _field(self, painter: QPainter, box: QRect, line: FieldLine, note: str, why: str) -> None:
        """Name, value, and at the end the reason with the room that the value leaves."""
        mirrored = self._view.isRightToLeft()
        name, rest = _split(box, self.kit.px(FIELD), mirrored=mirrored)
        self._draw(painter, name.adjusted(0, 0, -self.kit.px(6), 0), line.name, "muted")
        metrics, gap = self.kit.metrics(), self.kit.px(10)
        if note:
            width = metrics.horizontalAdvance(note)
            rest, end = _split(rest, rest.width() - width, mirrored=mirrored)
            self._draw(painter, end, note, "muted", trailing=True)
            rest.adjust(gap if mirrored else 0, 0, 0 if mirrored else -gap, 0)
        reason = line.reason or why
        wanted = metrics.horizontalAdvance(f"{line.old}{line.new}") + 4 * gap
        least = rest.width() * 2 // 5
        width = min(metrics.horizontalAdvance(reason), max(rest.width() - wanted, least))
        value, end = _split(rest, rest.width() - width, mirrored=mirrored)
        self._draw(painter, end, reason, "muted", trailing=True)
        self._values(painter, value.adjusted(0, 0, -self.kit.px(8), 0), line)

    def _values(self, painter: QPainter, box: QRect, line: FieldLine) -> None:
        """Old struck through, an arrow, new; what is not written stays grey."""
        if line.dim:
            kept = line.old if line.old == line.new else f"{line.old} (not {line.new})"
            self._draw(painter, box, kept, "muted")
            return
        if line.old == UNSET:
            self._draw(painter, box, line.new, "text")
            return
        metrics = self.kit.metrics()
        gap, size = self.kit.px(7), self.kit.px(13)
        room = box.width() - size - 2 * gap
        old_width = min(metrics.horizontalAdvance(line.old), max(room // 2, 1))
        mirrored = self._view.isRightToLeft()
        old, rest = _split(box, old_width + gap, mirrored=mirrored)
        self._draw(painter, old, line.old, "muted", struck=True)
        arrow, new = _split(rest, size + gap, mirrored=mirrored)
        drawn = pixmap(
            "arrow-right", self.kit.color("accent"), size, painter.device().devicePixelRatioF()
        )
        left = arrow.right() - size + 1 if mirrored else arrow.left()
        painter.drawPixmap(left, arrow.top() + (arrow.height() - size) // 2, drawn)
        self._draw(painter, new, line.new, "text")

    def _conflict(
        self, painter: QPainter, box: QRect, place: int, row: RowView, line: FieldLine
    ) -> None:
        field = self.kit.px(FIELD)
        more = len(row.lines) - 1
        height = self.kit.px(LINE)
        name = QRect(box.left(), box.top() - self.kit.px(1), field - self.kit.px(6), height)
        self._draw(painter, name, f"{line.name} +{more}" if more else line.name, "muted")
        for side, button in zip(line.sides, side_boxes(box, line, field), strict=True):
            over = self.over == (place, Hit("side", line.field, side.side)) and self.editable
            ground = self.kit.color("raised" if over or not self.editable else "surface")
            fill(painter, button, self.kit.px(6), ground)
            outline(painter, button, self.kit.px(6), self.kit.color("control"))
            pad = self.kit.px(8)
            inner = button.adjusted(pad, 0, -pad, 0)
            painter.setFont(self.kit.font(medium=True))
            painter.setPen(self.kit.color("text"))
            text = painter.fontMetrics().elidedText(side.words, _ELIDE, inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, text)

    def _whole(self, painter: QPainter, box: QRect, place: int, row: RowView) -> None:
        metrics = self.kit.metrics(12, medium=True)
        width = min(metrics.horizontalAdvance(row.fate) + self.kit.px(20), box.width() // 2)
        name, chip = _split(box, box.width() - width, mirrored=self._view.isRightToLeft())
        chip.setHeight(self.kit.px(20))
        self._chip(painter, chip, row, self.kit.px(20))
        self._customer(painter, name.adjusted(0, 0, -self.kit.px(6), 0), place, row)
        top = box.top() + self.kit.px(36)
        height = self.kit.px(18)
        shown, more = self._shown(row)
        if not shown:
            self._draw(painter, QRect(box.left(), top, box.width(), height), row.why, "muted")
        for at, line in enumerate(shown):
            where = QRect(box.left(), top + at * height, box.width(), height)
            last = at == len(shown) - 1
            arrow = line.new if line.old == UNSET else f"{line.old} → {line.new}"
            arrow = "pick one" if line.sides else arrow
            note = f"  +{more} more" if last and more else ""
            self._draw(
                painter, where, f"{line.name}: {arrow}{note}", "muted" if line.dim else "text"
            )

    def _ring(self, painter: QPainter, box: QRect, column: int) -> None:
        ink, wide = self.kit.color("accent"), RING
        painter.fillRect(box.left(), box.top(), box.width(), wide, ink)
        painter.fillRect(box.left(), box.bottom() + 1 - wide, box.width(), wide, ink)
        first, last = TICK, CUSTOMER if self.whole else CHANGES
        if self._view.isRightToLeft():
            first, last = last, first
        if column == first:
            painter.fillRect(box.left(), box.top(), wide, box.height(), ink)
        if column == last:
            painter.fillRect(box.right() + 1 - wide, box.top(), wide, box.height(), ink)

    def _draw(
        self,
        painter: QPainter,
        box: QRect,
        text: str,
        tone: str,
        *,
        size: float = 13,
        struck: bool = False,
        trailing: bool = False,
    ) -> None:
        painter.setFont(self.kit.font(size, struck=struck))
        painter.setPen(self.kit.color(tone))
        metrics = self.kit.metrics(size)
        shown = text[:400]
        if metrics.horizontalAdvance(shown) > box.width():
            shown = metrics.elidedText(shown, _ELIDE, box.width())
        painter.drawText(box, _TRAILING if trailing else _LEADING, shown)


def _split(box: QRect, first: int, *, mirrored: bool) -> tuple[QRect, QRect]:
    """The first `first` pixels of a line in reading direction, and the rest."""
    if mirrored:
        return (
            QRect(box.right() + 1 - first, box.top(), first, box.height()),
            QRect(box.left(), box.top(), box.width() - first, box.height()),
        )
    return (
        QRect(box.left(), box.top(), first, box.height()),
        QRect(box.left() + first, box.top(), box.width() - first, box.height()),
    )
