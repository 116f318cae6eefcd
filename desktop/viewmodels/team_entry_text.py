"""What an entry of another desk's record is called; values and reason are not in the team store."""

from desktop.model.team import TeamEntry

_KINDS = {
    "optout": "Opt-out",
    "health": "Health",
    "list": "List",
    "var": "Profile data",
    "pause": "Marketing pause",
    "bounce_repair": "Repair of a hard bounce",
    "create": "Profile created",
    "note": "Note to colleagues",
    "email_address": "Address in Zendesk",
    "primary_email": "Primary address in Zendesk",
    "profile_email": "Address in Sailthru",
    "sync": "Written by a sync",
    "switch": "Sync switched on",
    "consent": "Consent confirmed",
    "approval": "Limit allowed",
    "limits": "Limits of a sync",
    "erasure": "Customer erased there",
    "erasure_approval": "Erasure approved",
    "lead_request": "Request to a lead",
    "event_action": "Action of events saved",
    "event_switch": "Delivery by itself switched",
    "event_end": "Event delivered",
    "event_again": "Event opened again",
    "event_pause": "Source of events held back",
    "event_resume": "Source of events goes on",
    "sell_export": "Export from Sell",
    "data_store": "Everybody's data switched",
    "export": "People exported",
    "team": "Computer of the team",
    "restart": "New segment of the record",
}


def team_entry_subject(entry: TeamEntry) -> str:
    """Say what somebody did at another desk, without a value: “Opt-out”, “List: Newsletter”."""
    kind = _KINDS.get(entry.kind, entry.kind.replace("_", " ").capitalize())
    return f"{kind}: {entry.name}" if entry.name else kind
