"""Editing and taking back: what waits, what goes at once, whose right it takes, and when not."""

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.container import WorkspaceServices
from desktop.customer.edit_undo import reapply_request, undo_loss_warning
from desktop.kit.errors import ConflictError, NotPermitted, UserDecisionNeeded
from desktop.model.edit import Edit, EditState
from desktop.model.permission import Actor, Role
from desktop.model.service import Service
from tests.support.clocks import ManualClock
from tests.support.customer_use_cases import AGENT, OTHER_AGENT, CustomerUseCases, submit_edit
from tests.support.edit_cases import EDIT_CASES, CustomerFactory, read_current_value
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services

ADMIN = Actor("Ada Other", Role.ADMIN, 7604)


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
    held = services.store.outbox.claim.blocking(clock.now())
    assert held is not None
    back = await desk.undo.undo(edit.id, wait_for_undo=False)
    assert back.id != edit.id
    sandbox.write_profile(subject.key, optout_email="basic")
    services.store.outbox.stop_work.blocking(edit.id)
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
    with pytest.raises(NotPermitted):
        await desk.undo.undo(own.id, wait_for_undo=False)
    assert state(services, theirs) is EditState.QUEUED
    await deliver(services)
    assert read_current_value(sandbox, subject) == "all"


async def test_retry_is_judged_and_filed_under_who_retries(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("opt-in")
    failed = await submit_edit(services, subject)
    outbox = services.store.outbox
    edit = outbox.claim.blocking(services.context.clock.now())
    assert edit is not None
    outbox.close(edit, services.context.clock.now(), EditState.FAILED, "refused")
    outbox.stop_work.blocking(edit.id)
    with pytest.raises(NotPermitted):
        await CustomerUseCases(services, OTHER_AGENT).editor.retry(failed.id)
    again = await services.editor.retry(failed.id)
    assert again.id != failed.id
    assert again.actor == services.session.actor.name
    # Somebody else may retry what they may do, in their own name.
    stopped = customers.new_customer("opt-out")
    await submit_edit(services, stopped)
    taken = outbox.claim.blocking(services.context.clock.now(), services=(Service.SAILTHRU,))
    while taken is not None and taken.request.target.id != stopped.make_edit().target.id:
        taken = outbox.claim.blocking(services.context.clock.now())
    assert taken is not None
    outbox.close(taken, services.context.clock.now(), EditState.FAILED, "refused")
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
