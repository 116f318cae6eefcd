"""A QObject in a cycle dies on Qt's thread, whichever thread allocates meanwhile."""

import gc
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop.app.gui_thread_garbage_collector import GuiThreadGarbageCollector

_ALLOCATED = 5_000  # containers, several times the threshold of the youngest generation


class _Cyclic(QObject):
    """Holds itself, and says on which thread it dies."""

    def __init__(self, died: Callable[[int], None]) -> None:
        super().__init__()
        self.itself = self
        self._died = died

    def __del__(self) -> None:
        self._died(threading.get_ident())


def _allocate_in_other_thread() -> tuple[int, list[list[int]]]:
    """Make enough containers for an automatic collection; return the thread, and keep them."""
    kept: list[list[int]] = []
    thread = threading.Thread(target=lambda: kept.extend([n] for n in range(_ALLOCATED)))
    thread.start()
    thread.join()
    return thread.ident or 0, kept


def test_cycle_with_qobject_dies_on_qt_thread(qtbot: QtBot) -> None:
    deaths: list[int] = []
    frozen = gc.get_freeze_count()
    collector = GuiThreadGarbageCollector(begin_after_ms=0)
    try:
        qtbot.waitUntil(lambda: gc.get_freeze_count() > frozen)
        _Cyclic(deaths.append)
        _other, kept = _allocate_in_other_thread()
        assert deaths == []
        qtbot.waitUntil(lambda: bool(deaths))
        assert deaths == [threading.get_ident()]
        del kept
    finally:
        collector.restore_automatic_collection()
        # As the tests have it from the beginning.
        gc.freeze()
    assert gc.isenabled()


def test_cycle_dies_on_other_thread_without_the_collector() -> None:
    """Negative control: what Python does by itself."""
    gc.collect()
    deaths: list[int] = []
    _Cyclic(deaths.append)
    other, _kept = _allocate_in_other_thread()
    assert deaths == [other]
