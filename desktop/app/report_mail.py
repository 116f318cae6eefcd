"""Sends the reports of the week each Monday, and the alarm about opt-outs, where switched on.

A window does it while it is open, and the system's timer with `sync due`; whoever claims it first.
"""

import logging
import random
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
from desktop.model.retry_backoff import ExponentialBackoff
from desktop.model.time_zone import local_time
from desktop.settings import settings_table
from desktop.store.report_notice_repository import WaitingMail

log = logging.getLogger(__name__)

POLL_S = 900.0
_WEEKLY, _OPTOUTS, _CHECKED = "weekly", "optouts", "optouts checked"
# The account's hour from which on something is sent: the night's readings are in by then.
_FIRST_HOUR = 6
# Looked at every quarter of an hour; a week's mail is then followed by the next one's.
_BACKOFF = ExponentialBackoff(first_delay_s=POLL_S, max_delay_s=8 * 3600.0, max_attempts=1000)
_GIVEN_UP_DAYS = 7

ShowNotice = Callable[[str, str, str], None]


class ReportMail:
    """Sends what is due of reports; `show_notice` shows an alarm in an open window."""

    def __init__(self, services: WorkspaceServices, show_notice: ShowNotice | None = None) -> None:
        self._services = services
        self._show_notice = show_notice

    async def run_once(self) -> None:
        """Send what is due now, each at most once, and again what the mail server did not take.

        Raises what counting or the mail server does.
        """
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
                await self._count_week(monday, now)
        await self._send_waiting(today, now)

    async def send_weekly_now(self) -> ReportDigest:
        """Send the last whole week's reports at once, whatever was sent before."""
        today = self._services.reports.today()
        digest = await self._build_weekly(today - timedelta(days=today.weekday()))
        await self._send(digest.title, digest.text)
        return digest

    async def _count_week(self, monday: date, now: float) -> None:
        notices = self._services.data_store.report_notices
        if await self._may_count():
            digest = await self._build_weekly(monday)
            await notices.claim_mail(_WEEKLY, monday, digest.title, digest.text, now)

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
        except AppError:
            await notices.release(_CHECKED, today)
            raise
        if alarm is not None:
            await self._tell(alarm, today, now)

    async def _tell(self, alarm: ReportDigest, today: date, now: float) -> None:
        services = self._services
        notices = services.data_store.report_notices
        if services.session.values.get(settings_table.REPORT_MAIL_TO):
            is_first = await notices.claim_mail(_OPTOUTS, today, alarm.title, alarm.text, now)
        else:
            is_first = await notices.claim(_OPTOUTS, today, now)
        if not is_first:
            return
        if not services.context.is_demo:
            await show_notification(alarm.title, alarm.text.strip(), urgent=True)
        if self._show_notice is not None:
            self._show_notice(alarm.title, alarm.text.strip(), "")

    async def _send_waiting(self, today: date, now: float) -> None:
        """Send the e-mails that are due, and give up what nobody wants or needs any more."""
        notices, get = self._services.data_store.report_notices, self._services.session.values.get
        wanted = {
            _WEEKLY: get(settings_table.REPORT_WEEKLY),
            _OPTOUTS: get(settings_table.OPTOUT_ALARM),
        }
        failure: AppError | None = None
        for mail in await notices.list_waiting():
            is_wanted = wanted[mail.kind] and get(settings_table.REPORT_MAIL_TO)
            if not is_wanted or (today - mail.day).days >= _GIVEN_UP_DAYS:
                if is_wanted:
                    log.warning("“%s” could not be sent for a week and is given up", mail.title)
                await notices.remove_waiting(mail)
            elif mail.due_at <= now and await self._may_count():
                failure = await self._try_to_send(mail, now) or failure
        if failure is not None:
            raise failure

    async def _try_to_send(self, mail: WaitingMail, now: float) -> AppError | None:
        """Send an e-mail, and return why the mail server did not take it; None: it is done with."""
        from desktop.clients.smtp import SomeAddressesRefused

        notices = self._services.data_store.report_notices
        wait_s = _BACKOFF.delay_s(mail.attempts + 1, random.random())
        if not await notices.begin_attempt(mail, now + (wait_s or _BACKOFF.max_delay_s)):
            return None
        try:
            await self._send(mail.title, mail.text, mail.key)
        except SomeAddressesRefused as error:
            # Sent again it would reach the others twice.
            log.warning("“%s”: %s", mail.title, error)
        except AppError as error:
            await notices.note_failure(mail, str(error))
            if mail.attempts == 0 and self._show_notice is not None:
                self._show_notice(
                    f"The e-mail “{mail.title}” was not sent.",
                    str(error),
                    "Fairlead tries again by itself for a week.",
                )
            return error
        await notices.remove_waiting(mail)
        return None

    async def _may_count(self) -> bool:
        session = self._services.session
        # The system's timer has not signed in yet where no sync is due.
        if not session.is_connected:
            await session.connect(for_runs=True)
        return session.connection_error is None and self._services.reports.check().is_allowed

    async def _send(self, title: str, text: str, key: str = "") -> None:
        # Imported here: most computers send no e-mail.
        from desktop.clients.smtp import OutgoingEmail
        from desktop.connect.mail_server import send_workspace_email

        session = self._services.session
        recipients = session.values.get(settings_table.REPORT_MAIL_TO)
        email = OutgoingEmail(tuple(recipients), title, text, key)
        await send_workspace_email(session.connection_config, session.values, email)


async def send_due_report_mail(services: WorkspaceServices) -> None:
    """Send what is due of reports; never keeps the caller from what else is due."""
    try:
        await ReportMail(services).run_once()
    except AppError as error:
        log.warning("Reports were not sent: %s", error)
