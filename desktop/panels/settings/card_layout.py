"""Small layouts of these cards: a row, a note, a labelled control, a banner for an error."""

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.label import PlainLabel, label
from desktop.viewmodels.settings.error_message import ErrorMessage

# From here on a control stands at the right of its label, below it else.
_SIDE_BY_SIDE_MIN_WIDTH = 520
CONTROL_WIDTH = 300


def control_row(*items: QWidget | int, spacing: int = 8) -> QHBoxLayout:
    """Put widgets beside each other; a number stretches."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(fonts.scaled(spacing))
    for item in items:
        if isinstance(item, PlainLabel) and item.wordWrap():
            # A label that may wrap wraps as late as it can.
            made.addWidget(item, 1)
        elif isinstance(item, QWidget):
            made.addWidget(item)
        else:
            made.addStretch(item)
    return made


def small_note(text: str = "") -> PlainLabel:
    """A sentence in small print that wraps."""
    return label(text, "note", wrap=True)


def allow_full_height(widget: QWidget) -> None:
    """Let it be as high as its wrapped texts need: `Maximum` would cut them at their hint."""
    widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)


def set_tab_order_by_layout(part: QWidget) -> list[QWidget]:
    """Make Tab go as the eye does, by the order of the layouts; returns the stops."""
    stops = list(_tab_stops(part))
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)
    return stops


def first_usable_control(part: QWidget) -> QWidget | None:
    """Where the keyboard begins: the first control that shows and may be used."""
    return next((s for s in set_tab_order_by_layout(part) if s.isVisible() and s.isEnabled()), None)


def _tab_stops(part: QWidget) -> Iterator[QWidget]:
    if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.focusProxy() is None:
        yield part
    layout = part.layout()
    if layout is not None:
        yield from _layout_tab_stops(layout)


def _layout_tab_stops(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        widget, inner = (item.widget(), item.layout()) if item is not None else (None, None)
        if widget is not None:
            yield from _tab_stops(widget)
        elif inner is not None:
            yield from _layout_tab_stops(inner)


def show_error_banner(banner: Banner, error: ErrorMessage) -> None:
    """Say an error beside its cause, or take it away."""
    if error:
        banner.show_message("bad", error.title, error.message, error.hint)
    else:
        banner.clear()


class LabelledControl(QWidget):
    """A label with its help, the control, and below it the sentence for a refused value."""

    def __init__(self, text: str, help_: str, control: QWidget) -> None:
        super().__init__()
        self.text_label = label(text, wrap=True)
        self.help_label = small_note(help_)
        self.help_label.setVisible(bool(help_))
        self.error_label = small_note()
        self.error_label.set_tone("bad")
        self.error_label.hide()
        self.control = control
        texts = QVBoxLayout()
        texts.setSpacing(fonts.scaled(1))
        texts.addWidget(self.text_label)
        texts.addWidget(self.help_label)
        texts.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(fonts.scaled(2))
        right.addWidget(control)
        right.addWidget(self.error_label)
        right.addStretch(1)
        self._row = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._row.setContentsMargins(0, fonts.scaled(4), 0, fonts.scaled(4))
        self._row.setSpacing(fonts.scaled(4))
        self._row.addLayout(texts, 1)
        self._row.addLayout(right, 0)
        allow_full_height(self)
        self.text_label.setBuddy(control)

    def set_error(self, sentence: str) -> None:
        """Show or clear the sentence below the control."""
        self.error_label.setText(sentence)
        self.error_label.setVisible(bool(sentence))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside each other where there is room."""
        super().resizeEvent(event)
        # A switch is small enough to stand at the right always.
        small = self.control.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Fixed
        side = small or (self.width() >= _SIDE_BY_SIDE_MIN_WIDTH * fonts.scale())
        wanted = QBoxLayout.Direction.LeftToRight if side else QBoxLayout.Direction.TopToBottom
        width = fonts.scaled(CONTROL_WIDTH)
        self._row.setDirection(wanted)
        self._row.setSpacing(fonts.scaled(24 if side else 4))
        if not small:
            self.control.setMinimumWidth(width if side else 0)
            self.control.setMaximumWidth(width if side else 16_777_215)
        self.error_label.setMaximumWidth(width if side else 16_777_215)
        if small:
            item = self._row.itemAt(1)
            right = item.layout() if item is not None else None
            if right is not None:
                right.setAlignment(self.control, Qt.AlignmentFlag.AlignTrailing)
