"""Every kind of edit against real services: done, already so, changed elsewhere, gone, merged."""

from dataclasses import replace

import pytest

from desktop.app.wiring import House
from desktop.model.edit import Edit, EditKind, EditState, same
from desktop.model.optout import OptOut
from desktop.model.query import recognise
from tests.faults.kinds import KINDS, Subject, change_elsewhere, seen
from tests.faults.servers import Servers
from tests.faults.town import ManualClock, Town

ON_PROFILES = [n for n, k in KINDS.items() if k.kind not in (EditKind.BOX, EditKind.CREATE)]


async def want(house: House, subject: Subject) -> Edit:
    (edit,) = await house.editor.submit([subject.intent()], wait_for_undo=False)
    return edit


async def deliver(house: House, edit: Edit) -> Edit:
    await house.deliverer().deliver_due(only=[edit.id])
    return house.store.outbox.get(edit.id)


def audit_of(house: House, edit: Edit) -> list[str]:
    return [row.result for row in house.store.audit.rows() if row.edit == edit.id]


@pytest.mark.parametrize("kind", KINDS)
async def test_is_sent_once_and_read_back(
    kind: str, house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject(kind)
    edit = await deliver(house, await want(house, subject))
    assert (edit.state, edit.tries, edit.accepted) == (EditState.DONE, 1, True)
    assert edit.detail.endswith("confirmed")
    assert same(seen(servers, subject), subject.kind.new)
    assert servers.writes(subject.key.partition("@")[0]) == 1
    assert audit_of(house, edit) == ["done"]
    # What was read back is kept, so that the sheet never falls back to the old value.
    if subject.kind.kind is not EditKind.BOX:
        kept = house.lookup.kept(recognise(subject.email))
        assert kept.profile.value is not None


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_so_already_is_not_sent(
    kind: str, house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject(kind)
    new = subject.kind.new
    if subject.kind.kind is EditKind.BOX:
        servers.write_person(int(subject.key), user_fields={subject.kind.name: new})
    elif subject.kind.kind is EditKind.OPTOUT:
        servers.write_profile(subject.key, optout_email=new)
    elif subject.kind.kind is EditKind.LIST:
        servers.write_profile(subject.key, lists={subject.kind.name: int(new)})
    elif subject.kind.kind is EditKind.CREATE:
        servers.make_profile(subject.email, vars={"first_name": "Somebody"})
    else:
        servers.write_profile(subject.key, vars={subject.kind.name: new})
    edit = await deliver(house, await want(house, subject))
    assert (edit.state, edit.tries) == (EditState.DONE, 0)
    assert "already" in edit.detail
    assert servers.writes(subject.key.partition("@")[0]) == 0
    if subject.kind.kind is EditKind.CREATE:
        assert seen(servers, subject) == {"first_name": "Somebody"}


@pytest.mark.parametrize("kind", [n for n, k in KINDS.items() if k.foreign is not None])
async def test_what_was_changed_elsewhere_is_a_conflict(
    kind: str, house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject(kind)
    edit = await want(house, subject)
    change_elsewhere(servers, subject)
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    words = subject.kind.foreign
    if subject.kind.kind is EditKind.OPTOUT:
        words = OptOut(words).words
    assert words in edit.detail
    assert "Nothing was sent" in edit.detail
    assert servers.writes(subject.key) == 0
    assert audit_of(house, edit) == ["conflict"]


@pytest.mark.parametrize("kind", ON_PROFILES)
async def test_a_deleted_profile_is_a_conflict_and_never_made_again(
    kind: str, house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject(kind)
    edit = await want(house, subject)
    servers.delete_profile(subject.key)
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    assert servers.profile(subject.email) is None
    assert servers.writes(subject.key) == 0


async def test_a_merged_profile_is_a_conflict(house: House, servers: Servers, town: Town) -> None:
    subject = town.subject("var")
    other = servers.make_profile(town.email())
    edit = await want(house, subject)
    servers.write_profile(other, keys={"email": subject.email}, keysconflict="merge")
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    assert servers.writes(subject.key) == 0
    assert servers.profile(other) is not None


async def test_a_deleted_person_is_a_conflict(house: House, servers: Servers, town: Town) -> None:
    subject = town.subject("box")
    edit = await want(house, subject)
    servers._zendesk("DELETE", f"/api/v2/users/{subject.key}.json")
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    assert audit_of(house, edit) == ["conflict"]


async def test_what_is_wanted_first_is_sent_first(
    house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject("var")
    first = await want(house, subject)
    claimed = house.store.outbox.claim(house.ground.clock.now())
    assert claimed is not None
    assert claimed.id == first.id
    # The first is under way, so the second stands behind it instead of replacing it.
    later = [replace(subject.intent(), new="later")]
    (second,) = await house.editor.submit(later, wait_for_undo=False)
    assert second.id != first.id
    assert same(second.intent.old, subject.kind.new)
    assert house.store.outbox.claim(house.ground.clock.now()) is None
    house.store.outbox.let_go(first.id)
    await house.deliverer().deliver_due()
    assert house.store.outbox.get(first.id).state is EditState.DONE
    assert house.store.outbox.get(second.id).state is EditState.DONE
    assert seen(servers, subject) == "later"


async def test_a_clock_set_back_does_not_hold_an_edit_for_ever(
    house: House, town: Town, clock: ManualClock
) -> None:
    edit = await want(house, town.subject("var"))
    clock.set_back(90 * 24 * 3600)
    assert (await deliver(house, edit)).state is EditState.DONE
