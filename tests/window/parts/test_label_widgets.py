"""Texts are shown as typed, cut with the whole in the tool tip, and found by screen readers."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

import desktop
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.key_value_table import KeyValueRow, KeyValueTable
from desktop.panels.widgets.label import ElidedLabel, LabelVariant, elided_label, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.text_field import TextField
from desktop.panels.widgets.tooltip import escape_tooltip, set_tooltip

HOSTILE = ["<img src=x>", "a < b and c > d", "<b>bold</b>", "R&D", "&amp;", "<a href='x'>y</a>"]


@pytest.mark.parametrize("text", HOSTILE)
def test_label_text_is_plain(qtbot: QtBot, text: str) -> None:
    for made in (label(text), elided_label(text), Chip(text)):
        qtbot.addWidget(made)
        made.resize(400, 24)
        assert made.textFormat() == Qt.TextFormat.PlainText
        assert made.text() == text
        interface = QAccessible.queryAccessibleInterface(made)
        assert interface.text(QAccessible.Text.Name) == text
        assert interface.role() == QAccessible.Role.StaticText


@pytest.mark.parametrize("text", HOSTILE)
def test_tool_tip_is_escaped_with_plain_description(qtbot: QtBot, text: str) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    set_tooltip(widget, text)
    assert "<img" not in widget.toolTip()
    assert "<b>" not in widget.toolTip()
    assert "<a" not in widget.toolTip()
    assert widget.accessibleDescription() == text
    # Always rich text, else Qt would show "&amp;" for "&".
    assert widget.toolTip().startswith("<qt>")


def test_tool_tip_empty_is_none() -> None:
    assert escape_tooltip("") == ""


def test_button_ampersand_is_shown(qtbot: QtBot) -> None:
    link = LinkButton("R&D")
    qtbot.addWidget(link)
    interface = QAccessible.queryAccessibleInterface(link)
    assert interface.text(QAccessible.Text.Name) == "R&D"
    assert interface.role() == QAccessible.Role.Button


def test_label_cut_keeps_full_text(qtbot: QtBot) -> None:
    text = "A subject that is a good deal longer than its column <b>"
    made = elided_label(text, selectable=True)
    qtbot.addWidget(made)
    made.resize(100, 20)
    made.show()
    assert made.text().endswith("…")
    assert made.full_text() == text
    assert made.toolTip() == escape_tooltip(text)
    assert QAccessible.queryAccessibleInterface(made).text(QAccessible.Text.Name) == text
    made.resize(800, 20)
    assert made.text() == text
    assert made.toolTip() == ""


def test_label_copy_of_cut_text_is_full(qtbot: QtBot) -> None:
    made = elided_label("maria.lopez@a-very-long-domain.example", selectable=True)
    qtbot.addWidget(made)
    made.resize(90, 20)
    made.show()
    made.setSelection(0, len(made.text()))
    QTest.keyClick(made, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "maria.lopez@a-very-long-domain.example"


def test_label_megabytes_are_not_laid_out(qtbot: QtBot) -> None:
    made = label("x" * 10_000_000)
    qtbot.addWidget(made)
    assert len(made.text()) < 5_000


def test_facts_are_accessible_and_updated_in_place(qtbot: QtBot) -> None:
    table = KeyValueTable("Engagement")
    qtbot.addWidget(table)
    table.resize(400, 100)
    table.set_rows([KeyValueRow("Last open", "today 08:12", "2 h", tip="21 Nov 2026 08:12")])
    table.show()
    name, value, note = table.row_cells(0)
    assert (name.text(), value.text(), note.text()) == ("Last open", "today 08:12", "2 h")
    assert "21 Nov 2026" in value.toolTip()
    table.set_rows([KeyValueRow("Last open", "never"), KeyValueRow("SMS", "", "opted in")])
    assert table.row_cells(0) == (name, value, note)
    assert isinstance(value, ElidedLabel)
    assert value.text() == "never"
    assert note.isHidden()
    assert table.row_cells(1)[2].isVisible()
    table.set_rows([])
    assert name.isHidden()


def test_fact_labels_longer_than_their_column_are_shown_whole(qtbot: QtBot) -> None:
    table = KeyValueTable("Engagement", label_width=40)
    qtbot.addWidget(table)
    table.resize(500, 100)
    table.set_rows([KeyValueRow("Last open", "never"), KeyValueRow("Text messages", "on")])
    table.show()
    labels = [table.row_cells(place)[0] for place in (0, 1)]
    assert [each.text() for each in labels] == ["Last open", "Text messages"]
    assert labels[0].width() == labels[1].width(), "in one column"
    table.resize(120, 100)
    assert labels[1].width() <= table.width() * 0.4 + 1, "the values keep most of the room"


def test_labels_are_made_by_factory_only() -> None:
    rooms = Path(desktop.__file__).parent
    makers = {
        path.relative_to(rooms).as_posix()
        for path in rooms.rglob("*.py")
        if "QLabel" in path.read_text("utf-8") and "stylesheet" not in path.name
    }
    assert makers <= {"panels/widgets/label.py"}


def test_label_selected_by_mouse_is_copied_until_its_text_changes(qtbot: QtBot) -> None:
    made = elided_label("maria@lopez.example", selectable=True)
    qtbot.addWidget(made)
    made.resize(300, 20)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(made, left, pos=QPoint(0, 10))
    QTest.mouseMove(made, QPoint(290, 10))
    QTest.mouseRelease(made, left, pos=QPoint(290, 10))
    assert made.selectedText() == "maria@lopez.example"
    assert made.hasFocus()
    assert made.focusPolicy() is Qt.FocusPolicy.ClickFocus
    QTest.keyClick(made, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "maria@lopez.example"
    made.setText("maria@lopez.example")
    assert made.hasSelectedText(), "the same text once more takes nothing away"
    made.setText("tom@old.example")
    assert not made.hasSelectedText()
    QTest.mouseDClick(made, left, pos=QPoint(5, 10))
    assert made.selectedText() == "tom"


@pytest.mark.parametrize("variant", ["text", "note", "heading"])
def test_label_looks_the_same_when_it_is_pressed(qtbot: QtBot, variant: LabelVariant) -> None:
    made = label("Several words that wrap, gjpqy", variant, wrap=True, selectable=True)
    qtbot.addWidget(made)
    made.resize(120, 80)
    made.show()
    before, height = made.grab().toImage(), made.heightForWidth(120)
    made.setSelection(0, 0)
    assert made.grab().toImage() == before
    other = label("Several words that wrap, gjpqy", variant, wrap=True)
    qtbot.addWidget(other)
    other.ensurePolished()
    assert other.heightForWidth(120) == height


def test_wrapped_label_height_follows_text_and_font(qtbot: QtBot) -> None:
    made = label("one two three four five six seven", wrap=True)
    qtbot.addWidget(made)
    made.show()
    first = made.heightForWidth(80)
    assert made.heightForWidth(400) < first
    made.setText("one")
    assert made.heightForWidth(80) < first
    made.setText("one two three four five six seven")
    assert made.heightForWidth(80) == first
    font = made.font()
    font.setPointSizeF(2 * font.pointSizeF())
    made.setFont(font)
    assert made.heightForWidth(80) > first


def test_wrapped_label_in_too_low_a_place_takes_its_height(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    column = QVBoxLayout(box)
    row = QWidget()
    # As a form's row that was reckoned by a width it does not get.
    row.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    row.sizeHint = lambda: QSize(300, 20)  # type: ignore[method-assign]
    text = label("The larger of the two counts. A run stops before it writes. " * 3, wrap=True)
    inside = QHBoxLayout(row)
    inside.addWidget(text)
    column.addWidget(row)
    column.addStretch(1)
    box.resize(300, 400)
    box.show()
    qtbot.waitUntil(lambda: text.height() >= text.heightForWidth(text.width()))
    text.setText("One line.")
    qtbot.waitUntil(lambda: text.minimumHeight() == 0)


def test_segment_that_is_cut_says_its_word_in_the_tool_tip(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    control = SegmentedControl("Show", [("all", "All"), ("person", "Needs a person")], parent=box)
    box.show()
    segment = control.segment("person")
    control.resize(600, 30)
    assert segment.toolTip() == ""
    control.resize(90, 30)
    assert "Needs a person" in segment.toolTip()
    # A reason goes before it, and is the only thing that a screen reader is told besides the name.
    control.set_enabled(False, "Only admins change this.")
    assert "Only admins" in segment.toolTip()
    assert segment.accessibleDescription() == "Only admins change this."
    control.set_enabled(True)
    assert "Needs a person" in segment.toolTip()
    assert segment.accessibleDescription() == ""


def test_check_box_in_a_narrow_form_takes_several_lines(qtbot: QtBot) -> None:
    sentence = "Remove the tag when they no longer qualify & say so"
    box = QWidget()
    qtbot.addWidget(box)
    ticked = CheckBox(sentence)
    row = QHBoxLayout(box)
    row.addWidget(ticked)
    row.addStretch(1)
    box.resize(160, 200)
    box.show()
    assert "\n" in ticked.text()
    assert ticked.text().replace("\n", " ").replace("&&", "&") == sentence
    assert ticked.accessibleName() == sentence
    metrics = ticked.fontMetrics()
    assert all(metrics.horizontalAdvance(s) < ticked.width() for s in ticked.text().split("\n"))
    box.resize(900, 200)
    qtbot.waitUntil(lambda: "\n" not in ticked.text())


def test_tool_tip_is_never_read_out_with_its_mark_up(qtbot: QtBot) -> None:
    def said(widget: QWidget) -> str:
        return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Description)

    cut = elided_label("A subject that is a good deal longer than its column")
    own, other = QWidget(), QWidget()
    for each in (cut, own, other):
        qtbot.addWidget(each)
    cut.resize(60, 20)
    cut.show()
    assert cut.text() != cut.full_text()
    assert "<qt>" not in said(cut)
    own.setAccessibleDescription("Sends in 8 s")
    set_tooltip(own, "Only campaigns are held back", describe=False)
    assert said(own) == "Sends in 8 s"
    for tip in ("main, sandbox", "main", ""):
        set_tooltip(other, tip, describe=False)
        assert said(other) == tip


def test_segments_and_pages_are_radio_buttons_in_a_named_group(qtbot: QtBot) -> None:
    control = SegmentedControl("Health", [("neutral", "Neutral"), ("happy", "Happy")])
    qtbot.addWidget(control)
    control.show()
    roles = QAccessible.Role
    first, second = control.segment("neutral"), control.segment("happy")
    told = QAccessible.queryAccessibleInterface(first)
    assert told.role() == roles.RadioButton
    # A plain widget is a filler to assistive technology, and its name is never read.
    assert QAccessible.queryAccessibleInterface(control).role() == roles.Border
    chosen: list[str] = []
    control.chosen.connect(chosen.append)
    first.click()
    second.click()
    second.click()
    assert chosen == ["neutral", "happy"]
    assert [first.isChecked(), second.isChecked()] == [False, True]
    # As assistive technology does it, without a click.
    first.toggle()
    assert chosen[-1] == "neutral"
    assert len(chosen) == 3
    assert [first.isChecked(), second.isChecked()] == [True, False]
    control.set_value(None)
    assert control.value() is None
    assert [first.isChecked(), second.isChecked()] == [False, False]


def test_text_field_takes_a_text_set_by_assistive_technology(qtbot: QtBot) -> None:
    field, on_leave = TextField("New e-mail address"), TextField("Name", reports_on_leave=True)
    given: list[object] = []
    for each in (field, on_leave):
        qtbot.addWidget(each)
        each.chosen.connect(given.append)
    field.set_value("shown@by.example")
    field.clear()
    field.setText("by the program")
    assert given == []
    # Qt's own, which the accessibility bus calls.
    QLineEdit.setText(field, "tom@new.example")
    assert given == ["tom@new.example"]
    QTest.keyClicks(field, "!")
    assert given == ["tom@new.example", "tom@new.example!"]
    QLineEdit.setText(on_leave, "Tom")
    assert given[-1] == "Tom"
