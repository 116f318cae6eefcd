"""Starts every background loop of an open window, each with its interval and its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from desktop.app import report_mail
from desktop.app.background import (
    batch_undo_resumer,
    data_workspace_refresh,
    database_changes,
    due_runs,
    event_collector_starter,
    reconnect,
    retention,
    team_exchange,
    team_notification_listener,
    team_presence,
)
from desktop.app.background.outbox_worker import LONGEST_WAIT_S, OutboxWorker
from desktop.app.background.periodic import repeat_every
from desktop.app.background.team_exchange import TeamExchange
from desktop.app.background.team_notification_listener import hear_notices
from desktop.app.background.team_presence import TeamPresence
from desktop.app.background.update_check import CHECK_S, ShowNotice, UpdateCheck
from desktop.app.container import WorkspaceServices
from desktop.app.detached_run_process import DetachedRunLauncher
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError
from desktop.viewmodels.task_registry import TaskRegistry

Work = Callable[[], Awaitable[float | None]]

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
    presence: TeamPresence | None = None,
) -> OutboxWorker:
    """Start an open window's background loops as tasks; the outbox worker is to be closed after.

    `run_environment` are variables for the run processes that the loops start; `list_open_ids`
    returns the Zendesk user ids and sids of the customers open in the window's tabs. `presence`
    tells the team of them.
    """
    # Each loop waits by this clock, so that a test moves them all on.
    clock = services.context.clock
    outbox = OutboxWorker(services)
    changes = database_changes.DatabaseChangePublisher(services)
    launcher = DetachedRunLauncher(services, run_environment)
    due = due_runs.DueRunStarter(services, launcher.start, show_error)
    updates = UpdateCheck(services, show_notice)
    events = event_collector_starter.EventCollectorStarter(
        services, launcher.collect_events, show_error
    )
    undos = batch_undo_resumer.BatchUndoResumer(services, launcher.undo_batch, show_error)
    everybody = data_workspace_refresh.DataWorkspaceRefresh(services, launcher.read_everybody)
    exchange = TeamExchange(services)
    heard: dict[str, Callable[[], None]] = {
        "audit": partial(services.bus.publish, ChangeSet.of(Topic.AUDIT)),
        "approval": exchange.hear,
        "rows": exchange.hear,
    }
    woken: list[tuple[str, float, Work, asyncio.Event]] = [
        # Woken by every change: what a person has just edited is sent at once.
        ("outbox", LONGEST_WAIT_S, outbox.deliver, outbox.wake_up),
        ("team", team_exchange.POLL_S, exchange.run_once, exchange.wake_up),
    ]
    if presence is not None:
        heard["presence"] = presence.wake_up.set
        woken.append(("presence", team_presence.POLL_S, presence.run_once, presence.wake_up))
    for name, interval_s, work in (
        ("changes", database_changes.POLL_S, changes.publish_changes),
        (
            "reconnect",
            reconnect.POLL_S,
            partial(reconnect.retry_lost_connections, services.session),
        ),
        ("policy", _POLICY_POLL_S, partial(_read_policy_again, services)),
        ("due", due_runs.POLL_S, due.run_once),
        ("events", event_collector_starter.POLL_S, events.run_once),
        ("batch undos", batch_undo_resumer.POLL_S, undos.run_once),
        ("pauses", PAUSE_CHECK_S, partial(release_due_pauses, services)),
        ("everybody", data_workspace_refresh.POLL_S, everybody.run_once),
        ("reports", report_mail.POLL_S, report_mail.ReportMail(services, show_notice).run_once),
        ("addresses", ADDRESS_CHECK_S, partial(check_changed_addresses, services)),
        ("bounces", BOUNCE_CHECK_S, partial(check_repaired_bounces, services)),
        ("updates", CHECK_S, updates.run_once),
        (
            "team notices",
            team_notification_listener.RETRY_S,
            partial(hear_notices, services, heard),
        ),
        ("audit head", retention.HOUR_S, services.keep_audit_head),
        (
            "retention",
            retention.DAY_S,
            partial(retention.delete_expired_data, services, list_open_ids),
        ),
    ):
        tasks.start(name, repeat_every(interval_s, work, clock, name=name))
    for name, interval_s, do, wake_up in woken:
        tasks.start(name, repeat_every(interval_s, do, clock, name=name, wake_up=wake_up))
    return outbox


async def _read_policy_again(services: WorkspaceServices) -> None:
    """Read the managed policy again, and show what has been fixed since the window was opened."""
    services.session.use_policy(await asyncio.to_thread(services.context.read_policy))
