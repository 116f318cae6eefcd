"""Counts what a source of events would do to Zendesk, above its single requests."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from desktop.events.planned_request import PlannedRequest, RequestEffect
from desktop.model.json_value import Json
from desktop.model.workspace_kind import CONFIRM_OVER

# Of each effect the first lines are named; how many there are is always counted.
_LINES_NAMED = 1_000


def guess_field_type(value: Json) -> str:
    """Guess the Zendesk field type that a value would need: checkbox, integer, decimal or text."""
    if isinstance(value, bool):
        return "checkbox"
    if isinstance(value, int):
        return "integer"
    return "decimal" if isinstance(value, float) else "text"


@dataclass
class FieldNeed:
    """A field that events have values for and Zendesk has not: how often, and of which type."""

    count: int = 0
    first_line: int = 0
    types: set[str] = field(default_factory=set)

    def add(self, line: int, value: Json) -> None:
        """Count one more value that a field of Zendesk would get from events."""
        self.count += 1
        self.first_line = self.first_line or line
        self.types.add(guess_field_type(value))

    @property
    def type(self) -> str:
        """The narrowest field type that takes all values seen."""
        if len(self.types) == 1:
            return next(iter(self.types))
        return "decimal" if self.types == {"integer", "decimal"} else "text"


@dataclass
class LineCount:
    """How many events an effect concerns, and their first lines."""

    count: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        """Count one more event among the effects of a source."""
        self.count += 1
        if len(self.lines) < _LINES_NAMED:
            self.lines.append(line)

    def as_json(self) -> dict[str, Any]:
        """Return count and lines as they stand under `effects`."""
        return {"count": self.count, "lines": self.lines}


@dataclass
class PlanEffects:
    """What people will notice of a delivery, counted while the requests are planned."""

    created_users: int = 0
    verification_mails: int = 0
    emptied: Counter[str] = field(default_factory=Counter)
    removals: list[PlannedRequest] = field(default_factory=list)
    discarded: dict[str, FieldNeed] = field(default_factory=dict)
    organization_fields: dict[str, FieldNeed] = field(default_factory=dict)
    read_only: Counter[str] = field(default_factory=Counter)
    no_user: LineCount = field(default_factory=LineCount)
    second_addresses: LineCount = field(default_factory=LineCount)
    unknown_time_zones: LineCount = field(default_factory=LineCount)
    kept_phones: LineCount = field(default_factory=LineCount)
    kept_events: LineCount = field(default_factory=LineCount)
    not_for_zendesk: LineCount = field(default_factory=LineCount)

    @property
    def is_mailing_many(self) -> bool:
        """Whether so many new users get a letter that leaving them out is proposed (S4-28)."""
        return self.verification_mails > CONFIRM_OVER

    def discard(self, line: int, trait: str, value: Json) -> None:
        """Count a trait that no user field of Zendesk takes."""
        self.discarded.setdefault(trait, FieldNeed()).add(line, value)

    def need_organization_field(self, line: int, key: str, value: Json) -> None:
        """Count a value for an organisation field that does not exist yet."""
        self.organization_fields.setdefault(key, FieldNeed()).add(line, value)

    def add_request(self, request: PlannedRequest) -> None:
        """Count what a planned request means to people."""
        if request.effect is RequestEffect.REMOVE:
            self.removals.append(request)
        for change in request.changes:
            if change.new in (None, ""):
                self.emptied[change.field] += 1

    def as_json(self) -> dict[str, Any]:
        """Return the effects as `events simulate` prints them."""
        tickets = [ticket for request in self.removals for ticket in request.tickets]
        return {
            "removals": {
                "count": len(self.removals),
                "tickets": sorted(set(tickets)),
                "rows": [
                    {"line": one.line, "who": one.who, "tickets": list(one.tickets)}
                    for one in self.removals
                ],
            },
            "discarded": _needs(self.discarded, "trait"),
            "organization_fields": _needs(self.organization_fields, "key"),
            "read_only": dict(self.read_only),
            "created_users": self.created_users,
            "verification_mails": self.verification_mails,
            "emptied": dict(self.emptied),
            "no_user": self.no_user.as_json(),
            "second_addresses": self.second_addresses.as_json(),
            "unknown_time_zones": self.unknown_time_zones.as_json(),
            "kept_phones": self.kept_phones.as_json(),
            "kept_events": self.kept_events.as_json(),
            "not_for_zendesk": self.not_for_zendesk.as_json(),
        }


def _needs(needs: Mapping[str, FieldNeed], name: str) -> Sequence[dict[str, Any]]:
    ordered = sorted(needs.items(), key=lambda item: (-item[1].count, item[0]))
    return [
        {name: key, "type": need.type, "count": need.count, "line": need.first_line}
        for key, need in ordered
    ]
