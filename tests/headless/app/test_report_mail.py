"""When the week's reports and the alarm about opt-outs go out: once each, and to whom it may be."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from desktop.app import report_mail
from desktop.app.report_mail import ReportMail
from desktop.app.screenshot_tour.sample_optouts import opt_out
from desktop.kit.errors import UserDecisionNeeded, ValuesRejected
from desktop.settings import settings_table, sync_settings
from desktop.store.data_workspace_store import DataStore
from desktop.store.workspace_store import WorkspaceStore
from tests.support.clocks import ManualClock
from tests.support.data_cases import DAY, open_small_store, read_all
from tests.support.fresh_store import open_fresh_store
from tests.support.mail_server import MailServer, run_mail_server
from tests.support.report_cases import AGENT, busy_account, report_service

# Monday, 23 November 2026, 12:00 UTC.
NOON = 1_795_435_200.0
HOUR = 3600.0


@dataclass
class Desk:
    """A computer that keeps everybody's data, and sends through a real mail server."""

    data: DataStore
    store: WorkspaceStore
    office: MailServer
    values: dict[str, Any] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    actor: Any = None

    async def look(self, at: float) -> list[str]:
        """Look at a moment for what is due; returns the titles that the mail server took."""
        given = {} if self.actor is None else {"actor": self.actor}
        mail = {
            sync_settings.MAIL_HOST.key: "127.0.0.1",
            sync_settings.MAIL_PORT.key: self.office.port,
            sync_settings.MAIL_SECURITY.key: "none",
            sync_settings.MAIL_FROM.key: "fairlead@desk.example",
        }
        known = mail | self.values
        session = SimpleNamespace(
            values=SimpleNamespace(get=lambda setting: known.get(setting.key, setting.default)),
            is_connected=True,
            connection_error=None,
            connection_config=SimpleNamespace(clock=ManualClock(at)),
        )
        services = SimpleNamespace(
            session=session,
            reports=report_service(self.data, self.store, at, **given),
            data_store=self.data,
            context=SimpleNamespace(clock=ManualClock(at), is_demo=False),
            workspace=SimpleNamespace(name="acme"),
            current_settings=SimpleNamespace(keeps_everybody=lambda: True),
            has_everybody=lambda: True,
        )
        before = len(self.office.messages)
        await ReportMail(
            cast(Any, services), lambda title, _text, _more: self._hear(title)
        ).run_once()
        return [one["Subject"] for one in self.office.messages[before:]]

    def _hear(self, title: str) -> None:
        self.notices.append(title)


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async def show(*_words: str, urgent: bool) -> bool:
        return urgent

    monkeypatch.setattr(report_mail, "show_notification", show)
    store = open_fresh_store(tmp_path / "own")
    for data in open_small_store(tmp_path / "data"):
        await read_all(data, busy_account(NOON), ManualClock(NOON))
        async with run_mail_server(sign_in=False) as office:
            yield Desk(data, store, office)
    store.close()


def switch(desk: Desk, *settings: Any, to: tuple[str, ...] = ("lee@desk.example",)) -> None:
    desk.values = dict.fromkeys((one.key for one in settings), True)
    desk.values[settings_table.REPORT_MAIL_TO.key] = to


async def test_week_goes_out_once_each_monday_and_late_where_the_computer_was_off(
    desk: Desk,
) -> None:
    assert await desk.look(NOON) == []
    switch(desk, settings_table.REPORT_WEEKLY, to=())
    assert await desk.look(NOON) == []
    switch(desk, settings_table.REPORT_WEEKLY)
    # Switched on on a Sunday, nothing goes out at once; on a Monday from six.
    assert await desk.look(NOON - DAY) == []
    assert await desk.look(NOON - 7 * HOUR) == []
    title = "Fairlead: reports of 16 Nov – 22 Nov 2026, acme"
    assert await desk.look(NOON) == [title]
    assert await desk.look(NOON + HOUR) == await desk.look(NOON + 6 * DAY) == []
    # The next Monday it was off.
    assert await desk.look(NOON + 9 * DAY) == ["Fairlead: reports of 23 Nov – 29 Nov 2026, acme"]
    text = desk.office.messages[0].get_content()
    assert "New tickets, 16 Nov – 22 Nov 2026 (UTC)" in text
    # Numbers alone: whoever reads it may not be asked who they are.
    assert "Agent 90" not in text
    assert "@" not in text
    desk.actor = AGENT
    assert await desk.look(NOON + 14 * DAY) == []


async def test_opt_outs_over_twice_the_usual_are_told_of_once_a_week(desk: Desk) -> None:
    switch(desk, settings_table.OPTOUT_ALARM)

    # Eight a week is usual.
    for week in range(1, 6):
        opt_many_out(desk, 8, NOON - (7 * week + 2) * DAY, week * 100)
    opt_many_out(desk, 16, NOON - 2 * DAY, 1000)
    assert await desk.look(NOON) == []
    opt_many_out(desk, 1, NOON - DAY, 2000)
    # Looked at once a day.
    assert await desk.look(NOON + HOUR) == []
    title = "17 opt-outs in 7 days, more than twice the usual"
    assert await desk.look(NOON + DAY) == [title]
    assert desk.notices == [title]
    assert "Usually there are 8 in a week" in desk.office.messages[0].get_content()
    assert [await desk.look(NOON + days * DAY) for days in (2, 3, 7)] == [[], [], []]


async def test_mail_that_was_not_taken_is_sent_again_once_with_back_off(desk: Desk) -> None:
    switch(desk, settings_table.REPORT_WEEKLY, settings_table.OPTOUT_ALARM)
    for week in range(1, 6):
        opt_many_out(desk, 8, NOON - (7 * week + 2) * DAY, week * 100)
    opt_many_out(desk, 20, NOON - 2 * DAY, 1000)
    alarm = "20 opt-outs in 7 days, more than twice the usual"
    week_title = "Fairlead: reports of 16 Nov – 22 Nov 2026, acme"
    desk.values[sync_settings.MAIL_HOST.key] = ""
    with pytest.raises(UserDecisionNeeded):
        await desk.look(NOON)
    # Told in the window at once, and that it was not sent.
    assert desk.notices[0] == alarm
    assert {*desk.notices[1:]} == {
        f"The e-mail “{title}” was not sent." for title in (alarm, week_title)
    }
    waiting = desk.data.report_notices.list_waiting.blocking()
    assert {(one.title, one.attempts) for one in waiting} == {(alarm, 1), (week_title, 1)}
    assert all("no mail server yet" in one.error for one in waiting)
    assert all(NOON + HOUR / 8 <= one.due_at <= NOON + HOUR / 4 for one in waiting)
    # Before it is due nobody is asked.
    assert await desk.look(NOON + 60) == []
    del desk.values[sync_settings.MAIL_HOST.key]
    desk.office.refused = {"lee@desk.example"}
    with pytest.raises(ValuesRejected):
        await desk.look(NOON + HOUR / 4)
    waiting = desk.data.report_notices.list_waiting.blocking()
    assert [one.attempts for one in waiting] == [2, 2]
    assert all(one.due_at >= NOON + HOUR / 2 for one in waiting)
    desk.office.refused.clear()
    assert sorted(await desk.look(NOON + HOUR)) == [alarm, week_title]
    assert await desk.look(NOON + 2 * HOUR) == await desk.look(NOON + DAY) == []
    keys = {str(one["Message-ID"]) for one in desk.office.messages}
    assert keys == {f"<{one.key}@desk.example>" for one in waiting}
    assert len(desk.notices) == 3


async def test_mail_that_some_addresses_got_is_not_sent_again(desk: Desk) -> None:
    switch(desk, settings_table.REPORT_WEEKLY, to=("lee@desk.example", "gone@desk.example"))
    desk.office.refused = {"gone@desk.example"}
    assert len(await desk.look(NOON)) == 1
    desk.office.refused.clear()
    assert await desk.look(NOON + HOUR) == []
    assert desk.office.recipients == [["lee@desk.example"]]


async def test_waiting_mail_is_given_up_where_it_is_switched_off_or_a_week_old(desk: Desk) -> None:
    notices, day = desk.data.report_notices, date(2026, 11, 16)
    switch(desk, settings_table.REPORT_WEEKLY)
    # This Monday's was sent.
    notices.claim.blocking("weekly", date(2026, 11, 23), NOON)
    notices.claim_mail.blocking("weekly", day, "Too old", "…", NOON - 7 * DAY)
    notices.claim_mail.blocking("optouts", day + timedelta(days=5), "Off", "…", NOON - 2 * DAY)
    assert await desk.look(NOON) == []
    assert notices.list_waiting.blocking() == ()


async def test_mail_is_sent_again_after_a_death_in_the_attempt(desk: Desk) -> None:
    notices = desk.data.report_notices
    switch(desk, settings_table.REPORT_WEEKLY)
    assert notices.claim_mail.blocking("weekly", date(2026, 11, 23), "Week", "…", NOON)
    assert not notices.claim_mail.blocking("weekly", date(2026, 11, 23), "Again", "…", NOON)
    (mail,) = notices.list_waiting.blocking()
    # One process begins an attempt and dies; another has seen the same e-mail before that.
    assert notices.begin_attempt.blocking(mail, NOON + HOUR)
    assert not notices.begin_attempt.blocking(mail, NOON + HOUR)
    assert await desk.look(NOON + HOUR / 2) == []
    assert await desk.look(NOON + HOUR) == ["Week"]


def opt_many_out(desk: Desk, count: int, at: float, first: int) -> None:
    for number in range(first, first + count):
        opt_out(desk.store, at, number)


@pytest.mark.parametrize(("weeks", "usual", "now"), [(5, 1, 9), (2, 3, 40)])
async def test_few_opt_outs_or_an_unknown_usual_are_no_alarm(
    desk: Desk, weeks: int, usual: int, now: int
) -> None:
    switch(desk, settings_table.OPTOUT_ALARM)
    for week in range(1, weeks + 1):
        for number in range(usual):
            opt_out(desk.store, NOON - (7 * week + 2) * DAY, week * 100 + number)
    for number in range(now):
        opt_out(desk.store, NOON - DAY, 1000 + number)
    assert await desk.look(NOON) == []
    assert desk.notices == []


def test_notice_is_claimed_by_one(desk: Desk) -> None:
    notices, day = desk.data.report_notices, date(2026, 11, 23)
    assert notices.find_last.blocking("weekly") is None
    assert notices.claim.blocking("weekly", day, 1.0)
    assert not notices.claim.blocking("weekly", day, 2.0)
    assert notices.claim.blocking("weekly", day - timedelta(days=7), 3.0)
    assert notices.find_last.blocking("weekly") == day
