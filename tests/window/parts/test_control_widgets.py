"""The controls are controls: role, name, value, keyboard, size, and why they are disabled."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QPushButton,
    QSizePolicy,
    QStyleOptionComboBox,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.panels.widgets.button import Button, icon_button, primary_button
from desktop.panels.widgets.dot_rating import DotRating
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.navigation_rail import NavigationRail
from desktop.panels.widgets.number_field import NumberField
from desktop.panels.widgets.radio_row import RadioRow
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.status_bar import StatusBar
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.switch_row import SwitchRow
from desktop.panels.widgets.text_field import TextField
from desktop.panels.widgets.visibility import set_shown

HEALTH = [("neutral", "Neutral"), ("happy", "Happy"), ("frustrated", "Frustrated")]


def accessible(widget: QWidget) -> QAccessibleInterface:
    return QAccessible.queryAccessibleInterface(widget)


def name_of(widget: QWidget) -> str:
    return accessible(widget).text(QAccessible.Text.Name)


def shown(qtbot: QtBot, widget: QWidget) -> QWidget:
    qtbot.addWidget(widget)
    widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


def test_switch_is_checkbox_for_keys_and_mouse(qtbot: QtBot) -> None:
    switch = Switch("Newsletter")
    shown(qtbot, switch)
    said: list[bool] = []
    switch.chosen.connect(said.append)
    assert (accessible(switch).role(), name_of(switch)) == (QAccessible.Role.CheckBox, "Newsletter")
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    QTest.keyClick(switch, Qt.Key.Key_Return)
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert said == [True, False, True]
    assert accessible(switch).state().checked
    switch.set_value(False)
    assert said == [True, False, True]


def test_switch_disabled_has_reason(qtbot: QtBot) -> None:
    switch = Switch("Newsletter")
    qtbot.addWidget(switch)
    switch.set_enabled(False, "Agents <may> not")
    assert accessible(switch).text(QAccessible.Text.Description) == "Agents <may> not"
    assert "&lt;may&gt;" in switch.toolTip()
    switch.set_enabled(True)
    assert switch.toolTip() == ""


def test_switch_waiting_keeps_wanted_value_and_style(qtbot: QtBot) -> None:
    switch = Switch("Newsletter", on=True)
    shown(qtbot, switch)
    before = switch.grab().toImage()
    switch.set_waiting(True, "Wanted, not confirmed")
    assert switch.isChecked()
    assert switch.is_waiting()
    assert switch.grab().toImage() != before
    assert accessible(switch).text(QAccessible.Text.Description) == "Wanted, not confirmed"


def test_switch_row_names_its_switch(qtbot: QtBot) -> None:
    row = SwitchRow("Winback", note="since 2024")
    shown(qtbot, row)
    assert name_of(row.switch) == "Winback"
    row.set_note("waiting", "warn")
    assert row.note_label.full_text() == "waiting"
    row.set_read_only(True)
    assert row.switch.isHidden()


def test_segments_are_radio_buttons_and_arrows_only_move_focus(qtbot: QtBot) -> None:
    control = SegmentedControl("Health", HEALTH)
    shown(qtbot, control)
    said: list[str] = []
    control.chosen.connect(said.append)
    assert control.value() is None
    assert [name_of(control.segment(key)) for key, _ in HEALTH] == [
        "Neutral",
        "Happy",
        "Frustrated",
    ]
    control.set_value("neutral")
    first, second = control.segment("neutral"), control.segment("happy")
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Right)
    assert second.hasFocus()
    assert (said, control.value()) == ([], "neutral")
    QTest.keyClick(second, Qt.Key.Key_Space)
    assert (said, control.value()) == (["happy"], "happy")
    assert accessible(second).state().checked
    assert not accessible(first).state().checked
    QTest.keyClick(second, Qt.Key.Key_Space)
    assert said == ["happy"]
    QTest.keyClick(second, Qt.Key.Key_Left)
    QTest.keyClick(first, Qt.Key.Key_Left)
    assert control.segment("frustrated").hasFocus()


def test_segments_mirror_right_to_left(qtbot: QtBot) -> None:
    control = SegmentedControl("Health", HEALTH)
    control.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    shown(qtbot, control)
    first = control.segment("neutral")
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Left)
    assert control.segment("happy").hasFocus()


def test_segments_take_two_lines_where_one_would_cut_a_word(qtbot: QtBot) -> None:
    words = ("Simulator", "Actions", "Sources", "Log", "Needs correction 1")
    page = QWidget()
    control = SegmentedControl("Part of Events", [(word, word) for word in words], parent=page)
    qtbot.addWidget(page)
    page.resize(1200, 100)
    page.show()
    buttons = [control.segment(word) for word in words]
    least = sum(button.minimumSizeHint().width() for button in buttons)
    for width, lines in ((least + 400, 1), (least, 1), (least - 1, 2)):
        control.resize(width, control.sizeHint().height())
        qtbot.waitUntil(lambda lines=lines: len({b.y() for b in buttons}) == lines)  # type: ignore[misc]
        for button in buttons:
            assert button.width() >= button.minimumSizeHint().width(), (width, button.text())
    # Beside short words a long one keeps the room around it.
    control.resize(sum(button.sizeHint().width() for button in buttons), 30)
    qtbot.waitUntil(lambda: buttons[-1].width() >= buttons[-1].sizeHint().width())


def test_segments_are_one_tab_stop(qtbot: QtBot) -> None:
    control = SegmentedControl("Health", HEALTH)
    qtbot.addWidget(control)
    control.set_value("happy")
    stops = [
        key for key, _ in HEALTH if control.segment(key).focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert stops == ["happy"]


def test_segments_waiting_and_disabled_have_reason(qtbot: QtBot) -> None:
    control = SegmentedControl("Health", HEALTH)
    qtbot.addWidget(control)
    control.set_value("happy")
    control.set_waiting(True, "Wanted")
    assert control.segment("happy").is_waiting
    assert not control.segment("neutral").is_waiting
    # A panel says at each refresh whether it is enabled: what is said of the choice stays.
    control.set_enabled(True)
    assert accessible(control.segment("happy")).text(QAccessible.Text.Description) == "Wanted"
    control.set_enabled(False, "Signed out")
    assert accessible(control.segment("neutral")).text(QAccessible.Text.Description) == "Signed out"


def test_radio_rows_are_one_group(qtbot: QtBot) -> None:
    holder = QWidget()
    column = QVBoxLayout(holder)
    rows = [RadioRow("none", "Gets everything"), RadioRow("basic", "None", note="receipts arrive")]
    said: list[str] = []
    for row in rows:
        column.addWidget(row)
        row.chosen.connect(said.append)
    shown(qtbot, holder)
    assert accessible(rows[1]).role() == QAccessible.Role.RadioButton
    assert accessible(rows[1]).text(QAccessible.Text.Description) == "receipts arrive"
    rows[0].set_selected(True)
    rows[0].setFocus()
    QTest.keyClick(rows[0], Qt.Key.Key_Down)
    assert rows[1].isChecked()
    assert said == ["basic"]
    rows[1].set_selected(False)
    assert not any(row.isChecked() for row in rows)
    # The whole row is the target, its note included.
    QTest.mouseClick(rows[0], Qt.MouseButton.LeftButton, pos=QPoint(rows[0].width() - 4, 12))
    assert said == ["basic", "none"]


def test_scale_has_value_and_text(qtbot: QtBot) -> None:
    scale = DotRating("Customer value")
    shown(qtbot, scale)
    scale.set_value(3, "3 of 4")
    interface = accessible(scale)
    assert interface.text(QAccessible.Text.Name) == "Customer value"
    assert interface.text(QAccessible.Text.Description) == "3 of 4"
    assert interface.valueInterface().currentValue() == 3
    assert interface.valueInterface().maximumValue() == 4
    scale.set_value(None, "Not set")
    assert interface.text(QAccessible.Text.Description) == "Not set"
    scale.setFocus()
    assert scale.hasFocus()


def test_buttons_have_name_and_disabled_reason(qtbot: QtBot) -> None:
    save = primary_button("Save", tip="Ctrl+Enter")
    copy = icon_button("copy", "Copy address")
    for button in (save, copy):
        qtbot.addWidget(button)
    assert name_of(copy) == "Copy address"
    assert copy.objectName() == "Copy address"
    save.set_enabled(False, "Choose a reason first")
    assert accessible(save).text(QAccessible.Text.Description) == "Choose a reason first"
    save.set_enabled(True)
    assert accessible(save).text(QAccessible.Text.Description) == "Ctrl+Enter"


def rail() -> NavigationRail:
    made = NavigationRail("Pages")
    made.add_page("customers", "Customers", "customers")
    made.add_page("activity", "Activity", "activity")
    made.add_page("settings", "Settings", "settings", bottom=True)
    made.set_current("customers")
    return made


def test_navigation_rail_opens_pages(qtbot: QtBot) -> None:
    made = rail()
    made.resize(84, 600)
    shown(qtbot, made)
    said: list[str] = []
    made.page_chosen.connect(said.append)
    customers = made.page("customers")
    assert (name_of(customers), customers.objectName()) == ("Customers", "Customers")
    assert accessible(customers).state().checked
    customers.setFocus()
    QTest.keyClick(customers, Qt.Key.Key_Down)
    QTest.keyClick(made.page("activity"), Qt.Key.Key_Return)
    assert (said, made.current()) == (["activity"], "activity")
    QTest.mouseClick(made.page("activity"), Qt.MouseButton.LeftButton)
    assert said == ["activity"]
    assert made.page("settings").y() > made.page("activity").y() + 300
    made.set_badge("activity", "2", "2 changes need you")
    description = accessible(made.page("activity")).text(QAccessible.Text.Description)
    assert description == "2 changes need you"


def test_navigation_rail_is_as_wide_as_its_longest_word(qtbot: QtBot) -> None:
    usual, made = rail(), rail()
    made.add_page("long", "Customer conversations", "customers")
    for each in (usual, made):
        shown(qtbot, each)
    assert made.sizeHint().width() > usual.sizeHint().width()
    assert made.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Fixed


def test_drop_down_wants_its_longest_choice_and_may_need_less(qtbot: QtBot) -> None:
    made = DropdownField("Splitting names", [("a", "Any"), ("b", "The first word is the name")])
    qtbot.addWidget(made)
    longest = made.fontMetrics().horizontalAdvance(made.itemText(1))
    assert made.minimumSizeHint().width() > longest
    made.allow_shrinking()
    assert made.sizeHint().width() > longest
    assert made.minimumSizeHint().width() < longest


def test_drop_down_tells_a_choice_that_is_cut(qtbot: QtBot) -> None:
    field = DropdownField("Line", [("1", "Line 1: identify priya@nair.example"), ("2", "Two")])
    qtbot.addWidget(field)
    field.resize(90, 30)
    field.show()
    assert "Line 1: identify priya@nair.example" in field.toolTip()
    option = QStyleOptionComboBox()
    field.initStyleOption(option)
    assert option.currentText.startswith("Li")
    assert option.currentText.endswith("…")
    field.set_value("2")
    assert field.toolTip() == ""
    field.set_enabled(False, "Sign in first.")
    assert "Sign in first." in field.toolTip()


def test_line_edit_tells_a_placeholder_that_is_cut(qtbot: QtBot) -> None:
    field = TextField("Search", "Word or phrase in tickets")
    qtbot.addWidget(field)
    field.resize(90, 30)
    field.show()
    assert "Word or phrase in tickets" in field.toolTip()
    field.resize(400, 30)
    assert field.toolTip() == ""
    field.set_enabled(False, "Sign in first.")
    field.resize(90, 30)
    assert "Sign in first." in field.toolTip()


def test_navigation_rail_is_horizontal_in_narrow_window(qtbot: QtBot) -> None:
    made = rail()
    made.set_compact(True)
    made.resize(390, made.sizeHint().height())
    shown(qtbot, made)
    assert made.height() < 60
    assert made.page("activity").y() == made.page("customers").y()


def test_status_bar_has_text(qtbot: QtBot) -> None:
    bar = StatusBar("State")
    bar.resize(600, 28)
    shown(qtbot, bar)
    bar.set_service("sailthru", "Sailthru offline since 10:31", "offline", "Try again")
    bar.set_note("waiting", "3 changes waiting")
    item = bar.item("sailthru")
    assert name_of(item) == "Sailthru offline since 10:31"
    with qtbot.waitSignal(bar.clicked) as caught:
        QTest.keyClick(item, Qt.Key.Key_Space)
    assert caught.args == ["sailthru"]
    bar.set_note("waiting", "")
    assert bar.item("waiting").isHidden()


def test_status_bar_of_narrow_window_names_each_service(qtbot: QtBot) -> None:
    bar = StatusBar("State")
    shown(qtbot, bar)
    names = {"zendesk": "Zendesk", "sailthru": "Sailthru", "sell": "Zendesk Sell"}
    for key, name in names.items():
        bar.set_service(key, f"{name} live", "live")
    bar.set_note("last", "Removed from Newsletter: Sailthru confirmed")
    for width in (1_000, 370):
        bar.resize(width, 28)
        texts = {key: bar.item(key).shown_text() for key in names}
        assert all(texts[key] in (name, f"{name} live") for key, name in names.items()), texts
        assert name_of(bar.item("zendesk")) == "Zendesk live"
        right = [bar.item(key).geometry().right() for key in (*names, "last")]
        assert right == sorted(right)
        assert right[-1] <= width


def wheel_over(widget: QWidget) -> None:
    turned = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 0),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, turned)


def test_wheel_does_not_change_combo_boxes(qtbot: QtBot) -> None:
    field = DropdownField("Reason", [("asked", "Customer asked"), ("spam", "Complaint")])
    number = NumberField("Limit", 0, 10)
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.addWidget(field)
    column.addWidget(number)
    shown(qtbot, holder)
    number.setValue(5)
    field.setFocus()
    wheel_over(field)
    wheel_over(number)
    assert (field.value(), number.value()) == ("asked", 5)


def test_combo_box_choice_is_identified_by_key(qtbot: QtBot) -> None:
    field = DropdownField("Reason", [("asked", "Customer asked"), ("spam", "Complaint")])
    shown(qtbot, field)
    field.setFocus()
    with qtbot.assertNotEmitted(field.chosen):
        field.set_value("asked")
    with qtbot.waitSignal(field.chosen) as caught:
        QTest.keyClick(field, Qt.Key.Key_Down)
    assert caught.args == ["spam"]
    interface = accessible(field)
    assert interface.role() == QAccessible.Role.ComboBox
    assert interface.text(QAccessible.Text.Description) == "Reason"
    assert field.objectName() == "Reason"
    field.set_options([("spam", "Complaint")])
    assert field.value() == "spam"
    field.set_value(None)
    assert field.value() is None


MAKERS: list[Callable[[], QWidget]] = [
    lambda: Switch("x"),
    lambda: LinkButton("x"),
    lambda: icon_button("copy", "Copy"),
    lambda: Button("x"),
    lambda: RadioRow("x", "x"),
    lambda: SegmentedControl("x", [("a", "a")]),
    lambda: DotRating("x"),
]


@pytest.mark.parametrize("make", MAKERS)
def test_click_targets_are_large_enough(qtbot: QtBot, make: Callable[[], QWidget]) -> None:
    widget = make()
    shown(qtbot, widget)
    widget.adjustSize()
    assert widget.sizeHint().width() >= 24
    assert widget.sizeHint().height() >= 24


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
@pytest.mark.parametrize("make", MAKERS)
def test_focus_is_visible_in_both_themes(
    qtbot: QtBot, theme: ApplicationTheme, make: Callable[[], QWidget], choice: ThemeChoice
) -> None:
    theme.choose(choice)
    holder = QWidget()
    column = QVBoxLayout(holder)
    other = LinkButton("other")
    widget = make()
    column.addWidget(other)
    column.addWidget(widget)
    shown(qtbot, holder)
    target = widget.segment("a") if isinstance(widget, SegmentedControl) else widget
    other.setFocus()
    before = widget.grab().toImage()
    target.setFocus()
    assert target.hasFocus()
    assert widget.grab().toImage() != before


def test_text_field_asks_for_completions_when_it_is_entered(qtbot: QtBot) -> None:
    asked = []

    def offer() -> Iterator[str]:
        asked.append(True)
        yield from ("Europe/Berlin", "Europe/Paris")

    page = QWidget()
    field = TextField("Time zone", parent=page)
    field.set_completions(offer())
    qtbot.addWidget(page)
    page.show()
    qtbot.waitExposed(page)
    assert not asked
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    assert asked
    field.completer().setCompletionPrefix("berl")
    assert field.completer().currentCompletion() == "Europe/Berlin"


def test_part_to_show_is_left_to_the_page_that_is_built(qtbot: QtBot) -> None:
    styled = Qt.WidgetAttribute.WA_WState_Polished
    page = QWidget()
    qtbot.addWidget(page)
    part = QPushButton("Save", page)
    set_shown(part, True)
    assert not part.testAttribute(styled)
    page.show()
    qtbot.waitExposed(page)
    assert part.isVisible()
    set_shown(part, False)
    assert part.isHidden()
    set_shown(part, True)
    assert part.isVisible()
    late = QPushButton("Late", page)
    set_shown(late, True)
    assert late.isVisible()
