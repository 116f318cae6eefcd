"""What goes wrong at the service while an edit is sent: its state says what is certain."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import StorageError
from desktop.model.edit import Edit, EditState, is_same_json
from tests.support.clocks import ManualClock
from tests.support.edit_cases import (
    EDIT_CASES,
    CustomerFactory,
    EditedCustomer,
    create_customer,
    read_current_value,
)
from tests.support.sandbox_process import find_free_ports
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services

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
    "page=403": U,
    "page=302": Q,
    "page=407": Q,
    "page=413": Q,
    "proxy-json=200": U,
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


async def want(house: WorkspaceServices, subject: EditedCustomer) -> Edit:
    (edit,) = await house.editor.submit([subject.make_edit()], wait_for_undo=False)
    return edit


async def deliver(house: WorkspaceServices, edit: Edit) -> Edit:
    await house.build_edit_sender().send_due(only=[edit.id])
    return house.store.outbox.get_edit.blocking(edit.id)


def where(subject: EditedCustomer) -> str:
    box = subject.case is EDIT_CASES["box"]
    return "zendesk:PUT /api/v2/users/*" if box else "sailthru:POST /user"


@pytest.mark.parametrize("kind", SENT)
@pytest.mark.parametrize("fault", WRITES)
async def test_failed_write_state_is_certain(
    fault: str,
    kind: str,
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer(kind)
    edit = await want(services, subject)
    sandbox.add_fault(f"{where(subject)}:{fault}", times=None)
    edit = await deliver(services, edit)
    expected = WRITES[fault]
    assert edit.state is expected, edit.detail
    assert edit.detail
    applied = is_same_json(read_current_value(sandbox, subject), subject.case.new)
    assert applied == (fault in ("reset-after", "500-after", "truncated", "cut"))
    sandbox.clear_faults()
    clock.advance(700)
    edit = await deliver(services, edit)
    if expected is F:
        assert edit.state is F
        return
    assert edit.state is D, edit.detail
    assert is_same_json(read_current_value(sandbox, subject), subject.case.new)
    rows = [r for r in services.store.audit.list_entries.blocking() if r.edit == edit.id]
    assert [r.result for r in rows] == ["done"]


FOREIGN_PAGES = [f"page={status}" for status in (302, 400, 401, 403, 404, 407, 413)]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        *((f, "var") for f in ("429=2", "500", "503", "401", "reset", "html", "proxy-json=200")),
        *((f, "var") for f in FOREIGN_PAGES),
        ("page=404", "box"),
        ("proxy-json=200", "box"),
    ],
)
async def test_failed_read_leaves_edit_unsent(
    fault: str,
    kind: str,
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer(kind)
    edit = await want(services, subject)
    read = "zendesk:GET /api/v2/users/*" if kind == "box" else "sailthru:GET /user"
    sandbox.add_fault(f"{read}:{fault}", times=None)
    edit = await deliver(services, edit)
    assert (edit.state, edit.tries) == (Q, 0), edit.detail
    sandbox.clear_faults()
    clock.advance(700)
    assert (await deliver(services, edit)).state is D
    assert sandbox.count_writes(subject.key) == 1


@pytest.mark.parametrize("kind", EDIT_CASES)
async def test_applied_without_response_is_settled_by_reading(
    kind: str,
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer(kind)
    edit = await want(services, subject)
    sandbox.add_fault(f"{where(subject)}:reset-after")
    edit = await deliver(services, edit)
    assert edit.state is U
    clock.advance(60)
    edit = await deliver(services, edit)
    assert (edit.state, edit.tries) == (D, 1)
    assert sandbox.count_writes(subject.key.partition("@")[0]) == 1


async def test_conflict_409_is_reread_and_resent(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("box")
    edit = await want(services, subject)
    sandbox.add_fault("zendesk:PUT /api/v2/users/*:409", times=2)
    edit = await deliver(services, edit)
    assert edit.state is D
    assert edit.tries == 3


async def test_stale_read_back_is_waited_out(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer("var")
    sandbox.write_profile(subject.key, vars={"seen_before": 1})
    edit = await want(services, subject)
    # Hours pass offline; that the value shows late afterwards is no conflict.
    clock.advance(5 * 3600)
    sandbox.add_fault("sailthru:GET /user:stale=600", times=None)
    edit = await deliver(services, edit)
    assert edit.state is U
    assert edit.is_accepted
    clock.advance(4)
    edit = await deliver(services, edit)
    assert edit.state is U
    sandbox.clear_faults()
    clock.advance(4)
    edit = await deliver(services, edit)
    assert (edit.state, edit.tries) == (D, 1)
    assert sandbox.count_writes(subject.key) == 1


async def test_accepted_change_reverted_elsewhere_is_conflict_not_resent(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer("var")
    sandbox.write_profile(subject.key, vars={"seen_before": 1})
    edit = await want(services, subject)
    sandbox.add_fault("sailthru:GET /user:stale=600", times=None)
    edit = await deliver(services, edit)
    sandbox.clear_faults()
    sandbox.write_profile(subject.key, vars={subject.case.name: subject.case.old})
    clock.advance(60)
    assert (await deliver(services, edit)).state is U
    clock.advance(120)
    edit = await deliver(services, edit)
    assert edit.state is EditState.CONFLICT
    assert sandbox.count_writes(subject.key) == 1


async def test_refusal_after_unknown_outcome_stays_unknown(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer("opt-out")
    edit = await want(services, subject)
    sandbox.add_fault("sailthru:POST /user:reset-after")
    edit = await deliver(services, edit)
    assert edit.state is U
    # It was applied, a late read does not show it, and the second attempt is refused.
    sandbox.add_fault("sailthru:GET /user:stale=600", times=None)
    sandbox.add_fault("sailthru:POST /user:429=2", times=None)
    clock.advance(60)
    edit = await deliver(services, edit)
    assert edit.state is U
    # So nobody can say that it was withdrawn before it was sent.
    assert services.store.outbox.withdraw_unsent.blocking(edit.id, clock.now(), "x") is None
    sandbox.clear_faults()
    clock.advance(600)
    edit = await deliver(services, edit)
    assert edit.state is D
    assert edit.detail.endswith("confirmed")


async def test_change_elsewhere_after_unknown_outcome_is_not_reported_as_unsent(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer("opt-out")
    edit = await want(services, subject)
    sandbox.add_fault("sailthru:POST /user:reset-after")
    await deliver(services, edit)
    sandbox.write_profile(subject.key, optout_email="all")
    clock.advance(60)
    edit = await deliver(services, edit)
    assert edit.state is EditState.CONFLICT
    assert "Nothing was sent" not in edit.detail
    assert read_current_value(sandbox, subject) == "all"


async def test_disk_full_marks_nothing_done_and_resumes(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("var")
    intent = replace(subject.make_edit(), new="y" * 9000)
    (edit,) = await services.editor.submit([intent], wait_for_undo=False)

    def fill(point: str) -> None:
        if point == "kept":
            store = services.store.fairlead_db
            store.read(lambda c: c.execute("VACUUM"))
            pages = store.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
            store.read(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    with pytest.raises(StorageError, match="disk is full"):
        await services.build_edit_sender(fill).send_due()
    assert services.store.outbox.get_edit.blocking(edit.id).state is U
    assert services.store.audit.list_entries.blocking() == ()
    await services.build_edit_sender().send_due()
    assert services.store.outbox.get_edit.blocking(edit.id).state is D
    assert [r.edit for r in services.store.audit.list_entries.blocking()] == [edit.id]
    assert sandbox.count_writes(subject.key) == 1


async def test_shutdown_during_delivery_releases_edit(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("var")
    edit = await want(services, subject)
    sandbox.add_fault("sailthru:POST /user:timeout-after=30")
    sent = asyncio.Event()

    def watch(point: str) -> None:
        if point == "sending":
            sent.set()

    task = asyncio.create_task(services.build_edit_sender(watch).send_due())
    await sent.wait()
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert services.store.outbox.get_edit.blocking(edit.id).state is U
    sandbox.clear_faults()
    assert (await deliver(services, edit)).state is D
    assert sandbox.count_writes(subject.key) == 1


async def test_offline_edit_is_delivered_later(tmp_path: Path, clock: ManualClock) -> None:
    state = tmp_path / "state.json"
    flags = ("--customers", "0", "--state", str(state), "--port", str(find_free_ports()))
    first = SandboxServers(*flags, log=tmp_path / "log")
    try:
        folder = tmp_path / "home"
        # Setting up runs a loop of its own.
        await asyncio.to_thread(create_workspace_home, folder, first.connection_document)
        subject = create_customer(first, "opt-out", "off@line.example")
        async with open_workspace_services(folder, first.connection_document, clock=clock) as house:
            first.stop()
            edit = await want(house, subject)
            edit = await deliver(house, edit)
            assert (edit.state, edit.tries) == (Q, 0)
            assert edit.detail
            again = SandboxServers(*flags, log=tmp_path / "log")
            try:
                clock.advance(120)
                edit = await deliver(house, edit)
                assert edit.state is D, edit.detail
                assert read_current_value(again, subject) == "basic"
                assert again.count_writes(subject.key) == 1
            finally:
                again.stop()
    finally:
        first.stop()


async def test_network_that_comes_and_goes_every_two_seconds_loses_and_repeats_nothing(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    """Ten minutes of it, by the clock of the test: a request is refused, or loses its answer."""
    subjects = [customers.new_customer(SENT[number % len(SENT)]) for number in range(9)]
    edits: list[Edit] = []
    for second in range(0, 600, 2):
        if second % 60 == 0 and len(edits) < len(subjects):
            edits.append(await want(services, subjects[len(edits)]))
        if second % 4 == 0:
            for service in ("sailthru", "zendesk"):
                kind = "reset-after" if second % 8 == 0 else "reset"
                sandbox.add_fault(f"{service}:* *:{kind}", times=None)
        await services.build_edit_sender().send_due()
        sandbox.clear_faults()
        clock.advance(2)
    await services.build_edit_sender().send_due()
    assert services.store.outbox.count_open.blocking() == 0
    rows = services.store.audit.list_entries.blocking()
    for subject, edit in zip(subjects, edits, strict=True):
        assert is_same_json(read_current_value(sandbox, subject), subject.case.new)
        assert [row.result for row in rows if row.edit == edit.id] == ["done"]


@pytest.mark.parametrize("where", ["GET", "POST"])
async def test_back_off_grows_with_every_refusal(
    where: str,
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    edit = await want(services, customers.new_customer("var"))
    sandbox.add_fault(f"sailthru:{where} /user:423", times=None)
    waits = []
    for _ in range(8):
        edit = await deliver(services, edit)
        assert edit.state is Q
        waits.append(edit.not_before - clock.now())
        clock.advance(waits[-1] + 0.01)
    # Each step is jittered between half and the whole of it.
    for step, wait_s in zip((2, 4, 8, 16, 32, 60, 60, 60), waits, strict=True):
        assert step / 2 - 0.01 <= wait_s <= step + 0.01, waits


@pytest.mark.parametrize("where", ["GET", "POST"])
@pytest.mark.parametrize("asked_s", [120, 1_800])
async def test_retry_after_of_a_503_is_waited_for(
    asked_s: int,
    where: str,
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    edit = await want(services, customers.new_customer("var"))
    sandbox.add_fault(f"sailthru:{where} /user:503={asked_s}", times=None)
    edit = await deliver(services, edit)
    assert edit.state is (Q if where == "GET" else U)
    assert asked_s - 1 <= edit.not_before - clock.now() <= asked_s + 1
    sandbox.clear_faults()
    clock.advance(asked_s + 1)
    assert (await deliver(services, edit)).state is D
