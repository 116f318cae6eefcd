"""What the Reports page says of e-mails of reports that no mail server has taken yet."""

from collections.abc import Sequence

from desktop.kit.text import format_count
from desktop.store.report_notice_repository import WaitingMail
from desktop.viewmodels.time_format import format_full_date_and_time


def describe_waiting_mails(mails: Sequence[WaitingMail]) -> tuple[str, str]:
    """Return a title and a sentence on e-mails that wait, the first one's; "" twice for none.

    One that was not tried yet is on its way.
    """
    tried = [mail for mail in mails if mail.attempts]
    if not tried:
        return "", ""
    first = tried[0]
    title = f"“{first.title}” was not sent yet."
    if len(tried) > 1:
        title = f"{len(tried):,} e-mails of reports were not sent yet."
    tries = format_count(first.attempts, "attempt", "attempts")
    again = format_full_date_and_time(first.due_at)
    return title, f"After {tries} it is sent again from {again} on. {first.error}".rstrip()
