"""The popup under the search field: a child of the window, so it takes no focus."""

from functools import partial

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QGuiApplication, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.shape_painting import draw_text, fill_rounded_rect
from desktop.viewmodels.search_suggestions_model import ENABLED_ROLE, NOTE_ROLE, SUBTITLE_ROLE

_Index = QModelIndex | QPersistentModelIndex
_MAX_VISIBLE_ROWS = 8


class SearchPopup(QFrame):
    """Popup widget of a suggestions model's rows; the search field keeps the keyboard."""

    chosen = Signal(QModelIndex)
    chosen_apart = Signal(QModelIndex)  # to be opened beside what is open

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        # Texts of the context menu on a row; None: rows are opened in one way alone.
        self.menu_texts: tuple[str, str] | None = None
        self.view = _ResultList(self)
        self.view.pressed_apart.connect(self._on_pressed_apart)
        self.view.customContextMenuRequested.connect(self._on_menu)
        self.view.setAccessibleName(name)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setItemDelegate(SearchResultDelegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setMouseTracking(True)
        self.view.clicked.connect(self._on_clicked)
        column = QVBoxLayout(self)
        edge = fonts.scaled(4)
        column.setContentsMargins(edge, edge, edge, edge)
        column.addWidget(self.view)
        self.hide()

    def set_model(self, model: QAbstractListModel) -> None:
        """Show this model's rows in the search popup from now on."""
        self.view.setModel(model)

    def count(self) -> int:
        """Return how many rows the search popup has."""
        model = self.view.model()
        return model.rowCount() if model is not None else 0

    def show_under(self, field: QWidget) -> None:
        """Open the search popup below its field, as wide as it, over whatever is there."""
        window = field.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        corner = field.mapTo(window, QPoint(0, field.height() + 4))
        rows = min(self.count(), _MAX_VISIBLE_ROWS)
        row = self.view.sizeHintForRow(0) if rows else 0
        height = min(rows * row + 10, window.height() - corner.y() - 8)
        self.setGeometry(QRect(corner, QSize(field.width(), max(height, row + 10))))
        self.show()
        self.raise_()

    def move_selection(self, rows: int) -> None:
        """Move the search popup's mark past disabled rows; from the end it goes on at the start."""
        model, count = self.view.model(), self.count()
        if model is None or not count:
            return
        current = self.view.currentIndex()
        row = current.row() if current.isValid() else (-1 if rows > 0 else count)
        for _ in range(count):
            row = (row + (1 if rows > 0 else -1)) % count
            index = model.index(row, 0)
            if self.is_enabled(index):
                self.view.setCurrentIndex(index)
                return

    def move_page(self, direction: int) -> None:
        """Move the search popup's mark by a page, to the last row that is enabled at its end."""
        model, count = self.view.model(), self.count()
        if model is None or not count:
            return
        current = max(self.view.currentIndex().row(), 0)
        wanted = min(max(current + direction * _MAX_VISIBLE_ROWS, 0), count - 1)
        # Back towards where it was, past rows that cannot be taken.
        for row in range(wanted, current, -direction):
            if self.is_enabled(model.index(row, 0)):
                self.view.setCurrentIndex(model.index(row, 0))
                return

    def choose(self, index: QModelIndex, *, apart: bool = False) -> None:
        """Take a row of the search popup, if it may be taken; `apart`: to be opened beside."""
        if index.isValid() and self.is_enabled(index):
            (self.chosen_apart if apart else self.chosen).emit(index)

    def _on_clicked(self, index: QModelIndex) -> None:
        control = Qt.KeyboardModifier.ControlModifier in QGuiApplication.keyboardModifiers()
        self.choose(index, apart=control and self.menu_texts is not None)

    def _on_pressed_apart(self, index: QModelIndex) -> None:
        if self.menu_texts is not None:
            self.choose(index, apart=True)

    def _on_menu(self, place: QPoint) -> None:
        index = self.view.indexAt(place)
        if self.menu_texts is None or not (index.isValid() and self.is_enabled(index)):
            return
        # Rows may come and go below the menu.
        row = QPersistentModelIndex(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, apart in zip(self.menu_texts, (False, True), strict=True):
            menu.addAction(text).triggered.connect(partial(self._on_menu_chosen, row, apart))
        menu.popup(self.view.mapToGlobal(place))

    def _on_menu_chosen(self, row: QPersistentModelIndex, apart: bool) -> None:
        if row.isValid():
            self.choose(row.model().index(row.row(), 0), apart=apart)

    def is_enabled(self, index: _Index) -> bool:
        """Whether a row of the search popup may be taken."""
        return index.data(ENABLED_ROLE) is not False


class _ResultList(QListView):
    """List widget of the search popup; the middle button opens a row in a tab of its own."""

    pressed_apart = Signal(QModelIndex)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self.pressed_apart.emit(self.indexAt(event.position().toPoint()))
        elif event.button() == Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)


class SearchResultDelegate(QStyledItemDelegate):
    """Paints a search popup's row: title over subtitle, the note at the right, as plain text."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        # One height for all rows: two lines if any row has two.
        model = index.model()
        two = any(model.index(n, 0).data(SUBTITLE_ROLE) for n in range(model.rowCount()))
        return QSize(fonts.scaled(200), fonts.scaled(44 if two else 30))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        enabled = index.data(ENABLED_ROLE) is not False
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            fill_rounded_rect(painter, box, 5, theme_color("accentbg"))
        elif state & QStyle.StateFlag.State_MouseOver and enabled:
            fill_rounded_rect(painter, box, 5, theme_color("raised"))
        inner = box.adjusted(fonts.scaled(10), 3, -fonts.scaled(10), -3)
        note = _role_text(index, NOTE_ROLE)
        room = inner.width()

        def place(left: int, top: int, width: int, height: int) -> QRect:
            return QStyle.visualRect(option.direction, inner, QRect(left, top, width, height))

        painter.setFont(fonts.font(11))
        if note:
            wide = min(QFontMetrics(painter.font()).horizontalAdvance(note) + 4, room // 2)
            painter.setPen(theme_color("muted"))
            left = inner.right() - wide
            _draw_elided(painter, place(left, inner.top(), wide, inner.height()), note)
            room -= wide + fonts.scaled(12)
        subtitle = _role_text(index, SUBTITLE_ROLE)
        half = inner.height() // 2 if subtitle else inner.height()
        if subtitle:
            painter.setPen(theme_color("muted"))
            _draw_elided(painter, place(inner.left(), inner.top() + half, room, half), subtitle)
        painter.setFont(fonts.font())
        painter.setPen(theme_color("text" if enabled else "muted"))
        _draw_elided(
            painter,
            place(inner.left(), inner.top(), room, half),
            _role_text(index, Qt.ItemDataRole.DisplayRole),
        )
        painter.restore()


def _role_text(index: _Index, role: int) -> str:
    value = index.data(role)
    # A customer's name may be of any length, and have line breaks.
    return value.replace("\n", " ")[:300] if isinstance(value, str) else ""


def _draw_elided(painter: QPainter, box: QRect, text: str) -> None:
    cut = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    draw_text(painter, box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)
