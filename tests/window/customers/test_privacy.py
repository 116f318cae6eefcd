"""Privacy in the window: the export, and the drawer Erase from the check to the report."""

import contextlib
import json
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from desktop.connect.second_admin_sign_in import sign_in_second_admin
from desktop.panels.customer.erasure_drawer import ErasureDrawer
from desktop.panels.settings.erasures_card import ErasuresCard
from desktop.panels.settings_page import SettingsPage
from desktop.panels.widgets.admin_approval_dialog import AdminApprovalDialog
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.customer.erasure_model import ErasureModel
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.window_driver import CTRL, SHIFT, Key, WindowDriver
from tests.support.window_workspace import lasting_faults

TOM, TOM_ID, TOM_SID = "tom@old.example", 7702, "5f1c7d02a9be4c3300240012"
ERASE, EXPORT = "Privacy: Erase…", "Privacy: Export…"


def drawer_of(window: WindowDriver) -> ErasureDrawer:
    return window.view.findChildren(ErasureDrawer)[0]


def model_of(window: WindowDriver) -> ErasureModel:
    return window.window.make_drawer_models().erasure


async def open_drawer(window: WindowDriver, who: str = TOM) -> ErasureDrawer:
    """Look somebody up, and open the drawer Erase."""
    await window.look_up(who)
    window.view.window_actions[ERASE].trigger()
    drawer = drawer_of(window)
    assert drawer.isVisible()
    await window.wait_until(lambda: not model_of(window).view().is_loading)
    return drawer


async def request_erasure(window: WindowDriver) -> ErasureDrawer:
    """Request that Tom is erased, with his open ticket closed first."""
    drawer = await open_drawer(window)
    drawer.tickets_box.click()
    drawer.confirm_field.setFocus()
    window.type(TOM)
    window.click(drawer.act_button)
    await window.wait_for_text("It waits for another admin.", drawer)
    return drawer


def visible_dialogs() -> list[AdminApprovalDialog]:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, AdminApprovalDialog)]
    return [w for w in found if w.isVisible()]


async def sign_in(window: WindowDriver, email: str, token: str) -> str:
    """Sign in as another admin, and return what is said against it; "" once it was taken."""
    (dialog,) = visible_dialogs()
    dialog.email_field.setText(email)
    dialog.token_field.setText(token)
    dialog.allow_button.click()
    await window.wait_until(
        lambda: (
            not visible_dialogs()
            or (dialog.error_label.isVisible() and dialog.allow_button.isEnabled())
        )
    )
    return dialog.error_label.text() if visible_dialogs() else ""


async def approve(window: WindowDriver) -> None:
    said = window.sandbox.zendesk
    window.click("Approval by another admin…", QPushButton)
    assert not await sign_in(window, said["second_admin_email"], said["second_admin_api_token"])


async def wait_for_button(window: WindowDriver, words: str) -> None:
    drawer = drawer_of(window)
    await window.wait_until(lambda: drawer.act_button.plain_text() == words, within_s=30)


def choose_folder(folder: Path) -> None:
    """Answer the dialog that asks for a folder."""
    (dialog,) = [
        w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible()
    ]
    dialog.fileSelected.emit(str(folder))
    dialog.close()


def read_zendesk(window: WindowDriver, path: str) -> tuple[int, dict[str, Any]]:
    headers = window.sandbox.basic_auth_headers()
    answer = window.sandbox.http("zendesk", "GET", f"/api/v2{path}", None, headers)
    return answer.status, answer.body


def files_with(folder: Path, *texts: str) -> list[str]:
    return sorted(
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(text.encode() in path.read_bytes() for text in texts)
    )


async def test_erase_is_typed_approved_by_a_second_admin_and_ticked_off(
    window: WindowDriver, tmp_path: Path
) -> None:
    drawer = await open_drawer(window)
    assert QApplication.focusWidget() is drawer.tickets_box
    texts = window.visible_texts(drawer)
    assert "1 user, 2 addresses and numbers, 2 tickets, 1 of them not closed" in texts
    assert "1 profile, 2 list memberships" in texts
    assert "Zendesk keeps the closed tickets" in texts
    assert "1 ticket is not closed: #48240." in texts
    window.save_screenshot("erase-check")
    drawer.confirm_field.setFocus()
    window.type(TOM)
    # A ticket that is not closed stands in the way, and so does another address.
    assert not drawer.act_button.isEnabled()
    drawer.tickets_box.click()
    window.press(Key.Key_Backspace)
    window.press(Key.Key_Return, CTRL)
    assert not drawer.act_button.isEnabled()
    assert "Type tom@old.example" in drawer.act_button.toolTip()
    window.type("e")
    window.click(drawer.act_button)
    await window.wait_for_text("It waits for another admin.", drawer)
    assert read_zendesk(window, f"/users/{TOM_ID}")[1]["user"]["active"] is True
    window.click("Approval by another admin…", QPushButton)
    window.save_screenshot("erase-approval", visible_dialogs()[0])
    said = window.sandbox.zendesk
    for email, token, refusal in (
        (said["email"], said["api_token"], "has already approved it"),
        (said["agent_email"], said["agent_api_token"], "is no admin"),
        (said["second_admin_email"], "wrong", "refused the sign-in"),
    ):
        assert refusal in await sign_in(window, email, token)
        assert read_zendesk(window, f"/users/{TOM_ID}")[1]["user"]["active"] is True
    assert not await sign_in(window, said["second_admin_email"], said["second_admin_api_token"])
    await wait_for_button(window, "Save the report…")
    window.save_screenshot("erase-done")
    assert read_zendesk(window, f"/deleted_users/{TOM_ID}")[0] == 404
    assert read_zendesk(window, f"/users/{TOM_ID}")[1]["user"]["email"] is None
    assert "error" in await window.read_profile_officially(TOM_SID)
    # The tab closes once its look into the store has ended, after the drawer said so.
    await window.wait_until(lambda: "Tom" not in window.visible_texts())
    assert TOM not in window.visible_texts() + window.view.top_bar.search_field.text()
    window.click("Save the report…", QPushButton)
    folder = tmp_path / "reports"
    choose_folder(folder)
    await window.wait_for_text("The report is saved.", drawer)
    report = json.loads((folder / "erasure-1.json").read_text("utf-8"))
    assert [step["state"] for step in report["steps"]] == ["done"] * 6
    assert [one["user_id"] for one in report["approvals"]] == ["7601", "7604"]
    assert files_with(folder, "Tom", TOM, TOM_SID, str(TOM_ID)) == []


async def test_erase_leaves_nothing_half_typed_in_the_window_or_its_files(
    window: WindowDriver,
) -> None:
    await window.look_up(TOM)
    window.click("No marketing e-mail")
    window.type("canary in a reason")
    window.press(Key.Key_M, CTRL | SHIFT)
    window.type("canary in a note")
    window.press(Key.Key_Escape)
    await window.wait_until(lambda: files_with(window.home.folder, "canary in a reason"))
    await window.wait_until(lambda: files_with(window.home.folder, "canary in a note"))
    await request_erasure(window)
    await approve(window)
    await wait_for_button(window, "Save the report…")

    def find_typed() -> list[str]:
        texts = map(_text_of, window.view.findChildren(QWidget))
        return [text for text in texts if "canary" in text or TOM in text]

    # The tab closes a moment after the erasure has ended.
    with contextlib.suppress(AssertionError):
        await window.wait_until(lambda: not find_typed(), within_s=5.0)
    assert find_typed() == []
    assert window.sheet.drafts._unsaved_texts == {}
    assert not window.view.window_actions["Back"].isEnabled()
    await window.close_window()
    assert files_with(window.home.folder, "canary", TOM, TOM_SID) == []


def _text_of(widget: QWidget) -> str:
    if isinstance(widget, QLineEdit):
        return widget.text()
    return widget.toPlainText() if isinstance(widget, QPlainTextEdit) else ""


async def test_erase_that_stopped_is_found_in_settings_after_a_restart_and_resumed(
    window: WindowDriver,
) -> None:
    drawer = await request_erasure(window)
    window.sandbox.add_fault("sailthru:DELETE /user:400", times=None)
    await approve(window)
    await wait_for_button(window, "Resume at step 5")
    assert "The erasure has stopped at step 5." in window.visible_texts(drawer)
    window.save_screenshot("erase-stopped")
    window.sandbox.clear_faults()
    await window.reopen_window()
    window.view.show_page("settings")
    page = window.view.findChild(SettingsPage)
    assert page is not None
    page.show_section("data")
    card = next(one for one in page.cards["data"] if isinstance(one, ErasuresCard))
    await window.wait_for_text("has stopped", card)
    assert TOM not in window.visible_texts(card)
    window.save_screenshot("erase-settings")
    window.click(next(one for one in card.findChildren(LinkButton)))
    await wait_for_button(window, "Resume at step 5")
    window.click(drawer_of(window).act_button)
    await wait_for_button(window, "Save the report…")
    assert "error" in await window.read_profile_officially(TOM_SID)
    await window.wait_until(lambda: "done" in window.visible_texts(card).split("\n"))


async def test_erase_request_is_withdrawn_and_nothing_is_erased(window: WindowDriver) -> None:
    drawer = await request_erasure(window)
    window.click(drawer.withdraw_button)
    await window.wait_for_text("The request is withdrawn.", drawer)
    window.press(Key.Key_Escape)
    assert not drawer.isVisible()
    assert read_zendesk(window, f"/users/{TOM_ID}")[1]["user"]["active"] is True
    # Whoever is asked for anew is checked anew.
    again = await open_drawer(window)
    assert again.confirm_field.text() == ""
    assert "1 of them not closed" in window.visible_texts(again)


async def test_second_admin_at_work_here_types_the_address_and_approves(
    window: WindowDriver,
) -> None:
    said, house = window.sandbox.zendesk, window.house
    await window.look_up(TOM)
    assert window.sheet.sheet is not None
    check = await house.erasures.check(window.sheet.sheet)
    clock = house.context.clock
    other = await sign_in_second_admin(
        clock, house.session.values, said["second_admin_email"], said["second_admin_api_token"]
    )
    subject = check.planned_subject(closes_tickets=True)
    await house.store.erasures.request(subject, check.counts, other, clock.now())
    drawer = await open_drawer(window)
    assert drawer.act_button.plain_text() == "Approve and erase"
    assert not drawer.act_button.isEnabled()
    drawer.confirm_field.setFocus()
    window.type(TOM)
    window.press(Key.Key_Return, CTRL)
    await wait_for_button(window, "Save the report…")


async def test_colleagues_are_not_erased(window: WindowDriver) -> None:
    drawer = await open_drawer(window, "kim@acme.example")
    assert "works in your Zendesk" in window.visible_texts(drawer)
    assert not drawer.act_button.isEnabled()
    window.press(Key.Key_Return, CTRL)
    assert window.house.store.erasures.list_progress.blocking() == ()


async def test_erase_says_that_a_service_is_away_and_reads_again(
    window: WindowDriver,
) -> None:
    await window.look_up(TOM)
    window.sandbox.add_fault("zendesk:GET /api/v2/users/7702/tickets/requested:503", times=None)
    window.view.window_actions[ERASE].trigger()
    drawer = drawer_of(window)
    await window.wait_until(lambda: model_of(window).view().note is not None, within_s=20)
    assert drawer.act_button.plain_text() == "Read again"
    assert not drawer.confirm_field.isVisible()
    window.save_screenshot("erase-failed")
    window.sandbox.clear_faults()
    window.click(drawer.act_button)
    await window.wait_for_text("2 tickets, 1 of them not closed", drawer)


async def test_agents_see_why_they_may_neither_export_nor_erase(
    agent_window: WindowDriver,
) -> None:
    await agent_window.look_up(TOM)
    agent_window.click("More for this customer", QPushButton)
    menu = next(one for one in agent_window.view.findChildren(QMenu) if one.isVisible())
    assert [one.text() for one in menu.actions()] == [EXPORT, ERASE]
    for action in menu.actions():
        assert not action.isEnabled()
        assert "admin" in action.toolTip()
    menu.close()
    agent_window.view.customers_page.export_person()
    choose_folder(agent_window.home.folder)
    await agent_window.wait_for_text("Exporting a person's data is not allowed.")


async def test_export_is_saved_into_a_folder_of_its_own_without_a_name(
    window: WindowDriver, tmp_path: Path
) -> None:
    assert not window.view.window_actions[EXPORT].isEnabled()
    drawer = await open_drawer(window)
    window.click(drawer.export_button)
    parent = tmp_path / "exports"
    choose_folder(parent)
    await window.wait_for_text("Everything known of the customer is saved.", drawer)
    (folder,) = parent.iterdir()
    assert folder.name.startswith("customer-export-20")
    assert "old.example" not in folder.name
    found = json.loads((folder / "person.json").read_text("utf-8"))
    assert {one["id"] for one in found["zendesk"]["tickets"]} == {48240, 44870}
    assert found["sailthru"]["profiles"][0]["user"]["keys"]["sid"] == TOM_SID
    assert "Tom Reyes" in (folder / "person.html").read_text("utf-8")
    window.click(drawer.close_button)
    window.sandbox.add_fault("sailthru:GET /user:503", times=None)
    window.view.window_actions[EXPORT].trigger()
    choose_folder(parent)
    # Half an export is none.
    await window.wait_until(
        lambda: "Sailthru" in window.visible_texts(window.view.banner), within_s=30
    )
    assert list(parent.iterdir()) == [folder]


async def test_erase_drawer_keeps_the_keyboard_and_fits_beside_a_browser(
    window: WindowDriver,
) -> None:
    window.view.resize(420, 820)
    drawer = await open_drawer(window)
    for _ in range(12):
        window.press(Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        assert drawer.isAncestorOf(focus)
    assert await lasting_faults(lambda: clipped_texts(drawer)) == []
    window.save_screenshot("erase-narrow")
    assert controls_without_name(drawer) == []
    window.view.resize(1280, 820)
    assert await lasting_faults(lambda: clipped_texts(drawer)) == []
