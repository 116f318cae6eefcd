"""A compact form in a narrow card: each control is as high as it needs to be."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
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
    boxes = [row.control for row in form.rows.values()]
    qtbot.waitUntil(lambda: all(b.height() >= b.minimumSizeHint().height() for b in boxes))
    for row in form.rows.values():
        assert row.control.geometry().bottom() <= row.height()
    rows = list(form.rows.values())
    for above, below in pairwise(rows):
        assert below.y() >= above.y() + above.control.height()


@pytest.mark.parametrize("mirrored", [False, True])
def test_check_boxes_begin_where_the_other_controls_do(mirrored: bool, qtbot: QtBot) -> None:
    form = Form(FIELDS, FormLayout.COMPACT)
    qtbot.addWidget(form)
    if mirrored:
        form.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    form.resize(700, 200)
    form.show()
    # A label becomes longer once its values are known, and the column of labels with it.
    form.rows["email"].text_label.setText("E-mail to whoever looks after this")
    check_box, field = form.rows["here"].control, form.rows["email"].control

    def are_aligned() -> bool:
        box, line = check_box.mapTo(form, QPoint()), field.mapTo(form, QPoint())
        if not mirrored:
            return box.x() == line.x() > form.rows["email"].text_label.width()
        return box.x() + check_box.width() == line.x() + field.width() < form.width() - 100

    qtbot.waitUntil(are_aligned)
