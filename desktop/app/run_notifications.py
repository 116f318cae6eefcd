"""Runs a sync and notifies people of its end: a desktop notification and an e-mail."""

import logging
from collections.abc import Callable
from dataclasses import replace

from desktop.app.commands.edit_delivery import deliver_and_wait
from desktop.app.container import WorkspaceServices
from desktop.app.run_permissions import find_rule_actor, find_run_permissions
from desktop.app.runner_factory import build_runner
from desktop.clients.desktop_notification import show_notification
from desktop.kit.errors import AppError, NotPermitted
from desktop.model.sync import Sync
from desktop.model.sync_run import Run, RunState
from desktop.settings import settings_table, sync_settings
from desktop.sync.run_lease import RunLease
from desktop.sync.run_notification import RunNotification, build_run_notification, should_notify
from desktop.sync.sync_runner import RunRequest

log = logging.getLogger(__name__)

# Enough to find the run before this one among those of a busy day.
_EARLIER_RUNS = 10


async def run_and_notify(
    services: WorkspaceServices,
    sync: Sync,
    request: RunRequest,
    on_progress: Callable[[Run], None] = lambda _run: None,
) -> Run:
    """Run a sync in this process, send its desktop notification and e-mail, and return the run.

    Raises what keeps the run from beginning, such as a lock that another process holds.
    """
    request = await _verify_cause(services, request)
    await _ask_approvers(services, request)
    permits = await find_run_permissions(services, sync, request)
    actor = await find_rule_actor(services, sync, request) if sync.picks_people else None
    lease = await services.acquire_run_lease(sync)
    try:
        runner = build_runner(
            services, sync.name, on_progress, permits=permits, lease=lease, get_actor=lambda: actor
        )
        run = await runner.run(sync, request)
    finally:
        if lease is not None:
            await _release(lease)
    await follow_changed_addresses(services)
    return await notify_run_ended(services, sync, run)


async def _ask_approvers(services: WorkspaceServices, request: RunRequest) -> None:
    """Take in what other desks' admins approved of a plan, and ask who approved it once more."""
    plan_id = request.plan_id
    if request.resume_run_id is not None:
        plan_id = (await services.store.runs.get(request.resume_run_id)).plan
    if plan_id is None:
        return
    # Imported here: most runs apply no plan that somebody has approved.
    from desktop.app.team_approvals import TeamApprovals

    approvals = TeamApprovals(services)
    try:
        await approvals.exchange()
    except AppError as error:
        # What was approved before counts all the same; the limits hold the rest back.
        log.info("Approvals of other desks were not read: %s", error.code)
    await approvals.require_current_approvers(plan_id)


async def _release(lease: RunLease) -> None:
    try:
        await lease.release()
    except AppError as error:
        # It ends by itself, and this process is gone by then.
        log.info("The team store was not told of the run's end: %s", error.code)


async def follow_changed_addresses(services: WorkspaceServices) -> None:
    """Ask about primary addresses that a run's feeds told were changed; send what was taken over.

    Never changes how the run ended.
    """
    try:
        made = await services.address_watch.check_all()
        edits = [step.edit for one in made for step in one.steps if step.edit is not None]
        await deliver_and_wait(services, edits)
    except AppError as error:
        log.warning("Changed addresses could not be looked after: %s", error.title)


async def _verify_cause(services: WorkspaceServices, request: RunRequest) -> RunRequest:
    """Take a run for scheduled only with the scheduler's ticket; else it is started by a person.

    What a run may write depends on it, so that nobody's word for it counts.
    """
    syncs, now = services.store.syncs, services.context.clock.now()
    is_new = request.plan_id is None and request.resume_run_id is None
    if request.due_ticket and await syncs.use_due_ticket(request.sync, request.due_ticket, now):
        return replace(request, why="schedule" if is_new else "manual")
    return request


async def notify_run_ended(services: WorkspaceServices, sync: Sync, run: Run) -> Run:
    """Notify people of a run by its sync's settings; failing to never changes how the run ended.

    Returns the run, with a sentence more in its error where an e-mail could not be sent.
    """
    try:
        return await _notify(services, sync, run)
    except AppError as error:
        log.warning("Nobody was told of run %s: %s", run.id, error.title)
    except Exception:
        log.exception("Nobody was told of run %s", run.id)
    return run


async def _notify(services: WorkspaceServices, sync: Sync, run: Run) -> Run:
    runs = await services.store.runs.list_runs(run.sync, _EARLIER_RUNS)
    earlier = (other for other in runs if int(other.id) < int(run.id))
    before = next((other for other in earlier if other.state is not RunState.RUNNING), None)
    notify = sync.notify
    if run.state is RunState.FAILED and run.error_code == NotPermitted.code:
        # Whoever started it cannot give themselves the right: somebody who can hears of it too.
        notify = replace(notify, on_failure=True, email=await _with_admin(services, sync))
    if not should_notify(notify, run, before):
        return run
    notification = build_run_notification(
        sync,
        run,
        services.workspace.name,
        services.session.values.get(settings_table.TIMEZONE),
        services.context.redactor.redact,
    )
    # Not for the demo: what it shows on somebody's desktop would pass for real.
    if notify.desktop and not services.context.is_demo:
        await show_notification(
            notification.title, notification.summary, urgent=notification.needs_attention
        )
    if notify.email:
        return await _send_run_email(services, notify.email, run, notification)
    return run


async def _with_admin(services: WorkspaceServices, sync: Sync) -> tuple[str, ...]:
    """Return whom a sync's e-mails go to, and the admin who switched it on, where that is known.

    Only where there is a mail server: without one nobody has asked for e-mail.
    """
    zendesk, given = services.session.clients.zendesk, sync.notify.email
    key = await services.store.syncs.find_switcher(sync.name)
    if zendesk is None or not key.isdigit():
        return given
    if not services.session.values.get(sync_settings.MAIL_HOST):
        return given
    try:
        user = await zendesk.show_user(int(key))
    except AppError:
        return given
    is_admin = user.role == "admin" and user.active and not user.suspended
    return tuple(dict.fromkeys((*given, user.email or ""))) if is_admin and user.email else given


async def _send_run_email(
    services: WorkspaceServices,
    recipients: tuple[str, ...],
    run: Run,
    notification: RunNotification,
) -> Run:
    # Imported here: most runs send no e-mail.
    from desktop.clients.smtp import OutgoingEmail
    from desktop.connect.mail_server import send_workspace_email

    email = OutgoingEmail(recipients, notification.title, notification.body)
    session = services.session
    try:
        await send_workspace_email(session.connection_config, session.values, email)
    except AppError as error:
        log.warning("The e-mail about run %s was not sent: %s", run.id, error)
        sentence = services.context.redactor.redact(f"No e-mail was sent about it: {error}")
        return await services.store.runs.append_to_error(run.id, sentence)
    return run
