"""The row of tabs on the page Customers: one tab per open customer, and the button New tab."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QStyle, QTabBar, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.theme.design_tokens import MIN_TARGET_SIZE
from desktop.panels.theme.icon import icon_pixmap
from desktop.panels.theme.text_direction import isolate
from desktop.panels.widgets.button import icon_button
from desktop.panels.widgets.shape_painting import create_painter, fill_rounded_rect
from desktop.panels.widgets.tooltip import escape_tooltip
from desktop.viewmodels.customer.customer_tab_view import CustomerTabView
from desktop.viewmodels.customer.customer_tabs_model import CustomerTabsModel

_LEADING, _TRAILING = QTabBar.ButtonPosition.LeftSide, QTabBar.ButtonPosition.RightSide
_LEAST_WIDTH, _GAP = 120, 4
_MARK_SIZE, _MARK_GAP = 14, 4
_MARK_INDENT = 6  # px from the tab's edge


class CustomerTabRow(QWidget):
    """Row widget of the open customers' tabs; it draws the tabs model and forwards to it."""

    def __init__(
        self, model: CustomerTabsModel, tab_actions: Sequence[QAction], parent: QWidget
    ) -> None:
        """`tab_actions` are the window's for the tab in front; the context menu offers them."""
        super().__init__(parent)
        self.setAccessibleName("Open customers")
        self._model = model
        self._tab_actions = tab_actions
        self._views: tuple[CustomerTabView, ...] = ()
        self.bar = CustomerTabBar(self)
        self.bar.currentChanged.connect(self._on_current_changed)
        self.bar.close_pressed.connect(self._on_close)
        self.bar.dragged.connect(self._on_dragged)
        self.bar.released.connect(self.refresh)
        self.bar.menu_requested.connect(self._on_menu)
        self.new_button = icon_button("plus", "New tab", parent=self)
        self.new_button.clicked.connect(model.add_empty_tab)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.refresh()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(_LEAST_WIDTH), self.bar.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def event(self, event: QEvent) -> bool:
        # Placed by hand: a layout would tell each new tab to the whole window, which is laid out
        # anew for some 10 ms.
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def _place(self) -> None:
        gap, button = fonts.scaled(_GAP), self.new_button.sizeHint()
        room = max(self.width() - gap - button.width(), 0)
        bar = QRect(0, 0, min(self.bar.sizeHint().width(), room), self.height())
        top = (self.height() - button.height()) // 2
        beside = QRect(QPoint(bar.right() + 1 + gap, top), button)
        for part, box in ((self.bar, bar), (self.new_button, beside)):
            part.setGeometry(QStyle.visualRect(self.layoutDirection(), self.rect(), box))

    def refresh(self) -> None:
        """Draw the row of tabs as its model is now; while a tab is dragged it stays."""
        views = self._model.views()
        if views == self._views or self.bar.is_dragging:
            return
        self._views = views
        self.bar.blockSignals(True)
        self.bar.show_tabs(views)
        self.bar.blockSignals(False)

    def _on_current_changed(self, place: int) -> None:
        self._model.show_tab(self.bar.key_at(place))

    def _on_close(self, key: int) -> None:
        self._model.close_tab(key)

    def _on_dragged(self, key: int, place: int) -> None:
        # Drawn anew also where the model puts it back, for a pinned tab stays among the first.
        self._views = ()
        self._model.move_tab(key, place)
        self.refresh()

    def _on_menu(self, key: int, place: QPoint) -> None:
        # The actions are about the tab in front, as everywhere else.
        self._model.show_tab(key)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self._tab_actions)
        menu.popup(place)


class CustomerTabBar(QTabBar):
    """QTabBar of customers: marks before the name, a close button behind it, drag to reorder."""

    close_pressed = Signal(int)  # the tab's key
    dragged = Signal(int, int)  # key of a tab and its new place, when it is let go
    released = Signal()  # the left button: what has changed since it was pressed may be drawn
    menu_requested = Signal(int, QPoint)  # the tab's key, the place on the screen

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Open customers")
        self.setObjectName("Open customers")
        self.setProperty("kind", "customers")
        self.setMovable(True)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.tabMoved.connect(self._on_moved)
        self.is_dragging = False
        self._has_moved = False
        self._shown: dict[int, CustomerTabView] = {}

    def key_at(self, place: int) -> int:
        """Return the key of the tab at a place in the row, -1 beside the tabs."""
        key = self.tabData(place)
        return key if isinstance(key, int) else -1

    def show_tabs(self, views: Sequence[CustomerTabView]) -> None:
        """Show these customers' tabs in this order; tabs that are there stay the same widgets."""
        for place, view in enumerate(views):
            found = self._place_of(view.key)
            if found < 0:
                self.insertTab(place, "")
                self.setTabData(place, view.key)
            elif found != place:
                self.moveTab(found, place)
            if self._shown.get(view.key) != view:
                self._show_tab(place, view)
        self._shown = {view.key: view for view in views}
        while self.count() > len(views):
            self.removeTab(self.count() - 1)
        current = next((n for n, view in enumerate(views) if view.is_current), 0)
        self.setCurrentIndex(current)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.is_dragging = event.button() == Qt.MouseButton.LeftButton
        self._has_moved = False
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        place = self.tabAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.MiddleButton and place >= 0:
            self.close_pressed.emit(self.key_at(place))
        if self.is_dragging:
            self.is_dragging = False
            if self._has_moved:
                self.dragged.emit(self.key_at(self.currentIndex()), self.currentIndex())
            self.released.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of the tab under the pointer, or by the menu key of the one in front."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self.currentIndex() if by_key else self.tabAt(event.pos())
        if place >= 0:
            where = self.tabRect(place).center() if by_key else event.pos()
            self.menu_requested.emit(self.key_at(place), self.mapToGlobal(where))

    def _show_tab(self, place: int, view: CustomerTabView) -> None:
        self.setTabText(place, isolate(view.text.replace("&", "&&")))
        self.setTabToolTip(place, escape_tooltip(view.tooltip))
        self.setAccessibleTabName(place, view.accessible_name)
        self._show_marks(place, view.marks)
        button = self._part(place, _TRAILING)
        if view.is_pinned and button is not None:
            self._drop_part(place, _TRAILING, button)
        elif not view.is_pinned and button is None:
            button = _CloseButton(self)
            button.clicked.connect(self._on_close_clicked)
            self.setTabButton(place, _TRAILING, button)
        if isinstance(button, _CloseButton) and not view.is_pinned:
            button.setAccessibleName(f"Close {view.title}")
            button.setObjectName(f"Close {view.title}")

    def _show_marks(self, place: int, marks: tuple[str, ...]) -> None:
        shown = self._part(place, _LEADING)
        if isinstance(shown, _TabMarks):
            if shown.marks == marks:
                return
            self._drop_part(place, _LEADING, shown)
        if marks:
            self.setTabButton(place, _LEADING, _TabMarks(marks, self))

    def _part(self, place: int, side: QTabBar.ButtonPosition) -> QWidget | None:
        return self.tabButton(place, side)

    def _drop_part(self, place: int, side: QTabBar.ButtonPosition, part: QWidget) -> None:
        self.setTabButton(place, side, None)
        part.deleteLater()

    def _place_of(self, key: int) -> int:
        return next((n for n in range(self.count()) if self.tabData(n) == key), -1)

    def _on_moved(self, _from: int, _to: int) -> None:
        self._has_moved = self.is_dragging

    def _on_close_clicked(self) -> None:
        button = self.sender()
        for place in range(self.count()):
            if self.tabButton(place, _TRAILING) is button:
                self.close_pressed.emit(self.key_at(place))
                return


class _CloseButton(QAbstractButton):
    """The cross at the end of a tab; painted, for the style sheet takes 1 ms for a QPushButton."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        # By keys the tab in front is closed: Ctrl+W.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Close this tab (Ctrl+W)")
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        side = fonts.scaled(MIN_TARGET_SIZE)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, size = create_painter(self), fonts.scaled(_MARK_SIZE)
        if self.underMouse():
            fill_rounded_rect(painter, self.rect(), fonts.scaled(4), theme_color("raised"))
        icon = icon_pixmap("close", theme_color("text"), size, self.devicePixelRatioF())
        painter.drawPixmap((self.width() - size) // 2, (self.height() - size) // 2, icon)


class _TabMarks(QWidget):
    """The icons before a customer's name in a tab: pinned, half-typed input, waiting changes."""

    def __init__(self, marks: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.marks = marks
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        step = fonts.scaled(_MARK_SIZE + _MARK_GAP)
        width = fonts.scaled(_MARK_INDENT) + step * len(self.marks)
        return QSize(width, fonts.scaled(_MARK_SIZE))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, size = QPainter(self), fonts.scaled(_MARK_SIZE)
        step = fonts.scaled(_MARK_SIZE + _MARK_GAP)
        for number, name in enumerate(self.marks):
            left = fonts.scaled(_MARK_INDENT) + number * step
            if self.isRightToLeft():
                left = self.width() - left - size
            icon = icon_pixmap(name, theme_color("text"), size, self.devicePixelRatioF())
            painter.drawPixmap(QRect(left, (self.height() - size) // 2, size, size), icon)
