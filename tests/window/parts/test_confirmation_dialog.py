"""Questions: awaited beside other tasks, Cancel by default, the verb on the button."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog, ask_confirmation
from desktop.panels.widgets.label import PlainLabel


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


def run(asking: Coroutine[object, object, bool], act: Callable[[ConfirmationDialog], None]) -> bool:
    """Await a question while a loop turns both asyncio and Qt, and act once it is open."""

    async def main() -> bool:
        beats = 0
        task = asyncio.ensure_future(asking)
        acted = False
        while not task.done():
            QApplication.processEvents()
            opened = [
                w for w in QApplication.topLevelWidgets() if isinstance(w, ConfirmationDialog)
            ]
            visible = [w for w in opened if w.isVisible()]
            if visible and not acted and beats > 2:
                acted = True
                act(visible[0])
            # Another task lives on beside the open dialog: nothing blocks.
            beats += 1
            await asyncio.sleep(0.005)
            assert beats < 1_000
        return task.result()

    return asyncio.run(main())


def question(parent: QWidget, **more: object) -> Coroutine[object, object, bool]:
    return ask_confirmation(
        parent,
        "Delete <b>Maria</b>?",
        "12 notes go with her.",
        confirm="Delete 1 profile",
        cancel="Cancel",
        **more,  # type: ignore[arg-type]
    )


def test_dialog_action_button_confirms(parent: QWidget) -> None:
    def click(shown: ConfirmationDialog) -> None:
        assert shown.confirm_button.text() == "Delete 1 profile"
        QTest.mouseClick(shown.confirm_button, Qt.MouseButton.LeftButton)

    assert run(question(parent, dangerous=True), click)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_dialog_enter_and_escape_cancel(parent: QWidget, key: Qt.Key) -> None:
    def press(shown: ConfirmationDialog) -> None:
        assert shown.cancel_button.isDefault()
        QTest.keyClick(shown, key)

    assert not run(question(parent), press)


def test_dialog_text_is_plain(parent: QWidget) -> None:
    def look(shown: ConfirmationDialog) -> None:
        texts = [part.text() for part in shown.findChildren(PlainLabel)]
        assert "Delete <b>Maria</b>?" in texts
        shown.reject()

    assert not run(question(parent), look)


def test_dialog_large_action_requires_typed_count(parent: QWidget) -> None:
    def type_count(shown: ConfirmationDialog) -> None:
        assert not shown.confirm_button.isEnabled()
        assert shown.confirm_button.accessibleDescription() == "Type 1204 to go on"
        assert shown.field is not None
        QTest.keyClicks(shown.field, "120")
        assert not shown.confirm_button.isEnabled()
        QTest.keyClicks(shown.field, "4")
        QTest.mouseClick(shown.confirm_button, Qt.MouseButton.LeftButton)

    assert run(question(parent, text_to_type="1204", type_prompt="Type 1204 to go on"), type_count)


@pytest.mark.parametrize(
    ("typed", "confirmed"),
    [
        ("1105", True),
        ("1,105", True),
        ("1.105", True),
        ("1 105", True),
        ("1\u202f105", True),
        (" 1’105 ", True),
        ("1,10", False),
        ("11055", False),
        ("-1105", False),
        ("", False),
    ],
)
def test_dialog_typed_count_is_confirmed_by_enter(
    parent: QWidget, typed: str, confirmed: bool
) -> None:
    def type_count(shown: ConfirmationDialog) -> None:
        assert shown.field is not None
        shown.field.setText(typed)
        # Enter on anything else cancels.
        QTest.keyClick(shown.field, Qt.Key.Key_Return)

    assert run(question(parent, text_to_type="1105", type_prompt="Type it"), type_count) is (
        confirmed
    )


def test_dialog_name_is_typed_exactly(parent: QWidget) -> None:
    def type_name(shown: ConfirmationDialog) -> None:
        assert shown.field is not None
        QTest.keyClicks(shown.field, "maria@lopezexample")
        assert not shown.confirm_button.isEnabled()
        shown.reject()

    asked = question(parent, text_to_type="maria@lopez.example", type_prompt="Type it")
    assert not run(asked, type_name)


def test_dialog_alternative_has_a_count_of_its_own(parent: QWidget) -> None:
    dialog = ConfirmationDialog(
        parent,
        "Write?",
        "2 left out.",
        confirm="Write 1103 as ticked",
        cancel="Cancel",
        text_to_type="1103",
        type_prompt="Type 1103 or 1105",
        alternative="Write all 1105",
        alternative_text_to_type="1105",
    )
    chosen: list[str] = []
    dialog.accepted.connect(lambda: chosen.append("ticked"))
    dialog.alternative_chosen.connect(lambda: chosen.append("all"))
    dialog.open()
    assert dialog.field is not None
    dialog.field.setText("1,105")
    assert not dialog.confirm_button.isEnabled()
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert chosen == ["all"]
    assert not dialog.isVisible()
    dialog.deleteLater()


def test_dialog_cancelled_task_closes_it(parent: QWidget) -> None:
    async def main() -> None:
        task = asyncio.ensure_future(question(parent))
        await asyncio.sleep(0)
        shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, ConfirmationDialog)]
        assert any(w.isVisible() for w in shown)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not any(w.isVisible() for w in shown)

    asyncio.run(main())
