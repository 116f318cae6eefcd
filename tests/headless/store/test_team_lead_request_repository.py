"""Requests to a lead in the database: asked once, answered once, whoever comes second."""

from pathlib import Path

import pytest

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.service import Service
from desktop.model.team_lead_request import TeamLeadRequestState
from tests.support.fresh_store import open_fresh_store

TARGET = EditTarget(Service.SAILTHRU, "a" * 24, "maria@lopez.example")
LEAVE = EditRequest(EditKind.LIST, TARGET, "VIP", True, False, "moved", 48213)


def test_request_is_answered_once(tmp_path: Path) -> None:
    store = open_fresh_store(tmp_path)
    asked = store.team_lead_requests.add.blocking(LEAVE, "Kim", "zendesk:5", 1.0)
    assert asked.request == LEAVE
    ended = store.team_lead_requests.answer.blocking(
        asked.id, TeamLeadRequestState.DECLINED, "Ada", 2.0, "no"
    )
    assert (ended.state, ended.answered_by, ended.answer) == (
        TeamLeadRequestState.DECLINED, "Ada", "no",
    )  # fmt: skip
    with pytest.raises(ConflictError, match="declined already"):
        store.team_lead_requests.answer.blocking(
            asked.id, TeamLeadRequestState.WITHDRAWN, "Kim", 3.0
        )
    # Two leads who press Do it at once: the second queues nothing.
    settle = store.team_lead_requests.answer_within(asked.id, "Bo", 3.0)
    with pytest.raises(ConflictError, match="declined already"):
        store.outbox.enqueue_and_settle.blocking(
            [LEAVE], "Bo", 3.0, lambda _request, _pending: 0.0, settle
        )
    assert store.outbox.list_recent.blocking(5) == ()
    assert [row.kind for row in store.audit.list_entries.blocking()] == ["lead_request"] * 2


def test_same_request_is_open_once(tmp_path: Path) -> None:
    store = open_fresh_store(tmp_path)
    first = store.team_lead_requests.add.blocking(LEAVE, "Kim", "zendesk:5", 1.0)
    with pytest.raises(ConflictError, match="Kim has asked for this already"):
        store.team_lead_requests.add.blocking(LEAVE, "Lee", "zendesk:6", 2.0)
    store.team_lead_requests.answer.blocking(first.id, TeamLeadRequestState.WITHDRAWN, "Kim", 3.0)
    again = store.team_lead_requests.add.blocking(LEAVE, "Lee", "zendesk:6", 4.0)
    assert [each.id for each in store.team_lead_requests.list_open.blocking()] == [again.id]
    assert store.team_lead_requests.list_open.blocking(["somebody else"]) == ()


@pytest.mark.parametrize("unknown", ["7", "x", "-1", "9" * 30, ""])
def test_unknown_request_is_said_so(unknown: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no request"):
        open_fresh_store(tmp_path).team_lead_requests.get.blocking(unknown)
