"""Whose right a change takes, and what it has to come with."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from person_at_work import AGENT, Desk, want

from desktop.app.wiring import House
from desktop.kit.errors import BadInput, NotPermitted
from desktop.model.permission import DEFAULTS, Actor, Role, Rules
from tests.faults.home import opened
from tests.faults.servers import Servers
from tests.faults.town import ManualClock, Town


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


@pytest_asyncio.fixture
async def unconnected(home: Path, servers: Servers, clock: ManualClock) -> AsyncIterator[House]:
    async with opened(home, servers.document, clock=clock, connect=False) as found:
        yield found


async def test_before_connecting_nothing_may_be_changed(unconnected: House, town: Town) -> None:
    with pytest.raises(NotPermitted):
        await want(unconnected, town.subject("opt-out"))
    assert unconnected.live.actor.role is Role.AGENT
