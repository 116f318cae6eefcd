"""SQL by which stored events carry a proof: as Fairlead stored them, and who may deliver them.

The proof covers what an event says, where it came from, and its phase: it may be delivered by
itself, waits for a person, or is closed. A text, a source or a mark that was written into the
database by other means is of another proof.
"""

UNATTENDED, ATTENDED, CLOSED = "unattended", "attended", "closed"
_PURPOSE = "'event'"


def content_sql(event: str = "event") -> str:
    """Return what the proof of a row of `event`, under this alias, covers besides its phase."""
    columns = ("account", "source", "line", "message_id", "user_key", "text")
    own = ", ".join(f"{event}.{column}" for column in columns)
    return f"{own}, (SELECT named FROM event_source WHERE id = {event}.source)"  # noqa: S608 - ours


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

    What another key proves is a person's to deliver, which is all that these phases say.
    """
    return f"CASE WHEN {proof_verdict_sql()} <> 'edited' THEN {new_proof_sql(phase)} ELSE '' END"
