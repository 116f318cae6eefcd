"""Starts every background loop of an open window, each with its interval and its work."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from desktop.app.background import batch_undos, database_changes, due_runs, reconnect, retention
from desktop.app.background.outbox_worker import LONGEST_WAIT_S, OutboxWorker
from desktop.app.background.periodic import repeat_every
from desktop.app.background.update_check import CHECK_S, ShowNotice, UpdateCheck
from desktop.app.container import WorkspaceServices
from desktop.app.detached_run_process import DetachedRunLauncher
from desktop.kit.errors import AppError
from desktop.viewmodels.task_registry import TaskRegistry

# Seconds. What is sent is judged by the policy of its moment in any case.
_POLICY_POLL_S = 30.0
PAUSE_CHECK_S = 300.0
ADDRESS_CHECK_S = 300.0
BOUNCE_CHECK_S = 300.0


async def release_due_pauses(services: WorkspaceServices) -> None:
    """Queue the ends of pauses that are over, while a service is connected to send them."""
    if services.session.is_connected:
        await services.pauses.queue_due()


async def check_changed_addresses(services: WorkspaceServices) -> None:
    """Ask both services, while connected, about primary addresses changed in Zendesk."""
    if services.session.is_connected:
        await services.address_watch.check_all()


async def check_repaired_bounces(services: WorkspaceServices) -> None:
    """Set opt-outs again whose customers' addresses were set Valid in Sailthru, while connected."""
    if services.session.is_connected:
        await services.bounce_repairs.check_all()


def start_background_loops(
    services: WorkspaceServices,
    tasks: TaskRegistry,
    run_environment: Mapping[str, str],
    show_error: Callable[[AppError], None],
    show_notice: ShowNotice,
    list_open_ids: Callable[[], Sequence[str]] = tuple,
) -> OutboxWorker:
    """Start an open window's background loops as tasks; the outbox worker is to be closed after.

    `run_environment` are variables for the run processes that the loops start; `list_open_ids`
    returns the Zendesk user ids and sids of the customers open in the window's tabs.
    """
    # Each loop waits by this clock, so that a test moves them all on.
    clock = services.context.clock
    outbox = OutboxWorker(services)
    changes = database_changes.DatabaseChangePublisher(services)
    launcher = DetachedRunLauncher(services, run_environment)
    due = due_runs.DueRunStarter(services, launcher.start, show_error)
    updates = UpdateCheck(services, show_notice)
    undos = batch_undos.BatchUndoResumer(services, launcher.undo_batch, show_error)
    for name, interval_s, work in (
        ("changes", database_changes.POLL_S, changes.publish_changes),
        (
            "reconnect",
            reconnect.POLL_S,
            partial(reconnect.retry_lost_connections, services.session),
        ),
        ("policy", _POLICY_POLL_S, partial(_read_policy_again, services)),
        ("due", due_runs.POLL_S, due.run_once),
        ("batch undos", batch_undos.POLL_S, undos.run_once),
        ("pauses", PAUSE_CHECK_S, partial(release_due_pauses, services)),
        ("addresses", ADDRESS_CHECK_S, partial(check_changed_addresses, services)),
        ("bounces", BOUNCE_CHECK_S, partial(check_repaired_bounces, services)),
        ("updates", CHECK_S, updates.run_once),
        ("audit head", retention.HOUR_S, services.keep_audit_head),
        (
            "retention",
            retention.DAY_S,
            partial(retention.delete_expired_data, services, list_open_ids),
        ),
    ):
        tasks.start(name, repeat_every(interval_s, work, clock, name=name))
    # Woken by every change: what a person has just edited is sent at once.
    loop = repeat_every(
        LONGEST_WAIT_S, outbox.deliver, clock, name="outbox", wake_up=outbox.wake_up
    )
    tasks.start("outbox", loop)
    return outbox


async def _read_policy_again(services: WorkspaceServices) -> None:
    """Read the managed policy again, and show what has been fixed since the window was opened."""
    services.session.use_policy(await asyncio.to_thread(services.context.read_policy))
