"""kill -9 at each named point of a batch and of its undo: each change stands exactly once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop.store.workspace_store import open_store
from tests.faults.crash_tasks import DELIVERY_CHECKPOINTS
from tests.faults.edit_crashes import EditCrashHarness
from tests.support.workspace_home import create_workspace_home

_PEOPLE = 3
_BEFORE_SENDING = [(point, 1) for point in ("created", "found", "looked up", "planned", "applied")]
_WHILE_SENDING = [
    (point, number % _PEOPLE + 1) for number, point in enumerate(DELIVERY_CHECKPOINTS[1:])
]
_UNDOING = [("undo asked", 1), ("undo queued", 1), ("undo queued", 3), ("undone", 1)]


class BatchCrash:
    """One home and its customers, against the sandbox that all of these tests share."""

    def __init__(self, harness: EditCrashHarness, folder: Path, name: str) -> None:
        self._harness = harness
        self._workspace = create_workspace_home(folder, harness.servers.connection_document)
        servers = harness.servers
        self.emails = [f"{name}{number}@batch.example" for number in range(_PEOPLE)]
        self.sids = [servers.create_profile(one, lists={"Newsletter": 1}) for one in self.emails]
        for one in self.emails:
            servers.create_user(one)
        self._order: dict[str, Any] = {
            "home": str(folder),
            "document": harness.document,
            "addresses": self.emails,
        }

    def run(self, **more: Any) -> int:
        return int(self._harness.fork_server.run_task("batch", **self._order, **more))

    def levels(self) -> list[str]:
        profiles = map(self._harness.servers.read_profile, self.sids)
        return [profile["optout_email"] for profile in profiles if profile is not None]

    def posts(self) -> list[int]:
        """How often the app wrote to each customer."""
        return [self._harness.servers.count_writes(sid) for sid in self.sids]

    def read_edits(self) -> tuple[list[tuple[str, str]], int]:
        """Target and state of each edit, the oldest first, and how many audit rows there are."""
        store = open_store(self._workspace)
        try:
            (batch,) = store.edit_batches.list_recent.blocking()
            edits = store.outbox.list_of_batch.blocking(batch.id)
            assert len(store.outbox.list_recent.blocking(-1)) == len(edits)
            entries = store.audit.list_entries.blocking(limit=100)
            assert store.audit.verify_chain.blocking().first_broken_seq is None
            return [(edit.request.target.id, edit.state.value) for edit in edits], len(entries)
        finally:
            store.close()


@pytest.fixture(scope="module")
def crash_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditCrashHarness]:
    found = EditCrashHarness(tmp_path_factory.mktemp("yard"))
    yield found
    found.close()


@pytest.mark.parametrize(("point", "turn"), [*_BEFORE_SENDING, *_WHILE_SENDING])
def test_batch_killed_at_each_point_goes_on_and_each_change_stands_once(
    crash_harness: EditCrashHarness, tmp_path: Path, point: str, turn: int
) -> None:
    batch = BatchCrash(crash_harness, tmp_path / "home", f"{point.replace(' ', '-')}{turn}.")
    assert batch.run(die_at=point, turn=turn) == -9
    assert batch.run() == 0
    assert batch.levels() == ["basic"] * _PEOPLE
    assert batch.posts() == [1] * _PEOPLE
    edits, audit_rows = batch.read_edits()
    assert sorted(edits) == sorted((sid, "done") for sid in batch.sids)
    assert audit_rows == _PEOPLE


@pytest.mark.parametrize(("point", "turn"), [*_UNDOING, ("sending", 2), ("answered", 3)])
def test_undo_of_a_batch_killed_at_each_point_goes_on_and_stands_once(
    crash_harness: EditCrashHarness, tmp_path: Path, point: str, turn: int
) -> None:
    batch = BatchCrash(crash_harness, tmp_path / "home", f"undo-{point.replace(' ', '-')}{turn}.")
    assert batch.run() == 0
    assert batch.run(undo=True, die_at=point, turn=turn) == -9
    assert batch.run(undo=True) == 0
    assert batch.levels() == ["none"] * _PEOPLE
    assert batch.posts() == [2] * _PEOPLE
    edits, audit_rows = batch.read_edits()
    assert sorted(state for _, state in edits) == ["done"] * _PEOPLE + ["undone"] * _PEOPLE
    assert audit_rows == 2 * _PEOPLE
