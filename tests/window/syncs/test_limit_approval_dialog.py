"""A mass opt-in takes two admins: the second signs in at the first one's window, and it runs."""

import asyncio
import base64
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QApplication, QPushButton

from desktop.model.run_limit import Limit
from desktop.panels.widgets.admin_approval_dialog import AdminApprovalDialog
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from tests.support.sync_page_driver import SyncPageDriver
from tests.window.syncs.test_sync_page import read_profile

LIST, MARIA = "Winback", "maria@lopez.example"


def leave_all_lists(desk: SyncPageDriver, address: str) -> None:
    """Somebody who gets nothing by now."""
    from sailthru.sailthru_client import SailthruClient

    said = desk.sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    lists = dict.fromkeys(read_profile(desk, address)["lists"], 0)
    told = {"id": address, "key": "email", "lists": lists}
    assert client.api_post("user", told).is_ok()


async def stopped_preview(desk: SyncPageDriver) -> None:
    """A real preview: people join a list, somebody starts to get mail, and nobody may."""
    await asyncio.to_thread(leave_all_lists, desk, MARIA)
    await desk.add_preset()
    goal = desk.read_sync()
    effects = replace(goal.effects, create_missing=True, add_to_lists=(LIST,))
    desk.house.syncs.save_sync(replace(goal, effects=effects, limits=Limit(0, 0)))
    desk.models.page.switch_sync(on=True)
    await desk.wait_until(lambda: desk.read_sync().checked_at > 0)
    await desk.make_preview()
    await desk.wait_until(lambda: breach_of(desk) != "")


def breach_of(desk: SyncPageDriver) -> str:
    """The limit that holds what is shown; empty: none, or nothing is shown yet."""
    view = desk.models.plan.view()
    return view.limit_stop.breach if view is not None and view.limit_stop is not None else ""


def approvals(desk: SyncPageDriver, breach: str) -> list[str]:
    found = desk.house.store.plans.approvals.list_of_plan.blocking(desk.open_plan_id())
    return [one.user_id for one in found if one.limit_code == breach]


async def allow_as_ada(desk: SyncPageDriver, breach: str) -> None:
    desk.click("Allow…", QPushButton)
    question = desk.front_dialog()
    assert isinstance(question, ConfirmationDialog)
    desk.click(question.confirm_button)
    await desk.wait_until(lambda: approvals(desk, breach) == ["7601"])


async def ask_for_approval(desk: SyncPageDriver) -> AdminApprovalDialog:
    await desk.wait_until(lambda: desk.find_all("Ask for approval…", QPushButton))
    desk.click("Ask for approval…", QPushButton)
    dialog = desk.front_dialog()
    assert isinstance(dialog, AdminApprovalDialog)
    return dialog


def asks_nobody() -> bool:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, AdminApprovalDialog)]
    return not any(w.isVisible() for w in found)


def sign_in(dialog: AdminApprovalDialog, email: str, token: str) -> None:
    dialog.email_field.setText(email)
    dialog.token_field.setText(token)
    dialog.allow_button.click()


def asked_who(desk: SyncPageDriver, email: str, token: str) -> list[dict[str, Any]]:
    """Requests of the person with this token, whoever sent them."""
    pair = base64.b64encode(f"{email}/token:{token}".encode()).decode()
    asked = desk.sandbox.logged_requests()
    return [r for r in asked if r["headers"].get("authorization") == f"Basic {pair}"]


async def test_approval_dialog_second_admin_signs_in_and_run_writes(window: SyncPageDriver) -> None:
    await stopped_preview(window)
    written = len(window.sandbox.logged_writes())
    write = window.page.plan_tab.write_button
    assert breach_of(window) == "starts"
    await allow_as_ada(window, "starts")
    assert not write.isEnabled()
    said = window.sandbox.zendesk
    bo = said["second_admin_email"], said["second_admin_api_token"]
    dialog = await ask_for_approval(window)
    for email, token, trouble in (
        (said["email"], said["api_token"], "Ada Admin has already approved it"),
        (said["agent_email"], said["agent_api_token"], "Kim Park is no admin"),
        (bo[0], "wrong" + bo[1], "refused the sign-in"),
        ("", bo[1], "both needed"),
    ):
        sign_in(dialog, email, token)
        await window.wait_until(
            lambda: dialog.error_label.isVisible() and dialog.allow_button.isEnabled()
        )
        assert trouble in dialog.error_label.text()
        # Whoever sits here is signed in, and need not do it again.
        assert "in Settings" not in dialog.error_label.text()
        assert approvals(window, "starts") == ["7601"]
    sign_in(dialog, *bo)
    await window.wait_until(lambda: approvals(window, "starts") == ["7601", "7604"])
    await window.wait_until(asks_nobody)
    # One question, to Zendesk alone; the run is Ada's.
    assert [r["path"] for r in asked_who(window, *bo)] == ["/api/v2/users/me"]
    # Joining a list is one admin's matter.
    await window.wait_until(lambda: breach_of(window) == "joins")
    await window.wait_until(write.isEnabled)
    assert len(window.sandbox.logged_writes()) == written
    window.click("Allow once and write…", QPushButton)
    question = window.front_dialog()
    assert isinstance(question, ConfirmationDialog)
    assert question.field is None
    window.click(question.confirm_button)
    run = await window.wait_for_run_end()
    assert run.totals["updated"] > 1
    await window.open_run(run.id)
    facts = window.models.history.run_detail().facts
    allowed = [value.partition(" for ")[0] for name, value, _ in facts if name == "Allowed"]
    assert [words.rpartition(" allowed ")[2] for words in allowed] == ["starts", "starts", "joins"]
    assert allowed[0].startswith("Ada Admin")
    newest = window.models.history.latest_list_model.row_at(0)
    assert newest is not None
    assert "limit allowed by Ada Admin and " in newest.summary
    assert run.totals["failed"] == 0
    maria = await asyncio.to_thread(read_profile, window, MARIA)
    assert LIST in maria["lists"]
    assert len(asked_who(window, *bo)) == 1


async def test_approval_is_for_one_preview_only(window: SyncPageDriver) -> None:
    await stopped_preview(window)
    await allow_as_ada(window, "starts")
    said = window.sandbox.zendesk
    dialog = await ask_for_approval(window)
    sign_in(dialog, said["second_admin_email"], said["second_admin_api_token"])
    await window.wait_until(lambda: approvals(window, "starts") == ["7601", "7604"])
    before = window.open_plan_id()
    await window.wait_until(asks_nobody)
    await window.press_preview()
    await window.wait_until(
        lambda: (
            window.models.page.selected_sync().active_run is None
            and window.open_plan_id() != before
        ),
        40,
    )
    await window.wait_until(lambda: breach_of(window) == "starts")
    assert approvals(window, "starts") == []
    assert not window.page.plan_tab.write_button.isEnabled()
