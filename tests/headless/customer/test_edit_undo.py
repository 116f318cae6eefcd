"""Editing and taking back: what waits, what goes at once, whose right it takes, and when not."""

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.customer.edit_undo import inverse_request, reapply_request, undo_loss_warning
from desktop.kit.errors import ConflictError, NotPermitted, UserDecisionNeeded
from desktop.model.edit import Edit, EditKind, EditState
from desktop.model.json_value import Json
from desktop.model.optout_level import is_chosen_later
from desktop.model.permission import Actor, Role
from desktop.model.service import Service
from desktop.store.audit_log import AuditEntry
from desktop.writing.change_origin import find_last_change
from desktop.writing.outcomes import UNCHANGED_TEXT
from tests.support.clocks import ManualClock
from tests.support.customer_use_cases import AGENT, OTHER_AGENT, CustomerUseCases, submit_edit
from tests.support.edit_cases import (
    EDIT_CASES,
    CustomerFactory,
    EditedCustomer,
    read_current_value,
)
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services

ADMIN = Actor("Ada Other", Role.ADMIN, 7604)


@pytest.fixture
def clock() -> ManualClock:
    # By the sandbox's clock, which tells when somebody opted out.
    return ManualClock(time.time())


async def deliver(house: WorkspaceServices) -> None:
    await house.build_edit_sender().send_due()


def state(house: WorkspaceServices, edit: Edit) -> EditState:
    return house.store.outbox.get_edit.blocking(edit.id).state


@pytest.mark.parametrize("kind", [n for n in EDIT_CASES if n != "create"])
async def test_undo_of_done_edit_restores_value(
    kind: str, services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer(kind)
    edit = await submit_edit(services, subject)
    await deliver(services)
    back = await services.undo.undo(edit.id, wait_for_undo=False)
    assert back.request.undoes == edit.id
    await deliver(services)
    assert state(services, back) is EditState.DONE
    assert state(services, edit) is EditState.UNDONE
    assert read_current_value(sandbox, subject) == subject.case.old
    # And that again: the value of the first edit stands once more.
    again = await services.undo.undo(back.id, wait_for_undo=False)
    await deliver(services)
    assert state(services, again) is EditState.DONE
    assert read_current_value(sandbox, subject) == subject.case.new
    with pytest.raises(UserDecisionNeeded, match="already undone"):
        await services.undo.undo(edit.id)
    assert services.store.audit.verify_chain.blocking().first_broken_seq is None


@pytest.mark.parametrize(
    ("kind", "waits"),
    [
        ("opt-out", False), ("opt-in", True), ("list on", True), ("list off", True),
        ("health", False), ("var", False), ("mark", False), ("box", False), ("create", False),
    ],
)  # fmt: skip
async def test_stricter_edit_is_sent_at_once_and_others_after_undo_time(
    kind: str,
    waits: bool,
    services: WorkspaceServices,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    edit = await submit_edit(services, customers.new_customer(kind), wait=True)
    assert edit.not_before - clock.now() == (10.0 if waits else 0.0)
    clock.advance(9.999)
    await deliver(services)
    assert state(services, edit) is (EditState.WAITING if waits else EditState.DONE)
    clock.advance(0.002)
    await deliver(services)
    assert state(services, edit) is EditState.DONE


@pytest.mark.parametrize("late_s", [-0.001, 0.001])
async def test_undo_at_end_of_undo_time_is_undone_or_sent(
    late_s: float,
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer("list off")
    edit = await submit_edit(services, subject, wait=True)
    clock.advance(10.0 + late_s)
    await deliver(services)
    back = await services.undo.undo(edit.id, wait_for_undo=False)
    await deliver(services)
    sent = late_s > 0
    assert sandbox.count_writes(subject.key) == (2 if sent else 0)
    assert back.state is (EditState.QUEUED if sent else EditState.UNDONE)
    assert read_current_value(sandbox, subject) is True
    assert state(services, edit) is EditState.UNDONE


async def test_undo_time_survives_restart(
    home: Path, sandbox: SandboxServers, customers: CustomerFactory, clock: ManualClock
) -> None:
    subject = customers.new_customer("list on")
    async with open_workspace_services(home, sandbox.connection_document, clock=clock) as first:
        edit = await submit_edit(first, subject, wait=True)
        clock.advance(5)
    async with open_workspace_services(home, sandbox.connection_document, clock=clock) as second:
        await deliver(second)
        assert state(second, edit) is EditState.WAITING
        assert (await second.undo.undo(edit.id)).state is EditState.UNDONE
        clock.advance(60)
        await deliver(second)
    assert sandbox.count_writes(subject.key) == 0


async def test_undo_after_change_elsewhere_is_refused(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("health")
    edit = await submit_edit(services, subject)
    await deliver(services)
    sandbox.write_profile(subject.key, vars={"zendesk_health": "neutral"})
    back = await services.undo.undo(edit.id)
    await deliver(services)
    assert state(services, back) is EditState.CONFLICT
    assert state(services, edit) is EditState.DONE
    assert read_current_value(sandbox, subject) == "neutral"


async def test_undo_of_an_optout_that_was_chosen_anew_since_is_not_sent(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    """The customer has chosen the very level that stands there: only the time tells it."""
    subject = customers.new_customer("opt-out")
    clock.correct_wall_clock(-3600)
    edit = await submit_edit(services, subject)
    await deliver(services)
    clock.correct_wall_clock(3600)
    sandbox.write_profile(subject.key, optout_email="basic")
    back = await services.undo.undo(edit.id, wait_for_undo=False)
    await deliver(services)
    assert state(services, back) is EditState.CONFLICT
    detail = services.store.outbox.get_edit.blocking(back.id).detail
    assert detail.startswith("The customer has opted out after this change")
    assert detail.endswith("Nothing was sent.")
    assert state(services, edit) is EditState.DONE
    assert read_current_value(sandbox, subject) == "basic"
    # What tightens is sent: nobody's choice is loosened by it.
    stricter = replace(subject.make_edit(), old="basic", new="all")
    (made,) = await services.editor.submit([stricter], wait_for_undo=False)
    await deliver(services)
    assert state(services, made) is EditState.DONE


async def test_undo_of_an_optout_is_sent_where_the_clock_is_behind(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    """20 minutes behind, Sailthru's time of our own opt-out lies after ours: still not theirs."""
    subject = customers.new_customer("opt-out")
    before = read_current_value(sandbox, subject)
    clock.correct_wall_clock(-1200)
    edit = await submit_edit(services, subject)
    await deliver(services)
    back = await services.undo.undo(edit.id, wait_for_undo=False)
    await deliver(services)
    assert state(services, back) is EditState.DONE
    assert read_current_value(sandbox, subject) == before


@pytest.mark.parametrize(
    ("told_at", "ours_at", "clock_ahead_s", "is_later"),
    [
        (None, 0.0, 0.0, False),
        (10_000.0, 10_000.0, 0.0, False),
        (11_000.0, 10_000.0, 0.0, True),
        # This computer was as far behind when the change was made.
        (11_200.0, 10_000.0, 1200.0, False),
        (12_200.0, 10_000.0, 1200.0, True),
        # It was ahead: a choice after ours has an earlier time than ours.
        (9_900.0, 10_000.0, -1200.0, True),
        (8_900.0, 10_000.0, -1200.0, False),
        # Set back by a day after the change: what the customer chose since is theirs.
        (20_000.0, 10_000.0, 86_400.0, True),
    ],
)
def test_optout_is_chosen_later_by_the_clock_of_sailthru(
    told_at: float | None, ours_at: float, clock_ahead_s: float, is_later: bool
) -> None:
    assert is_chosen_later(told_at, ours_at, clock_ahead_s) is is_later


async def test_undo_of_unchanged_value_is_refused(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    """The customer had opted out by themselves: no undo of ours may opt them in again."""
    subject = customers.new_customer("opt-out")
    desk = CustomerUseCases(services, AGENT)
    edit = await submit_edit(desk, subject)
    sandbox.write_profile(subject.key, optout_email="basic")
    await deliver(services)
    assert state(services, edit) is EditState.DONE
    with pytest.raises(UserDecisionNeeded, match="changed nothing"):
        await desk.undo.undo(edit.id)
    assert read_current_value(sandbox, subject) == "basic"


async def test_undo_before_response_of_unchanged_value_sends_nothing(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer("opt-out")
    desk = CustomerUseCases(services, AGENT)
    edit = await submit_edit(desk, subject)
    held = services.store.outbox.claims.claim.blocking(clock.now())
    assert held is not None
    back = await desk.undo.undo(edit.id, wait_for_undo=False)
    assert back.id != edit.id
    sandbox.write_profile(subject.key, optout_email="basic")
    services.store.outbox.claims.stop_work.blocking(edit.id)
    await deliver(services)
    assert state(services, edit) is EditState.DONE
    assert state(services, back) is EditState.CONFLICT
    assert read_current_value(sandbox, subject) == "basic"


async def test_undo_of_own_optout_is_allowed_for_24_hours(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    desk = CustomerUseCases(services, AGENT)
    first, second = customers.new_customer("opt-out"), customers.new_customer("opt-out")
    soon, late = await submit_edit(desk, first), await submit_edit(desk, second)
    await deliver(services)
    with pytest.raises(NotPermitted):
        await CustomerUseCases(services, OTHER_AGENT).undo.undo(soon.id)
    clock.advance(24 * 3600 - 1)
    await desk.undo.undo(soon.id, wait_for_undo=False)
    clock.advance(2)
    with pytest.raises(NotPermitted):
        await desk.undo.undo(late.id)
    # Sailthru's clock has not moved on: judged by it, its time of the opt-out would be a later one.
    clock.correct_wall_clock(-24 * 3600 - 1)
    await deliver(services)
    assert read_current_value(sandbox, first) == "none"
    assert read_current_value(sandbox, second) == "basic"


async def test_undo_of_others_waiting_optout_is_refused(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("opt-out")
    edit = await submit_edit(CustomerUseCases(services, AGENT), subject)
    other = CustomerUseCases(services, OTHER_AGENT)
    with pytest.raises(NotPermitted):
        await other.undo.undo(edit.id)
    with pytest.raises(NotPermitted):
        await other.undo.withdraw(edit.id, "discarded")
    # Nor by wishing for the level that still stands there.
    back = replace(subject.make_edit(), old="none", new="none")
    with pytest.raises(NotPermitted):
        await other.editor.submit([back])
    # Whoever wanted it may, and a stricter wish of anybody is welcome.
    await other.editor.submit([replace(subject.make_edit(), new="all")])
    await deliver(services)
    assert read_current_value(sandbox, subject) == "all"


async def test_undo_of_own_older_edit_keeps_stricter_optout_of_others_that_waits(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("opt-out")
    desk = CustomerUseCases(services, AGENT)
    own = await submit_edit(desk, subject)
    await deliver(services)
    stricter = replace(subject.make_edit(), old="basic", new="all")
    (theirs,) = await CustomerUseCases(services, OTHER_AGENT).editor.submit([stricter])
    with pytest.raises(UserDecisionNeeded, match="newer change stands over"):
        await desk.undo.undo(own.id, wait_for_undo=False)
    # Nor by the rules, for one that is made between that look and the undo.
    with pytest.raises(NotPermitted):
        await desk.editor.submit_undo(inverse_request(own), own, wait_for_undo=False)
    assert state(services, theirs) is EditState.QUEUED
    await deliver(services)
    assert read_current_value(sandbox, subject) == "all"


async def test_retry_is_judged_and_filed_under_who_retries(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("opt-in")
    failed = await submit_edit(services, subject)
    outbox = services.store.outbox
    edit = outbox.claims.claim.blocking(services.context.clock.now())
    assert edit is not None
    outbox.claims.close(edit, services.context.clock.now(), EditState.FAILED, "refused")
    outbox.claims.stop_work.blocking(edit.id)
    with pytest.raises(NotPermitted):
        await CustomerUseCases(services, OTHER_AGENT).editor.retry(failed.id)
    again = await services.editor.retry(failed.id)
    assert again.id != failed.id
    assert again.actor == services.session.actor.name
    # Somebody else may retry what they may do, in their own name.
    stopped = customers.new_customer("opt-out")
    await submit_edit(services, stopped)
    taken = outbox.claims.claim.blocking(services.context.clock.now(), services=(Service.SAILTHRU,))
    while taken is not None and taken.request.target.id != stopped.make_edit().target.id:
        taken = outbox.claims.claim.blocking(services.context.clock.now())
    assert taken is not None
    outbox.claims.close(taken, services.context.clock.now(), EditState.FAILED, "refused")
    theirs = await CustomerUseCases(services, OTHER_AGENT).editor.retry(taken.id)
    assert theirs.actor == OTHER_AGENT.name


@pytest.mark.parametrize(
    ("levels", "at_work", "ended"),
    [
        (("all", "none"), AGENT, None),
        (("all", "basic"), AGENT, None),
        (("basic", "none"), AGENT, None),
        # The level was not read when it was asked for.
        ((None, "basic"), AGENT, None),
        (("none", "all"), AGENT, EditState.DONE),
        (("all", "none"), ADMIN, EditState.DONE),
    ],
)
async def test_edit_that_loosens_waits_for_somebody_with_the_right(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    monkeypatch: pytest.MonkeyPatch,
    clock: ManualClock,
    levels: tuple[str | None, str],
    at_work: Actor,
    ended: EditState | None,
) -> None:
    subject = customers.new_customer("opt-in")
    before = levels[0] or "all"
    sandbox.write_profile(subject.key, optout_email=before)
    request = replace(subject.make_edit(), old=levels[0], new=levels[1])
    (edit,) = await services.editor.submit([request], wait_for_undo=False)
    author, outbox = services.session.actor, services.store.outbox
    monkeypatch.setattr(type(services.session), "actor", at_work)
    await deliver(services)
    kept = await outbox.get_edit(edit.id)
    if ended is None:
        assert (kept.state, kept.tries) == (EditState.QUEUED, 0)
        assert "may not opt customers back in" in kept.not_sent_reason
        assert author.name in kept.not_sent_reason
        assert kept.not_before - clock.now() == 60.0
        assert await outbox.count_not_sent() == 1
        assert read_current_value(sandbox, subject) == before
        monkeypatch.setattr(type(services.session), "actor", author)
        clock.advance(61)
        await deliver(services)
        kept = await outbox.get_edit(edit.id)
    assert (kept.state, kept.not_sent_reason) == (EditState.DONE, "")
    assert read_current_value(sandbox, subject) == levels[1]


async def test_stricter_optout_replaces_a_loosening_that_waits_for_the_right(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subject = customers.new_customer("opt-in")
    sandbox.write_profile(subject.key, optout_email="basic")
    request = replace(subject.make_edit(), old="basic", new="none")
    (waiting,) = await services.editor.submit([request], wait_for_undo=False)
    monkeypatch.setattr(type(services.session), "actor", AGENT)
    await deliver(services)
    stricter = replace(subject.make_edit(), old="basic", new="all")
    await CustomerUseCases(services, AGENT).editor.submit([stricter])
    await deliver(services)
    assert state(services, waiting) is EditState.UNDONE
    assert read_current_value(sandbox, subject) == "all"


async def test_undo_of_own_waiting_optout_is_allowed(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("opt-out")
    desk = CustomerUseCases(services, AGENT)
    edit = await submit_edit(desk, subject)
    assert (await desk.undo.undo(edit.id)).state is EditState.UNDONE
    await deliver(services)
    assert sandbox.count_writes(subject.key) == 0


async def test_undo_of_created_profile_keeps_it(
    services: WorkspaceServices, customers: CustomerFactory
) -> None:
    edit = await submit_edit(services, customers.new_customer("create"))
    await deliver(services)
    with pytest.raises(UserDecisionNeeded, match="cannot be undone"):
        await services.undo.undo(edit.id)
    waiting = await submit_edit(services, customers.new_customer("create"))
    assert (await services.undo.undo(waiting.id)).state is EditState.UNDONE


async def test_undo_of_failed_or_conflicting_edit_is_refused(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("var")
    edit = await submit_edit(services, subject)
    sandbox.write_profile(subject.key, vars={"shoe": 50})
    await deliver(services)
    with pytest.raises(UserDecisionNeeded, match="changed nothing"):
        await services.undo.undo(edit.id)
    closed = services.store.outbox.get_edit.blocking(edit.id)
    again = reapply_request(closed, replace(closed.request, old=50))
    await services.editor.submit([again])
    await deliver(services)
    assert read_current_value(sandbox, subject) == subject.case.new
    done = services.store.outbox.list_recent.blocking()[0]
    with pytest.raises(ConflictError):
        reapply_request(done, done.request)


async def test_undo_preview_lists_what_cannot_be_restored(
    services: WorkspaceServices, customers: CustomerFactory
) -> None:
    said = {
        kind: undo_loss_warning(await submit_edit(services, customers.new_customer(kind)))
        for kind in EDIT_CASES
    }
    assert "stays" in said["create"]
    assert "join date" in said["list off"]
    assert "flows" in said["list on"]
    assert "without a value" in said["health"]
    assert said["opt-out"] == said["var"] == said["box"] == ""


async def set_value(
    services: WorkspaceServices, subject: EditedCustomer, old: object, new: object
) -> Edit:
    """Submit and deliver an edit of the subject's field; the state is what became of it."""
    request = replace(subject.make_edit(), old=old, new=new)
    (edit,) = await services.editor.submit([request], wait_for_undo=False)
    await deliver(services)
    return services.store.outbox.get_edit.blocking(edit.id)


@pytest.mark.parametrize("kind", ["opt-out", "health", "var", "mark"])
async def test_older_edit_is_not_undone_over_a_newer_one_made_here(
    kind: str, services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer(kind)
    case = subject.case
    older = await set_value(services, subject, case.old, case.new)
    newer = await set_value(services, subject, case.new, case.third_value)
    assert (older.state, newer.state) == (EditState.DONE, EditState.DONE)
    with pytest.raises(UserDecisionNeeded, match="newer change stands over") as refused:
        await services.undo.undo(older.id, wait_for_undo=False)
    assert refused.value.message.startswith("It is by Ada Admin (")
    assert read_current_value(sandbox, subject) == case.third_value
    # In their order both are undone.
    for edit in (newer, older):
        back = await services.undo.undo(edit.id, wait_for_undo=False)
        await deliver(services)
        assert state(services, back) is EditState.DONE
    assert read_current_value(sandbox, subject) == case.old


async def test_older_edit_is_not_undone_over_a_newer_one_that_waits(
    services: WorkspaceServices, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("health")
    older = await set_value(services, subject, None, "happy")
    request = replace(subject.make_edit(), old="happy", new="frustrated")
    (waits,) = await services.editor.submit([request], wait_for_undo=False)
    with pytest.raises(UserDecisionNeeded, match="not sent yet"):
        await services.undo.undo(older.id, wait_for_undo=False)
    assert state(services, waits) is EditState.QUEUED


async def test_edit_of_the_same_value_set_again_is_undone(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("health")
    first = await set_value(services, subject, None, "happy")
    await set_value(services, subject, "happy", "frustrated")
    await set_value(services, subject, "frustrated", "happy")
    await services.undo.undo(first.id, wait_for_undo=False)
    await deliver(services)
    assert read_current_value(sandbox, subject) is None


async def test_conflict_names_who_changed_it_here_and_nobody_else(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("health")
    await set_value(services, subject, None, "happy")
    # Seen before that: somebody else's window may still show it.
    late = await set_value(services, subject, "neutral", "frustrated")
    assert late.state is EditState.CONFLICT
    assert late.detail.startswith("Changed by Ada Admin (")
    assert late.detail.endswith("): it is now happy. Nothing was sent.")
    sandbox.write_profile(subject.email, vars={"zendesk_health": "neutral"})
    late = await set_value(services, subject, "happy", "frustrated")
    assert late.detail == (
        "Changed elsewhere, person unknown: it is now neutral. Nothing was sent."
    )


NOON = 1_780_000_000.0


def audit_row(kind: str, name: str, new: Json, **parts: Any) -> AuditEntry:
    """An audit row of Ada Admin, done at noon."""
    values: dict[str, Any] = {
        "seq": 1, "at": NOON, "actor": "Ada Admin", "kind": kind, "service": "sailthru",
        "target": "sid", "label": "maria@lopez.example", "name": name, "old": None, "new": new,
        "reason": "", "ticket": None, "edit": "1", "result": "done", "detail": "",
    }  # fmt: skip
    return AuditEntry(**{**values, **parts})


@pytest.mark.parametrize(
    ("kind", "name", "row", "new"),
    [
        (EditKind.OPTOUT, "", audit_row("optout", "", "all"), "all"),
        (EditKind.OPTOUT, "", audit_row("sync", "s", {"optout": "basic"}), "basic"),
        (EditKind.LIST, "VIP", audit_row("list", "VIP", True), True),
        (EditKind.LIST, "VIP", audit_row("sync", "s", {"lists.VIP": False}), False),
        (EditKind.VAR, "city", audit_row("sync", "s", {"vars.city": "Faro"}), "Faro"),
        # One var, whichever control has written it.
        (EditKind.VAR, "zendesk_health", audit_row("health", "zendesk_health", "happy"), "happy"),
    ],
)
def test_last_change_is_found_by_field(kind: EditKind, name: str, row: Any, new: Json) -> None:
    other = audit_row("var", "street", "x", seq=2)
    undone = replace(row, result="undone", new="never")
    same = replace(row, detail=UNCHANGED_TEXT, new="theirs")
    found = find_last_change([other, undone, same, row], kind, name)
    assert found is not None
    assert (found.entry, found.new) == (row, new)
    assert find_last_change([other, undone, same], kind, name) is None


def test_author_of_a_change_is_a_person_or_a_sync_with_its_time() -> None:
    row = audit_row("sync", "tickets", {"vars.a": 1}, reason="Tickets to profiles: run 7")
    change = find_last_change([row], EditKind.VAR, "a")
    assert change is not None
    at = datetime.fromtimestamp(NOON).astimezone()
    assert change.describe_author(NOON) == f"the sync “Tickets to profiles” ({at:%H:%M})"
    later = change.describe_author(NOON + 86_400)
    assert later == f"the sync “Tickets to profiles” ({at.day} {at:%b %H:%M})"
