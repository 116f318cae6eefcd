"""A plan is counted, judged and taken in one transaction; approvals cover what their giver saw."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.kit.errors import ConflictError
from desktop.model.run_limit import Limit, is_approval_valid
from desktop.model.sync import Sync
from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanRow, PlanState
from desktop.model.sync_run import RunState
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.plan_limit_check import take_plan_for_apply
from desktop.sync.sync_presets import PresetNames, build_preset
from tests.support.fresh_store import open_fresh_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


def _plan_of_leavers(store: WorkspaceStore, count: int, ticked: int) -> tuple[Sync, str]:
    """A plan that takes `count` people off a list, of whom `ticked` are ticked; two may."""
    preset = build_preset("zendesk-to-sailthru", PresetNames("box", "smart", "mark", "high"))
    sync = store.syncs.save.blocking(replace(preset, limits=Limit(people=2, percent=0)), 1.0)
    plan = store.plans.begin.blocking(sync, "Ada", 1.0)
    rows = [
        PlanRow(
            number, PlannedOutcome.UPDATE, str(number), f"sid{number}", "", "",
            ticked=number <= ticked, consequences=((Consequence("leaves"), "Fresh"),),
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    store.plans.add_rows.blocking(plan, rows)
    store.plans.finish.blocking(plan, state=PlanState.READY, read=count, breaches=(), mark="")
    return sync, plan


def _take(store: WorkspaceStore, sync: Sync, plan: str) -> str:
    return take_plan_for_apply(store, sync, store.plans.get.blocking(plan), 1.0)


def test_plan_within_limit_is_taken(store: WorkspaceStore) -> None:
    sync, plan = _plan_of_leavers(store, 5, ticked=2)
    assert _take(store, sync, plan) == ""
    assert store.plans.get.blocking(plan).state is PlanState.APPLYING
    with pytest.raises(ConflictError, match="cannot be changed any more"):
        store.plans.set_rows_ticked.blocking(plan, [3], on=True)


def test_plan_over_limit_is_stopped_and_not_taken(store: WorkspaceStore) -> None:
    sync, plan = _plan_of_leavers(store, 5, ticked=3)
    assert "3 people would leave a list" in _take(store, sync, plan)
    assert store.plans.get.blocking(plan).state is PlanState.STOPPED


def test_plan_tick_between_count_and_take_is_impossible(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    _, plan = _plan_of_leavers(store, 5, ticked=2)
    seen: list[dict[str, int]] = []

    def judge(counts: dict[str, int], _approvals: object) -> str:
        seen.append(counts)
        with (
            closing(sqlite3.connect(tmp_path / "fairlead.db", timeout=0)) as window,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            window.execute("UPDATE plan_row SET ticked = 1")
        return ""

    assert store.plans.take_for_apply.blocking(plan, judge) == ""
    assert seen == [{"leaves": 2, "production": 2}]
    assert store.plans.count_ticked.blocking(plan) == 2


def test_plan_is_taken_once(store: WorkspaceStore) -> None:
    sync, plan = _plan_of_leavers(store, 2, ticked=2)
    assert _take(store, sync, plan) == ""
    with pytest.raises(ConflictError):
        _take(store, sync, plan)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE plan_row SET target = 'somebody else' WHERE row = 1",
        "UPDATE plan_row SET address = 'x@y.example' WHERE row = 1",
        "UPDATE plan_row SET changes = '[]', fate = 'create' WHERE row = 1",
        "UPDATE plan_row SET ticked = 1 WHERE row = 3",
        "UPDATE plan_consequence SET consequence = 'blanked'",
        "DELETE FROM plan_consequence",
        "UPDATE plan_row SET proof = ''",
        "UPDATE plan_row SET proof = '0123456789abcdef 00'",
        "UPDATE plan SET sync_body = json_set(sync_body, '$.limits.people', 1000)",
        "UPDATE plan SET source_record_count = 100000",
        "UPDATE plan SET limit_breaches = '[]', proof = ''",
        "UPDATE plan SET watermark = '9', proof = '0123456789abcdef 00'",
    ],
)
@pytest.mark.parametrize("ticks_again", [False, True])
def test_plan_that_was_written_into_the_database_is_not_applied(
    store: WorkspaceStore, attack: str, ticks_again: bool
) -> None:
    store.fairlead_db.audit_signer.use_key("k" * 64)
    sync, plan = _plan_of_leavers(store, 5, ticked=2)
    store.fairlead_db.write(lambda c: c.execute(attack))
    if ticks_again:
        # Nobody vouches for a row by its tick alone.
        store.plans.set_all_ticked.blocking(plan, PlanRowFilter(), on=False)
        store.plans.set_rows_ticked.blocking(plan, [1, 2, 3], on=True)
    with pytest.raises(ConflictError, match="as it was made"):
        _take(store, sync, plan)
    if "plan_" in attack:
        with pytest.raises(ConflictError, match="as it was made"):
            store.batches.list_next_rows.blocking(plan, 10)


@pytest.mark.parametrize(
    ("proof", "said", "hint"),
    [
        ("", "by an earlier version", "Make a new preview."),
        ("0123456789abcdef 00", "another key", "the same FAIRLEAD_AUDIT_KEY"),
    ],
)
@pytest.mark.parametrize("table", ["plan", "plan_row"])
def test_plan_that_is_not_proven_says_what_to_do(
    store: WorkspaceStore, table: str, proof: str, said: str, hint: str
) -> None:
    store.fairlead_db.audit_signer.use_key("k" * 64)
    sync, plan = _plan_of_leavers(store, 5, ticked=2)
    attack = {"plan": "UPDATE plan SET proof = ?", "plan_row": "UPDATE plan_row SET proof = ?"}
    store.fairlead_db.write(lambda c: c.execute(attack[table], (proof,)))
    with pytest.raises(ConflictError) as refused:
        _take(store, sync, plan)
    assert said in refused.value.message
    assert hint in refused.value.hint


def test_plan_counts_as_taken_only_where_it_was_judged(store: WorkspaceStore) -> None:
    store.fairlead_db.audit_signer.use_key("k" * 64)
    sync, plan = _plan_of_leavers(store, 5, ticked=3)
    assert _take(store, sync, plan)
    store.fairlead_db.write(lambda c: c.execute("UPDATE plan SET state = 'applying'"))
    with pytest.raises(ConflictError, match="as it was made"):
        store.batches.require_taken.blocking(plan)
    store.fairlead_db.write(lambda c: c.execute("UPDATE plan SET state = 'stopped'"))
    store.plans.set_rows_ticked.blocking(plan, [3], on=False)
    assert _take(store, sync, plan) == ""
    store.batches.require_taken.blocking(plan)


def test_row_that_was_written_into_the_database_is_not_decided_on(store: WorkspaceStore) -> None:
    store.fairlead_db.audit_signer.use_key("k" * 64)
    _, plan = _plan_of_leavers(store, 2, ticked=1)
    store.fairlead_db.write(lambda c: c.execute("UPDATE plan_row SET fate = 'conflict', why = ''"))
    row = store.plans.get_row.blocking(plan, 2)
    with pytest.raises(ConflictError, match="as it was made"):
        store.plans.replace_row.blocking(plan, replace(row, fate=PlannedOutcome.UPDATE))
    with pytest.raises(ConflictError, match="as it was made"):
        store.plans.set_field_ticked.blocking(plan, 1, "vars.phone", on=False)


def test_plan_whose_ticks_and_rows_people_change_is_taken(store: WorkspaceStore) -> None:
    store.fairlead_db.audit_signer.use_key("k" * 64)
    sync, plan = _plan_of_leavers(store, 5, ticked=2)
    store.plans.set_rows_ticked.blocking(plan, [1], on=False)
    store.plans.set_all_ticked.blocking(plan, PlanRowFilter(), on=False)
    store.plans.set_rows_ticked.blocking(plan, [4], on=True)
    row = store.plans.get_row.blocking(plan, 5)
    store.plans.replace_row.blocking(plan, replace(row, ticked=True, address="x@y.example"))
    assert _take(store, sync, plan) == ""
    assert [row.row for row in store.batches.list_next_rows.blocking(plan, 10)] == [4, 5]


def test_plan_that_was_applied_is_not_applied_again(store: WorkspaceStore) -> None:
    sync, plan = _plan_of_leavers(store, 2, ticked=2)
    run = store.runs.begin.blocking(sync.name, "manual", "Ada", 1.0)
    store.runs.set_plan.blocking(run.id, plan)
    assert _take(store, sync, plan) == ""
    store.runs.end.blocking(run.id, RunState.DONE, 2.0, {})
    store.fairlead_db.write(lambda c: c.execute("UPDATE plan SET state = 'ready'"))
    with pytest.raises(ConflictError, match="has ended"):
        _take(store, sync, plan)


def test_approval_covers_the_count_it_was_given_for_and_no_more(store: WorkspaceStore) -> None:
    sync, plan = _plan_of_leavers(store, 5, ticked=3)
    store.plans.approvals.add.blocking(plan, "leaves", "1", "Ada", 2.0)
    store.plans.set_rows_ticked.blocking(plan, [4, 5], on=True)
    assert "5 people would leave a list" in _take(store, sync, plan)
    # The same admin looks again.
    store.plans.approvals.add.blocking(plan, "leaves", "1", "Ada", 3.0)
    (approval,) = store.plans.approvals.list_of_plan.blocking(plan)
    assert (approval.people, approval.approved_at) == (5, 3.0)
    assert _take(store, sync, plan) == ""


def test_approval_is_bound_to_the_count_shown_when_more_are_ticked_meanwhile(
    store: WorkspaceStore,
) -> None:
    sync, plan = _plan_of_leavers(store, 5, ticked=5)
    store.plans.approvals.add.blocking(plan, "leaves", "1", "Ada", 2.0, people=3)
    assert "5 people would leave a list" in _take(store, sync, plan)


@pytest.mark.parametrize(
    ("approved", "people", "valid"),
    [(3, 3, True), (3, 2, True), (3, 4, False), (0, 0, True), (None, 1, False), (None, 0, False)],
)
def test_approval_count_rule(approved: int | None, people: int, valid: bool) -> None:
    assert is_approval_valid(approved, people) is valid


@pytest.mark.parametrize(
    ("noticed", "counts"),
    [
        (("loosened",), {}),
        (("loosened", "starts", "blanked"), {"blanked": 1}),
        # Who joins a list again may get e-mail for that reason.
        (("loosened", "starts", "joins"), {"loosened": 1, "starts": 1, "joins": 1}),
        (("starts", "joins"), {"starts": 1, "joins": 1}),
    ],
)
def test_restored_levels_are_left_out_of_the_count(
    store: WorkspaceStore, noticed: tuple[str, ...], counts: dict[str, int]
) -> None:
    sync, plan = _plan_of_leavers(store, 0, ticked=0)
    consequences = tuple((Consequence(each), "") for each in noticed)
    row = PlanRow(1, PlannedOutcome.UPDATE, "1", "sid1", "", "", consequences=consequences)
    plan = store.plans.begin.blocking(sync, "Ada", 1.0)
    store.plans.add_rows.blocking(plan, [row])
    count = store.plans.count_ticked_by_consequence.blocking
    assert count(plan) == dict.fromkeys((*noticed, "production"), 1)
    assert count(plan, without_restores=True) == counts | {"production": 1}


def test_approval_from_elsewhere_is_refused_for_other_rows(store: WorkspaceStore) -> None:
    sync, plan = _plan_of_leavers(store, 5, ticked=4)
    asked = store.plans.approvals.hash_rows.blocking(plan, "leaves")
    store.plans.set_rows_ticked.blocking(plan, [1], on=False)
    store.plans.set_rows_ticked.blocking(plan, [5], on=True)
    with pytest.raises(ConflictError, match="changed since the approval was asked for"):
        store.plans.approvals.add.blocking(plan, "leaves", "1", "Ada", 2.0, rows_hash=asked)
    assert store.plans.approvals.list_of_plan.blocking(plan) == ()
    now = store.plans.approvals.hash_rows.blocking(plan, "leaves")
    store.plans.approvals.add.blocking(plan, "leaves", "1", "Ada", 2.0, rows_hash=now)
    assert _take(store, sync, plan) == ""
