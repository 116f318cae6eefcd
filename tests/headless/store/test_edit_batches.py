"""Batches in the store: all edits or none, claimed after single ones, and by one process."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted
from desktop.model.edit import Edit, EditKind, EditRequest, EditState, EditTarget
from desktop.model.edit_batch import (
    BATCH_UNDO_S,
    BatchAction,
    BatchOutcome,
    BatchPlanRow,
    BatchStage,
    EditBatch,
    LookupResult,
)
from desktop.model.pasted_addresses import parse_pasted_addresses
from desktop.model.service import Service
from desktop.model.sync_plan import PlannedOutcome
from desktop.store.edit_batch_repository import EditBatchRepository
from desktop.store.workspace_store import WorkspaceStore
from tests.support.fresh_store import open_fresh_store

_ACTION = BatchAction(EditKind.OPTOUT, "", "basic")
_DEAD = "999999999:1:boot:1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


def _sid(number: int) -> str:
    return f"{number:024x}"


def _request(number: int) -> EditRequest:
    target = EditTarget(Service.SAILTHRU, _sid(number), f"p{number}@x.example")
    return EditRequest(EditKind.OPTOUT, target, "", "none", "basic", "complaints")


def make_batch(store: WorkspaceStore, people: int = 3) -> EditBatch:
    """A batch of so many people, found and planned."""
    pasted = parse_pasted_addresses("\n".join(f"p{n}@x.example" for n in range(1, people + 1)))
    batch = store.edit_batches.insert.blocking(pasted, (), "Ada", 1.0)
    found = [
        LookupResult(n, BatchOutcome.FOUND, sid=_sid(n), label=f"P {n}", optout="none")
        for n in range(1, people + 1)
    ]
    store.edit_batches.save_results.blocking(batch.id, found, people)
    store.edit_batches.set_action.blocking(batch.id, _ACTION, "complaints", None)
    rows = [BatchPlanRow(n, PlannedOutcome.UPDATE, "none") for n in range(1, people + 1)]
    return store.edit_batches.save_plan.blocking(batch.id, _ACTION, rows, 2.0)


def apply_batch(store: WorkspaceStore, people: int = 3) -> EditBatch:
    batch = make_batch(store, people)
    requests = {n: _request(n) for n in range(1, people + 1)}
    store.outbox.enqueue_batch.blocking(
        batch.id, requests, "Ada", 3.0, lambda _r, _p: 0.0, planned_at=2.0
    )
    return store.edit_batches.get.blocking(batch.id)


def _edits(store: WorkspaceStore, batch: EditBatch) -> tuple[Edit, ...]:
    return store.outbox.list_of_batch.blocking(batch.id)


def test_batch_is_applied_once(store: WorkspaceStore) -> None:
    batch = apply_batch(store)
    assert batch.applied_at == 3.0
    with pytest.raises(ConflictError, match="applied already"):
        store.outbox.enqueue_batch.blocking(
            batch.id, {1: _request(1)}, "Ada", 4.0, lambda _r, _p: 0.0, planned_at=2.0
        )
    with pytest.raises(ConflictError, match="applied already"):
        store.edit_batches.set_action.blocking(batch.id, _ACTION, "", None)
    assert len(_edits(store, batch)) == 3


def test_batch_of_another_account_is_neither_applied_nor_undone(store: WorkspaceStore) -> None:
    planned, applied = make_batch(store), apply_batch(store)
    before = store.outbox.count_open.blocking()
    store.fairlead_db.write(lambda c: c.execute("UPDATE edit_batch SET account = 'another'"))
    with pytest.raises(ConflictError, match="another account"):
        store.outbox.enqueue_batch.blocking(
            planned.id, {1: _request(9)}, "Ada", 4.0, lambda _r, _p: 0.0, planned_at=2.0
        )
    with pytest.raises(ConflictError, match="another account"):
        store.edit_batches.request_undo.blocking(applied.id, 4.0)
    assert store.outbox.count_open.blocking() == before


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE edit_batch_row SET sid = 'somebody else' WHERE row = 1",
        "UPDATE edit_batch_row SET old = '\"all\"' WHERE row = 1",
        'UPDATE edit_batch_row SET consequences = \'[["stops", ""]]\' WHERE row = 1',
        "UPDATE edit_batch SET action = replace(action, 'basic', 'all')",
        "UPDATE edit_batch_row SET proof = ''",
        "UPDATE edit_batch_row SET proof = '0123456789abcdef 00'",
    ],
)
def test_batch_that_was_written_into_the_database_is_not_applied(
    store: WorkspaceStore, attack: str
) -> None:
    store.fairlead_db.audit_signer.use_key("k" * 64)
    batch, requests = make_batch(store), {1: _request(1)}
    store.fairlead_db.write(lambda c: c.execute(attack))
    with pytest.raises(ConflictError, match="as it was made"):
        store.outbox.enqueue_batch.blocking(
            batch.id, requests, "Ada", 3.0, lambda _r, _p: 0.0, planned_at=2.0
        )
    # Nor is a preview of it vouched for by making it anew.
    with pytest.raises(ConflictError, match="as it was made"):
        store.edit_batches.set_action.blocking(batch.id, _ACTION, "", None)
    assert store.outbox.count_open.blocking() == 0


def test_batch_that_was_previewed_anew_is_not_applied_as_it_was_seen(store: WorkspaceStore) -> None:
    batch = make_batch(store)
    store.edit_batches.save_plan.blocking(batch.id, _ACTION, (), 2.5)
    with pytest.raises(ConflictError, match="previewed anew"):
        store.outbox.enqueue_batch.blocking(
            batch.id, {1: _request(1)}, "Ada", 3.0, lambda _r, _p: 0.0, planned_at=2.0
        )


def test_trouble_in_the_middle_queues_nobody(store: WorkspaceStore) -> None:
    batch = make_batch(store)

    def judge(request: EditRequest, _pending: Edit | None) -> float:
        if request.target.id == _sid(3):
            raise ConflictError("no")
        return 0.0

    requests = {n: _request(n) for n in (1, 2, 3)}
    with pytest.raises(ConflictError):
        store.outbox.enqueue_batch.blocking(batch.id, requests, "Ada", 3.0, judge, planned_at=2.0)
    assert _edits(store, batch) == ()
    assert store.edit_batches.get.blocking(batch.id).applied_at is None


def test_person_who_is_refused_is_left_and_the_others_are_queued(store: WorkspaceStore) -> None:
    batch = make_batch(store)
    # Somebody is changing the first one already.
    store.outbox.enqueue.blocking([replace(_request(1), new="all")], "Bo", 2.5, [0.0])

    def judge(request: EditRequest, _pending: Edit | None) -> float:
        if request.target.id == _sid(2):
            raise NotPermitted("This change is not allowed.", "Ask an admin.")
        return 0.0

    requests = {n: _request(n) for n in (1, 2, 3)}
    assert (
        store.outbox.enqueue_batch.blocking(batch.id, requests, "Ada", 3.0, judge, planned_at=2.0)
        == 1
    )
    rows = store.edit_batches.get_rows.blocking(batch.id, (1, 2, 3))
    assert [row.plan.fate.value for row in rows if row.plan] == ["skipped", "skipped", "update"]
    assert "Another change" in rows[0].plan.why if rows[0].plan else False
    assert "not allowed" in rows[1].plan.why if rows[1].plan else False


def test_single_edit_is_claimed_before_a_batch(store: WorkspaceStore) -> None:
    batch = apply_batch(store)
    (single,) = store.outbox.enqueue.blocking([_request(77)], "Bo", 9.0, [0.0])
    claimed = store.outbox.claims.claim.blocking(10.0)
    assert claimed is not None
    assert claimed.id == single.id
    following = store.outbox.claims.claim.blocking(10.0)
    assert following is not None
    assert following.batch == batch.id


def test_batch_that_another_process_sends_is_left_to_it(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    batch = apply_batch(store)
    other = EditBatchRepository(store.fairlead_db, "elsewhere", owner_lives=lambda _owner: True)
    other.begin_stage.blocking(batch.id, BatchStage.SEND, 3, 4.0)
    alive = store.outbox.claims._is_owner_alive
    store.outbox.claims._is_owner_alive = lambda owner: owner == "elsewhere" or alive(owner)
    assert store.outbox.claims.claim.blocking(10.0) is None
    # Its own process asks for it by name.
    assert store.outbox.claims.claim.blocking(10.0, batch=batch.id) is not None
    store.outbox.claims._is_owner_alive = lambda _owner: False
    assert store.outbox.claims.claim.blocking(10.0) is not None


def test_only_one_process_works_on_a_batch(store: WorkspaceStore) -> None:
    batch = make_batch(store)
    alive = EditBatchRepository(store.fairlead_db, "alive", owner_lives=lambda _owner: True)
    alive.begin_stage.blocking(batch.id, BatchStage.LOOKUP, 3, 4.0)
    other = EditBatchRepository(store.fairlead_db, "other", owner_lives=lambda _owner: True)
    with pytest.raises(ConflictError, match="at work on batch"):
        other.begin_stage.blocking(batch.id, BatchStage.LOOKUP, 3, 5.0)
    dead = EditBatchRepository(store.fairlead_db, "third", owner_lives=lambda _owner: False)
    assert not dead.get.blocking(batch.id).is_at_work
    assert dead.begin_stage.blocking(batch.id, BatchStage.LOOKUP, 3, 6.0).stage is BatchStage.LOOKUP


def test_look_up_that_goes_on_drops_the_plan(store: WorkspaceStore) -> None:
    batch = make_batch(store)
    assert batch.planned_at is not None
    again = store.edit_batches.begin_stage.blocking(batch.id, BatchStage.LOOKUP, 1, 5.0)
    assert again.planned_at is None


def test_plan_of_another_action_is_refused(store: WorkspaceStore) -> None:
    batch = make_batch(store)
    other = BatchAction(EditKind.HEALTH, "zendesk_health", "happy")
    store.edit_batches.set_action.blocking(batch.id, other, "", None)
    with pytest.raises(ConflictError, match="another way"):
        store.edit_batches.save_plan.blocking(batch.id, _ACTION, (), 3.0)


def test_unsent_edits_are_withdrawn_in_pieces(store: WorkspaceStore) -> None:
    batch = apply_batch(store, 5)
    sending = store.outbox.claims.claim.blocking(10.0, batch=batch.id)
    assert sending is not None
    withdrawn = [store.outbox.withdraw_batch.blocking(batch.id, 11.0, "Stopped.", 3) for _ in "abc"]
    assert withdrawn == [3, 1, 0]
    states = [edit.state for edit in _edits(store, batch) if edit.id != sending.id]
    assert states == [EditState.UNDONE] * 4
    assert len(store.audit.list_entries.blocking()) == 4


def test_claim_and_row_of_an_edited_batch_are_not_proven(store: WorkspaceStore) -> None:
    """Taken out of its batch by hand, an edit would escape the right to bulk changes."""
    store.fairlead_db.audit_signer.use_key("key")
    batch = apply_batch(store, 1)
    (edit,) = _edits(store, batch)
    assert edit.is_author_proven
    store.fairlead_db.write(lambda c: c.execute("UPDATE outbox SET batch = NULL"))
    assert not store.outbox.get_edit.blocking(edit.id).is_author_proven


def test_undo_lists_each_edit_until_it_was_looked_at(store: WorkspaceStore) -> None:
    batch = apply_batch(store)
    first, second, third = (edit.id for edit in _edits(store, batch))
    undone = store.edit_batches.request_undo.blocking(batch.id, 10.0)
    assert undone.undo_asked_at == 10.0
    listed = store.edit_batches.list_edits_to_undo.blocking
    assert listed(batch.id) == (first, second, third)
    store.edit_batches.set_not_undone.blocking(batch.id, first, "Changed since.")
    back = replace(_request(2), old="basic", new="none", undoes=second)
    store.outbox.enqueue.blocking([back], "Ada", 11.0, [0.0], batch=batch.id)
    store.outbox.withdraw_unsent.blocking(third, 12.0, "Undone before it was sent.")
    assert listed(batch.id) == ()
    assert store.edit_batches.list_unfinished_undos.blocking() == (batch.id,)
    store.edit_batches.finish_undo.blocking(batch.id, 13.0)
    assert store.edit_batches.list_unfinished_undos.blocking() == ()
    with pytest.raises(ConflictError, match="can't be undone"):
        store.edit_batches.request_undo.blocking(batch.id, 14.0)


def test_undo_after_a_day_is_refused(store: WorkspaceStore) -> None:
    batch = apply_batch(store)
    with pytest.raises(ConflictError, match="can't be undone"):
        store.edit_batches.request_undo.blocking(batch.id, 4.0 + BATCH_UNDO_S)


def test_old_batches_lose_their_people(store: WorkspaceStore) -> None:
    applied, looked_up = apply_batch(store), make_batch(store, 2)
    assert store.edit_batches.delete_older_than.blocking(100.0) == 1
    with pytest.raises(InvalidInput):
        store.edit_batches.get.blocking(looked_up.id)
    assert store.edit_batches.list_row_numbers.blocking(applied.id) == ()
    # Its edits name it.
    assert len(_edits(store, applied)) == 3


@pytest.mark.parametrize(("text", "rows"), [("", 3), ("P2@", 1), ("nobody", 0), ("%", 0)])
def test_rows_are_searched(store: WorkspaceStore, text: str, rows: int) -> None:
    batch = make_batch(store)
    assert len(store.edit_batches.list_row_numbers.blocking(batch.id, "update", text)) == rows
