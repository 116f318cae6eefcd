"""Every text on a panel: plain text always. The only place that may construct a QLabel."""

from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QWidget

from desktop.panels.parts.restyle import restyle
from desktop.panels.parts.tip import set_tip, tip_text

Variant = Literal["text", "muted", "small", "note", "title", "strong", "heading", "figure"]
Tone = Literal["text", "muted", "accent", "ok", "warn", "bad"]

_ELLIPSIS = "…"
_LONGEST = 4_000  # no panel shows more, and laying out megabytes would freeze the window
_QUIET: tuple[str, ...] = ("muted", "small", "note")


class PlainLabel(QLabel):
    """A label that shows what it is given as typed, whatever it looks like."""

    def __init__(
        self,
        text: str = "",
        variant: Variant = "text",
        *,
        tone: Tone | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setOpenExternalLinks(False)
        self.setProperty("variant", variant)
        self.setProperty("tone", tone or ("muted" if variant in _QUIET else "text"))
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text, cut where no panel would show more."""
        super().setText(text if len(text) <= _LONGEST else text[:_LONGEST] + _ELLIPSIS)

    def set_tone(self, tone: Tone) -> None:
        """Colour the text; the words must say the same."""
        restyle(self, tone=tone)

    def set_variant(self, variant: Variant) -> None:
        """Change size and weight."""
        restyle(self, variant=variant)


class ElidedLabel(PlainLabel):
    """One line that ends in … where the room ends; the tool tip and screen readers have it all."""

    def __init__(
        self,
        text: str = "",
        variant: Variant = "text",
        *,
        tone: Tone | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._full = self._told = self._tip = ""
        self._advance = -1  # width of the whole text in this font
        self._hints: tuple[QSize, QSize] | None = None  # asked for many times in every layout
        self._line = -1  # height of one line in it
        self._fitted: tuple[str, int, str] | None = None  # what was cut last, to what room
        super().__init__("", variant, tone=tone, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def full_text(self) -> str:
        """Return the whole text, shown or not."""
        return self._full

    def setText(self, text: str) -> None:
        """Show a text on one line."""
        # A line break would hide the rest without a sign.
        whole = " ".join(text.split("\n")) if "\n" in text else text
        if whole == self._full and self._advance >= 0:
            return
        self._full = whole
        self._advance = -1
        self._hints = None
        self.setAccessibleName(self._full)
        self.updateGeometry()
        self._fit()

    def set_tip(self, text: str) -> None:
        """Add what the tool tip says besides the whole text (an absolute time, a tag's name)."""
        if text == self._tip:
            return
        self._tip = text
        self.setAccessibleDescription(text)
        self._fit()

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        if self._hints is None:
            self._hints = self._measured()
        return self._hints[0]

    def minimumSizeHint(self) -> QSize:
        """Room for a first word or so; a short text is not cut."""
        if self._hints is None:
            self._hints = self._measured()
        return self._hints[1]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Cut for the first time."""
        super().showEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Cut anew in another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._advance = self._line = -1
            self._hints = None
            self._fitted = None
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the whole text where a cut one is selected to its end."""
        if event.matches(QKeySequence.StandardKey.Copy) and _ELLIPSIS in self.selectedText():
            QApplication.clipboard().setText(self._full)
            event.accept()
            return
        super().keyPressEvent(event)

    def _measured(self) -> tuple[QSize, QSize]:
        if self._line < 0:
            # First of all: it polishes, and only then the font is the right one.
            self._line = super().sizeHint().height()
        metrics = self.fontMetrics()
        if self._advance < 0:
            self._advance = metrics.horizontalAdvance(self._full[:_LONGEST])
        width = self._advance + self._spare() + 1
        # Its height is the hint's: Qt would measure the text once more to find that out.
        least = min(metrics.averageCharWidth() * 4, width)
        return QSize(width, self._line), QSize(least, self._line)

    def _spare(self) -> int:
        margins = self.contentsMargins()
        return margins.left() + margins.right() + 2 * self.margin()

    def _fit(self) -> None:
        if not self.isVisible():
            # Cut once when shown, not at every font and size on the way there.
            self._fitted = None
            if self.text() != self._full:
                super().setText(self._full)
            return
        room = self.width() - self._spare()
        fitted = (self._full, room, self._tip)
        if fitted == self._fitted:
            return
        self._fitted = fitted
        if self._advance < 0:
            self._advance = self.fontMetrics().horizontalAdvance(self._full[:_LONGEST])
        if 0 <= self._advance <= room and len(self._full) <= _LONGEST:
            shown = self._full
        else:
            shown = self.fontMetrics().elidedText(
                self._full[:_LONGEST], Qt.TextElideMode.ElideRight, max(room, 0)
            )
        if shown != self.text():
            super().setText(shown)
        lines = [self._full if shown != self._full else "", self._tip]
        told = "\n".join(line for line in lines if line)
        if told != self._told:
            self._told = told
            self.setToolTip(tip_text(told))


def label(
    text: str = "",
    variant: Variant = "text",
    *,
    tone: Tone | None = None,
    wrap: bool = False,
    selectable: bool = False,
    tip: str = "",
    parent: QWidget | None = None,
) -> PlainLabel:
    """Make a label."""
    made = PlainLabel(text, variant, tone=tone, parent=parent)
    made.setWordWrap(wrap)
    if selectable:
        make_selectable(made)
    if tip:
        set_tip(made, tip)
    return made


def elided(
    text: str = "",
    variant: Variant = "text",
    *,
    tone: Tone | None = None,
    selectable: bool = False,
    align_right: bool = False,
    parent: QWidget | None = None,
) -> ElidedLabel:
    """Make a one-line label that may end in …."""
    made = ElidedLabel(text, variant, tone=tone, parent=parent)
    if selectable:
        make_selectable(made)
    if align_right:
        made.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return made


def make_selectable(made: PlainLabel) -> None:
    """Let the mouse select the text, and then the keyboard copy it; it is no stop for Tab."""
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    made.setCursor(Qt.CursorShape.IBeamCursor)
