"""Many changes at once: layouts wait until all are made, instead of following each of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QLayout, QWidget


@contextmanager
def laid_out_at_once(widget: QWidget) -> Iterator[None]:
    """Within, nothing below `widget` is laid out; afterwards it is, before the next painting.

    Qt lays the whole window out for each widget that is shown in it.
    """
    still = [layout for layout in widget.findChildren(QLayout) if layout.isEnabled()]
    for layout in still:
        layout.setEnabled(False)
    try:
        yield
    finally:
        for layout in still:
            layout.setEnabled(True)
