"""Every kind of edit against real services: done, already so, changed elsewhere, gone, merged."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.model.edit import Edit, EditKind, EditState, is_same_json
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.optout_level import OptOutLevel
from tests.support.edit_cases import (
    EDIT_CASES,
    EditedCustomer,
    read_current_value,
    write_third_value,
)
from tests.support.manual_clock import CustomerFactory, ManualClock
from tests.support.sandbox_servers import SandboxServers

ON_PROFILES = [
    n for n, k in EDIT_CASES.items() if k.kind not in (EditKind.SYNC_CHECKBOX, EditKind.CREATE)
]


async def want(house: WorkspaceServices, subject: EditedCustomer) -> Edit:
    (edit,) = await house.editor.submit([subject.make_edit()], wait_for_undo=False)
    return edit


async def deliver(house: WorkspaceServices, edit: Edit) -> Edit:
    await house.build_edit_sender().send_due(only=[edit.id])
    return house.store.outbox.get_edit(edit.id)


def audit_of(house: WorkspaceServices, edit: Edit) -> list[str]:
    return [row.result for row in house.store.audit.list_entries() if row.edit == edit.id]


@pytest.mark.parametrize("kind", EDIT_CASES)
async def test_edit_kind_is_sent_once_and_read_back(
    kind: str, house: WorkspaceServices, servers: SandboxServers, town: CustomerFactory
) -> None:
    subject = town.new_customer(kind)
    edit = await deliver(house, await want(house, subject))
    assert (edit.state, edit.tries, edit.is_accepted) == (EditState.DONE, 1, True)
    assert edit.detail.endswith("confirmed")
    assert is_same_json(read_current_value(servers, subject), subject.case.new)
    assert servers.count_writes(subject.key.partition("@")[0]) == 1
    assert audit_of(house, edit) == ["done"]
    # What was read back is kept, so that the sheet never falls back to the old value.
    if subject.case.kind is not EditKind.SYNC_CHECKBOX:
        kept = house.lookup.cached_sheet(parse_lookup_query(subject.email))
        assert kept.profile.value is not None


@pytest.mark.parametrize("kind", EDIT_CASES)
async def test_edit_already_equal_is_not_sent(
    kind: str, house: WorkspaceServices, servers: SandboxServers, town: CustomerFactory
) -> None:
    subject = town.new_customer(kind)
    new = subject.case.new
    if subject.case.kind is EditKind.SYNC_CHECKBOX:
        servers.write_user(int(subject.key), user_fields={subject.case.name: new})
    elif subject.case.kind is EditKind.OPTOUT:
        servers.write_profile(subject.key, optout_email=new)
    elif subject.case.kind is EditKind.LIST:
        servers.write_profile(subject.key, lists={subject.case.name: int(new)})
    elif subject.case.kind is EditKind.CREATE:
        servers.create_profile(subject.email, vars={"first_name": "Somebody"})
    else:
        servers.write_profile(subject.key, vars={subject.case.name: new})
    edit = await deliver(house, await want(house, subject))
    assert (edit.state, edit.tries) == (EditState.DONE, 0)
    assert "already" in edit.detail
    assert servers.count_writes(subject.key.partition("@")[0]) == 0
    if subject.case.kind is EditKind.CREATE:
        assert read_current_value(servers, subject) == {"first_name": "Somebody"}


@pytest.mark.parametrize("kind", [n for n, k in EDIT_CASES.items() if k.third_value is not None])
async def test_edit_of_value_changed_elsewhere_is_conflict(
    kind: str, house: WorkspaceServices, servers: SandboxServers, town: CustomerFactory
) -> None:
    subject = town.new_customer(kind)
    edit = await want(house, subject)
    write_third_value(servers, subject)
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    words = subject.case.third_value
    if subject.case.kind is EditKind.OPTOUT:
        words = OptOutLevel(words).label
    assert words in edit.detail
    assert "Nothing was sent" in edit.detail
    assert servers.count_writes(subject.key) == 0
    assert audit_of(house, edit) == ["conflict"]


@pytest.mark.parametrize("kind", ON_PROFILES)
async def test_edit_of_deleted_profile_is_conflict_and_recreates_nothing(
    kind: str, house: WorkspaceServices, servers: SandboxServers, town: CustomerFactory
) -> None:
    subject = town.new_customer(kind)
    edit = await want(house, subject)
    servers.delete_profile(subject.key)
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    assert servers.read_profile(subject.email) is None
    assert servers.count_writes(subject.key) == 0


async def test_edit_of_merged_profile_is_conflict(
    house: WorkspaceServices, servers: SandboxServers, town: CustomerFactory
) -> None:
    subject = town.new_customer("var")
    other = servers.create_profile(town.new_email())
    edit = await want(house, subject)
    servers.write_profile(other, keys={"email": subject.email}, keysconflict="merge")
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    assert servers.count_writes(subject.key) == 0
    assert servers.read_profile(other) is not None


async def test_edit_of_deleted_user_is_conflict(
    house: WorkspaceServices, servers: SandboxServers, town: CustomerFactory
) -> None:
    subject = town.new_customer("box")
    edit = await want(house, subject)
    servers._zendesk_request("DELETE", f"/api/v2/users/{subject.key}.json")
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    assert audit_of(house, edit) == ["conflict"]


async def test_edits_are_sent_in_order(
    house: WorkspaceServices, servers: SandboxServers, town: CustomerFactory
) -> None:
    subject = town.new_customer("var")
    first = await want(house, subject)
    claimed = house.store.outbox.claim(house.context.clock.now())
    assert claimed is not None
    assert claimed.id == first.id
    # The first is under way, so the second stands behind it instead of replacing it.
    later = [replace(subject.make_edit(), new="later")]
    (second,) = await house.editor.submit(later, wait_for_undo=False)
    assert second.id != first.id
    assert is_same_json(second.request.old, subject.case.new)
    assert house.store.outbox.claim(house.context.clock.now()) is None
    house.store.outbox.stop_work(first.id)
    await house.build_edit_sender().send_due()
    assert house.store.outbox.get_edit(first.id).state is EditState.DONE
    assert house.store.outbox.get_edit(second.id).state is EditState.DONE
    assert read_current_value(servers, subject) == "later"


async def test_edit_is_sent_after_clock_set_back(
    house: WorkspaceServices, town: CustomerFactory, clock: ManualClock
) -> None:
    edit = await want(house, town.new_customer("var"))
    clock.set_wall_clock_back(90 * 24 * 3600)
    assert (await deliver(house, edit)).state is EditState.DONE
