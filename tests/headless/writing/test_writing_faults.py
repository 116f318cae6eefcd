"""What goes wrong at the service while an edit is sent: its state says what is certain."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.wiring import House
from desktop.kit.errors import StoreKnown
from desktop.model.edit import Edit, EditState, same
from tests.faults.home import make_home, opened
from tests.faults.kinds import KINDS, Subject, make_subject, seen
from tests.faults.servers import Servers, free_ports
from tests.faults.town import ManualClock, Town

Q, U, D, F = EditState.QUEUED, EditState.UNKNOWN, EditState.DONE, EditState.FAILED
# fault at every write → where the edit stands then; whether it may come to an end by itself
WRITES = {
    "429=2": Q,
    "429-bare": Q,
    "500": U,
    "502": U,
    "503": U,
    "423": Q,
    "401": Q,
    "html": U,
    "error-200=9": U,
    "reset": U,
    "reset-after": U,
    "500-after": U,
    "truncated": U,
    "cut": U,
    "400": F,
    "403": F,
    "422": F,
    "409": F,
}
SENT = ["opt-out", "list on", "box"]


async def want(house: House, subject: Subject) -> Edit:
    (edit,) = await house.editor.submit([subject.intent()], wait_for_undo=False)
    return edit


async def deliver(house: House, edit: Edit) -> Edit:
    await house.deliverer().deliver_due(only=[edit.id])
    return house.store.outbox.get(edit.id)


def where(subject: Subject) -> str:
    box = subject.kind is KINDS["box"]
    return "zendesk:PUT /api/v2/users/*" if box else "sailthru:POST /user"


@pytest.mark.parametrize("kind", SENT)
@pytest.mark.parametrize("fault", WRITES)
async def test_a_write_that_fails_says_what_is_certain(
    fault: str, kind: str, house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject(kind)
    edit = await want(house, subject)
    servers.fault(f"{where(subject)}:{fault}", times=None)
    edit = await deliver(house, edit)
    expected = WRITES[fault]
    assert edit.state is expected, edit.detail
    assert edit.detail
    applied = same(seen(servers, subject), subject.kind.new)
    assert applied == (fault in ("reset-after", "500-after", "truncated", "cut"))
    servers.quiet()
    clock.advance(700)
    edit = await deliver(house, edit)
    if expected is F:
        assert edit.state is F
        return
    assert edit.state is D, edit.detail
    assert same(seen(servers, subject), subject.kind.new)
    rows = [r for r in house.store.audit.rows() if r.edit == edit.id]
    assert [r.result for r in rows] == ["done"]


@pytest.mark.parametrize("fault", ["429=2", "500", "503", "401", "reset", "html"])
async def test_a_read_that_fails_leaves_the_edit_unsent(
    fault: str, house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("var")
    edit = await want(house, subject)
    servers.fault(f"sailthru:GET /user:{fault}", times=None)
    edit = await deliver(house, edit)
    assert (edit.state, edit.tries) == (Q, 0)
    servers.quiet()
    clock.advance(700)
    assert (await deliver(house, edit)).state is D
    assert servers.writes(subject.key) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_applied_without_an_answer_is_settled_by_reading(
    kind: str, house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject(kind)
    edit = await want(house, subject)
    servers.fault(f"{where(subject)}:reset-after")
    edit = await deliver(house, edit)
    assert edit.state is U
    clock.advance(60)
    edit = await deliver(house, edit)
    assert (edit.state, edit.tries) == (D, 1)
    assert servers.writes(subject.key.partition("@")[0]) == 1


async def test_a_collision_is_read_and_sent_again(
    house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject("box")
    edit = await want(house, subject)
    servers.fault("zendesk:PUT /api/v2/users/*:409", times=2)
    edit = await deliver(house, edit)
    assert edit.state is D
    assert edit.tries == 3


async def test_an_old_value_read_back_is_waited_out(
    house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("var")
    servers.write_profile(subject.key, vars={"seen_before": 1})
    edit = await want(house, subject)
    # Hours pass offline; that the value shows late afterwards is no conflict.
    clock.advance(5 * 3600)
    servers.fault("sailthru:GET /user:stale=600", times=None)
    edit = await deliver(house, edit)
    assert edit.state is U
    assert edit.accepted
    clock.advance(4)
    edit = await deliver(house, edit)
    assert edit.state is U
    servers.quiet()
    clock.advance(4)
    edit = await deliver(house, edit)
    assert (edit.state, edit.tries) == (D, 1)
    assert servers.writes(subject.key) == 1


async def test_an_accepted_change_that_is_changed_back_is_a_conflict_and_not_sent_again(
    house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("var")
    servers.write_profile(subject.key, vars={"seen_before": 1})
    edit = await want(house, subject)
    servers.fault("sailthru:GET /user:stale=600", times=None)
    edit = await deliver(house, edit)
    servers.quiet()
    servers.write_profile(subject.key, vars={subject.kind.name: subject.kind.old})
    clock.advance(60)
    assert (await deliver(house, edit)).state is U
    clock.advance(120)
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    assert servers.writes(subject.key) == 1


async def test_once_uncertain_a_later_refusal_does_not_make_it_unsent(
    house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("opt-out")
    edit = await want(house, subject)
    servers.fault("sailthru:POST /user:reset-after")
    edit = await deliver(house, edit)
    assert edit.state is U
    # It was applied, a late read does not show it, and the second attempt is refused.
    servers.fault("sailthru:GET /user:stale=600", times=None)
    servers.fault("sailthru:POST /user:429=2", times=None)
    clock.advance(60)
    edit = await deliver(house, edit)
    assert edit.state is U
    # So nobody can say that it was withdrawn before it was sent.
    assert house.store.outbox.withdraw(edit.id, clock.now(), "x") is None
    servers.quiet()
    clock.advance(600)
    edit = await deliver(house, edit)
    assert edit.state is D
    assert edit.detail.endswith("confirmed")


async def test_changed_elsewhere_after_an_uncertain_send_does_not_claim_that_nothing_was_sent(
    house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("opt-out")
    edit = await want(house, subject)
    servers.fault("sailthru:POST /user:reset-after")
    await deliver(house, edit)
    servers.write_profile(subject.key, optout_email="all")
    clock.advance(60)
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    assert "Nothing was sent" not in edit.detail
    assert seen(servers, subject) == "all"


async def test_a_full_disk_marks_nothing_done_and_the_same_process_goes_on(
    house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject("var")
    intent = replace(subject.intent(), new="y" * 9000)
    (edit,) = await house.editor.submit([intent], wait_for_undo=False)

    def fill(point: str) -> None:
        if point == "kept":
            store = house.store.fairlead
            store.read(lambda c: c.execute("VACUUM"))
            pages = store.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
            store.read(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    with pytest.raises(StoreKnown, match="disk is full"):
        await house.deliverer(fill).deliver_due()
    assert house.store.outbox.get(edit.id).state is U
    assert house.store.audit.rows() == ()
    await house.deliverer().deliver_due()
    assert house.store.outbox.get(edit.id).state is D
    assert [r.edit for r in house.store.audit.rows()] == [edit.id]
    assert servers.writes(subject.key) == 1


async def test_closing_in_the_middle_gives_the_edit_back(
    house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject("var")
    edit = await want(house, subject)
    servers.fault("sailthru:POST /user:timeout-after=30")
    sent = asyncio.Event()

    def watch(point: str) -> None:
        if point == "sending":
            sent.set()

    task = asyncio.create_task(house.deliverer(watch).deliver_due())
    await sent.wait()
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert house.store.outbox.get(edit.id).state is U
    servers.quiet()
    assert (await deliver(house, edit)).state is D
    assert servers.writes(subject.key) == 1


async def test_offline_an_edit_waits_and_goes_out_later(tmp_path: Path, clock: ManualClock) -> None:
    state = tmp_path / "state.json"
    flags = ("--customers", "0", "--state", str(state), "--port", str(free_ports()))
    first = Servers(*flags, log=tmp_path / "log")
    try:
        folder = tmp_path / "home"
        # Setting up runs a loop of its own.
        await asyncio.to_thread(make_home, folder, first.document)
        subject = make_subject(first, "opt-out", "off@line.example")
        async with opened(folder, first.document, clock=clock) as house:
            first.stop()
            edit = await want(house, subject)
            edit = await deliver(house, edit)
            assert (edit.state, edit.tries) == (Q, 0)
            assert edit.detail
            again = Servers(*flags, log=tmp_path / "log")
            try:
                clock.advance(120)
                edit = await deliver(house, edit)
                assert edit.state is D, edit.detail
                assert seen(again, subject) == "basic"
                assert again.writes(subject.key) == 1
            finally:
                again.stop()
    finally:
        first.stop()
