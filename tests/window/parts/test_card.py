"""Cards: states in their place, folding by keyboard, columns that reflow and keep the scroll."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.parts.button import secondary
from desktop.panels.parts.card import SKELETON_AFTER_MS, Card
from desktop.panels.parts.flow_columns import FlowColumns, FlowPage
from desktop.panels.parts.label import PlainLabel, label
from desktop.panels.parts.skeleton import Skeleton

PLAN = {
    3: (("a", "d"), ("b",), ("c",)),
    2: (("a", "c"), ("b", "d")),
    1: (("c", "a", "b", "d"),),
}


def texts(card: Card) -> list[str]:
    return [part.text() for part in card.findChildren(PlainLabel) if part.isVisible()]


def card_with_content(qtbot: QtBot) -> Card:
    card = Card("Lists")
    card.add(label("Newsletter"))
    card.resize(300, 200)
    qtbot.addWidget(card)
    card.show()
    return card


def test_a_card_is_a_named_group(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    interface = QAccessible.queryAccessibleInterface(card)
    assert interface.role() == QAccessible.Role.Grouping
    assert interface.text(QAccessible.Text.Name) == "Lists"
    assert card.objectName() == "Lists"


def late_timer(card: Card) -> QTimer:
    """It runs from the moment something is awaited until it is late."""
    (timer,) = (t for t in card.findChildren(QTimer) if t.interval() == SKELETON_AFTER_MS)
    return timer


def test_skeleton_rows_come_only_when_it_is_late(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    card.show_loading(3, "Loading lists")
    bars = card.findChild(Skeleton)
    assert isinstance(bars, Skeleton)
    assert not bars.is_drawn()
    assert late_timer(card).isActive()
    height = card.sizeHint().height()
    late_timer(card).timeout.emit()
    assert bars.is_drawn()
    assert card.sizeHint().height() == height
    card.show_content()
    assert not bars.isVisible()
    assert "Newsletter" in texts(card)


def test_content_in_time_shows_no_skeleton(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    card.show_loading()
    timer = late_timer(card)
    assert timer.isActive()
    assert timer.isSingleShot()
    card.show_content()
    # Nothing else ever draws it.
    assert not timer.isActive()
    bars = card.findChild(Skeleton)
    assert isinstance(bars, Skeleton)
    assert not bars.is_drawn()


def test_states_are_told_in_words_and_content_is_gone(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    for show in (card.show_empty, card.show_not_permitted, card.show_offline, card.show_failed):
        show("<img src=x>")
        assert "<img src=x>" in texts(card)
        assert "Newsletter" not in texts(card)


def test_retry_and_the_next_step(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    card.show_failed("Sailthru did not answer", "Try again")
    button = next(b for b in card.findChildren(QPushButton) if b.text() == "Try again")
    with qtbot.waitSignal(card.retry_requested):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    card.show_empty("No list yet", "Add a list")
    with qtbot.waitSignal(card.action_requested), qtbot.assertNotEmitted(card.retry_requested):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_folding_by_keyboard(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    card.set_note("member of 3")
    card.set_foldable(True, ("folded", "unfolded"))
    header = next(b for b in card.findChildren(QPushButton) if b.isVisible())
    card.activateWindow()
    header.setFocus()
    QTest.keyClick(header, Qt.Key.Key_Left)
    assert card.is_folded()
    assert header.text() == "Lists · member of 3"
    interface = QAccessible.queryAccessibleInterface(header)
    assert interface.text(QAccessible.Text.Description) == "folded"
    assert not interface.state().checked
    assert "Newsletter" not in texts(card)
    QTest.keyClick(header, Qt.Key.Key_Right)
    assert interface.text(QAccessible.Text.Description) == "unfolded"
    assert interface.state().checked
    assert "Newsletter" in texts(card)
    with qtbot.waitSignal(card.folded_changed):
        QTest.keyClick(header, Qt.Key.Key_Return)
    card.set_foldable(False)
    assert "Newsletter" in texts(card)


def test_a_folded_card_does_not_show_its_state(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    card.set_foldable(True)
    card.set_folded(True)
    card.show_failed("Broken", "Try again")
    assert "Broken" not in texts(card)
    card.set_folded(False)
    assert "Broken" in texts(card)


def flow(qtbot: QtBot) -> tuple[FlowPage, FlowColumns, dict[str, Card]]:
    columns = FlowColumns(PLAN)
    cards: dict[str, Card] = {}
    for key in "abcd":
        card = Card(key.upper())
        for _ in range(12):
            card.add(label("row"))
        card.add(secondary(f"Act {key}"))
        cards[key] = card
        columns.add(key, card)
    page = FlowPage(columns)
    qtbot.addWidget(page)
    page.resize(1200, 300)
    page.show()
    return page, columns, cards


def left(card: QWidget, page: QWidget) -> int:
    return card.mapTo(page, card.rect().topLeft()).x()


def test_columns_follow_the_width(qtbot: QtBot) -> None:
    page, columns, cards = flow(qtbot)
    qtbot.waitUntil(lambda: cards["c"].width() > 100)
    assert columns.columns() == 3
    assert left(cards["a"], page) == left(cards["d"], page) < left(cards["b"], page)
    assert abs(cards["a"].width() - cards["b"].width()) <= 1
    page.resize(900, 300)
    assert columns.columns() == 2
    page.resize(390, 300)
    assert columns.columns() == 1
    qtbot.waitUntil(lambda: cards["c"].y() < cards["a"].y() < cards["b"].y() < cards["d"].y())
    page.resize(1200, 300)
    assert columns.columns() == 3


def test_tab_goes_as_the_eye_does(qtbot: QtBot) -> None:
    page, _columns, cards = flow(qtbot)
    buttons = {key: card.findChildren(QPushButton)[0] for key, card in cards.items()}

    def order(first: str) -> list[str]:
        found, widget = [first], buttons[first].nextInFocusChain()
        while widget is not None and widget is not buttons[first]:
            found += [key for key, button in buttons.items() if button is widget]
            widget = widget.nextInFocusChain()
        return found

    assert order("a") == ["a", "d", "b", "c"]
    page.resize(390, 300)
    assert order("c") == ["c", "a", "b", "d"]


def test_reflowing_keeps_what_was_at_the_top(qtbot: QtBot) -> None:
    page, columns, cards = flow(qtbot)
    page.resize(390, 300)
    qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 300)
    page.verticalScrollBar().setValue(cards["b"].y())
    page.resize(800, 300)
    assert columns.columns() == 2
    qtbot.wait(30)
    top = cards["b"].mapTo(page, cards["b"].rect().topLeft()).y()
    assert -5 <= top <= 5


def test_a_card_the_plan_forgot_is_shown_all_the_same(qtbot: QtBot) -> None:
    page, columns, _cards = flow(qtbot)
    extra = Card("Extra")
    columns.add("extra", extra)
    qtbot.waitUntil(extra.isVisible)
    assert page.isAncestorOf(extra)
