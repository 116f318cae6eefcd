"""Delivered events are cleared by age, with counts first; their rows still keep them from going."""

from pathlib import Path

from desktop.app.background.retention import DAY_S, delete_expired_data
from desktop.app.container import WorkspaceServices
from tests.support.cli_command import FairleadCommand
from tests.support.clocks import ManualClock
from tests.support.event_cases import (
    EventRecords,
    as_lines,
    deliver_stored,
    store_events,
    stored_states,
    track,
)


def test_events_are_counted_before_they_are_cleared(
    fairlead: FairleadCommand, as_agent: FairleadCommand, records: EventRecords, home: Path
) -> None:
    user, email = records.user()
    events = as_lines(
        track("Canary", f"u{user}", email=email), track("Read", "nobody", email=f"x{email}")
    )
    fairlead("events", "deliver", "-", stdin=events)
    counts = {"kept": 2, "expired": 1, "old_waiting": 1, "cleared": 0}
    shown = fairlead("events", "clear", "--older-than", "0", "--dry-run", "--json").json
    assert {name: shown[name] for name in counts} == counts
    assert fairlead("data", "status", "--json").json["events"] == 2
    assert as_agent("events", "clear", "--older-than", "0", "--json").exit_code == 3
    # By the setting none is old enough.
    assert fairlead("events", "clear", "--json").json["cleared"] == 0
    assert fairlead("events", "clear", "--older-than", "0", "--json").json["cleared"] == 1
    (row,) = [one for one in fairlead("events", "log", "--json").json["rows"] if one["line"] == 1]
    assert (row["state"], row["request"]) == ("done", "")
    # The same file once more sends nothing: it is still known.
    again = fairlead("events", "deliver", "-", "--json", stdin=events)
    assert again.json["duplicates"] == 2
    assert len(records.user_events(user)) == 1


async def test_an_open_window_clears_what_is_older_than_the_setting(
    services: WorkspaceServices, records: EventRecords, clock: ManualClock
) -> None:
    user, email = records.user()
    await store_events(services, track("Read", f"u{user}", email=email))
    await deliver_stored(services)
    (before, _), *_ = await stored_states(services)
    clock.correct_wall_clock(before.received_at - clock.now() + 89 * DAY_S)
    await delete_expired_data(services)
    assert (await stored_states(services))[0][0].text
    clock.correct_wall_clock(2 * DAY_S)
    await delete_expired_data(services)
    assert not (await stored_states(services))[0][0].text
