"""What was written into the database by other means than Fairlead gives nobody a right."""

import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import run_and_notify
from desktop.app.runner_factory import build_sync_context
from desktop.kit.clock import SystemClock
from desktop.model.edit import (
    Edit,
    EditKind,
    EditRequest,
    EditState,
    EditTarget,
    sending_refusal,
)
from desktop.model.permission import DEFAULT_PERMISSIONS, Actor, PermissionRules, Role
from desktop.model.run_limit import Limit, group_approvers
from desktop.model.service import Service
from desktop.model.sync import FlowPolicy, Sync
from desktop.model.sync_plan import Consequence, FieldChange, PlannedOutcome, PlanRow, PlanState
from desktop.settings.managed_policy import read_policy
from desktop.settings.policy_file_discovery import PolicyFolder
from desktop.store.workspace_store import WorkspaceStore, open_store
from desktop.sync.plan_limit_check import take_plan_for_apply
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_presets import PresetNames, build_preset
from desktop.sync.sync_runner import RunRequest
from tests.headless.sync.test_sync_optout_changes import (
    give_level,
    level_of,
    save_level_sync,
    sign_in_as,
)
from tests.support import sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

KEY = "d" * 64
SYNC = replace(
    build_preset("zendesk-to-sailthru", PresetNames("box", "smart", "mark", "high")),
    name="one",
    limits=Limit(people=2, percent=0),
)
ON = PermissionRules(are_changes_enabled=True, permissions=DEFAULT_PERMISSIONS)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    opened = open_store(tmp_path)
    opened.audit.signer.use_key(KEY)
    yield opened
    opened.close()


def loosened(number: int) -> PlanRow:
    return PlanRow(
        row=number,
        fate=PlannedOutcome.UPDATE,
        source_id=str(number),
        target_id=f"sid-{number}",
        label=f"Customer {number}",
        address="",
        changes=(FieldChange("optout", "all", "none"),),
        consequences=((Consequence.LOOSENED, ""),),
    )


def plan_of(store: WorkspaceStore, people: int) -> tuple[Sync, str]:
    sync = store.syncs.save.blocking(SYNC, 1.0)
    plan = store.plans.begin.blocking(sync, "Ada", 1.0)
    store.plans.add_rows.blocking(plan, [loosened(n) for n in range(1, people + 1)])
    store.plans.finish.blocking(
        plan, state=PlanState.READY, read=people, included=people, breaches=(), mark=""
    )
    return sync, plan


def take(store: WorkspaceStore, sync: Sync, plan: str) -> str:
    return take_plan_for_apply(store, sync, store.plans.get.blocking(plan), 2.0)


def write_raw(folder: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "fairlead.db")) as raw, raw:
        raw.execute(sql, values)


def approve(store: WorkspaceStore, plan: str, person: str, credential: str = "") -> None:
    store.plans.approvals.add.blocking(
        plan, "loosened", person, f"Admin {person}", 2.0, credential=credential
    )


def test_two_approvals_given_in_fairlead_let_the_plan_pass(store: WorkspaceStore) -> None:
    sync, plan = plan_of(store, 5)
    approve(store, plan, "1")
    assert "so far 1" in take(store, sync, plan)
    approve(store, plan, "2")
    assert take(store, sync, plan) == ""


@pytest.mark.parametrize(
    "attack",
    [
        # The second admin never was.
        "INSERT INTO limit_approval (plan, limit_code, user_id, name, approved_at, people, rows,"
        " audit_seq) SELECT plan, limit_code, '2', 'Admin 2', 2.0, people, rows, audit_seq"
        " FROM limit_approval",
        "UPDATE limit_approval SET user_id = '2'",
        "UPDATE limit_approval SET people = 100000",
        "UPDATE limit_approval SET audit_seq = 0",
        "UPDATE limit_approval SET rows = CAST(rows || x'0011' AS BLOB)",
    ],
)
def test_approval_counts_only_as_the_audit_tells_it(
    store: WorkspaceStore, tmp_path: Path, attack: str
) -> None:
    sync, plan = plan_of(store, 5)
    approve(store, plan, "1")
    write_raw(tmp_path, attack)
    said = take(store, sync, plan)
    assert "so far 1" in said or "so far 0" in said


@pytest.mark.parametrize(
    ("key", "secret", "forger_key", "forger_secret"),
    [
        (KEY, "", "", ""),
        (KEY, "", "made up", ""),
        # A server without a keyring: the secret of a service proves what it writes.
        ("", "secret", "", ""),
        ("", "secret", "made up", ""),
        ("", "secret", "", "made up"),
        # A locked keyring: nobody can tell who has such a key.
        ("", "", "made up", ""),
    ],
)
def test_forged_audit_entry_without_the_key_makes_no_approval(
    tmp_path: Path, key: str, secret: str, forger_key: str, forger_secret: str
) -> None:
    """A second process without the key writes the approval and its entry, chained correctly."""

    def opened(key: str, secret: str) -> WorkspaceStore:
        found = open_store(tmp_path)
        if key:
            found.audit.signer.use_key(key)
        if secret:
            found.audit.signer.use_proof_key(secret)
        return found

    with closing(opened(key, secret)) as store:
        sync, plan = plan_of(store, 5)
        approve(store, plan, "1")
        with closing(opened(forger_key, forger_secret)) as other:
            approve(other, plan, "2")
        assert "so far 1" in take(store, sync, plan)
        approve(store, plan, "3")
        assert take(store, sync, plan) == ""


def test_approval_is_for_its_rows_and_no_others_in_their_place(store: WorkspaceStore) -> None:
    sync, plan = plan_of(store, 8)
    store.plans.set_rows_ticked.blocking(plan, range(6, 9), on=False)
    for person in ("1", "2"):
        approve(store, plan, person)
    # As many people as before, and three others.
    store.plans.set_rows_ticked.blocking(plan, range(1, 4), on=False)
    store.plans.set_rows_ticked.blocking(plan, range(6, 9), on=True)
    assert "so far 0" in take(store, sync, plan)
    store.plans.set_rows_ticked.blocking(plan, range(6, 9), on=False)
    assert take(store, sync, plan) == ""


def test_row_rewritten_after_the_approval_needs_it_anew(store: WorkspaceStore) -> None:
    sync, plan = plan_of(store, 5)
    for person in ("1", "2"):
        approve(store, plan, person)
    row = store.plans.get_row.blocking(plan, 3)
    store.plans.replace_row.blocking(plan, replace(row, target_id="somebody-else"))
    assert "so far 0" in take(store, sync, plan)


def test_two_approvals_with_one_api_token_count_once(store: WorkspaceStore) -> None:
    sync, plan = plan_of(store, 5)
    approve(store, plan, "1", "token-a")
    approve(store, plan, "2", "token-a")
    said = take(store, sync, plan)
    assert "so far 1" in said
    assert "with one API token, which counts once" in said
    approve(store, plan, "3", "token-b")
    assert take(store, sync, plan) == ""


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ([], 0),
        ([("1", "")], 1),
        ([("1", ""), ("2", "")], 2),
        ([("1", "a"), ("1", "b")], 1),
        ([("1", "a"), ("2", "a")], 1),
        ([("1", "a"), ("2", "b")], 2),
        # Joined by a third: the tokens of one person, used for two.
        ([("1", "a"), ("2", "b"), ("1", "b")], 1),
    ],
)
def test_approvers_are_counted_by_person_and_token(
    given: list[tuple[str, str]], count: int
) -> None:
    assert len(group_approvers(given)) == count


def test_switch_counts_only_as_the_audit_tells_it(store: WorkspaceStore, tmp_path: Path) -> None:
    ada = Actor("Ada", Role.ADMIN, 1)
    sync = replace(SYNC, on=True, switched_on_by="1")
    saved = store.syncs.save.blocking(sync, 1.0, by=ada)
    assert store.syncs.find_switcher.blocking("one") == "1"
    write_raw(tmp_path, "UPDATE sync SET body = json_set(body, '$.limits.people', 100000)")
    assert store.syncs.find_switcher.blocking("one") == ""
    # Somebody without her rights saves it since: hers are not taken over.
    forged = store.syncs.get.blocking("one")
    store.syncs.save.blocking(replace(forged, title="Two"), 2.0, by=Actor("Lee", Role.AGENT, 2))
    assert store.syncs.get.blocking("one").switched_on_by == ""
    again = replace(store.syncs.get.blocking("one"), switched_on_by="1", limits=saved.limits)
    store.syncs.save.blocking(again, 3.0, by=ada)
    assert store.syncs.find_switcher.blocking("one") == "1"
    write_raw(tmp_path, "UPDATE sync SET body = json_set(body, '$.switched_on_by', '9')")
    assert store.syncs.find_switcher.blocking("one") == ""


LOOSENED = (
    "UPDATE sync SET body = json_set(body, '$.limits', json_object('people', {}, 'percent', {}))"
)


@pytest.mark.parametrize("limits", [Limit(2, 0), Limit(), Limit(5000, 50)])
def test_limits_loosened_in_the_database_do_not_count(
    store: WorkspaceStore, tmp_path: Path, limits: Limit
) -> None:
    store.syncs.save.blocking(replace(SYNC, limits=limits), 1.0)
    write_raw(tmp_path, LOOSENED.format(100_000, 100))
    (found,) = store.syncs.list_all.blocking()
    assert found.limits == store.syncs.get.blocking("one").limits == limits
    # Nor once somebody saves something else of the sync, as when they switch it on.
    store.syncs.save.blocking(replace(found, title="Two", on=True), 2.0)
    assert store.syncs.get.blocking("one").limits == limits
    # To forbid more takes no proof.
    write_raw(tmp_path, LOOSENED.format(1, 0))
    assert store.syncs.get.blocking("one").limits == Limit(1, 0)


def test_limits_saved_without_the_key_are_no_looser_than_usual(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    saved = store.syncs.save.blocking(replace(SYNC, limits=Limit(5000, 50)), 1.0)
    with closing(open_store(tmp_path)) as keyless:
        # What it does not change it leaves, though it cannot tell who has set it.
        favourite = keyless.syncs.save.blocking(replace(saved, favourite=True), 2.0)
        assert store.syncs.get.blocking("one").limits == Limit(5000, 50)
        keyless.syncs.save.blocking(replace(favourite, limits=Limit(9000, 90)), 3.0)
    assert store.syncs.get.blocking("one").limits == Limit()


def test_due_ticket_written_into_the_database_is_none(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    write_raw(tmp_path, "INSERT INTO due_run (ticket, sync, claimed_at) VALUES ('t', 'one', 100.0)")
    assert not store.syncs.use_due_ticket.blocking("one", "t", 100.0)
    store.syncs.save.blocking(SYNC, 1.0)
    ticket = store.syncs.claim_due.blocking("one", 90.0, 100.0)
    assert ticket is not None
    assert store.syncs.use_due_ticket.blocking("one", ticket, 100.0)


def queue(store: WorkspaceStore, key: str = "7") -> Edit:
    target = EditTarget(Service.SAILTHRU, "sid-1", "maria@lopez.example")
    request = EditRequest(EditKind.VAR, target, "city", None, "Porto", "asked")
    (edit,) = store.outbox.enqueue.blocking([request], "Ada", 1.0, lambda *_: 0.0, actor_key=key)
    return edit


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE outbox SET new = '\"Rome\"'",
        "UPDATE outbox SET target = 'sid-2'",
        "UPDATE outbox SET actor_key = '1'",
        "UPDATE outbox SET undoes = NULL, kind = 'create'",
        "UPDATE outbox SET proof = ''",
    ],
)
def test_waiting_edit_that_was_rewritten_is_sent_by_who_retries_it_alone(
    store: WorkspaceStore, tmp_path: Path, attack: str
) -> None:
    ada, lee = Actor("Ada", Role.ADMIN, 1), Actor("Lee", Role.AGENT, 2)
    edit = store.outbox.get_edit.blocking(queue(store).id)
    assert edit.is_author_proven
    assert sending_refusal(edit, lee, ON) == ""
    write_raw(tmp_path, attack)
    edit = store.outbox.get_edit.blocking(edit.id)
    assert not edit.is_author_proven
    assert "may not" in sending_refusal(edit, lee, ON)
    assert "Retry" in sending_refusal(edit, ada, ON), "being at work is not to want it"
    assert "outside Fairlead" in sending_refusal(edit, None, ON)
    assert not edit.is_made_by(edit.actor_key)
    if edit.request.undoes is None:
        retried = store.outbox.retry.blocking(
            edit.id, 2.0, actor="Ada", actor_key=ada.key, judge=lambda *_: 0.0
        )
        assert sending_refusal(store.outbox.get_edit.blocking(retried.id), ada, ON) == ""


@pytest.mark.parametrize(
    ("attack", "refusal"), [("", ""), ("UPDATE outbox SET name = 'town'", "outside Fairlead")]
)
def test_undo_is_proven_no_more_than_the_edit_it_undoes(
    store: WorkspaceStore, tmp_path: Path, attack: str, refusal: str
) -> None:
    """The end of a pause is queued for whoever paused, with nobody at work."""
    queue(store)
    claimed = store.outbox.claims.claim.blocking(2.0)
    assert claimed is not None
    done = store.outbox.claims.close(
        store.outbox.claims.mark_sending.blocking(claimed, 2.0), 3.0, EditState.DONE, "confirmed"
    )
    if attack:
        write_raw(tmp_path, attack)
    request = store.outbox.get_edit.blocking(done.id).request
    undo = replace(request, old=request.new, new=None, undoes=done.id)
    (end,) = store.outbox.enqueue.blocking([undo], "Ada", 4.0, [0.0], actor_key="7")
    said = sending_refusal(store.outbox.get_edit.blocking(end.id), None, ON)
    assert refusal in said
    assert bool(said) == bool(attack)


@pytest.mark.parametrize(
    ("began_by", "written_in", "level"),
    [("own", "", "none"), ("a colleague", "", "all"), ("a colleague", "own", "all")],
)
async def test_own_run_is_taken_back_within_a_day_without_the_right_to_opt_in(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    clock: ManualClock,
    began_by: str,
    written_in: str,
    level: str,
) -> None:
    """`written_in`: whom somebody names in the database as the one who began it."""
    # Sailthru tells when a level was chosen, by its own clock.
    clock.correct_wall_clock(time.time() - clock.now())
    (one, other) = sync_cases.create_customers(sync_sandbox, 2)
    for each in (one, other):
        give_level(sync_sandbox, each, "all")
    sync = save_level_sync(sync_services, flows=FlowPolicy.MAY_START)
    sign_in_as(sync_services, monkeypatch, "agent may not")
    keys = {"own": sync_services.session.actor.key, "a colleague": "1"}
    request = RunRequest(sync.name, "Lee", actor_key=keys[began_by])
    run = await run_and_notify(sync_services, sync, request)
    assert {level_of(sync_sandbox, each) for each in (one, other)} == {"all"}
    # Somebody else has chosen the level since: that one stays.
    sync_sandbox.write_profile(other.sid, optout_email="basic")
    if written_in:
        folder, run_id = sync_services.workspace.folder, int(run.id)
        write_raw(folder, "UPDATE run SET actor_key = ? WHERE id = ?", keys[written_in], run_id)
    plan = await RollbackPlanner(build_sync_context(sync_services)).build_plan(run.id, "Lee")
    back = RunRequest(sync.name, "Lee", why="rollback", plan_id=plan.id, actor_key=keys["own"])
    await run_and_notify(sync_services, sync, back)
    assert level_of(sync_sandbox, one) == level
    assert level_of(sync_sandbox, other) == "basic"


def test_plan_is_taken_by_one_of_two_processes_and_approvals_at_once_both_count(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    sync, plan = plan_of(store, 5)
    other = open_store(tmp_path)
    other.audit.signer.use_key(KEY)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(approve, store, plan, "1")
        pool.submit(approve, other, plan, "2")
    assert {a.user_id for a in store.plans.approvals.list_of_plan.blocking(plan)} == {"1", "2"}
    assert store.audit.verify_chain.blocking().is_whole
    with ThreadPoolExecutor(2) as pool:
        taken = [pool.submit(take, one, sync, plan) for one in (store, other)]
    ends = [(one.exception(), None if one.exception() else one.result()) for one in taken]
    assert sorted(end is None for end, _ in ends) == [False, True]
    assert {result for end, result in ends if end is None} == {""}
    other.close()


def test_rule_from_always_has_the_rights_of_who_made_it(store: WorkspaceStore) -> None:
    ada, lee = Actor("Ada", Role.ADMIN, 1), Actor("Lee", Role.AGENT, 2)
    on = replace(SYNC, on=True, switched_on_by="1")
    sync = store.syncs.save.blocking(on, 1.0, by=ada)
    plan = store.plans.begin.blocking(sync, "Ada", 1.0)
    decisions = PlanRowDecisions(store, SystemClock())
    decisions.set_preferred_side(plan, sync.mapping[0].target, "sailthru", lee)
    assert store.syncs.find_switcher.blocking("one") == "2"


async def test_policy_that_changes_under_a_run_holds_at_once(
    sync_services: WorkspaceServices, tmp_path: Path
) -> None:
    folder = tmp_path / "etc"
    folder.mkdir(mode=0o755)
    file = folder / "policy.json"
    place = PolicyFolder(folder, frozenset({os.getuid()}))
    context = replace(sync_services.context, policy_reader=lambda: read_policy(place))
    services = replace(sync_services, context=context)
    session = services.session
    assert services.current_settings.find_run_refusal() == ""
    for content in ('{"changes": false}', "{"):
        file.write_text(content)
        file.chmod(0o644)
        assert "Changes are switched off" in services.current_settings.find_run_refusal()
        session.use_policy(context.read_policy())
        assert not session.rules.are_changes_enabled
    file.unlink()
    session.use_policy(context.read_policy())
    assert services.current_settings.find_run_refusal() == ""
    assert session.rules.are_changes_enabled
