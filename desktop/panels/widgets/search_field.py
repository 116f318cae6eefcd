"""The search field at the top of the window: finds customers and, after >, commands."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.theme.icon import icon_pixmap
from desktop.panels.widgets.shape_painting import create_painter, draw_rounded_outline, draw_text

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from desktop.panels.widgets.search_results_popup import SearchPopup

# Longer than any address or name; laying out a pasted megabyte would hold up the window.
MAX_QUERY_LENGTH = 1_000
_ICON_MARGIN = 32

# Property of the field that searches its page: Ctrl+F leads there.
SEARCHES_PAGE = "searchesPage"


class SearchField(QLineEdit):
    """A line edit with a popup: keeps the keyboard while it is open; Esc closes it first."""

    submitted = Signal(str)  # Enter with nothing marked
    edited = Signal(str)  # every change by a person
    chosen = Signal(QModelIndex)  # a row of the popup
    submitted_apart = Signal(str)  # Ctrl+Enter with nothing marked: to be opened beside
    chosen_apart = Signal(QModelIndex)  # a row of the popup by Ctrl or the middle button
    too_long = Signal(int)  # a paste was cut to this many characters
    opened_empty = Signal()  # somebody has come here to type; nothing is typed yet
    popup_closed = Signal()

    def __init__(
        self,
        name: str = "Find a customer",
        *,
        placeholder: str = "",
        short_placeholder: str = "",
        shortcut: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._shortcut = shortcut
        self._placeholders = (placeholder, short_placeholder or placeholder)
        self._popup: SearchPopup | None = None
        self._model: QAbstractListModel | None = None
        self._menu_texts: tuple[str, str] | None = None
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.setMaxLength(MAX_QUERY_LENGTH)
        self._set_margins()
        self.textEdited.connect(self.edited)
        self.inputRejected.connect(self._on_input_rejected)
        self._choose_placeholder()

    def set_model(self, model: QAbstractListModel) -> None:
        """Give the search field's popup the model whose rows it offers."""
        self._model = model
        if self._popup is not None:
            self._popup.set_model(model)

    def offer_opening_apart(self, text: str, apart_text: str) -> None:
        """Let Ctrl+Enter, Ctrl and middle click emit the signals `…_apart`, and a context menu.

        The two texts are those of the menu on a row of the popup.
        """
        self._menu_texts = (text, apart_text)
        if self._popup is not None:
            self._popup.menu_texts = self._menu_texts

    def show_popup(self) -> None:
        """Open the search field's popup, or close it when there is nothing to offer."""
        popup = self._ensure_popup()
        if popup.count():
            popup.show_under(self)
        else:
            self.hide_popup()

    @property
    def is_popup_open(self) -> bool:
        """Whether the search field's popup offers rows right now."""
        return self._popup is not None and self._popup.isVisible()

    def hide_popup(self) -> None:
        """Close the search field's popup."""
        if self._popup is not None:
            self._popup.hide()
            self._popup.view.setCurrentIndex(QModelIndex())
            self.popup_closed.emit()

    def mark_first_row(self, *, only_if_none: bool = False) -> None:
        """Mark the first row of the open popup, which Enter then takes."""
        if self._popup is None or not self._popup.isVisible():
            return
        if only_if_none and self._popup.view.currentIndex().isValid():
            return
        self._popup.view.setCurrentIndex(QModelIndex())
        # Where the rows before were scrolled to, the first ones would be hidden.
        self._popup.view.scrollToTop()
        self._popup.move_selection(1)

    def popup(self) -> "SearchPopup | None":
        """Return the search field's popup once there was one."""
        return self._popup

    def take_focus(self) -> None:
        """Put the keyboard into the search field with all text selected (Ctrl+K)."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
        if not self.text():
            self.opened_empty.emit()

    def clear_by_key(self) -> bool:
        """Clear the text if the keyboard is here (Esc); return if so. Ctrl+Z brings it back."""
        if not self.hasFocus() or not self.text():
            return False
        self.clear()
        return True

    def setText(self, text: str | None) -> None:
        """Show a text in the search field; megabytes are cut before Qt lays them out."""
        if text is not None and len(text) > MAX_QUERY_LENGTH:
            text = text[:MAX_QUERY_LENGTH]
            self.too_long.emit(MAX_QUERY_LENGTH)
        super().setText(text)

    def keyPressEvent(self, event: "QKeyEvent") -> None:
        """Arrows mark a row, Enter takes it or submits, Esc closes the popup."""
        key, is_open = event.key(), self.is_popup_open
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            if not is_open:
                if not self.text():
                    self.opened_empty.emit()
                self.show_popup()
            self._ensure_popup().move_selection(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp) and is_open:
            self._ensure_popup().move_page(1 if key == Qt.Key.Key_PageDown else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            control = Qt.KeyboardModifier.ControlModifier in event.modifiers()
            self._accept(apart=control and self._menu_texts is not None)
        elif key == Qt.Key.Key_Escape and is_open:
            self.hide_popup()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def mousePressEvent(self, event: "QMouseEvent") -> None:
        """Open the search field's popup before anything is typed; Back and Forward pass on."""
        if event.button() in (Qt.MouseButton.BackButton, Qt.MouseButton.ForwardButton):
            event.ignore()
            return
        super().mousePressEvent(event)
        if not self.text():
            self.opened_empty.emit()

    def focusOutEvent(self, event: "QFocusEvent") -> None:
        """Close the search field's popup when the keyboard leaves it."""
        super().focusOutEvent(event)
        # The popup stays under its own context menu.
        reasons = Qt.FocusReason
        if event.reason() not in (reasons.ActiveWindowFocusReason, reasons.PopupFocusReason):
            self.hide_popup()

    def resizeEvent(self, event: "QResizeEvent") -> None:
        """Fit the search field's placeholder and popup to its new width."""
        super().resizeEvent(event)
        self._choose_placeholder()
        if self._popup is not None and self._popup.isVisible():
            self._popup.show_under(self)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the search field's text margins in another font size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.LayoutDirectionChange):
            self._set_margins()

    def paintEvent(self, event: "QPaintEvent") -> None:
        super().paintEvent(event)
        painter = create_painter(self)
        size = fonts.scaled(16)
        rtl = self.isRightToLeft()
        left = fonts.scaled(10)
        top = (self.height() - size) // 2
        drawn = icon_pixmap("search", theme_color("muted"), size, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - left - size if rtl else left, top, drawn)
        if self._shortcut and not self.text():
            self._draw_shortcut(painter)

    def _draw_shortcut(self, painter: QPainter) -> None:
        small = fonts.font(11)
        width = QFontMetrics(small).horizontalAdvance(self._shortcut) + fonts.scaled(12)
        height = fonts.scaled(18)
        x = fonts.scaled(9) if self.isRightToLeft() else self.width() - width - fonts.scaled(9)
        box = QRect(x, (self.height() - height) // 2, width, height)
        draw_rounded_outline(painter, box, 4, theme_color("line"))
        painter.setFont(small)
        painter.setPen(theme_color("muted"))
        draw_text(painter, box, Qt.AlignmentFlag.AlignCenter, self._shortcut)

    def rescale_lengths(self, _scale: float) -> None:
        """Nothing is left to do: the search field's margins follow its font."""

    def _set_margins(self) -> None:
        left, right = fonts.scaled(_ICON_MARGIN - 9), self._shortcut_width()
        if self.isRightToLeft():
            left, right = right, left
        self.setTextMargins(left, 0, right, 0)

    def _shortcut_width(self) -> int:
        if not self._shortcut:
            return 0
        return QFontMetrics(fonts.font(11)).horizontalAdvance(self._shortcut) + fonts.scaled(16)

    def _choose_placeholder(self) -> None:
        long, short = self._placeholders
        room = self.width() - fonts.scaled(_ICON_MARGIN + 14) - self._shortcut_width()
        fits = QFontMetrics(fonts.font()).horizontalAdvance(long) <= room
        self.setPlaceholderText(long if fits else short)

    def _ensure_popup(self) -> "SearchPopup":
        if self._popup is None:
            # Imported here: there is nothing to offer before the first paint.
            from desktop.panels.widgets.search_results_popup import SearchPopup

            self._popup = SearchPopup(self.accessibleName(), self.window())
            self._popup.menu_texts = self._menu_texts
            self._popup.chosen.connect(self._on_chosen)
            self._popup.chosen_apart.connect(self._on_chosen_apart)
            if self._model is not None:
                self._popup.set_model(self._model)
        return self._popup

    def _accept(self, *, apart: bool) -> None:
        if self._popup is not None and self._popup.isVisible():
            index = self._popup.view.currentIndex()
            if index.isValid():
                self._popup.choose(index, apart=apart)
                return
        self.hide_popup()
        (self.submitted_apart if apart else self.submitted).emit(self.text().strip())

    def _on_chosen(self, index: QModelIndex) -> None:
        self.hide_popup()
        self.chosen.emit(index)

    def _on_chosen_apart(self, index: QModelIndex) -> None:
        self.hide_popup()
        self.chosen_apart.emit(index)

    def _on_input_rejected(self) -> None:
        if len(self.text()) >= MAX_QUERY_LENGTH:
            self.too_long.emit(MAX_QUERY_LENGTH)
