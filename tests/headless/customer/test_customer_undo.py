"""Editing and taking back: what waits, what goes at once, whose right it takes, and when not."""

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.wiring import House
from desktop.customer.undo import apply_anyway, not_restored
from desktop.kit.errors import Conflict, NeedsPerson, NotPermitted
from desktop.model.edit import Edit, EditState
from tests.faults.home import opened
from tests.faults.kinds import KINDS, seen
from tests.faults.servers import Servers
from tests.faults.town import ManualClock, Town
from tests.headless.customer.person_at_work import AGENT, OTHER, Desk, want


async def deliver(house: House) -> None:
    await house.deliverer().deliver_due()


def state(house: House, edit: Edit) -> EditState:
    return house.store.outbox.get(edit.id).state


@pytest.mark.parametrize("kind", [n for n in KINDS if n != "create"])
async def test_what_was_done_is_taken_back(
    kind: str, house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject(kind)
    edit = await want(house, subject)
    await deliver(house)
    back = await house.undo.undo(edit.id, wait_for_undo=False)
    assert back.intent.undoes == edit.id
    await deliver(house)
    assert state(house, back) is EditState.DONE
    assert state(house, edit) is EditState.UNDONE
    assert seen(servers, subject) == subject.kind.old
    # And that again: the value of the first edit stands once more.
    again = await house.undo.undo(back.id, wait_for_undo=False)
    await deliver(house)
    assert state(house, again) is EditState.DONE
    assert seen(servers, subject) == subject.kind.new
    with pytest.raises(NeedsPerson, match="already undone"):
        await house.undo.undo(edit.id)
    assert house.store.audit.verify().broken_at is None


@pytest.mark.parametrize(
    ("kind", "waits"),
    [
        ("opt-out", False), ("opt-in", True), ("list on", True), ("list off", True),
        ("health", False), ("var", False), ("mark", False), ("box", False), ("create", False),
    ],
)  # fmt: skip
async def test_what_protects_goes_at_once_and_the_rest_waits_ten_seconds(
    kind: str, waits: bool, house: House, town: Town, clock: ManualClock
) -> None:
    edit = await want(house, town.subject(kind), wait=True)
    assert edit.not_before - clock.now() == (10.0 if waits else 0.0)
    clock.advance(9.999)
    await deliver(house)
    assert state(house, edit) is (EditState.WAITING if waits else EditState.DONE)
    clock.advance(0.002)
    await deliver(house)
    assert state(house, edit) is EditState.DONE


@pytest.mark.parametrize("late_s", [-0.001, 0.001])
async def test_at_the_edge_of_the_undo_time_it_is_either_undone_or_sent(
    late_s: float, house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("list off")
    edit = await want(house, subject, wait=True)
    clock.advance(10.0 + late_s)
    await deliver(house)
    back = await house.undo.undo(edit.id, wait_for_undo=False)
    await deliver(house)
    sent = late_s > 0
    assert servers.writes(subject.key) == (2 if sent else 0)
    assert back.state is (EditState.QUEUED if sent else EditState.UNDONE)
    assert seen(servers, subject) is True
    assert state(house, edit) is EditState.UNDONE


async def test_the_undo_time_survives_a_restart(
    home: Path, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("list on")
    async with opened(home, servers.document, clock=clock) as first:
        edit = await want(first, subject, wait=True)
        clock.advance(5)
    async with opened(home, servers.document, clock=clock) as second:
        await deliver(second)
        assert state(second, edit) is EditState.WAITING
        assert (await second.undo.undo(edit.id)).state is EditState.UNDONE
        clock.advance(60)
        await deliver(second)
    assert servers.writes(subject.key) == 0


async def test_after_a_change_elsewhere_nothing_is_taken_back(
    house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject("health")
    edit = await want(house, subject)
    await deliver(house)
    servers.write_profile(subject.key, vars={"zendesk_health": "neutral"})
    back = await house.undo.undo(edit.id)
    await deliver(house)
    assert state(house, back) is EditState.CONFLICT
    assert state(house, edit) is EditState.DONE
    assert seen(servers, subject) == "neutral"


async def test_what_was_so_already_is_not_taken_back(
    house: House, servers: Servers, town: Town
) -> None:
    """The customer had opted out by themselves: no undo of ours may opt them in again."""
    subject = town.subject("opt-out")
    desk = Desk(house, AGENT)
    edit = await want(desk, subject)
    servers.write_profile(subject.key, optout_email="basic")
    await deliver(house)
    assert state(house, edit) is EditState.DONE
    with pytest.raises(NeedsPerson, match="changed nothing"):
        await desk.undo.undo(edit.id)
    assert seen(servers, subject) == "basic"


async def test_an_undo_that_was_quicker_than_that_answer_is_not_sent_either(
    house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("opt-out")
    desk = Desk(house, AGENT)
    edit = await want(desk, subject)
    held = house.store.outbox.claim(clock.now())
    assert held is not None
    back = await desk.undo.undo(edit.id, wait_for_undo=False)
    assert back.id != edit.id
    servers.write_profile(subject.key, optout_email="basic")
    house.store.outbox.let_go(edit.id)
    await deliver(house)
    assert state(house, edit) is EditState.DONE
    assert state(house, back) is EditState.CONFLICT
    assert seen(servers, subject) == "basic"


async def test_one_s_own_opt_out_may_be_taken_back_for_a_day(
    house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    desk = Desk(house, AGENT)
    first, second = town.subject("opt-out"), town.subject("opt-out")
    soon, late = await want(desk, first), await want(desk, second)
    await deliver(house)
    with pytest.raises(NotPermitted):
        await Desk(house, OTHER).undo.undo(soon.id)
    clock.advance(24 * 3600 - 1)
    await desk.undo.undo(soon.id, wait_for_undo=False)
    clock.advance(2)
    with pytest.raises(NotPermitted):
        await desk.undo.undo(late.id)
    await deliver(house)
    assert seen(servers, first) == "none"
    assert seen(servers, second) == "basic"


async def test_somebody_else_s_waiting_opt_out_cannot_be_kept_from_being_sent(
    house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject("opt-out")
    edit = await want(Desk(house, AGENT), subject)
    other = Desk(house, OTHER)
    with pytest.raises(NotPermitted):
        await other.undo.undo(edit.id)
    with pytest.raises(NotPermitted):
        await other.undo.withdraw(edit.id, "discarded")
    # Nor by wishing for the level that still stands there.
    back = replace(subject.intent(), old="none", new="none")
    with pytest.raises(NotPermitted):
        await other.editor.submit([back])
    # Whoever wanted it may, and a stricter wish of anybody is welcome.
    await other.editor.submit([replace(subject.intent(), new="all")])
    await deliver(house)
    assert seen(servers, subject) == "all"


async def test_one_s_own_waiting_opt_out_may_be_withdrawn(
    house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject("opt-out")
    desk = Desk(house, AGENT)
    edit = await want(desk, subject)
    assert (await desk.undo.undo(edit.id)).state is EditState.UNDONE
    await deliver(house)
    assert servers.writes(subject.key) == 0


async def test_a_created_profile_stays(house: House, town: Town) -> None:
    edit = await want(house, town.subject("create"))
    await deliver(house)
    with pytest.raises(NeedsPerson, match="cannot be undone"):
        await house.undo.undo(edit.id)
    waiting = await want(house, town.subject("create"))
    assert (await house.undo.undo(waiting.id)).state is EditState.UNDONE


async def test_what_failed_or_conflicted_changed_nothing(
    house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject("var")
    edit = await want(house, subject)
    servers.write_profile(subject.key, vars={"shoe": 50})
    await deliver(house)
    with pytest.raises(NeedsPerson, match="changed nothing"):
        await house.undo.undo(edit.id)
    closed = house.store.outbox.get(edit.id)
    again = apply_anyway(closed, replace(closed.intent, old=50))
    await house.editor.submit([again])
    await deliver(house)
    assert seen(servers, subject) == subject.kind.new
    done = house.store.outbox.recent()[0]
    with pytest.raises(Conflict):
        apply_anyway(done, done.intent)


async def test_what_an_undo_cannot_bring_back_is_said_before(house: House, town: Town) -> None:
    said = {kind: not_restored(await want(house, town.subject(kind))) for kind in KINDS}
    assert "stays" in said["create"]
    assert "join date" in said["list off"]
    assert "flows" in said["list on"]
    assert "without a value" in said["health"]
    assert said["opt-out"] == said["var"] == said["box"] == ""
