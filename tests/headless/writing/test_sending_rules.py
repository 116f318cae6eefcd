"""What waits is sent only while the rules of that moment let it; a stricter opt-out always is."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.model.edit import Edit, EditKind, EditRequest, EditState, EditTarget, sending_refusal
from desktop.model.permission import (
    CHANGES_OFF_REASON,
    DEFAULT_PERMISSIONS,
    Actor,
    PermissionRules,
    Role,
)
from desktop.model.service import Service
from desktop.settings.managed_policy import merge_policy_files
from desktop.settings.policy_file_discovery import PolicyFile
from tests.support.edit_cases import EDIT_CASES, CustomerFactory, read_current_value
from tests.support.sandbox_servers import SandboxServers

ON = PermissionRules(are_changes_enabled=True, permissions=DEFAULT_PERMISSIONS)
OFF = replace(ON, are_changes_enabled=False)
AGENT, ADMIN = Actor("Ana", Role.AGENT, 1), Actor("Ada", Role.ADMIN, 2)
HELD_BACK = [name for name, case in EDIT_CASES.items() if case.kind is not EditKind.OPTOUT]


def make_edit(
    kind: EditKind, old: object, new: object, actor_key: str = "", undoes: str | None = None
) -> Edit:
    target = EditTarget(Service.SAILTHRU, "5f", "maria@lopez.example")
    request = EditRequest(kind, target, "x", old, new, undoes=undoes)  # type: ignore[arg-type]
    return Edit("1", request, EditState.QUEUED, "Ana", 0.0, 0.0, actor_key=actor_key)


@pytest.mark.parametrize(
    ("edit", "actor", "rules", "refused"),
    [
        (make_edit(EditKind.HEALTH, None, "happy"), AGENT, ON, False),
        (make_edit(EditKind.HEALTH, None, "happy"), AGENT, OFF, True),
        (make_edit(EditKind.HEALTH, None, "happy"), None, OFF, True),
        (make_edit(EditKind.OPTOUT, "none", "basic"), AGENT, OFF, False),
        (make_edit(EditKind.OPTOUT, "basic", "all"), None, OFF, False),
        (make_edit(EditKind.OPTOUT, "all", "none"), ADMIN, OFF, True),
        # A right that was taken away while the edit waited.
        (make_edit(EditKind.LIST, True, False), AGENT, ON, True),
        (make_edit(EditKind.LIST, False, True), AGENT, ON, False),
        (make_edit(EditKind.LIST, True, False, actor_key="9"), AGENT, ON, False),
        # Nobody knows who queued it: no more than an agent may, whoever is at work.
        (make_edit(EditKind.LIST, True, False), None, ON, True),
        (make_edit(EditKind.LIST, True, False), ADMIN, ON, True),
        (make_edit(EditKind.LIST, False, True), None, ON, False),
        (make_edit(EditKind.OPTOUT, "all", "none"), AGENT, ON, True),
        (make_edit(EditKind.OPTOUT, "all", "none", undoes="7"), ADMIN, ON, True),
        (make_edit(EditKind.OPTOUT, "all", "none", actor_key="2"), ADMIN, ON, False),
        # What an undo restores was decided when it was asked for.
        (make_edit(EditKind.OPTOUT, "all", "none", "1", undoes="7"), AGENT, ON, False),
        (make_edit(EditKind.OPTOUT, "all", "none", "1", undoes="7"), AGENT, OFF, True),
    ],
)
def test_sending_refusal_asks_switch_and_right(
    edit: Edit, actor: Actor | None, rules: PermissionRules, refused: bool
) -> None:
    assert bool(sending_refusal(edit, actor, rules)) is refused


def switch_changes(house: WorkspaceServices, *, on: bool) -> None:
    """As another process does it: this one's session is not told."""
    house.session.connection_config.settings_file.change({"changes": on})


@pytest.mark.parametrize("kind", HELD_BACK)
async def test_edit_with_changes_switched_off_stays_queued_with_reason(
    kind: str, services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer(kind)
    (edit,) = await services.editor.submit([subject.make_edit()], wait_for_undo=False)
    before = read_current_value(sandbox, subject)
    switch_changes(services, on=False)
    assert await services.build_edit_sender().send_due() == ()
    kept = services.store.outbox.get_edit.blocking(edit.id)
    assert (kept.state, kept.tries) == (EditState.QUEUED, 0)
    assert kept.as_json()["not_sent"] == CHANGES_OFF_REASON
    assert read_current_value(sandbox, subject) == before
    assert services.store.outbox.count_not_sent.blocking() == 1
    switch_changes(services, on=True)
    (sent,) = await services.build_edit_sender().send_due()
    assert (sent.state, sent.not_sent_reason) == (EditState.DONE, "")
    assert services.store.outbox.count_not_sent.blocking() == 0


async def test_stricter_optout_with_changes_switched_off_is_sent(
    services: WorkspaceServices, customers: CustomerFactory
) -> None:
    kind = next(name for name, case in EDIT_CASES.items() if case.kind is EditKind.OPTOUT)
    subject = customers.new_customer(kind)
    (edit,) = await services.editor.submit([subject.make_edit()], wait_for_undo=False)
    switch_changes(services, on=False)
    await services.build_edit_sender().send_due()
    assert services.store.outbox.get_edit.blocking(edit.id).state is EditState.DONE


async def test_edit_switched_off_after_claim_is_not_sent(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer(HELD_BACK[0])
    (edit,) = await services.editor.submit([subject.make_edit()], wait_for_undo=False)

    def at(step: str) -> None:
        if step == "read":
            switch_changes(services, on=False)

    before = read_current_value(sandbox, subject)
    await services.build_edit_sender(at).send_due()
    kept = services.store.outbox.get_edit.blocking(edit.id)
    assert (kept.state, kept.tries) == (EditState.QUEUED, 0)
    assert kept.not_sent_reason == CHANGES_OFF_REASON
    assert read_current_value(sandbox, subject) == before
    # The clock stands: it waits for nothing once changes are on again.
    switch_changes(services, on=True)
    (sent,) = await services.build_edit_sender().send_due()
    assert sent.state is EditState.DONE


async def test_edit_under_policy_that_cannot_be_read_is_not_sent(
    services: WorkspaceServices, customers: CustomerFactory
) -> None:
    subject = customers.new_customer(HELD_BACK[0])
    (edit,) = await services.editor.submit([subject.make_edit()], wait_for_undo=False)
    file = PolicyFile(services.workspace.folder / "policy.json", is_trusted=True, content=b"{")
    closed = merge_policy_files([file])
    assert closed.is_fail_closed
    context = replace(services.context, policy_reader=lambda: closed)
    await replace(services, context=context).build_edit_sender().send_due()
    kept = services.store.outbox.get_edit.blocking(edit.id)
    assert (kept.state, kept.not_sent_reason) == (EditState.QUEUED, CHANGES_OFF_REASON)


@pytest.mark.parametrize("fault", ["reset", "reset-after"])
@pytest.mark.parametrize("by_id", [True, False], ids=["command line", "window"])
async def test_stricter_optout_behind_unknown_edit_goes_out_with_changes_off(
    fault: str,
    by_id: bool,
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    """The clock stands: neither waits for a retry of the edit before."""
    subject = customers.new_customer("opt-in")
    sandbox.write_profile(subject.key, optout_email="basic")
    loosening = replace(subject.make_edit(), old="basic", new="none")
    (first,) = await services.editor.submit([loosening], wait_for_undo=False)
    sandbox.add_fault(f"sailthru:POST /user:{fault}")
    await services.build_edit_sender().send_due()
    sandbox.clear_faults()
    outbox = services.store.outbox
    assert outbox.get_edit.blocking(first.id).state is EditState.UNKNOWN
    stricter = replace(loosening, old="none", new="all", reason="asked again", ticket=None)
    (second,) = await services.editor.submit([stricter], wait_for_undo=False)
    switch_changes(services, on=False)
    await services.build_edit_sender().send_due(only=[second.id] if by_id else ())
    earlier, later = map(outbox.get_edit.blocking, (first.id, second.id))
    assert later.state is EditState.DONE, later.detail
    assert read_current_value(sandbox, subject) == "all"
    if fault == "reset-after":
        assert earlier.state is EditState.DONE
    else:
        assert earlier.state is EditState.FAILED
        assert CHANGES_OFF_REASON in earlier.detail
        assert "may have been applied" in earlier.detail
        # Taken back, the level comes back that stood there, and not the one never written.
        assert later.request.old == "basic"


async def test_unknown_edit_with_changes_off_and_nothing_behind_it_stays_unknown(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("health")
    (edit,) = await services.editor.submit([subject.make_edit()], wait_for_undo=False)
    sandbox.add_fault("sailthru:POST /user:reset")
    await services.build_edit_sender().send_due()
    sandbox.clear_faults()
    switch_changes(services, on=False)
    await services.editor.retry(edit.id)
    await services.build_edit_sender().send_due()
    kept = services.store.outbox.get_edit.blocking(edit.id)
    assert (kept.state, kept.not_sent_reason) == (EditState.UNKNOWN, CHANGES_OFF_REASON)
    switch_changes(services, on=True)
    (sent,) = await services.build_edit_sender().send_due()
    assert sent.state is EditState.DONE


@pytest.mark.parametrize("level", ["basic", "all"])
async def test_stricter_optout_behind_edit_that_failed_is_not_a_conflict(
    level: str, services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("opt-out")
    loosening = replace(subject.make_edit(), old="basic", new="none", ticket=48213)
    sandbox.write_profile(subject.key, optout_email="basic")
    (first,) = await services.editor.submit([loosening], wait_for_undo=False)
    sandbox.add_fault("sailthru:POST /user:reset")
    await services.build_edit_sender().send_due()
    sandbox.clear_faults()
    stricter = replace(loosening, old="none", new=level)
    (second,) = await services.editor.submit([stricter], wait_for_undo=False)
    sandbox.add_fault("sailthru:POST /user:400")
    await services.build_edit_sender().send_due()
    outbox = services.store.outbox
    assert outbox.get_edit.blocking(first.id).state is EditState.FAILED
    later = outbox.get_edit.blocking(second.id)
    assert (later.state, later.request.old) == (EditState.DONE, "basic"), later.detail
    assert read_current_value(sandbox, subject) == level
