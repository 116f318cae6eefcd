"""A mass opt-in takes two admins: the second signs in at the first one's window, and it runs."""

import asyncio
import base64
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QPushButton
from sync_desk import SyncDesk
from test_sync_page import read_profile

from desktop.model.guard import Limits
from desktop.model.plan import PlanState
from desktop.panels.syncs.approval_dialog import ApprovalDialog

LIST = "Winback"


async def stopped_preview(desk: SyncDesk) -> None:
    """A real preview in which more people join a list and start getting mail than may."""
    await desk.add()
    goal = desk.store_goal()
    effects = replace(goal.effects, create_missing=True, add_to_lists=(LIST,))
    desk.house.goals.save(replace(goal, effects=effects, limits=Limits(1, 0)))
    desk.models.page.switch(on=True)
    await desk.until(lambda: desk.store_goal().checked_at > 0)
    await desk.preview()
    await desk.until(lambda: desk.models.plan.view().stop is not None)


def approvals(desk: SyncDesk, breach: str) -> list[str]:
    found = desk.house.store.plans.approvals(desk.open_plan())
    return [one.person for one in found if one.breach == breach]


async def allow_as_ada(desk: SyncDesk, breach: str) -> None:
    desk.click(
        next(b for b in desk.all("Allow…", QPushButton) + desk.all("Allow once…", QPushButton))
    )
    desk.click(desk.dialog().confirm_button)  # type: ignore[attr-defined]
    await desk.until(lambda: approvals(desk, breach) == ["7601"])


async def ask_for_approval(desk: SyncDesk) -> ApprovalDialog:
    await desk.until(lambda: desk.all("Ask for approval…", QPushButton))
    desk.click("Ask for approval…", QPushButton)
    dialog = desk.dialog()
    assert isinstance(dialog, ApprovalDialog)
    return dialog


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
    write = desk.page.plan.write
    assert desk.models.plan.view().stop.breach == "starts"
    await allow_as_ada(desk, "starts")
    assert not write.isEnabled()
    said = desk.sandbox.zendesk
    bo = said["second_admin_email"], said["second_admin_api_token"]
    dialog = await ask_for_approval(desk)
    for email, token, trouble in (
        (said["email"], said["api_token"], "Ada Admin has allowed it already"),
        (said["agent_email"], said["agent_api_token"], "Kim Park is no admin"),
        (bo[0], "wrong" + bo[1], "sign in"),
        ("", bo[1], "both needed"),
    ):
        sign_in(dialog, email, token)
        await desk.until(lambda: dialog.trouble.isVisible() and dialog.allow.isEnabled())
        assert trouble in dialog.trouble.text()
        assert approvals(desk, "starts") == ["7601"]
    sign_in(dialog, *bo)
    await desk.until(lambda: approvals(desk, "starts") == ["7601", "7604"])
    await desk.until(lambda: not dialog.isVisible())
    # One question, to Zendesk alone; the run is Ada's.
    assert [r["path"] for r in asked_who(desk, *bo)] == ["/api/v2/users/me"]
    # Joining a list is one admin's matter.
    await desk.until(lambda: (stop := desk.models.plan.view().stop) and stop.breach == "joins")
    await allow_as_ada(desk, "joins")
    await desk.until(write.isEnabled)
    assert not desk.sandbox.writes()
    desk.click(write)
    run = await desk.ended()
    assert run.totals["created"] > 1
    assert run.totals["failed"] == 0
    plan = desk.house.store.plans.get(run.plan)
    assert plan.state is not PlanState.STOPPED
    rows = desk.house.store.plans.rows(run.plan, limit=2000)
    made = next(row.label for row in rows if row.fate.value == "create" and row.target_id)
    profile = await asyncio.to_thread(read_profile, desk, made)
    assert LIST in profile["lists"]
    assert len(asked_who(desk, *bo)) == 1


async def test_an_approval_is_for_this_preview_alone(desk: SyncDesk) -> None:
    await stopped_preview(desk)
    await allow_as_ada(desk, "starts")
    said = desk.sandbox.zendesk
    dialog = await ask_for_approval(desk)
    sign_in(dialog, said["second_admin_email"], said["second_admin_api_token"])
    await desk.until(lambda: approvals(desk, "starts") == ["7601", "7604"])
    before = desk.open_plan()
    await desk.until(lambda: not dialog.isVisible())
    desk.click("Preview")
    await desk.until(
        lambda: desk.models.page.sync().running is None and desk.open_plan() != before, 40
    )
    await desk.until(lambda: (stop := desk.models.plan.view().stop) and stop.breach == "starts")
    assert approvals(desk, "starts") == []
    assert not desk.page.plan.write.isEnabled()
