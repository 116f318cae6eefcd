"""SQL by which stored events carry a proof: as Fairlead stored them, and who may deliver them.

The proof covers what an event says, where it came from, what somebody has unticked of it, and its
phase: it may be delivered by itself, waits for a person, or is closed. A text, a source or a mark
that was written into the database by other means is of another proof. A row that was put back with
its own proof shows in the audit, which tells that the event has ended.
"""

from desktop.model.event_delivery import LEFT_OUT_TEXT

UNATTENDED, ATTENDED, CLOSED = "unattended", "attended", "closed"
_PURPOSE = "'event'"


def content_sql(event: str = "event") -> str:
    """Return what the proof of a row of `event`, under this alias, covers besides its phase."""
    columns = ("account", "source", "line", "message_id", "user_key", "text")
    own = ", ".join(f"{event}.{column}" for column in columns)
    unticked = (
        "(SELECT group_concat(action) FROM (SELECT action FROM event_delivery"  # noqa: S608 - ours
        f" WHERE event = {event}.id AND state = 'skipped' AND detail = '{LEFT_OUT_TEXT}'"
        " ORDER BY action))"
    )
    return f"{own}, (SELECT named FROM event_source WHERE id = {event}.source), {unticked}"  # noqa: S608 - ours


def proof_verdict_sql(event: str = "event") -> str:
    """Return SQL that gives "proven", "edited" or "unknown" of a row as it stands."""
    phase = (
        f"CASE WHEN {event}.state = 'closed' THEN '{CLOSED}'"
        f" WHEN {event}.is_attended THEN '{ATTENDED}' ELSE '{UNATTENDED}' END"
    )
    return f"row_proof_says({event}.proof, {_PURPOSE}, {content_sql(event)}, {phase})"


def new_proof_sql(phase: str, event: str = "event") -> str:
    """Return SQL that proves a row in a phase: what it says now is what Fairlead has stored."""
    return f"row_proof({_PURPOSE}, {content_sql(event)}, '{phase}')"


def kept_proof_sql(phase: str) -> str:
    """Return SQL that proves a row in a phase in which nothing goes by itself, unless it is edited.

    What another key proves gets no proof of this one's by that.
    """
    return f"CASE WHEN {proof_verdict_sql()} = 'proven' THEN {new_proof_sql(phase)} ELSE '' END"


def has_ended_sql(event: str = "event") -> str:
    """Return SQL for whether the audit tells that an event was delivered, and not opened again."""
    return (
        "coalesce((SELECT kind FROM audit WHERE kind IN ('event_end', 'event_again')"  # noqa: S608
        f" AND name = CAST({event}.id AS TEXT) ORDER BY seq DESC LIMIT 1) = 'event_end', 0)"
    )


def is_paused_sql(source: str = "event_source") -> str:
    """Return SQL for whether a source of events is paused: by its row, or by the audit."""
    return (
        f"({source}.paused_at > 0 OR coalesce((SELECT kind FROM audit"  # noqa: S608 - our own words
        " WHERE kind IN ('event_pause', 'event_resume')"
        f" AND name = CAST({source}.id AS TEXT) ORDER BY seq DESC LIMIT 1) = 'event_pause', 0))"
    )
