"""Conditions that pick people of the data workspace: field, operator, value; and/or groups.

The fields stand in one table: the parser, the window, the command line's help and the query are
made from it.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from desktop.model.customer_health import CustomerHealth
from desktop.model.engagement_level import ENGAGEMENT_LABELS
from desktop.model.optout_level import OptOutLevel
from desktop.model.service import Service


class AudienceFieldKind(Enum):
    """What a field of the audience holds, which decides its operators."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    # One of a few values.
    CHOICE = "choice"
    # Somebody has several: tags, lists, what their tickets have.
    SET = "set"
    # Words in a row, found by the full-text index.
    PHRASE = "phrase"
    # A user field of the account, whatever it holds.
    CUSTOM = "custom"


class AudienceOperator(Enum):
    """The test of a condition; the value is how it is written."""

    IS = "is"
    IS_NOT = "is not"
    CONTAINS = "contains"
    CONTAINS_NOT = "does not contain"
    BEGINS = "begins with"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    BEFORE = "before"
    AFTER = "after"
    WITHIN = "within"
    OLDER = "older than"
    SET = "is set"
    NOT_SET = "is not set"
    READ = "is read"
    NOT_READ = "is not read"

    @property
    def takes_value(self) -> bool:
        """Whether a condition with this operator compares with a value."""
        return self not in _WITHOUT_VALUE


_WITHOUT_VALUE = frozenset(
    {
        AudienceOperator.SET,
        AudienceOperator.NOT_SET,
        AudienceOperator.READ,
        AudienceOperator.NOT_READ,
    }
)
_O = AudienceOperator
_PRESENCE = (_O.SET, _O.NOT_SET)
OPERATORS: Mapping[AudienceFieldKind, tuple[AudienceOperator, ...]] = MappingProxyType(
    {
        AudienceFieldKind.TEXT: (
            _O.IS, _O.IS_NOT, _O.CONTAINS, _O.CONTAINS_NOT, _O.BEGINS, *_PRESENCE,
        ),
        AudienceFieldKind.NUMBER: (
            _O.AT_LEAST, _O.AT_MOST, _O.IS, _O.IS_NOT, _O.MORE, _O.LESS, *_PRESENCE,
        ),
        AudienceFieldKind.DATE: (_O.WITHIN, _O.OLDER, _O.BEFORE, _O.AFTER, *_PRESENCE),
        AudienceFieldKind.CHOICE: (_O.IS, _O.IS_NOT, *_PRESENCE),
        AudienceFieldKind.SET: (_O.IS, _O.IS_NOT, *_PRESENCE),
        AudienceFieldKind.PHRASE: (_O.CONTAINS, _O.CONTAINS_NOT),
        AudienceFieldKind.CUSTOM: (
            _O.IS, _O.IS_NOT, _O.CONTAINS, _O.CONTAINS_NOT, _O.AT_LEAST, _O.AT_MOST, _O.MORE,
            _O.LESS, *_PRESENCE,
        ),
    }
)  # fmt: skip


@dataclass(frozen=True)
class AudienceField:
    """A field by which people are picked: its name in an expression, its label on screen.

    `choices` are the values of a CHOICE, with their labels. `service` tells it.
    """

    name: str
    label: str
    kind: AudienceFieldKind
    service: Service
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def operators(self) -> tuple[AudienceOperator, ...]:
        """The operators that the field takes; what Sailthru tells may be not read."""
        own = OPERATORS[self.kind]
        if self.service is Service.SAILTHRU:
            return (*own, AudienceOperator.READ, AudienceOperator.NOT_READ)
        return own


TICKET_STATUSES = MappingProxyType(
    {
        "new": "New", "open": "Open", "pending": "Pending", "hold": "On-hold", "solved": "Solved",
        "closed": "Closed",
    }
)  # fmt: skip
KNOWN_IN_LABELS = MappingProxyType(
    {"both": "Both services", "zendesk": "Zendesk alone", "sailthru": "Sailthru alone"}
)
RATING_LABELS = MappingProxyType({"good": "Good", "bad": "Bad"})
HEALTH_LABELS = MappingProxyType({health.value: health.label for health in CustomerHealth})
OPTOUT_LABELS = MappingProxyType({level.value: level.label for level in OptOutLevel})
_PRIORITIES = MappingProxyType({name: name.capitalize() for name in ("low", "normal", "high")} | {
    "urgent": "Urgent"})  # fmt: skip
_K, _ZENDESK, _SAILTHRU = AudienceFieldKind, Service.ZENDESK, Service.SAILTHRU

AUDIENCE_FIELDS: Mapping[str, AudienceField] = MappingProxyType(
    {
        field.name: field
        for field in (
            AudienceField("known_in", "Known in", _K.CHOICE, _ZENDESK, KNOWN_IN_LABELS),
            AudienceField("name", "Name", _K.TEXT, _ZENDESK),
            AudienceField("email", "E-mail", _K.TEXT, _ZENDESK),
            AudienceField("phone", "Phone", _K.TEXT, _ZENDESK),
            AudienceField("external_id", "External id", _K.TEXT, _ZENDESK),
            AudienceField("organization", "Organisation", _K.TEXT, _ZENDESK),
            AudienceField("locale", "Language", _K.TEXT, _ZENDESK),
            AudienceField("created", "Created", _K.DATE, _ZENDESK),
            AudienceField("tag", "Tag", _K.SET, _ZENDESK),
            AudienceField("tickets", "Tickets", _K.NUMBER, _ZENDESK),
            AudienceField("open_tickets", "Open tickets", _K.NUMBER, _ZENDESK),
            AudienceField("last_ticket", "Last ticket", _K.DATE, _ZENDESK),
            AudienceField(
                "last_ticket_status", "Last ticket's status", _K.CHOICE, _ZENDESK, TICKET_STATUSES
            ),
            AudienceField("ticket_created", "A ticket created", _K.DATE, _ZENDESK),
            AudienceField("ticket_tag", "Ticket tag", _K.SET, _ZENDESK),
            AudienceField("ticket_status", "A ticket's status", _K.SET, _ZENDESK, TICKET_STATUSES),
            AudienceField("ticket_priority", "A ticket's priority", _K.SET, _ZENDESK, _PRIORITIES),
            AudienceField("ticket_channel", "A ticket's channel", _K.SET, _ZENDESK),
            AudienceField("assignee", "A ticket's assignee", _K.SET, _ZENDESK),
            AudienceField("text", "Ticket text", _K.PHRASE, _ZENDESK),
            AudienceField("subject", "Ticket subject", _K.PHRASE, _ZENDESK),
            AudienceField("body", "Ticket message", _K.PHRASE, _ZENDESK),
            AudienceField("rating", "Rating", _K.CHOICE, _ZENDESK, RATING_LABELS),
            AudienceField("rated", "Rated", _K.DATE, _ZENDESK),
            AudienceField("list", "List", _K.SET, _SAILTHRU),
            AudienceField("health", "Health", _K.CHOICE, _SAILTHRU, HEALTH_LABELS),
            AudienceField("value", "Customer value", _K.NUMBER, _SAILTHRU),
            AudienceField("predicted", "Predicted amount", _K.NUMBER, _SAILTHRU),
            AudienceField("engagement", "Engagement", _K.CHOICE, _SAILTHRU, ENGAGEMENT_LABELS),
            AudienceField("optout", "Opt-out", _K.CHOICE, _SAILTHRU, OPTOUT_LABELS),
            AudienceField("last_open", "Last open", _K.DATE, _SAILTHRU),
            AudienceField("last_click", "Last click", _K.DATE, _SAILTHRU),
        )
    }
)
CUSTOM_PREFIX = "field."


@dataclass(frozen=True)
class AudienceCondition:
    """A condition on one field. `value` is a text, a number, or for a date a day `YYYY-MM-DD`.

    Of WITHIN and OLDER it is a number of days.
    """

    field: str
    operator: AudienceOperator
    value: str | float | None = None

    @property
    def definition(self) -> AudienceField:
        """The condition's field; a user field of the account is made from its key."""
        return find_field(self.field)


@dataclass(frozen=True)
class AudienceGroup:
    """Conditions joined by `and` or `or`; groups of the outermost one hold conditions alone."""

    items: tuple["AudienceCondition | AudienceGroup", ...] = ()
    is_any: bool = False

    @property
    def is_everybody(self) -> bool:
        """Whether the group has no condition at all."""
        return not self.items

    def conditions(self) -> Iterator[AudienceCondition]:
        """Yield every condition of the group, in the order in which they are written."""
        for item in self.items:
            if isinstance(item, AudienceGroup):
                yield from item.conditions()
            else:
                yield item


EVERYBODY = AudienceGroup()


def with_values(group: AudienceGroup, field: str, change: Callable[[str], str]) -> AudienceGroup:
    """Return a group whose text values of one field are changed."""

    def change_value(condition: AudienceCondition) -> AudienceCondition:
        if condition.field != field or not isinstance(condition.value, str):
            return condition
        return dataclasses.replace(condition, value=change(condition.value))

    return dataclasses.replace(
        group,
        items=tuple(
            with_values(item, field, change)
            if isinstance(item, AudienceGroup)
            else change_value(item)
            for item in group.items
        ),
    )


# Fields whose value may tell who somebody is; so may that of any user field of the account.
_PERSONAL_FIELDS = frozenset(("name", "email", "phone", "external_id", "text", "subject", "body"))
HIDDEN_VALUE = "(hidden)"


def hide_values(group: AudienceGroup) -> AudienceGroup:
    """Return a group without the values that may tell who somebody is, for what is kept."""

    def hide(condition: AudienceCondition) -> AudienceCondition:
        is_personal = condition.field in _PERSONAL_FIELDS or condition.field.startswith(
            CUSTOM_PREFIX
        )
        if condition.value is None or not is_personal:
            return condition
        return dataclasses.replace(condition, value=HIDDEN_VALUE)

    return dataclasses.replace(
        group,
        items=tuple(
            hide_values(item) if isinstance(item, AudienceGroup) else hide(item)
            for item in group.items
        ),
    )


def find_field(name: str) -> AudienceField:
    """Return the field of a name; `field.KEY` is a user field. Raises KeyError for others."""
    if name.startswith(CUSTOM_PREFIX) and len(name) > len(CUSTOM_PREFIX):
        key = name.removeprefix(CUSTOM_PREFIX)
        return AudienceField(name, key.replace("_", " ").capitalize(), _K.CUSTOM, _ZENDESK)
    return AUDIENCE_FIELDS[name]


def join_all(groups: Sequence[AudienceGroup]) -> AudienceGroup:
    """Join groups so that all of them have to hold, without needless nesting."""
    items: list[AudienceCondition | AudienceGroup] = []
    for group in groups:
        if group.is_any and len(group.items) > 1:
            items.append(group)
        else:
            items += group.items
    return AudienceGroup(tuple(items))
