"""A sync as a card in the list: painted by hand, a radio button to screen readers."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens, theme_color
from desktop.panels.theme.design_tokens import RADIUS_CARD
from desktop.panels.theme.icon import icon_pixmap
from desktop.panels.widgets.option_group import OptionButton
from desktop.panels.widgets.shape_painting import (
    create_painter,
    draw_focus_ring,
    draw_rounded_outline,
    draw_text,
    fill_rounded_rect,
)
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.syncs.sync_card_view import SyncCardView

_HEIGHT = 80
_ELIDE = Qt.TextElideMode.ElideRight
_LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
_TRAILING = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter


class SyncCard(OptionButton):
    """Widget of a sync card; checked while its sync is shown beside the list."""

    def __init__(self, view: SyncCardView, parent: QWidget | None = None) -> None:
        super().__init__(view.sync_name, view.title, parent)
        self._view = view
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_view(view)

    def view(self) -> SyncCardView:
        """Return the view that the sync card draws."""
        return self._view

    def show_view(self, view: SyncCardView) -> None:
        """Draw the state of a sync on its card."""
        self._view = view
        self.setAccessibleName(view.title)
        self.setObjectName(view.title)
        set_tooltip(self, view.tooltip, describe=False)
        self.setAccessibleDescription(view.accessible_text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(260), fonts.scaled(_HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box, radius = QRectF(self.rect()), fonts.scaled(RADIUS_CARD)
        chosen = self.isChecked()
        ground = "raised" if self.underMouse() and not chosen else "surface"
        fill_rounded_rect(painter, box, radius, theme_color(ground))
        draw_rounded_outline(
            painter, box, radius, theme_color("accent" if chosen else "line"), 2 if chosen else 1
        )
        side = fonts.scaled(14)
        inner = self.rect().adjusted(side, fonts.scaled(9), -side, -fonts.scaled(9))
        third = inner.height() // 3
        first = QRect(inner.left(), inner.top(), inner.width(), third)
        self._paint_title_line(painter, first)
        self._paint_direction_line(painter, first.translated(0, third))
        self._paint_status_line(painter, first.translated(0, 2 * third))
        if self.hasFocus():
            inset = 3 if chosen else 0
            draw_focus_ring(painter, box.adjusted(inset, inset, -inset, -inset), radius - inset)

    def _paint_title_line(self, painter: QPainter, box: QRect) -> None:
        view, font = self._view, fonts.font(12, QFont.Weight.Medium)
        width = QFontMetrics(font).horizontalAdvance(view.state_label) + fonts.scaled(20)
        height = fonts.scaled(20)
        x = box.left() if self.isRightToLeft() else box.right() + 1 - width
        pill = QRectF(x, box.top() + (box.height() - height) / 2, width, height)
        pair = current_tokens().chips[view.state_tone]
        fill_rounded_rect(painter, pill, height / 2, QColor(pair.background))
        painter.setFont(font)
        painter.setPen(QColor(pair.text))
        draw_text(painter, pill, Qt.AlignmentFlag.AlignCenter, view.state_label)
        rest = self._remaining_rect(box, width + fonts.scaled(8), at_end=True)
        if view.is_favourite:
            size = fonts.scaled(14)
            star = icon_pixmap("star-filled", theme_color("warn"), size, self.devicePixelRatioF())
            left = rest.right() - size + 1 if self.isRightToLeft() else rest.left()
            painter.drawPixmap(left, rest.top() + (rest.height() - size) // 2, star)
            rest = self._remaining_rect(rest, size + fonts.scaled(5), at_end=False)
        painter.setFont(fonts.font(weight=QFont.Weight.DemiBold))
        painter.setPen(theme_color("text"))
        title = painter.fontMetrics().elidedText(view.title, _ELIDE, rest.width())
        draw_text(painter, rest, _LEADING, title)

    def _paint_direction_line(self, painter: QPainter, box: QRect) -> None:
        view = self._view
        painter.setFont(fonts.font())
        metrics, gap, size = painter.fontMetrics(), fonts.scaled(8), fonts.scaled(14)
        # The target keeps at most two fifths, so that the source is never cut to nothing.
        target = min(metrics.horizontalAdvance(view.target), box.width() * 2 // 5)
        room = box.width() - target - size - 2 * gap
        source = metrics.elidedText(view.source, _ELIDE, room)
        painter.setPen(theme_color("muted"))
        draw_text(painter, box, _LEADING, source)
        past = metrics.horizontalAdvance(source) + gap
        rest = self._remaining_rect(box, past, at_end=False)
        arrow = icon_pixmap("arrow-right", theme_color("accent"), size, self.devicePixelRatioF())
        left = rest.right() - size + 1 if self.isRightToLeft() else rest.left()
        painter.drawPixmap(left, rest.top() + (rest.height() - size) // 2, arrow)
        rest = self._remaining_rect(rest, size + gap, at_end=False)
        draw_text(painter, rest, _LEADING, metrics.elidedText(view.target, _ELIDE, rest.width()))

    def _paint_status_line(self, painter: QPainter, box: QRect) -> None:
        view = self._view
        painter.setFont(fonts.font(11))
        metrics = painter.fontMetrics()
        last, following = status_texts(view, metrics, box.width(), fonts.scaled(8))
        painter.setPen(theme_color("muted"))
        draw_text(painter, box, _TRAILING, following)
        painter.setPen(theme_color("text"))
        draw_text(painter, box, _LEADING, last)

    def _remaining_rect(self, box: QRect, width: int, *, at_end: bool) -> QRect:
        """Return the rest of a sync card's line beside something `width` px wide."""
        if at_end != self.isRightToLeft():
            return box.adjusted(0, 0, -width, 0)
        return box.adjusted(width, 0, 0, 0)


def status_texts(
    view: SyncCardView, metrics: QFontMetrics, width: int, gap: int
) -> tuple[str, str]:
    """Return a sync card's texts of last and next run, as much as goes into `width` px.

    What waits for a person is never cut before anything else; then the next run is.
    """
    # With the sign that there is more.
    urgent = (
        view.urgent_text
        if view.urgent_text in ("", view.last_run_text)
        else f"{view.urgent_text}, …"
    )
    after = metrics.horizontalAdvance(view.next_run_text)
    if metrics.horizontalAdvance(urgent) + 1 + gap + after > width:
        return _drop_parts_to_fit(view.last_run_text, metrics, width), ""
    return _drop_parts_to_fit(view.last_run_text, metrics, width - after - gap), view.next_run_text


def _drop_parts_to_fit(text: str, metrics: QFontMetrics, width: int) -> str:
    """Shorten a sync card's text by whole parts: a cut number reads as another number."""
    parts, shown = text.split(", "), text
    while len(parts) > 1 and metrics.horizontalAdvance(shown) > width:
        del parts[-1]
        shown = f"{', '.join(parts)}, …"
    return metrics.elidedText(shown, _ELIDE, width)
