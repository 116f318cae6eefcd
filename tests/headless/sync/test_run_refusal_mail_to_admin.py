"""A run that ends because a right is missing is mailed to the admin who switched its sync on."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import notify_run_ended
from desktop.model.sync import NotificationSettings, Sync
from desktop.model.sync_run import Run, RunState
from desktop.vault.secret import Secret
from tests.headless.sync.test_run_stopped_by_rules import write_user_as_second_admin
from tests.support import sync_cases
from tests.support.mail_server import PASSWORD, USER, MailServer, run_mail_server
from tests.support.sandbox_servers import SandboxServers


async def use_mail_server(services: WorkspaceServices, server: MailServer) -> None:
    services.session.change_settings(
        {
            "mail.host": "127.0.0.1",
            "mail.port": server.port,
            "mail.security": "none",
            "mail.user": USER,
        }
    )
    await services.session.connection_config.vault.set(Secret.SMTP_PASSWORD, PASSWORD)


def switch_on(services: WorkspaceServices, **changes: object) -> Sync:
    """Save a preset as switched on by who is signed in; it asks nobody to be mailed by itself."""
    return sync_cases.save_preset(
        services,
        sync_cases.ZENDESK_TO_SAILTHRU,
        lambda preset: replace(
            preset,
            on=True,
            switched_on_by=services.session.actor.key,
            notify=NotificationSettings(on_failure=False, **changes),
        ),
    )


def end_run(services: WorkspaceServices, sync: Sync, error_code: str) -> Run:
    runs, now = services.store.runs, services.context.clock.now()
    run = runs.begin.blocking(sync.name, "schedule", "Ben", now)
    return runs.end.blocking(
        run.id, RunState.FAILED, now, {"created": 2}, error="Refused.", error_code=error_code
    )


@pytest.mark.parametrize(
    ("error_code", "user", "is_told"),
    [
        ("not_permitted", {}, True),
        # Somebody who can't give the right back is no help.
        ("not_permitted", {"role": "agent"}, False),
        # Any other end follows the sync's own settings: here, nobody.
        ("unreachable", {}, False),
    ],
)
async def test_run_refused_for_a_right_is_mailed_to_the_admin_who_switched_it_on(
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
    error_code: str,
    user: dict[str, object],
    is_told: bool,
) -> None:
    sync = switch_on(sync_services)
    admin = sync_services.session.actor
    if user:
        write_user_as_second_admin(sync_sandbox, int(admin.key), **user)
    async with run_mail_server() as server:
        await use_mail_server(sync_services, server)
        run = end_run(sync_services, sync, error_code)
        await notify_run_ended(sync_services, sync, run)
        letters = [(letter["To"], letter["Subject"]) for letter in server.messages]
    admin_email = sync_sandbox.connection_document["zendesk"]["email"]
    expected = [(admin_email, f"{sync.title}: failed")] if is_told else []
    assert letters == expected


async def test_run_refused_for_a_right_is_mailed_once_to_an_admin_who_is_a_recipient(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers
) -> None:
    admin_email = sync_sandbox.connection_document["zendesk"]["email"]
    sync = switch_on(sync_services, email=(admin_email,))
    async with run_mail_server() as server:
        await use_mail_server(sync_services, server)
        run = end_run(sync_services, sync, "not_permitted")
        await notify_run_ended(sync_services, sync, run)
        assert [letter["To"] for letter in server.messages] == [admin_email]
