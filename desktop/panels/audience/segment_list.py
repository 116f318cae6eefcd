"""Left column of the Audience page: everybody and the saved segments, each with its number."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.label import label
from desktop.panels.widgets.option_group import OptionButton, OptionGroup
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.shape_painting import (
    create_painter,
    draw_focus_ring,
    draw_text,
    fill_rounded_rect,
)
from desktop.viewmodels.audience.audience_page_model import SegmentView

_HEIGHT, _PADDING = 28, 8


class AudienceSegmentButton(OptionButton):
    """One segment of the list; checked: its people are shown."""

    def __init__(self, view: SegmentView, parent: QWidget | None = None) -> None:
        super().__init__(view.name, view.name, parent)
        self._view = view
        self.setObjectName(view.name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_view(view)

    def show_view(self, view: SegmentView) -> None:
        """Draw a segment's new count on its button in the list."""
        self._view = view
        self.setAccessibleName(f"{view.name}, {view.count} people" if view.count else view.name)
        use = f"{view.use_text[:1].upper()}{view.use_text[1:]}"
        self.setAccessibleDescription(use)
        self.setToolTip(use or view.name)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(120), fonts.scaled(_HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box = QRectF(self.rect())
        if self.isChecked():
            fill_rounded_rect(painter, box, fonts.scaled(6), theme_color("accentbg"))
        elif self.underMouse():
            fill_rounded_rect(painter, box, fonts.scaled(6), theme_color("raised"))
        pad = fonts.scaled(_PADDING)
        inner = box.adjusted(pad, 0, -pad, 0)
        small = fonts.font(12)
        width = QFontMetrics(small).horizontalAdvance(self._view.count) + fonts.scaled(8)
        leading = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        trailing = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignTrailing
        painter.setFont(small)
        painter.setPen(theme_color("text" if self.isChecked() else "muted"))
        draw_text(painter, inner, trailing, self._view.count)
        font = fonts.font(13, QFont.Weight.DemiBold if self.isChecked() else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(theme_color("text"))
        left, right = (width, 0) if self.isRightToLeft() else (0, -width)
        room = inner.adjusted(left, 0, right, 0)
        name = QFontMetrics(font).elidedText(
            self._view.name, Qt.TextElideMode.ElideRight, int(room.width())
        )
        draw_text(painter, room, leading, name)
        if self.hasFocus():
            draw_focus_ring(painter, box, fonts.scaled(6))


class SegmentList(QWidget):
    """Widget of all segments; one is checked, arrows move between them, Enter shows one."""

    segment_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Segments")
        self.setObjectName("Segments")
        self._buttons: dict[str, AudienceSegmentButton] = {}
        self._group = OptionGroup(self, wraps=False)
        self._group.picked.connect(self.segment_chosen)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(fonts.scaled(2))
        self._column.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(10))
        page.addWidget(label("Audience", "heading"))
        page.addWidget(label("Segments", "title"))
        page.addWidget(wrap_in_scroll_area(inside, bar_beside=True), 1)

    def show_segments(self, views: Sequence[SegmentView], chosen: str) -> None:
        """Draw the segments in this order; `chosen` is the name of the checked one."""
        if [view.name for view in views] != list(self._buttons):
            had_focus = any(button.hasFocus() for button in self._buttons.values())
            self._group.clear()
            self._buttons = {}
            for place, view in enumerate(views):
                button = AudienceSegmentButton(view)
                self._group.add(button)
                self._buttons[view.name] = button
                self._column.insertWidget(place, button)
            if had_focus and chosen in self._buttons:
                self._buttons[chosen].setFocus()
        for view in views:
            self._buttons[view.name].show_view(view)
        self._group.set_value(chosen)

    def take_focus(self) -> None:
        """Give the keyboard focus to the chosen segment's button."""
        button = next((one for one in self._buttons.values() if one.isChecked()), None)
        if button is not None:
            button.setFocus(Qt.FocusReason.OtherFocusReason)
