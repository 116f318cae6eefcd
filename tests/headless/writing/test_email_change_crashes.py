"""kill -9 at each named point of each step of an address change: it goes on and ends once."""

from collections.abc import Iterator
from typing import Any

import pytest

from desktop.model.email_change import EmailChangeStep, StepState
from tests.faults.crash_tasks import DELIVERY_CHECKPOINTS
from tests.faults.edit_crashes import EditCrashHarness

_STEP_COUNT = 3
# Each point once, and those around the request for every step.
_KILLS = [("enqueued", 1)] + [
    (point, turn)
    for number, point in enumerate(DELIVERY_CHECKPOINTS[1:])
    for turn in range(1, _STEP_COUNT + 1)
    if point in ("sending", "answered", "closed") or turn == number % _STEP_COUNT + 1
]
_VARS = {"city": "Lisbon", "age": 41}


@pytest.fixture(scope="module")
def crash_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditCrashHarness]:
    found = EditCrashHarness(tmp_path_factory.mktemp("yard"))
    yield found
    found.close()


def requests_of(harness: EditCrashHarness, user_id: int, sid: str) -> list[str]:
    """The app's writes of one customer: method and what they are about."""
    made = []
    for seen in harness.servers.logged_requests():
        if seen["method"] == "GET" or seen["headers"].get("x-witness"):
            continue
        if f"/users/{user_id}/" in seen["path"]:
            made.append(f"{seen['method']} {seen['path'].rsplit('/', 1)[1]}")
        elif sid in seen["body"]:
            made.append("POST keys")
    return made


@pytest.mark.parametrize(("point", "turn"), _KILLS)
def test_email_change_killed_at_each_point_goes_on_and_stands_once(
    crash_harness: EditCrashHarness, point: str, turn: int
) -> None:
    servers = crash_harness.servers
    name = f"{point.replace(' ', '-')}{turn}"
    old, new = f"{name}.old@faults.example", f"{name}.new@faults.example"
    sid = servers.create_profile(old, vars=_VARS, lists={"Newsletter": 1}, optout_email="basic")
    user_id = servers.create_user(old)
    order: dict[str, Any] = {"old": old, "new": new, **crash_harness.task_arguments}
    assert (
        crash_harness.fork_server.run_task("change email", die_at=point, turn=turn, **order) == -9
    )
    assert crash_harness.fork_server.run_task("change email", **order) == 0
    profile = servers.read_profile(sid)
    assert profile is not None
    assert (profile["keys"]["email"], profile["vars"]) == (new, _VARS)
    assert profile["optout_email"] == "basic"
    identities = servers.zendesk_request("GET", f"/api/v2/users/{user_id}/identities")[1]
    assert {i["value"]: i["primary"] for i in identities["identities"]} == {old: False, new: True}
    # What was answered is never sent again; what may not have left is looked for first.
    assert requests_of(crash_harness, user_id, sid) == [
        "POST identities",
        "PUT make_primary",
        "POST keys",
    ]
    store = crash_harness.open_store()
    try:
        progress = store.email_changes.find_newest.blocking(user_id, sid)
    finally:
        store.close()
    assert progress is not None
    assert {s.step: s.state for s in progress.steps} == {
        EmailChangeStep.ADD_ADDRESS: StepState.DONE,
        EmailChangeStep.MAKE_PRIMARY: StepState.DONE,
        EmailChangeStep.REMOVE_OLD: StepState.KEPT,
        EmailChangeStep.MOVE_PROFILE: StepState.DONE,
        EmailChangeStep.VERIFY: StepState.DONE,
    }
