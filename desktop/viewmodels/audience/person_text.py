"""What a person of the audience has, in words: for the table, the peek, and exported files.

Not set, not rated and not read are three different things, and nobody's name is empty.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from desktop.model.audience_condition import (
    HEALTH_LABELS,
    OPTOUT_LABELS,
    RATING_LABELS,
    TICKET_STATUSES,
    AudienceFieldKind,
)
from desktop.model.audience_person import (
    AudienceColumn,
    AudiencePerson,
    ConditionEvidence,
    PeopleColumn,
    UserFieldColumn,
)
from desktop.model.engagement_level import ENGAGEMENT_LABELS
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.viewmodels.file_export import RowFormat
from desktop.viewmodels.time_format import format_elapsed

NO_NAME, NOT_SET, NOT_READ, NOT_RATED = "No name", "Not set", "Not read", "Not rated"
NO_TICKET, NO_LIST, SEVERAL_PROFILES = "No ticket", "On none of them", "Several profiles"
_MAX_LISTS_SHOWN = 1
_C = AudienceColumn
NOT_IN_ZENDESK = "Not in Zendesk"
# An export tells the address of a profile by a hash alone.
_MISSING_TEXTS: Mapping[PeopleColumn, str] = {_C.EMAIL: NOT_READ}
# An id is a name, which Excel would round.
_NUMBERS = frozenset((_C.TICKETS, _C.OPEN_TICKETS, _C.VALUE, _C.PREDICTED))


def cell_lines(person: AudiencePerson, column: PeopleColumn, now: float) -> tuple[str, str]:
    """Return a person's cell as its main line and a second one, "" where one is enough."""
    if column.service is Service.SAILTHRU and not person.is_profile_read:
        return (SEVERAL_PROFILES if person.is_ambiguous else NOT_READ), ""
    if column is _C.NAME:
        return _name(person), person.email
    if _is_missing(person, column):
        return _MISSING_TEXTS.get(column, NOT_IN_ZENDESK), ""
    if column is _C.LAST_TICKET:
        return _last_ticket_lines(person, now)
    if column is _C.RATING:
        label = RATING_LABELS.get(person.last_rating or "", "")
        return (label, _elapsed(person.last_rating_at, now)) if label else (NOT_RATED, "")
    if column is _C.LISTS:
        rest = len(person.lists) - _MAX_LISTS_SHOWN
        return (
            person.lists[0] if person.lists else NO_LIST
        ), f"and {rest} more" if rest > 0 else ""
    return cell_text(person, column, now), ""


def cell_text(person: AudiencePerson, column: PeopleColumn, now: float) -> str:
    """Return a person's cell in one line."""
    if column.service is Service.SAILTHRU and not person.is_profile_read:
        return SEVERAL_PROFILES if person.is_ambiguous else NOT_READ
    if _is_missing(person, column):
        return _MISSING_TEXTS.get(column, NOT_IN_ZENDESK)
    if isinstance(column, UserFieldColumn):
        return _field_text(person.user_fields.get(column.key))
    texts = {
        _C.NAME: _name(person),
        _C.EMAIL: person.email or NOT_SET,
        _C.PHONE: person.phone or NOT_SET,
        _C.EXTERNAL_ID: person.external_id or NOT_SET,
        _C.ID: str(person.id),
        _C.ORGANIZATION: person.organization or NOT_SET,
        _C.LOCALE: person.locale or NOT_SET,
        _C.CREATED: _ago(person.created_at, now),
        _C.TAGS: ", ".join(person.tags) or "None",
        _C.TICKETS: f"{person.ticket_count:,}",
        _C.OPEN_TICKETS: f"{person.open_count:,}",
        _C.LAST_TICKET: ", ".join(filter(None, _last_ticket_lines(person, now))),
        _C.RATING: RATING_LABELS.get(person.last_rating or "", NOT_RATED),
        _C.VALUE: NOT_SET if person.value_segment is None else f"{person.value_segment} of 4",
        _C.PREDICTED: NOT_SET if person.value_amount is None else f"{person.value_amount:,.2f}",
        _C.HEALTH: HEALTH_LABELS.get(person.health or "", NOT_SET),
        _C.LISTS: ", ".join(person.lists) or NO_LIST,
        _C.OPTOUT: OPTOUT_LABELS.get(person.optout or "", NOT_READ),
        _C.ENGAGEMENT: ENGAGEMENT_LABELS.get(person.engagement or "", person.engagement or NOT_SET),
        _C.LAST_OPEN: _ago(person.last_open_at, now),
        _C.LAST_CLICK: _ago(person.last_click_at, now),
        _C.SID: person.sid or NOT_READ,
    }
    return texts[column]


def _name(person: AudiencePerson) -> str:
    if person.name or person.is_in_zendesk:
        return person.name or NO_NAME
    return f"Profile {person.sid}"


def _field_text(value: Json) -> str:
    """Format the value of a user field: a checkbox as a word, several choices as a list."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOT_SET
    return NOT_SET if value in (None, "") else str(value)


def _is_missing(person: AudiencePerson, column: PeopleColumn) -> bool:
    """Whether nobody tells a column of somebody who is known to Sailthru alone."""
    if person.is_in_zendesk or column.service is Service.SAILTHRU or column is _C.NAME:
        return False
    return not (
        (column is _C.EMAIL and person.email) or (column is _C.EXTERNAL_ID and person.external_id)
    )


def evidence_text(evidence: ConditionEvidence, person: AudiencePerson, now: float) -> str:
    """Say what somebody has of a condition's field: why they fit it, or do not."""
    condition = evidence.condition
    field = condition.definition
    if field.kind is AudienceFieldKind.PHRASE:
        return "Found" if evidence.is_met else "Not found"
    if condition.field == "last_ticket":
        return NO_TICKET if person.last_ticket_at is None else _ago(person.last_ticket_at, now)
    if condition.field == "last_ticket_status":
        return TICKET_STATUSES.get(person.last_ticket_status or "", NO_TICKET)
    column = _COLUMN_OF_FIELD.get(condition.field)
    if column is not None:
        text = cell_text(person, column, now)
        age = _elapsed(person.last_rating_at, now) if column is _C.RATING else ""
        return f"{text}, {age}" if age else text
    # What only their tickets or user fields have is told by the condition itself.
    return "Yes" if evidence.is_met else "No"


def cell_value(person: AudiencePerson, column: PeopleColumn) -> Json:
    """Return a person's cell for a program: numbers, ISO 8601 times in UTC, lists; null if not set.

    What was not read of somebody is null too; `profile_read` beside it says which.
    """
    if _is_missing(person, column):
        return None
    if isinstance(column, UserFieldColumn):
        return person.user_fields.get(column.key)
    values: dict[AudienceColumn, Json] = {
        _C.NAME: person.name,
        _C.EMAIL: person.email or None,
        _C.PHONE: person.phone or None,
        _C.EXTERNAL_ID: person.external_id or None,
        _C.ID: person.id,
        _C.ORGANIZATION: person.organization or None,
        _C.LOCALE: person.locale or None,
        _C.CREATED: _iso(person.created_at),
        _C.TAGS: list(person.tags),
        _C.TICKETS: person.ticket_count,
        _C.OPEN_TICKETS: person.open_count,
        _C.LAST_TICKET: _iso(person.last_ticket_at),
        _C.RATING: person.last_rating,
        _C.VALUE: person.value_segment,
        _C.PREDICTED: person.value_amount,
        _C.HEALTH: person.health,
        _C.LISTS: list(person.lists) if person.is_profile_read else None,
        _C.OPTOUT: person.optout,
        _C.ENGAGEMENT: person.engagement,
        _C.LAST_OPEN: _iso(person.last_open_at),
        _C.LAST_CLICK: _iso(person.last_click_at),
        _C.SID: person.sid,
    }
    return values[column]


def file_cell(person: AudiencePerson, column: PeopleColumn) -> str:
    """Return a person's cell for a file: exact times, and words for what is not known."""
    if column.service is Service.SAILTHRU:
        unread = person.optout is None if column is _C.OPTOUT else not person.is_profile_read
        if unread:
            return NOT_READ
    if _is_missing(person, column):
        return _MISSING_TEXTS.get(column, NOT_IN_ZENDESK)
    value = cell_value(person, column)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def person_document(person: AudiencePerson, columns: Sequence[PeopleColumn]) -> dict[str, Json]:
    """Return a person as the object that `fairlead audience --json` prints."""
    return {
        "id": person.id if person.is_in_zendesk else None,
        "known_in": person.known_in,
        **({} if person.is_in_zendesk else {"sid": person.sid}),
        **{column.value: cell_value(person, column) for column in columns},
        "profile_read": person.is_profile_read,
    }


def people_format(columns: Sequence[PeopleColumn]) -> RowFormat[AudiencePerson]:
    """Return how people are written to a file with these columns."""
    numbers = (place for place, column in enumerate(columns) if column in _NUMBERS)
    return RowFormat(
        [column.label for column in columns],
        lambda person: [[file_cell(person, column) for column in columns]],
        lambda person: person_document(person, columns),
        frozenset(numbers),
    )


def _last_ticket_lines(person: AudiencePerson, now: float) -> tuple[str, str]:
    if person.last_ticket_id is None:
        return NO_TICKET, ""
    status = TICKET_STATUSES.get(person.last_ticket_status or "", "")
    age = _elapsed(person.last_ticket_at, now)
    return f"#{person.last_ticket_id}", ", ".join(filter(None, (status, age)))


def _elapsed(at: float | None, now: float) -> str:
    return "" if at is None else format_elapsed(at, now)


def _ago(at: float | None, now: float) -> str:
    """Format how long ago a time was, “Not set” without one."""
    words = _elapsed(at, now)
    return f"{words} ago" if words not in ("", "now") else words or NOT_SET


def _iso(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


_COLUMN_OF_FIELD = {
    "name": _C.NAME, "email": _C.EMAIL, "phone": _C.PHONE, "external_id": _C.EXTERNAL_ID,
    "organization": _C.ORGANIZATION, "locale": _C.LOCALE, "created": _C.CREATED, "tag": _C.TAGS,
    "tickets": _C.TICKETS, "open_tickets": _C.OPEN_TICKETS, "last_ticket": _C.LAST_TICKET,
    "last_ticket_status": _C.LAST_TICKET, "rating": _C.RATING, "rated": _C.RATING,
    "list": _C.LISTS, "health": _C.HEALTH, "value": _C.VALUE, "predicted": _C.PREDICTED,
    "engagement": _C.ENGAGEMENT, "optout": _C.OPTOUT, "last_open": _C.LAST_OPEN,
    "last_click": _C.LAST_CLICK,
}  # fmt: skip
