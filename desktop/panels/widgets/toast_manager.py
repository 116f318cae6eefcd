"""Stack toasts over the bottom of the window; none moves while the pointer is on one."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Signal
from PySide6.QtWidgets import QAbstractButton, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.toast import Toast

_MAX_TOASTS = 3
# Where the stack may stand: the share of the free width that is left of it, the usual one first.
_CENTRE, _RIGHT, _LEFT = 0.5, 1.0, 0.0
# px at the base font: three toasts with a customer's name, Undo and Add note. Later ones join the
# first in its place, however wide they are.
_STACK_SIZE = (540, 150)
BATCH_KEY = "batch"


class ToastManager(QObject):
    """Keeps up to three toasts over the window and, above them, one that counts the rest."""

    action_triggered = Signal(str, str)  # toast key, action key
    batch_triggered = Signal(list, str)  # keys of the batch, action key
    closed = Signal(str)

    def __init__(
        self,
        host: QWidget,
        batch_text: Callable[[int], str],
        batch_actions: Sequence[tuple[str, str]],
        *,
        bottom: int = 30,
        covered_height: Callable[[], int] = lambda: 0,
    ) -> None:
        """`covered_height`: px above the bottom that the host's banner covers now."""
        super().__init__(host)
        self._covered_height = covered_height
        self._host = host
        self._batch_text = batch_text
        self._batch_actions = batch_actions
        self._bottom = bottom
        self._free_place = _CENTRE
        self._toasts: list[Toast] = []  # from the bottom up: the oldest first
        self._batch: Toast | None = None
        self._batch_keys: list[str] = []
        host.installEventFilter(self)

    def show_toast(
        self,
        key: str,
        message: str,
        actions: Sequence[tuple[str, str]] = (),
        *,
        seconds: float = 10.0,
    ) -> None:
        """Show a toast of what was done; `seconds` is the undo time of its line (0: no line)."""
        self.close_toast(key)
        # Above a batch, a newer toast would say less than one that is in it.
        if len(self._toasts) == _MAX_TOASTS or self._batch is not None:
            self._add_to_batch(key, seconds)
            # “1 more change” would not tell whoever cannot see the control what was changed.
            announce(self._host, message)
            return
        toast = Toast(key, message, actions, seconds=seconds, parent=self._host)
        toast.action_triggered.connect(self.action_triggered)
        toast.closed.connect(self._on_closed)
        self._toasts.append(toast)
        self._show(toast)
        announce(toast, message)

    def close_toast(self, key: str) -> None:
        """Close a toast, or its part of the batch: what it offered is settled."""
        for toast in list(self._toasts):
            if toast.key == key:
                toast.dismiss()
        if key in self._batch_keys and self._batch is not None:
            self._batch_keys.remove(key)
            self.closed.emit(key)
            if self._batch_keys:
                self._batch.set_message(self._batch_text(len(self._batch_keys)), restarts=False)
            else:
                self._batch.dismiss()

    def visible_toasts(self) -> list[Toast]:
        """Return the toasts that are shown, from the bottom up."""
        return [*self._toasts, self._batch] if self._batch is not None else list(self._toasts)

    def newest_key(self) -> str:
        """Return the key of the newest toast, which may be one of the batch; empty: none."""
        keys = self._batch_keys or [toast.key for toast in self._toasts]
        return keys[-1] if keys else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._host:
            self._position_toasts()
        return False

    def _add_to_batch(self, key: str, seconds: float) -> None:
        self._batch_keys.append(key)
        message = self._batch_text(len(self._batch_keys))
        if self._batch is not None:
            self._batch.set_message(message)
            return
        toast = Toast(BATCH_KEY, message, self._batch_actions, seconds=seconds, parent=self._host)
        toast.action_triggered.connect(self._on_batch_triggered)
        toast.closed.connect(self._on_batch_closed)
        self._batch = toast
        self._show(toast)

    def _show(self, toast: Toast) -> None:
        toast.pointer_left.connect(self._position_toasts)
        # A stack that is shown already stays in its place.
        if len(self.visible_toasts()) == 1:
            self._free_place = min((_CENTRE, _RIGHT, _LEFT), key=self._count_covered_buttons)
        self._place(toast)
        self._position_toasts()
        toast.show()
        toast.raise_()

    def _position_toasts(self) -> None:
        # Nothing moves under the pointer: a gap closes once it has left.
        if any(toast.isVisible() and toast.underMouse() for toast in self.visible_toasts()):
            return
        for toast in self.visible_toasts():
            self._place(toast)

    def _place(self, toast: Toast) -> None:
        """Place a toast over the window on those below it."""
        toast.fit_width(self._host.width() - 2 * fonts.scaled(12))
        shown = self.visible_toasts()
        below = shown[: shown.index(toast)]
        floor = below[-1].y() if below else self._floor()
        gap = fonts.scaled(8) if below else 0
        left = self._left_edge(self._free_place, toast.width())
        toast.move(left, floor - gap - toast.height())

    def _floor(self) -> int:
        return self._host.height() - fonts.scaled(self._bottom) - self._covered_height()

    def _left_edge(self, place: float, width: int) -> int:
        margin = fonts.scaled(12)
        return margin + round((self._host.width() - 2 * margin - width) * place)

    def _count_covered_buttons(self, place: float) -> int:
        """Count the window's buttons, links and switches that a stack of toasts would cover."""
        width, height = (fonts.scaled(each) for each in _STACK_SIZE)
        top = self._floor() - height
        area = QRect(self._left_edge(place, width), top, width, height)
        covered = 0
        for button in self._host.findChildren(QAbstractButton):
            shown = button.visibleRegion()
            if button.isVisible() and not isinstance(button.parentWidget(), Toast):
                covered += shown.translated(button.mapTo(self._host, QPoint())).intersects(area)
        return covered

    def _on_closed(self, key: str) -> None:
        self._toasts = [toast for toast in self._toasts if toast.key != key]
        self._position_toasts()
        self.closed.emit(key)

    def _on_batch_triggered(self, _key: str, action: str) -> None:
        self.batch_triggered.emit(list(self._batch_keys), action)

    def _on_batch_closed(self, _key: str) -> None:
        self._batch = None
        self._position_toasts()
        keys, self._batch_keys = self._batch_keys, []
        for key in keys:
            self.closed.emit(key)
