"""The overlay bar of scroll areas: cards as wide as the page, also where they scroll."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets import scroll_area
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.scroll_area import PageScrollArea, wrap_in_scroll_area


def column_of_cards(count: int) -> QWidget:
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 0, 0)
    for number in range(count):
        card = Card(f"Card {number}")
        card.setMinimumHeight(80)
        column.addWidget(card)
    column.addStretch(1)
    return inside


def test_scrolling_takes_no_width_from_cards(qtbot: QtBot) -> None:
    widths = []
    for count in (2, 20):
        area = wrap_in_scroll_area(column_of_cards(count))
        qtbot.addWidget(area)
        area.resize(400, 400)
        area.show()
        qtbot.waitExposed(area)
        assert isinstance(area, PageScrollArea)
        bar = area.overlay_bar
        qtbot.waitUntil(lambda bar=bar, count=count: bar.isVisible() is (count == 20))
        widths.append(area.findChild(Card).width())  # type: ignore[union-attr]
    assert widths == [400, 400]


def test_overlay_bar_scrolls_by_mouse_and_follows(qtbot: QtBot) -> None:
    area = wrap_in_scroll_area(column_of_cards(20))
    qtbot.addWidget(area)
    area.resize(400, 400)
    area.show()
    qtbot.waitExposed(area)
    assert isinstance(area, PageScrollArea)
    bar = area.overlay_bar
    qtbot.waitUntil(bar.isVisible)
    # A click below the handle goes a page on.
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(6, 390))
    assert area.verticalScrollBar().value() > 0
    assert bar.value() == area.verticalScrollBar().value()
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    assert bar.value() == bar.maximum()
    # It stays inside the padding of the cards, at the edge, and is no stop of Tab.
    assert bar.geometry().right() == area.width() - 1
    assert bar.focusPolicy() is Qt.FocusPolicy.NoFocus


@pytest.mark.parametrize("zoom", [100, 200])
@pytest.mark.parametrize(
    "direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft]
)
def test_bar_beside_content_covers_none_of_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, zoom: int, direction: Qt.LayoutDirection
) -> None:
    monkeypatch.setattr(scroll_area.fonts, "scaled", lambda px: px * zoom // 100)
    widths = []
    for count in (2, 20):
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        for _ in range(count):
            column.addWidget(QLineEdit())
        area = wrap_in_scroll_area(inside, bar_beside=True)
        assert isinstance(area, PageScrollArea)
        qtbot.addWidget(area)
        area.setLayoutDirection(direction)
        area.resize(400, 200)
        area.show()
        bar = area.overlay_bar
        qtbot.waitUntil(lambda bar=bar, count=count: bar.isVisible() is (count == 20))
        field = area.findChild(QLineEdit)
        assert field is not None
        shown = QRect(field.mapTo(area, QPoint()), field.size())
        assert not (bar.isVisible() and bar.geometry().intersects(shown))
        widths.append(shown.width())
    assert widths == [400, 400 - 14 * zoom // 100]


def test_content_handed_over_is_styled_only_where_it_stays(qtbot: QtBot) -> None:
    inside = column_of_cards(3)
    area = wrap_in_scroll_area(inside)
    styled = Qt.WidgetAttribute.WA_WState_Polished
    card = inside.findChild(Card)
    assert card is not None
    assert not card.testAttribute(styled)
    page = QWidget()
    qtbot.addWidget(page)
    QVBoxLayout(page).addWidget(area)
    assert not card.testAttribute(styled)
    page.show()
    qtbot.waitExposed(page)
    assert card.testAttribute(styled)
    assert card.isVisible()
    assert area.widget() is inside
