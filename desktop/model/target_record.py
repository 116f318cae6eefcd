"""One customer's record in the service that a sync writes to, by the field names of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.zendesk_user import ZendeskUser

LIST_PREFIX, TAG_PREFIX, VAR_PREFIX, USER_FIELD_PREFIX = "lists.", "tags.", "vars.", "user_fields."
_USER_ATTRIBUTES = ("name", "phone", "external_id", "time_zone", "locale")


@dataclass(frozen=True)
class TargetRecord:
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
    activity_times: Mapping[str, float] = field(default_factory=dict)
    updated_at: float | None = None
    is_editable: bool = True

    def get_value(self, name: str) -> Json:
        """What stands in this field."""
        if name.startswith((LIST_PREFIX, TAG_PREFIX)):
            return bool(self.fields.get(name, False))
        if name == "optout":
            return self.fields.get(name, OptOutLevel.NONE.value)
        return self.fields.get(name)


def target_record_from_profile(profile: SailthruProfile) -> TargetRecord:
    """A Sailthru profile."""
    fields: dict[str, Json] = {f"{VAR_PREFIX}{name}": value for name, value in profile.vars.items()}
    fields |= {f"{LIST_PREFIX}{name}": True for name in profile.lists}
    fields["optout"] = (profile.optout or OptOutLevel.NONE).value
    email = (profile.email or "").lower()
    fields["email"] = email
    if profile.keys.get("extid"):
        fields["extid"] = profile.keys["extid"]
    return TargetRecord(
        Service.SAILTHRU,
        profile.sid,
        email or profile.sid,
        email,
        fields,
        activity_times=profile.activity,
    )


def target_record_from_user(person: ZendeskUser) -> TargetRecord:
    """A Zendesk user."""
    fields: dict[str, Json] = {
        f"{USER_FIELD_PREFIX}{key}": value for key, value in person.user_fields.items()
    }
    fields |= {name: getattr(person, name) for name in _USER_ATTRIBUTES}
    fields |= {f"{TAG_PREFIX}{tag}": True for tag in person.tags or ()}
    fields["tags"] = list(person.tags or ())
    return TargetRecord(
        Service.ZENDESK,
        str(person.id),
        person.email or person.name or str(person.id),
        (person.email or "").lower(),
        fields,
        tags=person.tags,
        updated_at=person.updated_at,
        # Agents and admins are nobody's customers: a sync leaves them alone.
        is_editable=person.active and person.role == "end-user",
    )
