"""Place toasts over the bottom of the window; none moves while it is shown."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.toast import Toast

_MAX_TOASTS = 3
BATCH_KEY = "batch"


class ToastManager(QObject):
    """Keeps up to three toasts and, above them, one that counts the rest as a batch."""

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
    ) -> None:
        super().__init__(host)
        self._host = host
        self._batch_text = batch_text
        self._batch_actions = batch_actions
        self._bottom = bottom
        self._slots: list[Toast | None] = [None] * _MAX_TOASTS
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
        """Say what was done; `seconds` is the undo time that the line shows (0: no line)."""
        self.close_toast(key)
        slot = next((i for i, held in enumerate(self._slots) if held is None), None)
        if slot is None:
            self._add_to_batch(key, seconds)
            return
        toast = Toast(key, message, actions, seconds=seconds, parent=self._host)
        toast.action_triggered.connect(self.action_triggered)
        toast.closed.connect(self._on_closed)
        self._slots[slot] = toast
        self._show(toast, message)

    def close_toast(self, key: str) -> None:
        """Take a toast away: what it offered is settled."""
        for toast in self._slots:
            if toast is not None and toast.key == key:
                toast.dismiss()

    def visible_toasts(self) -> list[Toast]:
        """Return what is shown, from the bottom up."""
        shown = [toast for toast in self._slots if toast is not None]
        return [*shown, self._batch] if self._batch is not None else shown

    def focus_newest(self) -> bool:
        """Put the keyboard on the newest toast; False if there is none."""
        shown = self.visible_toasts()
        if shown:
            shown[-1].focus_first_action()
        return bool(shown)

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
        self._show(toast, message)

    def _show(self, toast: Toast, message: str) -> None:
        self._position_toasts()
        toast.show()
        toast.raise_()
        announce(toast, message)

    def _position_toasts(self) -> None:
        # A free slot stays free until a new toast takes it: nothing moves under the pointer.
        gap = fonts.scaled(8)
        floor = self._host.height() - fonts.scaled(self._bottom)
        for toast in (*self._slots, self._batch):
            if toast is None:
                floor -= fonts.scaled(48) + gap
                continue
            toast.fit_width(self._host.width() - 2 * fonts.scaled(12))
            floor -= toast.height()
            toast.move((self._host.width() - toast.width()) // 2, floor)
            floor -= gap

    def _on_closed(self, key: str) -> None:
        for place, toast in enumerate(self._slots):
            if toast is not None and toast.key == key:
                self._slots[place] = None
        self.closed.emit(key)

    def _on_batch_triggered(self, _key: str, action: str) -> None:
        self.batch_triggered.emit(list(self._batch_keys), action)

    def _on_batch_closed(self, _key: str) -> None:
        self._batch = None
        keys, self._batch_keys = self._batch_keys, []
        for key in keys:
            self.closed.emit(key)
