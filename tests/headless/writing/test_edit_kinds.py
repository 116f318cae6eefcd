"""Every kind of edit against real services: done, already so, changed elsewhere, gone, merged."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.model.edit import Edit, EditKind, EditState, is_same_json
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.optout_level import OptOutLevel
from tests.support.clocks import ManualClock
from tests.support.edit_cases import (
    EDIT_CASES,
    CustomerFactory,
    EditedCustomer,
    read_current_value,
    write_third_value,
)
from tests.support.sandbox_servers import SandboxServers

ON_PROFILES = [
    n for n, k in EDIT_CASES.items() if k.kind not in (EditKind.SYNC_CHECKBOX, EditKind.CREATE)
]


async def want(house: WorkspaceServices, subject: EditedCustomer) -> Edit:
    (edit,) = await house.editor.submit([subject.make_edit()], wait_for_undo=False)
    return edit


async def deliver(house: WorkspaceServices, edit: Edit) -> Edit:
    await house.build_edit_sender().send_due(only=[edit.id])
    return house.store.outbox.get_edit.blocking(edit.id)


def audit_of(house: WorkspaceServices, edit: Edit) -> list[str]:
    return [row.result for row in house.store.audit.list_entries.blocking() if row.edit == edit.id]


@pytest.mark.parametrize("kind", EDIT_CASES)
async def test_edit_kind_is_sent_once_and_read_back(
    kind: str, services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer(kind)
    edit = await deliver(services, await want(services, subject))
    assert (edit.state, edit.tries, edit.is_accepted) == (EditState.DONE, 1, True)
    assert edit.detail.endswith("confirmed")
    assert is_same_json(read_current_value(sandbox, subject), subject.case.new)
    assert sandbox.count_writes(subject.key.partition("@")[0]) == 1
    assert audit_of(services, edit) == ["done"]
    # What was read back is kept, so that the sheet never falls back to the old value.
    if subject.case.kind is not EditKind.SYNC_CHECKBOX:
        kept = services.lookup.cached_sheet(parse_lookup_query(subject.email))
        assert kept.profile.value is not None


@pytest.mark.parametrize("kind", EDIT_CASES)
async def test_edit_already_equal_is_not_sent(
    kind: str, services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer(kind)
    new = subject.case.new
    if subject.case.kind is EditKind.SYNC_CHECKBOX:
        sandbox.write_user(int(subject.key), user_fields={subject.case.name: new})
    elif subject.case.kind is EditKind.OPTOUT:
        sandbox.write_profile(subject.key, optout_email=new)
    elif subject.case.kind is EditKind.LIST:
        sandbox.write_profile(subject.key, lists={subject.case.name: int(new)})
    elif subject.case.kind is EditKind.CREATE:
        sandbox.create_profile(subject.email, vars={"first_name": "Somebody"})
    else:
        sandbox.write_profile(subject.key, vars={subject.case.name: new})
    edit = await deliver(services, await want(services, subject))
    assert (edit.state, edit.tries) == (EditState.DONE, 0)
    assert "already" in edit.detail
    assert sandbox.count_writes(subject.key.partition("@")[0]) == 0
    if subject.case.kind is EditKind.CREATE:
        assert read_current_value(sandbox, subject) == {"first_name": "Somebody"}


async def test_create_beside_profile_made_meanwhile_is_conflict(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    """The create has waited, and by now another address of the same person has a profile."""
    subject, old = customers.new_customer("create"), customers.new_email()
    sandbox.create_user(subject.email, external_id=f"crm-{subject.email}")
    edit = await want(services, subject)
    sandbox.create_profile(
        old, keys={"email": old, "extid": f"crm-{subject.email}"}, optout_email="all"
    )
    edit = await deliver(services, edit)
    assert edit.state is EditState.CONFLICT
    assert old in edit.detail
    assert "Nothing was sent" in edit.detail
    assert sandbox.read_profile(subject.email) is None


async def test_create_waits_while_zendesk_cannot_be_asked(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    edit = await want(services, customers.new_customer("create"))
    sandbox.add_fault("zendesk:*:503", times=None)
    edit = await deliver(services, edit)
    assert (edit.state, edit.tries) == (EditState.QUEUED, 0)


@pytest.mark.parametrize("kind", [n for n, k in EDIT_CASES.items() if k.third_value is not None])
async def test_edit_of_value_changed_elsewhere_is_conflict(
    kind: str, services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer(kind)
    edit = await want(services, subject)
    write_third_value(sandbox, subject)
    edit = await deliver(services, edit)
    assert edit.state is EditState.CONFLICT
    words = subject.case.third_value
    if subject.case.kind is EditKind.OPTOUT:
        words = OptOutLevel(words).label
    assert words in edit.detail
    assert "Nothing was sent" in edit.detail
    assert sandbox.count_writes(subject.key) == 0
    assert audit_of(services, edit) == ["conflict"]


@pytest.mark.parametrize("kind", ON_PROFILES)
async def test_edit_of_deleted_profile_is_conflict_and_recreates_nothing(
    kind: str, services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer(kind)
    edit = await want(services, subject)
    sandbox.delete_profile(subject.key)
    edit = await deliver(services, edit)
    assert edit.state is EditState.CONFLICT
    assert sandbox.read_profile(subject.email) is None
    assert sandbox.count_writes(subject.key) == 0


async def test_edit_of_merged_profile_is_conflict(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("var")
    other = sandbox.create_profile(customers.new_email())
    edit = await want(services, subject)
    sandbox.write_profile(other, keys={"email": subject.email}, keysconflict="merge")
    edit = await deliver(services, edit)
    assert edit.state is EditState.CONFLICT
    assert sandbox.count_writes(subject.key) == 0
    assert sandbox.read_profile(other) is not None


async def test_edit_of_deleted_user_is_conflict(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("box")
    edit = await want(services, subject)
    sandbox.delete_user(int(subject.key))
    edit = await deliver(services, edit)
    assert edit.state is EditState.CONFLICT
    assert audit_of(services, edit) == ["conflict"]


async def test_edits_are_sent_in_order(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("var")
    first = await want(services, subject)
    claimed = services.store.outbox.claims.claim.blocking(services.context.clock.now())
    assert claimed is not None
    assert claimed.id == first.id
    # The first is under way, so the second stands behind it instead of replacing it.
    later = [replace(subject.make_edit(), new="later")]
    (second,) = await services.editor.submit(later, wait_for_undo=False)
    assert second.id != first.id
    assert is_same_json(second.request.old, subject.case.new)
    assert services.store.outbox.claims.claim.blocking(services.context.clock.now()) is None
    services.store.outbox.claims.stop_work.blocking(first.id)
    await services.build_edit_sender().send_due()
    assert services.store.outbox.get_edit.blocking(first.id).state is EditState.DONE
    assert services.store.outbox.get_edit.blocking(second.id).state is EditState.DONE
    assert read_current_value(sandbox, subject) == "later"


async def test_edit_is_sent_after_clock_set_back(
    services: WorkspaceServices, customers: CustomerFactory, clock: ManualClock
) -> None:
    edit = await want(services, customers.new_customer("var"))
    clock.correct_wall_clock(-90 * 24 * 3600)
    assert (await deliver(services, edit)).state is EditState.DONE
