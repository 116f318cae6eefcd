"""Labels: always plain text. The only module that may construct a QLabel."""

from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QWidget
from shiboken6 import isValid

from desktop.panels.theme.current_theme import is_recoloring
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.tooltip import escape_tooltip, set_tooltip
from desktop.viewmodels.tone import Tone

LabelVariant = Literal["text", "muted", "small", "note", "title", "strong", "heading", "figure"]

_ELLIPSIS = "…"
_MAX_TEXT_LENGTH = 4_000  # no panel shows more, and laying out megabytes would freeze the window
# After these a text has another size.
_MEASURE_EVENTS = (QEvent.Type.FontChange, QEvent.Type.StyleChange)
_LEADING, _TRAILING = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_MUTED_VARIANTS: tuple[str, ...] = ("muted", "small", "note")


class PlainLabel(QLabel):
    """A QLabel that shows its text as typed: mark-up in a customer's name stays text."""

    def __init__(
        self,
        text: str = "",
        variant: LabelVariant = "text",
        *,
        tone: Tone | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._wrapped_heights: dict[int, int] = {}  # by width, of the text in this font
        self._is_selectable = self._has_text_control = self._is_trailing = False
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        # No text of a service may become a link that opens something.
        self.setOpenExternalLinks(False)
        self.setProperty("variant", variant)
        self.setProperty("tone", tone or ("muted" if variant in _MUTED_VARIANTS else "text"))
        self.setText(text)
        if self.isRightToLeft():
            self._align()

    def align_trailing(self) -> None:
        """Align the label's text at the end of its line: at the right, mirrored at the left."""
        self._is_trailing = True
        self._align()

    def _align(self) -> None:
        # Qt aligns by the text's direction: English would stand at the left of a mirrored window.
        if self.alignment() & Qt.AlignmentFlag.AlignHCenter:
            return
        at_right = self._is_trailing != self.isRightToLeft()
        side = _TRAILING if at_right else _LEADING
        vertical = self.alignment() & Qt.AlignmentFlag.AlignVertical_Mask
        self.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | vertical)

    def setText(self, text: str) -> None:
        """Show a text on the label, cut at a length that no panel has room for."""
        if len(text) > _MAX_TEXT_LENGTH:
            text = text[:_MAX_TEXT_LENGTH] + _ELLIPSIS
        if text == self.text():
            return
        self._wrapped_heights.clear()
        if self._has_text_control:
            self._use_text_control(False)
        super().setText(text)

    def set_tone(self, tone: Tone) -> None:
        """Colour the label's text by tone; the words must say the same."""
        set_style_properties(self, tone=tone)

    def make_selectable(self) -> None:
        """Let the mouse select the label's text and the keyboard copy it; it is no stop of Tab."""
        self._is_selectable = True
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        # The cursor is the only sign that a text can be selected.
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def heightForWidth(self, width: int) -> int:
        # A page asks for it several times in every layout, and Qt lays the text out each time.
        height = self._wrapped_heights.get(width)
        if height is None:
            height = self._wrapped_heights[width] = super().heightForWidth(width)
        return height

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # First of all: a change of theme sends four such events to each label of the window.
        if is_recoloring():
            return
        kind = event.type()
        if kind in _MEASURE_EVENTS:
            self._forget_measures()
        elif kind == QEvent.Type.LayoutDirectionChange:
            self._align()

    def _forget_measures(self) -> None:
        """Measure the label's text anew from now on: its font may be another."""
        self._wrapped_heights.clear()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._is_selectable:
            self._use_text_control(True)
        super().mousePressEvent(event)

    def setSelection(self, start: int, length: int) -> None:
        """Select a part of a selectable label's text, as QLabel does."""
        if self._is_selectable:
            self._use_text_control(True)
        super().setSelection(start, length)

    def _use_text_control(self, wanted: bool) -> None:
        if wanted == self._has_text_control:
            return
        self._has_text_control = wanted
        # With one Qt keeps a document of the text, which costs more than all the rest of the
        # label: it is made for the label that somebody selects in, until the text changes.
        flags = Qt.TextInteractionFlag
        self.setTextInteractionFlags(
            flags.TextSelectableByMouse if wanted else flags.NoTextInteraction
        )
        # Qt chooses one by the flags.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)


class WrappedLabel(PlainLabel):
    """A label of several lines that never gets less height than they need.

    A layout reckons the height of wrapped text by the width that it expects: inside a form's rows
    or beside other wrapped text that is wider than what the label gets, and lines would be cut.
    """

    def __init__(
        self,
        text: str = "",
        variant: LabelVariant = "text",
        *,
        tone: Tone | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._raised_height = 0  # px: the minimum that this label has set itself; 0: none
        super().__init__(text, variant, tone=tone, parent=parent)
        self.setWordWrap(True)

    def setText(self, text: str) -> None:
        """Show a text on the label, which takes the height it needs."""
        if text != self.text():
            self._set_raised_height(0)
        super().setText(text)
        if self.isVisible():
            self._check_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._check_height()

    def _forget_measures(self) -> None:
        super()._forget_measures()
        self._set_raised_height(0)

    def settle_height(self) -> None:
        """Take the height that the label's lines need, where the layouts around gave it less."""
        needed = self.heightForWidth(self.width())
        if self.height() < needed or self._raised_height > needed:
            self._set_raised_height(needed if self.height() < needed else 0)

    def _check_height(self) -> None:
        needed = self.heightForWidth(self.width())
        if self.height() < needed or self._raised_height > needed:
            # Once the layouts around have settled: most of them come to the right height.
            if not _unsettled_labels:
                QTimer.singleShot(0, _settle_labels)
            _unsettled_labels.append(self)

    def _set_raised_height(self, height: int) -> None:
        if height != self._raised_height:
            self._raised_height = height
            self.setMinimumHeight(height)


_unsettled_labels: list[WrappedLabel] = []


def _settle_labels() -> None:
    labels = dict.fromkeys(_unsettled_labels)
    _unsettled_labels.clear()
    for each in labels:
        if isValid(each):
            each.settle_height()


class ElidedLabel(PlainLabel):
    """A label cut with … where the room ends; tool tip and screen readers have it whole."""

    def __init__(
        self,
        text: str = "",
        variant: LabelVariant = "text",
        *,
        tone: Tone | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._full_text = self._shown_tooltip = self._tip = ""
        self._text_width = -1  # width of the whole text in this font
        self._size_hints: tuple[QSize, QSize] | None = None  # asked for many times in every layout
        # -1: not measured in this font yet
        self._line_height = -1  # height of one line in it
        self._last_elision: tuple[str, int] | None = None  # what was cut last, to what room
        super().__init__("", variant, tone=tone, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def full_text(self) -> str:
        """Return the label's whole text, also where it is cut on screen."""
        return self._full_text

    def setText(self, text: str) -> None:
        """Show a text on one line of the elided label."""
        # A line break would hide the rest without a sign.
        # Names and subjects of tickets may hold line breaks.
        whole = " ".join(text.split("\n")) if "\n" in text else text
        if whole == self._full_text and self._text_width >= 0:
            return
        self._full_text = whole
        self._text_width = -1
        self._size_hints = None
        # Screen readers would read the cut text otherwise.
        self.setAccessibleName(self._full_text)
        self.updateGeometry()
        self._elide()

    def set_tooltip(self, text: str) -> None:
        """Add to the elided label's tool tip, which says the whole text (an absolute time)."""
        if text == self._tip:
            return
        self._tip = text
        self.setAccessibleDescription(text)
        if self.isVisible():
            self._update_tooltip(self.text())

    def sizeHint(self) -> QSize:
        if self._size_hints is None:
            self._size_hints = self._measure_hints()
        return self._size_hints[0]

    def minimumSizeHint(self) -> QSize:
        # Room for a first word or so; a short text is not cut.
        if self._size_hints is None:
            self._size_hints = self._measure_hints()
        return self._size_hints[1]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._elide()

    def _forget_measures(self) -> None:
        super()._forget_measures()
        self._text_width = self._line_height = -1
        self._size_hints = None
        self._last_elision = None
        self._elide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Selected to its end, a cut text is copied whole.
        if event.matches(QKeySequence.StandardKey.Copy) and _ELLIPSIS in self.selectedText():
            QApplication.clipboard().setText(self._full_text)
            event.accept()
            return
        super().keyPressEvent(event)

    def _measure_hints(self) -> tuple[QSize, QSize]:
        if self._line_height < 0:
            # First of all: it polishes, and only then the font is the right one.
            self._line_height = super().sizeHint().height()
        metrics = self.fontMetrics()
        if self._text_width < 0:
            self._text_width = metrics.horizontalAdvance(self._full_text[:_MAX_TEXT_LENGTH])
        width = self._text_width + self._horizontal_margins() + 1
        # Its height is the hint's: Qt would measure the text once more to find that out.
        least = min(metrics.averageCharWidth() * 4, width)
        return QSize(width, self._line_height), QSize(least, self._line_height)

    def _horizontal_margins(self) -> int:
        return self.width() - self.contentsRect().width() + 2 * self.margin()

    def _elide(self) -> None:
        if not self.isVisible():
            # Cut once when shown, not at every font and size on the way there.
            self._last_elision = None
            if self.text() != self._full_text:
                super().setText(self._full_text)
            return
        room = self.width() - self._horizontal_margins()
        fitted = (self._full_text, room)
        if fitted == self._last_elision:
            return
        self._last_elision = fitted
        if self._text_width < 0:
            self._text_width = self.fontMetrics().horizontalAdvance(
                self._full_text[:_MAX_TEXT_LENGTH]
            )
        if 0 <= self._text_width <= room and len(self._full_text) <= _MAX_TEXT_LENGTH:
            shown = self._full_text
        else:
            shown = self.fontMetrics().elidedText(
                self._full_text[:_MAX_TEXT_LENGTH], Qt.TextElideMode.ElideRight, max(room, 0)
            )
        if shown != self.text():
            super().setText(shown)
        self._update_tooltip(shown)

    def _update_tooltip(self, shown: str) -> None:
        lines = [self._full_text if shown != self._full_text else "", self._tip]
        told = "\n".join(line for line in lines if line)
        if told != self._shown_tooltip:
            self._shown_tooltip = told
            self.setToolTip(escape_tooltip(told))
            # Else Qt would read the tool tip out, mark-up and all.
            self.setAccessibleDescription(self._tip or told)


def label(
    text: str = "",
    variant: LabelVariant = "text",
    *,
    tone: Tone | None = None,
    wrap: bool = False,
    selectable: bool = False,
    tip: str = "",
    parent: QWidget | None = None,
) -> PlainLabel:
    """Create a label widget of one or, with `wrap`, several lines."""
    kind = WrappedLabel if wrap else PlainLabel
    made = kind(text, variant, tone=tone, parent=parent)
    if selectable:
        made.make_selectable()
    if tip:
        set_tooltip(made, tip)
    return made


def elided_label(
    text: str = "",
    variant: LabelVariant = "text",
    *,
    tone: Tone | None = None,
    selectable: bool = False,
    align_right: bool = False,
    parent: QWidget | None = None,
) -> ElidedLabel:
    """Create a label widget of one line that may be cut with …."""
    made = ElidedLabel(text, variant, tone=tone, parent=parent)
    if selectable:
        made.make_selectable()
    if align_right:
        made.align_trailing()
    return made
