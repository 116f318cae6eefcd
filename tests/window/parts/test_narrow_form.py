"""A compact form in a narrow card: each control is as high as it needs to be."""

from itertools import pairwise

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.card import Card
from desktop.panels.widgets.form import Form, FormLayout
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.form import FieldKind, FormField

FIELDS = (
    FormField("when", "When", FieldKind.CHOICE, choices=(("a", "When it needs attention"),)),
    FormField("here", "A notification on the computer that runs it", FieldKind.CHECK_BOX),
    FormField("email", "E-mail to"),
)


@pytest.mark.parametrize("width", [260, 320, 380, 700])
def test_controls_keep_their_height_where_a_row_wraps(width: int, qtbot: QtBot) -> None:
    form = Form(FIELDS, FormLayout.COMPACT, label_width=74, control_width=260)
    card = Card("Notifications")
    card.add(form)
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.addWidget(card)
    column.addStretch(1)
    area = wrap_in_scroll_area(inside)
    qtbot.addWidget(area)
    area.resize(width, 120)
    area.show()
    qtbot.wait(20)
    for row in form.rows.values():
        assert row.control.height() >= row.control.minimumSizeHint().height()
        assert row.control.geometry().bottom() <= row.height()
    rows = list(form.rows.values())
    for above, below in pairwise(rows):
        assert below.y() >= above.y() + above.control.height()
