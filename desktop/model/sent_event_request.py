"""One request of an event as it was sent: which record, and its fields before and after."""

from dataclasses import dataclass
from typing import NamedTuple

from desktop.model.json_value import Json


class WrittenField(NamedTuple):
    """One field that a request changes: its value in Zendesk before, and the wanted one."""

    field: str
    old: Json
    new: Json


@dataclass(frozen=True)
class SentEventRequest:
    """A request of an event. `is_applied`: Zendesk has answered it; else it may be applied.

    `effect` is create, update, add, remove or track; `record` user, organization, membership,
    ticket or event. `record_id` is Zendesk's, of a membership its organisation's; None where it is
    not known. `who` names the customer or organisation. `is_edited`: somebody has changed the row
    outside Fairlead, so that what stood before is not known.
    """

    event_id: int
    action: str
    effect: str
    record: str
    record_id: int | None
    user_id: int | None
    who: str
    changes: tuple[WrittenField, ...] = ()
    id: int = 0
    is_applied: bool = False
    is_undone: bool = False
    line: int = 0
    source_name: str = ""
    is_edited: bool = False
