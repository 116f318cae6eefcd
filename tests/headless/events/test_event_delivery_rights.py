"""The right to deliver is asked again before each request, also while a delivery is under way."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_deliverer, open_live_directory
from desktop.kit.errors import NotPermitted
from desktop.settings import settings_table
from tests.support.cli_command import FairleadCommand
from tests.support.event_cases import EventRecords, as_lines, store_events, track

SWITCHES = [settings_table.CHANGES_ENABLED.key, settings_table.EVENTS_DELIVERED.key]


@pytest.mark.parametrize("key", SWITCHES)
@pytest.mark.parametrize("point", ["claimed", "opened", "marked"])
async def test_what_is_switched_off_meanwhile_stops_a_delivery(
    services: WorkspaceServices, records: EventRecords, point: str, key: str
) -> None:
    user, email = records.user()
    await store_events(services, track("Read", "u", email=email))

    def switch_off(name: str) -> None:
        if name == point:
            services.session.change_settings({key: False})

    deliverer = await build_deliverer(
        services, await open_live_directory(services), checkpoint=switch_off
    )
    with pytest.raises(NotPermitted):
        await deliverer.deliver()
    assert records.user_events(user) == []
    (stored,) = await services.store.events.list_newest(10)
    assert not any(one.state.has_ended for one in stored.deliveries)
    services.session.change_settings({key: True})
    await (await build_deliverer(services, await open_live_directory(services))).deliver()
    assert len(records.user_events(user)) == 1


def test_events_of_all_sources_wait_while_the_destination_is_off(
    fairlead: FairleadCommand, as_agent: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    assert fairlead("events", "destination", "--json").json == {"on": True, "waiting": 0}
    assert as_agent("events", "destination", "off", "--json").exit_code == 3
    assert fairlead("events", "destination", "off", "--json").json["on"] is False
    event = track("Read", "u", email=email)
    refused = fairlead("events", "deliver", "-", "--json", stdin=as_lines(event))
    assert refused.exit_code == 3
    assert "switched off" in refused.json["error"]["message"]
    # Stored, and nothing sent.
    assert records.user_events(user) == []
    assert as_agent("events", "destination", "on", "--json").exit_code == 3
    assert fairlead("events", "destination", "on", "--json").json == {"on": True, "waiting": 1}
    assert fairlead("events", "deliver", "--json").json["totals"]["done"] == 1
    assert len(records.user_events(user)) == 1


def test_a_destination_that_is_off_keeps_unattended_sources_waiting(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    assert fairlead("events", "source", "add", "Shop", "--kind", "pipe").exit_code == 0
    assert fairlead("events", "source", "unattended", "Shop", "on").exit_code == 0
    assert fairlead("events", "destination", "off").exit_code == 0
    event = as_lines(track("Read", "u", email=email))
    kept = fairlead("events", "collect", "Shop", "-", "--json", stdin=event)
    assert kept.exit_code == 3
    assert "switched off" in kept.json["delivered"]["refused"]["Zendesk"]
    assert records.user_events(user) == []
    assert fairlead("events", "destination", "on").exit_code == 0
    assert fairlead("events", "collect", "--json").json["delivered"]["events"] == 1
    assert len(records.user_events(user)) == 1


def test_sources_of_disconnected_events_take_nothing_in_and_what_waits_of_them_stays(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    (user, email), (other, other_email) = records.user(), records.user()
    shop = ("events", "collect", "Shop", "-", "--json")
    # Another intake comes first, so that the numbers of sources and of intakes differ.
    by_hand = as_lines(track("Read", "o", email=other_email))
    assert fairlead("events", "destination", "off").exit_code == 0
    fairlead("events", "deliver", "-", stdin=by_hand)
    assert fairlead("events", "source", "add", "Shop", "--kind", "pipe").exit_code == 0
    assert fairlead(*shop, stdin=as_lines(track("Read", "u", email=email))).json["stored"] == 1
    assert fairlead("data", "source", "events", "disconnect").exit_code == 0
    refused = fairlead(*shop, stdin=as_lines(track("Later", "u", email=email)))
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert fairlead("events", "destination", "on").exit_code == 0
    refused = fairlead("events", "deliver", "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert "Events are disconnected here" in refused.json["error"]["message"]
    # What was pasted or came from a file has no source that could be paused.
    assert (len(records.user_events(user)), len(records.user_events(other))) == (0, 0)
    assert fairlead("data", "source", "events", "connect").exit_code == 0
    assert fairlead("events", "deliver").exit_code == 0
    assert (len(records.user_events(user)), len(records.user_events(other))) == (1, 1)


def test_production_delivers_events_of_many_customers_once_their_number_is_confirmed(
    fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    assert fairlead("setup", "--from", "-", stdin='{"kind": "production"}').exit_code == 0
    # One event makes another user no more: what is counted are customers.
    events = [track("Read", f"nobody {n}") for n in range(50)]
    events += [track("Read", "u", email=email, title=title) for title in ("One", "Two")]
    refused = fairlead("events", "deliver", "-", "--json", stdin=as_lines(*events))
    assert (refused.exit_code, refused.json["totals"]["waiting"]) == (3, 52)
    assert "51 customers" in refused.json["error"]["title"]
    source = str(refused.json["source"])
    words = ("events", "deliver", "--source", source, "--json")
    assert f"--source {source} --confirm 51" in refused.json["error"]["hint"]
    assert fairlead(*words, "--confirm", "50").exit_code == 3
    assert records.user_events(user) == []
    assert fairlead(*words, "--confirm", "51").json["totals"]["done"] == 2
    assert len(records.user_events(user)) == 2
