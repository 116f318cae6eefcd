"""kill -9 at each named point of each step of an erasure: it goes on, and ends once."""

from collections.abc import Iterator
from typing import Any

import pytest

from desktop.model.erasure import ErasureState, ErasureStep
from tests.faults.crash_tasks import DELIVERY_CHECKPOINTS, ERASURE_CHECKPOINTS
from tests.faults.edit_crashes import EditCrashHarness

# Close a ticket, delete the user, then the data, delete the profile.
_STEP_COUNT = 4
# Each point once, and those around the request for every step.
_KILLS = [(point, 1) for point in ERASURE_CHECKPOINTS] + [
    (point, turn)
    for number, point in enumerate(DELIVERY_CHECKPOINTS[1:])
    for turn in range(1, _STEP_COUNT + 1)
    if point in ("sending", "answered", "closed") or turn == number % _STEP_COUNT + 1
]


@pytest.fixture(scope="module")
def crash_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditCrashHarness]:
    found = EditCrashHarness(tmp_path_factory.mktemp("erasures"))
    yield found
    found.close()


def create_person(harness: EditCrashHarness, name: str) -> tuple[str, int, str, int]:
    """Somebody in both services with a ticket: address, user id, sid and ticket."""
    email, servers = f"{name}@erased.example", harness.servers
    sid = servers.create_profile(email, vars={"city": "Lisbon"}, lists={"Newsletter": 1})
    user_id = servers.create_user(email)
    ticket = {"subject": "Erase me", "comment": {"body": "please"}, "requester_id": user_id}
    body = servers.zendesk_request("POST", "/api/v2/tickets.json", {"ticket": ticket})[1]
    return email, user_id, sid, int(body["ticket"]["id"])


def app_writes(harness: EditCrashHarness, user_id: int, sid: str, ticket: int) -> list[str]:
    """The app's writes of one person, by method and path."""
    ours = {
        f"/api/v2/tickets/{ticket}": "close",
        f"/api/v2/users/{user_id}": "delete",
        f"/api/v2/deleted_users/{user_id}": "delete data",
    }
    made = []
    for seen in harness.servers.logged_requests():
        if seen["method"] == "GET" or seen["headers"].get("x-witness"):
            continue
        if seen["path"] in ours:
            made.append(ours[seen["path"]])
        elif seen["path"] == "/user" and sid in str(seen["query"]):
            made.append("delete profile")
    return made


@pytest.mark.parametrize(("point", "turn"), _KILLS)
def test_erasure_killed_at_each_point_goes_on_and_ends_once(
    crash_harness: EditCrashHarness, point: str, turn: int
) -> None:
    name = f"{point.replace(' ', '-')}{turn}"
    email, user_id, sid, ticket = create_person(crash_harness, name)
    order: dict[str, Any] = {"who": email, **crash_harness.task_arguments}
    forks = crash_harness.fork_server
    assert forks.run_task("erase person", die_at=point, turn=turn, **order) == -9
    assert forks.run_task("erase person", **order) == 0
    # What was answered is never sent again; what may not have left is looked for first.
    assert app_writes(crash_harness, user_id, sid, ticket) == [
        "close", "delete", "delete data", "delete profile",
    ]  # fmt: skip
    servers = crash_harness.servers
    assert servers.read_profile(email) is None
    assert servers.read_user(user_id)["name"] == "Permanently Deleted User"
    store = crash_harness.open_store()
    try:
        newest = store.erasures.list_progress.blocking()[0]
        store.audit.signer.use_key("k" * 64)
        verified = store.audit.verify_chain.blocking()
        ends = [e for e in store.audit.list_entries.blocking() if e.kind == "erasure_end"]
    finally:
        store.close()
    assert newest.erasure.state is ErasureState.DONE
    assert [step.step for step in newest.steps] == list(ErasureStep)
    assert all(step.ended_at is not None for step in newest.steps)
    assert verified.state == "verified", verified.summary
    assert [e.new["erasure"] for e in ends].count(newest.erasure.id) == 1  # type: ignore[index,call-overload]
    left = [
        path.name
        for path in (crash_harness.folder / "home").rglob("*.db*")
        if {email.encode(), sid.encode()} & set(_found(path.read_bytes(), email, sid))
    ]
    assert left == []


def _found(content: bytes, *texts: str) -> list[bytes]:
    return [text.encode() for text in texts if text.encode() in content]
