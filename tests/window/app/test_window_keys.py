"""The whole window without a mouse: every action, one key each, the order of Tab, no trap."""

import sys
from collections import Counter

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QDialog, QWidget

from desktop.panels.parts.rail import RailButton
from desktop.panels.parts.switch import Switch
from desktop.panels.reading_order import stops
from tests.window.desk import CTRL, NONE, SHIFT, Desk, Key


async def test_every_action_is_in_the_palette_and_runs_with_enter(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    for action in desk.view.actions_.all():
        ran: list[bool] = []
        action.triggered.disconnect()
        action.triggered.connect(lambda *_: ran.append(True))  # noqa: B023 - used at once
        desk.view.top.field.take_focus()
        desk.type(">" + " ".join(reversed(action.text().split())))
        popup = desk.view.top.field.popup()
        assert popup is not None
        assert popup.isVisible(), action.text()
        rows = [popup.view.model().index(row, 0) for row in range(popup.count())]
        titles = [row.data() for row in rows]
        assert action.text() in titles, titles
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        row = rows[titles.index(action.text())]
        assert row.data(int(Qt.ItemDataRole.UserRole) + 2) == keys
        desk.press(Key.Key_Down, times=titles.index(action.text()) + 1)
        desk.press(Key.Key_Return)
        assert ran == [True], action.text()
        assert not popup.isVisible()


async def test_a_disabled_command_says_why_and_does_not_run(desk: Desk) -> None:
    desk.view.actions_.set_enabled("Refresh", "No customer is open.")
    desk.press(Key.Key_K, CTRL)
    desk.type(">refresh")
    popup = desk.view.top.field.popup()
    assert popup is not None
    row = popup.view.model().index(0, 0)
    assert row.data(int(Qt.ItemDataRole.UserRole) + 1) == "No customer is open."
    desk.press(Key.Key_Return)
    assert desk.sheet.sheet is None
    desk.shot("palette")


async def test_no_key_has_two_meanings(desk: Desk) -> None:
    keys = Counter(
        sequence.toString()
        for action in desk.view.actions_.all()
        for sequence in action.shortcuts()
    )
    assert keys
    assert not [key for key, count in keys.items() if count > 1]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("Find a customer", "Ctrl+K"),
        ("Find a customer", "Ctrl+F"),
        ("Refresh", "F5"),
        ("Refresh", "Ctrl+R"),
        ("Settings", "Ctrl+,"),
        ("Keyboard shortcuts", "F1"),
        ("Undo", "Ctrl+Z"),
        ("Quit", "Ctrl+Q"),
    ],
)
async def test_the_keys_are_those_of_the_platform(desk: Desk, words: str, key: str) -> None:
    assert key in [s.toString() for s in desk.view.actions_[words].shortcuts()]


async def test_f1_lists_every_key_and_is_searched(desk: Desk) -> None:
    desk.press(Key.Key_F1)
    dialog = desk.view.findChild(QDialog, "Keyboard shortcuts")
    assert dialog is not None
    await desk.until(dialog.isActiveWindow)
    table = dialog.findChild(QAbstractItemView)
    assert table is not None
    shown = {table.model().index(row, 0).data() for row in range(table.model().rowCount())}
    assert {a.text() for a in desk.view.actions_.all() if a.shortcuts()} <= shown
    desk.type("undo")
    assert table.model().rowCount() == 1
    desk.press(Key.Key_Escape)
    await desk.until(lambda: not dialog.isVisible())


def read_at(widget: QWidget) -> tuple[int, int]:
    """Where a stop begins on the page: its column of the window, then its height."""
    place = widget.mapTo(widget.window(), QPoint(0, 0))
    return place.x(), place.y()


async def walked(desk: Desk, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> list[QWidget]:
    """Every stop until the first comes again."""
    found: list[QWidget] = []
    for _ in range(120):
        focus = QApplication.focusWidget()
        assert focus is not None
        if focus in found:
            break
        found.append(focus)
        desk.press(key, modifier)
    return found


@pytest.mark.parametrize("size", [(1280, 820), (900, 820), (392, 860)])
async def test_tab_follows_the_eye_and_shift_tab_comes_back(
    desk: Desk, size: tuple[int, int]
) -> None:
    desk.view.resize(*size)
    await desk.look_up("maria@lopez.example")
    desk.press(Key.Key_K, CTRL)
    forward = await walked(desk, Key.Key_Tab)
    assert forward[0] is desk.view.top.field
    desk.press(Key.Key_K, CTRL)
    back = await walked(desk, Key.Key_Backtab, SHIFT)
    assert back == [forward[0], *reversed(forward[1:])]
    # Nothing that takes Tab is left out, and each card is left before the next is entered.
    assert set(forward) >= {
        w for w in stops(desk.view) if w.isEnabled() and not isinstance(w, RailButton)
    }
    cards = [name for name in map(card_of, forward) if name]
    seen = [name for i, name in enumerate(cards) if i == 0 or cards[i - 1] != name]
    assert len(seen) == len(set(seen)), seen
    for name in set(cards):
        heights = [read_at(w)[1] for w in forward if card_of(w) == name]
        assert heights == sorted(heights), name
    # Who walks the chain without pressing Tab finds the same order.
    chain = [w for w in following(desk.view.top.field) if w in forward]
    assert chain == forward


def card_of(widget: QWidget) -> str:
    from desktop.panels.parts.card import Card

    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, Card):
            return parent.objectName()
        parent = parent.parentWidget()
    return ""


def following(first: QWidget) -> list[QWidget]:
    found, widget = [first], first.nextInFocusChain()
    while widget is not None and widget is not first:
        found.append(widget)
        widget = widget.nextInFocusChain()
    return found


async def test_the_whole_job_without_the_mouse(desk: Desk) -> None:
    """Found, opted down with a reason, taken off a list, and the next one opened."""
    pressed = 0

    def press(key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        nonlocal pressed
        pressed += 1
        desk.press(key, modifier)

    async def tab_to(name: str) -> None:
        for _ in range(60):
            focus = QApplication.focusWidget()
            if focus is not None and focus.accessibleName() == name:
                return
            press(Key.Key_Tab)
        raise AssertionError(name)

    press(Key.Key_K, CTRL)
    desk.type("#48213")
    pressed += 6
    press(Key.Key_Return)
    await desk.settled()
    await tab_to("Gets everything")
    press(Key.Key_Down)
    press(Key.Key_Return, CTRL)
    await desk.until(lambda: "Sailthru confirmed" in desk.note)
    await tab_to("Newsletter")
    press(Key.Key_Space)
    await desk.until(lambda: desk.waiting == "1 change waiting")
    press(Key.Key_K, CTRL)
    desk.type("tom@old.example")
    pressed += 15
    press(Key.Key_Return)
    await desk.settled()
    assert "Tom Reyes" in desk.texts()
    desk.skip(11)
    await desk.until(lambda: desk.waiting == "")
    said = await desk.said_by_sailthru()
    assert said["optout_email"] == "basic"
    assert "Newsletter" not in said["lists"]
    sys.stdout.write(f"\n{pressed} keystrokes\n")


async def test_escape_closes_the_topmost_and_loses_no_text(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("No marketing e-mail")
    field = desk.one("Reason", QComboBox).lineEdit()
    assert field is not None
    field.setFocus()
    desk.press(Key.Key_A, CTRL)
    desk.type("half a reason")
    desk.press(Key.Key_K, CTRL)
    desk.type("tom")
    popup = desk.view.top.field.popup()
    assert popup is not None
    assert popup.isVisible()
    desk.press(Key.Key_Escape)
    assert not popup.isVisible()
    assert desk.one("Reason", QComboBox).currentText() == "half a reason"
    assert desk.view.top.field.text() == "tom"
    await desk.tab_to("Reason")
    desk.press(Key.Key_Escape)
    assert not desk.all("Reason")
    await desk.tab_to("Gets everything")
    desk.press(Key.Key_Down)
    assert desk.one("Reason", QComboBox).currentText() == "half a reason"


async def test_the_toast_is_reached_by_tab_and_escape_closes_it(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Winback", Switch)
    await desk.until(lambda: desk.toasts)
    await desk.tab_to("Undo")
    toast = desk.view.toaster.toasts()[0]
    assert toast.is_held()
    desk.press(Key.Key_Escape)
    assert not desk.toasts
    assert desk.waiting == "1 change waiting"


async def test_pages_by_key_and_arrows(desk: Desk) -> None:
    desk.press(Key.Key_2, CTRL)
    assert desk.view.rail.current() in ("sync", "customers")
    desk.press(Key.Key_1, CTRL)
    assert desk.view.rail.current() == "customers"
