"""The table view under every list: rows of one height, worked by the keyboard alone."""

from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from desktop.panels.widgets.list_row_delegate import ListRowDelegate
from desktop.panels.widgets.opaque_table_view import OpaqueTableView
from desktop.viewmodels.list_model import ListModel

ModelIndex = QModelIndex | QPersistentModelIndex
DelegateT = TypeVar("DelegateT", bound=ListRowDelegate[Any])

_STYLE_EVENTS = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
_LEAST_ROWS = 3
_ENTER_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ListTableView(OpaqueTableView, Generic[DelegateT]):
    """Table widget of a list; emits what a person wants of a row, by its place from the top.

    Home and End go to the ends, Enter opens, Delete and Copy are told, the menu key asks for a
    menu. `leading_column` is shown at every width; a subclass sets widths in `update_columns`.
    """

    current_row_changed = Signal(int)  # -1: none is current
    row_opened = Signal(int)
    delete_requested = Signal(int)
    copy_requested = Signal(int)
    menu_requested = Signal(int, object)  # place, global position

    def __init__(
        self,
        name: str,
        model: ListModel[Any],
        delegate_class: type[DelegateT],
        *,
        leading_column: int,
        selects_many: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._list_model = model
        self._leading_column = leading_column
        self.row_delegate: DelegateT = delegate_class(self)
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.setModel(model)
        self.setItemDelegate(self.row_delegate)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.ExtendedSelection if selects_many else mode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        # Tab leaves the list; the arrows move in it.
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        # The current row carries the focus ring; a second one around the table says nothing more.
        self.setStyleSheet("QTableView:focus { border: 0; }")
        # Measuring rows (ResizeToContents) would read every one of a million.
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsClickable(False)
        model.rowsInserted.connect(self._on_rows_inserted)

    def update_columns(self) -> None:
        """Set the widths of the table's columns for the width it has."""

    def sizeHint(self) -> QSize:
        """Return what the table needs to be of use; a page with less room than that scrolls."""
        rows = _LEAST_ROWS * self.verticalHeader().defaultSectionSize()
        heading = 0 if self.horizontalHeader().isHidden() else self.horizontalHeader().height()
        return QSize(super().sizeHint().width(), heading + rows)

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self.sizeHint().height())

    def set_row_height(self, height: int) -> None:
        """Make every row of the table so many px high."""
        if self.verticalHeader().defaultSectionSize() != height:
            self.verticalHeader().setDefaultSectionSize(height)
            self.updateGeometry()

    def current_row(self) -> int:
        """Return the place of the table's current row, or -1."""
        return self.currentIndex().row()

    def select_row(self, place: int) -> None:
        """Make the table's row at a place current."""
        if place >= 0:
            self.setCurrentIndex(self._list_model.index(place, self._leading_column))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.update_columns()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _STYLE_EVENTS:
            self.row_delegate.paint_cache.clear()

    def currentChanged(self, current: ModelIndex, previous: ModelIndex) -> None:
        super().currentChanged(current, previous)
        if current.row() != previous.row() or not current.isValid():
            self.current_row_changed.emit(current.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, row, last = event.key(), self.current_row(), self._list_model.rowCount() - 1
        # Qt's own Home and End go to the ends of the row.
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End) and last >= 0:
            place = 0 if key == Qt.Key.Key_Home else last
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._extend_selection(place)
            else:
                self.select_row(place)
        elif key in _ENTER_KEYS and row >= 0:
            self.row_opened.emit(row)
        elif key == Qt.Key.Key_Delete and row >= 0:
            self.delete_requested.emit(row)
        elif event.matches(QKeySequence.StandardKey.Copy) and row >= 0:
            self.copy_requested.emit(row)
        else:
            super().keyPressEvent(event)

    def _extend_selection(self, place: int) -> None:
        """Select the table's rows from where the selection began to a place."""
        current, selection = self.current_row(), self.selectionModel().selection()
        if self.selectionMode() is QAbstractItemView.SelectionMode.SingleSelection or current < 0:
            self.select_row(place)
            return
        spans = [selection.at(n) for n in range(selection.size())]
        span = next((s for s in spans if s.top() <= current <= s.bottom()), None)
        # The end of it that the keyboard is not at.
        start = current if span is None else span.top() + span.bottom() - current
        model, flags = self._list_model, QItemSelectionModel.SelectionFlag
        target = model.index(place, self._leading_column)
        rows = QItemSelection(model.index(start, self._leading_column), target)
        self.selectionModel().setCurrentIndex(target, flags.NoUpdate)
        self.selectionModel().select(rows, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(target)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.BackButton, Qt.MouseButton.ForwardButton):
            # The window's, wherever the mouse is.
            event.ignore()
        else:
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the table's row under the mouse, or by menu key the current one."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        if not index.isValid():
            return
        if by_mouse:
            self.setCurrentIndex(index)
        center = self.visualRect(index).center()
        at = event.globalPos() if by_mouse else self.viewport().mapToGlobal(center)
        self.menu_requested.emit(index.row(), at)

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        bar, height = self.verticalScrollBar(), self.verticalHeader().defaultSectionSize()
        if bar.value() > 0 and first * height <= bar.value():
            # New rows above: what is being read stays where it is.
            bar.setMaximum(bar.maximum() + (last - first + 1) * height)
            bar.setValue(bar.value() + (last - first + 1) * height)
