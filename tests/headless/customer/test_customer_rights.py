"""Whose right a change takes, and what it has to come with."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.wiring import House
from desktop.kit.errors import BadInput, NotPermitted
from desktop.model.edit import EditState
from desktop.model.permission import DEFAULTS, Actor, Role, Rules
from tests.faults.home import opened
from tests.faults.servers import Servers
from tests.faults.town import ManualClock, Town
from tests.headless.customer.person_at_work import AGENT, Desk, want


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        ("opt-out", True), ("opt-in", False), ("list on", True), ("list off", False),
        ("health", True), ("var", False), ("mark", False), ("box", False), ("create", False),
    ],
)  # fmt: skip
async def test_agents_may_what_the_table_says(
    kind: str, allowed: bool, house: House, town: Town
) -> None:
    desk = Desk(house, AGENT)
    subject = town.subject(kind)
    if allowed:
        assert (await want(desk, subject)).actor == "Kim Park"
        return
    with pytest.raises(NotPermitted):
        await want(desk, subject)
    assert house.store.outbox.open_count() == 0


async def test_with_changes_switched_off_nobody_may(house: House, town: Town) -> None:
    off = Desk(house, Actor("Ada", Role.ADMIN), Rules(changes=False, table=DEFAULTS))
    with pytest.raises(NotPermitted, match="not allowed"):
        await want(off, town.subject("health"))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("opt-in", {"ticket": None}),
        ("opt-in", {"reason": " "}),
        ("opt-out", {"reason": ""}),
        ("var", {"reason": "r" * 2001}),
        ("var", {"reason": "half \ud800"}),
    ],
)
async def test_what_a_change_has_to_come_with(
    kind: str, changes: dict[str, object], house: House, town: Town
) -> None:
    intent = replace(town.subject(kind).intent(), **changes)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        await house.editor.submit([intent])


async def test_the_rules_judge_what_the_outbox_takes_in(
    house: House, town: Town, clock: ManualClock
) -> None:
    """Claimed at the very moment, an edit is either replaced or counts as if it stood."""
    subject, desk, store = town.subject("opt-out"), Desk(house, AGENT), house.store
    await want(desk, subject)
    back = replace(subject.intent(), new=subject.kind.old, old=subject.kind.new)
    claiming = asyncio.create_task(store.lane.run(store.outbox.claim, clock.now()))
    submitting = asyncio.create_task(desk.editor.submit([back], wait_for_undo=False))
    claimed, submitted = await asyncio.gather(claiming, submitting, return_exceptions=True)
    assert claimed is not None
    assert isinstance(submitted, NotPermitted)
    assert store.outbox.open_count() == 1


async def test_a_claim_after_the_replacing_finds_nothing(
    house: House, town: Town, clock: ManualClock
) -> None:
    subject, desk, store = town.subject("opt-out"), Desk(house, AGENT), house.store
    await want(desk, subject)
    back = replace(subject.intent(), new=subject.kind.old, old=subject.kind.new)
    submitting = asyncio.create_task(desk.editor.submit([back], wait_for_undo=False))
    await asyncio.sleep(0)
    claimed, (submitted,) = await asyncio.gather(
        store.lane.run(store.outbox.claim, clock.now()), submitting
    )
    # Nothing was between the question whether it may be and its being so.
    assert claimed is None
    assert submitted.state is EditState.UNDONE


@pytest.mark.parametrize("under_way", ["claimed", "sending", "unknown"])
async def test_what_is_under_way_counts_for_the_rules_as_if_it_stood(
    under_way: str, house: House, town: Town, clock: ManualClock
) -> None:
    subject, desk, outbox = town.subject("opt-out"), Desk(house, AGENT), house.store.outbox
    await want(desk, subject)
    taken = outbox.claim(clock.now())
    assert taken is not None
    if under_way != "claimed":
        taken = outbox.mark_sending(taken, clock.now())
    if under_way == "unknown":
        due = clock.now() + 60.0
        state = EditState.UNKNOWN
        outbox.release(taken, clock.now(), state=state, not_before=due, detail="")
    # The service still says what was: by that, wanting it would change nothing.
    back = replace(subject.intent(), new=subject.kind.old, old=subject.kind.old)
    with pytest.raises(NotPermitted):
        await desk.editor.submit([back])
    with pytest.raises(BadInput, match="ticket"):
        await house.editor.submit([replace(back, ticket=None)])
    (edit,) = await house.editor.submit([replace(back, ticket=48213)])
    assert edit.intent.old == subject.kind.new
    assert edit.state is EditState.WAITING
    assert edit.not_before == clock.now() + 10.0


async def test_ones_own_opt_out_under_way_is_taken_back_after_the_undo_time(
    house: House, town: Town, clock: ManualClock
) -> None:
    desk = Desk(house, AGENT)
    edit = await want(desk, town.subject("opt-out"))
    assert house.store.outbox.claim(clock.now()) is not None
    back = await desk.undo.undo(edit.id)
    assert back.state is EditState.WAITING


@pytest_asyncio.fixture
async def unconnected(home: Path, servers: Servers, clock: ManualClock) -> AsyncIterator[House]:
    async with opened(home, servers.document, clock=clock, connect=False) as found:
        yield found


async def test_before_connecting_nothing_may_be_changed(unconnected: House, town: Town) -> None:
    with pytest.raises(NotPermitted):
        await want(unconnected, town.subject("opt-out"))
    assert unconnected.live.actor.role is Role.AGENT
