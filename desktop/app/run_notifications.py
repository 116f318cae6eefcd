"""Tells people how a run ended, where its sync says so; telling never changes how it ended."""

import logging

from desktop.app.container import WorkspaceServices
from desktop.clients.notification import show_notification
from desktop.kit.errors import AppError
from desktop.model.sync import Sync
from desktop.model.sync_run import Run, RunState
from desktop.settings import settings_table
from desktop.sync.run_notification import RunNotification, build_run_notification, should_notify

log = logging.getLogger(__name__)


async def notify_run_ended(services: WorkspaceServices, sync: Sync, run: Run) -> Run:
    """Tell whoever wants to know; gives the run, with a sentence more where mail failed."""
    try:
        return await _notify(services, sync, run)
    except AppError as error:
        log.warning("Nobody was told of run %s: %s", run.id, error.title)
    except Exception:
        log.exception("Nobody was told of run %s", run.id)
    return run


async def _notify(services: WorkspaceServices, sync: Sync, run: Run) -> Run:
    earlier = (
        r for r in services.store.runs.list_runs.blocking(run.sync, 10) if int(r.id) < int(run.id)
    )
    before = next((r for r in earlier if r.state is not RunState.RUNNING), None)
    if not should_notify(sync.notify, run, before):
        return run
    notice = build_run_notification(
        sync,
        run,
        services.workspace.name,
        services.session.values.get(settings_table.TIMEZONE),
        services.context.redactor.redact,
    )
    if sync.notify.desktop and not services.context.is_demo:
        await show_notification(notice.title, notice.summary, urgent=notice.needs_attention)
    return await _send_run_email(services, sync, run, notice)


async def _send_run_email(
    services: WorkspaceServices, sync: Sync, run: Run, notice: RunNotification
) -> Run:
    if not sync.notify.email:
        return run
    from desktop.clients.smtp import OutgoingEmail
    from desktop.connect.mail_server import send_workspace_email

    letter = OutgoingEmail(sync.notify.email, notice.title, notice.body)
    try:
        await send_workspace_email(
            services.session.connection_config, services.session.values, letter
        )
    except AppError as error:
        log.warning("The e-mail about run %s was not sent: %s", run.id, error)
        sentence = services.context.redactor.redact(f"No e-mail was sent about it: {error}")
        return services.store.runs.append_to_error.blocking(run.id, sentence)
    return run
