"""The six actions of events in Zendesk: trigger, switch, mapping and options, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from desktop.events.event import Event
from desktop.events.event_mapping import EventMapping, MappingError, compile_mapping
from desktop.events.trigger import Trigger, compile_trigger
from desktop.model.field_mapping import MappingOperator
from desktop.model.json_value import Json


class ActionKind(Enum):
    """What an action does in Zendesk. One identify may fire two: the user comes before the rest."""

    UPSERT_USER = "upsert_user"
    ORG_MEMBERSHIP = "org_membership"
    UPSERT_ORG = "upsert_org"
    CREATE_TICKET = "create_ticket"
    UPDATE_TICKET = "update_ticket"
    TRACK_EVENT = "track_event"

    @property
    def label(self) -> str:
        """The action as the window and the command line show it."""
        return _LABELS[self]

    @property
    def is_built_on(self) -> bool:
        """Whether later events need the record that the action makes or describes.

        Tickets and events only add to it; who belongs where is compared with later events.
        """
        return self in _BUILT_ON

    @classmethod
    def find(cls, text: str) -> "ActionKind | None":
        """Find an action by its key, its label, or a name that it has elsewhere."""
        wanted = " ".join(text.replace("_", " ").lower().split())
        for kind in cls:
            names = (kind.value.replace("_", " "), kind.label.lower(), *_OTHER_NAMES.get(kind, ()))
            if wanted in names:
                return kind
        return None


_BUILT_ON = {ActionKind.UPSERT_USER, ActionKind.UPSERT_ORG}
# As Customer.io calls them, in its table and in its text.
_OTHER_NAMES = {
    ActionKind.UPSERT_USER: ("upsert user", "identify user"),
    ActionKind.ORG_MEMBERSHIP: ("update organization membership", "organization membership"),
    ActionKind.UPSERT_ORG: ("upsert organization", "create or update organization"),
}
_LABELS = {
    ActionKind.UPSERT_USER: "Create or update user",
    ActionKind.ORG_MEMBERSHIP: "Change membership",
    ActionKind.UPSERT_ORG: "Create or update organisation",
    ActionKind.CREATE_TICKET: "Create ticket",
    ActionKind.UPDATE_TICKET: "Update ticket",
    ActionKind.TRACK_EVENT: "Track event",
}


class OrganizationIdKind(Enum):
    """What an event's company id and group id are in Zendesk; AUTO stops where both fit."""

    AUTO = "auto"
    EXTERNAL_ID = "external_id"
    ZENDESK_ID = "zendesk_id"


@dataclass(frozen=True)
class ActionOptions:
    """The options of an action; each counts for some kinds only.

    `verified` and `skip_verify_email` are sent on create alone: an update never un-verifies.
    `public_comment`: the customer sees the comment, and Zendesk may mail it. `source_name` is the
    application that events of users are shown under; Zendesk keeps “zendesk” for itself.
    """

    verified: bool = False
    skip_verify_email: bool = False
    public_comment: bool = False
    source_name: str = "fairlead"
    organization_id: OrganizationIdKind = OrganizationIdKind.AUTO


@dataclass(frozen=True)
class EventAction:
    """One action: it fires for the events that `trigger` picks, and `mapping` makes its fields.

    `operators` say for single fields (`tags`, `user_fields.points`) how the event's value joins
    the one in Zendesk; without one it is set.
    """

    kind: ActionKind
    trigger: str
    mapping: Mapping[str, Json]
    is_on: bool = True
    operators: Mapping[str, MappingOperator] = field(default_factory=dict)
    options: ActionOptions = field(default_factory=ActionOptions)

    def compile(self) -> "CompiledAction":
        """Compile trigger and mapping. Raises TriggerError and MappingError."""
        mapping = compile_mapping(self.mapping)
        unknown = set(mapping.fields) - MAPPED_FIELDS[self.kind]
        if unknown:
            raise MappingError(
                f"{self.kind.label} has no field “{min(unknown)}”.",
                f"There are {', '.join(sorted(MAPPED_FIELDS[self.kind]))}.",
            )
        return CompiledAction(self, compile_trigger(self.trigger), mapping)


@dataclass(frozen=True)
class CompiledAction:
    """An action with its trigger and mapping compiled."""

    action: EventAction
    trigger: Trigger
    mapping: EventMapping

    @property
    def kind(self) -> ActionKind:
        """Which of the six kinds the event action is."""
        return self.action.kind

    def fires_for(self, event: Event) -> bool:
        """Whether the action is on and its trigger picks the event."""
        return self.action.is_on and self.trigger.matches(event.body)

    @cached_property
    def mapped_traits(self) -> frozenset[str]:
        """The traits that the mapping reads by name, which are no further fields therefore."""
        paths = (path.split(".") for path in self.mapping.paths)
        return frozenset(path[1] for path in paths if path[0] == "traits" and len(path) > 1)


# The fields of a mapping by action. `user` says by what the user is found: `zendesk_user_id`,
# `email`, `external_id`. Under `user_fields`, `organization_fields` and `properties` are any.
_TICKET_FIELDS = frozenset({"user", "subject", "comment", "priority", "status", "type", "tags"})
MAPPED_FIELDS: Mapping[ActionKind, frozenset[str]] = {
    ActionKind.UPSERT_USER: frozenset(
        {
            *("zendesk_user_id", "email", "external_id", "name", "phone", "time_zone"),
            *("organization_id", "tags", "notes", "details", "user_fields"),
        }
    ),
    ActionKind.ORG_MEMBERSHIP: frozenset({"user", "organization", "remove"}),
    ActionKind.UPSERT_ORG: frozenset(
        {
            *("external_id", "name", "domain_names", "tags", "notes", "details", "url"),
            *("deleted", "organization_fields", "user"),
        }
    ),
    ActionKind.CREATE_TICKET: _TICKET_FIELDS,
    ActionKind.UPDATE_TICKET: _TICKET_FIELDS | {"ticket_id", "external_id"},
    ActionKind.TRACK_EVENT: frozenset({"user", "type", "description", "created_at", "properties"}),
}
