"""A widget that is laid out once after many changes, and completely."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.batched_layout import batch_layout


def test_widget_changed_while_hidden_and_shown_in_a_batch_is_laid_out(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    content, late = QWidget(), QLabel("below")
    inner = QVBoxLayout(content)
    inner.addWidget(QLabel("above"))
    QVBoxLayout(page).addWidget(content)
    page.resize(200, 200)
    page.show()
    content.hide()
    inner.addWidget(late)
    # The request for a layout arrives while the widget is hidden.
    QCoreApplication.sendPostedEvents()
    with batch_layout(page):
        late.show()
        content.show()
    assert late.y() > 0
    assert late.width() > 100


def test_batch_takes_widgets_in_one_by_one(qtbot: QtBot) -> None:
    page, held, other = QWidget(), QWidget(), QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    for part in (held, other):
        QVBoxLayout(part)
        column.addWidget(part)
    page.show()
    with batch_layout() as hold:
        hold(held)
        held_layout, other_layout = held.layout(), other.layout()
        assert held_layout is not None
        assert other_layout is not None
        assert not held_layout.isEnabled()
        assert other_layout.isEnabled()
        late = QLabel("late")
        held_layout.addWidget(late)
        late.show()
    assert held_layout.isEnabled()
    assert late.width() > 0
    assert late.height() > 0
