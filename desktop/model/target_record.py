"""One customer's record in the service that a sync writes to, by the field names of a plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from desktop.model.email_address import normalize_email
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_content import SailthruContent
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.sell_record import SellContact, SellLead, SellPerson
from desktop.model.service import Service
from desktop.model.zendesk_user import ZendeskUser

LIST_PREFIX, TAG_PREFIX, VAR_PREFIX, USER_FIELD_PREFIX = "lists.", "tags.", "vars.", "user_fields."
# A custom field of Sell, by its id or by its name.
SELL_FIELD_PREFIX = "custom_fields."
# A PUT replaces an address whole: its lines are fields of a plan, `address.city`.
SELL_ADDRESSES = ("address", "billing_address")
SELL_ADDRESS_KEYS = ("line1", "city", "postal_code", "state", "country")
# What a contact and a lead of Sell have in common and a sync may write.
SELL_ATTRIBUTES = ("first_name", "last_name", "email", "phone", "mobile", "title")
OPTOUT_FIELD = "optout"
# Of an item of Sailthru's content; its URL is what it is known by, and is set with it alone.
CONTENT_ATTRIBUTES = ("title", "description", "sku", "price")
CONTENT_URL_FIELD = "url"
# An internal comment on a ticket: `ticket_notes.48213.STAMP`; only edits write it.
TICKET_NOTE_PREFIX = "ticket_notes."
# Only changes of an address write these: an address of a Zendesk user (true or false), the primary
# one, the address of a profile, and the sid of another profile at the address that it is to get.
ADDRESS_PREFIX = "addresses."
PRIMARY_EMAIL_FIELD, PROFILE_EMAIL_FIELD = "primary_email", "keys.email"
# The address of a contact or lead of Sell.
SELL_EMAIL_FIELD = "email"
MERGED_PROFILE_FIELD = "merged_profile"
# Only erasures write these: a ticket that is closed, a record that is deleted, a deleted user of
# whom no personal data is left.
TICKET_CLOSED_PREFIX = "ticket_closed."
DELETED_FIELD, DELETED_FOR_GOOD_FIELD = "deleted", "deleted_for_good"
_USER_ATTRIBUTES = ("name", "phone", "external_id", "time_zone", "locale", "notes", "details")


@dataclass(frozen=True)
class TargetRecord:
    """A sync's target record: a profile or user, its fields named as in `FieldChange.field`.

    A list or tag that is not in `fields` is false; `optout` is not in it where the answer did not
    say the level. `tags` is None where the account has none for users. `activity_times`: what a
    profile tells of its opens and clicks, by Sailthru's names. `updated_at`: when it last changed
    (Unix seconds). `document`: what it was read from, for the cache of customers. `merged_profile`:
    another profile, which goes up in this one. `clock_ahead_s`: how far the service's clock is
    ahead of this computer's, in seconds.
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
    document: SailthruProfile | ZendeskUser | SellPerson | SailthruContent | None = field(
        default=None, compare=False, repr=False
    )
    merged_profile: SailthruProfile | None = field(default=None, compare=False, repr=False)
    clock_ahead_s: float = field(default=0.0, compare=False, repr=False)

    @property
    def optout(self) -> OptOutLevel | None:
        """The target record's opt-out level; None where it was not read, which is no level."""
        level = self.fields.get(OPTOUT_FIELD)
        return OptOutLevel(str(level)) if level else None

    def get_value(self, name: str) -> Json:
        """Return a target record's field; None where there is none, or an opt-out was not read."""
        if name.startswith((LIST_PREFIX, TAG_PREFIX, ADDRESS_PREFIX)):
            return bool(self.fields.get(name, False))
        return self.fields.get(name)


def profile_fields(profile_vars: Mapping[str, Json], lists: Iterable[str]) -> dict[str, Json]:
    """Return a profile's vars and lists by a plan's field names."""
    fields: dict[str, Json] = {f"{VAR_PREFIX}{name}": value for name, value in profile_vars.items()}
    return fields | {f"{LIST_PREFIX}{name}": True for name in lists}


def deleted_record(service: Service, record_id: str, fields: Mapping[str, Json]) -> TargetRecord:
    """Return the record of an erasure's target: what is deleted of it, and nothing else."""
    return TargetRecord(service, record_id, record_id, "", fields, is_editable=False)


def target_record_from_profile(profile: SailthruProfile) -> TargetRecord:
    """Convert a Sailthru profile to a target record."""
    fields = profile_fields(profile.vars, profile.lists)
    if profile.optout is not None:
        fields[OPTOUT_FIELD] = profile.optout.value
    email = normalize_email(profile.email or "")
    fields |= {"email": email, PROFILE_EMAIL_FIELD: email}
    if profile.keys.get("extid"):
        fields["extid"] = profile.keys["extid"]
    return TargetRecord(
        Service.SAILTHRU,
        profile.sid,
        email or profile.sid,
        email,
        fields,
        activity_times=profile.activity,
        document=profile,
    )


def target_record_from_content(item: SailthruContent) -> TargetRecord:
    """Convert an item of Sailthru's content to a target record; "" is not set."""
    fields = profile_fields(item.vars, ())
    fields |= {name: getattr(item, name) for name in CONTENT_ATTRIBUTES}
    fields[CONTENT_URL_FIELD] = item.url
    label = item.title or item.url
    return TargetRecord(Service.SAILTHRU, item.url, label, "", fields, document=item)


def sell_person_fields(person: SellPerson) -> dict[str, Json]:
    """Return a Sell contact's or lead's attributes by a plan's field names; "" is not set."""
    fields: dict[str, Json] = {name: getattr(person, name) for name in SELL_ATTRIBUTES}
    fields |= {f"{SELL_FIELD_PREFIX}{key}": value for key, value in person.custom_fields.items()}
    fields |= {f"address.{key}": value for key, value in person.address.items()}
    if isinstance(person, SellContact):
        fields |= {
            "customer_status": person.customer_status,
            "prospect_status": person.prospect_status,
            **{f"billing_address.{key}": value for key, value in person.billing_address.items()},
        }
    elif isinstance(person, SellLead):
        fields |= {"status": person.status, "organization_name": person.organization_name}
    return fields | {"tags": list(person.tags)}


def target_record_from_sell(person: SellPerson) -> TargetRecord:
    """Convert a Sell contact or lead to a target record; organisations are not editable."""
    email = normalize_email(person.email or "")
    fields = sell_person_fields(person) | {f"{TAG_PREFIX}{tag}": True for tag in person.tags}
    return TargetRecord(
        Service.SELL,
        person.record_id,
        email or person.label,
        email,
        fields,
        tags=person.tags,
        updated_at=person.updated_at,
        is_editable=not person.is_deleted
        and not (isinstance(person, SellContact) and person.is_organization),
        document=person,
    )


def target_record_from_user(user: ZendeskUser) -> TargetRecord:
    """Convert a Zendesk user to a target record; only an active end user is editable."""
    fields: dict[str, Json] = {
        f"{USER_FIELD_PREFIX}{key}": value for key, value in user.user_fields.items()
    }
    fields |= {name: getattr(user, name) for name in _USER_ATTRIBUTES}
    fields |= {f"{TAG_PREFIX}{tag}": True for tag in user.tags or ()}
    fields["tags"] = list(user.tags or ())
    fields |= {f"{ADDRESS_PREFIX}{address}": True for address in user.emails}
    fields[PRIMARY_EMAIL_FIELD] = normalize_email(user.email or "")
    return TargetRecord(
        Service.ZENDESK,
        str(user.id),
        user.email or user.name or str(user.id),
        normalize_email(user.email or ""),
        fields,
        tags=user.tags,
        updated_at=user.updated_at,
        # Agents and admins are nobody's customers: a sync leaves them alone.
        is_editable=user.active and user.role == "end-user",
        document=user,
    )
