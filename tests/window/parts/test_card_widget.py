"""Cards: states in their place, folding by keyboard, columns that reflow and keep the scroll."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import SKELETON_DELAY_MS, Card
from desktop.panels.widgets.label import PlainLabel, label
from desktop.panels.widgets.loading_skeleton import LoadingSkeleton
from desktop.panels.widgets.responsive_columns import ResponsiveColumns, ResponsiveColumnsScrollArea

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


def test_card_is_named_group(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    interface = QAccessible.queryAccessibleInterface(card)
    assert interface.role() == QAccessible.Role.Grouping
    assert interface.text(QAccessible.Text.Name) == "Lists"
    assert card.objectName() == "Lists"


def late_timer(card: Card) -> QTimer:
    """It runs from the moment something is awaited until it is late."""
    (timer,) = (t for t in card.findChildren(QTimer) if t.interval() == SKELETON_DELAY_MS)
    return timer


def test_card_skeleton_appears_only_when_late(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    card.show_loading(3, "Loading lists")
    bars = card.findChild(LoadingSkeleton)
    assert isinstance(bars, LoadingSkeleton)
    assert not bars.is_drawn()
    assert late_timer(card).isActive()
    height = card.sizeHint().height()
    late_timer(card).timeout.emit()
    assert bars.is_drawn()
    assert card.sizeHint().height() == height
    card.show_content()
    assert not bars.isVisible()
    assert "Newsletter" in texts(card)


def test_card_content_in_time_shows_no_skeleton(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    card.show_loading()
    timer = late_timer(card)
    assert timer.isActive()
    assert timer.isSingleShot()
    card.show_content()
    # Nothing else ever draws it.
    assert not timer.isActive()
    bars = card.findChild(LoadingSkeleton)
    assert isinstance(bars, LoadingSkeleton)
    assert not bars.is_drawn()


def test_card_state_replaces_content_with_text(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    for show in (card.show_empty, card.show_not_permitted, card.show_failed):
        show("<img src=x>")
        assert "<img src=x>" in texts(card)
        assert "Newsletter" not in texts(card)


def test_card_retry_and_next_step_buttons(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    card.show_failed("Sailthru did not answer", "Try again")
    button = next(b for b in card.findChildren(QPushButton) if b.text() == "Try again")
    with qtbot.waitSignal(card.retry_requested):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    card.show_empty("No list yet", "Add a list")
    with qtbot.waitSignal(card.action_requested), qtbot.assertNotEmitted(card.retry_requested):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_card_folds_by_keyboard(qtbot: QtBot) -> None:
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
    QTest.keyClick(header, Qt.Key.Key_Return)
    assert card.is_folded()
    card.set_foldable(False)
    assert "Newsletter" in texts(card)


def test_card_folded_hides_its_state(qtbot: QtBot) -> None:
    card = card_with_content(qtbot)
    card.set_foldable(True)
    card.set_folded(True)
    card.show_failed("Broken", "Try again")
    assert "Broken" not in texts(card)
    card.set_folded(False)
    assert "Broken" in texts(card)


def flow(qtbot: QtBot) -> tuple[ResponsiveColumnsScrollArea, ResponsiveColumns, dict[str, Card]]:
    columns = ResponsiveColumns(PLAN)
    cards: dict[str, Card] = {}
    for key in "abcd":
        card = Card(key.upper())
        for _ in range(12):
            card.add(label("row"))
        card.add(secondary_button(f"Act {key}"))
        cards[key] = card
        columns.add_card(key, card)
    page = ResponsiveColumnsScrollArea(columns)
    qtbot.addWidget(page)
    page.resize(1200, 300)
    page.show()
    return page, columns, cards


def left(card: QWidget, page: QWidget) -> int:
    return card.mapTo(page, card.rect().topLeft()).x()


def test_card_columns_follow_width(qtbot: QtBot) -> None:
    page, columns, cards = flow(qtbot)
    qtbot.waitUntil(lambda: cards["c"].width() > 100)
    assert columns.column_count() == 3
    assert left(cards["a"], page) == left(cards["d"], page) < left(cards["b"], page)
    assert abs(cards["a"].width() - cards["b"].width()) <= 1
    page.resize(900, 300)
    assert columns.column_count() == 2
    page.resize(390, 300)
    assert columns.column_count() == 1
    qtbot.waitUntil(lambda: cards["c"].y() < cards["a"].y() < cards["b"].y() < cards["d"].y())
    page.resize(1200, 300)
    assert columns.column_count() == 3


def test_card_tab_order_follows_layout(qtbot: QtBot) -> None:
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


def test_card_reflow_keeps_top_card(qtbot: QtBot) -> None:
    page, columns, cards = flow(qtbot)
    page.resize(390, 300)
    qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 300)
    page.verticalScrollBar().setValue(cards["b"].y())
    page.resize(800, 300)
    assert columns.column_count() == 2
    qtbot.wait(30)
    top = cards["b"].mapTo(page, cards["b"].rect().topLeft()).y()
    assert -5 <= top <= 5


def test_card_missing_in_layout_is_still_shown(qtbot: QtBot) -> None:
    page, columns, _cards = flow(qtbot)
    extra = Card("Extra")
    columns.add_card("extra", extra)
    qtbot.waitUntil(extra.isVisible)
    assert page.isAncestorOf(extra)
