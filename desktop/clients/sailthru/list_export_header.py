"""Parses the header of a Sailthru list export: the column of each field and var, by name.

The names are those of docs/sailthru.md 2.4; neither their order nor their number is
promised, and the vars that were asked for stand among them under their own names.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from desktop.kit.errors import ServiceError

SID_COLUMN, EMAIL_HASH_COLUMN, EMAIL_COLUMN, EXTID_COLUMN = (
    "Profile Id",
    "Email Hash",
    "Email",
    "Extid",
)
ENGAGEMENT_COLUMN, LISTS_COLUMN, EMAIL_STATUS_COLUMN = "Engagement", "Lists", "Email Status"
# Column → what a look-up calls it.
ACTIVITY_COLUMNS = {
    "Profile Created Date": "create_time",
    "Signup": "signup_time",
    "Last Open": "open_time",
    "Last Click": "click_time",
    "Last Pageview": "view_time",
    "Optout Time": "optout_time",
}
LIFETIME_COLUMNS = {
    "Opens": "lifetime_open",
    "Clicks": "lifetime_click",
    "Pageviews": "lifetime_pv",
    "Lifetime Message": "lifetime_message",
    "Purchase Count": "lifetime_purchase",
    "Purchase Price": "lifetime_purchase_price",
}
_KNOWN_COLUMNS = (
    SID_COLUMN,
    EMAIL_HASH_COLUMN,
    EMAIL_COLUMN,
    EXTID_COLUMN,
    ENGAGEMENT_COLUMN,
    LISTS_COLUMN,
    EMAIL_STATUS_COLUMN,
    *ACTIVITY_COLUMNS,
    *LIFETIME_COLUMNS,
)


@dataclass(frozen=True)
class ExportHeader:
    """The columns of Sailthru's list export: names to indexes; `width` is a row's cells.

    `repeated` are names that stood there again: the first column of a name counts.
    """

    columns: Mapping[str, int]
    vars: Mapping[str, int]
    width: int
    repeated_columns: tuple[str, ...] = ()


def parse_export_header(names: Sequence[str], wanted: Iterable[str]) -> ExportHeader:
    """Parse a list export's header: the known columns and those of the vars `wanted`.

    Case and spaces do not matter, but an exact name goes before one that only resembles: a var
    may well be called `lists` beside the column `Lists`. Raises ServiceError where nothing
    tells whose row a row is.
    """
    # By index, not by name: a var may have a column's name.
    left = {place: name.strip() for place, name in enumerate(names)}
    parameters = tuple(dict.fromkeys(wanted))
    columns = _match_columns(_KNOWN_COLUMNS, left, str)
    # Where not one name is written as we know it, `lists` is the column and not a var.
    found = _match_columns(parameters, left, str) if columns else {}
    columns |= _match_columns(_KNOWN_COLUMNS, left, _normalize_column, columns)
    found |= _match_columns(parameters, left, _normalize_column, found)
    if SID_COLUMN not in columns and EMAIL_HASH_COLUMN not in columns:
        raise changed_header_error()
    taken = {_normalize_column(name) for name in (*columns, *found)}
    repeated = (name for name in left.values() if _normalize_column(name) in taken)
    return ExportHeader(columns, found, len(names), tuple(dict.fromkeys(repeated)))


def changed_header_error() -> ServiceError:
    """Return the error for a Sailthru list export whose first line is not the known header."""
    error = ServiceError(
        "Sailthru’s export has a changed header.",
        "It names neither a profile id nor an email hash, so that no row tells whose it is.",
        "Report it; nothing of it was used.",
        is_outcome_unknown=False,
    )
    error.is_retryable = False
    return error


def _match_columns(
    wanted: Sequence[str],
    left: dict[int, str],
    read: Callable[[str], str],
    found_before: Container[str] = (),
) -> dict[str, int]:
    """Return the columns of a list export's `wanted` names; they are removed from `left`."""
    first: dict[str, int] = {}
    for place, name in left.items():
        first.setdefault(read(name), place)
    found: dict[str, int] = {}
    for name in wanted:
        here = first.pop(read(name), None) if name not in found_before else None
        if here is not None:
            found[name] = here
            del left[here]
    return found


def _normalize_column(name: str) -> str:
    return "".join(name.replace("_", " ").split()).casefold()
