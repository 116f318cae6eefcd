"""A mass opt-in takes two admins: the second signs in at the first one's window, and it runs."""

import asyncio
import base64
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QApplication, QPushButton

from desktop.model.guard import Limits
from desktop.panels.syncs.approval_dialog import ApprovalDialog
from tests.window.syncs.sync_desk import SyncDesk
from tests.window.syncs.test_sync_page import read_profile

LIST, MARIA = "Winback", "maria@lopez.example"


def leave_all_lists(desk: SyncDesk, address: str) -> None:
    """Somebody who gets nothing by now."""
    from sailthru.sailthru_client import SailthruClient

    said = desk.sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    lists = dict.fromkeys(read_profile(desk, address)["lists"], 0)
    told = {"id": address, "key": "email", "lists": lists}
    assert client.api_post("user", told).is_ok()


async def stopped_preview(desk: SyncDesk) -> None:
    """A real preview: people join a list, somebody starts to get mail, and nobody may."""
    await asyncio.to_thread(leave_all_lists, desk, MARIA)
    await desk.add()
    goal = desk.store_goal()
    effects = replace(goal.effects, create_missing=True, add_to_lists=(LIST,))
    desk.house.goals.save(replace(goal, effects=effects, limits=Limits(0, 0)))
    desk.models.page.switch(on=True)
    await desk.until(lambda: desk.store_goal().checked_at > 0)
    await desk.preview()
    await desk.until(lambda: breach_of(desk) != "")


def breach_of(desk: SyncDesk) -> str:
    """The limit that holds what is shown; empty: none, or nothing is shown yet."""
    view = desk.models.plan.view()
    return view.stop.breach if view is not None and view.stop is not None else ""


def approvals(desk: SyncDesk, breach: str) -> list[str]:
    found = desk.house.store.plans.approvals(desk.open_plan())
    return [one.person for one in found if one.breach == breach]


async def allow_as_ada(desk: SyncDesk, breach: str) -> None:
    words = "Allow…" if breach == "starts" else "Allow once…"
    desk.click(words, QPushButton)
    desk.click(desk.dialog().confirm_button)  # type: ignore[attr-defined]
    await desk.until(lambda: approvals(desk, breach) == ["7601"])


async def ask_for_approval(desk: SyncDesk) -> ApprovalDialog:
    await desk.until(lambda: desk.all("Ask for approval…", QPushButton))
    desk.click("Ask for approval…", QPushButton)
    dialog = desk.dialog()
    assert isinstance(dialog, ApprovalDialog)
    return dialog


def asks_nobody() -> bool:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, ApprovalDialog)]
    return not any(w.isVisible() for w in found)


def sign_in(dialog: ApprovalDialog, email: str, token: str) -> None:
    dialog.email.setText(email)
    dialog.token.setText(token)
    dialog.allow.click()


def asked_who(desk: SyncDesk, email: str, token: str) -> list[dict[str, Any]]:
    """Requests of the person with this token, whoever sent them."""
    pair = base64.b64encode(f"{email}/token:{token}".encode()).decode()
    asked = desk.sandbox.requests()
    return [r for r in asked if r["headers"].get("authorization") == f"Basic {pair}"]


async def test_the_second_admin_signs_in_and_the_sync_writes(desk: SyncDesk) -> None:
    await stopped_preview(desk)
    written = len(desk.sandbox.writes())
    write = desk.page.plan.write
    assert breach_of(desk) == "starts"
    await allow_as_ada(desk, "starts")
    assert not write.isEnabled()
    said = desk.sandbox.zendesk
    bo = said["second_admin_email"], said["second_admin_api_token"]
    dialog = await ask_for_approval(desk)
    for email, token, trouble in (
        (said["email"], said["api_token"], "Ada Admin has allowed it already"),
        (said["agent_email"], said["agent_api_token"], "Kim Park is no admin"),
        (bo[0], "wrong" + bo[1], "refused the sign-in"),
        ("", bo[1], "both needed"),
    ):
        sign_in(dialog, email, token)
        await desk.until(lambda: dialog.trouble.isVisible() and dialog.allow.isEnabled())
        assert trouble in dialog.trouble.text()
        # Whoever sits here is signed in, and need not do it again.
        assert "in Settings" not in dialog.trouble.text()
        assert approvals(desk, "starts") == ["7601"]
    sign_in(dialog, *bo)
    await desk.until(lambda: approvals(desk, "starts") == ["7601", "7604"])
    await desk.until(asks_nobody)
    # One question, to Zendesk alone; the run is Ada's.
    assert [r["path"] for r in asked_who(desk, *bo)] == ["/api/v2/users/me"]
    # Joining a list is one admin's matter.
    await desk.until(lambda: breach_of(desk) == "joins")
    await allow_as_ada(desk, "joins")
    await desk.until(write.isEnabled)
    assert len(desk.sandbox.writes()) == written
    desk.click(write)
    run = await desk.ended()
    assert run.totals["updated"] > 1
    assert run.totals["failed"] == 0
    maria = await asyncio.to_thread(read_profile, desk, MARIA)
    assert LIST in maria["lists"]
    assert len(asked_who(desk, *bo)) == 1


async def test_an_approval_is_for_this_preview_alone(desk: SyncDesk) -> None:
    await stopped_preview(desk)
    await allow_as_ada(desk, "starts")
    said = desk.sandbox.zendesk
    dialog = await ask_for_approval(desk)
    sign_in(dialog, said["second_admin_email"], said["second_admin_api_token"])
    await desk.until(lambda: approvals(desk, "starts") == ["7601", "7604"])
    before = desk.open_plan()
    await desk.until(asks_nobody)
    await desk.press_preview()
    await desk.until(
        lambda: desk.models.page.sync().running is None and desk.open_plan() != before, 40
    )
    await desk.until(lambda: breach_of(desk) == "starts")
    assert approvals(desk, "starts") == []
    assert not desk.page.plan.write.isEnabled()
