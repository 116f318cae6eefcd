"""The card Approvals of the page Activity: another desk's question, and who may answer it."""

import os
from typing import Any

import pytest

from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import InvalidInput
from desktop.model.team import ApprovalAnswer, ApprovalKind, ApprovalRequest
from tests.support.accessibility_checks import controls_without_name
from tests.support.activity_page_driver import ActivityPageDriver
from tests.support.window_workspace import wait_until

LIMIT = {
    "title": "Smart list → Zendesk", "plan": "7", "people": 38, "asked_user": "7604",
    "message": "38 people would start getting marketing e-mail; your limit is 20 a run.",
}  # fmt: skip


def request(number: str, kind: ApprovalKind, **content: Any) -> ApprovalRequest:
    return ApprovalRequest(
        number, "bo", "Bo's laptop", kind, content, "Bo Berg", 1_780_000_000.0, is_proven=True
    )


class OtherDesk:
    """What another desk asks for, and what it was answered; the store itself is tried headless."""

    def __init__(self, *asked: ApprovalRequest) -> None:
        self.asked = list(asked)
        self.answered: list[tuple[str, str]] = []

    async def list_open(self) -> tuple[ApprovalRequest, ...]:
        return tuple(self.asked)

    async def answer(self, request_id: str, typed: str) -> ApprovalRequest:
        if typed != "38":
            raise InvalidInput("That is not the number of people.")
        self.answered.append((request_id, typed))
        (found,) = (one for one in self.asked if one.id == request_id)
        self.asked.remove(found)
        return found


async def test_admin_approves_what_another_desk_asks_for(
    activity_page: ActivityPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = OtherDesk(
        request("a", ApprovalKind.LIMIT, **LIMIT),
        request("b", ApprovalKind.ERASURE, asked_user=str(activity_page.house.session.actor.id)),
    )
    model, page = activity_page.approvals, activity_page.page
    monkeypatch.setattr(model, "_approvals", other)
    card = page.approvals_card
    page.resize(1060, 620)
    page.show()
    assert not card.isVisibleTo(page)
    activity_page.house.bus.publish(ChangeSet.of(Topic.TEAM))
    await wait_until(lambda: card.isVisibleTo(page))
    mine, own = card.rows["a"], card.rows["b"]
    assert controls_without_name(card) == []
    # Asked at this computer: another admin has to.
    assert (mine.button.isEnabled(), own.button.isEnabled()) == (True, False)
    assert model.waiting_count == 1
    if folder := os.environ.get("SHOTS"):
        page.grab().save(f"{folder}/team-approvals.png")
    mine.field.setText("37")
    mine.button.click()
    await wait_until(lambda: page.banner.isVisibleTo(page))
    assert other.answered == []
    mine.field.setText("38")
    mine.button.click()
    await wait_until(lambda: "a" not in card.rows)
    assert other.answered == [("a", "38")]
    assert page.scope_note.text() == "Approved. Bo's laptop goes on by itself."


async def test_given_approval_says_that_the_other_desk_goes_on(
    activity_page: ActivityPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = activity_page.house.session.actor
    given = ApprovalAnswer("a", actor.approver_id, actor.name, "", "here", 1.0, True)
    asked = request("a", ApprovalKind.LIMIT, **LIMIT)
    object.__setattr__(asked, "answers", (given,))
    model = activity_page.approvals
    monkeypatch.setattr(model, "_approvals", OtherDesk(asked))
    model.refresh()
    await wait_until(lambda: bool(model.views()))
    assert "goes on by itself" in model.views()[0].refusal
