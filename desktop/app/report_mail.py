"""Sends the reports of the week each Monday, and the alarm about opt-outs, where switched on.

A window does it while it is open, and the system's timer with `sync due`; whoever claims it first.
"""

import logging
from collections.abc import Callable
from datetime import date, timedelta

from desktop.app.container import WorkspaceServices
from desktop.audience.report_digest import (
    ALARM_DAYS,
    ReportDigest,
    build_weekly_digest,
    find_optout_alarm,
)
from desktop.clients.desktop_notification import show_notification
from desktop.kit.errors import AppError
from desktop.model.time_zone import local_time
from desktop.settings import settings_table

log = logging.getLogger(__name__)

POLL_S = 900.0
_WEEKLY, _OPTOUTS, _CHECKED = "weekly", "optouts", "optouts checked"
# The account's hour from which on something is sent: the night's readings are in by then.
_FIRST_HOUR = 6

ShowNotice = Callable[[str, str, str], None]


class ReportMail:
    """Sends what is due of reports; `show_notice` shows an alarm in an open window."""

    def __init__(self, services: WorkspaceServices, show_notice: ShowNotice | None = None) -> None:
        self._services = services
        self._show_notice = show_notice

    async def run_once(self) -> None:
        """Send what is due now, each at most once. Raises what counting or the mail server does."""
        services = self._services
        get = services.session.values.get
        is_weekly, is_alarm = get(settings_table.REPORT_WEEKLY), get(settings_table.OPTOUT_ALARM)
        if not (is_weekly or is_alarm) or not services.current_settings.keeps_everybody():
            return
        if not services.has_everybody():
            return
        now = services.context.clock.now()
        local = local_time(now, services.reports.zone)
        today = local.date()
        if local.hour < _FIRST_HOUR:
            return
        if is_alarm:
            await self._check_optouts(today, now)
        if is_weekly and get(settings_table.REPORT_MAIL_TO):
            monday = today - timedelta(days=today.weekday())
            # On another day only what this Monday was missed, and not on switching it on.
            last = await services.data_store.report_notices.find_last(_WEEKLY)
            if (today == monday or last is not None) and last != monday:
                await self._send_weekly(monday, now)

    async def send_weekly_now(self) -> ReportDigest:
        """Send the last whole week's reports at once, whatever was sent before."""
        today = self._services.reports.today()
        digest = await self._build_weekly(today - timedelta(days=today.weekday()))
        await self._send(digest)
        return digest

    async def _send_weekly(self, monday: date, now: float) -> None:
        notices = self._services.data_store.report_notices
        if not await self._may_count() or not await notices.claim(_WEEKLY, monday, now):
            return
        try:
            await self._send(await self._build_weekly(monday))
        except AppError:
            await notices.release(_WEEKLY, monday)
            raise

    async def _build_weekly(self, monday: date) -> ReportDigest:
        services = self._services
        phrases = services.session.values.get(settings_table.REPORT_PHRASES)
        name = services.workspace.name
        return await build_weekly_digest(services.reports, monday, tuple(phrases), name)

    async def _check_optouts(self, today: date, now: float) -> None:
        """Compare opt-outs with the usual, once a day; the same week is told of once."""
        notices = self._services.data_store.report_notices
        told = await notices.find_last(_OPTOUTS)
        if told is not None and (today - told).days < ALARM_DAYS:
            return
        if await notices.find_last(_CHECKED) == today or not await self._may_count():
            return
        if not await notices.claim(_CHECKED, today, now):
            return
        try:
            alarm = await find_optout_alarm(self._services.reports, today)
            if alarm is not None and await notices.claim(_OPTOUTS, today, now):
                await self._tell(alarm)
        except AppError:
            await notices.release(_CHECKED, today)
            raise

    async def _tell(self, alarm: ReportDigest) -> None:
        services = self._services
        if not services.context.is_demo:
            await show_notification(alarm.title, alarm.text.strip(), urgent=True)
        if self._show_notice is not None:
            self._show_notice(alarm.title, alarm.text.strip(), "")
        if services.session.values.get(settings_table.REPORT_MAIL_TO):
            await self._send(alarm)

    async def _may_count(self) -> bool:
        session = self._services.session
        # The system's timer has not signed in yet where no sync is due.
        if not session.is_connected:
            await session.connect(for_runs=True)
        return session.connection_error is None and self._services.reports.check().is_allowed

    async def _send(self, digest: ReportDigest) -> None:
        # Imported here: most computers send no e-mail.
        from desktop.clients.smtp import OutgoingEmail
        from desktop.connect.mail_server import send_workspace_email

        session = self._services.session
        recipients = session.values.get(settings_table.REPORT_MAIL_TO)
        email = OutgoingEmail(tuple(recipients), digest.title, digest.text)
        await send_workspace_email(session.connection_config, session.values, email)


async def send_due_report_mail(services: WorkspaceServices) -> None:
    """Send what is due of reports; never keeps the caller from what else is due."""
    try:
        await ReportMail(services).run_once()
    except AppError as error:
        log.warning("Reports were not sent: %s", error)
