"""Dialogs on a small screen: the content scrolls, title and buttons stay in reach."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, QSize
from PySide6.QtWidgets import QAbstractButton, QDialog, QLineEdit, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.syncs.sync_details_dialog import SyncDetailsDialog
from desktop.panels.widgets.admin_approval_dialog import AdminApprovalDialog
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.viewmodels.syncs.sync_header_view import SyncHeaderView

LONG = "217 people are past the limit of 200 people a run, which two admins have to allow. " * 6


def approval() -> QDialog:
    return AdminApprovalDialog(LONG)


def details() -> QDialog:
    return SyncDetailsDialog(
        SyncHeaderView(
            "s", "Zendesk to Sailthru", True, "", "", "", "", "", False, "", False, LONG, ("a",),
            None, None, True, "",
        )
    )  # fmt: skip


def question() -> QDialog:
    return ConfirmationDialog(
        None, "Erase?", LONG * 2, confirm="Erase", cancel="Cancel",
        text_to_type="1105", type_prompt="Type 1105",
    )  # fmt: skip


@pytest.mark.parametrize("size", [QSize(392, 300), QSize(1000, 260), QSize(340, 400)])
@pytest.mark.parametrize("make", [approval, details, question])
def test_dialog_on_a_small_screen_scrolls(
    make: Callable[[], ScrollingDialog],
    size: QSize,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = SimpleNamespace(availableSize=lambda: size)
    monkeypatch.setattr(ScrollingDialog, "screen", lambda _self: screen, raising=False)
    dialog = make()
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.isVisible)
    assert dialog.width() <= size.width()
    assert dialog.height() <= size.height()
    area = dialog.findChild(QScrollArea)
    assert area is not None
    for part in (p for p in dialog.findChildren(QWidget) if p.isVisible()):
        is_inside = area.widget().isAncestorOf(part)
        if isinstance(part, QAbstractButton):
            assert not is_inside
            where = part.mapTo(dialog, QPoint())
            assert dialog.rect().contains(where)
            assert dialog.rect().contains(where + QPoint(part.width() - 1, part.height() - 1))
        if isinstance(part, QLineEdit):
            assert part.height() >= 24
            area.ensureWidgetVisible(part)
            top = part.mapTo(dialog, QPoint()).y()
            assert 0 <= top <= dialog.height() - part.height()


def test_approval_grows_with_a_refusal(qtbot: QtBot) -> None:
    dialog = AdminApprovalDialog("217 people.")
    qtbot.addWidget(dialog)
    dialog.show()
    before = dialog.height()
    dialog.show_error("This API token has been used already. " * 4)
    assert dialog.height() > before
    assert dialog.error_label.height() >= dialog.error_label.heightForWidth(
        dialog.error_label.width()
    )
