"""The status bar of the window: each service's state beside a dot, notes at the right."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens, theme_color
from desktop.panels.widgets.shape_painting import create_painter, draw_focus_ring, draw_text
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.tone import ServiceDot, Tone

_DOT_TONES: dict[ServiceDot, Tone] = {
    "live": "ok",
    "slow": "warn",
    "offline": "bad",
    "signed_out": "bad",
    "unknown": "muted",
}
_HOLLOW_DOTS = ("offline", "signed_out", "unknown")
_GAP, _NARROW_GAP = 28, 14  # px at the base font; the lesser where not everything fits
# A full dot says so too, where there is no room for the word.
_LIVE_WORD = " live"


class StatusBar(QFrame):
    """Widget of the window's status bar; every part is a button that leads to its details."""

    clicked = Signal(str)  # the key of the service or note

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: dict[str, StatusItem] = {}
        self._optional_keys: set[str] = set()
        self.setAccessibleName(name)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 2, 0, 2)
        self._row.setSpacing(fonts.scaled(_GAP))
        self._row.addStretch(1)
        self._left = 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_service(self, key: str, text: str, state: ServiceDot, tip: str = "") -> None:
        """Draw a service's part of the status bar, for instance "Sailthru offline since 10:31"."""
        if key not in self._items:
            self._add(key, self._left)
            self._left += 1
        self._items[key].set_text(text, _DOT_TONES[state], dot=state, tip=tip)
        self._hide_what_does_not_fit()

    def set_note(
        self, key: str, text: str, tone: Tone = "muted", tip: str = "", *, optional: bool = False
    ) -> None:
        """Draw a note in the status bar; an empty text removes it, `optional` ones may yield."""
        if key not in self._items:
            if not text:
                return
            self._add(key, self._row.count())
        item = self._items[key]
        item.set_text(text, tone, dot=None, tip=tip)
        item.setVisible(bool(text))
        if optional:
            self._optional_keys.add(key)
        self._hide_what_does_not_fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hide_what_does_not_fit()

    def _hide_what_does_not_fit(self) -> None:
        shown = [item for item in self._items.values() if item.accessibleName()]
        wanted = sum(item.sizeHint().width() for item in shown)
        wanted += fonts.scaled(_GAP) * max(0, len(shown) - 1)
        self._row.setSpacing(fonts.scaled(_GAP if wanted <= self.width() else _NARROW_GAP))
        for key in self._optional_keys:
            item = self._items[key]
            item.setVisible(bool(item.accessibleName()) and wanted <= self.width())

    def item(self, key: str) -> "StatusItem":
        """Return the status bar's button of a service or note by its key."""
        return self._items[key]

    def _add(self, key: str, place: int) -> None:
        item = StatusItem(key, self)
        item.picked.connect(self.clicked)
        self._items[key] = item
        self._row.insertWidget(place, item)


class StatusItem(QAbstractButton):
    """A flat button of the status bar: a dot, for services, and words."""

    picked = Signal(str)

    def __init__(self, key: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._key = key
        self._tone: Tone = "muted"
        self._dot: ServiceDot | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._on_clicked)

    def set_text(self, text: str, tone: Tone, *, dot: ServiceDot | None, tip: str) -> None:
        """Draw a status bar part's text and dot; the text is the accessible name."""
        self.setText(text.replace("&", "&&"))
        self.setAccessibleName(text)
        self._tone, self._dot = tone, dot
        set_tooltip(self, tip)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        # At least 24 px high: WCAG 2.2 asks for targets of that size.
        width = QFontMetrics(fonts.font(12)).horizontalAdvance(self.accessibleName())
        return QSize(width + self._text_left() + 4, max(fonts.scaled(24), 24))

    def minimumSizeHint(self) -> QSize:
        # A note gives way before the name of a service.
        width = fonts.scaled(24)
        if self._dot is not None:
            metrics = QFontMetrics(fonts.font(12))
            longest = metrics.horizontalAdvance("Zendesk Sell")
            width = min(metrics.horizontalAdvance(self._short_text()), longest) + 4
        return QSize(self._text_left() + width, self.sizeHint().height())

    def shown_text(self) -> str:
        """Return what is drawn of the text: all of it, a service's name, or its beginning."""
        metrics, text = QFontMetrics(fonts.font(12)), self.accessibleName()
        if metrics.horizontalAdvance(text) > self._text_room():
            elide = Qt.TextElideMode.ElideRight
            text = metrics.elidedText(self._short_text(), elide, self._text_room())
        return text

    def _text_room(self) -> int:
        return self.width() - self._text_left() - 2

    def _short_text(self) -> str:
        text = self.accessibleName()
        return text.removesuffix(_LIVE_WORD) if self._dot == "live" else text

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        colors = current_tokens()
        middle = self.height() / 2
        rtl = self.isRightToLeft()
        if self._dot is not None:
            x = fonts.scaled(8)
            center = QPointF(self.width() - x if rtl else x, middle)
            ink = theme_color(_DOT_TONES[self._dot])
            radius = fonts.scaled(8) / 2
            if self._dot in _HOLLOW_DOTS:
                # A ring, not a disc: told apart without colour.
                painter.setPen(QPen(ink, 1.6))
                painter.drawEllipse(center, radius - 0.6, radius - 0.6)
            else:
                painter.setBrush(ink)
                painter.drawEllipse(center, radius, radius)
        # What is well stays quiet; what is not is said in the tone's colour.
        quiet = self._dot in ("live", "unknown")
        small = fonts.font(12)
        painter.setFont(small)
        painter.setPen(theme_color("muted") if quiet else colors.tone(self._tone))
        left = self._text_left()
        room = self._text_room()
        text = self.shown_text()
        box = QRectF(2 if rtl else left, 0, room, self.height())
        # The painter mirrors the alignment by itself.
        draw_text(painter, box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        if self.hasFocus():
            draw_focus_ring(painter, QRectF(self.rect()), 5)

    def _text_left(self) -> int:
        return fonts.scaled(18) if self._dot is not None else 4

    def _on_clicked(self) -> None:
        self.picked.emit(self._key)
