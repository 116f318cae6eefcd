"""Plans what an identify call does to a Zendesk user: create, update what changed, or nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from zoneinfo import available_timezones

from desktop.events.event import identifier_text
from desktop.events.event_action import ActionOptions
from desktop.events.plan_context import (
    EventPlanContext,
    FiredAction,
    custom_fields,
    name_of,
)
from desktop.events.plan_membership import plan_joining
from desktop.events.planned_request import (
    EventFieldChange,
    NoChange,
    Planned,
    PlannedRequest,
    RequestEffect,
    describe_changes,
)
from desktop.events.user_matching import UserKeys, UserMatch
from desktop.model.email_address import email_match_key
from desktop.model.field_mapping import MappingOperator, MappingRow, apply_mapping_row
from desktop.model.json_value import Json
from desktop.model.match_keys import is_same_phone
from desktop.model.value_conversion import UnconvertibleValue, convert_for_zendesk
from desktop.model.zendesk_organization import ZendeskOrganization
from desktop.model.zendesk_user import ZendeskUser

UPDATE_MANY_PATH = "/api/v2/users/update_many"
USERS_PATH = "/api/v2/users"
_TEXT_FIELDS = ("notes", "details")
_USER_FIELD = "user_fields."


async def plan_user(fired: FiredAction, context: EventPlanContext) -> list[Planned]:
    """Plan the requests of a Create or update user action for one event."""
    keys = fired.user_keys
    match = await context.find_one_person(keys)
    if match.problem:
        return [fired.problem(match.problem)]
    if match.user is not None and match.user.role != "end-user":
        role = match.user.role
        return [fired.problem(f"{name_of(match.user, str(keys))} is no customer but {role}")]
    warnings: list[str] = []
    values = _wanted_values(fired, context, warnings)
    organization = await _find_organization(fired, context, warnings)
    if match.user is None:
        return _plan_new_user(fired, context, keys, match, values, organization, tuple(warnings))
    left_out = fired.explain_left_out("user", values)
    warnings += [left_out] if left_out else []
    values = fired.leave_out_newer("user", values)
    kept: list[str] = []
    planned = _plan_update(fired, context, match, match.user, values, tuple(warnings), kept)
    if organization is not None:
        # Not by writing organization_id: that would end all other memberships (docs/zendesk.md 0).
        joining = await plan_joining(
            *(fired, context, match, organization.id, organization),
            keys=str(keys),
            group=identifier_text(fired.mapped.get("organization_id")),
            is_main=True,
        )
        planned += [joining] if isinstance(joining, PlannedRequest) else []
    return planned or [
        NoChange(
            *(fired.line, fired.kind, name_of(match.user, str(keys))),
            "; ".join(filter(None, (left_out, *kept))) or "nothing to change",
        )
    ]


def _wanted_values(
    fired: FiredAction, context: EventPlanContext, warnings: list[str]
) -> dict[str, Json]:
    """Return the user's attributes and `user_fields.KEY` that an event gives values for."""
    mapped, line = fired.mapped, fired.line
    values: dict[str, Json] = {}
    if isinstance(name := mapped.get("name"), str) and name.strip():
        values["name"] = " ".join(name.split())
    if external_id := identifier_text(mapped.get("external_id")):
        values["external_id"] = external_id
    for field, kind in (("phone", "phone"), ("tags", "tags"), *((f, "text") for f in _TEXT_FIELDS)):
        if field in mapped:
            try:
                values[field] = convert_for_zendesk(mapped[field], kind, "UTC")
            except UnconvertibleValue as error:
                warnings.append(f"{field} is left out: {error.title}")
    if zone := identifier_text(mapped.get("time_zone")):
        if zone in _time_zones():
            values["time_zone"] = zone
        else:
            context.effects.unknown_time_zones.add(line)
            warnings.append(f"time_zone is left out: there is no time zone “{zone[:40]}”")
    values.update(_custom_values(fired, context, warnings))
    return values


@cache
def _time_zones() -> frozenset[str]:
    # The system's files are listed each time it is asked.
    return frozenset(available_timezones())


def _custom_values(
    fired: FiredAction, context: EventPlanContext, warnings: list[str]
) -> Iterator[tuple[str, Json]]:
    for field in custom_fields(fired, "user_fields", context.directory.user_fields):
        if field.definition is None:
            context.effects.discard(fired.line, field.key, field.value)
        elif field.refusal:
            warnings.append(f"left out: {field.refusal}")
        else:
            yield f"{_USER_FIELD}{field.key}", field.value


async def _find_organization(
    fired: FiredAction, context: EventPlanContext, warnings: list[str]
) -> ZendeskOrganization | None:
    text = identifier_text(fired.mapped.get("organization_id"))
    if not text or not fired.leave_out_newer("user", {"organization_id": text}):
        return None
    found = await context.directory.find_organization(
        text, fired.compiled.action.options.organization_id
    )
    if found.organization is None:
        reason = found.problem or f"there is no organisation “{text}”"
        warnings.append(f"organization_id is left out: {reason}")
    return found.organization


def _plan_new_user(
    fired: FiredAction,
    context: EventPlanContext,
    keys: UserKeys,
    match: UserMatch,
    values: Mapping[str, Json],
    organization: ZendeskOrganization | None,
    warnings: tuple[str, ...],
) -> list[Planned]:
    if match.line:
        # What an earlier line creates is compared once it is there.
        reason = f"line {match.line} creates this user; what differs is sent after it"
        return [NoChange(fired.line, fired.kind, str(keys), reason)]
    user: dict[str, Json] = {"name": values.get("name") or keys.email, "email": keys.email}
    fields: dict[str, Json] = {}
    for name, value in values.items():
        # Nothing is emptied where nothing is there yet.
        if value is None or value == []:
            continue
        if name.startswith(_USER_FIELD):
            fields[name.removeprefix(_USER_FIELD)] = value
        else:
            user[name] = value
    if organization is not None:
        user["organization_id"] = organization.id
    options = fired.compiled.action.options
    user |= {"verified": options.verified, "skip_verify_email": options.skip_verify_email}
    if fields:
        user["user_fields"] = fields
    context.remember_new_user(keys, fired.line)
    context.effects.created_users += 1
    context.effects.verification_mails += _is_mailed(options)
    who = str(user["name"])
    mail = "; Zendesk asks them by mail to verify the address" if _is_mailed(options) else ""
    return [
        PlannedRequest(
            line=fired.line,
            action=fired.kind,
            method="POST",
            path=USERS_PATH,
            body={"user": user},
            effect=RequestEffect.CREATE,
            who=who,
            summary=f"{who}: new user {keys.email}{mail}",
            warnings=warnings,
        )
    ]


def _is_mailed(options: ActionOptions) -> bool:
    return not (options.verified or options.skip_verify_email)


def _plan_update(
    fired: FiredAction,
    context: EventPlanContext,
    match: UserMatch,
    user: ZendeskUser,
    values: Mapping[str, Json],
    warnings: tuple[str, ...],
    kept: list[str],
) -> list[Planned]:
    """Plan the update of a user; `kept` takes a sentence on each value that stays as it is."""
    changes = list(_changes(fired, context, user, values, kept))
    email = fired.user_keys.email
    if email and email_match_key(email) not in map(email_match_key, user.emails):
        # Zendesk adds it beside the primary one (docs/zendesk.md 0).
        context.effects.second_addresses.add(fired.line)
        changes.append(EventFieldChange("email", None, email))
    if not changes:
        return []
    document: dict[str, Json] = {"id": user.id}
    fields: dict[str, Json] = {}
    for change in changes:
        if change.field.startswith(_USER_FIELD):
            fields[change.field.removeprefix(_USER_FIELD)] = change.new
        else:
            document[change.field] = change.new
    if fields:
        document["user_fields"] = fields
    context.directory.remember_user(_as_left(user, document, fields))
    shown = tuple(replace(one, field=one.field.removeprefix(_USER_FIELD)) for one in changes)
    who = name_of(user, email)
    return [
        PlannedRequest(
            line=fired.line,
            action=fired.kind,
            method="PUT",
            path=UPDATE_MANY_PATH,
            body={"users": [document]},
            effect=RequestEffect.UPDATE,
            who=who,
            summary=f"{who}: {describe_changes(shown)}",
            found_by=match.found_by,
            user_id=user.id,
            changes=tuple(changes),
            warnings=(*warnings, *kept),
        )
    ]


def _changes(
    fired: FiredAction,
    context: EventPlanContext,
    user: ZendeskUser,
    values: Mapping[str, Json],
    kept: list[str],
) -> Iterator[EventFieldChange]:
    """Yield each field whose value differs, joined as the action's operator for it says.

    `kept` takes a sentence for each that the operator leaves as it is.
    """
    operators = fired.compiled.action.operators
    for name, value in values.items():
        old = user_value(user, name)
        operator = operators.get(name, MappingOperator.SET)
        row = MappingRow(name, name, operator)
        found = apply_mapping_row(row, {name: value}, {name: old}, convert=_keep_value)
        if found is None or (name == "tags" and user.tags is None):
            continue
        if found.reason and not found.applies:
            kept.append(f"{name.removeprefix(_USER_FIELD)} is {found.reason}")
        elif name == "phone" and old and value:
            # Sent, it would be added beside the one that is there, which stays what users show.
            if not is_same_phone(str(old), str(value)):
                context.effects.kept_phones.add(fired.line)
                kept.append(f"phone stays {old}: Zendesk would add {value} beside it")
        elif found.applies:
            yield EventFieldChange(name, old, found.new)


def _keep_value(value: object, _row: MappingRow) -> Json:
    return value  # type: ignore[return-value]


def user_value(user: ZendeskUser, name: str) -> Json:
    """Return what a user has under an attribute, or under `user_fields.KEY`, as events write it."""
    if name.startswith(_USER_FIELD):
        return user.user_fields.get(name.removeprefix(_USER_FIELD))
    if name == "time_zone" and user.iana_time_zone:
        return user.iana_time_zone
    value = getattr(user, name, None)
    return list(value) if isinstance(value, tuple) else value


def _as_left(
    user: ZendeskUser, document: Mapping[str, Json], fields: Mapping[str, Json]
) -> ZendeskUser:
    """Return a user as a planned update leaves it, for later lines about the same person."""
    plain = {
        name: value
        for name, value in document.items()
        if name in ("name", "phone", "external_id", "time_zone", "notes", "details")
    }
    if "time_zone" in plain:
        plain["iana_time_zone"] = plain["time_zone"]
    left = replace(user, user_fields={**user.user_fields, **fields}, **plain)  # type: ignore[arg-type]
    tags = document.get("tags")
    return replace(left, tags=tuple(map(str, tags))) if isinstance(tags, list) else left
