"""Breaks the text of a button or check box into lines where it is wider than its room."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QSizePolicy

from desktop.panels.theme.text_direction import isolate
from desktop.panels.widgets.button import Button

if TYPE_CHECKING:
    _Base = QAbstractButton
else:
    _Base = object


def wrap_words(text: str, metrics: QFontMetrics, width: int) -> str:
    """Break a text between words into lines of at most `width` px, where that is possible."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and metrics.horizontalAdvance(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


class WrappedTextMixin(_Base):
    """Mixin of a button with a text as long as a sentence: it takes several lines where it must.

    It wants the width of the whole text, and needs that of its longest word.
    """

    _whole_text = ""

    def let_wrap(self) -> None:
        """Let the layout make the button narrower than its text; Qt's buttons refuse that."""
        policy = self.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Preferred)
        self.setSizePolicy(policy)

    def show_whole_text(self, text: str) -> None:
        """Show a text, in one line where there is room."""
        self._whole_text = text
        self._show(text)
        if self.isVisible():
            self._wrap()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self._padding(hint) + self._width_of(self._whole_text), hint.height())

    def minimumSizeHint(self) -> QSize:
        hint = super().sizeHint()
        widest = max(map(self._width_of, self._whole_text.split(" ")), default=0)
        return QSize(self._padding(hint) + widest, hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._wrap()

    def _wrap(self) -> None:
        room = self.width() - self._padding(super().sizeHint())
        wrapped = wrap_words(self._whole_text, self.fontMetrics(), room)
        self._show(self._whole_text if "\n" not in wrapped else wrapped)

    def _show(self, text: str) -> None:
        shown = isolate(text.replace("&", "&&"))
        if shown != self.text():
            super().setText(shown)

    def _padding(self, hint: QSize) -> int:
        return hint.width() - self.fontMetrics().size(0, self.text()).width()

    def _width_of(self, text: str) -> int:
        return self.fontMetrics().size(0, text).width()


class WrappedCheckBox(WrappedTextMixin, QCheckBox):
    """A QCheckBox whose sentence is broken into lines in a narrow form."""


class WrappedButton(WrappedTextMixin, Button):
    """A push button whose text is broken into lines in a narrow column."""

    def set_text(self, text: str) -> None:
        """Show the button's text, in several lines where it must."""
        super().set_text(text)
        self.show_whole_text(text)
