"""Navigation rail: a button for each page, icon above word, with a badge for a count."""

from collections.abc import Collection

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.theme.icon import icon_pixmap
from desktop.panels.widgets.option_group import OptionButton, OptionGroup
from desktop.panels.widgets.shape_painting import (
    create_painter,
    draw_focus_ring,
    draw_text,
    fill_rounded_rect,
)
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.tooltip import set_tooltip

_ICON, _WIDTH = 24, 68


class NavigationRail(QFrame):
    """Widget of the pages' buttons; compact, it is a row of icons atop a narrow window."""

    page_chosen = Signal(str)  # the key, by a person

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages: dict[str, NavigationRailButton] = {}
        self._group = OptionGroup(self)
        self._group.chosen.connect(self.page_chosen)
        self._compact = False
        self._top = 0  # where the stretch stands, before the bottom pages
        self.setAccessibleName(name)
        self._line = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._line.setSpacing(fonts.scaled(8))
        # Pages marked `bottom` stand below it.
        self._line.addStretch(1)
        self.set_compact(False)

    def add_page(
        self, key: str, text: str, icon_name: str, *, name: str = "", bottom: bool = False
    ) -> "NavigationRailButton":
        """Add a page's button to the rail; `name` is its accessible name, `bottom` puts it last."""
        button = NavigationRailButton(key, text, icon_name, name or text, self)
        self._pages[key] = button
        self._group.add(button)
        if bottom:
            self._line.addWidget(button)
        else:
            self._line.insertWidget(self._top, button)
            self._top += 1
        button.set_compact(self._compact)
        return button

    def set_visible_pages(self, keys: Collection[str]) -> None:
        """Show the buttons of these pages alone, in the rail's order."""
        for key, page in self._pages.items():
            page.setVisible(key in keys)
        self._group.update_tab_stop()

    def current(self) -> str | None:
        """Return the key of the page checked in the rail."""
        return self._group.value()

    def set_current(self, key: str) -> None:
        """Check the rail's button of the open page."""
        self._group.set_value(key)

    def set_badge(self, key: str, badge: str, description: str = "") -> None:
        """Put a short text (a count) on a rail button; `description` says what it counts."""
        self._pages[key].set_badge(badge, description)

    def set_compact(self, compact: bool) -> None:
        """Show the rail as a row of icons at the top (compact), or at the left."""
        self._compact = compact
        set_style_properties(self, compact=compact)
        direction = QBoxLayout.Direction
        self._line.setDirection(direction.LeftToRight if compact else direction.TopToBottom)
        side = fonts.scaled(8)
        self._line.setContentsMargins(side, side if not compact else 4, side, side // 2)
        # At the left it is as wide as its longest word.
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Preferred if compact else policy.Fixed, policy.Preferred)
        for page in self._pages.values():
            page.set_compact(compact)

    def page(self, key: str) -> "NavigationRailButton":
        """Return the rail's button of a page by its key."""
        return self._pages[key]


class NavigationRailButton(OptionButton):
    """One page of the rail; checked means that this page is open."""

    def __init__(self, key: str, text: str, icon_name: str, name: str, parent: QWidget) -> None:
        super().__init__(key, name, parent)
        self._label = text
        self._icon_name = icon_name
        self._badge = ""
        self._compact = False
        self.setObjectName(name)

    def set_badge(self, badge: str, description: str) -> None:
        """Show a short text at a rail button's icon, described in the tool tip."""
        self._badge = badge
        # The count alone says nothing to a screen reader.
        set_tooltip(self, description or (self._label if self._compact else ""))
        self.update()

    def set_compact(self, compact: bool) -> None:
        """Show the rail button's icon alone, with the word as tool tip."""
        self._compact = compact
        horizontal = QSizePolicy.Policy.Fixed if compact else QSizePolicy.Policy.Expanding
        self.setSizePolicy(horizontal, QSizePolicy.Policy.Fixed)
        set_tooltip(self, self._label if compact else "", describe=False)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        if self._compact:
            return QSize(fonts.scaled(40), fonts.scaled(34))
        # Measured in the bolder weight, so that choosing moves nothing.
        word = QFontMetrics(fonts.font(11, QFont.Weight.Medium)).horizontalAdvance(self._label)
        return QSize(max(fonts.scaled(_WIDTH), word + 6), fonts.scaled(56))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box, radius = QRectF(self.rect()), fonts.scaled(8)
        current = self.isChecked()
        if current:
            fill_rounded_rect(painter, box, radius, theme_color("accentbg"))
        elif self.underMouse():
            fill_rounded_rect(painter, box, radius, theme_color("raised"))
        # Drawn at device pixels: a scaled pixmap would blur at 125 %.
        size = fonts.scaled(_ICON)
        left = (self.width() - size) // 2
        top = (self.height() - size) // 2 if self._compact else fonts.scaled(7)
        ink = theme_color("accent" if current else "muted")
        painter.drawPixmap(
            left, top, icon_pixmap(self._icon_name, ink, size, self.devicePixelRatioF())
        )
        if not self._compact:
            small = fonts.font(11, QFont.Weight.Medium if current else QFont.Weight.Normal)
            painter.setFont(small)
            painter.setPen(theme_color("text" if current else "muted"))
            word = QFontMetrics(small).elidedText(
                self._label, Qt.TextElideMode.ElideRight, self.width() - 4
            )
            below = QRectF(0, top + size, self.width(), self.height() - top - size - 3)
            draw_text(painter, below, Qt.AlignmentFlag.AlignCenter, word)
        if self._badge:
            self._draw_badge(painter, left + size - 2, top + 3)
        if self.hasFocus():
            draw_focus_ring(painter, box, radius)

    def _draw_badge(self, painter: QPainter, x: float, y: float) -> None:
        small = fonts.font(10, QFont.Weight.DemiBold)
        # A circle for one digit, a pill for more.
        height = fonts.scaled(16)
        width = max(QFontMetrics(small).horizontalAdvance(self._badge) + 8, height)
        box = QRectF(0, 0, width, height)
        box.moveCenter(QPointF(x, y))
        fill_rounded_rect(painter, box, height / 2, theme_color("bad"))
        painter.setFont(small)
        painter.setPen(theme_color("on_bad"))
        draw_text(painter, box, Qt.AlignmentFlag.AlignCenter, self._badge)
