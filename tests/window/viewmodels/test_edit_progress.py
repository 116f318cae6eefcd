"""How far an open edit is, and what quitting over edits asks: tables of cases."""

from dataclasses import replace

import pytest

from desktop.clients.service_status import ServiceState, ServiceStatus
from desktop.model.edit import Edit, EditKind, EditState, not_sent_detail
from desktop.viewmodels.edit_progress import edit_progress_text
from desktop.viewmodels.quit_question import build_quit_question
from desktop.viewmodels.time_format import format_time_of_day
from tests.support.customer_contexts import NOW, make_edit

LEAVES = make_edit(EditKind.LIST, "VIP", False, old=True)
QUEUED = replace(LEAVES, state=EditState.QUEUED, not_before=NOW)
AT = format_time_of_day(NOW + 60)


@pytest.mark.parametrize(
    ("edit", "status", "text"),
    [
        (LEAVES, ServiceStatus.LIVE, "sends in 10 s"),
        (LEAVES, ServiceStatus.OFFLINE, "queued until Sailthru is back"),
        (QUEUED, ServiceStatus.LIVE, "waiting to be sent"),
        (QUEUED, ServiceStatus.OFFLINE, "queued until Sailthru is back"),
        (QUEUED, ServiceStatus.SIGNED_OUT, "queued until Sailthru is signed in again"),
        # What the rules refuse is not sent once the service is back either.
        (
            replace(QUEUED, detail=not_sent_detail("Changes are off.")),
            ServiceStatus.OFFLINE,
            "Not sent: Changes are off.",
        ),
        (
            replace(QUEUED, detail="Sailthru took too long.", not_before=NOW + 60),
            ServiceStatus.SLOW,
            f"Sailthru took too long. Tried again at {AT}.",
        ),
        (replace(LEAVES, state=EditState.SENDING), ServiceStatus.OFFLINE, "sending"),
    ],
)
def test_open_edit_says_what_it_waits_for(edit: Edit, status: ServiceStatus, text: str) -> None:
    states = [
        ServiceState("Zendesk", ServiceStatus.LIVE, NOW),
        ServiceState("Sailthru", status, NOW),
    ]
    assert edit_progress_text(edit, states, NOW) == text


def test_other_service_offline_holds_no_edit() -> None:
    states = [ServiceState("Zendesk", ServiceStatus.OFFLINE, NOW)]
    assert edit_progress_text(LEAVES, states, NOW) == "sends in 10 s"


def test_quit_question_counts_and_names_changes() -> None:
    question = build_quit_question([QUEUED] * 7, (), NOW)
    assert question.title == "7 changes are not sent yet"
    assert question.confirm == "Quit, send at next start"
    assert question.detail.splitlines() == [
        *["ada@acme.example: Removed from VIP. Waiting to be sent."] * 5,
        "2 more changes",
    ]


def test_quit_question_about_conflict_promises_no_sending() -> None:
    conflict = replace(LEAVES, state=EditState.CONFLICT, detail="Changed elsewhere.")
    question = build_quit_question([conflict], (), NOW)
    assert (question.title, question.confirm) == ("1 change is not made", "Quit")
    assert "next start" in question.message
    assert question.detail == "ada@acme.example: Removed from VIP. Changed elsewhere."
