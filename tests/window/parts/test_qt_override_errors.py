"""An exception of C code in an override of a Qt method is an exception, and no end of the process.

In processes of their own, since one of them is to end by a segmentation fault.
"""

import signal
import subprocess
import sys

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject

import desktop.panels  # noqa: F401 - guards the classes below

_SCRIPT = """
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget
class Filter(QObject):
    def eventFilter(self, watched, event):
        int("x")
app = QApplication([])
filter = Filter()
app.installEventFilter(filter)
QWidget()
"""


def _run(script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )


def test_error_of_c_code_in_override_is_raised() -> None:
    done = _run(f"import desktop.panels\n{_SCRIPT}")
    assert done.returncode == 1
    assert "ValueError" in done.stderr


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="exceptions are whole from the beginning")
def test_error_of_c_code_in_unguarded_override_ends_process() -> None:
    """Negative control: once this fails, the guard is no longer needed."""
    assert _run(_SCRIPT).returncode == -signal.SIGSEGV


def test_override_is_called_as_ever_and_other_methods_are_left_alone() -> None:
    class Numbers(QAbstractListModel):
        def rowCount(self, parent: QModelIndex | None = None) -> int:
            """Rows."""
            return 3 if parent is None else 0

        def plain(self) -> QObject:
            return self

    model = Numbers()
    assert (model.rowCount(), model.rowCount(parent=QModelIndex())) == (3, 0)
    assert model.rowCount.__doc__ == "Rows."
    assert hasattr(Numbers.rowCount, "__wrapped__")
    assert not hasattr(Numbers.plain, "__wrapped__")
