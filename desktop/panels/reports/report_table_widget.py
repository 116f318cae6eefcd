"""Table widget of a report: a heading with its pattern, then numbers; the sum in bold."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from desktop.panels.reports.chart_painting import draw_swatch
from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens
from desktop.panels.widgets.list_row_delegate import ListRowDelegate, ModelIndex
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.viewmodels.reports.report_table_model import ReportTableModel, ReportTableRow

_ROW = 27
_PAD = 8  # px of the design, at either side of a cell
_MIN_HEADING = 90


class ReportRowDelegate(ListRowDelegate[ReportTableRow]):
    """Paints a cell of a report's table; numbers stand at the right."""

    def paint_cell(
        self, painter: QPainter, box: QRect, index: ModelIndex, row: ReportTableRow
    ) -> None:
        pad = self.paint_cache.px(_PAD)
        inside = box.adjusted(pad, 0, -pad, 0)
        column = index.column()
        text = row.cells[column] if column < len(row.cells) else ""
        if column:
            self._paint(painter, inside, text, row, trailing=True)
            return
        if row.pattern is not None:
            side = self.paint_cache.px(11)
            swatch = QRectF(inside.left(), inside.center().y() - side / 2 + 1, side, side)
            draw_swatch(painter, swatch, row.pattern, current_tokens())
        if row.pattern is not None or row.is_indented:
            inside = inside.adjusted(self.paint_cache.px(20), 0, 0, 0)
        self._paint(painter, inside, text, row)
        if row.detail:
            width = self.paint_cache.metrics(medium=True).horizontalAdvance(text)
            rest = inside.adjusted(width + self.paint_cache.px(8), 0, 0, 0)
            if rest.width() > self.paint_cache.px(30):
                self.paint_text(painter, rest, row.detail, "muted", size=11)

    def _paint(
        self,
        painter: QPainter,
        box: QRect,
        text: str,
        row: ReportTableRow,
        *,
        trailing: bool = False,
    ) -> None:
        is_strong = row.is_total or (not trailing and row.pattern is not None)
        painter.setFont(self.paint_cache.font(medium=is_strong))
        tone = "muted" if trailing and text in ("0", "–") else "text"
        painter.setPen(self.paint_cache.color(tone))
        metrics = self.paint_cache.metrics(medium=is_strong)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        side = Qt.AlignmentFlag.AlignTrailing if trailing else Qt.AlignmentFlag.AlignLeading
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)


class ReportTableWidget(ListTableView[ReportRowDelegate]):
    """A report's table. Columns of numbers are as wide as their widest cell."""

    def __init__(self, name: str, model: ReportTableModel, parent: QWidget | None = None) -> None:
        super().__init__(name, model, ReportRowDelegate, leading_column=0, parent=parent)
        self._table_model = model
        self._fitted_rows = 0  # as high as so many rows; 0: as it is told
        self.set_row_height(fonts.scaled(_ROW))
        # Many agents are more columns than fit.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        model.modelReset.connect(self.update_columns)

    def fit_rows(self, rows: int) -> None:
        """Make the table as high as its heading and so many rows."""
        self._fitted_rows = rows
        self._fit_height()

    def _fit_height(self) -> None:
        if not self._fitted_rows:
            return
        row = self.verticalHeader().defaultSectionSize()
        height = self.horizontalHeader().sizeHint().height() + self._fitted_rows * row + 4
        columns = sum(self.columnWidth(n) for n in range(self._table_model.columnCount()))
        if columns > self.viewport().width():
            # The bar to scroll sideways would lie over the last row.
            height += self.horizontalScrollBar().sizeHint().height()
        if height != self.height():
            self.setFixedHeight(height)

    def show_place(self, place: int) -> None:
        """Select the row that tells of a bucket or category; none for -1."""
        row = self._table_model.row_of(place) if place >= 0 else -1
        self.blockSignals(True)
        if row < 0:
            self.clearSelection()
        else:
            self.select_row(row)
        self.blockSignals(False)

    def update_columns(self) -> None:
        model, count = self._table_model, self._table_model.columnCount()
        if not count:
            return
        head = self.horizontalHeader()
        medium = QFontMetrics(self.row_delegate.paint_cache.font(medium=True))
        pad = fonts.scaled(2 * _PAD)
        taken = 0
        for column in range(1, count):
            heading = head.fontMetrics().horizontalAdvance(model.columns[column].title)
            texts = (model.row_at(n) for n in range(model.rowCount()))
            widest = max(
                (medium.horizontalAdvance(row.cells[column]) for row in texts if row is not None),
                default=0,
            )
            width = max(heading, widest) + pad + fonts.scaled(4)
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width)
            taken += width
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        room = self.viewport().width() - taken
        self.setColumnWidth(0, max(room, fonts.scaled(_MIN_HEADING)))
        self._fit_height()
