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
from desktop.audience.report_digest import ReportDigest
from desktop.kit.errors import ServiceUnreachable
from desktop.settings import settings_table
from desktop.store.data_store import DataStore
from desktop.store.workspace_store import WorkspaceStore
from tests.support.clocks import ManualClock
from tests.support.data_cases import DAY, open_small_store, read_all
from tests.support.fresh_store import open_fresh_store
from tests.support.report_cases import AGENT, busy_account, report_service

# Monday, 23 November 2026, 12:00 UTC.
NOON = 1_795_435_200.0
HOUR = 3600.0


@dataclass
class Desk:
    """A computer that keeps everybody's data, and what it has sent."""

    data: DataStore
    store: WorkspaceStore
    values: dict[str, Any] = field(default_factory=dict)
    sent: list[ReportDigest] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    refuses: bool = False
    actor: Any = None

    async def look(self, at: float) -> list[str]:
        """Look at a moment for what is due; returns the titles that were sent."""
        given = {} if self.actor is None else {"actor": self.actor}
        values = SimpleNamespace(get=lambda setting: self.values.get(setting.key, setting.default))
        services = SimpleNamespace(
            session=SimpleNamespace(values=values, is_connected=True, connection_error=None),
            reports=report_service(self.data, self.store, at, **given),
            data_store=self.data,
            context=SimpleNamespace(clock=ManualClock(at), is_demo=False),
            workspace=SimpleNamespace(name="acme"),
            current_settings=SimpleNamespace(keeps_everybody=lambda: True),
            has_everybody=lambda: True,
        )
        mail = ReportMail(cast(Any, services), lambda title, _text, _more: self._hear(title))

        async def send(digest: ReportDigest) -> None:
            if self.refuses:
                raise ServiceUnreachable("No mail server.")
            self.sent.append(digest)

        mail._send = send  # type: ignore[method-assign]
        before = len(self.sent)
        await mail.run_once()
        return [one.title for one in self.sent[before:]]

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
        yield Desk(data, store)
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
    desk.refuses = True
    with pytest.raises(ServiceUnreachable):
        await desk.look(NOON)
    desk.refuses = False
    title = "Fairlead: reports of 16 Nov – 22 Nov 2026, acme"
    assert await desk.look(NOON) == [title]
    assert await desk.look(NOON + HOUR) == await desk.look(NOON + 6 * DAY) == []
    # The next Monday it was off.
    assert await desk.look(NOON + 9 * DAY) == ["Fairlead: reports of 23 Nov – 29 Nov 2026, acme"]
    text = desk.sent[0].text
    assert "New tickets, 16 Nov – 22 Nov 2026 (UTC)" in text
    # Numbers alone: whoever reads it may not be asked who they are.
    assert "Agent 90" not in text
    assert "@" not in text
    desk.actor = AGENT
    assert await desk.look(NOON + 14 * DAY) == []


async def test_opt_outs_over_twice_the_usual_are_told_of_once_a_week(desk: Desk) -> None:
    switch(desk, settings_table.OPTOUT_ALARM)

    def opt_many_out(count: int, at: float, first: int) -> None:
        for number in range(first, first + count):
            opt_out(desk.store, at, number)

    # Eight a week is usual.
    for week in range(1, 6):
        opt_many_out(8, NOON - (7 * week + 2) * DAY, week * 100)
    opt_many_out(16, NOON - 2 * DAY, 1000)
    assert await desk.look(NOON) == []
    opt_many_out(1, NOON - DAY, 2000)
    # Looked at once a day.
    assert await desk.look(NOON + HOUR) == []
    title = "17 opt-outs in 7 days, more than twice the usual"
    assert await desk.look(NOON + DAY) == [title]
    assert desk.notices == [title]
    assert "Usually there are 8 in a week" in desk.sent[0].text
    assert [await desk.look(NOON + days * DAY) for days in (2, 3, 7)] == [[], [], []]


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
