"""What needs correction, grouped by its cause, as lines above the Events page's list."""

from collections.abc import Iterable, Sequence

from desktop.kit.text import format_count
from desktop.model.event_delivery import DeliveryState
from desktop.viewmodels.events.event_consequences import EventConsequence
from desktop.viewmodels.events.event_row import EventRow

SHOW, SHOW_ALL, RETRY = "show", "show all", "retry"
# They go to a process as arguments.
MAX_RETRIED = 200


def build_correction_groups(
    rows: Iterable[EventRow], shown_cause: str, refusal: str
) -> tuple[EventConsequence, ...]:
    """Build a line for each cause, the most frequent first; `refusal`: none can be retried."""
    groups: dict[str, list[EventRow]] = {}
    for row in rows:
        if row.cause:
            groups.setdefault(row.cause, []).append(row)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(_group_line(cause, found, shown_cause, refusal) for cause, found in ordered)


def retried_ids(rows: Iterable[EventRow], cause: str) -> Sequence[int]:
    """Return the stored events that wait for a cause; bad lines have to be corrected first."""
    ids = (row.event_id for row in rows if row.cause == cause and row.action)
    return list(dict.fromkeys(ids))[:MAX_RETRIED]


def _group_line(
    cause: str, rows: Sequence[EventRow], shown_cause: str, refusal: str
) -> EventConsequence:
    actions = [(SHOW_ALL, "Show all") if cause == shown_cause else (SHOW, "Show these")]
    count = len(retried_ids(rows, cause))
    # Removals are retried one by one: each has its own tickets.
    if (
        count
        and not refusal
        and not any(row.delivery_state is DeliveryState.SKIPPED for row in rows)
    ):
        actions.append((RETRY, f"Try {count:,} again" if count > 1 else "Try again"))
    title = format_count(len(rows), "row", "rows")
    return EventConsequence(cause, "warn", f"{cause}:", title, tuple(actions))
