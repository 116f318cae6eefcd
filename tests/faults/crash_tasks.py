"""What a child of the forge does: it builds the house itself, as `fairlead` does."""

import asyncio
import io
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# Imported here for the children of the fork, of which each would import them at first use.
import desktop.app.service_connections
import desktop.connect.workspace_setup
import desktop.customer.conflict_value_reader
import desktop.customer.erasure_check
import desktop.customer.erasure_service
import desktop.customer.profile_create_check
import desktop.model.sheet_overlay  # noqa: F401
from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_deliverer, open_live_directory
from desktop.app.runner_factory import build_runner
from desktop.customer.email_change_plan import EmailChangeChoices
from desktop.events.event_intake import read_events
from desktop.events.event_storage_form import stored_form
from desktop.model.edit import UNDO_WINDOW_S, EditKind, EditRequest, EditState, EditTarget
from desktop.model.edit_batch import BatchAction
from desktop.model.erased_people import person_keys
from desktop.model.permission import Actor, Role
from desktop.model.service import Service
from desktop.store.customer_erasure import ErasedCounts, NoteErased
from desktop.store.sqlite_database import Database
from desktop.sync.event_collection import FolderCollector
from desktop.sync.sync_runner import RunRequest
from tests.faults.negative_controls import (
    repeat_increments,
    resend_edits_without_reading,
    resend_rows_without_reading,
    send_edits_without_claiming,
)
from tests.support.clocks import ManualClock
from tests.support.workspace_home import open_workspace_services

# Around what an erasure does besides sending edits.
ERASURE_CHECKPOINTS = (
    "requested", "approved", "before here", "between the files", "erased here", "ended",
)  # fmt: skip
DELIVERY_CHECKPOINTS = (
    "enqueued", "claimed", "read", "sending", "answered", "accepted", "read back", "kept", "closed",
)  # fmt: skip
_DELIVERY_TIMEOUT_S = 20.0


def _die_at(point: str | None, turn: int) -> Callable[[str], None]:
    """Return a checkpoint that kills this process the so-manyth time that a point is passed."""
    passed: Counter[str] = Counter()

    def checkpoint(name: str) -> None:
        passed[name] += 1
        if name == point and passed[name] == turn:
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


def edit_from_json(given: dict[str, Any]) -> EditRequest:
    """The intent that crossed the pipe as JSON."""
    target = EditTarget(Service(given["service"]), given["target"], given["label"])
    return EditRequest(
        EditKind(given["kind"]),
        target,
        given["name"],
        given["old"],
        given["new"],
        given["reason"],
        given["ticket"],
    )


def edit_to_json(intent: EditRequest) -> dict[str, Any]:
    """The intent as JSON."""
    return {
        "service": intent.target.service.value,
        "target": intent.target.id,
        "label": intent.target.label,
        "kind": intent.kind.value,
        "name": intent.name,
        "old": intent.old,
        "new": intent.new,
        "reason": intent.reason,
        "ticket": intent.ticket,
    }


def enqueue_edits(home: str, document: dict[str, Any], intents: list[dict[str, Any]]) -> None:
    """Put intents into the outbox and end."""

    async def act() -> None:
        async with open_workspace_services(Path(home), document) as house:
            wanted = [edit_from_json(i) for i in intents]
            await house.editor.submit(wanted, wait_for_undo=False)

    asyncio.run(act())


def enqueue_and_deliver(
    home: str,
    document: dict[str, Any],
    intent: dict[str, Any] | None = None,
    die_at: str | None = None,
) -> None:
    """Want something, deliver to the end, and be killed at a named point."""

    def checkpoint(name: str) -> None:
        if name == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    async def act() -> None:
        async with open_workspace_services(Path(home), document) as house:
            if intent is not None:
                await house.editor.submit([edit_from_json(intent)], wait_for_undo=False)
                checkpoint("enqueued")
            await _deliver_until_empty(house, checkpoint)

    asyncio.run(act())


def run_sync(
    home: str,
    document: dict[str, Any],
    goal: str,
    die_at: str | None = None,
    turn: int = 1,
    resume: bool = False,
    sleep_at: str | None = None,
) -> None:
    """Run a goal, or go on with its last run, and be killed the so-manyth time at a point.

    `sleep_at`: stopped there as by a closed lid; its pid is in the file `asleep`.
    """
    passed: Counter[str] = Counter()

    def checkpoint(name: str) -> None:
        passed[name] += 1
        if name == die_at and passed[name] == turn:
            os.kill(os.getpid(), signal.SIGKILL)
        if name == sleep_at and passed[name] == 1:
            (Path(home) / "asleep").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)

    async def act() -> None:
        async with open_workspace_services(Path(home), document, for_runs=True) as house:
            last = house.store.runs.list_runs.blocking(goal, 1)
            asked = RunRequest(
                goal, "Ada Admin", resume_run_id=last[0].id if resume and last else None
            )
            found = house.store.syncs.get.blocking(goal)
            await build_runner(house, goal, checkpoint=checkpoint).run(found, asked)

    asyncio.run(act())


def change_email(
    home: str,
    document: dict[str, Any],
    old: str,
    new: str,
    die_at: str | None = None,
    turn: int = 1,
) -> None:
    """Change an address, or go on with the change, and be killed the so-manyth time at a point."""
    checkpoint = _die_at(die_at, turn)

    async def act() -> None:
        async with open_workspace_services(Path(home), document) as house:
            changes = house.email_changes
            sheet = await house.lookup.look_up(old)
            if await changes.find_of_customer(sheet) is None:
                check = await changes.check(sheet, new)
                await changes.submit(sheet, check, EmailChangeChoices(reason="fault test"))
                checkpoint("enqueued")
            await _deliver_until_empty(house, checkpoint)
            await changes.find_of_customer(sheet)

    asyncio.run(act())


def undo_at_the_end(
    home: str,
    document: dict[str, Any],
    target: str,
    intent: dict[str, Any] | None = None,
    late_s: float = 0.0,
    die_at: str | None = None,
    turn: int = 1,
) -> None:
    """Want something and undo it so long after its undo time, and be killed at a point.

    Without an intent, gone on with a minute later, as by a person who starts again and undoes it.
    """
    checkpoint = _die_at(die_at, turn)

    async def act() -> None:
        clock = ManualClock(time.time() if intent else time.time() + 60)
        async with open_workspace_services(Path(home), document, clock=clock) as house:
            if intent is not None:
                await house.editor.submit([edit_from_json(intent)])
                checkpoint("enqueued")
                clock.advance(UNDO_WINDOW_S + late_s)
            # Once: in time, it stays in the outbox.
            await house.build_edit_sender(checkpoint).send_due()
            edits = house.store.outbox.list_recent.blocking(-1)
            ours = [edit for edit in edits if edit.request.target.id == target]
            (wanted,) = [edit for edit in ours if edit.request.undoes is None]
            if len(ours) == 1 and wanted.state is not EditState.UNDONE:
                await house.undo.undo(wanted.id, wait_for_undo=False)
                checkpoint("undo asked")
            await _deliver_until_empty(house, checkpoint)

    asyncio.run(act())


def change_batch(
    home: str,
    document: dict[str, Any],
    addresses: list[str],
    undo: bool = False,
    die_at: str | None = None,
    turn: int = 1,
) -> None:
    """Opt many out, or go on with the last batch (`undo`: take it back), and be killed at a point.

    Each step is taken only where the batch has not come so far yet, as a person does who starts
    again.
    """
    checkpoint = _die_at(die_at, turn)

    async def act() -> None:
        async with open_workspace_services(Path(home), document) as house:
            service, runner = house.edit_batches, house.build_batch_runner(checkpoint)
            made = await house.store.edit_batches.list_recent(1)
            batch = made[0] if made else await service.create("\n".join(addresses))
            checkpoint("created")
            if batch.action is None:
                await service.set_action(
                    batch.id, BatchAction(EditKind.OPTOUT, "", "basic"), "fault test"
                )
            if batch.applied_at is None:
                await runner.go_on(batch.id)
                await service.apply(batch.id, wait_for_undo=False)
                checkpoint("applied")
            if undo and batch.undo_asked_at is None:
                await service.request_undo(batch.id)
                checkpoint("undo asked")
            await runner.go_on(batch.id)

    asyncio.run(act())


def erase_person(
    home: str,
    document: dict[str, Any],
    who: str,
    die_at: str | None = None,
    turn: int = 1,
    has_approvals: bool = True,
) -> None:
    """Erase somebody, or go on with it, and be killed the so-manyth time at a point.

    Without approvals only the first admin has agreed, and the steps are queued all the same: as by
    somebody who writes to the file.
    """
    checkpoint = _die_at(die_at, turn)

    async def act() -> None:
        async with open_workspace_services(Path(home), document) as house:
            erasures = house.erasures
            _call_checkpoints_of_erasing_here(house, checkpoint)
            progress = await erasures.find_of_customer([who])
            if progress is None and not await _is_erased(house, who):
                check = await erasures.check(await house.lookup.look_up(who))
                progress = await erasures.request(check, who, closes_tickets=True)
                checkpoint("requested")
            if progress is not None and not progress.erasure.is_approved and has_approvals:
                second = Actor("Bo Berg", Role.ADMIN, 7604, credential="other")
                progress = await erasures.approve(progress.erasure.id, second)
                checkpoint("approved")
            await _deliver_until_empty(house, checkpoint)
            await erasures.finish_all()
            checkpoint("ended")

    asyncio.run(act())


async def _is_erased(house: WorkspaceServices, who: str) -> bool:
    people = await house.store.erased_people.load()
    return people.is_erased(person_keys(addresses=(who,)))


def _call_checkpoints_of_erasing_here(
    house: WorkspaceServices, checkpoint: Callable[[str], None]
) -> None:
    """Call checkpoints around the erasure of both files, and between their two commits."""
    erase_here, write = house.erasures._erase_here, Database.write

    async def erase(ids: Sequence[str], note: NoteErased) -> ErasedCounts:
        checkpoint("before here")
        counts = await erase_here(ids, note)
        checkpoint("erased here")
        return counts

    def write_with_checkpoint(database: Database, act: Callable[..., Any]) -> Any:
        def act_with_checkpoint(connection: Any) -> Any:
            found = act(connection)
            if isinstance(found, ErasedCounts) and database.path.name == "mirror.db":
                checkpoint("between the files")
            return found

        return write(database, act_with_checkpoint)

    house.erasures._erase_here = erase
    Database.write = write_with_checkpoint  # type: ignore[method-assign]


def run_edit_negative_control(home: str, document: dict[str, Any], gate: str | None = None) -> None:
    """The controls: resend without reading, or (with a gate) send without claims."""

    async def act() -> None:
        async with open_workspace_services(Path(home), document) as house:
            if gate is None:
                await resend_edits_without_reading(house)
            else:
                await send_edits_without_claiming(house, Path(gate))

    asyncio.run(act())


def run_sync_negative_control(
    home: str, document: dict[str, Any], goal: str, adds: bool = False
) -> None:
    """The controls of runs: what was being sent is sent again, unread, or is added again."""

    async def act() -> None:
        async with open_workspace_services(Path(home), document, for_runs=True) as house:
            await (repeat_increments if adds else resend_rows_without_reading)(house, goal)

    asyncio.run(act())


async def _deliver_until_empty(house: WorkspaceServices, checkpoint: Callable[[str], None]) -> None:
    until = time.monotonic() + _DELIVERY_TIMEOUT_S
    while house.store.outbox.count_open.blocking() and time.monotonic() < until:
        await house.build_edit_sender(checkpoint).send_due()
        if house.store.outbox.count_open.blocking():
            await asyncio.sleep(0.05)


def deliver_events(
    home: str,
    document: dict[str, Any],
    text: str = "",
    die_at: str | None = None,
    turn: int = 1,
) -> None:
    """Store events and deliver what waits, and be killed the so-manyth time at a point."""
    checkpoint = _die_at(die_at, turn)

    async def act() -> None:
        async with open_workspace_services(Path(home), document, for_runs=True) as house:
            events = house.store.events
            source = await events.add_source("crash", 0.0)
            read = read_events(io.BytesIO(text.encode()))
            await events.add_events(source, [stored_form(item) for item in read], 0.0)
            checkpoint("stored")
            directory = await open_live_directory(house)
            deliverer = await build_deliverer(
                house, directory, removals=True, checkpoint=checkpoint
            )
            await deliverer.deliver()

    asyncio.run(act())


def collect_events(
    home: str, document: dict[str, Any], die_at: str | None = None, turn: int = 1
) -> None:
    """Take whole files of all watched folders in, and be killed at a point."""
    checkpoint = _die_at(die_at, turn)

    async def act() -> None:
        async with open_workspace_services(Path(home), document, connect=False) as house:
            collector = FolderCollector(house.store, house.context.clock, 0.0, checkpoint)
            # A file is whole when it looks the same twice.
            for _ in range(2):
                for source in await house.event_sources.list_sources():
                    await collector.collect(source)

    asyncio.run(act())


TASKS: dict[str, Callable[..., None]] = {
    "want": enqueue_edits,
    "deliver": enqueue_and_deliver,
    "change email": change_email,
    "deliver events": deliver_events,
    "collect events": collect_events,
    "undo at the end": undo_at_the_end,
    "batch": change_batch,
    "erase person": erase_person,
    "naive": run_edit_negative_control,
    "sync": run_sync,
    "naive sync": run_sync_negative_control,
}
