"""What a rule waits for: something that happens to a customer, and whom it happened to.

A rule is a sync whose source are those people (`SourceKind.RULE`); the rest of it is any sync's.
"""

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

# Before it is switched on, its preview shows to whom it happened in so many days.
PREVIEW_DAYS = 28
# So many people at most: each is read singly from the service.
PREVIEW_PEOPLE = 1000
# A pause by a rule ends with the customer's last open ticket, or after so many days.
MAX_RULE_PAUSE_DAYS = 90


class RuleTrigger(Enum):
    """What makes a rule act on a customer."""

    TICKET_CREATED = "ticket_created"
    TICKET_SOLVED = "ticket_solved"
    TICKET_CLOSED = "ticket_closed"
    PHRASE = "phrase"
    BAD_RATING = "bad_rating"
    FRUSTRATED = "frustrated"
    VALUE_CHANGED = "value_changed"
    ENTERED_SEGMENT = "entered_segment"

    @property
    def label(self) -> str:
        """What happens, as a rule's form and card say it."""
        return _TRIGGER_LABELS[self]

    @property
    def reads_lists(self) -> bool:
        """Whether what happens is seen in Sailthru's lists, and not in Zendesk."""
        return self in (RuleTrigger.FRUSTRATED, RuleTrigger.VALUE_CHANGED)


_TRIGGER_LABELS = MappingProxyType(
    {
        RuleTrigger.TICKET_CREATED: "A ticket is created",
        RuleTrigger.TICKET_SOLVED: "A ticket is solved",
        RuleTrigger.TICKET_CLOSED: "A ticket is closed",
        RuleTrigger.PHRASE: "A new ticket says a phrase",
        RuleTrigger.BAD_RATING: "A rating is bad",
        RuleTrigger.FRUSTRATED: "Health turns frustrated",
        RuleTrigger.VALUE_CHANGED: "Customer value changes",
        RuleTrigger.ENTERED_SEGMENT: "Somebody comes into the segment",
    }
)


class PhrasePlace(Enum):
    """Where a rule looks for its phrase in a ticket."""

    TEXT = "text"
    SUBJECT = "subject"
    MESSAGE = "message"
    TAG = "tag"

    @property
    def label(self) -> str:
        """The place as a rule's form says it."""
        return _PLACE_LABELS[self]


_PLACE_LABELS = MappingProxyType(
    {
        PhrasePlace.TEXT: "subject or message",
        PhrasePlace.SUBJECT: "subject",
        PhrasePlace.MESSAGE: "message",
        PhrasePlace.TAG: "tag",
    }
)


@dataclass(frozen=True)
class RuleEvent:
    """One thing that happened to a customer. `key` names it for ever; `at` is in Unix seconds.

    `person_id` is their Zendesk user id; `ticket_id` and `subject` are of the ticket it was about,
    None and empty where it was about none. `target_id` is the record (sid or user id) in which it
    shows, `other_target_id` a second one, and `fields` are their plan fields, or `lists.` for any
    list and `tags.` for any tag: where a rule has written one of them since `before_at`, it was the
    rule that made it happen.
    """

    key: str
    person_id: int
    at: float
    ticket_id: int | None = None
    subject: str = ""
    target_id: str = ""
    fields: tuple[str, ...] = ()
    before_at: float = 0.0
    other_target_id: str = ""
