"""Reads “Did the mail go out?” for `fairlead why` and `lookup --mail`, and formats its lines."""

from collections.abc import Iterator

from desktop.app.container import WorkspaceServices
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import AppError
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.mail_trail import MailEntry, MailOutcome, MailTrail

_WORDS = {
    MailOutcome.SENT: "sent",
    MailOutcome.SCHEDULED: "scheduled",
    MailOutcome.BOUNCED: "bounced",
    MailOutcome.SUPPRESSED: "held back",
    MailOutcome.UNKNOWN: "not known",
}


async def read_mail(services: WorkspaceServices, sheet: CustomerSheet) -> MailTrail | None:
    """Read a customer's last e-mails for a command; None without a profile.

    What keeps Sailthru from answering is a sentence of the trail.
    """
    profile = sheet.profile.value
    if profile is None:
        return None
    try:
        return await services.read_mail_trail(profile)
    except AppError as error:
        return MailTrail((), (f"The last e-mails could not be read: {error}",))


def mail_lines(trail: MailTrail | None) -> Iterator[str]:
    """Format a customer's last e-mails as lines of a command."""
    if trail is None:
        return
    yield "Did the mail go out?"
    for entry in trail.entries:
        yield f"  {_entry_line(entry)}"
    if not trail.entries:
        yield "  No e-mail is known."
    for name in trail.refused_templates:
        yield f"  Unsubscribed from the single e-mail “{name}”."
    for sentence in trail.unknown:
        yield f"  Not known: {sentence}"


def _entry_line(entry: MailEntry) -> str:
    at = iso_timestamp(entry.at) if entry.at is not None else "at an unknown time"
    reason = f": {entry.reason}" if entry.reason else ""
    opened = f", opened {iso_timestamp(entry.opened_at)}" if entry.opened_at is not None else ""
    kind = "campaign " if entry.is_campaign else ""
    return f"{at}  {kind}{entry.name}  {_WORDS[entry.outcome]}{reason}{opened}"
