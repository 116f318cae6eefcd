"""What customers did, by keyboard and mouse: filtered, live while it is open, opens the sheet."""

from dataclasses import replace

import pytest

from desktop.model.customer_activity import ActivityPosition, CustomerAct, CustomerActivity
from desktop.model.kept_ticket import KeptTicket
from desktop.panels.audience.audience_tabs import ACTIVITY, PEOPLE, AudienceTabs
from desktop.panels.audience.customer_activity_tab import CustomerActivityTab
from desktop.viewmodels.audience.customer_activity_model import ActivityGroup, written_text
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.audience_page_driver import AudiencePageDriver
from tests.support.window_driver import Key


async def open_tab(window: AudiencePageDriver) -> CustomerActivityTab:
    await window.read_everybody()
    tabs = window.view.findChild(AudienceTabs)
    assert tabs is not None
    tabs.show_tab(ACTIVITY)
    model = tabs.activity.model
    await window.wait_until(lambda: bool(model.list_state().summary))
    return tabs.activity


async def test_what_customers_did_is_filtered_and_opens_the_sheet(
    window: AudiencePageDriver,
) -> None:
    tab = await open_tab(window)
    assert controls_without_name(tab) == []
    assert clipped_texts(tab) == []
    tab.filter_control.chosen.emit(ActivityGroup.TICKETS.name)
    tab.filter_control.set_value(ActivityGroup.TICKETS.name)
    tab.person_edit.setText("maria@lopez.example")
    tab.search_field.setText("too many")
    model = tab.model
    await window.wait_until(lambda: not model.tasks.is_running("read"))
    row = model.table_model.row_at(0)
    assert row is not None
    assert (row.name, row.title) == ("Maria Lopez", "Too many emails")
    tab.table.select_row(0)
    assert row.text in window.visible_texts()
    tab.table.setFocus()
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.view.current_page == "customers")
    assert window.view.top_bar.search_field.text() in ("", "maria@lopez.example")


async def test_new_things_appear_by_themselves_and_wait_where_somebody_reads_further_down(
    window: AudiencePageDriver,
) -> None:
    tab = await open_tab(window)
    services, model = window.window.services, tab.model
    now = services.context.clock.now()

    async def come_in(number: int) -> None:
        new = KeptTicket(
            id=number, requester_id=0, subject=f"New {number}", status="new", priority=None,
            created_at=now + number, updated_at=now + number,
        )  # fmt: skip
        await services.data_store.tickets.save_tickets([new], "", now)
        model._on_poll()
        await window.wait_until(lambda: not model.tasks.is_running("poll"))

    await come_in(900_001)
    first = model.table_model.row_at(0)
    assert first is not None
    assert first.title == "New 900001"
    model.is_at_top = False
    await come_in(900_002)
    assert model.table_model.row_at(0) == first
    assert tab.new_button.isVisible()
    assert tab.new_button.text() == "Show 1 new"
    window.click(tab.new_button)
    await window.wait_until(lambda: not model.tasks.is_running("read"))
    newest = model.table_model.row_at(0)
    assert newest is not None
    assert newest.title == "New 900002"
    assert not tab.new_button.isVisible()


async def test_tab_reads_only_while_somebody_looks(window: AudiencePageDriver) -> None:
    tab = await open_tab(window)
    assert tab.model._timer.isActive()
    tabs = window.view.findChild(AudienceTabs)
    assert tabs is not None
    tabs.show_tab(PEOPLE)
    assert not tab.model._timer.isActive()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"type":"identify","userId":"u","traits":{"plan":"pro","seats":3,"vip":true}}',
            "plan: pro\nseats: 3\nvip: true",
        ),
        (
            '{"type":"track","event":"Bought","properties":{"items":["a","b"],"city":"Köln"}}',
            'items: ["a", "b"]\ncity: Köln',
        ),
        ('{"type":"track","event":"Seen","properties":{}}', ""),
        ('{"type":"track","properties":"none"}', ""),
        ('{"cut off', '{"cut off'),
    ],
)
def test_event_is_told_by_its_values(text: str, shown: str) -> None:
    event = CustomerActivity(
        ActivityPosition(1.0, CustomerAct.EVENT.rank, 1), CustomerAct.EVENT, 0, "", "", "Shop", text
    )
    assert written_text(event) == shown
    assert written_text(replace(event, act=CustomerAct.TICKET)) == text
