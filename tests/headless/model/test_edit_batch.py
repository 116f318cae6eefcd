"""The rules of a batch: what is left as it is, the limits before it, how long it can be undone."""

import pytest

from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.edit_batch import (
    BATCH_UNDO_S,
    BatchCounts,
    BatchGate,
    EditBatch,
    find_batch_gate,
    find_undo_gate,
    judge_change,
)
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Role
from desktop.model.service import Service
from desktop.model.sync_plan import Consequence, ConsequenceCount
from desktop.model.workspace_kind import WorkspaceKind

ADMIN, AGENT = Actor("Ada", Role.ADMIN, 1), Actor("Bo", Role.AGENT, 2)


def _request(kind: EditKind, old: Json, new: Json) -> EditRequest:
    return EditRequest(kind, EditTarget(Service.SAILTHRU, "5f", "x@y.example"), "", old, new, "x")


@pytest.mark.parametrize(
    ("kind", "old", "new", "fate", "why"),
    [
        (EditKind.OPTOUT, "none", "basic", "update", ""),
        (EditKind.OPTOUT, "blast", "basic", "update", ""),
        (EditKind.OPTOUT, "basic", "basic", "unchanged", "It is so already"),
        (EditKind.OPTOUT, "all", "basic", "unchanged", "Already stricter: No e-mail at all"),
        (EditKind.OPTOUT, "basic", "all", "update", ""),
        # Opting in is said, and no accident.
        (EditKind.OPTOUT, "all", "none", "update", ""),
        (EditKind.OPTOUT, "none", "none", "unchanged", "It is so already"),
        # Not read is no level.
        (EditKind.OPTOUT, None, "basic", "skipped", "Sailthru doesn't say their opt-out"),
        # Nothing is stricter.
        (EditKind.OPTOUT, None, "all", "update", ""),
        (EditKind.OPTOUT, None, "none", "skipped", "Sailthru doesn't say their opt-out"),
        (EditKind.LIST, True, True, "unchanged", "It is so already"),
        (EditKind.LIST, True, False, "update", ""),
        (EditKind.VAR, 1, True, "update", ""),
        (EditKind.VAR, {"a": [1]}, {"a": [1]}, "unchanged", "It is so already"),
        (EditKind.HEALTH, None, None, "unchanged", "It is so already"),
    ],
)
def test_change_of_one_customer_is_judged(
    kind: EditKind, old: Json, new: Json, fate: str, why: str
) -> None:
    found = judge_change(_request(kind, old, new))
    assert found.fate.value == fate
    assert found.why.startswith(why)
    assert bool(found.why) == bool(why)


def _counts(changes: int, addresses: int = 251, **people: int) -> BatchCounts:
    return BatchCounts(
        outcomes={"found": addresses, "invalid": 6, "duplicate": 3},
        fates={"update": changes},
        consequences=tuple(
            ConsequenceCount(Consequence(code), "", count) for code, count in people.items()
        ),
    )


@pytest.mark.parametrize(
    ("counts", "actor", "must_type", "refusal"),
    [
        (_counts(231, opted_out=231, stops=180), AGENT, True, ""),
        (_counts(200, opted_out=200), AGENT, False, ""),
        # A fifth of what was pasted, where that is more.
        (_counts(1000, 5000, opted_out=1000), AGENT, False, ""),
        (_counts(1001, 5000, opted_out=1001), AGENT, True, ""),
        # Nothing is over a limit, and still so many have their number typed.
        (_counts(1200, 1500), ADMIN, True, ""),
        (_counts(231, joins=231), ADMIN, True, ""),
        (_counts(231, joins=231), AGENT, True, "Only an admin"),
        (_counts(231, leaves=231), AGENT, True, "Only an admin"),
        (_counts(231, blanked=231), AGENT, True, "Only an admin"),
        (_counts(231, starts=231, loosened=231), ADMIN, True, "need two admins"),
    ],
)
def test_limits_stand_before_a_batch(
    counts: BatchCounts, actor: Actor, must_type: bool, refusal: str
) -> None:
    gate = find_batch_gate(counts, actor, WorkspaceKind.SANDBOX)
    assert (gate.changes, gate.must_type) == (counts.changes, must_type)
    assert (refusal in gate.refusal) if refusal else not gate.refusal


def test_people_who_join_several_lists_are_counted_together() -> None:
    found = (
        ConsequenceCount(Consequence.JOINS, "A", 150),
        ConsequenceCount(Consequence.JOINS, "B", 150),
    )
    counts = BatchCounts({"found": 300}, fates={"update": 300}, consequences=found)
    assert find_batch_gate(counts, ADMIN, WorkspaceKind.SANDBOX).must_type


@pytest.mark.parametrize(
    ("kind", "changes", "must_type"),
    [
        (WorkspaceKind.PRODUCTION, 50, False),
        (WorkspaceKind.PRODUCTION, 51, True),
        (WorkspaceKind.TEST, 51, False),
    ],
)
def test_production_has_the_number_of_more_than_fifty_people_typed(
    kind: WorkspaceKind, changes: int, must_type: bool
) -> None:
    counts = BatchCounts({"found": changes}, fates={"update": changes})
    assert find_batch_gate(counts, ADMIN, kind).must_type is must_type
    applied = BatchCounts({"found": changes}, edit_states={"done": changes, "undone": 9})
    assert find_undo_gate(applied, kind) == BatchGate(
        changes, must_type=must_type, is_production=must_type
    )
    # Nothing was sent yet: what is withdrawn in time is not asked about.
    assert not find_undo_gate(BatchCounts({}, edit_states={"queued": changes}), kind).must_type


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (EditBatch("1", "Ada", 0.0), "changed nobody"),
        (EditBatch("1", "Ada", 0.0, applied_at=1.0, undo_asked_at=2.0), "undone already"),
        (EditBatch("1", "Ada", 0.0, applied_at=-1.0), "24 hours"),
        # A clock that was set back opens nothing again.
        (EditBatch("1", "Ada", 0.0, applied_at=2 * BATCH_UNDO_S + 1), "24 hours"),
        (EditBatch("1", "Ada", 0.0, applied_at=0.0), ""),
        (EditBatch("1", "Ada", 0.0, applied_at=BATCH_UNDO_S - 1), ""),
    ],
)
def test_batch_is_undone_within_a_day_and_once(batch: EditBatch, words: str) -> None:
    refusal = batch.undo_refusal(BATCH_UNDO_S)
    assert (words in refusal) if words else not refusal
