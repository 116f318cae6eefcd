"""A toast: says at the bottom of the window what was done, and offers Undo."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QStyle, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.shape_painting import create_painter, fill_rounded_rect

# Long enough to be read and reached by keyboard, whatever the undo time.
MIN_DISPLAY_MS = 8_000
_TICK_MS = 100
_REDUCED_MOTION_TICK_MS = 1_000


# Actions beside Undo: the toast, and the time to undo, go on after them.
STAYS_FOR = frozenset({"note"})


class Toast(QFrame):
    """Toast widget: one message with buttons; ToastManager makes, places and keeps them."""

    action_triggered = Signal(str, str)  # the toast's key, the action's key
    closed = Signal(str)
    pointer_left = Signal()

    def __init__(
        self,
        key: str,
        message: str,
        actions: Sequence[tuple[str, str]],
        *,
        seconds: float,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.key = key
        self._actions: dict[LinkButton, str] = {}
        self._undo_ms = max(round(seconds * 1000), 0)
        self._display_ms = max(self._undo_ms, MIN_DISPLAY_MS)
        self._is_closed = False
        self._message = message
        # What is counted down; a screen reader hears it once, in the accessible name.
        self._undo_words = f"in {seconds:.0f} s" if self._undo_ms else ""
        self.setAccessibleName(message)
        self.message_label = label(message, wrap=True)
        self._row = QHBoxLayout()
        self._row.setSpacing(fonts.scaled(16))
        self._row.addWidget(self.message_label, 1)
        self._countdown_bar = UndoCountdownBar(self)
        self._countdown_bar.setVisible(self._undo_ms > 0)
        self._column = column = QVBoxLayout(self)
        side = fonts.scaled(15)
        column.setContentsMargins(side, fonts.scaled(9), side, fonts.scaled(7))
        column.setSpacing(fonts.scaled(6))
        column.addLayout(self._row)
        column.addWidget(self._countdown_bar)
        for action_key, text in actions:
            self._add_action(action_key, text)
        self._elapsed = QElapsedTimer()
        self._elapsed.start()
        self._timer = QTimer(self)
        # Where the system wants no motion the line steps once a second.
        calm = self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0
        self._timer.setInterval(_REDUCED_MOTION_TICK_MS if calm else _TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start()

    def set_message(self, message: str, *, restarts: bool = True) -> None:
        """Show another message in the same toast; a batch that grew starts its time again."""
        self._message = message
        self.setAccessibleName(message)
        if restarts:
            self._elapsed.restart()
        self._update_message()

    def undo_time_fraction(self) -> float:
        """Return the part of the toast's undo time that is left, 1 to 0."""
        if not self._undo_ms:
            return 0.0
        return max(1 - self._elapsed.elapsed() / self._undo_ms, 0.0)

    def is_held(self) -> bool:
        """Whether pointer or keyboard is on the toast: then it stays; the undo time goes on."""
        focus = self.focusWidget()
        return self.underMouse() or (focus is not None and focus.hasFocus())

    def fit_width(self, room: int) -> None:
        """Resize the toast for a window with `room` px of width."""
        self.ensurePolished()
        wide = (
            self.sizeHint().width() + self._message_width() - self.message_label.sizeHint().width()
        )
        width = min(max(wide, fonts.scaled(320)), room)
        height = self._column.totalHeightForWidth(width)
        self.resize(width, height if height > 0 else self.sizeHint().height())

    def dismiss(self) -> None:
        """Close the toast and emit that it went."""
        if not self._is_closed:
            self._is_closed = True
            self._timer.stop()
            self.hide()
            self.closed.emit(self.key)
            self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
            return
        super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointer_left.emit()
        # Under the pointer it stays; afterwards its time may be over.
        self._on_tick()

    def _add_action(self, key: str, text: str) -> None:
        button = LinkButton(text, name=text)
        button.clicked.connect(self._on_clicked)
        self._actions[button] = key
        self._row.addWidget(button)

    def _message_width(self) -> int:
        text = self.message_label.text()
        return min(self.message_label.fontMetrics().horizontalAdvance(text) + 4, fonts.scaled(420))

    def _on_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, LinkButton) and not self._is_closed:
            action = self._actions[button]
            self.action_triggered.emit(self.key, action)
            if action not in STAYS_FOR:
                self.dismiss()

    def _update_message(self) -> None:
        """Show the message with the seconds left in place of the whole undo time it names."""
        text = self._message
        if self._undo_words and self._undo_words in text:
            left = math.ceil((self._undo_ms - self._elapsed.elapsed()) / 1000)
            before, _, after = text.rpartition(self._undo_words)
            text = f"{before}{f'in {left} s' if left > 0 else 'now'}{after}"
        if text != self.message_label.text():
            self.message_label.setText(text)

    def _on_tick(self) -> None:
        self._update_message()
        self._countdown_bar.set_fraction(self.undo_time_fraction())
        if self._elapsed.elapsed() >= self._display_ms and not self.is_held():
            self.dismiss()


class UndoCountdownBar(QWidget):
    """The toast's undo time as a line that shrinks."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._fraction = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_fraction(self, part: float) -> None:
        """Draw how much of the toast's undo time is left, 1 to 0."""
        if round(part * self.width()) != round(self._fraction * self.width()):
            self.update()
        self._fraction = part

    def sizeHint(self) -> QSize:
        return QSize(10, max(fonts.scaled(2), 2))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box = QRectF(self.rect())
        fill_rounded_rect(painter, box, 1, theme_color("toast_line"))
        width = box.width() * self._fraction
        x = box.width() - width if self.isRightToLeft() else 0.0
        fill_rounded_rect(painter, QRectF(x, 0, width, box.height()), 1, theme_color("toast_link"))
