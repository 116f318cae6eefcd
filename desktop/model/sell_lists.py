"""The Sailthru lists that syncs with Zendesk Sell keep, and a lead's status by them; pure.

A lead's status is the list it was added to last (S3-17).
"""

import re
from collections.abc import Iterable, Mapping

SELL_LIST_PREFIX = "Zendesk Sell - "
CONTACTS_LIST = f"{SELL_LIST_PREFIX}Contacts"
# U+FF04 stands for the dollar of a status; U+FE69, the small one, stands before either of the two
# where a status has it itself, so that each list stands for one status.
_WIDE_DOLLAR, _ESCAPE = "\uff04", "\ufe69"
_OWN_SIGN = re.compile(f"[{_WIDE_DOLLAR}{_ESCAPE}]")
_SIGN_IN_LIST = re.compile(f"{_ESCAPE}([{_WIDE_DOLLAR}{_ESCAPE}])|{_WIDE_DOLLAR}")
LEADS_LIST_PREFIX = f"{SELL_LIST_PREFIX}Leads: "
# The field of a source record that a leads sync makes of its lists.
LEAD_STATUS_FIELD = "lead_status"


def leads_list(status: str) -> str:
    """Return the name of the list for a lead status, as Sell spells it (S3-15).

    Sailthru takes no `$` in a list's name: its full-width form (U+FF04) stands for it.
    """
    spelled = _OWN_SIGN.sub(lambda found: f"{_ESCAPE}{found[0]}", status)
    return f"{LEADS_LIST_PREFIX}{spelled.replace('$', _WIDE_DOLLAR)}"


def status_of_list(name: str) -> str:
    """Return the lead status that a Sailthru list stands for; "" for any other list."""
    if not name.startswith(LEADS_LIST_PREFIX):
        return ""
    return _SIGN_IN_LIST.sub(lambda found: found[1] or "$", name.removeprefix(LEADS_LIST_PREFIX))


def lead_lists_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of these lists that stand for a lead status, in order."""
    return tuple(sorted(name for name in names if status_of_list(name)))


def find_last_joined(joined_at: Mapping[str, float | None]) -> tuple[str, ...]:
    """Return the lead list that was joined last; several where Sailthru does not say which.

    `joined_at`: Unix seconds by list, as Sailthru tells them; lists of no status are ignored.
    """
    times = {name: joined_at[name] for name in lead_lists_of(joined_at)}
    if len(times) < 2:
        return tuple(times)
    if any(at is None for at in times.values()):
        return tuple(times)
    last = max(at for at in times.values() if at is not None)
    return tuple(name for name, at in times.items() if at == last)
