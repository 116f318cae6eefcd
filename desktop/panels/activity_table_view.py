"""The list of the Activity page: rows of one height, worked by the keyboard alone."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens, theme_color
from desktop.panels.theme.design_tokens import FOCUS_RING_WIDTH
from desktop.panels.widgets.shape_painting import fill_rounded_rect
from desktop.viewmodels.activity.activity_row import ActivityRow
from desktop.viewmodels.activity.activity_table_model import (
    CHANGE,
    CUSTOMER,
    REASON,
    ROW_ROLE,
    STATE,
    TIME,
    WHO,
    ActivityTableModel,
)

ROW_HEIGHT = 46
# Narrower than this, one column holds the whole line.
_COLUMNS_MIN_WIDTH = 560
_Index = QModelIndex | QPersistentModelIndex
_ALIGN_LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter


class ActivityTableView(QTableView):
    """Emits what a person wants done with the current line."""

    row_opened = Signal(str)
    current_changed = Signal(str)
    discard_requested = Signal(str)
    copy_requested = Signal(str)
    menu_requested = Signal(str, object)  # id, global position

    def __init__(self, table: ActivityTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self.setAccessibleName("Changes")
        self.setObjectName("Changes")
        self.setModel(table)
        self.setItemDelegate(_ActivityRowDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        # The current row carries the focus ring; a second one around the table says nothing more.
        self.setStyleSheet("QTableView:focus { border: 0; }")
        self.verticalHeader().hide()
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(fonts.scaled(ROW_HEIGHT))
        columns = self.horizontalHeader()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(CHANGE, QHeaderView.ResizeMode.Stretch)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        self.setColumnHidden(WHO, True)
        self.setColumnHidden(REASON, True)
        self.is_narrow = False
        table.rowsInserted.connect(self._on_rows_inserted)
        self.activated.connect(self._on_activated)

    def current_id(self) -> str:
        """Which line is current, or nothing."""
        row = self._table.row_at(self.currentIndex().row())
        return row.id if row is not None else ""

    def select_row(self, row_id: str) -> None:
        """Make a line current."""
        place = self._table.index_of(row_id)
        if place >= 0:
            self.setCurrentIndex(self._table.index(place, CHANGE))

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        """Tell which line is current."""
        super().currentChanged(current, previous)
        if current.row() != previous.row() or not current.isValid():
            row = self._table.row_at(current.row())
            self.current_changed.emit(row.id if row is not None else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home and End go to the first and last line; Enter opens, Delete discards."""
        key, last = event.key(), self._table.rowCount() - 1
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End) and last >= 0:
            self.setCurrentIndex(self._table.index(0 if key == Qt.Key.Key_Home else last, CHANGE))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current_id():
            self.row_opened.emit(self.current_id())
        elif key == Qt.Key.Key_Delete and self.current_id():
            self.discard_requested.emit(self.current_id())
        elif event.matches(QKeySequence.StandardKey.Copy) and self.current_id():
            self.copy_requested.emit(self.current_id())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of a line: by the mouse, or by the menu key."""
        index = self.currentIndex()
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            index = self.indexAt(event.pos())
            if index.isValid():
                self.setCurrentIndex(index)
        if index.isValid():
            box = self.visualRect(index)
            mouse = event.reason() == QContextMenuEvent.Reason.Mouse
            at = event.globalPos() if mouse else self.viewport().mapToGlobal(box.center())
            self.menu_requested.emit(self.current_id(), at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose between columns and one column."""
        narrow = self.width() < _COLUMNS_MIN_WIDTH * fonts.scale()
        self.is_narrow = narrow
        for column in (TIME, CUSTOMER, STATE):
            self.setColumnHidden(column, narrow)
        self.horizontalHeader().setVisible(not narrow)
        spare = max(self.width() - fonts.scaled(_COLUMNS_MIN_WIDTH), 0)
        self.setColumnWidth(TIME, fonts.scaled(100))
        self.setColumnWidth(CUSTOMER, fonts.scaled(152) + spare // 6)
        self.setColumnWidth(STATE, fonts.scaled(134))
        super().resizeEvent(event)

    def _on_activated(self, _index: QModelIndex) -> None:
        # Double click where the platform opens so; Enter was taken above.
        self.row_opened.emit(self.current_id())

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        bar = self.verticalScrollBar()
        height = self.verticalHeader().defaultSectionSize()
        if bar.value() > 0 and first * height <= bar.value():
            # New lines at the top: what is being read stays where it is.
            bar.setMaximum(bar.maximum() + (last - first + 1) * height)
            bar.setValue(bar.value() + (last - first + 1) * height)


class _ActivityRowDelegate(QStyledItemDelegate):
    """Draws two lines to a cell, the state as a chip; always as plain text."""

    def __init__(self, view: ActivityTableView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """Fixed."""
        return QSize(fonts.scaled(120), fonts.scaled(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one cell."""
        row = index.data(ROW_ROLE)
        if not isinstance(row, ActivityRow):
            return
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme_color("accentbg"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme_color("raised"))
        painter.setPen(theme_color("line"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        if state & QStyle.StateFlag.State_Selected and self._view.hasFocus():
            self._draw_focus_ring(painter, box, index.column())
        inner = box.adjusted(fonts.scaled(6), fonts.scaled(3), -fonts.scaled(6), -fonts.scaled(4))
        if index.column() == STATE:
            self._draw_state_chip(painter, inner, row, from_end=False)
        elif self._view.is_narrow:
            self._draw_single_column(painter, inner, row)
        else:
            above, below = cell_texts(index.column(), row)
            if not below:
                _draw_text(painter, inner, above, "text")
            else:
                half = inner.height() // 2
                _draw_text(painter, inner.adjusted(0, 0, 0, -half), above, "text")
                _draw_text(painter, inner.adjusted(0, half, 0, 0), below, "muted", small=True)
        painter.restore()

    def _draw_focus_ring(self, painter: QPainter, box: QRect, column: int) -> None:
        ink, wide = theme_color("accent"), FOCUS_RING_WIDTH
        painter.fillRect(box.left(), box.top(), box.width(), wide, ink)
        painter.fillRect(box.left(), box.bottom() + 1 - wide, box.width(), wide, ink)
        first, last = (CHANGE, CHANGE) if self._view.is_narrow else (TIME, STATE)
        if self._view.isRightToLeft():
            first, last = last, first
        if column == first:
            painter.fillRect(box.left(), box.top(), wide, box.height(), ink)
        if column == last:
            painter.fillRect(box.right() + 1 - wide, box.top(), wide, box.height(), ink)

    def _draw_single_column(self, painter: QPainter, box: QRect, row: ActivityRow) -> None:
        half = box.height() // 2
        width = self._draw_state_chip(painter, box.adjusted(0, 0, 0, -half), row, from_end=True)
        left, right = (width, 0) if self._view.isRightToLeft() else (0, -width)
        _draw_text(painter, box.adjusted(left, 0, right, -half), row.customer, "text")
        second = f"{row.change_text} · {row.time}"
        _draw_text(painter, box.adjusted(0, half, 0, 0), second, "muted", small=True)

    def _draw_state_chip(
        self, painter: QPainter, box: QRect, row: ActivityRow, *, from_end: bool
    ) -> int:
        font = fonts.font(12, QFont.Weight.Medium)
        width = QFontMetrics(font).horizontalAdvance(row.state) + fonts.scaled(20)
        width = min(width if from_end else max(width, fonts.scaled(82)), box.width())
        height = fonts.scaled(20)
        at_end = from_end != self._view.isRightToLeft()
        x = box.right() + 1 - width if at_end else box.left()
        pill = QRectF(x, box.top() + (box.height() - height) / 2, width, height)
        pair = current_tokens().chips[row.state_tone]
        fill_rounded_rect(painter, pill, height / 2, QColor(pair.background))
        painter.setFont(font)
        painter.setPen(QColor(pair.text))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, row.state)
        return width + fonts.scaled(8)


def cell_texts(column: int, row: ActivityRow) -> tuple[str, str]:
    """What a cell says above and, small, below."""
    if column == TIME:
        return row.time, row.actor
    if column == CUSTOMER:
        return row.customer, ""
    return row.change_text, " · ".join(part for part in (row.reason_text, row.detail) if part)


def _draw_text(painter: QPainter, box: QRect, text: str, tone: str, *, small: bool = False) -> None:
    painter.setFont(fonts.font(12) if small else fonts.font())
    painter.setPen(theme_color(tone))
    line = " ".join(text.split("\n"))[:400]
    shown = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, _ALIGN_LEADING, shown)
