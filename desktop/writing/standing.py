"""What stands in a service for one customer, in the words of a plan's fields.

And how that compares with what a plan's row saw and wants.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from desktop.kit.errors import AppError
from desktop.model.edit import Service
from desktop.model.json_value import Json
from desktop.model.mapping import same_in
from desktop.model.optout import OptOut
from desktop.model.person import ZendeskPerson
from desktop.model.plan import Fate, FieldChange, PlanRow
from desktop.model.profile import SailthruProfile

LIST, TAG, VAR, USER_FIELD = "lists.", "tags.", "vars.", "user_fields."
_PERSON_FIELDS = ("name", "phone", "external_id", "time_zone", "locale")


@dataclass(frozen=True)
class Standing:
    """One customer there. `fields` as in `plan.FieldChange`; a list or tag not in it is false.

    `tags` is None where the account has none for users. `times`: what a profile tells of its
    opens and clicks, by Sailthru's names. `at`: when it last changed (Unix seconds).
    """

    service: Service
    id: str
    label: str
    email: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    tags: tuple[str, ...] | None = None
    times: Mapping[str, float] = field(default_factory=dict)
    at: float | None = None
    editable: bool = True

    def value(self, name: str) -> Json:
        """What stands in this field."""
        if name.startswith((LIST, TAG)):
            return bool(self.fields.get(name, False))
        if name == "optout":
            return self.fields.get(name, OptOut.NONE.value)
        return self.fields.get(name)


def standing_of_profile(profile: SailthruProfile) -> Standing:
    """A Sailthru profile."""
    fields: dict[str, Json] = {f"{VAR}{name}": value for name, value in profile.vars.items()}
    fields |= {f"{LIST}{name}": True for name in profile.lists}
    fields["optout"] = (profile.optout or OptOut.NONE).value
    email = (profile.email or "").lower()
    fields["email"] = email
    if profile.keys.get("extid"):
        fields["extid"] = profile.keys["extid"]
    return Standing(
        Service.SAILTHRU,
        profile.sid,
        email or profile.sid,
        email,
        fields,
        times=profile.activity,
    )


def standing_of_person(person: ZendeskPerson) -> Standing:
    """A Zendesk user."""
    fields: dict[str, Json] = {
        f"{USER_FIELD}{key}": value for key, value in person.user_fields.items()
    }
    fields |= {name: getattr(person, name) for name in _PERSON_FIELDS}
    fields |= {f"{TAG}{tag}": True for tag in person.tags or ()}
    fields["tags"] = list(person.tags or ())
    return Standing(
        Service.ZENDESK,
        str(person.id),
        person.email or person.name or str(person.id),
        (person.email or "").lower(),
        fields,
        tags=person.tags,
        at=person.updated_at,
        # Agents and admins are nobody's customers: a sync leaves them alone.
        editable=person.active and person.role == "end-user",
    )


# What was read for a row: who stands there, that nobody does, or what kept it from being read.
Read = Standing | AppError | None


class Verdict(Enum):
    """What to do with a row, knowing what stands there now."""

    SEND = "send"
    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    TAKEN = "taken"
    STAFF = "staff"


def compare(row: PlanRow, now: Standing | None) -> tuple[Verdict, FieldChange | None]:
    """Every before-image is checked again; the field given is the first that stands in the way."""
    if row.fate is Fate.CREATE and not row.target_id:
        if now is None:
            return Verdict.SEND, None
        applied = is_applied(row, now)
        return (Verdict.SAME, None) if applied else (Verdict.TAKEN, None)
    if now is None:
        return Verdict.GONE, None
    if not now.editable:
        return Verdict.STAFF, None
    pending = [c for c in row.sent if not same_in(c.field, now.value(c.field), c.new)]
    if not pending:
        return Verdict.SAME, None
    for change in pending:
        if not same_in(change.field, now.value(change.field), change.old):
            return Verdict.CHANGED, change
    return Verdict.SEND, None


def is_applied(row: PlanRow, now: Standing | None) -> bool:
    """Whether everything the row wants stands there."""
    return now is not None and all(same_in(c.field, now.value(c.field), c.new) for c in row.sent)
