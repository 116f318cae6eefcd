"""Pauses of marketing that go on, on the page Activity: until when, and which are overdue."""

from datetime import UTC, date, datetime, timedelta

import pytest

from desktop.model.edit import EditKind, EditRequest
from desktop.model.marketing_pause import PauseTerms
from desktop.viewmodels.activity.activity_detail_view import ActivityAction
from desktop.viewmodels.activity.activity_row import ActivityFilter, ActivityRow
from tests.support.activity_page_driver import ActivityPageDriver, edit_of_maria
from tests.support.window_workspace import wait_until

_NAME = "zendesk_paused:Support - paused"


def pause_of_maria(until: date) -> EditRequest:
    return edit_of_maria(EditKind.PAUSE, _NAME, None, PauseTerms(until).as_json())


def today(page: ActivityPageDriver) -> date:
    return datetime.fromtimestamp(page.house.context.clock.now(), UTC).date()


def first_row(page: ActivityPageDriver) -> ActivityRow | None:
    return page.model.table_model.row_at(0) if page.model.table_model.rowCount() else None


@pytest.mark.parametrize(
    ("days", "state", "count"), [(5, "Paused", 0), (-3, "Overdue", 1)], ids=["on", "overdue"]
)
async def test_pause_that_goes_on_is_listed_with_its_end(
    activity_page: ActivityPageDriver, days: int, state: str, count: int
) -> None:
    page = activity_page
    until = today(page) + timedelta(days=days)
    await page.submit_edit(pause_of_maria(until))
    await page.deliver_edits()
    page.page.resize(1060, 700)
    page.page.show()
    page.model.set_filter(ActivityFilter.PAUSED, "")
    await wait_until(lambda: page.edit_states() == [state])
    assert page.model.attention_count == count
    page.model.set_filter(ActivityFilter.NEEDS_PERSON, "")
    assert page.edit_states() == [state] * count
    row = first_row(page)
    if row is not None:
        assert f"was to end after {until.day} " in row.detail
        # Whoever sees it ends it here.
        page.model.select(row.id)
        view = page.model.detail_view()
        assert view is not None
        assert ActivityAction.UNDO in [one.action for one in view.actions]
        page.model.perform_action(ActivityAction.UNDO, row.id)
        await wait_until(lambda: "not sent yet" in getattr(first_row(page), "detail", ""))
        outbox = page.house.store.outbox
        await outbox.end_undo_waits(page.house.context.clock.now())
        await page.deliver_edits()
        page.model.refresh()
        await wait_until(lambda: page.model.attention_count == 0)
        assert page.edit_states() == []


async def test_overdue_pause_is_found_behind_many_newer_changes(
    activity_page: ActivityPageDriver,
) -> None:
    page = activity_page
    await page.submit_edit(pause_of_maria(today(page) - timedelta(days=1)))
    await page.deliver_edits()
    await page.submit_edit(
        *(edit_of_maria(EditKind.VAR, f"field_{n}", None, str(n)) for n in range(210))
    )
    page.model.refresh()
    await wait_until(lambda: page.model.attention_count == 1)
    assert not page.model.edit_loader.is_complete
