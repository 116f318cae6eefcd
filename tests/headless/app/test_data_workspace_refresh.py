"""What is read again while a window is open, and when."""

from desktop.app.background.data_workspace_refresh import find_due_sources
from desktop.store.data_source_repository import ReadingState, list_source_name

NOW = 1_700_000_000.0
DAY = 86_400.0


def states(**ages: float) -> dict[str, ReadingState]:
    """Data sources read whole so many seconds ago."""
    return {
        name: ReadingState(name, begun_at=NOW - age, ended_at=NOW - age, whole_from=NOW - age)
        for name, age in ages.items()
    }


def test_nothing_is_due_before_the_first_reading_has_ended() -> None:
    assert find_due_sources({}, NOW) == ()
    begun = {"tickets": ReadingState("tickets", begun_at=NOW - DAY)}
    assert find_due_sources(begun, NOW) == ()


def test_tickets_are_due_every_five_minutes_and_people_every_day() -> None:
    fresh = states(organizations=10, users=10, tickets=299, ratings=299)
    assert find_due_sources(fresh, NOW) == ()
    fresh |= states(tickets=300)
    assert find_due_sources(fresh, NOW) == ("tickets", "ratings")
    fresh |= states(users=DAY, tickets=10)
    assert find_due_sources(fresh, NOW) == ("users",)


def test_lists_are_due_every_day_and_only_where_some_are_named() -> None:
    name = list_source_name("Newsletter")
    fresh = states(organizations=10, users=10, tickets=10)
    assert find_due_sources(fresh | states(**{name: DAY - 1}), NOW) == ()
    assert find_due_sources(fresh | states(**{name: DAY}), NOW) == ("lists",)
