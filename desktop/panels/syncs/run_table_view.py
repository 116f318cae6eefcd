"""Table widget of a sync's runs: when, what came of it, and how it ended as a chip."""

from PySide6.QtCore import QEvent, QModelIndex, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from desktop.panels.theme import fonts
from desktop.panels.widgets.list_row_delegate import ListRowDelegate, ModelIndex
from desktop.panels.widgets.list_table_view import ListTableView
from desktop.panels.widgets.shape_painting import draw_focus_ring, fill_rounded_rect
from desktop.panels.widgets.tooltip import escape_tooltip
from desktop.viewmodels.list_model import ROW_ROLE
from desktop.viewmodels.syncs.run_list_model import RunListModel, RunRowView

_ROW_HEIGHT = 27
_TIME_WIDTH = 104
_CHIP_MIN_WIDTH = 78
_CHIP_HEIGHT = 19
_RADIUS = 4


class RunRowDelegate(ListRowDelegate[RunRowView]):
    """Paints a run of the history on one line; chosen or under the mouse on a rounded ground."""

    chosen_id = ""

    def paint_ground(
        self, painter: QPainter, box: QRect, state: QStyle.StateFlag, row: RunRowView | None
    ) -> None:
        color = ""
        if row is not None and row.id == self.chosen_id:
            color = "accentbg"
        elif row is not None and state & QStyle.StateFlag.State_MouseOver and not row.is_planned:
            color = "raised"
        if color:
            radius = self.paint_cache.px(_RADIUS)
            fill_rounded_rect(painter, QRectF(box), radius, self.paint_cache.color(color))

    def paint_focus_ring(self, painter: QPainter, box: QRect, _column: int) -> None:
        draw_focus_ring(painter, box, self.paint_cache.px(_RADIUS))

    def paint_cell(
        self, painter: QPainter, box: QRect, _index: ModelIndex, row: RunRowView
    ) -> None:
        px, mirrored = self.paint_cache.px, self._view.isRightToLeft()
        inner = box.adjusted(px(6), 0, -px(6), 0)
        words = self.paint_cache.metrics(12, medium=True).horizontalAdvance(row.state_label)
        chip_width, height = max(px(_CHIP_MIN_WIDTH), words + px(20)), px(_CHIP_HEIGHT)
        left = inner.left() if mirrored else inner.right() + 1 - chip_width
        pill = QRectF(left, box.top() + (box.height() - height) / 2, chip_width, height)
        self.paint_chip(painter, pill, row.state_label, row.state_tone)
        time_width, gap = px(_TIME_WIDTH), px(12)
        left = inner.right() + 1 - time_width if mirrored else inner.left()
        time_box = QRect(left, inner.top(), time_width - px(6), inner.height())
        self.paint_text(painter, time_box, row.time_text, "muted")
        left = inner.left() + chip_width + gap if mirrored else inner.left() + time_width
        width = inner.width() - time_width - chip_width - gap
        middle = QRect(left, inner.top(), width, inner.height())
        self.paint_text(painter, middle, row.summary, "muted" if row.is_planned else "text")

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: ModelIndex,
    ) -> bool:
        """Show a run row's exact time and whole summary as its tool tip."""
        row = index.data(ROW_ROLE)
        if event.type() == QEvent.Type.ToolTip and isinstance(row, RunRowView):
            text = escape_tooltip(f"{row.time_tooltip}\n{row.summary}")
            QToolTip.showText(event.globalPos(), text, view)
            return True
        return super().helpEvent(event, view, option, index)


class RunTableView(ListTableView[RunRowDelegate]):
    """Table widget of a sync's runs, as high as its rows: its page scrolls, not the list."""

    run_chosen = Signal(str)

    def __init__(self, name: str, model: RunListModel, parent: QWidget | None = None) -> None:
        self._runs = model
        super().__init__(name, model, RunRowDelegate, leading_column=0, parent=parent)
        # One column needs no heading.
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._fit_height)
        self.clicked.connect(self._on_clicked)
        self.row_opened.connect(self._choose)
        self._fit_height()

    def show_chosen(self, run_id: str) -> None:
        """Mark the run whose details are shown in the table; an empty id marks none."""
        if self.row_delegate.chosen_id != run_id:
            self.row_delegate.chosen_id = run_id
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the current run by Space, as Enter does."""
        if event.key() == Qt.Key.Key_Space and self.current_row() >= 0:
            self._choose(self.current_row())
        else:
            super().keyPressEvent(event)

    def _fit_height(self) -> None:
        self.set_row_height(fonts.scaled(_ROW_HEIGHT))
        # At most 52 rows: 50 runs and two planned ones.
        self.setFixedHeight(fonts.scaled(_ROW_HEIGHT) * self._runs.rowCount())

    def _on_clicked(self, index: QModelIndex) -> None:
        self._choose(index.row())

    def _choose(self, place: int) -> None:
        row = self._runs.row_at(place)
        if row is not None and not row.is_planned:
            self.run_chosen.emit(row.id)
