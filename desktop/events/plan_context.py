"""What planning a source of events shares: Zendesk, what earlier lines make, the effects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from desktop.events.event import Event
from desktop.events.event_action import ActionKind, CompiledAction
from desktop.events.plan_effects import PlanEffects
from desktop.events.planned_request import PlanProblem
from desktop.events.trait_fields import TraitField, trait_fields
from desktop.events.user_matching import UserKeys, UserMatch, user_keys_of
from desktop.events.zendesk_directory import ZendeskDirectory
from desktop.model.email_address import email_match_key
from desktop.model.erased_people import NOBODY_ERASED, ErasedPeople
from desktop.model.field_value import as_list
from desktop.model.json_value import Json
from desktop.model.zendesk_organization import ZendeskOrganization
from desktop.model.zendesk_user import UserFieldDefinition, ZendeskUser
from desktop.store.seen_id_table import SeenIdTable


@dataclass
class EventPlanContext:
    """The state of one planning; `made` are records that earlier lines create or change.

    `erased` are the people about whom nothing is planned.
    """

    directory: ZendeskDirectory
    made: SeenIdTable
    effects: PlanEffects = field(default_factory=PlanEffects)
    erased: ErasedPeople = NOBODY_ERASED

    async def find_user(self, keys: UserKeys) -> UserMatch:
        """Find an event's user in Zendesk, else among those whom earlier lines create."""
        match = await self.directory.find_user(keys)
        if match.is_nobody:
            lines = {self.made.get(f"user {one}") for one in keys.seen_ids} - {None, 0}
            if len(lines) > 1:
                return UserMatch(problem=f"two earlier lines create users for {keys}")
            return UserMatch(line=next(iter(lines), None) or 0, found_by="an earlier line")
        return match

    async def find_one_person(self, keys: UserKeys) -> UserMatch:
        """Find the user whom an event changes: its Zendesk id must not say another than its keys.

        Only what adds to a user goes by the id alone.
        """
        match = await self.find_user(keys)
        if match.user is None or not keys.zendesk_id:
            return match
        addresses = map(email_match_key, match.user.emails)
        is_own_email = keys.email and email_match_key(keys.email) in addresses
        is_own_id = keys.external_id.lower() == (match.user.external_id or "").lower()
        left = UserKeys(
            email="" if is_own_email else keys.email,
            external_id="" if is_own_id else keys.external_id,
        )
        other = await self.find_user(left)
        if other.problem:
            return other
        if other.user is None and other.line:
            others = f"{match.user.id}, and one whom line {other.line} creates,"
        elif other.user is None or other.user.id == match.user.id:
            return match
        else:
            others = f"{match.user.id}, {other.user.id}"
        return UserMatch(problem=f"several users: {others} by {keys}; nothing is written")

    def remember_new_user(self, keys: UserKeys, line: int) -> None:
        """Take it that a line creates the user of these keys."""
        for one in keys.seen_ids:
            self.made.put(f"user {one}", line)

    def forget_new_user(self, keys: UserKeys) -> None:
        """Take it that no line creates the user of these keys."""
        for one in keys.seen_ids:
            self.made.put(f"user {one}", 0)


@dataclass(frozen=True)
class FiredAction:
    """An action that fires for an event, with the fields that its mapping makes.

    `newer` are the values that a later event, delivered already, has given anew: they are left out.
    """

    compiled: CompiledAction
    event: Event
    mapped: Mapping[str, Json]
    newer: frozenset[str] = frozenset()

    @property
    def kind(self) -> ActionKind:
        """The kind of the event action that is planned."""
        return self.compiled.kind

    @property
    def line(self) -> int:
        """The line number of the planned event in its source."""
        return self.event.line

    @cached_property
    def user_keys(self) -> UserKeys:
        """The keys of the user that the action is about; all of them "" where it is about none."""
        is_of_user = self.kind is ActionKind.UPSERT_USER
        mapped = self.mapped if is_of_user else self.mapped.get("user")
        return user_keys_of(mapped if isinstance(mapped, dict) else {})

    def leave_out_newer(self, record: str, values: Mapping[str, Json]) -> dict[str, Json]:
        """Return the values of a record without those that a later event has given anew."""
        return {name: one for name, one in values.items() if f"{record} {name}" not in self.newer}

    def explain_left_out(self, record: str, values: Mapping[str, Json]) -> str:
        """Say which of the values are left out for newer ones, or ""."""
        left = values.keys() - self.leave_out_newer(record, values).keys()
        names = ", ".join(sorted(name.rpartition(".")[2] for name in left))
        return f"{names} left out: a later event has given a newer value" if names else ""

    def has_newer_membership(self, id_: str, organization: ZendeskOrganization | None) -> bool:
        """Whether a later event has said if its user belongs to an organisation."""
        ids = {id_.lower()}
        if organization is not None:
            ids |= {str(organization.id), (organization.external_id or id_).lower()}
        return any(f"membership {one}" in self.newer for one in ids)

    def problem(self, reason: str) -> PlanProblem:
        """Return a problem of this action and event."""
        return PlanProblem(self.line, self.kind, reason)


def custom_fields(
    fired: FiredAction, name: str, definitions: Sequence[UserFieldDefinition] | None
) -> Iterator[TraitField]:
    """Yield the custom fields that an action's mapped `user_fields` or `organization_fields` have.

    Where they are all traits, those that the mapping reads by name are none of them.
    """
    traits = fired.mapped.get(name)
    if not isinstance(traits, Mapping):
        return
    is_all_traits = traits is fired.event.body.get("traits")
    mapped = fired.compiled.mapped_traits if is_all_traits else frozenset[str]()
    yield from trait_fields(traits, mapped, definitions)


def find_missing_fields(fired: FiredAction, directory: ZendeskDirectory) -> tuple[str, ...]:
    """Return the keys of fields that an action has values for and Zendesk lacks."""
    found = {
        ActionKind.UPSERT_USER: ("user_fields", directory.user_fields),
        ActionKind.UPSERT_ORG: ("organization_fields", directory.organization_fields),
    }.get(fired.kind)
    if found is None:
        return ()
    fields = custom_fields(fired, *found)
    return tuple(one.key for one in fields if one.definition is None)


def words_of(value: Json) -> list[str]:
    """Return the texts of a list, or of one text that commas divide: "a.example, b.example"."""
    items = value.split(",") if isinstance(value, str) else as_list(value)
    return [text for one in items if (text := str(one).strip())]


def placeholder(kind: str, line: int) -> str:
    """Return what stands for the id of a record that a line creates, until it is sent."""
    return f"{{{kind} of line {line}}}"


def user_reference(match: UserMatch) -> int | str:
    """Return the Zendesk id of an event's user, or what stands for it."""
    return match.user.id if match.user is not None else placeholder("user", match.line)


def name_of(user: ZendeskUser | None, fallback: str) -> str:
    """Return how a user is called on screen: by name, else by address."""
    return (user.name or user.email if user is not None else None) or fallback
